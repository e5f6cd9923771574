//! What a bot asks of the platform while it answers: other bots, files, and money.
//!
//! The gateway makes these calls with the bot's own access key, which the bot never sees.
//!
//! One bot asked twice, once for the whole text and once event by event:
//!
//! ```
#![doc = include_str!("../examples/ask.rs")]
//! ```
//!
//! An answer handed through without touching it:
//!
//! ```
#![doc = include_str!("../examples/relay.rs")]
//! ```
//!
//! Files and money:
//!
//! ```
#![doc = include_str!("../examples/files.rs")]
//! ```
//!
//! # The map
//!
//! - [`ask`] makes a question, [`Ask::start`] asks it, [`Answer`] is what comes back, event by event
//!   or all at once. [`Answer::relay`] hands it to the reader without passing through the bot.
//! - [`merge`] reads several answers as they come.
//! - [`Reply::attach`](crate::Reply::attach) and its kin upload files;
//!   [`Attachment::read`](crate::Attachment::read) reads those of a person.
//! - [`authorize`] and [`capture`] charge the person.
//!
//! All of it belongs to `respond`: in `settings` and the reports every function refuses with
//! [`PoeError::Denied`].
//!
//! **Bounds.** A question may have 16 MiB. At most 8 answers can be open at once, across them at most
//! as many as the settings declare. A file may have 50 MB, a reply 20 files.
//!
//! **Time.** Waiting costs no computing time. An upstream that sends nothing at all for 120 s counts
//! as broken.

mod answer;
mod ask;
mod attachment;
mod charge;
#[cfg(test)]
mod tests;

pub use crate::{cost::CostItem, failure::PoeError};
pub use answer::{Answer, Merged, merge};
pub use ask::{Ask, ask};
pub use charge::{authorize, capture};
