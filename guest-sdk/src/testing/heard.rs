//! What of a bot's words arrives at the reader.

use crate::{
    Stopped,
    event::{Event, Say, cut},
};

impl Event {
    /// What arrives of an event at the reader, or what is wrong with it.
    pub(super) fn parse(say: Say<'_>) -> Result<Self, Stopped> {
        Ok(match say {
            Say::Text { index, text } => Self::Text {
                index,
                text: text.to_owned(),
            },
            Say::Replace { index, text } => Self::Replace {
                index,
                text: text.to_owned(),
            },
            Say::Suggest { text } => Self::Suggest(text.to_owned()),
            Say::Meta(meta) => Self::Meta(meta),
            Say::File(file) => Self::File(file),
            Say::Data { metadata } => Self::Data(metadata.to_owned()),
            Say::Json { data } => Self::named("json", &data.to_string())?,
            Say::Error(failure) => Self::Error(cut(failure)),
            Say::Event { name, data } => Self::named(name, &data.to_string())?,
        })
    }

    /// How many characters it takes of those that a reply may hold.
    pub(super) fn characters(&self) -> u64 {
        let (text, word) = match self {
            Self::Text { text, .. }
            | Self::Replace { text, .. }
            | Self::Suggest(text)
            | Self::Data(text) => (text.as_str(), ""),
            Self::Error(failure) => (
                failure.text.as_deref().unwrap_or(""),
                failure.error_type.as_deref().unwrap_or(""),
            ),
            Self::Meta(_) | Self::File(_) | Self::Json(_) | Self::Other { .. } => ("", ""),
        };
        let characters = text.chars().chain(word.chars()).count();
        u64::try_from(characters).unwrap_or(u64::MAX)
    }
}
