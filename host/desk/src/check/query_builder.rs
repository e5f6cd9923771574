//! A query before it is sent: all that the platform sends, and room for what it may send some day.

use serde_json::{Map, Value, json};

use crate::client::{Conversation, Say};

/// What bots are asked: harmless, and answered in a word.
pub(super) const WORDS: &str =
    "This is an automatic check of your bot. Please answer with the word OK.";

/// A query in its parts.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    /// Its members without `query`.
    pub(super) members: Map<String, Value>,
    /// Messages before the last.
    pub(super) earlier: Vec<Value>,
    /// The last message, which asks.
    pub(super) last: Map<String, Value>,
}

impl Draft {
    /// One person says this, and nothing was said before.
    pub(super) fn new(words: &str) -> Self {
        let mut talk = Conversation::new(vec![Conversation::person("Ada")]);
        let text = words.to_owned();
        talk.say(
            0,
            Say {
                text,
                ..Say::default()
            },
        );
        let mut draft = Self {
            members: Map::new(),
            earlier: Vec::new(),
            last: Map::new(),
        };
        if let Value::Object(members) = talk.query() {
            draft.members = members;
        }
        if let Some(Value::Array(mut messages)) = draft.members.remove("query")
            && let Some(Value::Object(message)) = messages.pop()
        {
            draft.last = message;
        }
        draft
    }

    /// As it is sent.
    pub(super) fn body(self) -> Value {
        let Self {
            mut members,
            mut earlier,
            last,
        } = self;
        earlier.push(Value::Object(last));
        members.insert("query".to_owned(), Value::Array(earlier));
        Value::Object(members)
    }
}

/// A message with what it needs and no more.
pub(super) fn message(role: &str, content: &str) -> Value {
    json!({"role": role, "content": content})
}
