//! What a bot answers, typed: the events of a reply.
//!
//! [`Event`] borrows, since an event is written out at once. What a bot says under a name of its
//! own choosing comes in through [`EventName`] and [`JsonObject`], and [`known`] finds the events
//! that have a function of their own among it. Nothing here knows in which order events may come.

use serde::Serialize;
use serde_json::{Map, Value};

pub use super::failure::Failure;
use super::{
    fields::{self, Fault, Object, Path},
    json::{self, JsonFault},
};

/// Longest JSON object of one event, in bytes.
///
/// Far above a chunk of a tool call; parsed, the worst of such texts takes about ten megabytes.
pub const OBJECT_BYTES_MAX: usize = 256 * 1024;

/// Longest name of an event, in bytes.
pub const NAME_BYTES_MAX: usize = 64;

/// Names that only the gateway may use: `done` ends a stream, `ping` confuses the reference client.
const RESERVED: [&str; 2] = ["done", "ping"];

/// How a reply is to be shown. What is `None` is left out of the event.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Meta {
    /// `text/markdown` (the platform's default) or `text/plain`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// Whether URLs become links. Old; the platform may ignore it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub linkify: Option<bool>,
    /// Whether the platform may invent suggested replies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suggested_replies: Option<bool>,
    /// Whether the platform should ask for the settings again. Old; it may ignore it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refetch_settings: Option<bool>,
}

impl Meta {
    /// Refuses a content type that the platform has not defined.
    ///
    /// The reference client gives up the whole reply on one (reference library 0.0.83).
    pub fn check(&self) -> Result<(), InvalidEvent> {
        match self.content_type.as_deref() {
            None | Some("text/markdown" | "text/plain") => Ok(()),
            Some(other) => Err(InvalidEvent::ContentType(json::shown(other))),
        }
    }
}

/// A file that a reply attaches.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct File {
    /// Where its bytes are.
    pub url: String,
    /// Its media type.
    pub content_type: String,
    /// Its name, as shown.
    pub name: String,
    /// The label under which the text of the reply refers to it. Sent as `null` where it is `None`,
    /// as the reference library does.
    pub inline_ref: Option<String>,
}

impl File {
    /// Bytes that its event has at least, whatever of it is escaped.
    pub fn bytes_min(&self) -> u64 {
        let label = self.inline_ref.as_deref().unwrap_or_default();
        let members = [&self.url, &self.content_type, &self.name, label];
        let sizes = members.map(|member| member.len() as u64);
        sizes.into_iter().fold(0, u64::saturating_add)
    }
}

/// One event of a reply.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Event<'a> {
    /// `meta`: how the reply is to be shown. Counts only as the first event.
    Meta(&'a Meta),
    /// `text`: appends text to an answer.
    Text {
        /// Which answer, where there are several.
        index: Option<u32>,
        /// What is appended.
        text: &'a str,
    },
    /// `replace_response`: puts text in the place of all text of an answer.
    Replace {
        /// Which answer, where there are several.
        index: Option<u32>,
        /// What takes its place.
        text: &'a str,
    },
    /// `suggested_reply`: something that the person may want to say next.
    Suggest(&'a str),
    /// `file`: attaches a file.
    File(&'a File),
    /// `data`: attaches hidden data to the message that the reply becomes.
    Data(&'a str),
    /// `json`: an object, used for tool calls.
    Json(&'a JsonObject),
    /// `error`: the bot cannot answer. The reply is over for the platform.
    Error {
        /// What the person reads.
        text: &'a str,
        /// Whether trying the same again may help.
        allow_retry: bool,
        /// A word for programs.
        error_type: Option<&'a str>,
    },
    /// An event that has no function of its own.
    Other {
        /// Its name.
        name: &'a EventName,
        /// Its data.
        data: &'a JsonObject,
    },
    /// `done`: nothing follows. Only the gateway says it.
    Done,
}

impl Event<'_> {
    /// Characters of its text, and of the word for programs in an error.
    pub fn characters(&self) -> u64 {
        let (text, word) = self.words();
        let characters = text.chars().count().saturating_add(word.chars().count());
        u64::try_from(characters).unwrap_or(u64::MAX)
    }

    /// Bytes of the same.
    pub fn text_bytes(&self) -> usize {
        let (text, word) = self.words();
        text.len().saturating_add(word.len())
    }

    fn words(&self) -> (&str, &str) {
        match self {
            Self::Error {
                text, error_type, ..
            } => (*text, error_type.unwrap_or_default()),
            Self::Text { text, .. }
            | Self::Replace { text, .. }
            | Self::Suggest(text)
            | Self::Data(text) => (*text, ""),
            Self::Meta(_) | Self::File(_) | Self::Json(_) | Self::Other { .. } | Self::Done => {
                ("", "")
            }
        }
    }
}

/// An event that a bot gave by name, in the form of the function that it should have called.
#[derive(Clone, Debug, PartialEq)]
pub enum Owned {
    /// See [`Event::Meta`].
    Meta(Meta),
    /// See [`Event::Text`].
    Text {
        /// Which answer, where there are several.
        index: Option<u32>,
        /// What is appended.
        text: String,
    },
    /// See [`Event::Replace`].
    Replace {
        /// Which answer, where there are several.
        index: Option<u32>,
        /// What takes its place.
        text: String,
    },
    /// See [`Event::Suggest`].
    Suggest(String),
    /// See [`Event::File`].
    File(File),
    /// See [`Event::Data`].
    Data(String),
    /// See [`Event::Json`].
    Json(JsonObject),
    /// See [`Event::Error`].
    Error(Failure),
    /// See [`Event::Other`].
    Other(EventName, JsonObject),
}

/// The name of an event: 1 to 64 characters of `a`-`z`, `0`-`9` and `_`; not `done`, not `ping`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EventName(String);

impl EventName {
    /// The name, if it is one that a bot may use.
    pub fn parse(name: &str) -> Result<Self, InvalidEvent> {
        if RESERVED.contains(&name) {
            return Err(InvalidEvent::Reserved(name.to_owned()));
        }
        if name.is_empty() || name.len() > NAME_BYTES_MAX {
            return Err(InvalidEvent::NameLength(name.len()));
        }
        let allowed = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_');
        if !name.bytes().all(allowed) {
            return Err(InvalidEvent::NameCharacter(json::shown(name)));
        }
        Ok(Self(name.to_owned()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A JSON object: nested at most 127 deep, of at most [`VALUES_MAX`](super::decode::VALUES_MAX)
/// values. Of members with the same name, the last one counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct JsonObject(Map<String, Value>);

impl JsonObject {
    /// The object whose text this is; at most [`OBJECT_BYTES_MAX`] of it.
    pub fn parse(text: &str) -> Result<Self, InvalidEvent> {
        if text.len() > OBJECT_BYTES_MAX {
            return Err(InvalidEvent::TooLong(text.len()));
        }
        match json::parse(text)? {
            Value::Object(members) => Ok(Self(members)),
            other => Err(InvalidEvent::NotAnObject(json::kind(&other))),
        }
    }

    /// Its members.
    pub fn members(&self) -> &Map<String, Value> {
        &self.0
    }
}

/// Why an event makes no sense. No variant holds more than a few words of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEvent {
    /// The name is empty or too long.
    #[error("the name of an event has 1 to {NAME_BYTES_MAX} characters, this one has {0} bytes")]
    NameLength(usize),
    /// The name has a character that names do not have.
    #[error("the name of an event consists of `a` to `z`, `0` to `9` and `_`, unlike `{0}`")]
    NameCharacter(String),
    /// The name is not for bots.
    #[error("the event `{0}` belongs to the gateway")]
    Reserved(String),
    /// The data is not JSON.
    #[error("the data is not JSON at line {line}, column {column}: {what}")]
    Json {
        /// From 1.
        line: usize,
        /// In bytes from 1; 0 where the line before ended too soon.
        column: usize,
        /// What the parser says.
        what: String,
    },
    /// The data is too long.
    #[error("the data has {0} bytes, and {OBJECT_BYTES_MAX} are the most")]
    TooLong(usize),
    /// The data holds too many values.
    #[error("the data holds more than {} JSON values", json::VALUES_MAX)]
    TooManyValues,
    /// The data is JSON, but not an object.
    #[error("the data should be a JSON object, but is {0}")]
    NotAnObject(&'static str),
    /// A member is missing or of another type.
    #[error("`{path}` should be {expected}, but is {found}")]
    Field {
        /// Its name.
        path: String,
        /// What belongs there, with an article.
        expected: &'static str,
        /// What is there.
        found: &'static str,
    },
    /// The content type of a `meta` event is not one of the two.
    #[error("the content type should be `text/markdown` or `text/plain`, but is `{0}`")]
    ContentType(String),
}

impl From<JsonFault> for InvalidEvent {
    fn from(fault: JsonFault) -> Self {
        match fault {
            JsonFault::Syntax { line, column, what } => Self::Json { line, column, what },
            JsonFault::TooMany => Self::TooManyValues,
        }
    }
}

impl From<Fault> for InvalidEvent {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Field {
                path,
                expected,
                found,
            } => Self::Field {
                path,
                expected,
                found,
            },
            // Events have no identifiers.
            Fault::TooLong { path, .. } => Self::Field {
                path,
                expected: "short",
                found: "too long",
            },
        }
    }
}

/// Finds the event that has a function of its own; what is not such an event comes back as it is.
///
/// Members that the function has no parameter for are left out, as the platform would ignore them.
/// An `error` that does not say whether a retry may help allows one, as the platform reads it.
pub fn known(name: &EventName, data: JsonObject) -> Result<Owned, InvalidEvent> {
    let top = Path::Top;
    let known = match name.as_str() {
        "text" => text(data).map(|(index, text)| Owned::Text { index, text }),
        "replace_response" => text(data).map(|(index, text)| Owned::Replace { index, text }),
        "suggested_reply" => Object::new(data.0, &top)
            .required_text("text")
            .map(Owned::Suggest),
        "data" => Object::new(data.0, &top)
            .required_text("metadata")
            .map(Owned::Data),
        "meta" => meta(data),
        "file" => file(data),
        "error" => error(data),
        "json" => return Ok(Owned::Json(data)),
        _ => return Ok(Owned::Other(name.clone(), data)),
    }?;
    if let Owned::Meta(meta) = &known {
        meta.check()?;
    }
    Ok(known)
}

fn text(data: JsonObject) -> Result<(Option<u32>, String), Fault> {
    let object = &mut Object::new(data.0, &Path::Top);
    Ok((
        object.get("index", fields::index)?,
        object.required_text("text")?,
    ))
}

fn meta(data: JsonObject) -> Result<Owned, Fault> {
    let object = &mut Object::new(data.0, &Path::Top);
    Ok(Owned::Meta(Meta {
        content_type: object.get("content_type", fields::text)?,
        linkify: object.get("linkify", fields::flag)?,
        suggested_replies: object.get("suggested_replies", fields::flag)?,
        refetch_settings: object.get("refetch_settings", fields::flag)?,
    }))
}

fn file(data: JsonObject) -> Result<Owned, Fault> {
    let object = &mut Object::new(data.0, &Path::Top);
    Ok(Owned::File(File {
        url: object.required_text("url")?,
        content_type: object.required_text("content_type")?,
        name: object.required_text("name")?,
        inline_ref: object.get("inline_ref", fields::text)?,
    }))
}

fn error(data: JsonObject) -> Result<Owned, Fault> {
    let object = &mut Object::new(data.0, &Path::Top);
    Ok(Owned::Error(Failure {
        text: object.get("text", fields::text)?,
        allow_retry: object.get("allow_retry", fields::flag)?.unwrap_or(true),
        error_type: object.get("error_type", fields::text)?,
    }))
}

#[cfg(test)]
#[path = "event_tests.rs"]
mod tests;
