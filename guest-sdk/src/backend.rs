//! What this crate asks of its surroundings: of the gateway, or of the world that a test plays.
//!
//! Both have the same functions with the same signatures: `http` sends requests, `knowledge` finds passages,
//! `poe` asks the platform, `request` has the request as it was received, `store` keeps values, and a [`Sink`]
//! takes what a bot says. No module above needs to know which of them answers, but `export`, which has a
//! gateway, and `testing`, which plays the world.

#[cfg(not(target_family = "wasm"))]
pub(crate) mod native;
#[cfg(target_family = "wasm")]
mod wasi;

#[cfg(not(target_family = "wasm"))]
pub(crate) use native::{Sink, http, knowledge, poe, request, store};
#[cfg(target_family = "wasm")]
pub(crate) use wasi::{Sink, http, knowledge, poe, request, store};
