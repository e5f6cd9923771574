//! What one call finds in the store and leaves there, for whoever keeps conversations.
//!
//! A value that a bot reads before it writes it was there before the call. One that it never looks at is not
//! known, and makes no difference to it.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::Arc,
};

use parking_lot::Mutex;

/// Keys of which something is noted.
const KEYS_MAX: usize = 1_000;

/// Bytes of all keys and values that are noted.
const BYTES_MAX: usize = 4 * 1024 * 1024;

/// A key, and the name of its bucket before it.
pub type NotedKey = (&'static str, String);

/// The notes of one call. Clones are the same ones.
#[derive(Clone, Debug, Default)]
pub struct StoreNotes(Arc<Mutex<State>>);

/// What was in the store around a call, as far as the bot has seen or made it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Noted {
    /// Before it.
    pub before: BTreeMap<NotedKey, Vec<u8>>,
    /// After it.
    pub after: BTreeMap<NotedKey, Vec<u8>>,
    /// Some of what was before was seen without its value, which is empty here.
    pub is_unread: bool,
    /// Something did not fit.
    pub is_cut: bool,
}

#[derive(Debug, Default)]
struct State {
    keys: BTreeMap<NotedKey, Known>,
    bytes: usize,
    is_cut: bool,
}

/// What is known of a key.
#[derive(Debug, Default)]
struct Known {
    before: Before,
    after: After,
}

#[derive(Debug, Default)]
enum Before {
    #[default]
    Unknown,
    Absent,
    /// It was there, and was not read.
    Unread,
    Value(Vec<u8>),
}

/// What the call has made of a key last.
#[derive(Debug, Default)]
enum After {
    #[default]
    AsBefore,
    Gone,
    Value(Vec<u8>),
}

impl StoreNotes {
    /// A value was read, or found missing.
    pub(super) fn read(&self, bucket: &'static str, key: &str, value: Option<&[u8]>) {
        let before = value.map_or(Before::Absent, |value| Before::Value(value.to_vec()));
        self.found(bucket, key, before);
    }

    /// A key was seen without its value.
    pub(super) fn saw(&self, bucket: &'static str, key: &str) {
        self.found(bucket, key, Before::Unread);
    }

    fn found(&self, bucket: &'static str, key: &str, before: Before) {
        let bytes = match &before {
            Before::Value(value) => value.len(),
            _ => 0,
        };
        self.0.lock().note(bucket, key, bytes, |known| {
            let is_news = match known.before {
                Before::Unknown => true,
                Before::Unread => matches!(before, Before::Value(_)),
                Before::Absent | Before::Value(_) => false,
            };
            // From the first write on, a bot finds what it has written itself.
            if is_news && matches!(known.after, After::AsBefore) {
                known.before = before;
            }
        });
    }

    /// A value was written; `None`: deleted.
    pub(super) fn wrote(&self, bucket: &'static str, key: &str, value: Option<Vec<u8>>) {
        let bytes = value.as_ref().map_or(0, Vec::len);
        self.0.lock().note(bucket, key, bytes, |known| {
            known.after = value.map_or(After::Gone, After::Value);
        });
    }

    /// A number was added, and this is the sum. What was not there before has counted as 0.
    pub(super) fn added(&self, bucket: &'static str, key: &str, delta: i64, sum: i64) {
        let before = sum.checked_sub(delta).filter(|before| *before != 0);
        let before = before.map(|before| before.to_string());
        self.read(bucket, key, before.as_deref().map(str::as_bytes));
        self.wrote(bucket, key, Some(sum.to_string().into_bytes()));
    }

    /// All of it by now.
    pub fn noted(&self) -> Noted {
        let state = self.0.lock();
        let mut noted = Noted {
            is_cut: state.is_cut,
            ..Noted::default()
        };
        for (key, known) in &state.keys {
            let before = match &known.before {
                Before::Unknown | Before::Absent => None,
                Before::Unread => {
                    noted.is_unread = true;
                    Some(Vec::new())
                }
                Before::Value(value) => Some(value.clone()),
            };
            let after = match &known.after {
                After::AsBefore => before.clone(),
                After::Gone => None,
                After::Value(value) => Some(value.clone()),
            };
            noted.after.extend(after.map(|value| (key.clone(), value)));
            noted
                .before
                .extend(before.map(|value| (key.clone(), value)));
        }
        noted
    }
}

impl State {
    /// Changes what is known of a key, if it and so many bytes more have room.
    fn note(
        &mut self,
        bucket: &'static str,
        key: &str,
        bytes: usize,
        change: impl FnOnce(&mut Known),
    ) {
        let all = self.bytes.saturating_add(bytes).saturating_add(key.len());
        let count = self.keys.len();
        let entry = self.keys.entry((bucket, key.to_owned()));
        let is_one_more = matches!(entry, Entry::Vacant(_));
        if all > BYTES_MAX || is_one_more && count >= KEYS_MAX {
            self.is_cut = true;
            return;
        }
        self.bytes = all;
        change(entry.or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(entries: &[(&'static str, &str, &str)]) -> BTreeMap<NotedKey, Vec<u8>> {
        let entries = entries.iter();
        entries
            .map(|(bucket, key, value)| ((*bucket, (*key).to_owned()), value.as_bytes().to_vec()))
            .collect()
    }

    #[test]
    fn what_is_read_before_it_is_written_was_there_before() {
        let notes = StoreNotes::default();
        notes.read("user", "name", Some(b"Ann"));
        notes.wrote("user", "name", Some(b"Ben".to_vec()));
        notes.read("user", "name", Some(b"Ben"));
        notes.wrote("user", "new", Some(b"1".to_vec()));
        notes.read("user", "new", Some(b"1"));
        notes.read("user", "none", None);
        notes.read("bot", "old", Some(b"x"));
        notes.wrote("bot", "old", None);
        notes.added("bot", "visits", 1, 4);
        notes.added("bot", "first", 1, 1);
        notes.saw("bot", "listed");
        notes.saw("user", "name");
        let all = notes.noted();
        let found = [
            ("bot", "old", "x"),
            ("bot", "visits", "3"),
            ("bot", "listed", ""),
            ("user", "name", "Ann"),
        ];
        let left = [
            ("bot", "visits", "4"),
            ("bot", "first", "1"),
            ("bot", "listed", ""),
            ("user", "name", "Ben"),
            ("user", "new", "1"),
        ];
        assert_eq!(all.before, entries(&found));
        assert_eq!(all.after, entries(&left));
        assert!(all.is_unread && !all.is_cut);
    }

    #[test]
    fn what_does_not_fit_is_left_out_and_said() {
        let notes = StoreNotes::default();
        notes.wrote("bot", "large", Some(vec![0; BYTES_MAX + 1]));
        assert_eq!(notes.noted().after, BTreeMap::new());
        assert!(notes.noted().is_cut);
        for number in 0..=KEYS_MAX {
            notes.saw("bot", &number.to_string());
        }
        assert_eq!(notes.noted().before.len(), KEYS_MAX);
    }
}
