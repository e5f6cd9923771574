//! Documents in, passages found: the crate as its callers meet it.
//!
//! The encoder is tested with small models that the tests make, and with a real one where `RAVENRY_TEST_MODEL` names
//! the directory of all-MiniLM-L6-v2. What is left out is said on standard error.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::format_collect,
    clippy::missing_panics_doc,
    clippy::print_stdout,
    clippy::doc_markdown,
    missing_docs,
    unreachable_pub,
    reason = "tests fall over when something is wrong: that is how they fail"
)]

mod encoder;
mod hostile;
mod keywords;
mod model;
mod passages;
mod refused;
mod search;
mod vectors;
