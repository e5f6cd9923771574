//! What the code that runs the simulator may add to it: look on, answer in its place, hold scripts back, and
//! put the clock forward. Tests do all of it, `ravenry simulate` none.

use std::{fmt, future::pending, time::Duration};

use futures_util::future::BoxFuture;

use super::{records::Record, script::Answer};

/// A way into the platform where something else may be answered. Queries are answered by scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// Uploads of files.
    Uploads,
    /// Bills.
    Costs,
    /// Calls about settings.
    Settings,
    /// The attachment with this number, the part of its path after `attachments`.
    Attachment(u64),
}

/// Who stands behind the played platform. None of this may wait, but for a gate.
pub trait Hooks: fmt::Debug + Send + Sync {
    /// Something was asked.
    fn seen(&self, _record: Record<'_>) {}

    /// What is answered here, before anything is looked at, in the place of what would be.
    fn instead(&self, _endpoint: Endpoint) -> Option<Answer> {
        None
    }

    /// Waits until scripts may pass the gate of this name.
    fn gate(&self, _name: &str) -> BoxFuture<'static, ()> {
        Box::pin(pending())
    }

    /// How much time was let pass for URLs that expire, besides what has passed.
    fn ahead(&self) -> Duration {
        Duration::ZERO
    }
}

/// Adds nothing.
#[derive(Clone, Copy, Debug)]
pub(super) struct NoHooks;

impl Hooks for NoHooks {}
