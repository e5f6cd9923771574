//! Waiting, in the two ways that a bot can: standing still, or `await`ing beside other futures.
//!
//! Everything that waits is written once, as an `async fn` over a [`Mode`]. Its only leaf is
//! [`Mode::until`]. Under [`Blocking`] that leaf never suspends, so [`now`] runs the whole function
//! in one poll and no executor is linked; under [`Awaiting`] it suspends on the executor of `block_on`.
//!
//! What can be waited for is a pollable of WASI in a component, and a moment of a clock in a test.

#[cfg(not(target_family = "wasm"))]
pub(crate) mod clock;
#[cfg(target_family = "wasm")]
mod wasi;

#[cfg(not(target_family = "wasm"))]
use clock as source;
#[cfg(target_family = "wasm")]
use wasi as source;

pub(crate) use source::{Pollable, after, block_for_any, block_on};

use std::{
    pin::pin,
    task::{Context, Poll, Waker},
};

/// How to wait.
pub(crate) trait Mode {
    /// Waits until this is ready.
    async fn until(pollable: Pollable);

    /// The same before a call that would itself stand still until then, so that nothing is left to
    /// do where standing still is what is wanted.
    async fn before_waiting_call(pollable: impl FnOnce() -> Pollable);
}

/// The whole component stands still.
pub(crate) enum Blocking {}

/// Other futures go on.
pub(crate) enum Awaiting {}

impl Mode for Blocking {
    async fn until(pollable: Pollable) {
        source::block(pollable);
    }

    async fn before_waiting_call(_: impl FnOnce() -> Pollable) {}
}

impl Mode for Awaiting {
    async fn until(pollable: Pollable) {
        source::wait_for(pollable).await;
    }

    async fn before_waiting_call(pollable: impl FnOnce() -> Pollable) {
        Self::until(pollable()).await;
    }
}

/// The result of a future that only ever waits under [`Blocking`].
pub(crate) fn now<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
    }
}
