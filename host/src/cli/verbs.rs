//! The verbs, a file each: its arguments, and what it does with them.
//!
//! A verb uses what is shared, one directory up. It knows no other verb, and nothing that is shared knows a verb:
//! one can be read without the others.

pub(super) mod build;
pub(super) mod chat;
pub(super) mod check;
pub(super) mod completions;
pub(super) mod inspect;
pub(super) mod knowledge;
pub(super) mod new;
pub(super) mod serve;
pub(super) mod simulate;
pub(super) mod store;
pub(super) mod sync;
pub(super) mod test;
pub(super) mod up;
pub(super) mod worker_commands;
