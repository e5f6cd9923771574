//! Documents in, passages found: splitting, the keyword index, the encoder, the joining of rankings.
//!
//! A document is split into passages (`passages`). A `Collection` (`search`) finds them by the words of a question
//! (`index`), by its meaning, where there are vectors (`encoder`, `vectors`), and joins both rankings (`fusion`).
//! Everything here is derived from documents and vectors that somebody else keeps, and may be thrown away.
//!
//! No database, no network, no gateway, no thread that outlives a call: what is kept and who may ask is for others.
//! Documents, questions and the files of a model are hostile input: whatever they hold, calls end, in time and memory
//! that are in proportion to them or bounded.

mod encoder;
mod fusion;
mod index;
mod language;
mod nearness;
mod passages;
mod ranking;
mod search;
mod vectors;

pub use self::encoder::Encoder;
pub use self::encoder::EncoderError;
pub use self::encoder::WINDOWS_MAX;
pub use self::fusion::CANDIDATES_MIN;
pub use self::fusion::join;
pub use self::index::IndexError;
pub use self::index::KeywordIndex;
pub use self::index::QUESTION_BYTES_MAX;
pub use self::index::QUESTION_TERMS_MAX;
pub use self::language::Language;
pub use self::nearness::UNRELATED;
pub use self::nearness::near_from;
pub use self::passages::Document;
pub use self::passages::Format;
pub use self::passages::HEADING_CHARS_MAX;
pub use self::passages::OVERLAP_WORDS_MAX;
pub use self::passages::PASSAGE_WORDS_MAX;
pub use self::passages::Passage;
pub use self::passages::count_words;
pub use self::passages::split;
pub use self::passages::title_of;
pub use self::ranking::HITS_MAX;
pub use self::ranking::Hit;
pub use self::ranking::PassageId;
pub use self::search::Collection;
pub use self::search::Entry;
pub use self::search::Meaning;
pub use self::search::searched_text;
pub use self::vectors::VectorIndex;
