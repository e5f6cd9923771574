//! What is wrong with documents that somebody hands in.

use std::fmt;

/// Why documents were not taken. Nothing has changed, and the same is refused again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// A document without an identifier.
    #[error("the identifier of a document has 1 to {limit} bytes, and one here has none")]
    NoId {
        /// Longest identifier, in bytes.
        limit: usize,
    },
    /// A part of a document is longer than it may be.
    #[error("the {part} of a document has at most {limit} bytes, and one here has {given}")]
    TooLong {
        /// Which part.
        part: DocumentPart,
        /// In bytes.
        limit: usize,
        /// How long it is, in bytes.
        given: usize,
    },
    /// More documents at once than one call takes.
    #[error("at most {limit} documents are taken at once, and these are {given}")]
    TooMany {
        /// How many.
        limit: usize,
        /// How many there are.
        given: usize,
    },
    /// The texts of one call are more than one call takes.
    #[error("the texts of one call have at most {limit} bytes together, and these have {given}")]
    TooManyBytes {
        /// In bytes.
        limit: usize,
        /// How many they have, in bytes.
        given: usize,
    },
    /// The vectors of one call are more than one call takes.
    #[error("the vectors of one call have at most {limit} bytes together, and these have {given}")]
    TooManyVectors {
        /// In bytes.
        limit: usize,
        /// How many they have, in bytes.
        given: usize,
    },
}

/// A part of a document that has a bound of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentPart {
    /// Its identifier.
    Id,
    /// Its title.
    Title,
    /// Where it is from.
    Source,
    /// Its text.
    Text,
    /// Its digest.
    Digest,
    /// What its vectors were computed with.
    Model,
}

impl fmt::Display for DocumentPart {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Id => "identifier",
            Self::Title => "title",
            Self::Source => "source",
            Self::Text => "text",
            Self::Digest => "digest",
            Self::Model => "model",
        })
    }
}
