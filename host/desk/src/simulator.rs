//! Plays the platform, so that bots and the gateway can be tried without it.
//!
//! What is here is the API that bots call: a [`Simulator`] on loopback, to which bots ask other bots,
//! upload files, send bills and settings. It answers from [`Script`]s, or from a server bot that was
//! registered under a name. What it was asked it does not keep; [`Hooks`] may look on.
//!
//! ```
//! use ravenry_desk::simulator::{Answer, Script, Simulator};
//!
//! # fn main() -> std::io::Result<()> {
//! let poe = Simulator::start()?;
//! poe.bot("Haiku", Script::computed(|_| Answer::stream().text("Old pond").done()));
//! println!("bots may ask {}", poe.ask_url("Haiku"));
//! # Ok(())
//! # }
//! ```
//!
//! On the same listener is the page on which a person talks to the bots in a browser.
//!
//! It knows a URL and the protocol, and nothing of our server: it plays for any server bot, and
//! judges ours as any other. It listens on 127.0.0.1 only, and never calls anything but the
//! URLs it was given (see [`Downloads`]). Where the platform's own answer is not known, the comment
//! says so.
//!
//! **Bounds.** Everything kept is bounded: what queries have cost and called by [`QUERIES_MAX`] (the
//! oldest goes), files by [`FILES_BYTES_MAX`] (new ones are refused), bodies by [`QUERY_BYTES_MAX`]
//! and [`FILE_BYTES_MAX`], connections by [`CONNECTIONS_MAX`] (more wait), answers by
//! [`ANSWER_TIME_MAX`].

mod api;
mod apply_settings;
mod ask;
mod attachments;
mod bot_settings;
mod call_limits;
mod costs;
mod downloads;
mod exchange;
mod file_store;
mod files;
mod hooks;
mod json_answer;
mod ledger;
mod mock_bot;
mod platform;
mod proxy;
mod query_runner;
mod recent;
mod records;
mod registry;
mod request_body;
mod script;
mod script_body;
mod script_file;
mod serve;
mod sessions;
mod sse_encoding;
mod step;
mod sync;
mod text;
mod upload;
mod web;

pub use self::api::Simulator;
pub use self::ask::QUERY_BYTES_MAX;
pub use self::bot_settings::Terms;
pub use self::downloads::Downloads;
pub use self::exchange::Course;
pub use self::exchange::Ending;
pub use self::files::FILE_BYTES_MAX;
pub use self::files::FILES_BYTES_MAX;
pub use self::files::URL_TIME;
pub use self::files::mime_type_of;
pub use self::hooks::Endpoint;
pub use self::hooks::Hooks;
pub use self::ledger::BALANCE;
pub use self::ledger::Ledger;
pub use self::ledger::Tab;
pub use self::platform::Options;
pub use self::query_runner::Cut;
pub use self::query_runner::Drive;
pub use self::query_runner::Driven;
pub use self::query_runner::Driver;
pub use self::query_runner::FILES_MAX;
pub use self::query_runner::ReplyLimits;
pub use self::recent::QUERIES_MAX;
pub use self::records::Amount;
pub use self::records::Bill;
pub use self::records::BotRequest;
pub use self::records::Charge;
pub use self::records::Origin;
pub use self::records::Record;
pub use self::records::SettingsCall;
pub use self::records::SettingsVerb;
pub use self::records::Upload;
pub use self::registry::Mode;
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
pub use self::step::Step;
pub use self::step::Wait;
