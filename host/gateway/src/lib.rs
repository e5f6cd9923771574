//! The gateway: server bots as WebAssembly components, on one server, for many tenants.
//!
//! [`server`] is the composition root and the front; [`bots`] one query's way through a bot; [`sandbox`] the
//! only module that knows wasmtime; [`imports`] what a bot may call. `host/README.md` has the map. Knows the
//! protocol, the files that people write, and the way out; knows nothing of a command line, and nothing of
//! the author's desk.

pub mod bots;
mod charges;
mod compute;
mod control_group;
pub mod embedding;
mod guard;
pub mod imports;
mod metrics;
pub mod packer;
pub mod sandbox;
mod secrets;
pub mod server;
pub mod store;
pub mod telemetry;
pub mod walls;
