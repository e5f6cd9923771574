//! Messages as the platform sends them, with every member.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A person who takes part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Person {
    /// `u-` and 32 characters.
    pub id: String,
    /// The name shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// A file at a message.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Attachment {
    /// Where its bytes are.
    pub url: String,
    /// Its media type.
    pub content_type: String,
    /// Its name.
    pub name: String,
    /// The label under which the text refers to it.
    pub inline_ref: Option<String>,
    /// Its text, where the bot's settings ask for it.
    pub parsed_content: Option<String>,
}

/// One message of a conversation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Message {
    /// `user` or `bot`, mostly.
    pub role: String,
    /// The text.
    pub content: String,
    /// `text/markdown` or `text/plain`.
    pub content_type: String,
    /// Microseconds since 1970.
    pub timestamp: u64,
    /// `m-` and 32 characters.
    pub message_id: String,
    /// Who wrote it.
    pub sender: Option<Person>,
    /// Likes and dislikes, as `{"type", "reason"}`.
    pub feedback: Vec<Value>,
    /// Files at it.
    pub attachments: Vec<Attachment>,
    /// What was set with controls.
    pub parameters: Map<String, Value>,
    /// What the bot attached to it as `data`.
    pub metadata: Option<String>,
    /// The message that it quotes.
    pub referenced_message: Option<Box<Message>>,
    /// Reactions, as `{"user_id", "reaction"}`.
    pub reactions: Vec<Value>,
}
