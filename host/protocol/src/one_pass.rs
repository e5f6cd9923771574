//! A usual query, read from its text into its records without a tree of values in between.
//!
//! Whatever is out of the ordinary is not judged here but given up: a mistake, a member that comes
//! twice, an access key, a request of another type. [`decode`](super::decode) then reads the same
//! text the long way, which knows all rules and says what is wrong. So a query that is read here
//! must be the one that would be read there, and nothing else matters.

mod objects;
mod value;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use self::{
    objects::{AttachmentMembers, FeedbackMembers, ReactionMembers, UserMembers},
    value::{Name, OrNull, ignore, object, objects, plain, read, set, unusual},
};
use super::{
    fields, json,
    members::{MessageMembers, QueryMembers, is_role},
    query,
    request::{Message, Query, Sender},
};

/// How many quotations within quotations are followed. Each takes room on the stack, and people
/// quote a message that quotes one at most.
const QUOTATIONS_MAX: usize = 8;

/// The query that a text is; `None` where it has to be read the long way.
pub(super) fn query(text: &str) -> Option<Query> {
    if !json::is_within_bounds(text) {
        return None;
    }
    let mut json = serde_json::Deserializer::from_str(text);
    let query = json.deserialize_map(Top).ok()?;
    json.end().ok()?;
    Some(query)
}

/// Reads the whole object.
struct Top;

impl<'de> Visitor<'de> for Top {
    type Value = Query;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("a query")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut members: M) -> Result<Query, M::Error> {
        let mut is_query = false;
        let mut messages = None;
        let mut referenced = Vec::new();
        let mut others = QueryMembers::default();
        while let Some(Name(name)) = members.next_key()? {
            match &*name {
                "type" => {
                    let Name(kind) = members.next_value()?;
                    is_query = kind == "query";
                }
                "query" => {
                    let list = members.next_value_seed(OrNull(Messages(&mut referenced)))?;
                    set(&mut messages, list)?;
                }
                name => query_member(&mut others, name, &mut members)?,
            }
        }
        match messages {
            Some(messages) if is_query => Ok(others.query(messages, referenced)),
            _ => Err(unusual()),
        }
    }
}

/// Reads a member of a query.
fn query_member<'de, M: MapAccess<'de>>(
    into: &mut QueryMembers,
    name: &str,
    members: &mut M,
) -> Result<(), M::Error> {
    match name {
        "version" => read(&mut into.version, members, fields::text_or_number),
        "user_id" => read(&mut into.user_id, members, fields::id),
        "user" => read(&mut into.user, members, fields::id),
        "conversation_id" => read(&mut into.conversation_id, members, fields::id),
        "conversation" => read(&mut into.conversation, members, fields::id),
        "message_id" => read(&mut into.message_id, members, fields::id),
        "metadata" => plain(&mut into.metadata, members),
        "temperature" => plain(&mut into.temperature, members),
        "skip_system_prompt" => plain(&mut into.skip_system_prompt, members),
        "logit_bias" => read(&mut into.logit_bias, members, query::biases),
        "stop_sequences" => read(&mut into.stop_sequences, members, query::texts),
        "language_code" => plain(&mut into.language_code, members),
        "adopt_current_bot_name" => plain(&mut into.adopt_current_bot_name, members),
        "bot_query_id" => read(&mut into.bot_query_id, members, fields::id),
        "users" => objects::<UserMembers, _>(&mut into.users, members),
        "tools" => read(&mut into.tools, members, fields::json_array),
        "tool_calls" => read(&mut into.tool_calls, members, fields::json_array),
        "tool_results" => read(&mut into.tool_results, members, fields::json_array),
        "query_creation_time" => read(&mut into.query_creation_time, members, fields::whole),
        "extra_params" => read(&mut into.extra_params, members, fields::json_object),
        // Bots must not see them, so the text has to be written anew.
        "access_key" | "api_key" => Err(unusual()),
        unknown => ignore(unknown, members),
    }
}

/// Reads the list of messages. What they quote goes into the list that this holds.
struct Messages<'r>(&'r mut Vec<Message>);

impl<'de> DeserializeSeed<'de> for Messages<'_> {
    type Value = Vec<Message>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Vec<Message>, D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Messages<'_> {
    type Value = Vec<Message>;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("messages")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut items: S) -> Result<Vec<Message>, S::Error> {
        let mut messages = Vec::new();
        loop {
            let message = OneMessage {
                referenced: &mut *self.0,
                depth: 0,
            };
            match items.next_element_seed(OrNull(message))? {
                Some(message) => messages.extend(message.flatten()),
                None => return Ok(messages),
            }
        }
    }
}

/// Reads one message; gives `None` for a role that is not known.
struct OneMessage<'r> {
    /// Takes what is quoted, the innermost first.
    referenced: &'r mut Vec<Message>,
    /// How many messages quote this one.
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for OneMessage<'_> {
    type Value = Option<Message>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Option<Message>, D::Error> {
        if self.depth > QUOTATIONS_MAX {
            return Err(unusual());
        }
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for OneMessage<'_> {
    type Value = Option<Message>;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("a message")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut members: M) -> Result<Option<Message>, M::Error> {
        let quoted_before = self.referenced.len();
        let (mut role, mut content, mut quoted) = (None::<String>, None, None);
        let mut others = MessageMembers::default();
        while let Some(Name(name)) = members.next_key()? {
            match &*name {
                "role" => plain(&mut role, &mut members)?,
                "content" => plain(&mut content, &mut members)?,
                "referenced_message" => {
                    let place = quotation(self.referenced, self.depth, &mut members)?;
                    set(&mut quoted, place)?;
                }
                name => message_member(&mut others, name, &mut members)?,
            }
        }
        let role = role.ok_or_else(unusual)?;
        if !is_role(&role) {
            // As if it had not been read: also what it quotes.
            self.referenced.truncate(quoted_before);
            return Ok(None);
        }
        let content = content.ok_or_else(unusual)?;
        Ok(Some(others.message(role, content, quoted)))
    }
}

/// Reads the message that one at `depth` quotes; gives its place in the list.
fn quotation<'de, M: MapAccess<'de>>(
    referenced: &mut Vec<Message>,
    depth: usize,
    members: &mut M,
) -> Result<Option<u32>, M::Error> {
    let message = OneMessage {
        referenced: &mut *referenced,
        depth: depth.saturating_add(1),
    };
    let Some(message) = members.next_value_seed(OrNull(message))?.flatten() else {
        return Ok(None);
    };
    let place = u32::try_from(referenced.len()).map_err(M::Error::custom)?;
    referenced.push(message);
    Ok(Some(place))
}

/// Reads a member of a message.
fn message_member<'de, M: MapAccess<'de>>(
    into: &mut MessageMembers,
    name: &str,
    members: &mut M,
) -> Result<(), M::Error> {
    match name {
        "message_type" => plain(&mut into.message_type, members),
        "content_type" => plain(&mut into.content_type, members),
        "timestamp" => read(&mut into.timestamp, members, fields::whole),
        "message_id" => read(&mut into.message_id, members, fields::id),
        "sender" => object::<Sender, _>(&mut into.sender, members),
        "sender_id" => read(&mut into.sender_id, members, fields::id),
        "feedback" => objects::<FeedbackMembers, _>(&mut into.feedback, members),
        "attachments" => objects::<AttachmentMembers, _>(&mut into.attachments, members),
        "parameters" => read(&mut into.parameters, members, fields::json_object),
        "metadata" => plain(&mut into.metadata, members),
        "reactions" => objects::<ReactionMembers, _>(&mut into.reactions, members),
        unknown => ignore(unknown, members),
    }
}

#[cfg(test)]
#[path = "one_pass_tests.rs"]
mod tests;
