//! Vectors of a document as they are handed in, and how long they may be.

use crate::{
    document::check_count,
    document_error::{DocumentError, DocumentPart},
};

/// Longest name of a model, in bytes.
pub const DOCUMENT_MODEL_BYTES_MAX: usize = 64;

/// Most bytes that the vectors of one call, and so those of a document, have together: 16 MiB.
pub const DOCUMENT_VECTORS_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The vectors of a document, which are computed some time after it was put. What is in them is known to those alone
/// who compute and who search.
///
/// They count against no [`Quota`](crate::Quota), neither as bytes nor as keys: the operator chose the model, so no
/// bot and no user could do anything about their size, and there is about as much of them as of text, which is bounded.
/// A document that was taken cannot become too much only because vectors came later. A disk has room for both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentVectors {
    /// [Of the document](crate::DocumentInfo::number).
    pub number: u64,
    /// [Which the document had](crate::StoredDocument::revision) when its text was read.
    pub revision: u64,
    /// What they were computed with; at most [`DOCUMENT_MODEL_BYTES_MAX`] bytes. Empty: with nothing, which takes
    /// away what was there.
    pub model: Vec<u8>,
    /// At most [`DOCUMENT_VECTORS_BYTES_MAX`] bytes; empty where there is nothing in the text.
    pub vectors: Vec<u8>,
}

/// A document as it is at a moment, for whoever computes its vectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DocumentVersion {
    /// [Of the document](crate::DocumentInfo::number).
    pub number: u64,
    /// [What it has now](crate::StoredDocument::revision).
    pub revision: u64,
    /// How long its text is, in bytes.
    pub bytes: u64,
}

impl DocumentVectors {
    /// What they hold in memory, in bytes, but for what all do.
    pub(crate) fn bytes(&self) -> usize {
        self.model.len().saturating_add(self.vectors.len())
    }
}

/// Refuses what is too much.
pub(crate) fn check(vectors: &[DocumentVectors]) -> Result<(), DocumentError> {
    check_count(vectors.len())?;
    let models = vectors.iter().map(|one| one.model.len());
    if let Some(given) = models
        .max()
        .filter(|given| *given > DOCUMENT_MODEL_BYTES_MAX)
    {
        return Err(DocumentError::TooLong {
            part: DocumentPart::Model,
            limit: DOCUMENT_MODEL_BYTES_MAX,
            given,
        });
    }
    let given = vectors.iter().map(|one| one.vectors.len()).sum();
    if given > DOCUMENT_VECTORS_BYTES_MAX {
        return Err(DocumentError::TooManyVectors {
            limit: DOCUMENT_VECTORS_BYTES_MAX,
            given,
        });
    }
    Ok(())
}
