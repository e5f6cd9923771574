//! An entry as programs read it: where it stands, when it expires, and its value, if that is wanted.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Map, Value, json};

use crate::cli::kept::moment::moment;
use ravenry_protocol::shown;
use ravenry_store::{Bucket, EntryInfo};

/// The kind of a bucket, and whose it is.
pub(super) fn bucket(bucket: &Bucket) -> (&'static str, Option<&str>) {
    match bucket {
        Bucket::Bot => ("bot", None),
        Bucket::User(id) => ("user", Some(id)),
        Bucket::Conversation(id) => ("conversation", Some(id)),
    }
}

/// One line; a value stands in it as text where it is one, else in base64.
pub(super) fn line(tenant: &str, info: &EntryInfo, value: Option<&[u8]>) -> String {
    let (kind, id) = bucket(&info.place.bucket);
    let mut object = Map::new();
    let mut put = |name: &str, value: Value| drop(object.insert(name.to_owned(), value));
    put("tenant", json!(tenant));
    put("bot", json!(info.place.bot));
    put("bucket", json!(kind));
    put("id", json!(id));
    put("key", json!(info.place.key));
    match value.map(|value| (value, std::str::from_utf8(value))) {
        None => put("bytes", json!(info.bytes)),
        Some((_, Ok(text))) => {
            put("value", json!(text));
            put("encoding", json!("utf-8"));
        }
        Some((bytes, Err(_))) => {
            put("value", json!(BASE64_STANDARD.encode(bytes)));
            put("encoding", json!("base64"));
        }
    }
    put("expires", json!(moment(info.expires)));
    shown::json(&Value::Object(object).to_string()) + "\n"
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime, UNIX_EPOCH};

    use super::*;
    use ravenry_store::EntryPlace;

    fn info(bucket: Bucket, expires: Option<SystemTime>) -> EntryInfo {
        EntryInfo {
            place: EntryPlace {
                bot: "cat".to_owned(),
                bucket,
                key: "k\u{1b}\n\u{202e}".to_owned(),
            },
            bytes: 131,
            expires,
        }
    }

    #[test]
    fn an_entry_is_a_line_that_no_terminal_obeys() {
        let expires = UNIX_EPOCH + Duration::from_hours(24);
        let user = info(Bucket::User("u\u{9b}".to_owned()), Some(expires));
        for (value, says) in [
            (None, r#""bytes":131,"#),
            (
                Some(&b"\xff\0"[..]),
                r#""value":"/wA=","encoding":"base64","#,
            ),
            (Some(b"a\tb"), r#""value":"a\tb","encoding":"utf-8","#),
        ] {
            let found = line("local", &user, value);
            let expected = r#"{"tenant":"local","bot":"cat","bucket":"user","id":"u\u009b","key":"k\u001b\n\u202e","#;
            let expires = r#""expires":"1970-01-02T00:00:00Z"}"#;
            assert_eq!(found, format!("{expected}{says}{expires}\n"));
        }
        let own = line("local", &info(Bucket::Bot, None), None);
        assert!(own.contains(r#""bucket":"bot","id":null,"#), "{own}");
        assert!(own.contains(r#""expires":null}"#), "{own}");
    }
}
