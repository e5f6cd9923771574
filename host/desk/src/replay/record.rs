//! What was heard, as a file: from a live bot with all that it asked of others, or from outside of it
//! with what could be heard there.

use std::{
    borrow::Cow,
    time::{Duration, SystemTime},
};

use serde_json::{Map, Value};

use super::{
    Observed, call,
    event::Event,
    kept::{self, KeptAround},
    request::{CONVERSATION, History, PersonTurn, USER},
    value,
};
use ravenry_base::secret::Mask;

/// Shortest name of a person or a conversation that is looked for in a text: a shorter one may be a word.
const NAME_BYTES_MIN: usize = 5;

/// A conversation as it was heard.
#[derive(Debug)]
pub struct Recorded<'a> {
    /// The bot's name, if it is known.
    pub bot: Option<&'a str>,
    /// When it began.
    pub began: SystemTime,
    /// Each query, and what came of it.
    pub turns: Vec<(Cow<'a, Value>, Observed)>,
    /// What a reader should know, one sentence each.
    pub notes: Vec<String>,
}

impl Recorded<'_> {
    /// The text of the file. What `mask` hides is not in it; nor are names of people.
    pub fn text(&self, mask: &Mask) -> String {
        let notes = self.notes.iter().map(|note| format!("# {note}\n"));
        let bot = self
            .bot
            .map(|bot| format!("bot = {}\n", value::quoted(bot)));
        let began = humantime::format_rfc3339_seconds(self.began);
        let mut parts: Vec<String> = notes.chain(bot).collect();
        parts.push(format!("began = \"{began}\"\ntimes = \"rough\"\n"));
        if let Some((_, first)) = self.turns.first() {
            let before = KeptAround {
                after: first.kept.before.clone(),
                ..KeptAround::default()
            };
            parts.push(kept::tables("", &before));
        }
        let mut history = History::default();
        for (query, deeds) in &self.turns {
            let said = history.said(query);
            parts.push(format!("\n{}", turn(&said, query, deeds)));
            history.add(&said, &deeds.events);
        }
        let text = mask.mask(&parts.concat()).into_owned();
        let queries = self.turns.iter().map(|(query, _)| query);
        queries.fold(text, |text, query| with_names_of_a_test(text, query))
    }
}

/// One turn as lines of a file.
fn turn(said: &PersonTurn, query: &Value, deeds: &Observed) -> String {
    let mut lines = vec![format!("[[turn]]\nsay = {}\n", value::quoted(&said.say))];
    let mut line = |name: &str, value: Option<String>| {
        lines.extend(value.map(|value| format!("{name} = {value}\n")));
    };
    if !said.attachments.is_empty() {
        line("attachments", tables(&said.attachments));
    }
    line("message", members(&said.message));
    if let Some(before) = &said.before {
        line("before", tables(before));
    }
    line("query", members(&said.query));
    let mut before = Duration::ZERO;
    let events = deeds.events.iter().map(|event: &Event| {
        let line = event.line(before);
        before = event.at;
        line
    });
    line(
        "answer",
        Some(value::list(&events.collect::<Vec<_>>(), 0, true)),
    );
    lines.push(kept::tables("turn.", &deeds.kept));
    let calls = deeds.exchanges.iter();
    lines.extend(calls.map(|exchange| format!("\n{}", call::lines(exchange, query))));
    lines.concat()
}

/// A text in which who asked, and where, has the name that a test has for it: bots keep things under these names.
fn with_names_of_a_test(mut text: String, query: &Value) -> String {
    for (member, played) in [("user_id", USER), ("conversation_id", CONVERSATION)] {
        let real = query.get(member).and_then(Value::as_str);
        if let Some(real) = real.filter(|real| real.len() >= NAME_BYTES_MIN) {
            text = text.replace(real, played);
        }
    }
    text
}

fn tables(items: &[Value]) -> Option<String> {
    let lines: Option<Vec<_>> = items.iter().map(|item| value::toml(item, 2)).collect();
    Some(value::list(&lines?, 0, true))
}

fn members(members: &Map<String, Value>) -> Option<String> {
    if members.is_empty() {
        return None;
    }
    value::toml(&Value::Object(members.clone()), 0)
}
