//! What another bot says, as its reader hears it: one event in, what it means out.
//!
//! The other side is untrusted. What the reference client would only complain about is passed over
//! with the same complaint ([`ParseError::Odd`]); what makes it give up is [`ParseError::Fatal`]. The
//! words are those of the reference client (reference library 0.0.83), because it is they that the
//! other bot's author finds in his log.

use serde::Deserialize;
use serde_json::Value;

use super::{
    event::{self, EventName, InvalidEvent, JsonObject, Owned},
    mend,
};
use crate::shown::Escaped;

/// Most characters of an untrusted event name in a complaint (as the reference client cuts them).
const NAME_CHARACTERS_MAX: usize = 100;

/// What an event means.
#[derive(Clone, Debug, PartialEq)]
pub enum ParsedEvent {
    /// Something to read, or the error that ends the answer ([`Owned::Error`]).
    Event(Owned),
    /// The answer is complete.
    Done,
    /// Nothing: `ping`, which some servers send although the protocol does not have it.
    Nothing,
}

/// Why an event means nothing. The text is the complaint that the other side gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParseError {
    /// The event is passed over, the answer goes on.
    Odd(String),
    /// The answer cannot be trusted any further.
    Fatal(String),
}

/// The data of the events that carry text.
#[derive(Deserialize)]
struct Text {
    text: String,
    #[serde(default)]
    index: Value,
}

/// Reads one server-sent event of an answer.
///
/// An event without a name is a `message`, as the WHATWG has it, and unknown to the protocol.
pub fn hear(name: Option<&str>, data: &str) -> Result<ParsedEvent, ParseError> {
    let name = name.unwrap_or("message");
    match name {
        "ping" => return Ok(ParsedEvent::Nothing),
        "text" | "replace_response" | "suggested_reply" => {
            // The path of nearly all events: no map is built for them. A derived type would take a
            // list for its members, in their order.
            if data.trim_start().starts_with('{')
                && let Ok(Text { text, index }) = mend::read(data)
            {
                let index = index.as_u64().and_then(|index| u32::try_from(index).ok());
                return Ok(ParsedEvent::Event(match name {
                    "text" => Owned::Text { index, text },
                    "replace_response" => Owned::Replace { index, text },
                    _ => Owned::Suggest(text),
                }));
            }
        }
        // Whatever its data is: nothing follows.
        "done" => return Ok(ParsedEvent::Done),
        _ => {}
    }
    let data = object(name, data)?;
    let Ok(parsed) = EventName::parse(name) else {
        return Err(unknown(name));
    };
    match event::known(&parsed, data) {
        Ok(event) => Ok(ParsedEvent::Event(event)),
        // Whatever is wrong with it, it is the end.
        Err(_) if name == "error" => Ok(ParsedEvent::Event(Owned::Error(event::Failure {
            allow_retry: true,
            ..event::Failure::default()
        }))),
        Err(InvalidEvent::Field { path, .. }) if name == "meta" => Err(ParseError::Odd(format!(
            "Invalid {path} value in 'meta' event"
        ))),
        Err(InvalidEvent::ContentType(_)) => Err(ParseError::Odd(
            "Invalid content_type value in 'meta' event".to_owned(),
        )),
        Err(InvalidEvent::Field { path, .. }) => Err(ParseError::Odd(format!(
            "Expected string in '{path}' field for '{name}' event"
        ))),
        Err(error) => Err(ParseError::Odd(error.to_string())),
    }
}

fn object(name: &str, data: &str) -> Result<JsonObject, ParseError> {
    let name: String = name.chars().take(NAME_CHARACTERS_MAX).collect();
    JsonObject::parse(data).map_err(|error| {
        ParseError::Fatal(match error {
            InvalidEvent::NotAnObject(_) => format!("Expected JSON dict in '{name}' event"),
            InvalidEvent::Json { .. } => format!("Invalid JSON in '{name}' event"),
            other => format!("'{name}' event: {other}"),
        })
    })
}

fn unknown(name: &str) -> ParseError {
    let name: String = name.chars().take(NAME_CHARACTERS_MAX).collect();
    ParseError::Odd(format!("Unknown event type: \"{}\"", Escaped(&name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> ParsedEvent {
        ParsedEvent::Event(Owned::Text {
            index: None,
            text: text.to_owned(),
        })
    }

    #[test]
    fn text_is_heard_with_its_index() {
        let cases = [
            (r#"{"text":"hi"}"#, None),
            (r#"{"text":"hi","index":3}"#, Some(3)),
            (r#"{"text":"hi","index":"banana"}"#, None),
            (r#"{"text":"hi","index":-1}"#, None),
            (r#"{"text":"hi","more":[1]}"#, None),
            (" \n{\"text\":\"hi\"}", None),
        ];
        for (data, index) in cases {
            let expected = ParsedEvent::Event(Owned::Text {
                index,
                text: "hi".to_owned(),
            });
            assert_eq!(hear(Some("text"), data), Ok(expected), "{data}");
        }
    }

    /// The complaints are the reference client's own words.
    #[test]
    fn complaints_are_those_of_the_reference_client() {
        let cases = [
            ("text", "{", "!Invalid JSON in 'text' event"),
            ("text", "[]", "!Expected JSON dict in 'text' event"),
            ("text", r#"["a"]"#, "!Expected JSON dict in 'text' event"),
            (
                "text",
                r#" ["a", 1]"#,
                "!Expected JSON dict in 'text' event",
            ),
            (
                "replace_response",
                r#"["a"]"#,
                "!Expected JSON dict in 'replace_response' event",
            ),
            (
                "suggested_reply",
                r#"["a"]"#,
                "!Expected JSON dict in 'suggested_reply' event",
            ),
            ("file", "null", "!Expected JSON dict in 'file' event"),
            (
                "text",
                r#"{"text":1}"#,
                "Expected string in 'text' field for 'text' event",
            ),
            (
                "replace_response",
                "{}",
                "Expected string in 'text' field for 'replace_response' event",
            ),
            (
                "meta",
                r#"{"linkify":"yes"}"#,
                "Invalid linkify value in 'meta' event",
            ),
            (
                "meta",
                r#"{"content_type":"text/html"}"#,
                "Invalid content_type value in 'meta' event",
            ),
            ("Banana", "{}", "Unknown event type: \"Banana\""),
            (
                "é🐈\u{200d}⬛\u{1b}",
                "{}",
                "Unknown event type: \"é🐈\u{200d}⬛\\u{1b}\"",
            ),
        ];
        for (name, data, complaint) in cases {
            let expected = match complaint.strip_prefix('!') {
                Some(fatal) => ParseError::Fatal(fatal.to_owned()),
                None => ParseError::Odd(complaint.to_owned()),
            };
            assert_eq!(hear(Some(name), data), Err(expected), "{name} {data}");
        }
    }

    #[test]
    fn the_end_needs_no_data_and_pings_are_passed_over() {
        assert_eq!(hear(Some("done"), ""), Ok(ParsedEvent::Done));
        assert_eq!(hear(Some("done"), "null"), Ok(ParsedEvent::Done));
        assert_eq!(hear(Some("ping"), "2026-11-23"), Ok(ParsedEvent::Nothing));
        assert_eq!(hear(Some("text"), r#"{"text":""}"#), Ok(text("")));
    }

    #[test]
    fn an_error_may_be_retried_unless_it_says_otherwise() {
        let error = |allow_retry| {
            ParsedEvent::Event(Owned::Error(event::Failure {
                text: Some("no".to_owned()),
                allow_retry,
                error_type: None,
            }))
        };
        assert_eq!(hear(Some("error"), r#"{"text":"no"}"#), Ok(error(true)));
        assert_eq!(
            hear(Some("error"), r#"{"text":"no","allow_retry":false}"#),
            Ok(error(false))
        );
    }
}
