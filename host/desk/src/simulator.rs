//! Plays the platform, so that bots and the gateway can be tried without it.
//!
//! What is here so far is the API that bots call: a [`FakePoe`] on loopback, to which bots ask other
//! bots, upload files, send bills and settings. It answers from [`Script`]s, or from a server bot
//! that was registered under a name, and keeps what it was asked.
//!
//! ```
//! use ravenry::simulator::{Answer, FakePoe, Script};
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
mod ask;
mod chain;
mod clock;
mod costs;
mod drive;
mod enrol;
mod files;
mod fit;
mod forward;
mod ledger;
mod pass;
pub mod pdf;
mod play;
mod record;
mod script;
mod serve;
mod shelf;
mod stage;
mod stand_in;
mod step;
mod sync;
mod terms;
mod text;
mod upload;
mod web;
mod wire;
mod written;

pub use self::{
    api::{Door, FakePoe, InvalidForward, Options},
    ask::QUERY_BYTES_MAX,
    costs::{Amount, Bill, Charge},
    drive::{Cut, Drive, Driven, Driver, FILES_MAX, Limits},
    enrol::{PERSON_KEY, made_up_key},
    files::{FILE_BYTES_MAX, FILES_BYTES_MAX, URL_TIME, mime_type_of},
    ledger::{BALANCE, Ledger, Tab},
    play::ANSWER_TIME_MAX,
    record::{Course, Ending, RECORDED_BYTES_MAX, RECORDS_MAX, Recorded},
    script::{Answer, Script},
    serve::CONNECTIONS_MAX,
    stage::{Manner, Overdue},
    step::{Step, Wait},
    sync::{SettingsCall, SettingsVerb},
    terms::Terms,
    upload::{Downloads, Origin, Upload},
    wire::{Chunks, Framing, JsonStyle, LineEnd},
};
