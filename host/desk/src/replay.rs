//! A conversation as a file that a person can read and write: what was said to a bot, what it answered
//! and when, and what it asked of others meanwhile.
//!
//! A file is made of what was heard ([`record`]), read with all its mistakes at once ([`read`]), held
//! against what a bot does now ([`compare`]), and changed where that is accepted, with everything else
//! left as it was. Nothing is run here, and no bot is known: the caller that runs one hands in what it did.
//!
//! A file says of itself only what differs from the usual: a turn with nothing but `say` is one.
//! What a file does not say is not compared.

pub mod archive;
mod call;
pub mod compare;
mod edit;
pub mod event;
pub mod kept;
pub mod read;
pub mod record;
pub mod request;
pub(crate) mod transcript;
mod value;

use std::time::Duration;

use self::{event::Event, kept::KeptAround};
use ravenry_outbound::cassette::Exchange;

/// What a bot's clock says at the beginning of a conversation that says nothing else, since 1970:
/// 2025-01-01.
pub const BEGAN: Duration = Duration::from_hours(482_136);

/// What a bot did in one turn.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    /// What it answered.
    pub events: Vec<Event>,
    /// What it asked of others.
    pub exchanges: Vec<Exchange>,
    /// What it keeps.
    pub kept: KeptAround,
}

impl Observed {
    /// What came of one query, by the events as they arrived. That an answer ends with `done` is not
    /// said: every good one does.
    pub fn new(mut events: Vec<Event>, exchanges: Vec<Exchange>) -> Self {
        events.pop_if(|last| last.name == "done");
        Self {
            events,
            exchanges,
            kept: KeptAround::default(),
        }
    }
}
