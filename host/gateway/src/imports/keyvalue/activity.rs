//! What is noted of one call, as its author is shown it: of a size that a person reads, and without secrets.

use super::notes::{self, Known, NotedKey, StoreNotes};
use ravenry_base::secret::Mask;
use ravenry_protocol::store_activity::{After, Before, KeptValue, KeyActivity, StoreActivity};

/// Keys that are shown: more than a person reads of one reply.
const KEYS_MAX: usize = 100;

/// Bytes of one value that are shown.
const VALUE_BYTES_MAX: usize = 1024;

/// Bytes of all keys and values that are shown, as they are sent.
const BYTES_MAX: usize = 64 * 1024;

impl StoreNotes {
    /// What is noted by now, without what `mask` hides; `None` where that is nothing.
    pub fn activity(&self, mask: &Mask) -> Option<StoreActivity> {
        self.look(|state| {
            if state.keys.is_empty() && !state.is_cut {
                return None;
            }
            let mut activity = StoreActivity {
                is_cut: state.is_cut,
                ..StoreActivity::default()
            };
            let mut bytes = 0_usize;
            // What was written is what an author looks for; of keys that a bot only lists there may be many.
            for rank in 0..RANKS {
                for (key, known) in state
                    .keys
                    .iter()
                    .filter(|(_, known)| rank_of(known) == rank)
                {
                    let shown = (activity.keys.len() < KEYS_MAX).then(|| shown(key, known, mask));
                    let fits = |shown: &KeyActivity| {
                        let all = bytes.saturating_add(shown.bytes());
                        let fits = all <= BYTES_MAX;
                        bytes = if fits { all } else { bytes };
                        fits
                    };
                    match shown.filter(fits) {
                        Some(shown) => activity.keys.push(shown),
                        None => activity.left_out = activity.left_out.saturating_add(1),
                    }
                }
            }
            Some(activity)
        })
    }
}

/// How many ranks of keys there are.
const RANKS: usize = 3;

/// The rank of a key: written, read, only seen.
fn rank_of(known: &Known) -> usize {
    match (&known.before, &known.after) {
        (_, notes::After::Gone | notes::After::Value(_)) => 0,
        (notes::Before::Unread, _) => 2,
        _ => 1,
    }
}

fn shown((bucket, key): &NotedKey, known: &Known, mask: &Mask) -> KeyActivity {
    KeyActivity {
        bucket: (*bucket).to_owned(),
        key: mask.mask(key).into_owned(),
        before: match &known.before {
            notes::Before::Unknown => Before::Unknown,
            notes::Before::Absent => Before::Absent,
            notes::Before::Unread => Before::Unread,
            notes::Before::Value(value) => Before::Value(beginning(value, mask)),
        },
        after: match &known.after {
            notes::After::AsBefore => After::AsBefore,
            notes::After::Gone => After::Gone,
            notes::After::Value(value) => After::Value(beginning(value, mask)),
        },
    }
}

/// A value as it is shown. It is searched as a whole before it is cut: half a secret would not be recognized.
fn beginning(value: &[u8], mask: &Mask) -> KeptValue {
    let bytes = u64::try_from(value.len()).unwrap_or(u64::MAX);
    let Ok(text) = str::from_utf8(value) else {
        return KeptValue {
            text: None,
            bytes,
            is_cut: false,
        };
    };
    let text = mask.mask(text);
    let end = text.floor_char_boundary(VALUE_BYTES_MAX);
    KeptValue {
        is_cut: end < text.len(),
        text: text.get(..end).map(str::to_owned),
        bytes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ravenry_base::secret::Secret;

    fn shown(notes: &StoreNotes) -> StoreActivity {
        notes.activity(&Mask::default()).unwrap()
    }

    #[test]
    fn what_was_written_comes_first_and_what_was_only_seen_last() {
        let notes = StoreNotes::default();
        assert_eq!(notes.activity(&Mask::default()), None);
        notes.saw("bot", "a");
        notes.read("bot", "b", None);
        notes.wrote("user", "c", None);
        notes.wrote("user", "d", Some(vec![0xff]));
        let keys = shown(&notes).keys;
        let names: Vec<&str> = keys.iter().map(|key| key.key.as_str()).collect();
        assert_eq!(names, ["c", "d", "b", "a"]);
        let no_text = KeptValue {
            text: None,
            bytes: 1,
            is_cut: false,
        };
        assert_eq!(keys[1].after, After::Value(no_text));
    }

    #[test]
    fn values_keys_and_all_of_it_are_bounded() {
        let notes = StoreNotes::default();
        notes.read("bot", "é", Some("é".repeat(1_000_000).as_bytes()));
        let Before::Value(value) = &shown(&notes).keys[0].before else {
            panic!("it was read");
        };
        assert_eq!(value.text.as_deref(), Some(&*"é".repeat(512)));
        assert_eq!((value.bytes, value.is_cut), (2_000_000, true));
        for number in 0..500 {
            notes.saw("bot", &number.to_string());
        }
        let all = shown(&notes);
        assert_eq!((all.keys.len(), all.left_out), (KEYS_MAX, 401));
        // Each of them is six bytes for one.
        for number in 0..50 {
            let value = "\u{1}".repeat(2_000);
            notes.wrote("user", &number.to_string(), Some(value.into_bytes()));
        }
        let all = shown(&notes);
        assert!(all.comment().len() < BYTES_MAX + 1_000);
        assert_eq!(all.keys.len() as u64 + all.left_out, 551);
    }

    #[test]
    fn secrets_are_shown_nowhere() {
        let mask = Mask::new(&[Secret::new("planted-key".to_owned())]);
        let notes = StoreNotes::default();
        notes.wrote("bot", "of planted-key", Some(b"a planted-key".to_vec()));
        let before = format!("{}planted-key", "x".repeat(VALUE_BYTES_MAX - 2));
        notes.read("user", "cut", Some(before.as_bytes()));
        let all = notes.activity(&mask).unwrap();
        let comment = String::from_utf8(all.comment().to_vec()).unwrap();
        assert!(!comment.contains("pla"), "{comment}");
        assert_eq!(all.keys[0].key, "of ***");
    }
}
