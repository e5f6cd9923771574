//! Messages as the protocol writes them.
//!
//! Members that hold their default are left out. Reading is tolerant, as the protocol asks: unknown
//! members are ignored, and an explicit `null` counts as left out.

use serde::{
    de::{Deserialize, Deserializer},
    ser::{Serialize, Serializer},
};
use serde_json::{Map, Value};

use super::{Attachment, Message, MessageFeedback, MessageReaction, Query, Role, Sender};

/// How deep quoted messages are followed; the platform's own go two deep.
const QUOTES_MAX: usize = 16;

impl Message {
    /// The message as the protocol writes it, without the one that it quotes.
    ///
    /// For a bot that keeps messages for later, in [`Reply::data`](crate::Reply::data) for example.
    /// `Message` is also `Serialize`, with the same outcome.
    ///
    /// ```
    /// use ravenry_sdk::{Message, serde_json};
    ///
    /// let kept = serde_json::to_string(&[Message::bot("hi")]).unwrap();
    /// assert_eq!(kept, r#"[{"role":"bot","content":"hi","content_type":"text/markdown"}]"#);
    /// let read: Vec<Message> = serde_json::from_str(&kept).unwrap();
    /// assert_eq!(read, [Message::bot("hi")]);
    /// ```
    pub fn to_json(&self) -> Value {
        message_json(self, &[], 0)
    }
}

impl Query {
    /// A message of this query as the protocol writes it, with the messages that it quotes.
    pub fn message_to_json(&self, message: &Message) -> Value {
        message_json(message, &self.referenced_messages, 0)
    }
}

impl Serialize for Message {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}

pub(crate) fn message_json(message: &Message, referenced: &[Message], depth: usize) -> Value {
    let mut members = Map::new();
    let mut set = |name: &str, value: Value| {
        members.insert(name.to_owned(), value);
    };
    set("role", message.role.as_str().into());
    set("content", message.content.as_str().into());
    if let Some(kind) = &message.message_type {
        set("message_type", kind.as_str().into());
    }
    set("content_type", message.content_type.as_str().into());
    if message.timestamp != 0 {
        set("timestamp", message.timestamp.into());
    }
    if !message.message_id.is_empty() {
        set("message_id", message.message_id.as_str().into());
    }
    if let Some(sender) = &message.sender {
        set("sender", sender_json(sender));
    }
    let lists = [
        ("feedback", list(&message.feedback, feedback_json)),
        ("attachments", list(&message.attachments, attachment_json)),
        ("reactions", list(&message.reactions, reaction_json)),
    ];
    for (name, items) in lists {
        if let Some(items) = items {
            set(name, items);
        }
    }
    if !message.parameters.is_empty() {
        set("parameters", message.parameters.clone().into());
    }
    if let Some(metadata) = &message.metadata {
        set("metadata", metadata.as_str().into());
    }
    let quoted = message
        .referenced_message
        .filter(|_| depth < QUOTES_MAX)
        .and_then(|index| referenced.get(usize::try_from(index).ok()?));
    if let Some(quoted) = quoted {
        let quoted = message_json(quoted, referenced, depth.saturating_add(1));
        set("referenced_message", quoted);
    }
    Value::Object(members)
}

fn list<T>(items: &[T], json: fn(&T) -> Value) -> Option<Value> {
    (!items.is_empty()).then(|| items.iter().map(json).collect())
}

fn members<const N: usize>(members: [(&str, Option<&str>); N]) -> Value {
    let present = |(name, value): (&str, Option<&str>)| Some((name.to_owned(), value?.into()));
    Value::Object(members.into_iter().filter_map(present).collect())
}

fn sender_json(sender: &Sender) -> Value {
    members([
        ("id", sender.id.as_deref()),
        ("name", sender.name.as_deref()),
    ])
}

fn feedback_json(feedback: &MessageFeedback) -> Value {
    // The reference library refuses a feedback without this member, also where it is null.
    serde_json::json!({ "type": feedback.feedback_type, "reason": feedback.reason })
}

fn attachment_json(attachment: &Attachment) -> Value {
    members([
        ("url", Some(&attachment.url)),
        ("content_type", Some(&attachment.content_type)),
        ("name", Some(&attachment.name)),
        ("inline_ref", attachment.inline_ref.as_deref()),
        ("parsed_content", attachment.parsed_content.as_deref()),
    ])
}

fn reaction_json(reaction: &MessageReaction) -> Value {
    members([
        ("user_id", Some(&reaction.user_id)),
        ("reaction", Some(&reaction.reaction)),
    ])
}

impl<'de> Deserialize<'de> for Message {
    /// Reads a message as the protocol writes it. Only `role` and `content` are required; what it
    /// quotes is left out.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let members = Map::<String, Value>::deserialize(deserializer)?;
        let required = |name: &'static str| {
            string(&members, name).ok_or_else(|| serde::de::Error::missing_field(name))
        };
        let mut message = Self::new(Role::from(required("role")?), required("content")?);
        message.message_type = string(&members, "message_type");
        if let Some(content_type) = string(&members, "content_type") {
            message.content_type = content_type;
        }
        message.timestamp = members
            .get("timestamp")
            .and_then(Value::as_i64)
            .unwrap_or_default();
        message.message_id = string(&members, "message_id").unwrap_or_default();
        message.metadata = string(&members, "metadata");
        message.sender = object(&members, "sender").map(|sender| Sender {
            id: string(sender, "id"),
            name: string(sender, "name"),
        });
        message.feedback = objects(&members, "feedback", |feedback| {
            Some(MessageFeedback {
                feedback_type: string(feedback, "type")?,
                reason: string(feedback, "reason"),
            })
        });
        message.attachments = objects(&members, "attachments", |attachment| {
            Some(Attachment {
                url: string(attachment, "url")?,
                content_type: string(attachment, "content_type").unwrap_or_default(),
                name: string(attachment, "name").unwrap_or_default(),
                inline_ref: string(attachment, "inline_ref"),
                parsed_content: string(attachment, "parsed_content"),
            })
        });
        message.reactions = objects(&members, "reactions", |reaction| {
            Some(MessageReaction {
                user_id: string(reaction, "user_id").unwrap_or_default(),
                reaction: string(reaction, "reaction")?,
            })
        });
        if let Some(parameters) = object(&members, "parameters") {
            message.parameters.clone_from(parameters);
        }
        Ok(message)
    }
}

fn string(members: &Map<String, Value>, name: &str) -> Option<String> {
    members.get(name)?.as_str().map(str::to_owned)
}

fn object<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a Map<String, Value>> {
    members.get(name)?.as_object()
}

/// The items of a list that make sense; the rest is left out, as the protocol asks.
fn objects<T>(
    members: &Map<String, Value>,
    name: &str,
    read: impl Fn(&Map<String, Value>) -> Option<T>,
) -> Vec<T> {
    let items = members.get(name).and_then(Value::as_array);
    items
        .into_iter()
        .flatten()
        .filter_map(|item| read(item.as_object()?))
        .collect()
}
