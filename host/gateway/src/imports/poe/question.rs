//! What another bot is asked: the query at hand, with what the guest wants to differ laid over it.
//!
//! Members are copied as they stand, unread: the platform adds some every few months, and a history
//! can be megabytes.

use std::{borrow::Cow, collections::BTreeMap};

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{json, value::RawValue};

use super::{PoeError, member};

/// The version of the protocol that questions are asked in (reference library 0.0.83).
const VERSION: &str = "1.2";

/// Largest question, in bytes: what a query may have.
const BYTES_MAX: usize = 16 * 1024 * 1024;

/// Members that the guest has no say in: they tell the platform for whom the question is asked.
const FIXED: [&str; 9] = [
    "version",
    "type",
    "api_key",
    "access_key",
    "user_id",
    "conversation_id",
    "message_id",
    "metadata",
    "bot_query_id",
];

/// Old names of members, and the ones of today.
const RENAMED: [(&str, &str); 2] = [("user", "user_id"), ("conversation", "conversation_id")];

/// The member of `extra_params` that says how many bots stand in the chain.
///
/// The platform hands `extra_params` on as they are. Where it does not, its own limits end a loop.
const DEPTH: &str = "ravenry_depth";

type Members<'a> = BTreeMap<Cow<'a, str>, &'a RawValue>;

/// Lays `overlay` over the query `raw`.
///
/// # Errors
/// Where `overlay` is no JSON object, where the result is too large, and where more than `depth_max`
/// bots would stand in the chain.
pub(super) fn overlay(raw: &str, overlay: &str, depth_max: u32) -> Result<Bytes, PoeError> {
    bounded(overlay.len())?;
    let mut members: Members = member(raw).unwrap_or_default();
    for (old, new) in RENAMED {
        if let Some(value) = members.remove(old) {
            members.entry(Cow::Borrowed(new)).or_insert(value);
        }
    }
    for key in ["api_key", "access_key"] {
        members.remove(key);
    }
    let changes: Members = serde_json::from_str(overlay)
        .map_err(|error| PoeError::Invalid(format!("the question is no JSON object: {error}")))?;
    let depth = depth(members.get("extra_params").copied());
    if depth >= depth_max {
        return Err(PoeError::Denied(format!(
            "{depth} bots stand in the chain that led to this question, and {depth_max} are the \
             most: does a bot ask itself?"
        )));
    }
    for (name, value) in changes {
        if !FIXED.contains(&&*name) {
            members.insert(name, value);
        }
    }
    let version = own(&json!(VERSION))?;
    let query = own(&json!("query"))?;
    let extra = extra(
        members.get("extra_params").copied(),
        depth.saturating_add(1),
    )?;
    members.insert("version".into(), &version);
    members.insert("type".into(), &query);
    members.insert("extra_params".into(), &extra);
    let question =
        serde_json::to_vec(&members).map_err(|error| PoeError::Invalid(error.to_string()))?;
    bounded(question.len())?;
    Ok(Bytes::from(question))
}

fn bounded(bytes: usize) -> Result<(), PoeError> {
    if bytes > BYTES_MAX {
        return Err(PoeError::TooLarge(format!(
            "the question has {bytes} bytes, and {BYTES_MAX} are the most"
        )));
    }
    Ok(())
}

fn own(value: &serde_json::Value) -> Result<Box<RawValue>, PoeError> {
    serde_json::value::to_raw_value(value).map_err(|error| PoeError::Invalid(error.to_string()))
}

/// How many bots stand in the chain that led to this query.
fn depth(extra: Option<&RawValue>) -> u32 {
    let extra: Option<serde_json::Value> = extra.and_then(|extra| member(extra.get()));
    let depth = extra.as_ref().and_then(|extra| extra.get(DEPTH)?.as_u64());
    depth.map_or(0, |depth| u32::try_from(depth).unwrap_or(u32::MAX))
}

/// `extra_params` with the depth of the question.
fn extra(extra: Option<&RawValue>, depth: u32) -> Result<Box<RawValue>, PoeError> {
    let mut members: serde_json::Map<_, _> = match extra.map(RawValue::get) {
        None | Some("null") => serde_json::Map::new(),
        Some(extra) => member(extra).ok_or_else(|| {
            PoeError::Invalid("`extra_params` of the question is no JSON object".to_owned())
        })?,
    };
    members.insert(DEPTH.to_owned(), json!(depth));
    own(&members.into())
}

/// Whether a message of the query has an attachment with this URL.
pub(super) fn has_attachment(raw: &str, url: &str) -> bool {
    #[derive(Deserialize)]
    struct Query {
        #[serde(default)]
        query: Vec<Message>,
    }
    #[derive(Deserialize)]
    struct Message {
        #[serde(default)]
        attachments: Option<Vec<Attachment>>,
        #[serde(default)]
        referenced_message: Option<Box<Message>>,
    }
    #[derive(Deserialize)]
    struct Attachment {
        #[serde(default)]
        url: String,
    }
    fn has(message: &Message, url: &str) -> bool {
        message
            .attachments
            .iter()
            .flatten()
            .any(|attachment| attachment.url == url)
            || message
                .referenced_message
                .as_deref()
                .is_some_and(|message| has(message, url))
    }
    member(raw).is_some_and(|query: Query| query.query.iter().any(|message| has(message, url)))
}

/// What the platform calls this query where it is about money.
pub(super) fn bot_query_id(raw: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Query {
        bot_query_id: Option<String>,
    }
    member::<Query>(raw)?
        .bot_query_id
        .filter(|id| !id.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    const QUERY: &str = r#"{"version":"1.1","type":"query","user_id":"u-1","conversation_id":"c-1",
        "message_id":"m-1","metadata":"d-1","access_key":"k","bot_query_id":"q-1","temperature":0.5,
        "query":[{"role":"user","content":"hi","attachments":[{"url":"http://a/1"}],
                  "referenced_message":{"role":"user","attachments":[{"url":"http://a/2"}]}}],
        "something_new":{"a":[1.10]}}"#;

    fn asked(over: &str) -> Value {
        serde_json::from_slice(&overlay(QUERY, over, 5).unwrap()).unwrap()
    }

    #[test]
    fn what_is_not_changed_is_taken_over() {
        let asked = asked("{}");
        for member in ["user_id", "message_id", "metadata", "query", "temperature"] {
            let query: Value = serde_json::from_str(QUERY).unwrap();
            assert_eq!(asked[member], query[member], "{member}");
        }
        assert_eq!(asked["something_new"], json!({"a": [1.10]}));
        assert_eq!(asked["version"], "1.2");
    }

    #[test]
    fn keys_never_leave_and_identifiers_cannot_be_changed() {
        let asked =
            asked(r#"{"user_id":"u-2","access_key":"x","type":"settings","temperature":0}"#);
        assert_eq!(asked["user_id"], "u-1");
        assert_eq!(asked["type"], "query");
        assert_eq!(asked["temperature"], 0);
        assert_eq!(asked.get("access_key"), None);
    }

    #[test]
    fn old_names_become_new_ones() {
        let asked = overlay(r#"{"user":"u","conversation":"c"}"#, "{}", 5).unwrap();
        let asked: Value = serde_json::from_slice(&asked).unwrap();
        assert_eq!(
            (&asked["user_id"], &asked["conversation_id"]),
            (&json!("u"), &json!("c"))
        );
    }

    /// The depth cannot be reset by the guest, and a chain ends.
    #[test]
    fn a_chain_of_bots_ends() {
        let first = asked(r#"{"extra_params":{"ravenry_depth":0,"a":1}}"#);
        assert_eq!(first["extra_params"], json!({"ravenry_depth": 1, "a": 1}));
        let mut raw = QUERY.to_owned();
        for _ in 0..5 {
            let next = overlay(&raw, "{}", 5).unwrap();
            raw = String::from_utf8(next.to_vec()).unwrap();
        }
        let end = overlay(&raw, "{}", 5);
        assert!(
            matches!(end, Err(PoeError::Denied(words)) if words.contains("asks") || words.contains("ask itself"))
        );
    }

    #[test]
    fn a_question_that_is_no_object_is_refused() {
        for over in ["", "[]", "1", "{", "\"x\"", r#"{"extra_params":3}"#] {
            assert!(
                matches!(overlay(QUERY, over, 5), Err(PoeError::Invalid(_))),
                "{over}"
            );
        }
    }

    /// Also where most of it would be left out: it is kept while the settings are waited for.
    #[test]
    fn a_question_has_a_bound() {
        let long = format!(r#"{{"metadata":"{}"}}"#, "x".repeat(BYTES_MAX));
        assert!(matches!(
            overlay(QUERY, &long, 5),
            Err(PoeError::TooLarge(_))
        ));
    }

    #[test]
    fn attachments_of_messages_and_of_quoted_ones_count() {
        assert!(has_attachment(QUERY, "http://a/1"));
        assert!(has_attachment(QUERY, "http://a/2"));
        assert!(!has_attachment(QUERY, "http://a/3"));
    }

    #[test]
    fn the_query_is_known_by_its_id() {
        assert_eq!(bot_query_id(QUERY).as_deref(), Some("q-1"));
        assert_eq!(bot_query_id(r#"{"bot_query_id":""}"#), None);
    }
}
