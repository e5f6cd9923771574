//! A file read into a script: what to ask, what to expect, what to answer; and where each of these
//! stands, for messages about it and changes to it. All mistakes of a file show at once.

use std::{
    collections::BTreeMap,
    io,
    ops::Range,
    path::Path,
    time::{Duration, SystemTime},
};

use serde_json::{Map, Value};
use toml_span::{Span, value::ValueInner};

use super::{
    BEGAN,
    event::Event,
    kept::{Kept, KeptKey},
    request::PersonTurn,
    value,
};
use ravenry_base::report::{Place, Problem, Problems};
use ravenry_config::{
    source_file::{self, TextFile},
    toml_table::{Keys, kind},
};
use ravenry_outbound::cassette::{Exchange, RequestKind};

mod calls;
mod kept;

/// Largest file; a conversation with images in it fits.
const FILE_BYTES_MAX: u64 = 16 << 20;

/// How far times may be apart that come from a real clock: a machine under load is late.
const ROUGH: Duration = Duration::from_secs(1);

/// Turns of one file.
const TURNS_MAX: usize = 1_000;

/// A conversation as a file has it.
#[derive(Debug)]
pub struct Script {
    /// The file, as the caller wrote it.
    pub name: String,
    /// What is in it.
    pub(super) text: String,
    /// The bot that it is with, where it says so.
    pub bot: Option<String>,
    /// What the bot's clock says at the beginning, since 1970.
    pub began: Duration,
    /// How far two times may be apart that count as the same.
    pub(super) apart_max: Duration,
    /// What the bot keeps before the first turn.
    pub store: Kept,
    /// The turns in their order, one at least.
    pub turns: Vec<ScriptTurn>,
}

/// One turn of a conversation.
#[derive(Debug)]
pub struct ScriptTurn {
    /// Where it stands.
    pub place: Place,
    /// What is asked.
    pub said: PersonTurn,
    /// What is to be answered; `None`: not known yet.
    pub answer: Option<ScriptedAnswer>,
    /// What the bot asks of others.
    pub calls: Vec<Call>,
    /// What the bot keeps afterwards; `None`: not compared.
    pub store: Option<ScriptStore>,
    /// Behind its last key, calls left out.
    pub(super) end: usize,
}

impl ScriptTurn {
    /// The events that are to be answered.
    pub fn events(&self) -> Vec<Event> {
        let lines = self.answer.iter().flat_map(|answer| &answer.events);
        lines.map(|placed| placed.event.clone()).collect()
    }

    /// What a tape has to play for it.
    pub fn script(&self) -> Vec<Exchange> {
        self.calls
            .iter()
            .map(|call| call.exchange.clone())
            .collect()
    }
}

/// What is to be answered.
#[derive(Debug)]
pub struct ScriptedAnswer {
    /// The whole list in the file.
    pub(super) span: Range<usize>,
    /// Its entries.
    pub(super) events: Vec<PlacedEvent>,
}

/// An event, and where it stands.
#[derive(Debug)]
pub struct PlacedEvent {
    /// The event.
    pub(super) event: Event,
    /// Its line, from 1.
    pub(super) line: u32,
}

/// What is to be kept after a turn, as far as it is named.
#[derive(Debug, Default)]
pub struct ScriptStore {
    pub(super) entries: Vec<KeptEntry>,
    /// Tables in which nothing is named: nothing is another there than before.
    pub(super) unchanged: Vec<KeptPart>,
}

/// A key with its value.
#[derive(Debug)]
pub struct KeptEntry {
    pub(super) key: KeptKey,
    /// `None`: there is none.
    pub(super) expected: Option<Vec<u8>>,
    /// Its line, from 1.
    pub(super) line: u32,
    /// The value, without its quotes.
    pub(super) span: Span,
    /// It has quotes.
    pub(super) is_text: bool,
}

/// A table of the store in which nothing is named.
#[derive(Debug)]
pub struct KeptPart {
    /// `None`: that of all buckets.
    pub(super) bucket: Option<&'static str>,
    /// Its line, from 1.
    pub(super) line: u32,
    /// The table, or its header and more.
    pub(super) span: Span,
}

/// What a bot asks of others.
#[derive(Debug)]
pub struct Call {
    /// Where it stands.
    pub(super) place: Place,
    /// The whole of it in the file, from its header to behind its last key.
    pub(super) span: Range<usize>,
    /// What is compared, by name; and its whole line, or lines.
    pub(super) fields: BTreeMap<&'static str, (Value, Range<usize>)>,
    /// What it is found by, and what it is answered.
    pub(super) exchange: Exchange,
}

/// Reads a file.
///
/// # Errors
/// All mistakes in it, at once; or why it cannot be read.
pub fn file(path: &Path) -> Result<Script, Problems> {
    let name = path.display().to_string();
    let text = source_file::read(path, FILE_BYTES_MAX).map_err(|error: io::Error| Problem {
        message: format!("`{name}` cannot be read"),
        causes: vec![error.to_string()],
        ..Problem::default()
    })?;
    let (conversation, problems) = script(path, &text);
    match conversation {
        Some(script) if problems.is_empty() => Ok(script),
        _ => Err(Problems(problems)),
    }
}

fn script(path: &Path, text: &str) -> (Option<Script>, Vec<Problem>) {
    let mut file = TextFile::new(path, text);
    let read = file
        .parse()
        .and_then(|root| Keys::open(root, String::new(), &mut file))
        .map(|keys| conversation(keys, text, path, &mut file));
    let mut problems = file.problems;
    problems.sort_by_key(|problem| problem.place.clone());
    (read, problems)
}

fn conversation(mut keys: Keys<'_>, text: &str, path: &Path, file: &mut TextFile) -> Script {
    let bot = keys.string("bot", file).map(|(name, _)| name);
    let began = keys.string("began", file).and_then(|(time, span)| {
        let parsed = humantime::parse_rfc3339(&time).ok();
        let since = parsed.and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
        if since.is_none() {
            file.wrong_but(
                span,
                "`began` is no time",
                "write it as in \"2025-01-01T00:00:00Z\"",
            );
        }
        since
    });
    let rough = keys.string("times", file).map(|(word, span)| {
        if word != "rough" {
            let hint = "write \"rough\" where they come from a real clock; else leave it out";
            file.wrong_but(span, "`times` is not \"rough\"", hint);
        }
    });
    let store = kept::before(&mut keys, file);
    let (span, turns) = (keys.span, keys.take("turn"));
    let mut read = Vec::new();
    for entry in turns
        .map(|turns| tables(turns, "turn", file))
        .unwrap_or_default()
    {
        read.extend(Keys::open(entry, "turn".to_owned(), file).map(|keys| turn(keys, text, file)));
    }
    if read.is_empty() && file.problems.is_empty() {
        let hint = "write `[[turn]]`, and below it `say = \"hello\"`";
        file.wrong_but(
            Span::new(span.start, span.start),
            "there is no turn in it",
            hint,
        );
    }
    keys.finish(file);
    Script {
        name: path.display().to_string(),
        text: text.to_owned(),
        bot,
        began: began.unwrap_or(BEGAN),
        apart_max: rough.map_or(Duration::ZERO, |()| ROUGH),
        store,
        turns: read,
    }
}

/// The entries of a list of tables, as `[[turn]]` makes it.
fn tables<'t>(
    mut value: toml_span::Value<'t>,
    name: &str,
    file: &mut TextFile,
) -> Vec<toml_span::Value<'t>> {
    let span = value.span;
    match value.take() {
        ValueInner::Array(items) if items.len() <= TURNS_MAX => items,
        ValueInner::Array(_) => {
            file.wrong(span, format!("there are more than {TURNS_MAX} of `{name}`"));
            Vec::new()
        }
        other => {
            let hint = format!("write [[{name}]] above what is in it");
            file.wrong_but(
                span,
                format!("`{name}` must be a list of tables, not {}", kind(&other)),
                hint,
            );
            Vec::new()
        }
    }
}

fn turn(mut keys: Keys<'_>, text: &str, file: &mut TextFile) -> ScriptTurn {
    let start = keys.span.start;
    let mut ends = Vec::new();
    let mut seen = |span: Option<Span>| ends.extend(span.map(|span| closed(text, span.end)));
    for name in ["say", "attachments", "message", "before", "query", "answer"] {
        seen(keys.span_of(name));
    }
    // Below a header of its own there is no place for a key of the turn.
    let below = |span: &Span| text.get(span.start..).is_some_and(|at| at.starts_with('['));
    seen(keys.span_of("store").filter(|span| !below(span)));
    let said = PersonTurn {
        say: keys
            .string("say", file)
            .map(|(text, _)| text)
            .unwrap_or_default(),
        attachments: list(&mut keys, "attachments", file).unwrap_or_default(),
        message: members(&mut keys, "message", file),
        before: list(&mut keys, "before", file),
        query: members(&mut keys, "query", file),
    };
    let answer = keys.take("answer").and_then(|value| answer(value, file));
    let calls = keys
        .take("call")
        .map(|calls| tables(calls, "turn.call", file));
    let calls = calls.unwrap_or_default().into_iter();
    let calls = calls
        .filter_map(|entry| calls::read(entry, text, file))
        .collect();
    let store = kept::after(&mut keys, file);
    let place = file.place(Span::new(start, start));
    keys.finish(file);
    ScriptTurn {
        place,
        said,
        answer,
        calls,
        store,
        end: ends.into_iter().max().unwrap_or(start),
    }
}

/// Behind a value: spans of texts end before their quotes.
fn closed(text: &str, end: usize) -> usize {
    let rest = text.get(end..).unwrap_or_default();
    let line = rest.lines().next().unwrap_or_default();
    end.saturating_add(line.len())
}

fn list(keys: &mut Keys<'_>, name: &'static str, file: &mut TextFile) -> Option<Vec<Value>> {
    let value = keys.take(name)?;
    let span = value.span;
    match value::json(value) {
        Value::Array(items) if items.iter().all(Value::is_object) => Some(items),
        _ => {
            let hint = format!("write {name} = [{{ … }}]");
            file.wrong_but(span, format!("`{name}` must be a list of tables"), hint);
            None
        }
    }
}

fn members(keys: &mut Keys<'_>, name: &'static str, file: &mut TextFile) -> Map<String, Value> {
    let Some(value) = keys.take(name) else {
        return Map::new();
    };
    let span = value.span;
    if let Value::Object(members) = value::json(value) {
        members
    } else {
        file.wrong(span, format!("`{name}` must be a table"));
        Map::new()
    }
}

fn answer(mut value: toml_span::Value<'_>, file: &mut TextFile) -> Option<ScriptedAnswer> {
    let span = value.span;
    let entries = match value.take() {
        ValueInner::Array(entries) => entries,
        other => {
            let hint =
                "write answer = [{ text = \"…\" }]; without `answer`, `--update` fills it in";
            file.wrong_but(
                span,
                format!("`answer` must be a list, not {}", kind(&other)),
                hint,
            );
            return None;
        }
    };
    let mut before = Duration::ZERO;
    let mut events = Vec::with_capacity(entries.len());
    for entry in entries {
        let span = entry.span;
        let event = Event::read(entry, before, file)?;
        before = event.at;
        events.push(PlacedEvent {
            event,
            line: file.place(span).line,
        });
    }
    Some(ScriptedAnswer {
        span: span.start..span.end,
        events,
    })
}

#[cfg(test)]
mod tests;
