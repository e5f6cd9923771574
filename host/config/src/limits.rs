//! The limits of a bot, and the one table from which everything about them is made.
//!
//! [`ROWS`] says of each limit: its name, kind, default with the reason, and meaning. Parsing, the
//! help of the flag and the table in `docs/limits.md` all come from it; there is no second list.
//! Names are the same in files and flags: `queue_wait`.

use std::time::Duration;

pub use super::units::{BYTES_MAX, COUNT_MAX, DURATION_MAX, UnitKind, Value};
use crate::ids::nearest;

/// What one bot may use. Every field has a row in [`ROWS`], which also holds its default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Time on a processor that a reply may use at a stretch. Over it, the reply is ended.
    pub cpu: Duration,
    /// Processor time that a reply gets back for each second on the clock, up to `cpu`.
    pub cpu_refill: Duration,
    /// Time from the start of a reply to its end. Over it, the reply is ended.
    pub wall_time: Duration,
    /// Bytes of all memories and tables of one instance together. Growth beyond is refused to the guest.
    pub memory: u64,
    /// Bytes of all instances of one bot together. A query that would pass it is refused.
    pub live_memory: u64,
    /// Replies that run at once. One more waits in the queue.
    pub running: u32,
    /// Queries that wait for a place; 0: none waits. One more is told to come back later.
    pub queue: u32,
    /// Longest wait in the queue. After it, the query is told to come back later.
    pub queue_wait: Duration,
    /// Bytes of the body of a request. A longer one is refused with 413.
    pub body: u64,
    /// Characters of all texts of a reply together. Over it, the reply is ended.
    pub text: u64,
    /// Events of a reply. Over it, the reply is ended.
    pub events: u64,
    /// Bytes of log that one query may write; 0: none. What is over is dropped and counted.
    pub log: u64,
    /// Bytes of one line of log. What is over is cut off.
    pub log_line: u64,
    /// Requests of a query that are under way at once; 0: none. One more waits.
    pub outbound: u32,
    /// Bytes of the body of one response to a request of the bot. Over it, the body ends with an error.
    pub outbound_body: u64,
    /// Bots that ask one another in a chain before one more is refused; 0: none may ask.
    pub ask_depth: u32,
    /// Answers of other bots that a query has open at once; 0: none. One more is refused.
    pub asks: u32,
    /// Files that a reply may send; 0: none. One more is refused to the bot.
    pub uploads: u32,
    /// Bytes of one file that a reply sends. A larger one is refused to the bot.
    pub upload: u64,
    /// Bytes of one attachment that a bot reads. Over it, reading ends with an error.
    pub attachment: u64,
    /// Bytes of all keys, values and documents that a bot keeps; 0: it keeps nothing. What would pass it is refused to
    /// the bot.
    pub store: u64,
    /// Keys and documents that a bot keeps; 0: none. One more is refused to the bot.
    pub store_keys: u32,
    /// Bytes of one value that a bot keeps. A larger one is refused to the bot.
    pub store_value: u64,
    /// Operations of a bot on its store that begin in a second. What is more waits for its turn; one with more
    /// than 4 KiB counts once more for each 4 KiB.
    pub store_operations: u32,
}

/// One limit: all that is known about it.
pub struct Row {
    /// Name in files and flags, and of the field of [`Limits`].
    pub name: &'static str,
    /// What it measures.
    pub kind: UnitKind,
    /// Its value by default.
    pub default: Value,
    /// Why this default.
    pub reason: &'static str,
    /// What it limits, in one line.
    pub doc: &'static str,
    /// Whether 0 means something: "none at all".
    pub zero: bool,
    /// Reads it from a set of limits.
    pub get: fn(&Limits) -> Value,
    /// Writes it into a set of limits. A value of another kind changes nothing.
    pub set: fn(&mut Limits, Value),
}

/// The accessors of a row, by the type of its field. Counts of 32 bits take what [`UnitKind::parse`]
/// lets through, which fits; anything larger becomes the largest.
macro_rules! field {
    ($field:ident, Duration) => {
        (
            |limits: &Limits| Value::Duration(limits.$field),
            |limits: &mut Limits, value: Value| {
                if let Value::Duration(value) = value {
                    limits.$field = value;
                }
            },
        )
    };
    ($field:ident, Bytes) => {
        (
            |limits: &Limits| Value::Bytes(limits.$field),
            |limits: &mut Limits, value: Value| {
                if let Value::Bytes(value) = value {
                    limits.$field = value;
                }
            },
        )
    };
    ($field:ident, Count) => {
        (
            |limits: &Limits| Value::Count(limits.$field.into()),
            |limits: &mut Limits, value: Value| {
                if let Value::Count(value) = value {
                    limits.$field = value.try_into().unwrap_or(u32::MAX.into());
                }
            },
        )
    };
}

macro_rules! row {
    ($field:ident, $kind:ident, $default:expr, zero: $zero:literal, $doc:literal, because $reason:literal) => {
        Row {
            name: stringify!($field),
            kind: UnitKind::$kind,
            default: Value::$kind($default),
            reason: $reason,
            doc: $doc,
            zero: $zero,
            get: field!($field, $kind).0,
            set: field!($field, $kind).1,
        }
    };
}

/// All limits, in the order in which people meet them.
pub static ROWS: [Row; 24] = [
    row!(cpu, Duration, Duration::from_secs(2), zero: false,
        "processor time of a reply at a stretch",
        because "a reply waits for others nearly all of its time; an endless loop ends while its reader still waits"),
    row!(cpu_refill, Duration, Duration::from_millis(100), zero: true,
        "processor time that comes back each second",
        because "a tenth of a core carries an hour of streaming, and ten endless loops take one core at most"),
    row!(wall_time, Duration, Duration::from_hours(1), zero: false,
        "time from the first to the last byte of a reply",
        because "Poe itself ends a reply after 3600 s"),
    row!(memory, Bytes, 64 << 20, zero: false,
        "all memories and tables of one instance",
        because "a live Python instance has 1.4 MiB resident; the rest is room for the bot's own data"),
    row!(live_memory, Bytes, 1 << 30, zero: false,
        "all instances of one bot together",
        because "three thousand instances of a small Rust bot: 192 KiB that each declares, and 115 KiB that the host keeps for it"),
    row!(running, Count, 512, zero: false,
        "replies of one bot at once",
        because "a quarter of what a tenant may run, so that one bot cannot take all of it"),
    row!(queue, Count, 256, zero: true,
        "queries that wait for a place",
        because "when replies take 8 s, that many of 512 places come free within the wait"),
    row!(queue_wait, Duration, Duration::from_secs(4), zero: true,
        "longest wait for a place",
        because "Poe wants a first event within 5 s"),
    row!(body, Bytes, 16 << 20, zero: false,
        "body of a request",
        because "thirty replies of the greatest length fit, at one byte a character"),
    row!(text, Count, 512_000, zero: false,
        "characters of a reply",
        because "Poe's own limit; it has risen before, hence a setting"),
    row!(events, Count, 10_000, zero: false,
        "events of a reply",
        because "Poe's own limit; it has risen before, hence a setting"),
    row!(log, Bytes, 64 << 10, zero: true,
        "log of one query",
        because "about a thousand lines, and a flood of ten thousand queries stays below a GiB"),
    row!(log_line, Bytes, 8 << 10, zero: false,
        "one line of log",
        because "half of where Docker begins to split lines"),
    row!(outbound, Count, 8, zero: true,
        "requests of a query at once",
        because "a bot that compares several models has enough, and 512 replies make 4,096 connections at most"),
    row!(outbound_body, Bytes, 64 << 20, zero: false,
        "body of one response to a bot",
        because "as much as the memory of a bot that would keep it"),
    row!(ask_depth, Count, 5, zero: true,
        "bots that ask one another in a chain",
        because "a bot, its helpers and theirs are three; a loop ends before it costs much"),
    row!(asks, Count, 8, zero: true,
        "answers of other bots that are open at once",
        because "as many as requests: each is one"),
    row!(uploads, Count, 20, zero: true,
        "files of a reply",
        because "Poe's own limit of a message"),
    row!(upload, Bytes, 50_000_000, zero: false,
        "one file of a reply",
        because "Poe's own limit of a file"),
    row!(attachment, Bytes, 50_000_000, zero: false,
        "one attachment that a bot reads",
        because "Poe's own limit of a file"),
    row!(store, Bytes, 64 << 20, zero: true,
        "all keys, values and documents that a bot keeps",
        because "64 KiB for each of a thousand people; a quarter of what a tenant may keep, so that one bot cannot take all of it"),
    row!(store_keys, Count, 100_000, zero: true,
        "keys and documents that a bot keeps",
        because "a hundred for each of a thousand people; a tenth of what a tenant may keep"),
    row!(store_value, Bytes, 1 << 20, zero: false,
        "one value that a bot keeps",
        because "a reply of the greatest length fits, at two bytes a character"),
    row!(store_operations, Count, 1_000, zero: false,
        "operations of a bot on its store that begin in a second",
        because "five hundred replies that read and write once a second, nearly all that a bot may run"),
];

/// The name among `known` that the author of `typed` probably meant.
pub(super) fn suggestion<'k>(
    typed: &str,
    known: impl IntoIterator<Item = &'k str>,
) -> Option<&'k str> {
    nearest(&typed.replace('-', "_"), known)
}

/// What to write in place of a name that no limit has.
pub(super) fn advice(typed: &str) -> String {
    match suggestion(typed, ROWS.iter().map(|row| row.name)) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!(
            "there are {}",
            ROWS.iter()
                .map(|row| format!("`{}`", row.name))
                .collect::<Vec<_>>()
                .join(", ")
        ),
    }
}

/// The row of a name.
pub fn row(name: &str) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.name == name)
}

impl Row {
    /// Reads a value for this limit.
    ///
    /// Fails with the end of a sentence that begins with the name of the limit.
    pub fn parse(&self, text: &str) -> Result<Value, String> {
        let value = self.kind.parse(text)?;
        if value.is_zero() && !self.zero {
            Err("must be more than 0".to_owned())
        } else {
            Ok(value)
        }
    }
}

/// A value above what the operator of the server allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Name of the limit.
    pub name: &'static str,
    /// What was asked for.
    pub asked: Value,
    /// The most that is allowed.
    pub allowed: Value,
}

impl Limits {
    /// Sets one limit from text, as a flag gives it.
    ///
    /// Fails with a sentence that names the limit, or the name that was probably meant.
    pub fn set(&mut self, name: &str, text: &str) -> Result<(), String> {
        let row = row(name).ok_or_else(|| {
            format!(
                "unknown limit `{}`; {}",
                super::source_file::excerpt(name),
                advice(name)
            )
        })?;
        let value = row
            .parse(text)
            .map_err(|error| format!("`{name}` {error}"))?;
        (row.set)(self, value);
        Ok(())
    }

    /// What of this is above the ceiling.
    pub fn narrow(&self, ceiling: &Self) -> Vec<Violation> {
        let above = |row: &Row| {
            let (asked, allowed) = ((row.get)(self), (row.get)(ceiling));
            (asked > allowed).then_some(Violation {
                name: row.name,
                asked,
                allowed,
            })
        };
        ROWS.iter().filter_map(above).collect()
    }

    /// Each limit at the lower of the two values.
    #[must_use]
    pub fn at_most(&self, ceiling: &Self) -> Self {
        let mut lower = self.clone();
        for violation in self.narrow(ceiling) {
            if let Some(row) = row(violation.name) {
                (row.set)(&mut lower, violation.allowed);
            }
        }
        lower
    }

    /// Each limit at the higher of the two values.
    #[must_use]
    pub fn at_least(&self, floor: &Self) -> Self {
        let mut higher = self.clone();
        for violation in floor.narrow(self) {
            if let Some(row) = row(violation.name) {
                (row.set)(&mut higher, violation.asked);
            }
        }
        higher
    }

    /// Each limit at the largest value that can be written.
    pub(super) fn widest() -> Self {
        let mut widest = Self::default();
        for row in &ROWS {
            (row.set)(&mut widest, row.kind.most());
        }
        widest
    }
}

impl Default for Limits {
    /// The defaults of [`ROWS`].
    fn default() -> Self {
        let mut limits = Self {
            cpu: Duration::ZERO,
            cpu_refill: Duration::ZERO,
            wall_time: Duration::ZERO,
            memory: 0,
            live_memory: 0,
            running: 0,
            queue: 0,
            queue_wait: Duration::ZERO,
            body: 0,
            text: 0,
            events: 0,
            log: 0,
            log_line: 0,
            outbound: 0,
            outbound_body: 0,
            ask_depth: 0,
            asks: 0,
            uploads: 0,
            upload: 0,
            attachment: 0,
            store: 0,
            store_keys: 0,
            store_value: 0,
            store_operations: 0,
        };
        for row in &ROWS {
            (row.set)(&mut limits, row.default);
        }
        limits
    }
}

/// The limits for `--help`: one line each, name, default and meaning in columns. No line break at the end.
pub fn help() -> String {
    let line = |row: &Row| {
        format!(
            "{:<16} {:<8} {}",
            row.name,
            row.default.to_string(),
            row.doc
        )
    };
    ROWS.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests;
