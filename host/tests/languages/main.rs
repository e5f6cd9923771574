//! Bots in other languages, and the reference library of the platform: built, and talked with. Needs Python 3.11 with
//! venv and Node 20 with npm, and their registries.
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

#[path = "../sample_tests/sample_tests.rs"]
#[allow(dead_code, reason = "some of it is for samples that are in Rust alone")]
mod sample_tests;

mod bots;
mod components;
mod javascript_samples;
mod python_answers;
mod python_bare;
mod python_files;
mod python_from;
mod python_knowledge;
mod python_memory;
mod python_packages;
mod python_said;
mod python_samples;
mod python_store;
mod reference_client;
mod reference_server;
