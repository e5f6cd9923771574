//! The query at hand, as far as questions to other bots need it.
//!
//! A question takes the conversation over by itself. Two things the gateway cannot know: messages
//! that were inserted on this side, and what an index into the quoted messages stands for. An
//! instance answers one query, so both are kept here; natively each test scene sets its own.

use std::cell::RefCell;

use serde_json::Value;

use crate::{
    prompt,
    query::{Message, Query, message_json},
};

/// What is kept of the query at hand.
#[derive(Default)]
struct CurrentQuery {
    /// The messages that were quoted.
    referenced: Vec<Message>,
    /// The conversation, where something was inserted into it.
    inserted: Option<Vec<Message>>,
}

thread_local! {
    static CURRENT: RefCell<CurrentQuery> = RefCell::default();
}

/// Inserts the text of attached files, where the bot wants that, and remembers what questions to
/// other bots need.
pub(crate) fn prepare(mut query: Query, inserts_attachments: bool) -> Query {
    let before = query.messages.len();
    if inserts_attachments {
        prompt::insert_attachments(&mut query.messages);
    }
    let current = CurrentQuery {
        inserted: (query.messages.len() != before).then(|| query.messages.clone()),
        referenced: query.referenced_messages.clone(),
    };
    CURRENT.replace(current);
    query
}

/// The conversation with what was inserted into it; `None` where it is as it arrived.
pub(crate) fn inserted() -> Option<Value> {
    CURRENT.with_borrow(|current| {
        let messages = current.inserted.as_ref()?;
        Some(json(messages, &current.referenced))
    })
}

/// Messages as the protocol writes them, with what they quote of the query at hand.
pub(crate) fn messages_json<'a>(messages: impl IntoIterator<Item = &'a Message>) -> Value {
    CURRENT.with_borrow(|current| json(messages, &current.referenced))
}

fn json<'a>(messages: impl IntoIterator<Item = &'a Message>, referenced: &[Message]) -> Value {
    let json = |message| message_json(message, referenced, 0);
    messages.into_iter().map(json).collect()
}
