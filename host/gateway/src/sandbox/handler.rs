//! What a component can be asked, in whichever world it was built for.

use wasmtime::{Store, component::InstancePre};

use super::{
    Allowance, Component,
    inspect::World,
    instance::{self, Run, StoreData},
    since_0_1::{self, PackFile, Packed},
    since_0_1_async,
};
use crate::imports::Call;
use ravenry_base::memory::Booking;
use ravenry_protocol::{
    Report,
    event::Failure,
    request::Query,
    settings::{SETTINGS_BYTES_MAX, Settings},
};

/// A component that was checked against its world, ready to be instantiated.
#[derive(Clone)]
pub(super) enum Handler {
    Plain(since_0_1::BotPre),
    Async(since_0_1_async::BotPre),
}

impl Handler {
    /// Checks that a linked component exports what its world wants.
    pub(super) fn check(world: World, pre: InstancePre<StoreData>) -> wasmtime::Result<Self> {
        Ok(match world {
            World::Bot => Self::Plain(since_0_1::check(pre)?),
            World::BotAsync => Self::Async(since_0_1_async::check(pre)?),
        })
    }
}

/// Each of these calls a function in a fresh instance.
impl Component {
    /// Starts to answer a query. The events go to the outbox of `call`.
    pub fn respond(
        &self,
        allowance: &Allowance,
        call: (Call, Booking),
        query: Query,
    ) -> Run<Result<(), Failure>> {
        let touched = self.touched.clone();
        self.start(allowance, call, async move |handler, store| match handler {
            Handler::Plain(pre) => since_0_1::respond(&pre, store, query, touched.as_deref()).await,
            Handler::Async(pre) => since_0_1_async::respond(&pre, store, query).await,
        })
    }

    /// Starts to ask for the settings. What is larger than settings are is let go at once.
    pub fn settings(&self, allowance: &Allowance, call: (Call, Booking)) -> Run<Settings> {
        self.start(allowance, call, async |handler, store| {
            let settings = match handler {
                Handler::Plain(pre) => since_0_1::settings(&pre, store).await,
                Handler::Async(pre) => since_0_1_async::settings(&pre, store).await,
            }?;
            let bytes = settings.bytes();
            if bytes > SETTINGS_BYTES_MAX {
                let words = format!(
                    "its settings have {bytes} bytes, and {SETTINGS_BYTES_MAX} are the most"
                );
                return Err(wasmtime::Error::msg(words));
            }
            Ok(settings)
        })
    }

    /// Starts to hand over a report.
    pub fn report(&self, allowance: &Allowance, call: (Call, Booking), report: Report) -> Run<()> {
        self.start(allowance, call, async move |handler, store| match handler {
            Handler::Plain(pre) => since_0_1::report(&pre, store, report).await,
            Handler::Async(pre) => since_0_1_async::report(&pre, store, report).await,
        })
    }

    /// Starts to make a bundle of these files, if this is an interpreter. See `wit/packer.wit`.
    pub fn pack(
        &self,
        allowance: &Allowance,
        call: (Call, Booking),
        entry: String,
        files: Vec<PackFile>,
    ) -> Run<Result<Packed, String>> {
        self.start(allowance, call, async move |handler, store| match handler {
            Handler::Plain(pre) => since_0_1::pack(&pre, store, &entry, &files).await,
            Handler::Async(_) => Err(wasmtime::Error::msg("it packs nothing")),
        })
    }

    fn start<T, F>(
        &self,
        allowance: &Allowance,
        (call, ahead): (Call, Booking),
        begin: impl FnOnce(Handler, Store<StoreData>) -> F,
    ) -> Run<T>
    where
        F: Future<Output = wasmtime::Result<T>> + Send + 'static,
    {
        let room = self.mappings.take(self.facts.mappings);
        let handler = self.code.handler.clone();
        let begin = |store| begin(handler, store);
        instance::start(self, allowance, call, ahead, room, begin)
    }
}
