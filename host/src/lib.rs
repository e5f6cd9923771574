//! Ravenry: a WebAssembly plugin gateway for chat bots that speak the Poe protocol.
//!
//! The map, from the front door inwards; a module may use those below it, never those above
//! (`host/README.md` has the drawing, a test holds it):
//!
//! - [`cli`]: verbs, flags, and what a person at a terminal sees;
//! - [`server`]: HTTP in, event streams out; the one place where everything is put together;
//! - [`chat`]: a talk with any server bot at a terminal, and the filter for pipes;
//! - [`simulator`]: the platform's side, for tests and for trying bots out; knows nothing of our server;
//! - [`check`]: any bot held against the numbered rules of the protocol;
//! - [`client`]: a client of any server bot, as the platform is one;
//! - [`bots`]: the mounted bots, and one query's way through one of them;
//! - [`sandbox`]: components, compiled and instantiated; the only module that knows wasmtime;
//! - [`imports`]: what a bot may call;
//! - [`compute`]: time of the processor: serving threads, compute threads, turns;
//! - [`guard`]: the promise to the platform, as a pure state machine;
//! - [`charges`]: money that replies have asked for, on disk until they end;
//! - [`egress`]: the way out: the platform's own API, and the hosts that bots may reach;
//! - [`telemetry`]: logs and metrics as they leave the process;
//! - [`walls`]: what the process itself may not do;
//! - [`protocol`]: the Poe protocol, without I/O;
//! - [`config`]: the files that people write, read into what they mean;
//! - [`control_group`]: what the kernel allows this process;
//! - [`directory`]: a directory of our own;
//! - [`output`]: data on standard output, and whether it got there;
//! - [`metrics`], [`ids`], [`secret`], [`memory`], [`report`]: names, values, budgets, errors.

pub mod bots;
pub mod charges;
pub mod chat;
pub mod check;
pub mod cli;
pub mod client;
pub mod compute;
pub mod config;
pub mod control_group;
pub mod directory;
pub mod egress;
pub mod guard;
pub mod ids;
pub mod imports;
pub mod memory;
pub mod metrics;
pub mod output;
pub mod protocol;
pub mod replay;
pub mod report;
pub mod sandbox;
pub mod secret;
pub mod server;
pub mod simulator;
pub mod telemetry;
pub mod walls;
pub mod worker;
