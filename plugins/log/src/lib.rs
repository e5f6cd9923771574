//! Shows the request as the platform sent it, whatever this version of the SDK has a name for.

use ravenry_sdk::serde_json::{self, Value};
use ravenry_sdk::{Bot, Query, Reply, Result, Settings, request};

#[cfg(test)]
mod tests;

/// Most bytes of a request that are shown: nobody reads more.
const SHOWN_BYTES_MAX: usize = 100_000;

/// Most bytes that indenting may make of it: a reply holds 512,000 characters.
const INDENTED_BYTES_MAX: usize = 400_000;

/// Shows what it is asked, as JSON.
pub struct Log;

impl Bot for Log {
    fn respond(&self, _: &Query, reply: &mut Reply) -> Result {
        let raw = request::raw();
        if raw.len() > SHOWN_BYTES_MAX {
            return write!(
                reply,
                "The request has {} bytes, and I show no more than {SHOWN_BYTES_MAX}.",
                raw.len()
            );
        }
        // The gateway hands on nothing but JSON objects.
        let mut query: Value = serde_json::from_str(&raw).unwrap_or_default();
        if let Some(members) = query.as_object_mut() {
            for key in ["access_key", "api_key"] {
                members.insert(key.to_owned(), "redacted".into());
            }
        }
        let mut text = format!("{query:#}");
        if text.len() > INDENTED_BYTES_MAX {
            text = query.to_string();
        }
        // A line of JSON never begins with backticks, so nothing in it can end the block.
        write!(reply, "```json\n{text}\n```")
    }

    fn settings(&self) -> Settings {
        Settings {
            allow_attachments: Some(true),
            enable_image_comprehension: Some(true),
            ..Settings::default()
        }
    }
}

ravenry_sdk::export!(Log);
