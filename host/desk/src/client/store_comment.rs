//! What a bot's server says of the store, heard in the comments of its event stream, and in words for a person.

use bytes::Bytes;

use ravenry_protocol::{
    shown::{self, Escaped},
    store_activity::{After, Before, KeptValue, KeyActivity, StoreActivity},
};

/// Most bytes of a comment: twice what our own servers say, who have a bound of their own.
const COMMENT_BYTES_MAX: usize = 128 * 1024;

/// Hears one comment in the bytes of a stream, and no second one.
#[derive(Debug, Default)]
pub(super) struct CommentReader {
    /// The line at hand, as long as it may be the comment.
    line: Vec<u8>,
    /// It cannot be.
    is_other: bool,
    heard: Heard,
}

#[derive(Debug, Default)]
enum Heard {
    #[default]
    Nothing,
    Fresh(StoreActivity),
    Told,
}

impl CommentReader {
    /// Looks at the next bytes.
    pub(super) fn chunk(&mut self, chunk: &Bytes) {
        let lines = chunk.split(|byte| matches!(byte, b'\n' | b'\r'));
        for (place, part) in lines.enumerate() {
            if place > 0 {
                self.line_ends();
            }
            self.goes_on(part);
        }
    }

    /// What was heard, once.
    pub(super) fn take(&mut self) -> Option<StoreActivity> {
        match std::mem::take(&mut self.heard) {
            Heard::Fresh(activity) => {
                self.heard = Heard::Told;
                Some(activity)
            }
            before => {
                self.heard = before;
                None
            }
        }
    }

    fn goes_on(&mut self, part: &[u8]) {
        if self.is_other || part.is_empty() {
            return;
        }
        self.line.extend_from_slice(part);
        let comment = self.line.strip_prefix(b":");
        let may_be = comment.is_some_and(StoreActivity::may_begin);
        if !may_be || self.line.len() > COMMENT_BYTES_MAX {
            self.is_other = true;
            self.line = Vec::new();
        }
    }

    fn line_ends(&mut self) {
        let line = std::mem::take(&mut self.line);
        self.is_other = false;
        if let (Heard::Nothing, Some(comment)) = (&self.heard, line.strip_prefix(b":"))
            && let Some(activity) = StoreActivity::of_comment(comment)
        {
            self.heard = Heard::Fresh(activity);
        }
    }
}

/// A key with its bucket, `user.name`, and so many characters of it: one line on which nothing is obeyed or hidden.
pub fn key_name(key: &KeyActivity, characters_max: usize) -> String {
    let bucket = Escaped(&key.bucket);
    format!("{bucket}.{}", shown::name(&key.key, characters_max))
}

/// What has become of a key, with so many characters of each value: one line on which nothing is obeyed or hidden.
pub fn key_words(key: &KeyActivity, characters_max: usize) -> String {
    let value = |value: &KeptValue| words(value, characters_max);
    let after = match &key.after {
        After::AsBefore => {
            return match &key.before {
                Before::Unknown => "not looked at".to_owned(),
                Before::Absent => "read, not there".to_owned(),
                Before::Unread => "seen".to_owned(),
                Before::Value(before) => format!("read {}", value(before)),
            };
        }
        After::Gone => "gone".to_owned(),
        After::Value(after) => value(after),
    };
    match &key.before {
        Before::Unknown => format!("→ {after}"),
        Before::Absent => format!("nothing → {after}"),
        Before::Unread => format!("… → {after}"),
        Before::Value(before) => format!("{} → {after}", value(before)),
    }
}

fn words(value: &KeptValue, characters_max: usize) -> String {
    let bytes = value.bytes;
    let Some(text) = &value.text else {
        return format!("({bytes} bytes that are no text)");
    };
    if text.is_empty() {
        return "(empty)".to_owned();
    }
    match text.char_indices().nth(characters_max) {
        Some((end, _)) => {
            let beginning = Escaped(text.get(..end).unwrap_or_default());
            format!("{beginning}… ({bytes} bytes)")
        }
        None if value.is_cut => format!("{}… ({bytes} bytes)", Escaped(text)),
        None => Escaped(text).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> KeptValue {
        KeptValue {
            text: Some(text.to_owned()),
            bytes: text.len() as u64,
            is_cut: false,
        }
    }

    fn key(key: &str, before: Before, after: After) -> KeyActivity {
        KeyActivity {
            bucket: "user".to_owned(),
            key: key.to_owned(),
            before,
            after,
        }
    }

    fn activity() -> StoreActivity {
        StoreActivity {
            keys: vec![key("name", Before::Absent, After::Value(value("1")))],
            ..StoreActivity::default()
        }
    }

    #[test]
    fn a_comment_is_heard_wherever_the_stream_is_cut() {
        let comment = activity().comment();
        let stream = [
            b": still here\r\n\r\nevent: text\ndata: : ravenry-store {}\n\n",
            &comment[..],
            b"event: done\ndata: {}\n\n",
        ]
        .concat();
        for size in [1, 2, 7, 50, stream.len()] {
            let mut reader = CommentReader::default();
            for chunk in stream.chunks(size) {
                reader.chunk(&Bytes::copy_from_slice(chunk));
            }
            assert_eq!(reader.take(), Some(activity()), "{size}");
            reader.chunk(&Bytes::from(comment.clone()));
            assert_eq!(reader.take(), None, "a second one");
        }
    }

    #[test]
    fn no_more_is_held_than_a_comment_may_have() {
        let mut reader = CommentReader::default();
        reader.chunk(&Bytes::from_static(b": ravenry-store {"));
        for _ in 0..3 {
            reader.chunk(&vec![b' '; COMMENT_BYTES_MAX].into());
            assert!(reader.line.is_empty() && reader.line.capacity() == 0);
        }
        reader.chunk(&Bytes::from_static(b"}\n"));
        assert_eq!(reader.take(), None);
        reader.chunk(&activity().comment().freeze());
        assert_eq!(reader.take(), Some(activity()));
    }

    #[test]
    fn each_key_has_its_words() {
        use {After as A, Before as B};
        let cut = KeptValue {
            is_cut: true,
            bytes: 1_000,
            ..value("abc")
        };
        let bytes = KeptValue {
            text: None,
            ..value("abc")
        };
        for (before, after, words) in [
            (B::Value(value("\"Ann\"")), A::AsBefore, "read \"Ann\""),
            (B::Absent, A::AsBefore, "read, not there"),
            (B::Unread, A::AsBefore, "seen"),
            (B::Value(value("3")), A::Value(value("4")), "3 → 4"),
            (B::Value(value("1")), A::Gone, "1 → gone"),
            (B::Absent, A::Value(value("")), "nothing → (empty)"),
            (B::Unknown, A::Value(cut), "→ abc… (1000 bytes)"),
            (B::Unread, A::Value(bytes), "… → (3 bytes that are no text)"),
            (B::Unknown, A::Value(value("123456")), "→ 12345… (6 bytes)"),
            (B::Unknown, A::Value(value("\u{1b}[\n")), "→ \\u{1b}[\\n"),
        ] {
            assert_eq!(key_words(&key("k", before, after), 5), words);
        }
        let name = |name| key_name(&key(name, B::Absent, A::AsBefore), 20);
        assert_eq!(name("a.b"), "user.a.b");
        assert_eq!(name("two words\n"), "user.\"two words\\n\"");
        assert_eq!(name(""), "user.\"\"");
        assert_eq!(name("\" → gone"), "user.\"\\\" → gone\"");
        assert_eq!(name(&"k".repeat(21)), format!("user.{}…", "k".repeat(20)));
    }
}
