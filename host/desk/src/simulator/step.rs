//! Steps of an answer: what is sent, what is waited for, what is done again.

use std::time::Duration;

use serde_json::{Value, json};

/// One step of a body.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// An event with JSON data.
    Event {
        /// What stands after `event:`.
        name: String,
        /// What stands after `data:`; any JSON, although the protocol knows objects only.
        data: Value,
    },
    /// A line that readers skip.
    Comment(String),
    /// Text as it is.
    Text(String),
    /// Bytes as they are.
    Bytes(Vec<u8>),
    /// What these send, in one chunk. Waits, repetitions and cuts among them do nothing.
    Together(Vec<Step>),
    /// Nothing, until something has happened.
    Wait(Wait),
    /// Steps again and again.
    Repeat {
        /// How often; without a number, as long as the caller reads.
        times: Option<u64>,
        /// What is repeated.
        steps: Vec<Step>,
    },
    /// The connection breaks off.
    Cut,
}

impl Step {
    /// An event.
    pub fn event(name: impl Into<String>, data: Value) -> Self {
        Self::Event {
            name: name.into(),
            data,
        }
    }

    /// A `text` event.
    pub fn text(text: &str) -> Self {
        Self::event("text", json!({"text": text}))
    }
}

/// What a script waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Until the hooks let scripts pass the gate of this name
    /// ([`gate`](super::Hooks::gate)).
    Gate(String),
    /// So long.
    Time(Duration),
    /// Until the caller hangs up, the server stops, or the time of an answer is over.
    Forever,
}
