//! The world `bot-async` of `ravenry:bot@0.1`: the same imports as [`since_0_1`](super::since_0_1),
//! whose types and conversions serve here too, and `async` functions as exports.
//!
//! A call drives the tasks of its guest inside the future that the caller polls; nothing is spawned.
//! What is left of them when the function returns is dropped with the store.

use wasmtime::Store;

use super::instance::StoreData;
use ravenry_protocol::{Report, event, request, settings};

mod bindings {
    //! Generated from `wit/`: the exports alone.
    #![allow(
        missing_docs,
        unreachable_pub,
        clippy::all,
        clippy::pedantic,
        reason = "generated"
    )]
    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "ravenry:bot/bot-async",
        with: {
            "ravenry:bot": crate::sandbox::since_0_1::bindings::ravenry::bot,
            "wasi:io": wasmtime_wasi::p2::bindings::io,
            "wasi:keyvalue": crate::sandbox::keyvalue::bindings::wasi::keyvalue,
        },
        require_store_data_send: true,
    });
}

/// A component that was checked against the world `bot-async`, ready to be instantiated.
pub(super) type BotPre = bindings::BotAsyncPre<StoreData>;

/// Checks that a linked component exports what the world wants.
pub(super) fn check(pre: wasmtime::component::InstancePre<StoreData>) -> wasmtime::Result<BotPre> {
    BotPre::new(pre)
}

/// Calls `respond` in a fresh instance.
pub(super) async fn respond(
    pre: &BotPre,
    mut store: Store<StoreData>,
    query: request::Query,
) -> wasmtime::Result<Result<(), event::Failure>> {
    let bot = pre.instantiate_async(&mut store).await?;
    let function = bot.ravenry_bot_handler_async().func_respond();
    let (answer,) = function.call_async(&mut store, (query.into(),)).await?;
    Ok(answer.map_err(Into::into))
}

/// Calls `settings` in a fresh instance.
pub(super) async fn settings(
    pre: &BotPre,
    mut store: Store<StoreData>,
) -> wasmtime::Result<settings::Settings> {
    let bot = pre.instantiate_async(&mut store).await?;
    let function = bot.ravenry_bot_handler_async().func_settings();
    let (settings,) = function.call_async(&mut store, ()).await?;
    Ok(settings.into())
}

/// Calls the function for such a report in a fresh instance.
pub(super) async fn report(
    pre: &BotPre,
    mut store: Store<StoreData>,
    report: Report,
) -> wasmtime::Result<()> {
    let bot = pre.instantiate_async(&mut store).await?;
    let (bot, store) = (bot.ravenry_bot_handler_async(), &mut store);
    match report {
        Report::Feedback(it) => bot.func_on_feedback().call_async(store, (it.into(),)).await,
        Report::Reaction(it) => bot.func_on_reaction().call_async(store, (it.into(),)).await,
        Report::Error(it) => bot.func_on_error().call_async(store, (it.into(),)).await,
    }
}
