//! One question, with the conversation that leads up to it, and what people ask of it.
//!
//! Names are the platform's own. Identifiers are opaque text: they can be empty and have no fixed
//! shape. Where the platform left a field out, its documented default is filled in, unless the field
//! is an `Option`.

use std::{collections::BTreeMap, fmt};

use serde_json::{Map, Value};

mod json;
#[cfg(test)]
mod tests;

pub(crate) use json::message_json;

/// One question: a person wrote something, and the whole conversation so far comes with it.
///
/// For tests, a text makes a query with one message of a person: `Query::from("hi")`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    /// The protocol version of the request, such as `1.2`. Information only.
    pub version: String,
    /// The conversation, oldest message first; the last one is what is to be answered. Can be empty.
    pub messages: Vec<Message>,
    /// Messages that are quoted by others; see [`Query::referenced`].
    pub referenced_messages: Vec<Message>,
    /// Who asks. Different bots see different identifiers for the same person.
    pub user_id: String,
    /// The conversation. Starting afresh gives a new one.
    pub conversation_id: String,
    /// The message that this reply will become.
    pub message_id: String,
    /// Belongs to the platform; to be handed back when calling other bots. Can be empty.
    pub metadata: String,
    /// A hint for language models: 0 or more. `None` where the person has no wish.
    pub temperature: Option<f64>,
    /// A hint: leave out the bot's own system prompt.
    pub skip_system_prompt: bool,
    /// A hint for language models: token to bias, from -100 to 100.
    pub logit_bias: BTreeMap<String, f64>,
    /// A hint: stop generating at any of these texts.
    pub stop_sequences: Vec<String>,
    /// The language of the person's interface as a BCP 47 tag; `en` where unknown.
    pub language_code: String,
    /// Whether the bot should speak under the name that it has in this conversation.
    pub adopt_current_bot_name: Option<bool>,
    /// Identifies this query in calls about costs. Can be empty.
    pub bot_query_id: String,
    /// The people in the conversation, where it has several.
    pub users: Vec<User>,
    /// Tool definitions offered by the caller: a JSON array.
    pub tools: Option<Value>,
    /// Tool calls made so far: a JSON array.
    pub tool_calls: Option<Value>,
    /// Results of those tool calls: a JSON array.
    pub tool_results: Option<Value>,
    /// When the person sent the query, in microseconds since 1970-01-01T00:00:00Z.
    pub query_creation_time: Option<i64>,
    /// What the caller passes along beside the protocol: a JSON object.
    pub extra_params: Option<Value>,
}

impl Query {
    /// The message that is to be answered: the newest one. `None` in an empty conversation.
    pub fn last_message(&self) -> Option<&Message> {
        self.messages.last()
    }

    /// The text that is to be answered; empty in an empty conversation.
    pub fn last_text(&self) -> &str {
        self.last_message().map_or("", |message| &message.content)
    }

    /// The newest message that a person wrote.
    ///
    /// Mostly the same as [`last_message`](Self::last_message), but not after tool calls.
    pub fn last_user_message(&self) -> Option<&Message> {
        self.messages
            .iter()
            .rev()
            .find(|message| message.role == Role::User)
    }

    /// What was said before the message that is to be answered, oldest first.
    pub fn history(&self) -> &[Message] {
        self.messages
            .split_last()
            .map_or(&[], |(_, history)| history)
    }

    /// The files attached to the message that is to be answered.
    pub fn attachments(&self) -> &[Attachment] {
        self.last_message()
            .map_or(&[], |message| &message.attachments)
    }

    /// The value that the person set with the control of this name, on the message that is to be
    /// answered. See [`Message::parameter`].
    pub fn parameter(&self, name: &str) -> Option<&Value> {
        self.last_message()?.parameter(name)
    }

    /// The message that this one quotes.
    ///
    /// A quoted message can quote another; there are no cycles.
    pub fn referenced(&self, message: &Message) -> Option<&Message> {
        let index = usize::try_from(message.referenced_message?).ok()?;
        self.referenced_messages.get(index)
    }
}

impl From<&str> for Query {
    fn from(text: &str) -> Self {
        Self::from(vec![Message::user(text)])
    }
}

impl From<String> for Query {
    fn from(text: String) -> Self {
        Self::from(vec![Message::user(text)])
    }
}

impl From<Vec<Message>> for Query {
    /// A query with this conversation, the current protocol version, and language `en`: of the person `user`, in
    /// the conversation `conversation`.
    fn from(messages: Vec<Message>) -> Self {
        Self {
            version: "1.2".to_owned(),
            messages,
            user_id: "user".to_owned(),
            conversation_id: "conversation".to_owned(),
            language_code: "en".to_owned(),
            ..Self::default()
        }
    }
}

impl From<&Query> for Query {
    fn from(query: &Query) -> Self {
        query.clone()
    }
}

/// A person in a conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct User {
    /// Opaque identifier.
    pub id: String,
    /// The name shown, where there is one.
    pub name: Option<String>,
}

/// Who wrote a message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Role {
    /// Instructions that stand above the conversation.
    System,
    /// A person.
    #[default]
    User,
    /// This bot, or another one in the conversation.
    Bot,
    /// The results of tool calls.
    Tool,
    /// A role that this version has no word for.
    Other(String),
}

impl Role {
    /// The platform's word for it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Bot => "bot",
            Self::Tool => "tool",
            Self::Other(role) => role,
        }
    }
}

impl From<String> for Role {
    fn from(role: String) -> Self {
        match role.as_str() {
            "system" => Self::System,
            "user" => Self::User,
            "bot" => Self::Bot,
            "tool" => Self::Tool,
            _ => Self::Other(role),
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One message of a conversation.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Who wrote it.
    pub role: Role,
    /// The text. For tool calls and their results, a JSON array; see `message_type`.
    pub content: String,
    /// `function_call` where `content` holds tool calls (role `bot`); otherwise `None`.
    pub message_type: Option<String>,
    /// How `content` is to be read: `text/markdown` or `text/plain`.
    pub content_type: String,
    /// When it was written, in microseconds since 1970-01-01T00:00:00Z; 0 where unknown.
    pub timestamp: i64,
    /// Opaque identifier. Can be empty.
    pub message_id: String,
    /// Who sent it, where several people or bots take part.
    pub sender: Option<Sender>,
    /// Likes and dislikes that it received.
    pub feedback: Vec<MessageFeedback>,
    /// Files attached to it.
    pub attachments: Vec<Attachment>,
    /// Values that the person set with the bot's parameter controls; see [`Message::parameter`].
    pub parameters: Map<String, Value>,
    /// What this bot attached with [`Reply::data`](crate::Reply::data) when it wrote the message.
    pub metadata: Option<String>,
    /// The message that this one quotes: an index into [`Query::referenced_messages`].
    pub referenced_message: Option<u32>,
    /// Reactions that it received.
    pub reactions: Vec<MessageReaction>,
}

impl Message {
    /// A message of a person.
    pub fn user(content: impl Into<String>) -> Self {
        Self::new(Role::User, content)
    }

    /// A message of a bot.
    pub fn bot(content: impl Into<String>) -> Self {
        Self::new(Role::Bot, content)
    }

    /// A message of the system.
    pub fn system(content: impl Into<String>) -> Self {
        Self::new(Role::System, content)
    }

    /// A message with this role and text, in Markdown, and nothing else.
    pub fn new(role: Role, content: impl Into<String>) -> Self {
        Self {
            role,
            content: content.into(),
            message_type: None,
            content_type: "text/markdown".to_owned(),
            timestamp: 0,
            message_id: String::new(),
            sender: None,
            feedback: Vec::new(),
            attachments: Vec::new(),
            parameters: Map::new(),
            metadata: None,
            referenced_message: None,
            reactions: Vec::new(),
        }
    }

    /// The value that the person set with the control of this name.
    ///
    /// `None` where the person left the control alone: the platform does not fill in defaults. A
    /// value can be of any JSON type, whatever the control was, so look before you leap:
    ///
    /// ```
    /// # use ravenry_sdk::Message;
    /// # let message = Message::user("hi");
    /// let words = message.parameter("words").and_then(|words| words.as_u64()).unwrap_or(100);
    /// # assert_eq!(words, 100);
    /// ```
    pub fn parameter(&self, name: &str) -> Option<&Value> {
        self.parameters.get(name)
    }
}

impl Default for Message {
    /// An empty message of a person.
    fn default() -> Self {
        Self::new(Role::default(), "")
    }
}

/// Who sent a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sender {
    /// Opaque identifier, where known.
    pub id: Option<String>,
    /// The name shown, where known.
    pub name: Option<String>,
}

/// A like or dislike on a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageFeedback {
    /// `like` or `dislike`. More may come.
    pub feedback_type: String,
    /// What the person wrote about it.
    pub reason: Option<String>,
}

/// A reaction on a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageReaction {
    /// Who reacted.
    pub user_id: String,
    /// Such as `like`, `heart`, `laughing`, `surprised`, `sad`. More may come.
    pub reaction: String,
}

/// A file attached to a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attachment {
    /// Where its bytes can be fetched, for about ten minutes.
    pub url: String,
    /// Its media type, as the platform believes it to be.
    pub content_type: String,
    /// Its file name. Chosen by the sender of the file: never use it as a path.
    pub name: String,
    /// The label under which the text refers to it, as in `![title][label]`.
    pub inline_ref: Option<String>,
    /// Its text, where the bot's settings ask the platform to extract it.
    pub parsed_content: Option<String>,
}
