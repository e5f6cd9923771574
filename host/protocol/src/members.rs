//! The members of a query and of its messages, as far as they were sent, and what holds where they
//! were not. The one place that knows the defaults of the protocol.

use super::request::{Attachment, Message, MessageFeedback, MessageReaction, Query, Sender, User};

/// The roles that the platform has defined. `tool` is since August 2025 (reference library 0.0.67).
const ROLES: [&str; 4] = ["system", "user", "bot", "tool"];

/// The platform's default for how a message is to be read.
const MARKDOWN: &str = "text/markdown";

/// The only other way.
const PLAIN: &str = "text/plain";

/// The only type of message that has a name.
const FUNCTION_CALL: &str = "function_call";

/// The platform's default language.
const LANGUAGE: &str = "en";

/// The media type of bytes of which nothing is known (RFC 2046).
pub(super) const UNKNOWN_MEDIA: &str = "application/octet-stream";

/// Whether the platform has defined this role.
pub(super) fn is_role(name: &str) -> bool {
    ROLES.contains(&name)
}

/// The JSON text of an object without members.
pub(super) fn empty_object() -> String {
    "{}".to_owned()
}

/// What a query has beside its messages; `None` stands for absent and for `null`.
#[derive(Default)]
pub(super) struct QueryMembers {
    pub(super) version: Option<String>,
    pub(super) user_id: Option<String>,
    /// The name of `user_id` in 2023.
    pub(super) user: Option<String>,
    pub(super) conversation_id: Option<String>,
    /// The name of `conversation_id` in 2023.
    pub(super) conversation: Option<String>,
    pub(super) message_id: Option<String>,
    pub(super) metadata: Option<String>,
    pub(super) temperature: Option<f64>,
    pub(super) skip_system_prompt: Option<bool>,
    pub(super) logit_bias: Option<Vec<(String, f64)>>,
    pub(super) stop_sequences: Option<Vec<String>>,
    pub(super) language_code: Option<String>,
    pub(super) adopt_current_bot_name: Option<bool>,
    pub(super) bot_query_id: Option<String>,
    pub(super) users: Option<Vec<User>>,
    pub(super) tools: Option<String>,
    pub(super) tool_calls: Option<String>,
    pub(super) tool_results: Option<String>,
    pub(super) query_creation_time: Option<i64>,
    pub(super) extra_params: Option<String>,
}

impl QueryMembers {
    /// The query with these members and messages.
    pub(super) fn query(self, messages: Vec<Message>, referenced_messages: Vec<Message>) -> Query {
        Query {
            version: self.version.unwrap_or_default(),
            messages,
            referenced_messages,
            user_id: self.user_id.or(self.user).unwrap_or_default(),
            conversation_id: self
                .conversation_id
                .or(self.conversation)
                .unwrap_or_default(),
            message_id: self.message_id.unwrap_or_default(),
            metadata: self.metadata.unwrap_or_default(),
            temperature: self.temperature.filter(|temperature| *temperature >= 0.0),
            skip_system_prompt: self.skip_system_prompt.unwrap_or_default(),
            logit_bias: self.logit_bias.unwrap_or_default(),
            stop_sequences: self.stop_sequences.unwrap_or_default(),
            language_code: self.language_code.unwrap_or_else(|| LANGUAGE.to_owned()),
            adopt_current_bot_name: self.adopt_current_bot_name,
            bot_query_id: self.bot_query_id.unwrap_or_default(),
            users: self.users.unwrap_or_default(),
            tools: self.tools,
            tool_calls: self.tool_calls,
            tool_results: self.tool_results,
            query_creation_time: self.query_creation_time,
            extra_params: self.extra_params,
        }
    }
}

/// What a message has beside its role, its content and what it quotes; `None` stands for absent and
/// for `null`.
#[derive(Default)]
pub(super) struct MessageMembers {
    pub(super) message_type: Option<String>,
    pub(super) content_type: Option<String>,
    pub(super) timestamp: Option<i64>,
    pub(super) message_id: Option<String>,
    pub(super) sender: Option<Sender>,
    /// The name of `sender.id` until October 2025.
    pub(super) sender_id: Option<String>,
    pub(super) feedback: Option<Vec<MessageFeedback>>,
    pub(super) attachments: Option<Vec<Attachment>>,
    pub(super) parameters: Option<String>,
    pub(super) metadata: Option<String>,
    pub(super) reactions: Option<Vec<MessageReaction>>,
}

impl MessageMembers {
    /// The message with these members; `referenced_message` is the place of what it quotes.
    pub(super) fn message(
        self,
        role: String,
        content: String,
        referenced_message: Option<u32>,
    ) -> Message {
        let content_type = self
            .content_type
            .filter(|name| name == PLAIN || name == MARKDOWN);
        Message {
            role,
            content,
            message_type: self.message_type.filter(|name| name == FUNCTION_CALL),
            content_type: content_type.unwrap_or_else(|| MARKDOWN.to_owned()),
            timestamp: self.timestamp.unwrap_or_default(),
            message_id: self.message_id.unwrap_or_default(),
            sender: with_id(self.sender, self.sender_id),
            feedback: self.feedback.unwrap_or_default(),
            attachments: self.attachments.unwrap_or_default(),
            parameters: self.parameters.unwrap_or_else(empty_object),
            metadata: self.metadata,
            referenced_message,
            reactions: self.reactions.unwrap_or_default(),
        }
    }
}

/// The sender, with the old member for its identifier folded in.
fn with_id(sender: Option<Sender>, old_id: Option<String>) -> Option<Sender> {
    match (sender, old_id) {
        (sender, None) => sender,
        (None, id) => Some(Sender { id, name: None }),
        (Some(sender), old_id) => Some(Sender {
            id: sender.id.or(old_id),
            name: sender.name,
        }),
    }
}
