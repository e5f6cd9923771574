//! A query and its messages, read from their JSON objects. The rules are those of
//! [`decode`](super::decode).

use serde_json::Value;

use super::{
    fields::{self, Fault, Object, Path},
    request::{Attachment, Message, MessageFeedback, MessageReaction, Query, Sender, User},
};

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
const UNKNOWN_MEDIA: &str = "application/octet-stream";

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
    Ok(Query {
        version: object
            .get("version", fields::text_or_number)?
            .unwrap_or_default(),
        messages,
        referenced_messages,
        user_id: either_id(object, "user_id", "user")?,
        conversation_id: either_id(object, "conversation_id", "conversation")?,
        message_id: id_or_empty(object, "message_id")?,
        metadata: object.get("metadata", fields::text)?.unwrap_or_default(),
        temperature: object
            .get("temperature", fields::number)?
            .filter(|temperature| *temperature >= 0.0),
        skip_system_prompt: object
            .get("skip_system_prompt", fields::flag)?
            .unwrap_or_default(),
        logit_bias: object.get("logit_bias", biases)?.unwrap_or_default(),
        stop_sequences: object.list("stop_sequences", |value, path| {
            fields::text(value, path).map(Some)
        })?,
        language_code: object
            .get("language_code", fields::text)?
            .unwrap_or_else(|| LANGUAGE.to_owned()),
        adopt_current_bot_name: object.get("adopt_current_bot_name", fields::flag)?,
        bot_query_id: id_or_empty(object, "bot_query_id")?,
        users: object.list("users", user)?,
        tools: object.get("tools", fields::json_array)?,
        tool_calls: object.get("tool_calls", fields::json_array)?,
        tool_results: object.get("tool_results", fields::json_array)?,
        query_creation_time: object.get("query_creation_time", fields::whole)?,
        extra_params: object.get("extra_params", fields::json_object)?,
    })
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

/// The JSON text of an object without members.
pub(super) fn empty_object() -> String {
    "{}".to_owned()
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
        if !ROLES.contains(&role.as_str()) {
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
    let message_type = object.get("message_type", fields::text)?;
    let content_type = object
        .get("content_type", fields::text)?
        .filter(|name| name == PLAIN);
    Ok(Message {
        role,
        content,
        message_type: message_type.filter(|name| name == FUNCTION_CALL),
        content_type: content_type.unwrap_or_else(|| MARKDOWN.to_owned()),
        timestamp: object.get("timestamp", fields::whole)?.unwrap_or_default(),
        message_id: id_or_empty(object, "message_id")?,
        sender: sender(object)?,
        feedback: object.list("feedback", feedback)?,
        attachments: object.list("attachments", attachment)?,
        parameters: object
            .get("parameters", fields::json_object)?
            .unwrap_or_else(empty_object),
        metadata: object.get("metadata", fields::text)?,
        referenced_message,
        reactions: object.list("reactions", reaction)?,
    })
}

/// The sender, with `sender_id`, the name of its identifier until October 2025, folded in.
fn sender(object: &mut Object<'_>) -> Result<Option<Sender>, Fault> {
    let sender = object.get("sender", |value, path| {
        let object = &mut Object::read(value, path)?;
        Ok(Sender {
            id: object.get("id", fields::id)?,
            name: object.get("name", fields::text)?,
        })
    })?;
    let old_id = object.get("sender_id", fields::id)?;
    Ok(match (sender, old_id) {
        (sender, None) => sender,
        (None, id) => Some(Sender { id, name: None }),
        (Some(sender), old_id) => Some(Sender {
            id: sender.id.or(old_id),
            name: sender.name,
        }),
    })
}

fn user(value: Value, path: &Path<'_>) -> Result<Option<User>, Fault> {
    let object = &mut Object::read(value, path)?;
    Ok(Some(User {
        id: id_or_empty(object, "id")?,
        name: object.get("name", fields::text)?,
    }))
}

/// A like or dislike, or `None` where it does not say which.
fn feedback(value: Value, path: &Path<'_>) -> Result<Option<MessageFeedback>, Fault> {
    let object = &mut Object::read(value, path)?;
    let reason = object.get("reason", fields::text)?;
    Ok(object
        .get("type", fields::text)?
        .map(|feedback_type| MessageFeedback {
            feedback_type,
            reason,
        }))
}

/// A reaction, or `None` where it does not say which.
fn reaction(value: Value, path: &Path<'_>) -> Result<Option<MessageReaction>, Fault> {
    let object = &mut Object::read(value, path)?;
    let user_id = id_or_empty(object, "user_id")?;
    Ok(object
        .get("reaction", fields::text)?
        .map(|reaction| MessageReaction { user_id, reaction }))
}

fn attachment(value: Value, path: &Path<'_>) -> Result<Option<Attachment>, Fault> {
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
}

fn biases(value: Value, path: &Path<'_>) -> Result<Vec<(String, f64)>, Fault> {
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
