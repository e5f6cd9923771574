//! What Poe sends, typed: the same records, in the same order, as the WIT package has for bots.
//!
//! Plain data without behaviour. [`decode`](super::decode) makes it, the sandbox hands it to bots.
//! Identifiers are opaque: any text of up to
//! [`ID_BYTES_MAX`](super::decode::ID_BYTES_MAX) bytes, also empty. Fields said to hold JSON hold
//! the text of one well-formed value.

/// One request of the platform, by its `type`.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// `query`: a person asks; a stream of events answers.
    Query(Box<Query>),
    /// `settings`: how the platform should treat this bot.
    Settings,
    /// What is said of an answer afterwards; there is nothing to answer to it.
    Report(Report),
}

/// What is said of an answer afterwards, by its `type`.
#[derive(Clone, Debug, PartialEq)]
pub enum Report {
    /// `report_feedback`: a like or dislike.
    Feedback(Feedback),
    /// `report_reaction`: a reaction.
    Reaction(Reaction),
    /// `report_error`: what the platform could not make sense of.
    Error(ErrorReport),
}

/// One question, with the conversation that leads up to it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    /// The protocol version of the request, such as `1.2`. Information only.
    pub version: String,
    /// The conversation, oldest message first. Can be empty.
    pub messages: Vec<Message>,
    /// Messages that are quoted by others; see [`Message::referenced_message`].
    pub referenced_messages: Vec<Message>,
    /// Who asks.
    pub user_id: String,
    /// The conversation.
    pub conversation_id: String,
    /// The message that this reply will become.
    pub message_id: String,
    /// Belongs to the platform; to be handed back when calling other bots. Can be empty.
    pub metadata: String,
    /// A hint for language models: 0 or more.
    pub temperature: Option<f64>,
    /// A hint: leave out the bot's own system prompt.
    pub skip_system_prompt: bool,
    /// A hint for language models: token to bias, from -100 to 100.
    pub logit_bias: Vec<(String, f64)>,
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
    pub tools: Option<String>,
    /// Tool calls made so far: a JSON array.
    pub tool_calls: Option<String>,
    /// Results of those tool calls: a JSON array.
    pub tool_results: Option<String>,
    /// When the person sent the query, in microseconds since 1970-01-01T00:00:00Z.
    pub query_creation_time: Option<i64>,
    /// What the caller passes along beside the protocol: a JSON object.
    pub extra_params: Option<String>,
}

/// A person in a conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct User {
    /// Opaque identifier.
    pub id: String,
    /// The name shown, where there is one.
    pub name: Option<String>,
}

/// One message of a conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// Who wrote it: `system`, `user`, `bot` or `tool`.
    pub role: String,
    /// The text. For tool calls and their results, a JSON array.
    pub content: String,
    /// `function_call` where `content` holds tool calls; otherwise `None`.
    pub message_type: Option<String>,
    /// `text/markdown` or `text/plain`.
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
    /// Values set with the bot's parameter controls: a JSON object.
    pub parameters: String,
    /// What this bot attached as `data` when it wrote the message.
    pub metadata: Option<String>,
    /// The message that this one quotes: an index into [`Query::referenced_messages`].
    ///
    /// Always within the list, and always below the index of a message of that list that quotes it:
    /// there are no cycles.
    pub referenced_message: Option<u32>,
    /// Reactions that it received.
    pub reactions: Vec<MessageReaction>,
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
    /// `like` or `dislike`; others are handed on as they came.
    pub feedback_type: String,
    /// What the person wrote about it.
    pub reason: Option<String>,
}

/// A reaction on a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageReaction {
    /// Who reacted.
    pub user_id: String,
    /// Such as `like` or `heart`; others are handed on as they came.
    pub reaction: String,
}

/// A file attached to a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attachment {
    /// Where its bytes can be fetched, for about ten minutes.
    pub url: String,
    /// Its media type, as the platform believes it to be.
    pub content_type: String,
    /// Its file name. Untrusted text: never a path.
    pub name: String,
    /// The label under which the text refers to it.
    pub inline_ref: Option<String>,
    /// Its text, where the bot's settings ask the platform to extract it.
    pub parsed_content: Option<String>,
}

/// A person's like or dislike of a message of this bot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Feedback {
    /// The message.
    pub message_id: String,
    /// Who judged.
    pub user_id: String,
    /// Where.
    pub conversation_id: String,
    /// `like` or `dislike`; others are handed on as they came.
    pub feedback_type: String,
}

/// A person's reaction to a message of this bot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reaction {
    /// The message.
    pub message_id: String,
    /// Who reacted.
    pub user_id: String,
    /// Where.
    pub conversation_id: String,
    /// Such as `like` or `heart`; others are handed on as they came.
    pub reaction: String,
}

/// What the platform could not make sense of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ErrorReport {
    /// What was wrong, in words.
    pub message: String,
    /// Details: a JSON object.
    pub metadata: String,
}
