//! What a bot remembers: values under keys that outlive the query, for the bot, for each person, for each
//! conversation.
//!
//! ```
#![doc = include_str!("../examples/store.rs")]
//! ```
//!
//! # Three buckets
//!
//! [`bot`] has one bucket for the bot, [`user`] one for each person, [`conversation`] one for each
//! conversation. Whose it is comes from the query or report at hand: a bot can neither name nor reach
//! another person's. In `settings` there is only [`bot`]; where a query has no person or no conversation,
//! the error is [`Error::NoSuchStore`].
//!
//! # What values are
//!
//! [`Bucket::set`] keeps JSON, a text too (`"milk"`, with its quotes): other programs that read the store,
//! and bots in other languages, find JSON there. [`Bucket::increment`] keeps decimal text, which is JSON as
//! well, so `get::<i64>` reads it. [`Bucket::get_bytes`] and [`Bucket::set_bytes`] keep any bytes as they
//! are.
//!
//! # Who else writes
//!
//! Two messages can be answered at once, each by an instance of its own, and both may change the same value.
//! A `get` with a `set` behind it then loses one of the changes. [`Bucket::update`] and
//! [`Bucket::increment`] lose none; [`Bucket::set_many`] and [`Bucket::delete_many`] change everything that
//! they name at one moment.
//!
//! # How safe, how much, how long
//!
//! A write that has returned is kept, whatever happens to the machine afterwards. Waiting for the store costs
//! no computing time.
//!
//! By default a value has 1 MiB at most, a key 1,024 bytes, all keys and values of a bot 64 MiB together in
//! 100,000 keys; one call for several has 256 keys and 4 MiB of values. What would be more is refused and
//! changes nothing: with [`Error::Full`] where it is all keys and values together, else with
//! [`Error::Other`]. 1,000 operations begin per second; more wait for their turn. The
//! gateway's operator chooses these numbers, and the bot's manifest how long values stay.
//!
//! Native tests have a store in memory, by the same rules; see `testing::Store`. There nothing expires.

mod bucket;
mod keys;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod update_tests;

pub use crate::failure::StoreError as Error;
pub use bucket::Bucket;
pub use keys::Keys;

/// What this bot remembers for all who use it.
pub fn bot() -> Bucket {
    Bucket::named("bot")
}

/// What this bot remembers of the person of the query or report at hand.
pub fn user() -> Bucket {
    Bucket::named("user")
}

/// What this bot remembers of the conversation of the query or report at hand.
pub fn conversation() -> Bucket {
    Bucket::named("conversation")
}
