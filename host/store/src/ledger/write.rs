//! Writes as they wait for their transaction, and what can come of them.

use std::collections::BTreeMap;

use crate::{
    document::NewDocument,
    document_vectors::DocumentVectors,
    error::Error,
    quota::WritePolicy,
    version::{Version, Versioned},
};

/// A write, whose keys and values were checked.
#[derive(Debug)]
pub(crate) enum Write {
    /// Sets all of these entries, or none.
    Set {
        entries: BTreeMap<Vec<u8>, Vec<u8>>,
        policy: WritePolicy,
    },
    /// Deletes these keys, and says how many there were.
    Delete { keys: Vec<Vec<u8>> },
    /// Adds to a number.
    Increment {
        key: Vec<u8>,
        delta: i64,
        policy: WritePolicy,
    },
    /// Sets an entry that still has this version.
    Swap {
        key: Vec<u8>,
        version: Version,
        value: Vec<u8>,
        policy: WritePolicy,
    },
    /// Puts all of these documents, or none.
    PutDocuments {
        /// Each identifier once.
        documents: Vec<NewDocument>,
        policy: WritePolicy,
    },
    /// Gives documents vectors, each of them once with a revision.
    SetVectors { vectors: Vec<DocumentVectors> },
    /// Removes the documents of these identifiers, each once, and says how many there were.
    RemoveDocuments { ids: Vec<String> },
    /// Removes some documents of the bucket.
    ClearDocuments { most: i64 },
    /// Removes some entries and documents of a bot whose buckets are from one to before the other.
    RemoveBuckets {
        from: Vec<u8>,
        before: Vec<u8>,
        most: i64,
    },
    /// Removes some entries and documents of a tenant that had expired by then.
    Sweep { expired_by: i64, most: i64 },
}

impl Write {
    /// What it holds in memory, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Set { entries, .. } => {
                let bytes = entries.iter().map(|(key, value)| key.len() + value.len());
                bytes.sum()
            }
            Self::Delete { keys } => keys.iter().map(Vec::len).sum(),
            Self::Swap { value, .. } => value.len(),
            Self::PutDocuments { documents, .. } => documents.iter().map(NewDocument::bytes).sum(),
            Self::SetVectors { vectors } => vectors.iter().map(DocumentVectors::bytes).sum(),
            Self::RemoveDocuments { ids } => ids.iter().map(String::len).sum(),
            Self::Increment { .. }
            | Self::ClearDocuments { .. }
            | Self::RemoveBuckets { .. }
            | Self::Sweep { .. } => 0,
        }
    }
}

/// What has come of a write.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It is stored, the last of its entries under this version.
    Stored(Version),
    /// The documents are stored.
    Put,
    /// So many documents were given vectors.
    Given(u64),
    /// So many live entries or documents were deleted.
    Deleted(u64),
    /// The number as it is now.
    Number(i64),
    /// Somebody else was first.
    Conflict(Versioned),
    /// Some entries and documents were removed.
    Removed(Removed),
}

/// How many entries and documents were removed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Removed {
    /// In all.
    pub(crate) all: u64,
    /// Of them, those that had not expired.
    pub(crate) live: u64,
    /// Whether there may be more.
    pub(crate) has_more: bool,
}

impl Removed {
    /// How many are left of so many that may go.
    pub(super) fn left(&self, most: i64) -> i64 {
        most.saturating_sub(i64::try_from(self.all).unwrap_or(i64::MAX))
    }

    /// Together with what was removed next.
    pub(super) fn and(self, next: Self) -> Self {
        Self {
            all: self.all.saturating_add(next.all),
            live: self.live.saturating_add(next.live),
            has_more: self.has_more || next.has_more,
        }
    }
}

/// Why a write did not happen.
pub(crate) enum Failure {
    /// It was refused, and the transaction can go on.
    Refused(Error),
    /// The transaction cannot go on.
    Database(sqlx::Error),
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}
