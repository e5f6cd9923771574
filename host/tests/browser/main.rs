//! The chat page in a real browser. Needs Chromium and its driver; where root runs the tests and they are missing,
//! Debian's packages are installed.
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
#[allow(dead_code, unused_imports, reason = "other tests need more of it")]
mod harness;

mod driver;
mod page;
