//! The interface `ravenry:bot@0.1`: generated types on one side, ours on the other, and nothing
//! between but conversion. No generated type leaves this file.

mod bundle;
mod knowledge;
mod pack;
mod poe;

pub(super) use pack::pack;
pub use pack::{PackFile, Packed};

use std::sync::OnceLock;

use wasmtime::{
    Store,
    component::{ComponentExportIndex, HasSelf},
};

use super::{
    instance::StoreData,
    touched::{Entering, Touched},
};
use crate::guard::Refusal;
use ravenry_protocol::{
    event::{self, Event, EventName, JsonObject, Owned},
    failure,
    request::{self, Report},
    settings,
};

pub(super) mod bindings {
    //! Generated from `wit/`.
    #![allow(
        missing_docs,
        unreachable_pub,
        clippy::all,
        clippy::pedantic,
        reason = "generated"
    )]
    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "ravenry:bot/bot",
        imports: {
            "ravenry:bot/reply": async | trappable,
            "ravenry:bot/poe": async | trappable,
            "ravenry:bot/knowledge": async | trappable,
            default: trappable,
        },
        exports: { default: async },
        with: {
            "wasi:io": wasmtime_wasi::p2::bindings::io,
            "wasi:keyvalue": crate::sandbox::keyvalue::bindings::wasi::keyvalue,
            "ravenry:bot/poe.answer": crate::imports::poe::BotAnswer,
            "ravenry:bot/poe.file-writer": crate::imports::poe::Written,
        },
    });
}

use bindings::{
    BotPre as Generated,
    exports::ravenry::bot::handler,
    ravenry::bot::{knowledge as known, poe as platform, reply, request as received, types},
};

/// A component that was checked against the world `bot`, ready to be instantiated.
#[derive(Clone)]
pub(super) struct BotPre {
    all: Generated<StoreData>,
    /// Where `respond` is. A query looks for nothing else: checking the types of all exports takes
    /// longer than a small bot takes to answer.
    respond: ComponentExportIndex,
}

/// The interface that a bot exports, as components name it.
const HANDLER: &str = "ravenry:bot/handler@0.1.0";

/// What `respond` takes, and what it gives back.
type Respond<'a> = (Entering<'a, types::Query>,);
type Responded = (Result<(), types::Failure>,);

/// Adds what the world imports.
pub(super) fn add_to_linker(
    linker: &mut wasmtime::component::Linker<StoreData>,
) -> wasmtime::Result<()> {
    reply::add_to_linker::<_, HasSelf<StoreData>>(linker, |state| state)?;
    received::add_to_linker::<_, HasSelf<StoreData>>(linker, |state| state)?;
    platform::add_to_linker::<_, HasSelf<StoreData>>(linker, |state| state)?;
    known::add_to_linker::<_, HasSelf<StoreData>>(linker, |state| state)?;
    bundle::add_to_linker(linker)?;
    types::add_to_linker::<_, HasSelf<StoreData>>(linker, |state| state)
}

/// Checks that a linked component exports what the world wants.
pub(super) fn check(pre: wasmtime::component::InstancePre<StoreData>) -> wasmtime::Result<BotPre> {
    let all = Generated::new(pre)?;
    let component = all.instance_pre().component();
    let respond = component
        .get_export_index(None, HANDLER)
        .and_then(|handler| component.get_export_index(Some(&handler), "respond"))
        .ok_or_else(|| wasmtime::Error::msg("it exports no `respond`"))?;
    Ok(BotPre { all, respond })
}

/// Calls `respond` in a fresh instance.
pub(super) async fn respond(
    pre: &BotPre,
    mut store: Store<StoreData>,
    query: request::Query,
    touched: Option<&Touched>,
) -> wasmtime::Result<Result<(), event::Failure>> {
    let instance = pre.all.instance_pre().instantiate_async(&mut store).await?;
    let respond = instance.get_typed_func::<Respond<'_>, Responded>(&mut store, &pre.respond)?;
    let place = OnceLock::new();
    let entering = Entering {
        arguments: &query.into(),
        touched,
        place: &place,
    };
    let (answer,) = respond.call_async(&mut store, (entering,)).await?;
    if let Some(touched) = touched {
        touched.learn(place.get());
    }
    Ok(answer.map_err(Into::into))
}

/// Calls `settings` in a fresh instance.
pub(super) async fn settings(
    pre: &BotPre,
    mut store: Store<StoreData>,
) -> wasmtime::Result<settings::Settings> {
    let bot = pre.all.instantiate_async(&mut store).await?;
    Ok(bot
        .ravenry_bot_handler()
        .call_settings(&mut store)
        .await?
        .into())
}

/// Calls the function for such a report in a fresh instance.
pub(super) async fn report(
    pre: &BotPre,
    mut store: Store<StoreData>,
    report: Report,
) -> wasmtime::Result<()> {
    let bot = pre.all.instantiate_async(&mut store).await?;
    let (bot, store) = (bot.ravenry_bot_handler(), &mut store);
    match report {
        Report::Feedback(it) => bot.call_on_feedback(store, &it.into()).await,
        Report::Reaction(it) => bot.call_on_reaction(store, &it.into()).await,
        Report::Error(it) => bot.call_on_error(store, &it.into()).await,
    }
}

/// What a reply function gives back: the outer error would trap, and is never used.
type ReplyResult = wasmtime::Result<Result<(), reply::Stopped>>;

impl StoreData {
    /// Says an event, and lets go of what it is made of before this waits for a reader: that may be large, and
    /// take an hour.
    async fn say<T>(&mut self, parts: T, event: impl FnOnce(&T) -> Event<'_>) -> ReplyResult {
        let Some(outbox) = &self.call.reply else {
            return Ok(Err(reply::Stopped::Ended));
        };
        let said = outbox.put(event(&parts));
        drop(parts);
        if said.is_ok() {
            outbox.pace().await;
        }
        Ok(said.map_err(Into::into))
    }

    async fn say_failure(&mut self, failure: event::Failure) -> ReplyResult {
        self.say(failure, |failure| Event::Error {
            text: failure
                .text
                .as_deref()
                .map_or("The bot could not answer.", failure::cut),
            allow_retry: failure.allow_retry,
            error_type: failure.error_type.as_deref().map(failure::cut_type),
        })
        .await
    }
}

fn invalid(error: &event::InvalidEvent) -> Result<(), reply::Stopped> {
    Err(reply::Stopped::Invalid(error.to_string()))
}

impl reply::Host for StoreData {
    async fn text(&mut self, text: String) -> ReplyResult {
        self.say(text, |text| Event::Text { index: None, text })
            .await
    }

    async fn text_at(&mut self, index: u32, text: String) -> ReplyResult {
        self.say(text, |text| Event::Text {
            index: Some(index),
            text,
        })
        .await
    }

    async fn replace(&mut self, text: String) -> ReplyResult {
        self.say(text, |text| Event::Replace { index: None, text })
            .await
    }

    async fn replace_at(&mut self, index: u32, text: String) -> ReplyResult {
        self.say(text, |text| Event::Replace {
            index: Some(index),
            text,
        })
        .await
    }

    async fn suggest(&mut self, text: String) -> ReplyResult {
        self.say(text, |text| Event::Suggest(text)).await
    }

    async fn meta(&mut self, meta: types::MetaEvent) -> ReplyResult {
        let meta = event::Meta::from(meta);
        match meta.check() {
            Ok(()) => self.say(meta, |meta| Event::Meta(meta)).await,
            Err(error) => Ok(invalid(&error)),
        }
    }

    async fn file(&mut self, file: types::FileEvent) -> ReplyResult {
        self.say(event::File::from(file), |file| Event::File(file))
            .await
    }

    async fn data(&mut self, metadata: String) -> ReplyResult {
        self.say(metadata, |metadata| Event::Data(metadata)).await
    }

    async fn json(&mut self, data: String) -> ReplyResult {
        let object = JsonObject::parse(&data);
        drop(data);
        match object {
            Ok(object) => self.say(object, |object| Event::Json(object)).await,
            Err(error) => Ok(invalid(&error)),
        }
    }

    async fn error(&mut self, failure: types::Failure) -> ReplyResult {
        self.say_failure(failure.into()).await
    }

    async fn event(&mut self, name: String, data: String) -> ReplyResult {
        let owned = EventName::parse(&name)
            .and_then(|name| JsonObject::parse(&data).map(|data| (name, data)))
            .and_then(|(name, data)| event::known(&name, data));
        match owned {
            Ok(Owned::Meta(meta)) => self.say(meta, |meta| Event::Meta(meta)).await,
            Ok(Owned::Text { index, text }) => {
                self.say(text, |text| Event::Text { index, text }).await
            }
            Ok(Owned::Replace { index, text }) => {
                self.say(text, |text| Event::Replace { index, text }).await
            }
            Ok(Owned::Suggest(text)) => self.say(text, |text| Event::Suggest(text)).await,
            Ok(Owned::File(file)) => self.say(file, |file| Event::File(file)).await,
            Ok(Owned::Data(metadata)) => self.say(metadata, |metadata| Event::Data(metadata)).await,
            Ok(Owned::Json(object)) => self.say(object, |object| Event::Json(object)).await,
            Ok(Owned::Error(failure)) => self.say_failure(failure).await,
            Ok(Owned::Other(name, data)) => {
                let parts = (name, data);
                self.say(parts, |(name, data)| Event::Other { name, data })
                    .await
            }
            Err(error) => Ok(invalid(&error)),
        }
    }
}

impl received::Host for StoreData {
    fn raw(&mut self) -> wasmtime::Result<String> {
        Ok(self.call.received.raw().to_owned())
    }

    fn header(&mut self, name: String) -> wasmtime::Result<Option<String>> {
        Ok(self.call.received.header(&name))
    }

    fn headers(&mut self) -> wasmtime::Result<Vec<(String, String)>> {
        Ok(self.call.received.headers().to_vec())
    }

    fn reference(&mut self) -> wasmtime::Result<String> {
        Ok(self.call.received.reference().to_string())
    }
}

impl types::Host for StoreData {}

impl From<Refusal> for reply::Stopped {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::TooLong => Self::TooLong,
            Refusal::Ended => Self::Ended,
            Refusal::Invalid(sentence) => Self::Invalid(sentence),
        }
    }
}

/// Writes `impl From<A> for B` for two records with the same fields.
macro_rules! same_fields {
    ($from:path => $into:ident $(:: $part:ident)* { $($field:ident $(: $list:ident)?),* $(,)? }) => {
        impl From<$from> for $into $(:: $part)* {
            fn from(value: $from) -> Self {
                Self { $($field: same_fields!(@value value.$field $(, $list)?)),* }
            }
        }
    };
    (@value $value:expr) => { $value };
    // Every member converts.
    (@value $value:expr, each) => { $value.into_iter().map(Into::into).collect() };
    // A boxed or optional member converts.
    (@value $value:expr, map) => { $value.map(Into::into) };
}

same_fields!(request::Query => types::Query {
    version, messages: each, referenced_messages: each, user_id, conversation_id, message_id, metadata,
    temperature, skip_system_prompt, logit_bias, stop_sequences, language_code, adopt_current_bot_name,
    bot_query_id, users: each, tools, tool_calls, tool_results, query_creation_time, extra_params,
});
same_fields!(request::User => types::User { id, name });
same_fields!(request::Message => types::Message {
    role, content, message_type, content_type, timestamp, message_id, sender: map, feedback: each,
    attachments: each, parameters, metadata, referenced_message, reactions: each,
});
same_fields!(request::Sender => types::Sender { id, name });
same_fields!(request::MessageFeedback => types::MessageFeedback { feedback_type, reason });
same_fields!(request::MessageReaction => types::MessageReaction { user_id, reaction });
same_fields!(request::Attachment => types::Attachment { url, content_type, name, inline_ref, parsed_content });
same_fields!(request::Feedback => handler::Feedback { message_id, user_id, conversation_id, feedback_type });
same_fields!(request::Reaction => handler::Reaction { message_id, user_id, conversation_id, reaction });
same_fields!(request::ErrorReport => handler::ErrorReport { message, metadata });
same_fields!(types::MetaEvent => event::Meta { content_type, linkify, suggested_replies, refetch_settings });
same_fields!(event::File => types::FileEvent { url, content_type, name, inline_ref });
same_fields!(event::Failure => types::Failure { text, allow_retry, error_type });
same_fields!(types::FileEvent => event::File { url, content_type, name, inline_ref });
same_fields!(types::Failure => event::Failure { text, allow_retry, error_type });
same_fields!(types::BotSettings => settings::Settings {
    server_bot_dependencies, allow_attachments, expand_text_attachments, enable_image_comprehension,
    introduction_message, enforce_author_role_alternation, enable_multi_entity_prompting, rate_card,
    cost_label, parameter_controls, extra,
});
