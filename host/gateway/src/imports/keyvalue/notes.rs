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
const KEYS_MAX: usize = 2_000;

/// So many of them, beyond which a key that is only seen is none: a list leaves room for what is read and written.
const SEEN_KEYS_MAX: usize = 1_000;

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

/// What is noted.
#[derive(Debug, Default)]
pub(super) struct State {
    /// By bucket and key.
    pub(super) keys: BTreeMap<NotedKey, Known>,
    /// Of all keys and values that are held.
    bytes: usize,
    /// Something did not fit.
    pub(super) is_cut: bool,
}

/// What is known of a key.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) before: Before,
    pub(super) after: After,
}

/// What the call has found under a key at first.
#[derive(Debug, Default)]
pub(super) enum Before {
    #[default]
    Unknown,
    Absent,
    /// It was there, and was not read.
    Unread,
    Value(Vec<u8>),
}

/// What the call has made of a key last.
#[derive(Debug, Default)]
pub(super) enum After {
    #[default]
    AsBefore,
    Gone,
    Value(Vec<u8>),
}

impl StoreNotes {
    /// A value was read, or found missing.
    pub(super) fn read(&self, bucket: &'static str, key: &str, value: Option<&[u8]>) {
        let found = value.map_or(Found::Absent, Found::Value);
        self.0.lock().found(bucket, key, found);
    }

    /// A key was seen without its value.
    pub(super) fn saw(&self, bucket: &'static str, key: &str) {
        self.0.lock().found(bucket, key, Found::Unread);
    }

    /// A value was written; `None`: deleted.
    pub(super) fn wrote(&self, bucket: &'static str, key: &str, value: Option<Vec<u8>>) {
        self.0.lock().wrote(bucket, key, value);
    }

    /// Looks at what is noted by now.
    pub(super) fn look<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.0.lock())
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

/// What a call finds under a key.
#[derive(Clone, Copy)]
enum Found<'a> {
    Absent,
    Unread,
    Value(&'a [u8]),
}

impl State {
    fn found(&mut self, bucket: &'static str, key: &str, found: Found<'_>) {
        let (bytes, keys_max) = match found {
            Found::Value(value) => (value.len(), KEYS_MAX),
            Found::Absent => (0, KEYS_MAX),
            Found::Unread => (0, SEEN_KEYS_MAX),
        };
        let replaced = |known: &Known| {
            let is_new = match known.before {
                Before::Unknown => true,
                Before::Unread => matches!(found, Found::Value(_)),
                Before::Absent | Before::Value(_) => false,
            };
            // From the first write on, a bot finds what it has written itself.
            (is_new && matches!(known.after, After::AsBefore)).then_some(0)
        };
        if let Some(known) = self.room((bucket, key), bytes, keys_max, replaced) {
            known.before = match found {
                Found::Absent => Before::Absent,
                Found::Unread => Before::Unread,
                Found::Value(value) => Before::Value(value.to_vec()),
            };
        }
    }

    fn wrote(&mut self, bucket: &'static str, key: &str, value: Option<Vec<u8>>) {
        let bytes = value.as_ref().map_or(0, Vec::len);
        let replaced = |known: &Known| match &known.after {
            After::Value(former) => Some(former.len()),
            After::AsBefore | After::Gone => Some(0),
        };
        if let Some(known) = self.room((bucket, key), bytes, KEYS_MAX, replaced) {
            known.after = value.map_or(After::Gone, After::Value);
        }
    }

    /// What is known of a key, if it and so many bytes more have room among so many keys. `replaced` says how many
    /// bytes go for that, and `None` where nothing is to be noted.
    fn room(
        &mut self,
        (bucket, key): (&'static str, &str),
        bytes: usize,
        keys_max: usize,
        replaced: impl FnOnce(&Known) -> Option<usize>,
    ) -> Option<&mut Known> {
        let count = self.keys.len();
        let entry = self.keys.entry((bucket, key.to_owned()));
        let (key_bytes, replaced) = match &entry {
            Entry::Occupied(entry) => (0, replaced(entry.get())?),
            Entry::Vacant(_) => (key.len(), 0),
        };
        let kept = self.bytes.saturating_sub(replaced);
        let all = kept.saturating_add(bytes).saturating_add(key_bytes);
        if all > BYTES_MAX || matches!(entry, Entry::Vacant(_)) && count >= keys_max {
            self.is_cut = true;
            return None;
        }
        self.bytes = all;
        Some(entry.or_default())
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
        for number in 0..=SEEN_KEYS_MAX {
            notes.saw("bot", &number.to_string());
        }
        assert_eq!(notes.noted().before.len(), SEEN_KEYS_MAX);
        for number in 0..=KEYS_MAX {
            notes.wrote("user", &number.to_string(), Some(Vec::new()));
        }
        assert_eq!(notes.noted().after.len(), KEYS_MAX);
    }

    /// What is read again and again, or written over, is held once.
    #[test]
    fn only_what_is_held_counts() {
        let notes = StoreNotes::default();
        let half = vec![0; BYTES_MAX / 2 - 100];
        for _ in 0..3 {
            notes.read("bot", "large", Some(&half));
            notes.wrote("bot", "small", Some(half.clone()));
        }
        assert!(!notes.noted().is_cut);
        notes.wrote("bot", "large", Some(half.clone()));
        assert!(notes.noted().is_cut);
        notes.wrote("bot", "small", None);
        notes.wrote("bot", "large", Some(half));
        assert_eq!(notes.noted().after.len(), 1);
    }
}
