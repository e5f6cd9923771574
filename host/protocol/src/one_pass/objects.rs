//! Objects within queries and messages.

use serde::de::{Error, MapAccess};

use super::value::{Members, ignore, plain, read, unusual};
use crate::{
    fields,
    members::UNKNOWN_MEDIA,
    request::{Attachment, MessageFeedback, MessageReaction, Sender, User},
};

impl Members for Sender {
    type Made = Self;

    fn read<'de, M: MapAccess<'de>>(
        &mut self,
        name: &str,
        members: &mut M,
    ) -> Result<(), M::Error> {
        match name {
            "id" => read(&mut self.id, members, fields::id),
            "name" => plain(&mut self.name, members),
            unknown => ignore(unknown, members),
        }
    }

    fn made<E: Error>(self) -> Result<Option<Self>, E> {
        Ok(Some(self))
    }
}

#[derive(Default)]
pub(super) struct UserMembers {
    id: Option<String>,
    name: Option<String>,
}

impl Members for UserMembers {
    type Made = User;

    fn read<'de, M: MapAccess<'de>>(
        &mut self,
        name: &str,
        members: &mut M,
    ) -> Result<(), M::Error> {
        match name {
            "id" => read(&mut self.id, members, fields::id),
            "name" => plain(&mut self.name, members),
            unknown => ignore(unknown, members),
        }
    }

    fn made<E: Error>(self) -> Result<Option<User>, E> {
        Ok(Some(User {
            id: self.id.unwrap_or_default(),
            name: self.name,
        }))
    }
}

#[derive(Default)]
pub(super) struct FeedbackMembers {
    feedback_type: Option<String>,
    reason: Option<String>,
}

impl Members for FeedbackMembers {
    type Made = MessageFeedback;

    fn read<'de, M: MapAccess<'de>>(
        &mut self,
        name: &str,
        members: &mut M,
    ) -> Result<(), M::Error> {
        match name {
            "type" => plain(&mut self.feedback_type, members),
            "reason" => plain(&mut self.reason, members),
            unknown => ignore(unknown, members),
        }
    }

    fn made<E: Error>(self) -> Result<Option<MessageFeedback>, E> {
        Ok(self.feedback_type.map(|feedback_type| MessageFeedback {
            feedback_type,
            reason: self.reason,
        }))
    }
}

#[derive(Default)]
pub(super) struct ReactionMembers {
    user_id: Option<String>,
    reaction: Option<String>,
}

impl Members for ReactionMembers {
    type Made = MessageReaction;

    fn read<'de, M: MapAccess<'de>>(
        &mut self,
        name: &str,
        members: &mut M,
    ) -> Result<(), M::Error> {
        match name {
            "user_id" => read(&mut self.user_id, members, fields::id),
            "reaction" => plain(&mut self.reaction, members),
            unknown => ignore(unknown, members),
        }
    }

    fn made<E: Error>(self) -> Result<Option<MessageReaction>, E> {
        Ok(self.reaction.map(|reaction| MessageReaction {
            user_id: self.user_id.unwrap_or_default(),
            reaction,
        }))
    }
}

#[derive(Default)]
pub(super) struct AttachmentMembers {
    url: Option<String>,
    content_type: Option<String>,
    name: Option<String>,
    inline_ref: Option<String>,
    parsed_content: Option<String>,
}

impl Members for AttachmentMembers {
    type Made = Attachment;

    fn read<'de, M: MapAccess<'de>>(
        &mut self,
        name: &str,
        members: &mut M,
    ) -> Result<(), M::Error> {
        match name {
            "url" => plain(&mut self.url, members),
            "content_type" => plain(&mut self.content_type, members),
            "name" => plain(&mut self.name, members),
            "inline_ref" => plain(&mut self.inline_ref, members),
            "parsed_content" => plain(&mut self.parsed_content, members),
            unknown => ignore(unknown, members),
        }
    }

    fn made<E: Error>(self) -> Result<Option<Attachment>, E> {
        Ok(Some(Attachment {
            url: self.url.ok_or_else(unusual)?,
            content_type: self
                .content_type
                .unwrap_or_else(|| UNKNOWN_MEDIA.to_owned()),
            name: self.name.unwrap_or_default(),
            inline_ref: self.inline_ref,
            parsed_content: self.parsed_content,
        }))
    }
}
