//! Holds one answer to a query against the rules, as it comes: the head, the bytes, the events with
//! their times, and the end. Pure: times come in, findings come out.
//!
//! A rule is reported once for an answer, at the first place where it is broken.

use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

use super::{
    answer::{ParseError, ParsedEvent},
    event::Owned,
    json::shown,
    mend,
    rules::{self, Finding, Rule},
    sse_lint::{Framing, Oddity},
    utf8::Utf8,
    visible::Visible,
};

/// Longest wait for the first event (specification of 2023 to 2026).
pub const FIRST_EVENT_MAX: Duration = Duration::from_secs(5);

/// Longest time of a reply (2026, at second hand).
pub const WHOLE_TIME_MAX: Duration = Duration::from_hours(1);

/// Most characters of a reply (2026, at second hand).
pub const CHARACTERS_MAX: u64 = 512_000;

/// Most events of a reply (specification of 2024 to 2026).
pub const EVENTS_MAX: u64 = 10_000;

/// What is known of the head of an answer.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// HTTP status.
    pub status: u16,
    /// `content-type`, as it stands there.
    pub content_type: Option<&'a str>,
    /// `cache-control`, as it stands there.
    pub cache_control: Option<&'a str>,
}

/// How an answer ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// As it should.
    Complete,
    /// The connection broke in the middle; in words.
    Cut(String),
    /// The reader had enough of it.
    Left,
}

/// How far an answer has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Course {
    /// Anything may follow.
    #[default]
    Open,
    /// An error was said.
    Failed,
    /// `done` was said.
    Done,
}

/// One answer in the course of judgement.
#[derive(Debug, Default)]
pub struct Judge {
    framing: Framing,
    utf8: Utf8,
    events: u64,
    characters: u64,
    course: Course,
    /// What of it can be seen, files left out: they are no answer by themselves.
    visible: Visible,
    /// Whether a text has come, be it gone by now.
    said: bool,
    /// The last event was a suggested reply.
    suggested: bool,
    broken: Vec<&'static Rule>,
    fresh: Vec<Finding>,
}

impl Judge {
    /// What was found since the last call.
    pub fn take(&mut self) -> Vec<Finding> {
        std::mem::take(&mut self.fresh)
    }

    /// Whether this rule was broken.
    pub fn has_found(&self, rule: &Rule) -> bool {
        self.broken.contains(&rule)
    }

    /// The head of the answer.
    pub fn head(&mut self, head: &Head<'_>) {
        if head.status != 200 {
            self.find(&rules::STATUS, "200", head.status.to_string());
        }
        let kind = head.content_type.unwrap_or("no content type");
        if !kind.contains("text/event-stream") {
            self.find(&rules::EVENT_STREAM, "`text/event-stream`", quoted(kind));
        }
        let cache = head.cache_control.unwrap_or("no such header");
        if !cache.contains("no-store") {
            self.find(&rules::NOT_STORED, "`no-store`", quoted(cache));
        }
    }

    /// A piece of the body; comes back as text.
    pub fn bytes(&mut self, chunk: Bytes) -> Bytes {
        for odd in self.framing.chunk(&chunk) {
            self.odd(odd);
        }
        let text = self.utf8.chunk(chunk);
        if self.utf8.replaced() {
            let got = "bytes that are none".to_owned();
            self.find(&rules::UTF8, "UTF-8", got);
        }
        text
    }

    fn odd(&mut self, odd: Oddity) {
        match odd {
            Oddity::ByteOrderMark => {
                let got = "the bytes EF BB BF".to_owned();
                self.find(&rules::NO_BOM, "the first field", got);
            }
            Oddity::UnknownField(line) => {
                let line = String::from_utf8_lossy(&line);
                self.find(&rules::FIELDS, "a field of an event", quoted(&line));
            }
            Oddity::TooLarge => {
                let got = "more than 1,048,576 bytes".to_owned();
                self.find(&rules::EVENT_SIZE, "at most a megabyte", got);
            }
            Oddity::Incomplete => {
                let got = "the end of the stream".to_owned();
                self.find(&rules::COMPLETE, "an empty line", got);
            }
        }
    }

    /// An event, so long after the query was sent, and what it means ([`hear`](super::answer::hear)).
    pub fn event(
        &mut self,
        at: Duration,
        name: Option<&str>,
        data: &str,
        meaning: &Result<ParsedEvent, ParseError>,
    ) {
        let name = name.unwrap_or("message");
        let what = || format!("`{}`", shown(name));
        match self.course {
            Course::Done => {
                self.find(&rules::NOTHING_AFTER_DONE, "the end of the stream", what());
            }
            Course::Failed if name != "done" => self.find(&rules::ERROR_ENDS, "`done`", what()),
            Course::Failed | Course::Open => {}
        }
        if self.events == 0 && at > FIRST_EVENT_MAX {
            let got = format!("{:.1} s", at.as_secs_f64());
            self.find(&rules::FIRST_EVENT, "at most 5 s", got);
        }
        self.events = self.events.saturating_add(1);
        if self.events == EVENTS_MAX.saturating_add(1) {
            let got = "more".to_owned();
            self.find(&rules::EVENTS, "at most 10,000 events", got);
        }
        match meaning {
            Ok(heard) => self.heard(name, data, heard),
            Err(misheard) => self.misheard(name, data, misheard),
        }
    }

    fn heard(&mut self, name: &str, data: &str, heard: &ParsedEvent) {
        let suggested = std::mem::take(&mut self.suggested);
        if let ParsedEvent::Event(event) = heard
            && self.course == Course::Open
            && !matches!(event, Owned::File(_))
        {
            // Tool calls are an answer to a query that offered tools.
            self.visible.hear(event);
        }
        match heard {
            ParsedEvent::Nothing => {
                self.suggested = suggested;
                self.find(&rules::NO_PING, "a comment", "the event `ping`".to_owned());
                self.object(name, data);
                return;
            }
            ParsedEvent::Done => {
                self.course = Course::Done;
                match mend::read::<Value>(data) {
                    Ok(Value::Object(members)) if members.is_empty() => {}
                    Ok(Value::Object(_)) => self.find(&rules::DONE_EMPTY, "`{}`", quoted(data)),
                    // Of this, the reference client makes an error.
                    _ => self.object(name, data),
                }
                return;
            }
            ParsedEvent::Event(Owned::Suggest(_)) => {
                self.suggested = true;
                return;
            }
            ParsedEvent::Event(Owned::Meta(_)) => {
                if self.events > 1 {
                    let got = format!("`meta` as event {}", self.events);
                    self.find(&rules::META_FIRST, "`meta` as the first event", got);
                }
            }
            ParsedEvent::Event(Owned::Text { text, .. } | Owned::Replace { text, .. }) => {
                self.said = true;
                self.count(text);
            }
            ParsedEvent::Event(Owned::Error(_)) => {
                if self.course == Course::Open {
                    self.course = Course::Failed;
                }
                self.object(name, data);
            }
            ParsedEvent::Event(Owned::Other(other, _)) => {
                let got = quoted(other.as_str());
                self.find(&rules::KNOWN_EVENT, "a name of the protocol", got);
            }
            ParsedEvent::Event(Owned::File(_) | Owned::Data(_) | Owned::Json(_)) => {}
        }
        if suggested && self.course == Course::Open {
            let got = format!("`{}` after a suggested reply", shown(name));
            self.find(&rules::SUGGESTIONS_LAST, "`done`", got);
        }
    }

    fn misheard(&mut self, name: &str, data: &str, misheard: &ParseError) {
        let (rule, expected) = match (misheard, name) {
            (ParseError::Fatal(_), _) => (&rules::OBJECT, "a JSON object"),
            (ParseError::Odd(words), "meta") if words.contains("content_type") => {
                (&rules::META_KIND, "`text/markdown` or `text/plain`")
            }
            (
                ParseError::Odd(_),
                "meta" | "text" | "replace_response" | "suggested_reply" | "file" | "data",
            ) => (&rules::MEMBERS, "the members that the protocol names"),
            (ParseError::Odd(_), _) => {
                let got = quoted(name);
                self.find(&rules::KNOWN_EVENT, "a name of the protocol", got);
                return;
            }
        };
        let got = format!("`{}` with {}", shown(name), quoted(data));
        self.find(rule, expected, got);
    }

    /// Whether the data of an event whose meaning does not depend on it is an object.
    fn object(&mut self, name: &str, data: &str) {
        if !matches!(mend::read(data), Ok(Value::Object(_))) {
            let got = format!("`{}` with {}", shown(name), quoted(data));
            self.find(&rules::OBJECT, "a JSON object", got);
        }
    }

    fn count(&mut self, text: &str) {
        let before = self.characters;
        let more = u64::try_from(text.chars().count()).unwrap_or(u64::MAX);
        self.characters = before.saturating_add(more);
        if self.characters > CHARACTERS_MAX && before <= CHARACTERS_MAX {
            let got = "more".to_owned();
            self.find(&rules::CHARACTERS, "at most 512,000 characters", got);
        }
    }

    /// The end, so long after the query was sent.
    pub fn end(&mut self, at: Duration, end: &End) {
        if at > WHOLE_TIME_MAX {
            let got = format!("{} s", at.as_secs());
            self.find(&rules::WHOLE_TIME, "at most 3600 s", got);
        }
        match end {
            End::Left => return,
            End::Cut(words) => self.find(&rules::NOT_CUT, "the end of the body", words.clone()),
            End::Complete => {
                if let Some(odd) = self.framing.end() {
                    self.odd(odd);
                }
            }
        }
        // What is wrong with the head explains the rest.
        if self.has_found(&rules::EVENT_STREAM) {
            return;
        }
        if !self.visible.anything() {
            let got = if self.said {
                "texts in which nothing stands at the end".to_owned()
            } else {
                format!("{} events without one", self.events)
            };
            self.find(&rules::SAYS_SOMETHING, "`text` or `error`", got);
        }
        if self.course != Course::Done {
            self.find(&rules::DONE, "`done`", "the end of the stream".to_owned());
        }
    }

    fn find(&mut self, rule: &'static Rule, expected: &str, got: String) {
        if !self.broken.contains(&rule) {
            self.broken.push(rule);
            self.fresh.push(Finding {
                rule,
                expected: expected.to_owned(),
                got,
            });
        }
    }
}

/// An untrusted text as a finding shows it.
fn quoted(text: &str) -> String {
    format!("`{}`", shown(text))
}

#[cfg(test)]
#[path = "stream_check_tests.rs"]
mod tests;
