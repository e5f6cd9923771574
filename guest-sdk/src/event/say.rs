//! An event on its way from a bot, before it was checked.

use super::{Event, File, Meta};
use crate::failure::{Failure, Stopped};

/// One event on its way to a sink.
pub(crate) enum Say<'a> {
    Text {
        index: Option<u32>,
        text: &'a str,
    },
    Replace {
        index: Option<u32>,
        text: &'a str,
    },
    Suggest {
        text: &'a str,
    },
    Meta(Meta),
    File(File),
    Data {
        metadata: &'a str,
    },
    Json {
        data: &'a serde_json::Value,
    },
    Error(Failure),
    Event {
        name: &'a str,
        data: &'a serde_json::Value,
    },
}

impl<'a> From<&'a Event> for Say<'a> {
    fn from(event: &'a Event) -> Self {
        match event {
            Event::Text { index, text } => Say::Text {
                index: *index,
                text,
            },
            Event::Replace { index, text } => Say::Replace {
                index: *index,
                text,
            },
            Event::Suggest(text) => Say::Suggest { text },
            Event::Meta(meta) => Say::Meta(meta.clone()),
            Event::File(file) => Say::File(file.clone()),
            Event::Data(metadata) => Say::Data { metadata },
            Event::Json(data) => Say::Json { data },
            Event::Error(failure) => Say::Error(failure.clone()),
            Event::Other { name, data } => Say::Event { name, data },
        }
    }
}

/// Hands on an event of another bot: hidden data belongs to that bot and is left out, and so is a
/// `meta` that is not the first event of this reply.
pub(crate) fn hand_on(
    event: &Event,
    say: impl FnOnce(Say<'_>) -> Result<(), Stopped>,
) -> Result<(), Stopped> {
    match event {
        Event::Data(_) => Ok(()),
        Event::Meta(_) => match say(event.into()) {
            Err(Stopped::Invalid(_)) => Ok(()),
            said => said,
        },
        _ => say(event.into()),
    }
}
