//! What a query read and wrote in the bot's store: a comment in its event stream, for the author who asks for it.
//!
//! It is not of the platform's protocol. Readers who do not know it skip it, as they do every comment.

use bytes::BytesMut;
use serde::{Deserialize, Serialize};

use super::encode;

/// The header with which a client asks to be shown more than the answer.
pub const SHOW_HEADER: &str = "ravenry-show";

/// What stands in that header to be shown this.
pub const SHOW_STORE: &str = "store";

/// How the comment begins, behind the colon.
const NAME: &str = " ravenry-store ";

/// Keys that a query has read or written, those that it wrote first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreActivity {
    /// Each of them once.
    pub keys: Vec<KeyActivity>,
    /// How many more are known and not listed.
    #[serde(default)]
    pub left_out: u64,
    /// There may be still more, which nobody has noted.
    #[serde(default)]
    pub is_cut: bool,
}

/// What has become of a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyActivity {
    /// `bot`, `user` or `conversation`.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// What the query found under it.
    pub before: Before,
    /// What it left there.
    pub after: After,
}

/// What a query found under a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Before {
    /// It has not looked.
    Unknown,
    /// There was none.
    Absent,
    /// It saw that there is one, and did not read it.
    Unread,
    /// This.
    Value(KeptValue),
}

/// What a query left under a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum After {
    /// It has not written.
    AsBefore,
    /// It has deleted it.
    Gone,
    /// This.
    Value(KeptValue),
}

/// A value that a bot keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptValue {
    /// As text; of a long one the beginning. `None` where it is no text.
    pub text: Option<String>,
    /// Bytes of the whole.
    pub bytes: u64,
    /// Whether the text is only its beginning.
    #[serde(default)]
    pub is_cut: bool,
}

impl StoreActivity {
    /// The comment that says this, with the empty line after it.
    pub fn comment(&self) -> BytesMut {
        let mut comment = BytesMut::from(":");
        comment.extend_from_slice(NAME.as_bytes());
        comment.extend_from_slice(&json(self));
        comment.extend_from_slice(b"\n\n");
        comment
    }

    /// What a comment says, without its colon; `None` where it says something else.
    pub fn of_comment(comment: &[u8]) -> Option<Self> {
        serde_json::from_slice(comment.strip_prefix(NAME.as_bytes())?).ok()
    }

    /// Whether a comment that begins like this, without its colon, may be one of these.
    pub fn may_begin(comment: &[u8]) -> bool {
        let name = NAME.as_bytes();
        comment.starts_with(name) || name.starts_with(comment)
    }
}

impl KeyActivity {
    /// Bytes that it takes in the comment.
    pub fn bytes(&self) -> usize {
        json(self).len()
    }

    /// Whether the query has written.
    pub fn is_change(&self) -> bool {
        self.after != After::AsBefore
    }
}

/// One line of printable ASCII, whatever is in it.
fn json<T: Serialize>(data: &T) -> Vec<u8> {
    let mut json = Vec::new();
    encode::json(data, &mut json);
    json
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

    fn activity() -> StoreActivity {
        let key = |key: &str, before, after| KeyActivity {
            bucket: "user".to_owned(),
            key: key.to_owned(),
            before,
            after,
        };
        StoreActivity {
            keys: vec![
                key("name", Before::Value(value("\"Ann\"")), After::Gone),
                key(
                    "e\u{301}\n\r\u{2028}\u{1b}",
                    Before::Unread,
                    After::Value(KeptValue {
                        text: None,
                        bytes: 3,
                        is_cut: false,
                    }),
                ),
                key("none", Before::Absent, After::AsBefore),
            ],
            left_out: 2,
            is_cut: true,
        }
    }

    #[test]
    fn a_comment_is_one_line_of_ascii_and_is_read_as_it_was() {
        let comment = activity().comment();
        let text = str::from_utf8(&comment).unwrap();
        let line = text.strip_suffix("\n\n").unwrap();
        assert!(line.bytes().all(|byte| matches!(byte, b' '..=b'~')));
        assert!(line.starts_with(
            r#": ravenry-store {"keys": [{"bucket": "user", "key": "name", "before": {"value""#
        ));
        let read = StoreActivity::of_comment(&line.as_bytes()[1..]);
        assert_eq!(read, Some(activity()));
    }

    #[test]
    fn other_comments_say_nothing() {
        for comment in [
            &b""[..],
            b" still here",
            b" ravenry-store",
            b" ravenry-store {}",
            b" ravenry-store {\"keys\": [1]}",
            b" ravenry-store \xff",
            b"ravenry-store {\"keys\": []}",
        ] {
            assert_eq!(StoreActivity::of_comment(comment), None, "{comment:?}");
        }
        assert!(StoreActivity::may_begin(b" rav"));
        assert!(StoreActivity::may_begin(b" ravenry-store {"));
        assert!(!StoreActivity::may_begin(b" still"));
    }
}
