//! One event of a reply: what another bot said, or what a test heard.

mod file;
mod meta;
mod say;

pub use file::File;
pub use meta::Meta;
pub(crate) use say::{Say, hand_on};

use std::fmt;

use serde_json::{Value, json};

use crate::failure::{Failure, Stopped};
use ravenry_protocol::{
    event::{self as wire, EventName, JsonObject, Owned},
    failure,
};

/// One event of a reply: what another bot said ([`poe`](crate::poe)), or what a test heard.
///
/// Its `Display` is the platform's name for it and its JSON.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// Text was appended.
    Text {
        /// The answer it belongs to, where the reply has several.
        index: Option<u32>,
        /// The text.
        text: String,
    },
    /// All text was replaced.
    Replace {
        /// The answer it belongs to, where the reply has several.
        index: Option<u32>,
        /// The new text.
        text: String,
    },
    /// A reply was suggested.
    Suggest(String),
    /// The bot said how its reply is to be shown.
    Meta(Meta),
    /// A file was attached.
    File(File),
    /// Hidden data was attached.
    Data(String),
    /// A JSON object was sent.
    Json(Value),
    /// The reply ended with an error. Only tests see it as an event: from
    /// [`Answer::next`](crate::poe::Answer::next) it comes as
    /// [`PoeError::Said`](crate::poe::PoeError::Said).
    Error(Failure),
    /// An event without a function of its own.
    Other {
        /// Its name.
        name: String,
        /// Its JSON object.
        data: Value,
    },
}

impl Event {
    /// Text that was appended to the only answer.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text {
            index: None,
            text: text.into(),
        }
    }

    /// Text that replaced all of the only answer.
    pub fn replace(text: impl Into<String>) -> Self {
        Self::Replace {
            index: None,
            text: text.into(),
        }
    }

    /// An event by its name on the wire; the ones that have a function become what it makes.
    pub(crate) fn named(name: &str, data: &str) -> Result<Self, Stopped> {
        let known = EventName::parse(name)
            .and_then(|name| wire::known(&name, JsonObject::parse(data)?))
            .map_err(|error| Stopped::Invalid(error.to_string()))?;
        Ok(match known {
            Owned::Text { index, text } => Self::Text { index, text },
            Owned::Replace { index, text } => Self::Replace { index, text },
            Owned::Suggest(text) => Self::Suggest(text),
            Owned::Meta(meta) => Self::Meta(Meta {
                content_type: meta.content_type,
                suggested_replies: meta.suggested_replies,
                linkify: meta.linkify,
                refetch_settings: meta.refetch_settings,
            }),
            Owned::File(file) => Self::File(File {
                url: file.url,
                content_type: file.content_type,
                name: file.name,
                inline_ref: file.inline_ref,
            }),
            Owned::Data(metadata) => Self::Data(metadata),
            Owned::Json(data) => Self::Json(Value::Object(data.members().clone())),
            Owned::Error(failure) => Self::Error(cut(Failure {
                text: failure.text,
                allow_retry: failure.allow_retry,
                error_type: failure.error_type,
            })),
            Owned::Other(name, data) => Self::Other {
                name: name.as_str().to_owned(),
                data: Value::Object(data.members().clone()),
            },
        })
    }

    fn name(&self) -> &str {
        match self {
            Self::Text { .. } => "text",
            Self::Replace { .. } => "replace_response",
            Self::Suggest(_) => "suggested_reply",
            Self::Meta(_) => "meta",
            Self::File(_) => "file",
            Self::Data(_) => "data",
            Self::Json(_) => "json",
            Self::Error(_) => "error",
            Self::Other { name, .. } => name,
        }
    }

    fn members(&self) -> Value {
        match self {
            Self::Text { index, text } | Self::Replace { index, text } => match index {
                Some(index) => json!({ "text": text, "index": index }),
                None => json!({ "text": text }),
            },
            Self::Suggest(text) => json!({ "text": text }),
            Self::Meta(meta) => present([
                ("content_type", meta.content_type.clone().map(Value::from)),
                ("suggested_replies", meta.suggested_replies.map(Value::from)),
                ("linkify", meta.linkify.map(Value::from)),
                ("refetch_settings", meta.refetch_settings.map(Value::from)),
            ]),
            Self::File(file) => present([
                ("url", Some(file.url.as_str().into())),
                ("content_type", Some(file.content_type.as_str().into())),
                ("name", Some(file.name.as_str().into())),
                ("inline_ref", file.inline_ref.clone().map(Value::from)),
            ]),
            Self::Data(metadata) => json!({ "metadata": metadata }),
            Self::Json(data) | Self::Other { data, .. } => data.clone(),
            Self::Error(failure) => present([
                ("text", failure.text.clone().map(Value::from)),
                ("allow_retry", Some(failure.allow_retry.into())),
                ("error_type", failure.error_type.clone().map(Value::from)),
            ]),
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name(), self.members())
    }
}

/// The failure as far as the gateway shows it.
pub(crate) fn cut(failure: Failure) -> Failure {
    Failure {
        text: failure.text.map(|text| failure::cut(&text).to_owned()),
        error_type: failure
            .error_type
            .map(|word| failure::cut_type(&word).to_owned()),
        ..failure
    }
}

fn present<const N: usize>(members: [(&str, Option<Value>); N]) -> Value {
    let present = |(name, value): (&str, Option<Value>)| Some((name.to_owned(), value?));
    Value::Object(members.into_iter().filter_map(present).collect())
}
