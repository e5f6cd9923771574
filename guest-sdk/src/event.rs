//! One event of a reply: what another bot said, or what a test heard.

use std::fmt;

use serde_json::{Map, Value, json};

use crate::{Failure, File, Meta, Stopped};

/// Most characters of a failure's text that the gateway shows.
const FAILURE_CHARACTERS_MAX: usize = 4_096;

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
    pub(crate) fn named(name: &str, data: &Map<String, Value>) -> Result<Self, Stopped> {
        let letters = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_');
        if name.is_empty() || name.len() > 64 || !name.bytes().all(letters) {
            return Err(invalid(
                "an event's name is 1 to 64 characters of a-z, 0-9 and _",
            ));
        }
        Ok(match name {
            "done" | "ping" => return Err(invalid("`done` and `ping` belong to the gateway")),
            "text" => Self::Text {
                index: index(data)?,
                text: string(data, "text")?,
            },
            "replace_response" => Self::Replace {
                index: index(data)?,
                text: string(data, "text")?,
            },
            "suggested_reply" => Self::Suggest(string(data, "text")?),
            "meta" => Self::Meta(Meta {
                content_type: maybe_string(data, "content_type")?,
                suggested_replies: maybe_bool(data, "suggested_replies")?,
                linkify: maybe_bool(data, "linkify")?,
                refetch_settings: maybe_bool(data, "refetch_settings")?,
            }),
            "file" => Self::File(File {
                url: string(data, "url")?,
                content_type: string(data, "content_type")?,
                name: string(data, "name")?,
                inline_ref: maybe_string(data, "inline_ref")?,
            }),
            "data" => Self::Data(string(data, "metadata")?),
            "json" => Self::Json(Value::Object(data.clone())),
            "error" => Self::Error(cut(Failure {
                text: maybe_string(data, "text")?,
                allow_retry: maybe_bool(data, "allow_retry")?.unwrap_or(true),
                error_type: maybe_string(data, "error_type")?,
            })),
            _ => Self::Other {
                name: name.to_owned(),
                data: Value::Object(data.clone()),
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
pub(crate) fn cut(mut failure: Failure) -> Failure {
    failure.text = failure
        .text
        .map(|text| text.chars().take(FAILURE_CHARACTERS_MAX).collect());
    failure
}

fn present<const N: usize>(members: [(&str, Option<Value>); N]) -> Value {
    let present = |(name, value): (&str, Option<Value>)| Some((name.to_owned(), value?));
    Value::Object(members.into_iter().filter_map(present).collect())
}

pub(crate) fn invalid(what: impl Into<String>) -> Stopped {
    Stopped::Invalid(what.into())
}

fn member<'a, T>(
    data: &'a Map<String, Value>,
    name: &str,
    kind: &str,
    read: impl Fn(&'a Value) -> Option<T>,
) -> Result<Option<T>, Stopped> {
    match data.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match read(value) {
            Some(value) => Ok(Some(value)),
            None => Err(invalid(format!("`{name}` is {kind}"))),
        },
    }
}

fn maybe_string(data: &Map<String, Value>, name: &str) -> Result<Option<String>, Stopped> {
    Ok(member(data, name, "a string", Value::as_str)?.map(str::to_owned))
}

fn maybe_bool(data: &Map<String, Value>, name: &str) -> Result<Option<bool>, Stopped> {
    member(data, name, "a boolean", Value::as_bool)
}

fn string(data: &Map<String, Value>, name: &str) -> Result<String, Stopped> {
    maybe_string(data, name)?.ok_or_else(|| invalid(format!("`{name}` is missing")))
}

fn index(data: &Map<String, Value>) -> Result<Option<u32>, Stopped> {
    let read = |value: &Value| u32::try_from(value.as_u64()?).ok();
    member(data, "index", "a number from 0 to 4294967295", read)
}
