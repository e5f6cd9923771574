//! What a bot knows: documents, and the passages of them that answer a question.
//!
//! ```
#![doc = include_str!("../examples/knowledge.rs")]
//! ```
//!
//! # Two collections
//!
//! [`bot`] is the bot's: its author fills it, by the manifest, at the command line or over HTTP, and it is the
//! same whoever asks. [`user`] is that of the person of the query or report at hand, with this bot alone: what
//! they hand over stays theirs. In `settings` there is only [`bot`]; where a query has no person, the error is
//! [`Error::NoSuchCollection`].
//!
//! # What is found
//!
//! A document is split into passages along its structure, of at most 180 words each. [`Collection::search`]
//! finds them by their words, in the forms that their language has, and by their meaning where the gateway's
//! operator has named a model for that. [`Passage::citation`] is the line by which a reader finds one again.
//!
//! # How safe, how much
//!
//! What was put or removed is kept, whatever happens to the machine afterwards, and is found from then on.
//! Waiting costs no computing time.
//!
//! A document has 4 MiB of text at most, one call 256 documents and 8 MiB: what would be more is
//! [`Error::Invalid`]. Documents count as what the bot keeps, together with what is in its
//! [`store`](crate::store), and what would be more there is [`Error::Full`]. Either changes nothing.
//!
//! Native tests have collections in memory; see `testing::Knowledge`. They find what has the words of a
//! question; the gateway's ranking is better.

mod collection;
mod documents;
#[cfg(test)]
mod tests;

pub use crate::document::{Document, DocumentInfo, Format, Passage};
pub use crate::failure::KnowledgeError as Error;
pub use collection::Collection;
pub use documents::Documents;

/// What this bot knows for all who use it.
pub fn bot() -> Collection {
    Collection::named("bot")
}

/// What the person of the query or report at hand has handed over to this bot.
pub fn user() -> Collection {
    Collection::named("user")
}
