//! What every part of Ravenry stands on, whatever it does.
//!
//! Problems as a person reads them, secrets, standard output, directories of our own, patterns of hosts,
//! budgets of memory, and workers, which are processes for work on untrusted files. May know the protocol's
//! escapes; knows no network, no clock, and none of the other crates.

pub mod directory;
pub mod hosts;
pub mod memory;
pub mod output;
pub mod report;
pub mod secret;
pub mod worker;
