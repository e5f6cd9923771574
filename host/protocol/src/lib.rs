//! The Poe protocol on one page: what the platform sends, what a bot answers, and in which bytes.
//!
//! The platform sends `POST` with a JSON object to a bot's URL. Its `type` says what it wants:
//!
//! | `type` | the answer | here |
//! |---|---|---|
//! | `query` | a server-sent event stream | [`Request::Query`] in, [`Event`]s out |
//! | `settings` | a JSON object | [`encode::settings`] |
//! | `report_feedback` | ignored | [`Report::Feedback`] |
//! | `report_reaction` | ignored | [`Report::Reaction`] |
//! | `report_error` | ignored | [`Report::Error`] |
//! | anything else | HTTP status 501 | [`DecodeError::UnknownType`] |
//!
//! A stream consists of [`Event`]s: `meta` counts only as the first, at least one of `text`,
//! `replace_response`, `file`, … or `error` follows, and `done` is the last. Which may come when,
//! and how many, is not decided here but by the guard.
//!
//! **Versions.** Requests say `1.0` to `1.2`; the number was never used consistently and is for
//! information only. Settings say version 2 ([`settings::RESPONSE_VERSION`]), without which the
//! platform drops parameter controls. Controls themselves have the version `"2"`.
//!
//! **Sources.** The specification of each year from 2023 to 2026, the reference library
//! `fastapi_poe` up to 0.0.83, and reports of operators. They disagree in places; the rule then is
//! to be liberal in what is accepted ([`decode`]), exact in what is sent ([`encode`]), and to say in
//! one sentence what was wrong ([`DecodeError`], [`event::InvalidEvent`], [`settings::lint`]).
//!
//! **What it never does.** No input or output, no clock, no async, no logging: functions from bytes
//! to values and back. It knows no HTTP, no sandbox and no bot, never panics on untrusted bytes,
//! and repeats at most 40 characters of them in a message.

pub mod answer;
mod control_schema;
mod controls;
pub mod cost;
pub mod decode;
pub mod encode;
pub mod event;
pub mod failure;
mod fields;
pub mod json;
mod lints;
mod members;
pub mod mend;
mod one_pass;
mod query;
mod reference;
mod repair;
pub mod request;
pub mod rules;
pub mod settings;
pub mod settings_check;
pub mod shown;
mod sse_lint;
pub mod store_activity;
pub mod store_error;
pub mod stream_check;
pub mod utf8;
pub mod visible;
pub mod weight;

pub use self::{
    decode::{DecodeError, Decoded},
    event::Event,
    reference::Reference,
    request::{Report, Request},
    settings::Settings,
};
