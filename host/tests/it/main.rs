//! The gateway as its users meet it: one binary of tests that run the program and talk to it. It needs Rust alone;
//! what else some tests drive (nginx, Caddy, systemd, strace) is installed where root runs them, and they are left out
//! elsewhere, with a line that says so.
//!
//! Nothing here calls the library, but for its simulator, which plays the platform: a test starts
//! `ravenry`, sends bytes and reads bytes. Bots are built from source by the harness.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::format_collect,
    clippy::format_push_string,
    clippy::print_stderr,
    missing_docs,
    unreachable_pub,
    reason = "tests fall over when something is wrong: that is how they fail"
)]

#[path = "../harness/harness.rs"]
#[allow(
    dead_code,
    reason = "other tests drive browsers and build bots in other languages"
)]
mod harness;

#[path = "../sample_tests/sample_tests.rs"]
#[allow(
    dead_code,
    reason = "samples in other languages are held against more of it"
)]
mod sample_tests;

mod bodies;
mod bundles;
mod cancel;
mod chat;
mod check;
mod crowd;
mod decode;
mod docs;
mod drain;
mod egress;
mod faults;
mod front;
mod hostile;
mod house;
mod http;
mod interface;
mod knowledge;
mod limits;
mod logs;
mod memory;
mod metrics;
mod neighbours;
mod new;
mod on_a_server;
mod output;
mod places;
mod poe;
mod query;
mod reload;
mod replay;
mod samples;
mod samples_files;
mod secrets;
mod shown;
mod simulate;
mod simulator;
mod starting;
mod store;
mod tenants;
mod walls;
mod worlds;
