//! Queries and reports from generated types, and settings to them.
//!
//! The gateway has checked every JSON text before it gets here. Where one is not what the interface
//! promises, it counts as left out: a bot should not fail over a field that it may never read.

use serde_json::Value;

use crate::{
    bot,
    interface::{bindings::ravenry::bot::types, object},
    query,
    settings::Settings,
};

fn value(json: Option<String>) -> Option<Value> {
    serde_json::from_str(&json?).ok()
}

fn list<A, B: From<A>>(items: Vec<A>) -> Vec<B> {
    items.into_iter().map(B::from).collect()
}

impl From<types::Query> for query::Query {
    fn from(query: types::Query) -> Self {
        Self {
            version: query.version,
            messages: list(query.messages),
            referenced_messages: list(query.referenced_messages),
            user_id: query.user_id,
            conversation_id: query.conversation_id,
            message_id: query.message_id,
            metadata: query.metadata,
            temperature: query.temperature,
            skip_system_prompt: query.skip_system_prompt,
            logit_bias: query.logit_bias.into_iter().collect(),
            stop_sequences: query.stop_sequences,
            language_code: query.language_code,
            adopt_current_bot_name: query.adopt_current_bot_name,
            bot_query_id: query.bot_query_id,
            users: list(query.users),
            tools: value(query.tools),
            tool_calls: value(query.tool_calls),
            tool_results: value(query.tool_results),
            query_creation_time: query.query_creation_time,
            extra_params: value(query.extra_params),
        }
    }
}

impl From<types::User> for query::User {
    fn from(user: types::User) -> Self {
        Self {
            id: user.id,
            name: user.name,
        }
    }
}

impl From<types::Message> for query::Message {
    fn from(message: types::Message) -> Self {
        Self {
            role: message.role.into(),
            content: message.content,
            message_type: message.message_type,
            content_type: message.content_type,
            timestamp: message.timestamp,
            message_id: message.message_id,
            sender: message.sender.map(query::Sender::from),
            feedback: list(message.feedback),
            attachments: list(message.attachments),
            parameters: object(&message.parameters),
            metadata: message.metadata,
            referenced_message: message.referenced_message,
            reactions: list(message.reactions),
        }
    }
}

impl From<types::Sender> for query::Sender {
    fn from(sender: types::Sender) -> Self {
        Self {
            id: sender.id,
            name: sender.name,
        }
    }
}

impl From<types::MessageFeedback> for query::MessageFeedback {
    fn from(feedback: types::MessageFeedback) -> Self {
        Self {
            feedback_type: feedback.feedback_type,
            reason: feedback.reason,
        }
    }
}

impl From<types::MessageReaction> for query::MessageReaction {
    fn from(reaction: types::MessageReaction) -> Self {
        Self {
            user_id: reaction.user_id,
            reaction: reaction.reaction,
        }
    }
}

impl From<types::Attachment> for query::Attachment {
    fn from(attachment: types::Attachment) -> Self {
        Self {
            url: attachment.url,
            content_type: attachment.content_type,
            name: attachment.name,
            inline_ref: attachment.inline_ref,
            parsed_content: attachment.parsed_content,
        }
    }
}

impl From<types::Feedback> for bot::Feedback {
    fn from(feedback: types::Feedback) -> Self {
        Self {
            message_id: feedback.message_id,
            user_id: feedback.user_id,
            conversation_id: feedback.conversation_id,
            feedback_type: feedback.feedback_type,
        }
    }
}

impl From<types::Reaction> for bot::Reaction {
    fn from(reaction: types::Reaction) -> Self {
        Self {
            message_id: reaction.message_id,
            user_id: reaction.user_id,
            conversation_id: reaction.conversation_id,
            reaction: reaction.reaction,
        }
    }
}

impl From<types::ErrorReport> for bot::ErrorReport {
    fn from(report: types::ErrorReport) -> Self {
        Self {
            message: report.message,
            metadata: object(&report.metadata),
        }
    }
}

impl From<Settings> for types::BotSettings {
    fn from(settings: Settings) -> Self {
        let settings = ravenry_protocol::settings::Settings::from(settings);
        Self {
            server_bot_dependencies: settings.server_bot_dependencies,
            allow_attachments: settings.allow_attachments,
            expand_text_attachments: settings.expand_text_attachments,
            enable_image_comprehension: settings.enable_image_comprehension,
            introduction_message: settings.introduction_message,
            enforce_author_role_alternation: settings.enforce_author_role_alternation,
            enable_multi_entity_prompting: settings.enable_multi_entity_prompting,
            rate_card: settings.rate_card,
            cost_label: settings.cost_label,
            parameter_controls: settings.parameter_controls,
            extra: settings.extra,
        }
    }
}
