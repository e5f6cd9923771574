//! The handler of a component, in whichever world it was built for: one face for both.

use wasmtime::{Store, component::InstancePre};

use super::{inspect::World, instance::StoreData, since_0_1, since_0_1_async};
use ravenry_protocol::{
    event::Failure,
    request::{ErrorReport, Feedback, Query, Reaction},
    settings::{SETTINGS_BYTES_MAX, Settings},
};

/// A component that was checked against its world, ready to be instantiated.
#[derive(Clone)]
pub(super) enum Handler {
    Plain(since_0_1::BotPre),
    Async(since_0_1_async::BotPre),
}

/// Calls a function of the world's own module.
macro_rules! forward {
    ($handler:expr, $function:ident($($argument:expr),*)) => {
        match $handler {
            Handler::Plain(pre) => since_0_1::$function(pre, $($argument),*).await,
            Handler::Async(pre) => since_0_1_async::$function(pre, $($argument),*).await,
        }
    };
}

impl Handler {
    /// Checks that a linked component exports what its world wants.
    pub(super) fn check(world: World, pre: InstancePre<StoreData>) -> wasmtime::Result<Self> {
        Ok(match world {
            World::Bot => Self::Plain(since_0_1::check(pre)?),
            World::BotAsync => Self::Async(since_0_1_async::check(pre)?),
        })
    }

    /// Calls `respond` in a fresh instance.
    pub(super) async fn respond(
        self,
        store: Store<StoreData>,
        query: Query,
    ) -> wasmtime::Result<Result<(), Failure>> {
        forward!(&self, respond(store, query))
    }

    /// Calls `settings` in a fresh instance. What is larger than settings are is let go at once.
    pub(super) async fn settings(self, store: Store<StoreData>) -> wasmtime::Result<Settings> {
        let settings = forward!(&self, settings(store))?;
        let bytes = settings.bytes();
        if bytes > SETTINGS_BYTES_MAX {
            let words =
                format!("its settings have {bytes} bytes, and {SETTINGS_BYTES_MAX} are the most");
            return Err(wasmtime::Error::msg(words));
        }
        Ok(settings)
    }

    /// Calls `on-feedback` in a fresh instance.
    pub(super) async fn on_feedback(
        self,
        store: Store<StoreData>,
        feedback: Feedback,
    ) -> wasmtime::Result<()> {
        forward!(&self, on_feedback(store, feedback))
    }

    /// Calls `on-reaction` in a fresh instance.
    pub(super) async fn on_reaction(
        self,
        store: Store<StoreData>,
        reaction: Reaction,
    ) -> wasmtime::Result<()> {
        forward!(&self, on_reaction(store, reaction))
    }

    /// Calls `on-error` in a fresh instance.
    pub(super) async fn on_error(
        self,
        store: Store<StoreData>,
        report: ErrorReport,
    ) -> wasmtime::Result<()> {
        forward!(&self, on_error(store, report))
    }
}
