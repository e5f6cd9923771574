//! A document as it is handed in and given out, how long it may be, and what it counts.

use std::{collections::HashSet, time::SystemTime};

use sqlx::{Row as _, any::AnyRow};

use crate::{
    document_error::{DocumentError, DocumentPart},
    quota::KEY_BYTES_MAX,
    settings::moment,
};

/// Most documents of one call that takes several, or their identifiers.
pub const DOCUMENTS_MAX: usize = 256;

/// Most bytes that the texts of one call have together, in memory at the same time: 8 MiB.
pub const DOCUMENTS_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Longest identifier of a document, in bytes. It stands in an index where a key does, with the same names before it.
pub const DOCUMENT_ID_BYTES_MAX: usize = KEY_BYTES_MAX;

/// Longest title of a document, in bytes.
pub const DOCUMENT_TITLE_BYTES_MAX: usize = 1_024;

/// Longest source of a document, in bytes.
pub const DOCUMENT_SOURCE_BYTES_MAX: usize = 1_024;

/// Longest text of a document, in bytes: 4 MiB.
pub const DOCUMENT_TEXT_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Longest digest of a document, in bytes: what the longest usual ones have.
pub const DOCUMENT_DIGEST_BYTES_MAX: usize = 64;

/// What a document costs besides its own texts, its digest and the identifier of its user, in bytes: names, numbers,
/// its rows in up to six indexes, and its part of what is kept of its collection.
pub const DOCUMENT_OVERHEAD_BYTES: u64 = 256;

/// How the text of a document is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DocumentFormat {
    /// Without marks.
    Plain,
    /// In Markdown.
    Markdown,
}

/// Who has put a document where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DocumentOrigin {
    /// The bot's manifest names it.
    Manifest,
    /// Somebody has added it while the bot was served, or the bot itself has.
    Added,
}

/// A document to be put into a collection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDocument {
    /// What it is known by in its collection: any text of 1 to [`DOCUMENT_ID_BYTES_MAX`] bytes.
    pub id: String,
    /// What a reader knows it by; at most [`DOCUMENT_TITLE_BYTES_MAX`] bytes.
    pub title: String,
    /// Where it is from; at most [`DOCUMENT_SOURCE_BYTES_MAX`] bytes.
    pub source: String,
    /// What is in it; at most [`DOCUMENT_TEXT_BYTES_MAX`] bytes.
    pub text: String,
    /// How the text is written.
    pub format: DocumentFormat,
    /// Who puts it there.
    pub origin: DocumentOrigin,
    /// What tells whether it has changed, as whoever puts it computes it; at most [`DOCUMENT_DIGEST_BYTES_MAX`] bytes.
    pub digest: Vec<u8>,
}

/// What is known of a document without its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentInfo {
    /// What it is known by in its collection.
    pub id: String,
    /// What a reader knows it by.
    pub title: String,
    /// Where it is from.
    pub source: String,
    /// How long its text is, in bytes.
    pub bytes: u64,
    /// Who has put it there last.
    pub origin: DocumentOrigin,
    /// As it was handed in.
    pub digest: Vec<u8>,
    /// Given when its identifier was new in the collection, and kept as long as it is there: no other document of the
    /// tenant ever has it. Those that came later have greater ones, with gaps.
    pub number: u64,
    /// When it expires; `None`: never. From then on it is as good as removed, and nothing else tells.
    pub expires: Option<SystemTime>,
}

/// A document with its text and its vectors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredDocument {
    /// All but the text and the vectors.
    pub info: DocumentInfo,
    /// What is in it.
    pub text: String,
    /// How the text is written.
    pub format: DocumentFormat,
    /// Of the collection, when it was put last or was given vectors. No other document of the collection has the same.
    pub revision: u64,
    /// What its vectors were computed with, as it was handed in; empty: it has none. See
    /// [`DocumentVectors`](crate::DocumentVectors).
    pub model: Vec<u8>,
    /// As they were handed in.
    pub vectors: Vec<u8>,
}

impl DocumentFormat {
    /// What stands in the column.
    pub(crate) fn to_column(self) -> i64 {
        match self {
            Self::Plain => 0,
            Self::Markdown => 1,
        }
    }

    fn from_column(column: i64) -> Option<Self> {
        [Self::Plain, Self::Markdown]
            .into_iter()
            .find(|format| format.to_column() == column)
    }
}

impl DocumentOrigin {
    /// What stands in the column.
    pub(crate) fn to_column(self) -> i64 {
        match self {
            Self::Manifest => 0,
            Self::Added => 1,
        }
    }

    fn from_column(column: i64) -> Option<Self> {
        [Self::Manifest, Self::Added]
            .into_iter()
            .find(|origin| origin.to_column() == column)
    }
}

impl NewDocument {
    fn check(&self) -> Result<(), DocumentError> {
        if self.id.is_empty() {
            return Err(DocumentError::NoId {
                limit: DOCUMENT_ID_BYTES_MAX,
            });
        }
        let parts = [
            (DocumentPart::Id, self.id.len(), DOCUMENT_ID_BYTES_MAX),
            (
                DocumentPart::Title,
                self.title.len(),
                DOCUMENT_TITLE_BYTES_MAX,
            ),
            (
                DocumentPart::Source,
                self.source.len(),
                DOCUMENT_SOURCE_BYTES_MAX,
            ),
            (
                DocumentPart::Digest,
                self.digest.len(),
                DOCUMENT_DIGEST_BYTES_MAX,
            ),
            (DocumentPart::Text, self.text.len(), DOCUMENT_TEXT_BYTES_MAX),
        ];
        match parts.into_iter().find(|(_, given, limit)| given > limit) {
            None => Ok(()),
            Some((part, given, limit)) => Err(DocumentError::TooLong { part, limit, given }),
        }
    }

    /// What it holds in memory, in bytes, but for what every document does.
    pub(crate) fn bytes(&self) -> usize {
        let texts = [&self.id, &self.title, &self.source, &self.text];
        let texts: usize = texts.into_iter().map(String::len).sum();
        texts.saturating_add(self.digest.len())
    }

    /// What it counts, with its bucket as it stands in its column.
    pub(crate) fn cost(&self, bucket: &[u8]) -> i64 {
        // The first byte of a bucket is its kind, which the overhead includes.
        let id = bucket.len().saturating_sub(1);
        let bytes = u64::try_from(id.saturating_add(self.bytes())).unwrap_or(u64::MAX);
        i64::try_from(bytes.saturating_add(DOCUMENT_OVERHEAD_BYTES)).unwrap_or(i64::MAX)
    }
}

/// The documents of one call in their order, each identifier once: its last one. Refuses what is too much.
pub(crate) fn checked(mut documents: Vec<NewDocument>) -> Result<Vec<NewDocument>, DocumentError> {
    check_count(documents.len())?;
    for document in &documents {
        document.check()?;
    }
    let given = documents.iter().map(|document| document.text.len()).sum();
    if given > DOCUMENTS_BYTES_MAX {
        return Err(DocumentError::TooManyBytes {
            limit: DOCUMENTS_BYTES_MAX,
            given,
        });
    }
    documents.reverse();
    let mut seen = HashSet::new();
    documents.retain(|document| seen.insert(document.id.clone()));
    documents.reverse();
    Ok(documents)
}

/// Refuses more documents than one call takes.
pub(crate) fn check_count(given: usize) -> Result<(), DocumentError> {
    if given > DOCUMENTS_MAX {
        return Err(DocumentError::TooMany {
            limit: DOCUMENTS_MAX,
            given,
        });
    }
    Ok(())
}

/// A document without its text, from the first columns of a row. `None`: this program never wrote that.
pub(crate) fn info(row: &AnyRow) -> Result<Option<DocumentInfo>, sqlx::Error> {
    let text = |place: usize| {
        row.try_get(place)
            .map(|bytes| String::from_utf8(bytes).ok())
    };
    let number = |place: usize| row.try_get::<i64, _>(place);
    let texts = text(0)?.zip(text(1)?).zip(text(2)?);
    let origin = DocumentOrigin::from_column(number(4)?);
    let numbers = u64::try_from(number(3)?)
        .ok()
        .zip(u64::try_from(number(6)?).ok());
    let (digest, expires) = (row.try_get(5)?, moment(number(7)?));
    let parts = texts.zip(origin).zip(numbers);
    Ok(parts.map(
        |((((id, title), source), origin), (bytes, number))| DocumentInfo {
            id,
            title,
            source,
            bytes,
            origin,
            digest,
            number,
            expires,
        },
    ))
}

/// A document from a row. `None`: this program never wrote that.
pub(crate) fn stored(row: &AnyRow) -> Result<Option<StoredDocument>, sqlx::Error> {
    let info = info(row)?;
    let revision = u64::try_from(row.try_get::<i64, _>(8)?).ok();
    let format = DocumentFormat::from_column(row.try_get(9)?);
    let text = String::from_utf8(row.try_get(10)?).ok();
    let (model, vectors) = (row.try_get(11)?, row.try_get(12)?);
    let parts = info.zip(revision).zip(format.zip(text));
    Ok(
        parts.map(|((info, revision), (format, text))| StoredDocument {
            info,
            text,
            format,
            revision,
            model,
            vectors,
        }),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(id: &str, title: &str) -> NewDocument {
        NewDocument {
            id: id.to_owned(),
            title: title.to_owned(),
            source: String::new(),
            text: String::new(),
            format: DocumentFormat::Plain,
            origin: DocumentOrigin::Added,
            digest: Vec::new(),
        }
    }

    #[test]
    fn of_equal_identifiers_the_last_counts_in_its_place() {
        let given = [("b", "1"), ("a", "2"), ("b", "3"), ("c", "4")];
        let given = given.map(|(id, title)| document(id, title));
        let kept = checked(given.to_vec()).unwrap();
        assert_eq!(kept, given[1..]);
    }

    #[test]
    fn columns_come_back() {
        for format in [DocumentFormat::Plain, DocumentFormat::Markdown] {
            assert_eq!(
                DocumentFormat::from_column(format.to_column()),
                Some(format)
            );
        }
        for origin in [DocumentOrigin::Manifest, DocumentOrigin::Added] {
            assert_eq!(
                DocumentOrigin::from_column(origin.to_column()),
                Some(origin)
            );
        }
        assert_eq!(DocumentFormat::from_column(7), None);
        assert_eq!(DocumentOrigin::from_column(-1), None);
    }
}
