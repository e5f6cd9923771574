//! From what a turn says to the query that it is, and back to what of a query is worth saying.
//!
//! Who asks, and the names of messages and conversations, are never in a file: they belong to people,
//! and a test has its own, the same every time.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{event::Event, value::saying};
use crate::client::{Transcript, VERSION};
use ravenry_protocol::answer::{ParsedEvent, hear};

/// Members of a query that a file leaves out: they say who asks, where and when.
const LEFT_OUT: [&str; 17] = [
    "version",
    "type",
    "query",
    "access_key",
    "api_key",
    "user",
    "user_id",
    "conversation",
    "conversation_id",
    "message_id",
    "metadata",
    "bot_query_id",
    "query_creation_time",
    "users",
    "language_code",
    "stream_id",
    "ravenry_depth",
];

/// Members of a message that a file leaves out.
const LEFT_OUT_OF_MESSAGES: [&str; 4] = ["timestamp", "message_id", "sender", "sender_id"];

/// Who asks, in a test.
pub const USER: &str = "u-00000000000000000000000000000001";

/// In which conversation.
pub const CONVERSATION: &str = "c-00000000000000000000000000000001";

/// What a person says in one turn, and what of the query is not as usual.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PersonTurn {
    /// The text.
    pub say: String,
    /// Files at it.
    pub attachments: Vec<Value>,
    /// Other members of the message.
    pub message: Map<String, Value>,
    /// The messages in front of it; `None`: the turns before.
    pub before: Option<Vec<Value>>,
    /// Other members of the query.
    pub query: Map<String, Value>,
}

impl PersonTurn {
    /// The message that the person sends.
    fn last(&self) -> Value {
        let mut last = Map::new();
        last.insert("role".to_owned(), "user".into());
        last.insert("content".to_owned(), self.say.as_str().into());
        if !self.attachments.is_empty() {
            last.insert("attachments".to_owned(), self.attachments.clone().into());
        }
        last.extend(self.message.clone());
        last.into()
    }
}

/// The messages so far, as far as files know messages.
#[derive(Clone, Debug, Default)]
pub struct History(Vec<Value>);

impl History {
    /// The query that a turn is.
    pub fn query(&self, said: &PersonTurn, began: Duration) -> Value {
        let (earlier, last) = (said.before.as_ref().unwrap_or(&self.0), said.last());
        let all = earlier.iter().chain(std::iter::once(&last));
        let messages: Vec<Value> = all
            .enumerate()
            .map(|(number, message)| whole(message, number, began))
            .collect();
        let next = format!("m-{:032}", messages.len());
        let mut query = json!({
            "version": VERSION,
            "type": "query",
            "query": messages,
            "user_id": USER,
            "conversation_id": CONVERSATION,
            "message_id": next,
            "metadata": "",
            "bot_query_id": next,
            "language_code": "en",
        });
        if let Value::Object(members) = &mut query {
            members.extend(said.query.clone());
        }
        query
    }

    /// Adds a turn: what was said, and what was answered.
    pub fn add(&mut self, said: &PersonTurn, answer: &[Event]) {
        if let Some(before) = &said.before {
            self.0.clone_from(before);
        }
        self.0.push(said.last());
        let mut shown = Transcript::default();
        for event in answer {
            if let Ok(ParsedEvent::Event(heard)) = hear(Some(&event.name), &event.data.to_string())
            {
                shown.hear(heard);
            }
        }
        let files = shown.files.iter().map(|file| {
            json!({"url": file.url, "content_type": file.content_type, "name": file.name,
                   "inline_ref": file.inline_ref})
        });
        let answer = json!({
            "role": "bot",
            "content": shown.text(),
            "content_type": shown.content_type(),
            "attachments": files.collect::<Vec<_>>(),
            "metadata": shown.metadata,
        });
        self.0.push(terse(&answer));
    }

    /// What of a query is worth saying, after these messages.
    pub fn said(&self, query: &Value) -> PersonTurn {
        let messages = query.get("query").and_then(Value::as_array);
        let mut messages: Vec<Value> = messages.into_iter().flatten().map(terse).collect();
        let mut last = match messages.pop() {
            Some(Value::Object(members)) => members,
            _ => Map::new(),
        };
        let say = match last.remove("content") {
            Some(Value::String(text)) => text,
            _ => String::new(),
        };
        let attachments = match last.remove("attachments") {
            Some(Value::Array(files)) => files,
            _ => Vec::new(),
        };
        last.remove("role");
        PersonTurn {
            say,
            attachments,
            message: last,
            before: (messages != self.0).then_some(messages),
            query: unusual(query),
        }
    }
}

/// A message with all members that the platform sends.
fn whole(message: &Value, number: usize, began: Duration) -> Value {
    let micros = u64::try_from(began.as_micros()).unwrap_or(u64::MAX);
    let mut whole = json!({
        "role": "user",
        "content": "",
        "content_type": "text/markdown",
        "timestamp": micros,
        "message_id": format!("m-{number:032}"),
        "feedback": [],
        "attachments": [],
    });
    if let (Value::Object(whole), Value::Object(members)) = (&mut whole, message) {
        whole.extend(members.clone());
    }
    whole
}

/// A message without what is as usual.
pub(super) fn terse(message: &Value) -> Value {
    let Value::Object(members) = message else {
        return message.clone();
    };
    let mut terse = saying(members.clone());
    for name in LEFT_OUT_OF_MESSAGES {
        terse.shift_remove(name);
    }
    if terse
        .get("content_type")
        .is_some_and(|kind| kind == "text/markdown")
    {
        terse.shift_remove("content_type");
    }
    if let Some(quoted) = terse.get_mut("referenced_message") {
        *quoted = self::terse(quoted);
    }
    // An empty text is one too.
    if let Some(content) = members.get("content") {
        terse.entry("content").or_insert_with(|| content.clone());
    }
    Value::Object(terse)
}

/// The members of a query beside its messages that are not as usual.
pub(super) fn unusual(query: &Value) -> Map<String, Value> {
    let Value::Object(members) = query else {
        return Map::new();
    };
    let mut members = members.clone();
    for name in LEFT_OUT {
        members.shift_remove(name);
    }
    if let Some(Value::Object(extra)) = members.get_mut("extra_params") {
        extra.shift_remove("ravenry_depth");
    }
    saying(members)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(name: &str, data: Value) -> Event {
        Event {
            at: Duration::ZERO,
            name: name.to_owned(),
            data,
        }
    }

    fn say(text: &str) -> PersonTurn {
        PersonTurn {
            say: text.to_owned(),
            ..PersonTurn::default()
        }
    }

    /// What was made of a turn says the same turn, and the turns before need not be said.
    #[test]
    fn a_conversation_is_said_by_its_turns_alone() {
        let mut history = History::default();
        let first = say("hi");
        assert_eq!(history.said(&history.query(&first, Duration::ZERO)), first);
        let answer = [
            event("text", json!({"text": "hel"})),
            event("text", json!({"text": "lo"})),
            event("data", json!({"metadata": "state"})),
        ];
        history.add(&first, &answer);
        let mut second = say("and now?");
        second.attachments = vec![json!({"url": "https://a/b", "name": "b"})];
        second.query.insert("temperature".to_owned(), json!(0.5));
        let query = history.query(&second, Duration::ZERO);
        assert_eq!(query["query"][1]["content"], "hello");
        assert_eq!(query["query"][1]["metadata"], "state");
        assert_eq!(history.said(&query), second);
        // Who comes in the middle has to say what was before.
        let before = History::default().said(&query).before.unwrap();
        assert_eq!(before[0], json!({"role": "user", "content": "hi"}));
    }

    /// Identifiers of people are in no file.
    #[test]
    fn no_person_is_named() {
        let query = json!({
            "version": "1.2", "type": "query", "access_key": "k", "user_id": "u-secret",
            "conversation_id": "c-secret", "message_id": "m-secret", "bot_query_id": "q-secret",
            "users": [{"id": "u-secret", "name": "Ada"}], "temperature": null, "tools": [],
            "query": [{"role": "user", "content": "hi", "content_type": "text/markdown",
                       "sender": {"id": "u-secret"}, "message_id": "m-secret", "timestamp": 7,
                       "feedback": [], "parameters": {"style": "old"}}],
        });
        let said = History::default().said(&query);
        assert!(!format!("{said:?}").contains("secret"), "{said:?}");
        assert_eq!(
            said.message,
            *json!({"parameters": {"style": "old"}}).as_object().unwrap()
        );
        assert_eq!((said.query.len(), said.before), (0, None));
    }
}
