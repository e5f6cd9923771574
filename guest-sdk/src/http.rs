//! Requests to the web, within the hosts that the bot's manifest names.
//!
//! ```
//! use ravenry_sdk::serde_json::{Value, json};
//! use ravenry_sdk::{Bot, Query, Reply, Result, http};
//!
//! struct Model;
//!
//! impl Bot for Model {
//!     fn respond(&self, query: &Query, reply: &mut Reply) -> Result {
//!         let response = http::post("https://api.openai.com/v1/chat/completions")
//!             .bearer(&std::env::var("OPENAI_API_KEY").unwrap_or_default())
//!             .json(&json!({
//!                 "model": "gpt-4o-mini",
//!                 "stream": true,
//!                 "messages": ravenry_sdk::prompt::role_content(&query.messages),
//!             }))
//!             .send()?
//!             .ok()?;
//!         let mut events = http::events(response);
//!         while let Some(event) = events.next()? {
//!             if event.is_done() {
//!                 break;
//!             }
//!             let chunk: Value = event.json()?;
//!             reply.text(chunk["choices"][0]["delta"]["content"].as_str().unwrap_or_default())?;
//!         }
//!         Ok(())
//!     }
//! }
//!
//! use ravenry_sdk::testing::{Scene, Upstream};
//!
//! let scene = Scene::default().upstream("https://api.openai.com/", |request| {
//!     assert_eq!(request.method, "POST");
//!     let chunk = |text| json!({ "choices": [{ "delta": { "content": text } }] }).to_string();
//!     Upstream::events([chunk("Hel"), chunk("lo"), "[DONE]".to_owned()])
//! });
//! assert_eq!(scene.ask(&Model, "hi").text(), "Hello");
//! ```
//!
//! A manifest names hosts in `allowed_outbound_hosts`; every other one is refused, and
//! [`HttpError::Denied`] says which line to add. Keys are best given to a bot as a secret: it then
//! holds a placeholder, which the gateway swaps on the way to the granted host.
//!
//! The functions ending in `_async` let other futures go on while they wait.

mod error;
mod events;
mod request;
mod response;
#[cfg(test)]
mod tests;
#[cfg(target_family = "wasm")]
mod wasi;

#[cfg(not(target_family = "wasm"))]
use crate::testing::http as source;
#[cfg(target_family = "wasm")]
use wasi as source;

pub use error::HttpError;
pub use events::{EVENT_BYTES_MAX, Events, ServerEvent, events};
pub use request::{Request, Timeouts, get, post, request};
pub use response::Response;
