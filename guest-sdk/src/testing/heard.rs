//! What of a bot's words arrives at the reader.

use serde_json::{Map, Value};

use crate::{
    Event, Stopped,
    event::{cut, invalid},
    reply::Say,
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
            Say::Json { data } => Self::Json(Value::Object(object(data)?.clone())),
            Say::Error(failure) => Self::Error(cut(failure)),
            Say::Event { name, data } => Self::named(name, object(data)?)?,
        })
    }

    /// How many characters it takes of those that a reply may hold.
    pub(super) fn characters(&self) -> usize {
        let text = match self {
            Self::Text { text, .. } | Self::Replace { text, .. } => text.as_str(),
            Self::Suggest(text) | Self::Data(text) => text,
            Self::Error(failure) => failure.text.as_deref().unwrap_or(""),
            Self::Meta(_) | Self::File(_) | Self::Json(_) | Self::Other { .. } => "",
        };
        text.chars().count()
    }
}

fn object(data: &Value) -> Result<&Map<String, Value>, Stopped> {
    data.as_object()
        .ok_or_else(|| invalid("the data of an event is a JSON object"))
}
