//! Events of an answer: as bytes, as lines of a file, and what of them counts as the same.

use std::{cell::Cell, convert::Infallible, time::Duration};

use bytes::Bytes;
use futures_util::{FutureExt as _, TryStreamExt as _, stream};
use serde_json::{Value, json};
use sse_stream::SseByteStream;
use toml_span::value::ValueInner;

use super::value;
use ravenry_config::{
    source_file::TextFile,
    toml_table::{Keys, kind},
};
use ravenry_protocol::utf8::Utf8;

/// Events whose data is nothing but a text, as a rule.
const TEXTS: [&str; 3] = ["text", "replace_response", "suggested_reply"];

/// One event.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// When it came, from the beginning of the turn.
    pub at: Duration,
    /// Its name.
    pub name: String,
    /// Its data, without members that are `null`; a text where it was no JSON.
    pub data: Value,
}

impl Event {
    /// An event as it arrived.
    pub fn new(at: Duration, name: Option<&str>, data: &str) -> Self {
        Self {
            at,
            name: name.unwrap_or("message").to_owned(),
            data: serde_json::from_str(data).map_or_else(|_| data.into(), value::without_nulls),
        }
    }

    /// As a line of a file. The time is left out where it is that of the event before.
    pub(super) fn line(&self, before: Duration) -> String {
        let at = match time(self.at) {
            same if same == time(before) => String::new(),
            at => format!("at = \"{at}\", "),
        };
        let data = match (&self.data, self.data.get("text")) {
            (Value::Object(members), Some(text @ Value::String(_)))
                if members.len() == 1 && TEXTS.contains(&self.name.as_str()) =>
            {
                value::toml(text, 2)
            }
            (data @ Value::Object(_), _)
                if !["at", "event", "body", "base64"].contains(&&*self.name) =>
            {
                value::toml(data, 2)
            }
            _ => None,
        };
        match data {
            Some(data) => format!("{{ {at}{} = {data} }}", value::key(&self.name)),
            None => format!(
                "{{ {at}event = {}, json = {} }}",
                value::quoted(&self.name),
                value::quoted(&self.data.to_string())
            ),
        }
    }

    /// As bytes of a stream.
    pub(super) fn bytes(&self) -> Bytes {
        format!("event: {}\ndata: {}\n\n", self.name, self.data).into()
    }

    /// Reads an entry of a list of events; notes what is wrong with it. `before` is the time of the
    /// event before.
    pub(super) fn read(
        mut entry: toml_span::Value<'_>,
        before: Duration,
        file: &mut TextFile,
    ) -> Option<Self> {
        let span = entry.span;
        let table = match entry.take() {
            ValueInner::String(text) => {
                return Some(Self {
                    at: before,
                    name: "text".to_owned(),
                    data: json!({ "text": text }),
                });
            }
            ValueInner::Table(table) => toml_span::Value::with_span(ValueInner::Table(table), span),
            other => {
                file.wrong_but(
                    span,
                    format!("an event is a table or a text, not {}", kind(&other)),
                    HINT,
                );
                return None;
            }
        };
        let mut keys = Keys::open(table, "answer".to_owned(), file)?;
        let at = at(&mut keys, file).unwrap_or(before);
        if !keys.has_no("event") {
            let name = keys.string("event", file);
            let data = keys.string("json", file);
            keys.finish(file);
            let (Some((name, _)), Some((data, _))) = (name, data) else {
                file.wrong_but(span, "`json` says the data of an `event`", HINT);
                return None;
            };
            return Some(Self::new(at, Some(&name), &data));
        }
        let mut entries = keys.entries().into_iter();
        let (Some((name, data)), None) = (entries.next(), entries.next()) else {
            file.wrong_but(span, "an event has one name, and perhaps a time", HINT);
            return None;
        };
        let data = match value::json(data) {
            Value::String(text) => json!({ "text": text }),
            data @ Value::Object(_) => data,
            _ => {
                file.wrong_but(span, "the data of an event is a text or a table", HINT);
                return None;
            }
        };
        Some(Self {
            at,
            name: name.name.into_owned(),
            data,
        })
    }
}

const HINT: &str = "write { text = \"…\" } or { at = \"1s\", replace_response = \"…\" }";

/// Takes the time `at`, if it is there and is one.
pub(super) fn at(keys: &mut Keys<'_>, file: &mut TextFile) -> Option<Duration> {
    let (text, span) = keys.string("at", file)?;
    let parsed = humantime::parse_duration(&text);
    parsed
        .map_err(|_| {
            file.wrong_but(
                span,
                "`at` is no time",
                "write it as in \"1s\" or \"1s 250ms\"",
            );
        })
        .ok()
}

/// A time as a file has it: to the millisecond.
pub(super) fn time(at: Duration) -> String {
    let millis = u64::try_from(at.as_millis()).unwrap_or(u64::MAX);
    humantime::format_duration(Duration::from_millis(millis)).to_string()
}

/// What an event stream says, by its chunks and when they came; `None` where it cannot be read.
pub fn events(chunks: &[(Duration, Bytes)]) -> Option<Vec<Event>> {
    let now = Cell::new(Duration::ZERO);
    let mut utf8 = Utf8::default();
    let bytes = chunks.iter().map(|(at, chunk)| {
        now.set(*at);
        Ok::<_, Infallible>(utf8.chunk(chunk.clone()))
    });
    let parsed = SseByteStream::new(stream::iter(bytes)).map_ok(|event| {
        let data = event.data?;
        Some(Event::new(now.get(), event.event.as_deref(), &data))
    });
    // All of it is there: nothing is waited for.
    let events: Vec<_> = parsed.try_collect().now_or_never()?.ok()?;
    Some(events.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(at: u64, name: &str, data: Value) -> Event {
        Event {
            at: Duration::from_millis(at),
            name: name.to_owned(),
            data,
        }
    }

    /// Each event as a line, and that line read again.
    #[test]
    fn events_are_lines_that_say_the_same() {
        let cases = [
            (
                event(0, "text", json!({"text": "hi"})),
                r#"{ text = "hi" }"#,
            ),
            (
                event(1250, "text", json!({"text": "hi", "index": 1})),
                r#"{ at = "1s 250ms", text = { text = "hi", index = 1 } }"#,
            ),
            (
                event(0, "meta", json!({"content_type": "text/plain"})),
                r#"{ meta = { content_type = "text/plain" } }"#,
            ),
            (
                event(0, "error", json!({"text": "no"})),
                r#"{ error = { text = "no" } }"#,
            ),
            (
                event(0, "json", json!({"a": [null]})),
                r#"{ event = "json", json = '{"a":[null]}' }"#,
            ),
            (
                event(0, "odd name", json!("no object")),
                r#"{ event = "odd name", json = '"no object"' }"#,
            ),
        ];
        for (event, line) in cases {
            assert_eq!(event.line(Duration::ZERO), line);
            let text = format!("x = {line}");
            let mut file = TextFile::new(std::path::Path::new("x.toml"), &text);
            let entry = file.parse().unwrap().pointer_mut("/x").unwrap().take();
            let entry = toml_span::Value::new(entry);
            assert_eq!(Event::read(entry, Duration::ZERO, &mut file), Some(event));
            assert_eq!(file.problems, []);
        }
    }

    #[test]
    fn a_stream_says_what_came_when() {
        let chunk = |at, text: &'static str| (Duration::from_secs(at), Bytes::from(text));
        let chunks = [
            chunk(0, ": a comment\n\nevent: text\nda"),
            chunk(1, "ta: {\"text\":\"a\"}\n\nevent: done\ndata: {}\n\n"),
        ];
        assert_eq!(
            events(&chunks).unwrap(),
            [
                event(1000, "text", json!({"text": "a"})),
                event(1000, "done", json!({}))
            ]
        );
        assert_eq!(
            events(&[chunk(0, "data: x\u{0}")]).unwrap().len(),
            0,
            "no end, no event"
        );
        let wrong = (
            Duration::ZERO,
            Bytes::from_static(b"event: x\ndata: \xff\n\n"),
        );
        assert_eq!(
            events(&[wrong]).unwrap(),
            [event(0, "x", json!("\u{fffd}"))]
        );
    }
}
