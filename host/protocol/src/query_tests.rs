//! Each field of a query, and how much of what is odd it takes.

use serde_json::json;

use super::*;
use crate::{
    decode::{DecodeError, ID_BYTES_MAX, decode},
    request::Request,
};

const FULL: &[u8] = include_bytes!("../../fuzz/corpus/decode/full.json");
const NESTED: &[u8] = include_bytes!("../../fuzz/corpus/decode/nested.json");

fn text(text: &str) -> String {
    text.to_owned()
}

fn written_by(role: &str, content: &str) -> Message {
    Message {
        role: text(role),
        content: text(content),
        content_type: text("text/markdown"),
        parameters: text("{}"),
        ..Message::default()
    }
}

fn decoded(body: impl AsRef<[u8]>) -> Result<Query, DecodeError> {
    match decode(body.as_ref().to_vec())?.request {
        Request::Query(query) => Ok(*query),
        other => panic!("not a query: {other:?}"),
    }
}

/// The query that a body is.
fn query(body: impl AsRef<[u8]>) -> Query {
    decoded(body).unwrap()
}

/// The query that these members make, beside what every query has.
fn query_with(members: &Value) -> Query {
    let mut body = json!({"version": "1.2", "type": "query", "query": []});
    let all = body.as_object_mut().unwrap();
    all.extend(members.as_object().unwrap().clone());
    query(body.to_string())
}

/// The one message of a query, with these members beside what every message has.
fn message_with(members: &Value) -> Message {
    let mut message = json!({"role": "user", "content": "hi"});
    let all = message.as_object_mut().unwrap();
    all.extend(members.as_object().unwrap().clone());
    let mut messages = query_with(&json!({"query": [message]})).messages;
    assert_eq!(messages.len(), 1);
    messages.remove(0)
}

/// Every field of a query reaches the bot.
#[test]
fn a_query_with_every_field_is_complete() {
    let shown = Message {
        content_type: text("text/plain"),
        timestamp: 1_700_000_000_000_000,
        message_id: text("m-1"),
        sender: Some(Sender {
            id: Some(text("u-1")),
            name: Some(text("Ann")),
        }),
        feedback: vec![MessageFeedback {
            feedback_type: text("like"),
            reason: None,
        }],
        attachments: vec![Attachment {
            url: text("https://files.example/1"),
            content_type: text("application/pdf"),
            name: text("a.pdf"),
            inline_ref: Some(text("ab12cd34")),
            parsed_content: Some(text("one page")),
        }],
        parameters: text(r#"{"size":3,"style":["a",null]}"#),
        metadata: Some(text("remembered")),
        referenced_message: Some(0),
        reactions: vec![MessageReaction {
            user_id: text("u-2"),
            reaction: text("heart"),
        }],
        ..written_by("user", "Look at this")
    };
    let called = Message {
        message_type: Some(text("function_call")),
        ..written_by("bot", "[]")
    };
    let quoted = Message {
        message_id: text("m-0"),
        ..written_by("bot", "Earlier")
    };
    let user = |id, name| User { id: text(id), name };
    let expected = Query {
        version: text("1.2"),
        messages: vec![shown, called],
        referenced_messages: vec![quoted],
        user_id: text("u-1"),
        conversation_id: text("c-1"),
        message_id: text("m-2"),
        metadata: text("d-1"),
        temperature: Some(0.7),
        skip_system_prompt: true,
        logit_bias: vec![(text("42"), -100.0), (text("7"), 12.5)],
        stop_sequences: vec![text("\n\n"), text("END")],
        language_code: text("de"),
        adopt_current_bot_name: Some(false),
        bot_query_id: text("q-1"),
        users: vec![user("u-1", Some(text("Ann"))), user("u-2", None)],
        tools: Some(text(r#"[{"type":"function"}]"#)),
        tool_calls: Some(text("[]")),
        tool_results: Some(text(r#"[{"role":"tool"}]"#)),
        query_creation_time: Some(1_700_000_000_000_001),
        extra_params: Some(text(r#"{"a":{"b":1}}"#)),
    };
    assert_eq!(query(FULL), expected);
}

#[test]
fn quoted_messages_are_laid_out_flat() {
    let query = query(NESTED);
    let quoting = |content, role, index| Message {
        referenced_message: index,
        ..written_by(role, content)
    };
    assert_eq!(
        query.messages,
        [
            quoting("0", "user", Some(2)),
            // The wizard's message is gone, and what quoted a wizard quotes nothing.
            quoting("4", "user", None),
        ]
    );
    assert_eq!(
        query.referenced_messages,
        [
            quoting("3", "tool", None),
            quoting("2", "user", Some(0)),
            quoting("1", "bot", Some(1)),
        ]
    );
}

/// As deep as JSON may go, on a small stack; and one deeper is refused.
#[test]
fn quotations_nest_until_json_ends() {
    let nested = |depth: usize| {
        format!(
            r#"{{"type":"query","query":[{}{}]}}"#,
            r#"{"role":"user","content":"x","referenced_message":"#.repeat(depth),
            format_args!("null{}", "}".repeat(depth)),
        )
    };
    let small_stack = std::thread::Builder::new().stack_size(1024 * 1024);
    small_stack
        .spawn(move || {
            // The object and the array around take two levels.
            assert_eq!(query(nested(125)).referenced_messages.len(), 124);
            assert!(
                decoded(nested(126))
                    .unwrap_err()
                    .to_string()
                    .ends_with("arrays and objects are nested more than 127 deep")
            );
        })
        .unwrap()
        .join()
        .unwrap();
}

#[test]
fn a_hundred_thousand_messages_are_understood() {
    let message = r#"{"role":"user","content":"hi","message_id":"m-1"},"#;
    let body = format!(
        r#"{{"type":"query","query":[{}null]}}"#,
        message.repeat(100_000)
    );
    assert_eq!(query(body).messages.len(), 100_000);
}

/// `null` is the same as absent for every member that a full query has.
#[test]
fn null_means_absent() {
    fn nulled(value: &Value) -> Value {
        let members = value.as_object().unwrap();
        let needed = ["type", "role", "content", "query"];
        members
            .iter()
            .map(|(name, value)| match name.as_str() {
                needed_name if needed.contains(&needed_name) => (name.clone(), value.clone()),
                _ => (name.clone(), Value::Null),
            })
            .collect()
    }
    let mut body = nulled(&serde_json::from_slice(FULL).unwrap());
    body["query"] = json!([null, nulled(&body["query"][0]), null]);
    let expected = Query {
        messages: vec![written_by("user", "Look at this")],
        language_code: text("en"),
        ..Query::default()
    };
    assert_eq!(query(body.to_string()), expected);
}

#[test]
fn identifiers_have_any_shape() {
    let query = query_with(&json!({
        "user_id": 0, "user": "u-old", "conversation_id": null, "conversation": "c-old",
        "message_id": "\u{0}\n😀", "bot_query_id": -1.5, "users": [{"id": 7}, {}, null],
    }));
    assert_eq!(query.user_id, "0", "the present name wins over the old one");
    assert_eq!(query.conversation_id, "c-old");
    assert_eq!(query.message_id, "\u{0}\n😀");
    assert_eq!(query.bot_query_id, "-1.5");
    let ids: Vec<_> = query.users.into_iter().map(|user| user.id).collect();
    assert_eq!(ids, ["7", ""]);
    let longest = "x".repeat(ID_BYTES_MAX);
    assert_eq!(query_with(&json!({"user_id": &longest})).user_id, longest);
}

#[test]
fn the_last_of_two_members_counts() {
    let body =
        r#"{"type":"settings","type":"query","query":7,"query":[],"user_id":"a","user_id":"b"}"#;
    assert_eq!(query(body).user_id, "b");
}

#[test]
fn senders_have_an_old_name() {
    let sender = |members: Value| message_with(&members).sender;
    let is = |id: Option<&str>, name: Option<&str>| {
        Some(Sender {
            id: id.map(text),
            name: name.map(text),
        })
    };
    assert_eq!(sender(json!({})), None);
    assert_eq!(sender(json!({"sender": {}})), is(None, None));
    assert_eq!(sender(json!({"sender_id": "u-1"})), is(Some("u-1"), None));
    let both = json!({"sender": {"id": "u-2", "name": "Bo"}, "sender_id": "u-1"});
    assert_eq!(sender(both), is(Some("u-2"), Some("Bo")));
    let folded = json!({"sender": {"name": "Bo"}, "sender_id": "u-1"});
    assert_eq!(sender(folded), is(Some("u-1"), Some("Bo")));
}

#[test]
fn what_the_platform_has_not_defined_is_ignored() {
    let message = message_with(&json!({
        "content_type": "text/latex", "message_type": "poem", "new_member": {"a": [1]},
        "feedback": [{"reason": "no verdict"}, {"type": "love"}],
        "reactions": [{"user_id": "u-1"}, {"reaction": "+👍"}],
        "attachments": [{"url": "https://files.example/2"}],
    }));
    assert_eq!(message.content_type, "text/markdown");
    assert_eq!(message.message_type, None);
    assert_eq!(message.feedback.len(), 1);
    assert_eq!(message.feedback[0].feedback_type, "love");
    assert_eq!(message.reactions.len(), 1);
    assert_eq!(message.reactions[0].reaction, "+👍");
    assert_eq!(
        message.attachments[0].content_type,
        "application/octet-stream"
    );
    let hints = query_with(&json!({
        "temperature": -0.1, "logit_bias": {"a": 100.5, "b": 100, "c": null},
    }));
    assert_eq!(hints.temperature, None);
    assert_eq!(hints.logit_bias, [(text("b"), 100.0)]);
}

#[test]
fn times_may_have_fractions() {
    let timestamp = |value: Value| message_with(&json!({ "timestamp": value })).timestamp;
    assert_eq!(timestamp(json!(1.9)), 1);
    assert_eq!(timestamp(json!(-1.9)), -1);
    assert_eq!(timestamp(json!(1e18)), 1_000_000_000_000_000_000);
    assert_eq!(timestamp(json!(i64::MIN)), i64::MIN);
    assert_eq!(timestamp(json!(i64::MAX)), i64::MAX);
}
