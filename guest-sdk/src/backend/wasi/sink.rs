//! Where a bot's words go: the reader, through the gateway.

use std::marker::PhantomData;

use crate::{event::Say, failure::Stopped, interface::bindings::ravenry::bot::reply};

/// The reader behind the component's border. There is one, so nothing needs to be kept of it.
pub(crate) struct Sink {
    /// Keeps a reply on its thread, as it is natively: what a test compiles, a component compiles.
    on_one_thread: PhantomData<*const ()>,
}

impl Sink {
    pub(crate) fn new() -> Self {
        Self {
            on_one_thread: PhantomData,
        }
    }

    /// Takes one event, or says why not.
    #[expect(
        clippy::unused_self,
        reason = "natively a sink is one of many, and has to be named"
    )]
    pub(crate) fn say(&mut self, say: Say<'_>) -> Result<(), Stopped> {
        let said = match say {
            Say::Text { index: None, text } => reply::text(text),
            Say::Text {
                index: Some(index),
                text,
            } => reply::text_at(index, text),
            Say::Replace { index: None, text } => reply::replace(text),
            Say::Replace {
                index: Some(index),
                text,
            } => reply::replace_at(index, text),
            Say::Suggest { text } => reply::suggest(text),
            Say::Meta(meta) => reply::meta(&meta.into()),
            Say::File(file) => reply::file(&file.into()),
            Say::Data { metadata } => reply::data(metadata),
            Say::Json { data } => reply::json(&data.to_string()),
            Say::Error(failure) => reply::error(&failure.into()),
            Say::Event { name, data } => reply::event(name, &data.to_string()),
        };
        said.map_err(Stopped::from)
    }
}
