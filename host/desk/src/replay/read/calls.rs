//! The tables `[[turn.call]]` of a file.

use std::{collections::BTreeMap, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use serde_json::Value;
use toml_span::{Span, value::ValueInner};

use super::{Call, Exchange, RequestKind, closed};
use crate::replay::{
    call::{self, KINDS},
    event::{Event, at, time},
    value,
};
use ravenry_config::{
    source_file::TextFile,
    toml_table::{Keys, kind},
};
use ravenry_outbound::cassette::{Request, RequestOutcome};

const KIND_HINT: &str = "write ask = \"BOT\", http = \"GET https://…\", upload = \"FILE\", read = \"URL\" or charge = \"authorize\"";

/// Reads one call; notes what is wrong with it.
pub(super) fn read(entry: toml_span::Value<'_>, text: &str, file: &mut TextFile) -> Option<Call> {
    let mut keys = Keys::open(entry, "turn.call".to_owned(), file)?;
    let start = keys.span.start;
    let (kind, target) = target(&mut keys, file)?;
    let mut ends = vec![start];
    for name in [
        "http",
        "ask",
        "report",
        "upload",
        "read",
        "charge",
        "at",
        "headers",
        "body",
        "base64",
        "messages",
        "with",
        "status",
        "type",
        "answer_headers",
        "answer",
        "fails",
    ] {
        ends.extend(keys.span_of(name).map(|span| closed(text, span.end)));
    }
    let fields = fields(&mut keys, text, file);
    let outcome = outcome(&mut keys, kind, file);
    keys.finish(file);
    Some(Call {
        place: file.place(Span::new(start, start)),
        span: start..ends.into_iter().max().unwrap_or(start),
        fields,
        exchange: Exchange {
            at: Duration::ZERO,
            request: Request {
                kind,
                target,
                headers: HeaderMap::new(),
                body: Vec::new(),
            },
            outcome,
            scripted: None,
        },
    })
}

/// The key that says what it is and for whom.
fn target(keys: &mut Keys<'_>, file: &mut TextFile) -> Option<(RequestKind, String)> {
    let span = keys.span;
    let mut found: Vec<(RequestKind, String)> = Vec::new();
    for (word, kind) in KINDS {
        found.extend(keys.string(word, file).map(|(target, _)| (kind, target)));
    }
    match found.len() {
        1 => found.pop(),
        0 => {
            file.wrong_but(span, "a call says what it is", KIND_HINT);
            None
        }
        _ => {
            file.wrong_but(span, "a call is one thing only", KIND_HINT);
            None
        }
    }
}

fn fields(
    keys: &mut Keys<'_>,
    text: &str,
    file: &mut TextFile,
) -> BTreeMap<&'static str, (Value, std::ops::Range<usize>)> {
    let mut fields = BTreeMap::new();
    let whole = |keys: &Keys<'_>, name: &str| {
        let span = keys.whole_of(name).unwrap_or_default();
        span.start..closed(text, span.end)
    };
    let span = whole(keys, "at");
    if let Some(at) = at(keys, file) {
        fields.insert("at", (time(at).into(), span));
    }
    for name in ["headers", "messages", "with"] {
        let span = whole(keys, name);
        if let Some(found) = keys.take(name) {
            fields.insert(name, (value::json(found), span));
        }
    }
    for name in ["body", "base64"] {
        let span = whole(keys, name);
        if let Some((said, _)) = keys.string(name, file) {
            let said = if name == "body" {
                call::body(said)
            } else {
                said.into()
            };
            fields.insert(name, (said, span));
        }
    }
    fields
}

fn outcome(keys: &mut Keys<'_>, kind: RequestKind, file: &mut TextFile) -> RequestOutcome {
    let span = keys.span;
    let fault = keys.string("fails", file).and_then(|(words, span)| {
        let known = call::fault(&words);
        if known.is_none() {
            let all: Vec<_> = call::FAULTS
                .iter()
                .map(|(words, _)| format!("\"{words}\""))
                .collect();
            file.wrong_but(
                span,
                "`fails` is no way to fail",
                format!("known here: {}", all.join(", ")),
            );
        }
        known
    });
    let status = keys.take("status").and_then(|value| {
        let span = value.span;
        let status = value
            .as_integer()
            .and_then(|status| u16::try_from(status).ok());
        let status = status.filter(|status| (200..600).contains(status));
        if status.is_none() {
            file.wrong(span, "`status` is a number from 200 to 599");
        }
        status
    });
    let mut headers = answer_headers(keys, file);
    let said_type = keys.string("type", file);
    let answered = keys.take("answer").map(|value| answer(value, file));
    if answered.is_none() && fault.is_none() && status.is_none() {
        file.wrong_but(
            span,
            "a call has an `answer`, or it `fails`",
            "write answer = \"…\"",
        );
    }
    let is_stream = answered.as_ref().is_some_and(|answered| answered.is_stream);
    let content_type = match said_type {
        Some((text, span)) => HeaderValue::from_str(&text)
            .map_err(|_| file.wrong(span, "`type` cannot stand in a header"))
            .ok(),
        None => Some(HeaderValue::from_static(call::usual_type(kind, is_stream))),
    };
    if let Some(content_type) = content_type {
        headers.insert(header::CONTENT_TYPE, content_type);
    }
    let has_head = answered.is_some() || status.is_some();
    let chunks = answered.map(|answered| answered.chunks).unwrap_or_default();
    RequestOutcome {
        after: chunks.first().map_or(Duration::ZERO, |(at, _)| *at),
        head: has_head.then(|| (status.unwrap_or(200), headers)),
        chunks,
        fault,
    }
}

fn answer_headers(keys: &mut Keys<'_>, file: &mut TextFile) -> HeaderMap {
    let Some(value) = keys.take("answer_headers") else {
        return HeaderMap::new();
    };
    let span = value.span;
    let Value::Object(members) = value::json(value) else {
        file.wrong(span, "`answer_headers` must be a table");
        return HeaderMap::new();
    };
    let header = |(name, value): (&String, &Value)| call::header(name, value.as_str()?);
    let headers: HeaderMap = members.iter().filter_map(header).collect();
    if headers.len() < members.len() {
        file.wrong(
            span,
            "a name or a value in `answer_headers` cannot be that of a header",
        );
    }
    headers
}

/// A body that comes back.
#[derive(Default)]
struct Answered {
    chunks: Vec<(Duration, Bytes)>,
    /// It was written as events.
    is_stream: bool,
}

const ANSWER_HINT: &str =
    "write answer = \"…\", or a list of events, or a list of { at = \"…\", body = \"…\" }";

fn answer(mut value: toml_span::Value<'_>, file: &mut TextFile) -> Answered {
    let span = value.span;
    let once = |chunk: Bytes| Answered {
        chunks: vec![(Duration::ZERO, chunk)],
        is_stream: false,
    };
    match value.take() {
        ValueInner::String(text) if text.is_empty() => Answered::default(),
        ValueInner::String(text) => once(text.into_owned().into()),
        ValueInner::Table(table) => {
            let table = toml_span::Value::with_span(ValueInner::Table(table), span);
            let chunk = chunk(table, Duration::ZERO, file);
            chunk.map(|(_, chunk)| once(chunk)).unwrap_or_default()
        }
        ValueInner::Array(entries) if entries.iter().any(is_chunk) => {
            let mut before = Duration::ZERO;
            let read = entries.into_iter().filter_map(|entry| {
                let chunk = chunk(entry, before, file)?;
                before = chunk.0;
                Some(chunk)
            });
            Answered {
                chunks: read.collect(),
                is_stream: false,
            }
        }
        ValueInner::Array(entries) => {
            let mut before = Duration::ZERO;
            let read = entries.into_iter().filter_map(|entry| {
                let event = Event::read(entry, before, file)?;
                before = event.at;
                Some(event)
            });
            Answered {
                chunks: call::stream(&read.collect::<Vec<_>>()),
                is_stream: true,
            }
        }
        other => {
            let message = format!(
                "`answer` of a call must be a text or a list, not {}",
                kind(&other)
            );
            file.wrong_but(span, message, ANSWER_HINT);
            Answered::default()
        }
    }
}

fn is_chunk(entry: &toml_span::Value<'_>) -> bool {
    entry.has_key("body") || entry.has_key("base64")
}

/// One chunk with its time.
fn chunk(
    entry: toml_span::Value<'_>,
    before: Duration,
    file: &mut TextFile,
) -> Option<(Duration, Bytes)> {
    let span = entry.span;
    let mut keys = Keys::open(entry, "answer".to_owned(), file)?;
    let at = at(&mut keys, file).unwrap_or(before);
    let text = keys
        .string("body", file)
        .map(|(text, _)| Some(text.into_bytes()));
    let base64 = keys
        .string("base64", file)
        .map(|(text, _)| value::decoded(&text));
    keys.finish(file);
    match (text, base64) {
        (Some(Some(bytes)), None) | (None, Some(Some(bytes))) => Some((at, bytes.into())),
        (None, Some(None)) => {
            file.wrong(span, "`base64` cannot be decoded");
            None
        }
        _ => {
            file.wrong_but(span, "a part of a body is a text or `base64`", ANSWER_HINT);
            None
        }
    }
}
