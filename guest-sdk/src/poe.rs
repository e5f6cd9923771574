//! What a bot asks of the platform while it answers: other bots, files, and money.
//!
//! The gateway makes these calls with the bot's own access key, which the bot never sees.
//!
//! ```
//! use ravenry_sdk::{Bot, Message, Query, Reply, Result, Settings, poe};
//!
//! struct Haiku;
//!
//! impl Bot for Haiku {
//!     fn respond(&self, query: &Query, reply: &mut Reply) -> Result {
//!         let system = Message::system("All your replies are haikus.");
//!         let messages = [&system].into_iter().chain(&query.messages);
//!         poe::ask("Claude-3-Haiku").messages(messages).relay(reply)?;
//!         Ok(())
//!     }
//!
//!     fn settings(&self) -> Settings {
//!         Settings::default().calls("Claude-3-Haiku", 1)
//!     }
//! }
//!
//! let scene = ravenry_sdk::testing::Scene::default().bot("Claude-3-Haiku", "Old pond, frog jumps in");
//! assert_eq!(scene.ask(&Haiku, "hi").text(), "Old pond, frog jumps in");
//! ```
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
mod cost;
mod error;
#[cfg(test)]
mod tests;

#[cfg(target_family = "wasm")]
pub(crate) use crate::export::poe as source;
#[cfg(not(target_family = "wasm"))]
pub(crate) use crate::testing::poe as source;

pub use answer::{Answer, Merged, merge};
pub use ask::{Ask, ask};
pub use cost::{CostItem, authorize, capture};
pub use error::PoeError;
