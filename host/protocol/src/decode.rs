//! The body of a request in, a typed [`Request`] or one sentence of complaint out.
//!
//! **Fast, strict, tolerant.** A usual query is read in one pass. Whatever else there is, also any
//! mistake, is read anew as strict JSON (RFC 8259), by the rules below. Only where that fails, it is
//! read once more without comments and trailing commas, which are overwritten with spaces so
//! that every place stays true, and [mended](super::mend): half a character becomes U+FFFD, a number
//! out of range a large one. Where that fails too, the complaint is that of the strict reading.
//!
//! **Liberal in what is accepted.**
//! - `null` means the same as absent, also as an item of a list. Members that the protocol does not
//!   know are ignored; of members with the same name, the last one counts.
//! - `user` and `conversation`, the names of 2023, stand for `user_id` and `conversation_id` where
//!   those are absent. Identifiers can be absent (then empty), of any shape, and numbers.
//! - Messages whose `role` the platform has not defined are left out, unread; a message that quotes
//!   such a message quotes nothing.
//! - A `content_type` or `message_type` that the platform has not defined is ignored: the default
//!   holds (`text/markdown`, and none). Kinds of feedback and reactions are an open set and are
//!   handed on as they are.
//! - Hints out of their range (a negative `temperature`, a bias beyond 100) are left out: the
//!   question can be answered without them.
//! - Times may have fractions, which are cut off.
//!
//! **Not guessed.** A member of another type than the protocol gives it, a message without `role`
//! or `content`, a query without `query`, an attachment without `url`, a report without its
//! verdict: each is a [`DecodeError`] that names the place.
//!
//! **Bounds.** Nesting ends at 127 levels, identifiers at [`ID_BYTES_MAX`], values in all at
//! [`VALUES_MAX`]. The length of the body is for the caller to bound.

use serde_json::{Map, Value};

pub use super::{fields::ID_BYTES_MAX, json::VALUES_MAX};
use super::{
    fields::{self, Fault, Object, Path},
    json::{self, JsonFault},
    members, mend, one_pass, query, repair,
    request::{ErrorReport, Feedback, Reaction, Report, Request},
};

/// The request types that are understood, in the words of the protocol.
const TYPES: [&str; 5] = [
    "query",
    "settings",
    "report_feedback",
    "report_reaction",
    "report_error",
];

/// A request that was understood.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded {
    /// What is asked.
    pub request: Request,
    /// The body as it was sent, or, where it was not strict JSON, as it was repaired.
    ///
    /// Access keys at the top (`access_key`, `api_key`) are emptied; such a body is written anew.
    pub raw: String,
    /// Whether the body was not strict JSON, or held what is no text or no number.
    pub repaired: bool,
}

/// Why a body was not understood. No variant holds more than a few words of the body.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The body is not text.
    #[error("the body is not UTF-8 at byte {offset}")]
    Utf8 {
        /// How many bytes before it are.
        offset: usize,
    },
    /// The body is not JSON, also when read tolerantly.
    #[error("the body is not JSON at line {line}, column {column}: {what}")]
    Json {
        /// From 1.
        line: usize,
        /// In bytes from 1; 0 where the line before ended too soon.
        column: usize,
        /// What the parser says. Never repeats the input.
        what: String,
    },
    /// The body is JSON, but not an object.
    #[error("the body should be a JSON object, but is {found}")]
    NotAnObject {
        /// What it is, with an article.
        found: &'static str,
    },
    /// A member is missing or of another type.
    #[error("`{path}` should be {expected}, but is {found}")]
    Field {
        /// Its place, such as `query[3].content`.
        path: String,
        /// What belongs there, with an article.
        expected: &'static str,
        /// What is there, with an article; or `missing`, or `out of range`.
        found: &'static str,
    },
    /// The request is of a type that is not known. The platform wants HTTP status 501 for it.
    #[error("the request type `{0}` is not known here")]
    UnknownType(
        /// The type, escaped and cut at 40 characters.
        String,
    ),
    /// An identifier is too long.
    #[error("`{path}` has {bytes} bytes, more than the {ID_BYTES_MAX} of an identifier")]
    TooLong {
        /// Its place.
        path: String,
        /// Its length.
        bytes: usize,
    },
    /// The body holds too many values.
    #[error("the body holds more than {VALUES_MAX} JSON values")]
    TooManyValues,
}

impl DecodeError {
    /// What the sender can do about it, as one sentence; `None` where the error says it all.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Utf8 { .. } => "send the body as UTF-8".to_owned(),
            Self::Json { .. } => {
                "comments (`//`, `/* */`) and trailing commas are accepted; all else must be strict JSON".to_owned()
            }
            Self::NotAnObject { .. } => {
                r#"send an object such as {"version": "1.2", "type": "settings"}"#.to_owned()
            }
            Self::Field { path, .. } if path == "type" => format!("one of {}", types()),
            Self::Field { path, .. } if path == "query" => {
                r#"send the conversation, such as "query": [{"role": "user", "content": "hi"}]"#
                    .to_owned()
            }
            Self::Field {
                path,
                found: "missing",
                ..
            } if matches!(path.rsplit_once('.'), Some((_, "content" | "role"))) => {
                r#"every message needs both, such as {"role": "user", "content": "hi"}"#.to_owned()
            }
            Self::Field { .. } => return None,
            Self::UnknownType(_) => format!("served are {}", types()),
            Self::TooLong { .. } => "shorten it; where it is not needed, leave it out".to_owned(),
            Self::TooManyValues => "send fewer of the oldest messages".to_owned(),
        };
        Some(hint)
    }
}

fn types() -> String {
    TYPES.map(|name| format!("`{name}`")).join(", ")
}

impl From<JsonFault> for DecodeError {
    fn from(fault: JsonFault) -> Self {
        match fault {
            JsonFault::Syntax { line, column, what } => Self::Json { line, column, what },
            JsonFault::TooMany => Self::TooManyValues,
        }
    }
}

impl From<Fault> for DecodeError {
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
            Fault::TooLong { path, bytes } => Self::TooLong { path, bytes },
        }
    }
}

/// Reads the body of a request.
pub fn decode(body: Vec<u8>) -> Result<Decoded, DecodeError> {
    let text = String::from_utf8(body).map_err(|error| DecodeError::Utf8 {
        offset: error.utf8_error().valid_up_to(),
    })?;
    if let Some(query) = one_pass::query(&text) {
        return Ok(Decoded {
            request: Request::Query(Box::new(query)),
            raw: text,
            repaired: false,
        });
    }
    by_value(text)
}

/// Reads any request, or says what is wrong with it, over a tree of all that is in it.
pub(super) fn by_value(text: String) -> Result<Decoded, DecodeError> {
    let (text, value, repaired) = match json::strict(&text) {
        Ok(value) => (text, value, false),
        Err(strict) => {
            let (text, value) = repair(text).ok_or(strict)?;
            (text, value, true)
        }
    };
    let Value::Object(members) = value else {
        return Err(DecodeError::NotAnObject {
            found: json::kind(&value),
        });
    };
    let (raw, members) = without_access_keys(text, members);
    let request = request(members)?;
    Ok(Decoded {
        request,
        raw,
        repaired,
    })
}

/// The text without byte-order mark, comments, trailing commas, halves of characters and numbers beyond
/// all range, if it is JSON then.
fn repair(text: String) -> Option<(String, Value)> {
    const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
    let mut bytes = text.into_bytes();
    if let Some(mark) = bytes.first_chunk_mut::<3>()
        && *mark == *BYTE_ORDER_MARK
    {
        mark.fill(b' ');
    }
    if !repair::repair(&mut bytes) {
        return None;
    }
    let text = mend::text_of(String::from_utf8(bytes).ok()?);
    let value = json::strict(&text).ok()?;
    Some((text, value))
}

/// Empties access keys, which bots must not see.
///
/// The platform does not send them, but clients of its bot-query interface do. A member of that
/// name is always rewritten: the text can hold it twice, with the key in the one that does not
/// count.
fn without_access_keys(
    text: String,
    mut members: Map<String, Value>,
) -> (String, Map<String, Value>) {
    let mut found = false;
    for name in ["access_key", "api_key"] {
        if let Some(key) = members.get_mut(name) {
            *key = Value::String(String::new());
            found = true;
        }
    }
    if !found {
        return (text, members);
    }
    let value = Value::Object(members);
    let text = value.to_string();
    match value {
        Value::Object(members) => (text, members),
        _ => (text, Map::new()),
    }
}

fn request(members: Map<String, Value>) -> Result<Request, DecodeError> {
    let mut object = Object::new(members, &Path::Top);
    let kind = object.required_text("type")?;
    match kind.as_str() {
        "query" => Ok(Request::Query(Box::new(query::read(&mut object)?))),
        "settings" => Ok(Request::Settings),
        "report_feedback" => Ok(Request::Report(Report::Feedback(Feedback {
            message_id: query::id_or_empty(&mut object, "message_id")?,
            user_id: query::either_id(&mut object, "user_id", "user")?,
            conversation_id: query::either_id(&mut object, "conversation_id", "conversation")?,
            feedback_type: object.required_text("feedback_type")?,
        }))),
        "report_reaction" => Ok(Request::Report(Report::Reaction(Reaction {
            message_id: query::id_or_empty(&mut object, "message_id")?,
            user_id: query::either_id(&mut object, "user_id", "user")?,
            conversation_id: query::either_id(&mut object, "conversation_id", "conversation")?,
            reaction: object.required_text("reaction")?,
        }))),
        "report_error" => Ok(Request::Report(Report::Error(ErrorReport {
            message: object.get("message", fields::text)?.unwrap_or_default(),
            metadata: object
                .get("metadata", fields::json_object)?
                .unwrap_or_else(members::empty_object),
        }))),
        other => Err(DecodeError::UnknownType(json::shown(other))),
    }
}

#[cfg(test)]
#[path = "decode_tests.rs"]
mod tests;
