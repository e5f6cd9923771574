//! Conversations as language models want them.

use serde_json::{Value, json};

use crate::{Message, Role};

#[cfg(test)]
mod tests;

/// Puts the text of attached files into the conversation: before the last message, and for the files
/// of that message alone.
///
/// The gateway's caller does this before [`Bot::respond`](crate::Bot::respond), unless
/// [`Bot::inserts_attachments`](crate::Bot::inserts_attachments) says otherwise; a bot calls it for
/// messages of its own. The rules are those of the platform's reference library (0.0.83):
///
/// - Files whose text the platform did not extract are left out.
/// - `text/html` is quoted as what a URL leads to. Other `text/…` and `application/pdf` are quoted as
///   content. What has `image` in its type is quoted as the analysis of an image; where the text is
///   `name***analysis`, the name is taken from there. Anything else is left out.
/// - Each becomes a message of the user; texts come first, then images, each in the order in which
///   they are attached.
pub fn insert_attachments(messages: &mut Vec<Message>) {
    let Some(last) = messages.pop() else { return };
    let (mut texts, mut images) = (Vec::new(), Vec::new());
    for attachment in &last.attachments {
        let Some(content) = attachment
            .parsed_content
            .as_deref()
            .filter(|c| !c.is_empty())
        else {
            continue;
        };
        let (name, kind) = (&attachment.name, attachment.content_type.as_str());
        if kind == "text/html" {
            texts.push(Message::user(format!(
                "Assume you can access the external URL {name}. Use the URL's content below to \
                 respond to the queries:\n\n{content}"
            )));
        } else if kind.starts_with("text/") || kind == "application/pdf" {
            texts.push(Message::user(format!(
                "Below is the content of {name}:\n\n{content}"
            )));
        } else if kind.contains("image") {
            let (name, analysis) = content.split_once("***").unwrap_or((name, content));
            images.push(Message::user(format!(
                "I have uploaded an image ({name}). Assume that you can see the attached image. \
                 First, read the image analysis:\n\n<image_analysis>{analysis}</image_analysis>\n\n\
                 Use any relevant parts to inform your response. Do NOT reference the image \
                 analysis in your response. Respond in the same language as my next message. "
            )));
        }
    }
    messages.append(&mut texts);
    messages.append(&mut images);
    messages.push(last);
}

/// Joins neighbours of the same role, for models that want roles to take turns.
///
/// Texts are joined with an empty line. Of files, those of the later message come first, and each URL
/// counts once. Everything else is that of the first message of its run.
pub fn alternate_roles<'a>(messages: impl IntoIterator<Item = &'a Message>) -> Vec<Message> {
    let mut joined: Vec<Message> = Vec::new();
    for message in messages {
        match joined.last_mut() {
            Some(before) if before.role == message.role => {
                before.content.push_str("\n\n");
                before.content.push_str(&message.content);
                let mut attachments = message.attachments.clone();
                attachments.append(&mut before.attachments);
                before.attachments = unique_by_url(attachments);
            }
            _ => joined.push(message.clone()),
        }
    }
    joined
}

fn unique_by_url(attachments: Vec<crate::Attachment>) -> Vec<crate::Attachment> {
    let mut seen = std::collections::HashSet::new();
    attachments
        .into_iter()
        .filter(|attachment| seen.insert(attachment.url.clone()))
        .collect()
}

/// The last messages of a conversation, at most this many.
pub fn last(messages: &[Message], count: usize) -> &[Message] {
    let first = messages.len().saturating_sub(count);
    messages.get(first..).unwrap_or_default()
}

/// Messages as most model APIs want them: `[{"role": "user", "content": "hi"}]`, where the role `bot`
/// becomes `assistant`.
///
/// Tool calls and their results are left out, because they have a shape of their own there; so are
/// roles without a word of ours.
pub fn role_content<'a>(messages: impl IntoIterator<Item = &'a Message>) -> Value {
    messages
        .into_iter()
        .filter(|message| message.message_type.is_none())
        .filter_map(|message| {
            let role = match message.role {
                Role::System => "system",
                Role::User => "user",
                Role::Bot => "assistant",
                Role::Tool | Role::Other(_) => return None,
            };
            Some(json!({ "role": role, "content": message.content }))
        })
        .collect()
}
