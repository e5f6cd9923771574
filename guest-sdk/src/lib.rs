//! Write a Ravenry bot in Rust: one trait, one macro.
//!
//! A bot answers people on a chat platform. It is built as a WebAssembly component and runs inside
//! the gateway's sandbox; everything that it can say or ask goes through this crate. The smallest
//! one says back what it hears:
//!
//! ```
#![doc = include_str!("../examples/echo.rs")]
//! ```
//!
//! In its `Cargo.toml` stand `crate-type = ["cdylib", "rlib"]` under `[lib]` and this crate under
//! `[dependencies]`. `cargo build --release --target wasm32-wasip2` makes the component; the `rlib`
//! is for `cargo test`, which runs the bot natively, without WebAssembly:
//!
//! ```
//! # use ravenry_sdk::{Bot, Query, Reply, Result};
//! # struct Echo;
//! # impl Bot for Echo {
//! #     fn respond(&self, query: &Query, reply: &mut Reply) -> Result {
//! #         reply.text(query.last_text())
//! #     }
//! # }
//! use ravenry_sdk::testing;
//!
//! assert_eq!(testing::ask(&Echo, "hi").text(), "hi");
//! ```
//!
//! # The map
//!
//! - [`Bot`] is what you implement, [`export!`] makes it the component's bot.
//! - [`Query`] is what is asked: the conversation, its people, files and parameters.
//! - [`Reply`] is where the answer goes, event by event. `write!` works on it.
//! - [`Failure`] is the polite way to give up; [`Stopped`] is why nothing more can be said. Both
//!   become an [`Error`] with `?`, and so do the errors of [`poe`], [`http`], [`store`] and
//!   [`knowledge`].
//! - [`Settings`] says how the platform should treat the bot; [`settings`] has the controls that a
//!   person can set beside the text field.
//! - [`poe`] asks other bots and hands their answers on, uploads files, reads attachments, charges.
//! - [`tools`] lets a language model use tools; [`prompt`] shapes conversations for one.
//! - [`http`] reaches the web, within the hosts of the manifest, and reads streams of events.
//! - [`store`] keeps what a bot remembers: for the bot, for each person, for each conversation.
//! - [`knowledge`] finds the passages of a bot's documents that answer a question.
//! - [`AsyncBot`] is a bot that waits for several things at once; [`task`] has what it needs.
//! - [`request`] has the request as it was received, for what the types above leave out.
//! - [`time`] waits, and tests need not wait with it.
//! - `testing` is a reader for native tests: it asks a bot and keeps what it says, and plays the other
//!   bots, the web, the store, the documents, the person's purse and the clock. It exists on every target but WebAssembly.
//!
//! # What a bot may rely on
//!
//! Every call gets a fresh instance: no global and no cache survives it. What must be remembered is
//! in the query, which carries the conversation, or is kept in the [`store`]. What a bot prints on stdout and stderr is its log;
//! its configuration arrives as environment variables. When it panics, what it said stays, and the
//! person reads one sentence with a reference to the log.

#![expect(
    clippy::test_attr_in_doctest,
    reason = "the examples that are shown have their tests in them, and are run by themselves"
)]

// Who may know whom: each line those below it, never those above.
//
//     export  testing
//     bot  tools
//     poe
//     reply  http  request  store  knowledge
//     backend
//     current_query  interface  task  time
//     cost  document  event  prompt  tool_call  web
//     failure  query  settings  tolerant_json  wait
//
// Which target this is, `backend` and `wait` know, and what makes a component: `export`, `interface`.
mod backend;
mod bot;
mod cost;
mod current_query;
mod document;
mod event;
mod export;
mod failure;
pub mod http;
mod interface;
pub mod knowledge;
pub mod poe;
pub mod prompt;
mod query;
mod reply;
pub mod request;
pub mod settings;
pub mod store;
pub mod task;
#[cfg(not(target_family = "wasm"))]
pub mod testing;
pub mod time;
mod tolerant_json;
mod tool_call;
pub mod tools;
mod wait;
mod web;

pub use bot::{AsyncBot, Bot, ErrorReport, Feedback, Reaction};
pub use event::{Event, File, Meta};
pub use failure::{Error, Failure, Result, Stopped};
pub use query::{Attachment, Message, MessageFeedback, MessageReaction, Query, Role, Sender, User};
pub use reply::Reply;
/// The JSON library whose values appear in this crate.
pub use serde_json;
pub use settings::Settings;

#[doc(hidden)]
pub use export::glue as __export;
