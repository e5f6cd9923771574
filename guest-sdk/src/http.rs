//! Requests to the web, within the hosts that the bot's manifest names.
//!
//! ```
#![doc = include_str!("../examples/http.rs")]
//! ```
//!
//! A manifest names hosts in `allowed_outbound_hosts`; every other one is refused, and
//! [`HttpError::Denied`] says which line to add. Keys are best given to a bot as a secret: it then
//! holds a placeholder, which the gateway swaps on the way to the granted host.
//!
//! The functions ending in `_async` let other futures go on while they wait.

mod events;
mod response;
mod send;
#[cfg(test)]
mod tests;

pub use crate::{
    failure::HttpError,
    web::{Request, Timeouts, get, post, request},
};
pub use events::{EVENT_BYTES_MAX, Events, ServerEvent, events};
pub use response::Response;
