//! The gateway: server bots as WebAssembly components, on one server, for many tenants.
//!
//! [`server`] is the composition root and the front; [`bots`] one query's way through a bot; [`sandbox`] the
//! only module that knows wasmtime; [`imports`] what a bot may call. `host/README.md` has the map. Knows the
//! protocol, the files that people write, and the way out; knows nothing of a command line, and nothing of
//! the author's desk.

pub mod bots;
pub mod charges;
pub mod compute;
pub mod control_group;
pub mod guard;
pub mod imports;
pub mod metrics;
pub mod sandbox;
pub mod secrets;
pub mod server;
pub mod telemetry;
pub mod walls;
