//! A bot without WebAssembly: asks it, and keeps what it says.
//!
//! For `cargo test` on the machine that the bot is written on. The reader here keeps the rules of
//! the gateway: it counts characters and events, refuses what the gateway would refuse, and takes
//! nothing after the end. Waiting with [`time::sleep`](crate::time::sleep) takes no time.
//!
//! ```
//! use ravenry_sdk::testing::{self, Event};
//! use ravenry_sdk::{Bot, Message, Query, Reply, Result, time};
//! use std::time::Duration;
//!
//! struct Slow;
//!
//! impl Bot for Slow {
//!     fn respond(&self, query: &Query, reply: &mut Reply) -> Result {
//!         reply.replace("Thinking…")?;
//!         time::sleep(Duration::from_secs(60));
//!         reply.replace(query.last_text().to_uppercase())?;
//!         reply.suggest("again")
//!     }
//! }
//!
//! let transcript = testing::ask(&Slow, "hi");
//! assert_eq!(transcript.text(), "HI");
//! assert_eq!(transcript.events.last(), Some(&Event::Suggest("again".to_owned())));
//! assert_eq!(transcript.took, Duration::from_secs(60));
//!
//! // A whole conversation, and a golden of the whole reply.
//! let conversation = vec![Message::user("one"), Message::bot("ONE"), Message::user("two")];
//! assert_eq!(
//!     testing::ask(&Slow, conversation).to_string(),
//!     r#"replace_response {"text":"Thinking…"}
//! wait 60s
//! replace_response {"text":"TWO"}
//! suggested_reply {"text":"again"}
//! done {}
//! "#
//! );
//! ```
//!
//! What surrounds a query is a [`Scene`]: [other bots](Scene::bot) as [`Script`]s, [the web](Scene::upstream)
//! as [`Upstream`]s, [attached files](Scene::attachment), [what the bot remembers](Scene::store), [what it
//! knows](Scene::knowledge), [a budget](Scene::budget),
//! headers, bounds. The [`Transcript`] has what each of them was asked, and what is remembered and known after.
//!
//! This module does not exist on WebAssembly targets.

mod scene;
#[cfg(test)]
mod tests;

pub use crate::{
    Event,
    backend::native::{
        Asked, Bots, Charge, Knowledge, Scope, Script, Store, Upload, Upstream, Upstreams,
    },
};
pub use scene::{Scene, now};

use std::{fmt, time::Duration};

use crate::{Bot, Failure, Meta, Query, Result, Stopped, http::Request};

/// Asks a bot and returns what it said.
///
/// The query is a text, a list of messages, or a whole [`Query`]. For headers, bounds and readers who
/// leave early, see [`Scene`].
pub fn ask(bot: &(impl Bot + ?Sized), query: impl Into<Query>) -> Transcript {
    Scene::default().ask(bot, query)
}

/// What a bot said in answer to one query.
///
/// Its `Display` is meant for golden tests: one line for each event, with the platform's own name
/// and the JSON that goes over the wire, a line `wait 1s` wherever the bot slept, and `done {}`.
/// Errors that the gateway writes in the bot's name (nothing said, too long) are not in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Transcript {
    /// The events that were accepted, in order. A failure that `respond` returned is the last one.
    /// Empty texts are not there, because the gateway does not send them.
    pub events: Vec<Event>,
    /// How long the bot slept in all.
    pub took: Duration,
    /// What `respond` returned.
    pub result: Result,
    /// Why events were refused, in order. Mostly empty.
    pub refused: Vec<Stopped>,
    /// What other bots were asked, in order.
    pub asked: Vec<Asked>,
    /// The files that were uploaded, in order; each is a file event, too.
    pub uploads: Vec<Upload>,
    /// What was charged, in order.
    pub charges: Vec<Charge>,
    /// What was sent to the web, in order, refused requests and all.
    pub requests: Vec<Request>,
    /// What the bot remembers at the end: what the scene began with, and what has become of it.
    pub store: Store,
    /// What the bot knows at the end: what the scene began with, and what has become of it.
    pub knowledge: Knowledge,
    /// When each event was said: one for each of `events`.
    times: Vec<Duration>,
}

impl Transcript {
    /// The text that the reader has before them at the end: texts joined, replacements made.
    ///
    /// Of a reply with several numbered answers, the part that belongs to none of them.
    pub fn text(&self) -> String {
        self.text_of(None)
    }

    /// The same for the answer with this index.
    pub fn text_at(&self, index: u32) -> String {
        self.text_of(Some(index))
    }

    fn text_of(&self, wanted: Option<u32>) -> String {
        let mut shown = String::new();
        for event in &self.events {
            match event {
                Event::Text { index, text } if *index == wanted => shown.push_str(text),
                Event::Replace { index, text } if *index == wanted => shown.clone_from(text),
                _ => {}
            }
        }
        shown
    }

    /// The failure that ended the reply, whether it was said or returned.
    pub fn failure(&self) -> Option<&Failure> {
        self.events.iter().find_map(|event| match event {
            Event::Error(failure) => Some(failure),
            _ => None,
        })
    }

    /// How the reply is to be shown, where the bot said so.
    pub fn meta(&self) -> Option<&Meta> {
        self.events.iter().find_map(|event| match event {
            Event::Meta(meta) => Some(meta),
            _ => None,
        })
    }

    /// The suggested replies, in order.
    pub fn suggestions(&self) -> Vec<&str> {
        self.events
            .iter()
            .filter_map(|event| match event {
                Event::Suggest(text) => Some(text.as_str()),
                _ => None,
            })
            .collect()
    }

    /// Each event with the time at which it was said, counted from the query.
    pub fn timed(&self) -> impl Iterator<Item = (Duration, &Event)> {
        self.times.iter().copied().zip(&self.events)
    }
}

impl fmt::Display for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut now = Duration::ZERO;
        for (time, event) in self.timed() {
            wait(f, now, time)?;
            now = time;
            writeln!(f, "{event}")?;
        }
        wait(f, now, self.took)?;
        writeln!(f, "done {{}}")
    }
}

fn wait(f: &mut fmt::Formatter<'_>, from: Duration, to: Duration) -> fmt::Result {
    match to.saturating_sub(from) {
        Duration::ZERO => Ok(()),
        time => writeln!(f, "wait {time:?}"),
    }
}
