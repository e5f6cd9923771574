//! The gateway as seen from inside a component: calls in, calls out.
//!
//! Only a component has a gateway. Natively these functions exist but are never reached: `testing`
//! makes replies of its own, and `request` answers from what the test set.

use crate::interface::bindings::ravenry::bot::{reply, types};
use crate::{Bot, Reply, Stopped, current_query, event::Say, failure::shown, reply::Sink};

#[cfg(target_family = "wasm")]
pub(crate) mod poe;

/// Answers one query of the gateway.
pub fn respond(bot: &dyn Bot, query: types::Query) -> Result<(), types::Failure> {
    let query = current_query::prepare(query.into(), bot.inserts_attachments());
    let result = bot.respond(&query, &mut Reply::new(Gateway));
    shown(result).map_err(types::Failure::from)
}

/// The reader behind the component's border.
struct Gateway;

impl Sink for Gateway {
    fn say(&mut self, say: Say<'_>) -> Result<(), Stopped> {
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

/// What `request` asks of the gateway. Natively the test double answers instead.
#[cfg(target_family = "wasm")]
pub(crate) mod request {
    use crate::interface::bindings::ravenry::bot::request;

    pub(crate) fn raw() -> String {
        request::raw()
    }

    pub(crate) fn header(name: &str) -> Option<String> {
        request::header(name)
    }

    pub(crate) fn headers() -> Vec<(String, String)> {
        request::headers()
    }

    pub(crate) fn reference() -> String {
        request::reference()
    }
}
