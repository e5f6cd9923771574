//! What a bot keeps, as a file has it: buckets, keys in them, and values.
//!
//! A value is the JSON that the bot finds: `visits = 3` is `3`, and `name = "Ann"` is `"Ann"` with its quotes.
//! A table with nothing in it but `text`, `base64` or `json` says bytes instead, and `{ gone = true }` that there
//! is no value. So what bots keep as JSON, which the SDKs do, reads as it is, and all other bytes can be said.

use std::{collections::BTreeMap, fmt::Write as _};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

use super::value::{self, key, quoted, without_nulls};

/// The buckets, in the order in which they are written.
pub const BUCKETS: [&str; 3] = ["bot", "user", "conversation"];

/// What a file says of a key that is not there.
const GONE: &str = "{ gone = true }";

/// A bucket, one of [`BUCKETS`], and a key in it.
pub type KeptKey = (&'static str, String);

/// Values by their keys.
pub type Kept = BTreeMap<KeptKey, Vec<u8>>;

/// What was kept around a turn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeptAround {
    /// Before it.
    pub before: Kept,
    /// After it.
    pub after: Kept,
}

/// A change of one key; `None`: its value is gone.
pub(super) type Change<'a> = (&'a KeptKey, Option<&'a [u8]>);

impl KeptAround {
    /// What is another than before, in this bucket.
    pub(super) fn changes(&self, bucket: &str) -> Vec<Change<'_>> {
        let gone = self
            .before
            .keys()
            .filter(|key| !self.after.contains_key(*key));
        let gone = gone.map(|key| (key, None));
        let set = self.after.iter();
        let set = set.filter(|(key, value)| self.before.get(*key) != Some(value));
        let set = set.map(|(key, value)| (key, Some(value.as_slice())));
        let mut changes: Vec<_> = gone.chain(set).filter(|(key, _)| key.0 == bucket).collect();
        changes.sort();
        changes
    }
}

/// What a value of a file says, or why it says nothing.
pub(super) fn read(value: &Value) -> Result<Option<Vec<u8>>, &'static str> {
    let marked = value.as_object().filter(|members| members.len() == 1);
    let marked = marked.and_then(|members| members.iter().next());
    let Some((name, inner)) = marked.filter(|(name, _)| is_marker(name)) else {
        return Ok(Some(value.to_string().into_bytes()));
    };
    match (name.as_str(), inner) {
        ("gone", Value::Bool(true)) => Ok(None),
        ("text", Value::String(text)) => Ok(Some(text.as_bytes().to_vec())),
        ("base64", Value::String(text)) => match value::decoded(text) {
            Some(bytes) => Ok(Some(bytes)),
            None => Err("`base64` cannot be decoded"),
        },
        ("json", Value::String(text)) => match serde_json::from_str::<Value>(text) {
            Ok(_) => Ok(Some(text.as_bytes().to_vec())),
            Err(_) => Err("`json` is no JSON"),
        },
        ("gone", _) => Err("`gone` is `true`, or not there"),
        _ => Err("`text`, `base64` and `json` are texts"),
    }
}

/// Whether this is how a value stands in a file that says so much.
pub(super) fn says(written: &str, expected: Option<&[u8]>) -> bool {
    let whole = format!("a = {written}");
    let Ok(value) = toml_span::parse(&whole) else {
        return false;
    };
    let value = value::json(value);
    let said = value.get("a").map(read);
    said.is_some_and(|said| said.is_ok_and(|said| said.as_deref() == expected))
}

/// Whether a table with this member alone is no JSON.
fn is_marker(name: &str) -> bool {
    ["text", "base64", "json", "gone"].contains(&name)
}

/// A value in TOML, from which [`read`] makes the same again.
pub(super) fn written(bytes: Option<&[u8]>) -> String {
    let Some(bytes) = bytes else {
        return GONE.to_owned();
    };
    let Ok(text) = std::str::from_utf8(bytes) else {
        return format!("{{ base64 = \"{}\" }}", STANDARD.encode(bytes));
    };
    let Ok(value) = serde_json::from_str::<Value>(text) else {
        return format!("{{ text = {} }}", quoted(text));
    };
    let is_plain = match &value {
        Value::Object(members) => members.len() != 1 || !members.keys().any(|name| is_marker(name)),
        // Who keeps `1.50` as a text would find another one.
        Value::Number(number) => number.to_string() == text,
        _ => true,
    };
    match value::toml(&value, 0).filter(|_| is_plain) {
        Some(toml) => toml,
        None => format!("{{ json = {} }}", quoted(text)),
    }
}

/// Whether two values say the same: as JSON, where both are. Members that are `null` say nothing.
pub(super) fn same(one: &[u8], other: &[u8]) -> bool {
    let json = |bytes| serde_json::from_slice::<Value>(bytes).ok();
    one == other
        || match (json(one), json(other)) {
            (Some(one), Some(other)) => without_nulls(one) == without_nulls(other),
            _ => false,
        }
}

/// A key with its value, as a line of its bucket.
pub(super) fn line((key, value): Change<'_>) -> String {
    format!("{} = {}", self::key(&key.1), written(value))
}

/// Tables of buckets as parts of a file, each below its header; `of` is what they are in, with a dot behind it.
pub(super) fn tables(of: &str, around: &KeptAround) -> String {
    let mut text = String::new();
    for bucket in BUCKETS {
        let changes = around.changes(bucket);
        if changes.is_empty() {
            continue;
        }
        // A `String` takes all that is written.
        let _ = writeln!(text, "\n[{of}store.{bucket}]");
        for change in changes {
            text.push_str(&line(change));
            text.push('\n');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is written of any bytes is read as bytes that say the same.
    #[test]
    fn all_bytes_come_back() {
        for (bytes, expected) in [
            (&b"3"[..], "3"),
            (b"\"Ann\"", "\"Ann\""),
            (b"{ \"a\": [1, null] }", "{ json = '{ \"a\": [1, null] }' }"),
            (b"{\"a\":{\"b\":[]}}", "{ a = { b = [] } }"),
            (b"{\"text\":\"x\"}", "{ json = '{\"text\":\"x\"}' }"),
            (b"{\"text\":\"x\",\"n\":1}", "{ text = \"x\", n = 1 }"),
            (b"null", "{ json = \"null\" }"),
            (b"1.50", "{ json = \"1.50\" }"),
            (
                b"18446744073709551615",
                "{ json = \"18446744073709551615\" }",
            ),
            (b"", "{ text = \"\" }"),
            (b"Ann's \"x\"", "{ text = \"Ann's \\\"x\\\"\" }"),
            (b"a\n{", "{ text = \"a\\n{\" }"),
            (b"\xff\0", "{ base64 = \"/wA=\" }"),
        ] {
            let text = written(Some(bytes));
            assert_eq!(text, expected);
            let parsed = toml_span::parse(&format!("a = {text}")).map(value::json);
            let back = read(&parsed.unwrap()["a"]).unwrap().unwrap();
            assert!(same(&back, bytes), "{text}: {back:?}");
        }
        let gone = toml_span::parse("a = { gone = true }").map(value::json);
        assert_eq!(read(&gone.unwrap()["a"]), Ok(None));
    }

    #[test]
    fn values_are_the_same_by_what_they_say() {
        assert!(same(b"{\"a\":1,\"b\":null}", b"{ \"a\": 1 }"));
        assert!(!same(b"hi", b"\"hi\""));
        assert!(!same(b"1", b"2"));
    }
}
