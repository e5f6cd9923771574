//! Shows how a bot remembers: what each person asks it to keep, until they ask it to forget.

use ravenry_sdk::{Bot, Failure, Query, Reply, Result, Settings, store};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

mod command;
#[cfg(test)]
mod tests;

use command::{Command, Which};

/// Where a person's notes are in their bucket: all under one key, so that one `update` changes them.
const KEY: &str = "notes";

/// Most notes of a person. With the length below, all of them fit into one value.
const NOTES_MAX: usize = 100;

/// Longest note, in characters.
const CHARACTERS_MAX: usize = 1_000;

/// What the bot can do, as it says itself.
const HELP: &str = "I keep notes for you. Say\n\n\
                    - **remember** and what I am to keep: *remember the milk*\n\
                    - **list**, and I show your notes with their numbers\n\
                    - **forget** and a number: *forget 2*\n\
                    - **forget everything**";

/// Keeps notes for people.
pub struct Notes;

/// What one person has noted.
#[derive(Default, Serialize, Deserialize)]
struct Noted {
    /// The number of the newest note that there ever was. None is given twice, so that `forget 2` means the
    /// same note all the time.
    last: u64,
    /// The notes by their numbers.
    notes: BTreeMap<u64, String>,
}

impl Bot for Notes {
    fn respond(&self, query: &Query, reply: &mut Reply) -> Result {
        match Command::parse(query.last_text()) {
            Command::Remember(note) => remember(note, reply)?,
            Command::List => list(reply)?,
            Command::Forget(Which::One(number)) => forget(number, reply)?,
            Command::Forget(Which::All) => forget_all(reply)?,
            Command::Help => {
                reply.text(HELP)?;
                return reply.suggest("remember the milk");
            }
        }
        reply.suggest("list")
    }

    fn settings(&self) -> Settings {
        Settings {
            introduction_message: Some(HELP.to_owned()),
            ..Settings::default()
        }
    }
}

fn remember(note: &str, reply: &mut Reply) -> Result {
    if note.chars().count() > CHARACTERS_MAX {
        let why = format!("That is too long for a note: {CHARACTERS_MAX} characters at most.");
        return Err(Failure::new(why).no_retry().into());
    }
    // Two messages can be answered at once. `update` begins anew with what there is then, where a `get` with a
    // `set` behind it would lose one of the notes.
    let noted = store::user().update(KEY, |old: Option<Noted>| {
        let mut noted = old.unwrap_or_default();
        if noted.notes.len() >= NOTES_MAX {
            let why = format!("You have {NOTES_MAX} notes already. Let me forget some first.");
            return Err(Failure::new(why).no_retry().into());
        }
        noted.last = noted.last.saturating_add(1);
        noted.notes.insert(noted.last, note.to_owned());
        Ok(noted)
    })?;
    write!(reply, "Noted, as number {}.", noted.last)
}

fn list(reply: &mut Reply) -> Result {
    let noted: Noted = store::user().get(KEY)?.unwrap_or_default();
    if noted.notes.is_empty() {
        return reply.text("You have no notes.");
    }
    let lines = noted.notes.iter().map(|(number, note)| {
        // No list of Markdown: it would count for itself, and leave no gaps where notes were forgotten.
        let note = note.lines().collect::<Vec<_>>().join(" ");
        format!("- **{number}** {note}\n")
    });
    reply.text(lines.collect::<String>())
}

fn forget(number: u64, reply: &mut Reply) -> Result {
    let mut forgotten = None;
    store::user().update(KEY, |old: Option<Noted>| {
        let mut noted = old.unwrap_or_default();
        forgotten = noted.notes.remove(&number);
        Ok(noted)
    })?;
    match forgotten {
        Some(note) => write!(reply, "Forgotten: {note}"),
        None => write!(reply, "You have no note {number}."),
    }
}

fn forget_all(reply: &mut Reply) -> Result {
    let mut count = 0;
    store::user().update(KEY, |old: Option<Noted>| {
        let noted = old.unwrap_or_default();
        count = noted.notes.len();
        // Not the number: a note that is made meanwhile would get one that the person knows as another's.
        Ok(Noted {
            last: noted.last,
            ..Noted::default()
        })
    })?;
    match count {
        0 => reply.text("You have no notes."),
        1 => reply.text("I have forgotten your note."),
        count => write!(reply, "I have forgotten your {count} notes."),
    }
}

ravenry_sdk::export!(Notes);
