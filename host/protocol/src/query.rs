//! A query and its messages, read from their JSON objects. The rules are those of
//! [`decode`](super::decode).

use serde_json::Value;

use super::{
    fields::{self, Fault, Object, Path},
    members::{MessageMembers, QueryMembers, UNKNOWN_MEDIA, is_role},
    request::{Attachment, Message, MessageFeedback, MessageReaction, Query, Sender, User},
};

/// Largest bias of a token, in either direction (specification of 2024 to 2026).
const BIAS_MAX: f64 = 100.0;

/// The query whose members these are.
pub(super) fn read(object: &mut Object<'_>) -> Result<Query, Fault> {
    let mut referenced_messages = Vec::new();
    let messages = object
        .get("query", |value, path| {
            fields::items(value, path, |item, path| {
                message(item, path, &mut referenced_messages)
            })
        })?
        .ok_or_else(|| object.missing("query", "an array"))?;
    let members = QueryMembers {
        version: object.get("version", fields::text_or_number)?,
        user_id: Some(either_id(object, "user_id", "user")?),
        user: None,
        conversation_id: Some(either_id(object, "conversation_id", "conversation")?),
        conversation: None,
        message_id: object.get("message_id", fields::id)?,
        metadata: object.get("metadata", fields::text)?,
        temperature: object.get("temperature", fields::number)?,
        skip_system_prompt: object.get("skip_system_prompt", fields::flag)?,
        logit_bias: object.get("logit_bias", biases)?,
        stop_sequences: object.get("stop_sequences", texts)?,
        language_code: object.get("language_code", fields::text)?,
        adopt_current_bot_name: object.get("adopt_current_bot_name", fields::flag)?,
        bot_query_id: object.get("bot_query_id", fields::id)?,
        users: object.get("users", users)?,
        tools: object.get("tools", fields::json_array)?,
        tool_calls: object.get("tool_calls", fields::json_array)?,
        tool_results: object.get("tool_results", fields::json_array)?,
        query_creation_time: object.get("query_creation_time", fields::whole)?,
        extra_params: object.get("extra_params", fields::json_object)?,
    };
    Ok(members.query(messages, referenced_messages))
}

/// An identifier; empty where it is absent.
pub(super) fn id_or_empty(object: &mut Object<'_>, name: &str) -> Result<String, Fault> {
    Ok(object.get(name, fields::id)?.unwrap_or_default())
}

/// An identifier by its name or, where that is absent, by the one it had in 2023.
pub(super) fn either_id(object: &mut Object<'_>, name: &str, old: &str) -> Result<String, Fault> {
    match object.get(name, fields::id)? {
        Some(id) => Ok(id),
        None => id_or_empty(object, old),
    }
}

/// One message, or `None` for a role that is not known. What it quotes goes to `referenced`.
///
/// A message can quote one that quotes another, as deep as JSON may be nested. The chain is walked
/// down and up again in loops: calls within calls would need a megabyte of stack.
fn message(
    value: Value,
    path: &Path<'_>,
    referenced: &mut Vec<Message>,
) -> Result<Option<Message>, Fault> {
    let mut chain = Vec::new();
    let mut next = Some(value);
    while let Some(value) = next {
        let path = Path::Quoted(path, chain.len());
        let mut object = Object::read(value, &path)?;
        let role = object.required_text("role")?;
        if !is_role(&role) {
            break;
        }
        next = object.get("referenced_message", |value, _| Ok(value))?;
        chain.push((role, object.into_members()));
    }
    let mut quoted = None;
    while let Some((role, members)) = chain.pop() {
        let path = Path::Quoted(path, chain.len());
        let message = with_role(role, &mut Object::new(members, &path), quoted)?;
        if chain.is_empty() {
            return Ok(Some(message));
        }
        // `VALUES_MAX` keeps the list far below 2^32.
        quoted = u32::try_from(referenced.len()).ok();
        referenced.push(message);
    }
    Ok(None)
}

fn with_role(
    role: String,
    object: &mut Object<'_>,
    referenced_message: Option<u32>,
) -> Result<Message, Fault> {
    let content = object.required_text("content")?;
    let members = MessageMembers {
        message_type: object.get("message_type", fields::text)?,
        content_type: object.get("content_type", fields::text)?,
        timestamp: object.get("timestamp", fields::whole)?,
        message_id: object.get("message_id", fields::id)?,
        sender: object.get("sender", sender)?,
        sender_id: object.get("sender_id", fields::id)?,
        feedback: object.get("feedback", feedback)?,
        attachments: object.get("attachments", attachments)?,
        parameters: object.get("parameters", fields::json_object)?,
        metadata: object.get("metadata", fields::text)?,
        reactions: object.get("reactions", reactions)?,
    };
    Ok(members.message(role, content, referenced_message))
}

/// Who sent a message.
fn sender(value: Value, path: &Path<'_>) -> Result<Sender, Fault> {
    let object = &mut Object::read(value, path)?;
    Ok(Sender {
        id: object.get("id", fields::id)?,
        name: object.get("name", fields::text)?,
    })
}

/// People.
fn users(value: Value, path: &Path<'_>) -> Result<Vec<User>, Fault> {
    fields::items(value, path, |value, path| {
        let object = &mut Object::read(value, path)?;
        Ok(Some(User {
            id: id_or_empty(object, "id")?,
            name: object.get("name", fields::text)?,
        }))
    })
}

/// Likes and dislikes, without those that do not say which.
fn feedback(value: Value, path: &Path<'_>) -> Result<Vec<MessageFeedback>, Fault> {
    fields::items(value, path, |value, path| {
        let object = &mut Object::read(value, path)?;
        let reason = object.get("reason", fields::text)?;
        let feedback_type = object.get("type", fields::text)?;
        Ok(feedback_type.map(|feedback_type| MessageFeedback {
            feedback_type,
            reason,
        }))
    })
}

/// Reactions, without those that do not say which.
fn reactions(value: Value, path: &Path<'_>) -> Result<Vec<MessageReaction>, Fault> {
    fields::items(value, path, |value, path| {
        let object = &mut Object::read(value, path)?;
        let user_id = id_or_empty(object, "user_id")?;
        let reaction = object.get("reaction", fields::text)?;
        Ok(reaction.map(|reaction| MessageReaction { user_id, reaction }))
    })
}

/// Files.
fn attachments(value: Value, path: &Path<'_>) -> Result<Vec<Attachment>, Fault> {
    fields::items(value, path, |value, path| {
        let object = &mut Object::read(value, path)?;
        Ok(Some(Attachment {
            url: object.required_text("url")?,
            content_type: object
                .get("content_type", fields::text)?
                .unwrap_or_else(|| UNKNOWN_MEDIA.to_owned()),
            name: object.get("name", fields::text)?.unwrap_or_default(),
            inline_ref: object.get("inline_ref", fields::text)?,
            parsed_content: object.get("parsed_content", fields::text)?,
        }))
    })
}

/// Texts.
pub(super) fn texts(value: Value, path: &Path<'_>) -> Result<Vec<String>, Fault> {
    fields::items(value, path, |value, path| {
        fields::text(value, path).map(Some)
    })
}

/// Tokens and their biases, without those beyond [`BIAS_MAX`].
pub(super) fn biases(value: Value, path: &Path<'_>) -> Result<Vec<(String, f64)>, Fault> {
    let mut biases = Vec::new();
    for (token, value) in fields::object(value, path)? {
        if value.is_null() {
            continue;
        }
        let bias = fields::number(value, &Path::Member(path, &token))?;
        if bias.abs() <= BIAS_MAX {
            biases.push((token, bias));
        }
    }
    Ok(biases)
}

#[cfg(test)]
#[path = "query_tests.rs"]
mod tests;
