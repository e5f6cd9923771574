//! What a bot did, held against what a file says of it: differences that a person can read, and accept.

mod kept;

use std::{fmt, ops::Range, time::Duration};

use serde_json::{Map, Value};
use similar::{Algorithm, DiffOp, DiffTag, capture_diff_slices, group_diff_ops};

use super::{
    Observed,
    call::{self, word},
    edit,
    event::{Event, time},
    read::{Call, Script, ScriptTurn, ScriptedAnswer},
    value::{self, quoted, without_nulls},
};
use ravenry_base::report::Place;
use ravenry_outbound::cassette::Exchange;
use ravenry_protocol::shown::{self, Escaped};

/// Lines that are shown before and after one that differs.
const CONTEXT: usize = 3;

/// Most characters of what was said, in a sentence about it.
const SAID_MAX: usize = 40;

/// Something that is not as the file says.
#[derive(Debug)]
pub struct Difference {
    /// Where the file says otherwise.
    pub place: Place,
    /// What it is, in one sentence without a full stop.
    pub message: String,
    /// What to do, where accepting it is not enough.
    pub hint: Option<String>,
    lines: Vec<Line>,
    /// The error that the bot ends with, where the file does not have it.
    error: Option<String>,
    /// What accepts it: another text in the place of this one. `None`: nothing does.
    edit: Option<(Range<usize>, String)>,
}

/// A line of a difference.
#[derive(Debug, PartialEq)]
enum Line {
    Same(u32, String),
    Gone(u32, String),
    New(String),
    /// Lines are left out here.
    Gap,
}

impl Difference {
    /// Whether `--update` can accept it.
    pub fn can_be_accepted(&self) -> bool {
        self.edit.is_some()
    }

    /// The error that would be expected once this is accepted.
    pub fn new_error(&self) -> Option<&str> {
        self.error.as_deref()
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}:{}: {}",
            Escaped(&self.place.file),
            self.place.line,
            Escaped(&self.message)
        )?;
        for line in &self.lines {
            let (sign, number, text) = match line {
                Line::Same(number, text) => (' ', Some(number), text.as_str()),
                Line::Gone(number, text) => ('-', Some(number), text.as_str()),
                Line::New(text) => ('+', None, text.as_str()),
                Line::Gap => (' ', None, "…"),
            };
            let parts = if text.is_empty() { "\n" } else { text };
            for (index, part) in parts.lines().enumerate() {
                let number = number.filter(|_| index == 0).map(ToString::to_string);
                let part = shown::line(part);
                let line = format!("  {sign}{:>5}  {part}", number.unwrap_or_default());
                write!(formatter, "\n{}", line.trim_end())?;
            }
        }
        match &self.hint {
            Some(hint) => write!(formatter, "\n  hint: {hint}"),
            None => Ok(()),
        }
    }
}

/// All that differs in one turn. `query` is what was asked.
pub fn compare(
    script: &Script,
    turn: &ScriptTurn,
    query: &Value,
    deeds: &Observed,
) -> Vec<Difference> {
    let mut differences: Vec<_> = answers(script, turn, &deeds.events).into_iter().collect();
    for (number, call) in turn.calls.iter().enumerate() {
        let made = |exchange: &&Exchange| exchange.scripted == Some(number);
        match deeds.exchanges.iter().find(made) {
            Some(exchange) => differences.extend(said_otherwise(script, call, exchange, query)),
            None => differences.push(not_made(script, call)),
        }
    }
    let mut new: Vec<&Exchange> = Vec::new();
    for exchange in &deeds.exchanges {
        // What fails for want of an answer may be tried again, which says nothing new.
        let again = |known: &&Exchange| known.request == exchange.request;
        if exchange.scripted.is_none() && !new.iter().any(again) {
            new.push(exchange);
        }
    }
    differences.extend(
        new.into_iter()
            .map(|exchange| not_known(turn, exchange, query)),
    );
    differences.extend(kept::differences(script, turn, &deeds.kept));
    differences
}

/// The text of a file in which all of these are accepted that can be.
pub fn accepted(script: &Script, differences: &[Difference]) -> String {
    let edits = differences
        .iter()
        .filter_map(|difference| difference.edit.clone());
    let first = script.text.split_inclusive('\n').next();
    let crlf = first.is_some_and(|first| first.ends_with("\r\n"));
    let with_its_ends = |(range, new): (Range<usize>, String)| {
        let plain = new.replace("\r\n", "\n");
        let new = if crlf {
            plain.replace('\n', "\r\n")
        } else {
            plain
        };
        (range, new)
    };
    edit::applied(&script.text, edits.map(with_its_ends).collect())
}

fn answers(script: &Script, turn: &ScriptTurn, events: &[Event]) -> Option<Difference> {
    let said = shortened(&turn.said.say);
    let Some(answer) = &turn.answer else {
        let lines = lines_of(events);
        let text = value::list(&lines, 0, true);
        return Some(Difference {
            place: turn.place.clone(),
            message: format!("nothing says yet what the answer to {said} is"),
            hint: None,
            error: new_error(&[], events),
            lines: lines.into_iter().map(Line::New).collect(),
            edit: Some((turn.end..turn.end, format!("\nanswer = {text}"))),
        });
    };
    let expected: Vec<Event> = answer
        .events
        .iter()
        .map(|placed| placed.event.clone())
        .collect();
    let actual = at_the_same_times(&expected, events, script.apart_max);
    let (old, new) = (lines_of(&expected), lines_of(&actual));
    if old == new {
        return None;
    }
    let ops = capture_diff_slices(Algorithm::Myers, &old, &new);
    let written = script.text.get(answer.span.clone());
    let written = written.and_then(|written| edit::list(written, &ops, &new));
    let written = written.unwrap_or_else(|| value::list(&new, 0, true));
    Some(Difference {
        place: first_place(turn, answer, &ops),
        message: format!("the answer to {said} is another"),
        hint: None,
        error: new_error(&expected, &actual),
        lines: diff(&old, &new, &ops, |index| {
            answer.events.get(index).map_or(0, |placed| placed.line)
        }),
        edit: Some((answer.span.clone(), written)),
    })
}

/// What the error says that comes and was not expected.
fn new_error(expected: &[Event], actual: &[Event]) -> Option<String> {
    let known = |event: &&Event| expected.iter().any(|known| known.data == event.data);
    let mut errors = actual.iter().filter(|event| event.name == "error");
    let error = errors.find(|event| !known(event))?.data.get("text");
    let text = error.and_then(Value::as_str);
    Some(quoted(&text.unwrap_or_default().replace('\n', " ")))
}

/// Events with the times of those that they are, where these are near enough.
fn at_the_same_times(expected: &[Event], actual: &[Event], apart_max: Duration) -> Vec<Event> {
    let key = |event: &Event| format!("{} {}", event.name, event.data);
    let old: Vec<_> = expected.iter().map(key).collect();
    let new: Vec<_> = actual.iter().map(key).collect();
    let mut snapped = actual.to_vec();
    for op in capture_diff_slices(Algorithm::Myers, &old, &new) {
        if op.tag() != DiffTag::Equal {
            continue;
        }
        for (old, new) in op.old_range().zip(op.new_range()) {
            if let (Some(old), Some(new)) = (expected.get(old), snapped.get_mut(new))
                && old.at.abs_diff(new.at) <= apart_max
            {
                new.at = old.at;
            }
        }
    }
    snapped
}

fn lines_of(events: &[Event]) -> Vec<String> {
    let mut before = Duration::ZERO;
    let line = |event: &Event| {
        let line = event.line(before);
        before = event.at;
        line
    };
    events.iter().map(line).collect()
}

/// Where the first line stands that differs; behind the last one, the list itself.
fn first_place(turn: &ScriptTurn, answer: &ScriptedAnswer, ops: &[DiffOp]) -> Place {
    let first = ops.iter().find(|op| op.tag() != DiffTag::Equal);
    let index = first.map_or(0, |op| op.old_range().start);
    let placed = answer.events.get(index).or(answer.events.last());
    Place {
        line: placed.map_or(turn.place.line, |placed| placed.line),
        ..turn.place.clone()
    }
}

/// The changed lines with some around them. `number` gives the line of an old one.
fn diff(
    old: &[String],
    new: &[String],
    ops: &[DiffOp],
    number: impl Fn(usize) -> u32,
) -> Vec<Line> {
    let text = |lines: &[String], index: usize| lines.get(index).cloned().unwrap_or_default();
    let mut lines = Vec::new();
    for group in group_diff_ops(ops.to_vec(), CONTEXT) {
        if !lines.is_empty() {
            lines.push(Line::Gap);
        }
        for op in group {
            let is_same = op.tag() == DiffTag::Equal;
            for index in op.old_range() {
                let line = if is_same { Line::Same } else { Line::Gone };
                lines.push(line(number(index), text(old, index)));
            }
            if !is_same {
                lines.extend(op.new_range().map(|index| Line::New(text(new, index))));
            }
        }
    }
    lines
}

/// What a call says otherwise than the file; nothing of what the file leaves open.
fn said_otherwise(
    script: &Script,
    call: &Call,
    exchange: &Exchange,
    query: &Value,
) -> Vec<Difference> {
    let actual: Map<String, Value> = call::fields(&exchange.request, query)
        .into_iter()
        .map(|(name, value)| (name.to_owned(), without_nulls(value)))
        .collect();
    let mut differences = Vec::new();
    for (name, (expected, span)) in &call.fields {
        let now = match *name {
            "at" if near(expected, exchange.at, script.apart_max) => continue,
            "at" => Some(Value::from(time(exchange.at))),
            // Of the headers only those count that the file names.
            "headers" => actual.get("headers").map(|now| named(now, expected)),
            other => actual.get(other).cloned(),
        };
        if now.as_ref() == Some(&without_nulls(expected.clone())) {
            continue;
        }
        let written =
            |value: &Value| call::field(name, value).map(|text| format!("{name} = {text}"));
        let new = now.as_ref().and_then(written);
        let old = written(expected).unwrap_or_default();
        let split = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
        let (old, new_lines) = (split(&old), split(new.as_deref().unwrap_or_default()));
        let ops = capture_diff_slices(Algorithm::Myers, &old, &new_lines);
        let line = line_of(&script.text, span.start);
        let whole = script.text.get(span.clone()).unwrap_or_default();
        differences.push(Difference {
            place: Place {
                line,
                ..call.place.clone()
            },
            message: format!("the bot {} otherwise", does(exchange)),
            hint: None,
            error: None,
            lines: diff(&old, &new_lines, &ops, |index| {
                line.saturating_add(u32::try_from(index).unwrap_or(u32::MAX))
            }),
            edit: Some((span.clone(), edit::field(whole, &new.unwrap_or_default()))),
        });
    }
    differences
}

/// Whether a call is made when the file says.
fn near(expected: &Value, at: Duration, apart_max: Duration) -> bool {
    let said = expected
        .as_str()
        .and_then(|text| humantime::parse_duration(text).ok());
    said.is_some_and(|said| said.abs_diff(at) <= apart_max || time(said) == time(at))
}

/// The headers of these names.
fn named(now: &Value, expected: &Value) -> Value {
    let (Value::Object(now), Value::Object(expected)) = (now, expected) else {
        return now.clone();
    };
    let kept = expected
        .keys()
        .filter_map(|name| Some((name.clone(), now.get(name)?.clone())));
    Value::Object(kept.collect())
}

fn not_made(script: &Script, call: &Call) -> Difference {
    let text = script.text.get(call.span.clone()).unwrap_or_default();
    let line = line_of(&script.text, call.span.start);
    let lines = text.lines().take(2).zip(line..);
    Difference {
        place: Place {
            line,
            ..call.place.clone()
        },
        message: format!("the bot does not do this: it {}", does(&call.exchange)),
        hint: None,
        error: None,
        lines: lines
            .map(|(text, line)| Line::Gone(line, text.to_owned()))
            .collect(),
        edit: Some(edit::gone(&script.text, call.span.clone())),
    }
}

fn not_known(turn: &ScriptTurn, exchange: &Exchange, query: &Value) -> Difference {
    let lines = call::lines(exchange, query);
    Difference {
        place: turn.place.clone(),
        message: format!(
            "the bot {}, and the file has no answer to it",
            does(exchange)
        ),
        hint: Some("add this to the turn, with what it is answered: answer = \"…\"".to_owned()),
        error: None,
        lines: lines
            .lines()
            .map(|line| Line::New(line.to_owned()))
            .collect(),
        edit: None,
    }
}

/// A call in a sentence.
fn does(exchange: &Exchange) -> String {
    let target = shortened(&exchange.request.target);
    match word(exchange.request.kind) {
        "http" => format!("sends {target}"),
        "ask" => format!("asks {target}"),
        "report" => format!("complains to {target}"),
        "upload" => format!("uploads {target}"),
        "read" => format!("reads {target}"),
        _ => format!("charges ({target})"),
    }
}

fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(SAID_MAX).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    quoted(&short.replace('\n', " "))
}

/// The line of an offset, from 1.
fn line_of(text: &str, offset: usize) -> u32 {
    let before = text.get(..offset).unwrap_or(text);
    u32::try_from(before.matches('\n').count().saturating_add(1)).unwrap_or(u32::MAX)
}
