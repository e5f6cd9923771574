//! The store as its callers meet it, the same tests over SQLite and PostgreSQL.
//!
//! SQLite needs nothing. PostgreSQL is tested where `RAVENRY_TEST_POSTGRES_URL` names a database in which
//! schemas may be made and dropped; each test has its own. What is left out is said on standard error.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::doc_markdown,
    missing_docs,
    unreachable_pub,
    reason = "tests fall over when something is wrong: that is how they fail"
)]

mod away;
mod backup;
mod batches;
mod bench;
mod child;
mod crash;
mod cursors;
mod disk;
mod documents;
mod expiry;
mod increments;
mod joined;
mod keys;
mod model;
mod opening;
mod operator;
mod server_errors;
mod swaps;
mod syncs;
mod two_stores;
