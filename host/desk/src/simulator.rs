//! Plays the platform, so that bots and the gateway can be tried without it.
//!
//! What is here so far is the API that bots call: a [`FakePoe`] on loopback, to which bots ask other
//! bots, upload files, send bills and settings. It answers from [`Script`]s, or from a server bot
//! that was registered under a name, and keeps what it was asked.
//!
//! ```
//! use ravenry_desk::simulator::{Answer, FakePoe, Script};
//!
//! # fn main() -> std::io::Result<()> {
//! let poe = FakePoe::start()?;
//! poe.bot("Haiku", Script::text("Old pond"));
//! // The first call fails, all later ones work.
//! poe.bot("Moody", Script::in_turn([Answer::status(503), Answer::stream().text("fine").done()]));
//! println!("bots may ask {}/bot/Haiku", poe.url());
//! # Ok(())
//! # }
//! ```
//!
//! On the same listener is the page on which a person talks to the bots in a browser.
//!
//! It knows a URL and the protocol, and nothing of our server: it plays for any server bot, and
//! judges ours as a stranger would. It listens on 127.0.0.1 only, and never calls anything but the
//! URLs it was given (see [`Downloads`]). Where the platform's own answer is not known, the comment
//! says so.
//!
//! **Bounds.** Everything kept is bounded: what was asked by [`RECORDS_MAX`] and
//! [`RECORDED_BYTES_MAX`] (the oldest goes), files by [`FILES_BYTES_MAX`] (new ones are refused),
//! bodies by [`QUERY_BYTES_MAX`] and [`FILE_BYTES_MAX`], connections by [`CONNECTIONS_MAX`] (more
//! wait), answers by [`ANSWER_TIME_MAX`].

mod api;
mod apply_settings;
mod ask;
mod bot_settings;
mod call_limits;
mod clock;
mod costs;
mod file_store;
mod files;
mod history;
mod ledger;
mod mock_bot;
pub mod pdf;
mod proxy;
mod query_runner;
mod registry;
mod script;
mod script_body;
mod script_file;
mod serve;
mod sse_encoding;
mod state;
mod step;
mod sync;
mod text;
mod upload;
mod web;

pub use self::api::Door;
pub use self::api::FakePoe;
pub use self::api::Options;
pub use self::ask::QUERY_BYTES_MAX;
pub use self::bot_settings::Terms;
pub use self::costs::Amount;
pub use self::costs::Bill;
pub use self::costs::Charge;
pub use self::files::FILE_BYTES_MAX;
pub use self::files::FILES_BYTES_MAX;
pub use self::files::URL_TIME;
pub use self::files::mime_type_of;
pub use self::history::Course;
pub use self::history::Ending;
pub use self::history::RECORDED_BYTES_MAX;
pub use self::history::RECORDS_MAX;
pub use self::history::Recorded;
pub use self::ledger::BALANCE;
pub use self::ledger::Ledger;
pub use self::ledger::Tab;
pub use self::query_runner::Cut;
pub use self::query_runner::Drive;
pub use self::query_runner::Driven;
pub use self::query_runner::Driver;
pub use self::query_runner::FILES_MAX;
pub use self::query_runner::Limits;
pub use self::registry::PERSON_KEY;
pub use self::registry::made_up_key;
pub use self::script::Answer;
pub use self::script::Script;
pub use self::script_body::ANSWER_TIME_MAX;
pub use self::serve::CONNECTIONS_MAX;
pub use self::sse_encoding::Chunks;
pub use self::sse_encoding::Framing;
pub use self::sse_encoding::JsonStyle;
pub use self::sse_encoding::LineEnd;
pub use self::state::Mode;
pub use self::state::Overdue;
pub use self::step::Step;
pub use self::step::Wait;
pub use self::sync::SettingsCall;
pub use self::sync::SettingsVerb;
pub use self::upload::Downloads;
pub use self::upload::Origin;
pub use self::upload::Upload;
