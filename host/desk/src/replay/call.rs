//! What a bot asks of others, as a table `[[turn.call]]` of a file: the request as far as it is to be
//! compared, and what it was answered.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use serde_json::{Map, Value};

use super::{
    event::{Event, events, time},
    request::{terse, unusual},
    value::{self, without_nulls},
};
use ravenry_outbound::{
    SendError,
    cassette::{Exchange, Request, RequestKind, RequestOutcome},
};

/// The kinds of calls by the keys that name them, and what their targets are.
pub(super) const KINDS: [(&str, RequestKind); 6] = [
    ("http", RequestKind::Http),
    ("ask", RequestKind::Ask),
    ("report", RequestKind::Report),
    ("upload", RequestKind::Upload),
    ("read", RequestKind::Read),
    ("charge", RequestKind::Cost),
];

/// Ways to fail, by the words of a file.
pub(super) const FAULTS: [(&str, SendError); 9] = [
    ("no such name", SendError::Name),
    ("no connection in time", SendError::ConnectTimeout),
    ("connection refused", SendError::Refused),
    ("unreachable", SendError::Unreachable),
    (
        "no answer in time",
        SendError::FirstByteTimeout(Duration::from_mins(2)),
    ),
    (
        "silence",
        SendError::BetweenBytesTimeout(Duration::from_mins(2)),
    ),
    ("connection closed", SendError::Terminated),
    ("broken off", SendError::Incomplete),
    (OTHER_FAULT, SendError::Protocol),
];

/// What stands for all others.
const OTHER_FAULT: &str = "no HTTP";

/// Headers of requests that are not worth saying: they are made from the rest, or say who sends.
const PLAIN_HEADERS: [HeaderName; 5] = [
    header::HOST,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::USER_AGENT,
    header::ACCEPT_ENCODING,
];

/// Headers of responses that are not worth saying.
const PLAIN_ANSWER_HEADERS: [HeaderName; 8] = [
    header::CONTENT_TYPE,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::CONNECTION,
    header::DATE,
    header::SERVER,
    header::CACHE_CONTROL,
    header::SET_COOKIE,
];

/// Headers whose values are masked, however they are named in a manifest.
const SECRET_HEADERS: [&str; 4] = [
    "authorization",
    "cookie",
    "proxy-authorization",
    "x-api-key",
];

/// What stands in a file for a secret.
const MASKED: &str = "***";

/// The kind of a request as a key of a file.
pub(super) fn word(kind: RequestKind) -> &'static str {
    let found = KINDS.iter().find(|(_, known)| *known == kind);
    found.map_or("http", |(word, _)| word)
}

/// What a request says, field by field, as it is written and compared. `query` is the query that the
/// bot was answering: a question says what differs from it.
pub(super) fn fields(request: &Request, query: &Value) -> Vec<(&'static str, Value)> {
    let mut fields = Vec::new();
    if !request.headers.is_empty() {
        fields.push(("headers", headers(&request.headers)));
    }
    match request.kind {
        RequestKind::Ask => fields.extend(question(&request.body, query)),
        _ if request.body.is_empty() => {}
        _ => {
            let (name, text) = value::bytes(&request.body);
            fields.push((name, body(text)));
        }
    }
    fields
}

/// A body as it is compared: JSON by what it says, any other text as it is.
pub(super) fn body(text: String) -> Value {
    match serde_json::from_str(&text) {
        Ok(value @ (Value::Object(_) | Value::Array(_))) => value,
        _ => text.into(),
    }
}

/// A field as it is written.
pub(super) fn field(name: &str, value: &Value) -> Option<String> {
    match (name, value) {
        ("body", Value::Object(_) | Value::Array(_)) => {
            let pretty = serde_json::to_string_pretty(value).ok()?;
            Some(value::quoted(&(pretty + "\n")))
        }
        ("messages", Value::Array(items)) => {
            let lines: Option<Vec<_>> = items.iter().map(|item| value::toml(item, 2)).collect();
            Some(value::list(&lines?, 0, true))
        }
        _ => value::toml(value, 0),
    }
}

fn headers(headers: &HeaderMap) -> Value {
    let mut said = Map::new();
    for (name, value) in headers {
        if PLAIN_HEADERS.contains(name) {
            continue;
        }
        let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
        let text = if value.is_sensitive() || SECRET_HEADERS.contains(&name.as_str()) {
            MASKED.to_owned()
        } else {
            text
        };
        said.insert(name.as_str().to_owned(), text.into());
    }
    said.sort_keys();
    said.into()
}

/// What of a question differs from the query at hand.
fn question(body: &[u8], query: &Value) -> Vec<(&'static str, Value)> {
    let asked: Value = serde_json::from_slice(body).unwrap_or_default();
    let mut fields = Vec::new();
    let messages = |query: &Value| -> Vec<Value> {
        let messages = query.get("query").and_then(Value::as_array);
        messages.into_iter().flatten().map(terse).collect()
    };
    let own = messages(&asked);
    if own != messages(query) {
        fields.push(("messages", own.into()));
    }
    let mut with = unusual(&asked);
    let usual = unusual(query);
    with.retain(|name, value| usual.get(name) != Some(value));
    if !with.is_empty() {
        fields.push(("with", without_nulls(with.into())));
    }
    fields
}

/// A whole call as lines of a file, with what it was answered.
pub(super) fn lines(exchange: &Exchange, query: &Value) -> String {
    let Exchange {
        at,
        request,
        outcome,
        ..
    } = exchange;
    let mut lines = vec!["[[turn.call]]\n".to_owned()];
    let mut line = |name: &str, value: String| lines.push(format!("{name} = {value}\n"));
    line(word(request.kind), value::quoted(&request.target));
    if time(*at) != time(Duration::ZERO) {
        line("at", value::quoted(&time(*at)));
    }
    for (name, value) in fields(request, query) {
        if let Some(value) = field(name, &value) {
            line(name, value);
        }
    }
    for (name, value) in answered(request.kind, outcome) {
        line(name, value);
    }
    lines.concat()
}

/// What came back, as keys of a file.
fn answered(kind: RequestKind, outcome: &RequestOutcome) -> Vec<(&'static str, String)> {
    let mut keys = Vec::new();
    if let Some((status, headers)) = &outcome.head {
        if *status != 200 {
            keys.push(("status", status.to_string()));
        }
        if let Some(said) = headers.get(header::CONTENT_TYPE) {
            let said = String::from_utf8_lossy(said.as_bytes());
            let essence = said.split(';').next().unwrap_or_default();
            if essence != usual_type(kind, false) {
                keys.push(("type", value::quoted(&said)));
            }
        }
        let mut kept = headers.clone();
        for name in &PLAIN_ANSWER_HEADERS {
            kept.remove(name);
        }
        if let Some(said) = value::toml(&self::headers(&kept), 0).filter(|_| !kept.is_empty()) {
            keys.push(("answer_headers", said));
        }
        keys.push(("answer", answer(outcome, headers)));
    }
    if let Some(fault) = &outcome.fault {
        let known = FAULTS
            .iter()
            .find(|(_, known)| std::mem::discriminant(known) == std::mem::discriminant(fault));
        let words = known.map_or(OTHER_FAULT, |(words, _)| words);
        keys.push(("fails", value::quoted(words)));
    }
    keys
}

/// The type of an answer where the file does not say it.
pub(super) fn usual_type(kind: RequestKind, is_stream: bool) -> &'static str {
    match kind {
        RequestKind::Ask | RequestKind::Cost => "text/event-stream",
        _ if is_stream => "text/event-stream",
        RequestKind::Read => "application/octet-stream",
        RequestKind::Http | RequestKind::Report | RequestKind::Upload => "application/json",
    }
}

fn answer(outcome: &RequestOutcome, headers: &HeaderMap) -> String {
    let kind = headers.get(header::CONTENT_TYPE);
    let is_stream = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
    // A stream of events of the platform, whole, is written by its events. Those of others end in
    // another way, and are written as they are.
    if is_stream
        && let Some(mut events) = events(&outcome.chunks)
        && events.pop_if(|last| last.name == "done").is_some()
        && events.iter().all(|event| event.data.is_object())
    {
        let mut before = Duration::ZERO;
        let lines = events.iter().map(|event| {
            let line = event.line(before);
            before = event.at;
            line
        });
        return value::list(&lines.collect::<Vec<_>>(), 0, true);
    }
    match outcome.chunks.as_slice() {
        [] => value::quoted(""),
        [(at, chunk)] if time(*at) == time(Duration::ZERO) => match value::bytes(chunk) {
            ("body", text) => value::quoted(&text),
            (name, text) => format!("{{ {name} = {} }}", value::quoted(&text)),
        },
        chunks => value::list(&chunk_lines(chunks), 0, true),
    }
}

/// Chunks, each with its time; what is no text on its own is put together with what follows.
fn chunk_lines(chunks: &[(Duration, Bytes)]) -> Vec<String> {
    let mut before = Duration::ZERO;
    let line = |(at, chunk): &(Duration, Bytes)| {
        let (name, text) = value::bytes(chunk);
        let said = match time(*at) {
            same if same == time(before) => String::new(),
            at => format!("at = \"{at}\", "),
        };
        before = *at;
        format!("{{ {said}{name} = {} }}", value::quoted(&text))
    };
    chunks.iter().map(line).collect()
}

/// The chunks of a stream of these events, and its end.
pub(super) fn stream(events: &[Event]) -> Vec<(Duration, Bytes)> {
    let mut chunks: Vec<_> = events
        .iter()
        .map(|event| (event.at, event.bytes()))
        .collect();
    let end = chunks.last().map_or(Duration::ZERO, |(at, _)| *at);
    chunks.push((end, Bytes::from_static(b"event: done\ndata: {}\n\n")));
    chunks
}

/// The fault that a file calls so.
pub(super) fn fault(words: &str) -> Option<SendError> {
    let found = FAULTS.iter().find(|(known, _)| *known == words);
    found.map(|(_, fault)| fault.clone())
}

/// A header of a file.
pub(super) fn header(name: &str, value: &str) -> Option<(HeaderName, HeaderValue)> {
    Some((name.parse().ok()?, value.parse().ok()?))
}
