//! One collection in memory: the passages of its documents, and what finds them.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::SystemTime,
};

use ravenry_knowledge::{
    Collection, Entry, Format, HITS_MAX, Hit, IndexError, Language, Meaning, Passage, split,
};
use ravenry_store::{CollectionState, DocumentFormat, StoredDocument};

use ravenry_base::memory::Booking;

/// What a collection takes in memory, for each byte of its texts: the passages, the terms in them, and what their making
/// leaves behind. Seen: a process with 10.9 MiB of them, in 10,000 documents, had 61 MiB more than before.
const TIMES_TEXT: u64 = 6;

/// What an empty one takes, in bytes.
const EMPTY_BYTES: u64 = 1024 * 1024;

/// The language of documents that are too short to tell: what most are in. Its word forms do little to texts in
/// another one, since questions are taken apart in the same way.
const UNTOLD: Language = Language::English;

/// A passage that was found.
#[derive(Clone, Debug)]
pub struct FoundPassage {
    /// The identifier of its document.
    pub document: String,
    /// The title of that.
    pub title: String,
    /// Where that is from.
    pub source: String,
    /// The titles in the document under which it stands.
    pub headings: Vec<Arc<str>>,
    /// The line on which it begins, from 1.
    pub first_line: u32,
    /// The line on which it ends.
    pub last_line: u32,
    /// What it says.
    pub text: String,
    /// How well it fits.
    pub score: f64,
}

/// A collection as it was in the store at some moment.
pub(super) struct Loaded {
    index: Collection,
    /// Vectors of this model count, and of no other; empty: none do.
    model: Vec<u8>,
    documents: HashMap<u64, Known>,
    /// What it was brought up to: later changes may be in it, and removals not.
    as_of: CollectionState,
    /// What all documents take in memory, in bytes.
    bytes: u64,
    booking: Booking,
}

/// Whose vectors a document has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Vectors {
    /// It has none.
    Nobodys,
    /// Those of the model.
    Ours,
    /// Those of another one, which say nothing.
    Others,
}

/// What is shown of a document.
struct Known {
    id: String,
    title: String,
    source: String,
    /// What it takes in memory.
    bytes: u64,
    vectors: Vectors,
    expires: Option<SystemTime>,
    passages: Vec<Passage>,
}

impl std::fmt::Debug for Loaded {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = formatter.debug_struct("Loaded");
        shown.field("as_of", &self.as_of).finish_non_exhaustive()
    }
}

impl Loaded {
    /// Nothing yet. What it will take is booked there; vectors of this model count.
    pub(super) fn new(booking: Booking, model: Vec<u8>) -> Result<Self, IndexError> {
        Ok(Self {
            index: Collection::new(UNTOLD)?,
            model,
            documents: HashMap::new(),
            as_of: CollectionState::default(),
            bytes: 0,
            booking,
        })
    }

    /// Whether the store has nothing else.
    pub(super) fn is_as_of(&self, state: &CollectionState) -> bool {
        self.as_of.revision == state.revision
    }

    /// Whether changes lead to what the store has: not from something later, of which the store knows nothing.
    pub(super) fn may_become(&self, state: &CollectionState) -> bool {
        self.as_of.revision <= state.revision
    }

    /// Whether something is here that is there no more: it was removed, or put again for a time that was over before
    /// anybody looked.
    pub(super) fn lacks_removals(&self, state: &CollectionState, now: SystemTime) -> bool {
        let live = self.documents.values();
        let live = live.filter(|known| known.expires.is_none_or(|expires| expires > now));
        let is_removed = state.removed > self.as_of.revision;
        !self.documents.is_empty() && (is_removed || live.count() as u64 != state.documents)
    }

    /// The revision behind which changes are to be looked at.
    pub(super) fn revision(&self) -> u64 {
        self.as_of.revision
    }

    /// Takes memory for more documents. `false`: there is none.
    pub(super) fn book(&mut self, more: &[StoredDocument]) -> bool {
        let bytes = more
            .iter()
            .map(weight)
            .fold(self.bytes, u64::saturating_add);
        self.booking.set(bytes.saturating_add(EMPTY_BYTES))
    }

    /// Keeps the documents with these numbers alone.
    pub(super) fn retain(&mut self, numbers: &[u64]) -> Result<(), IndexError> {
        let stay: HashSet<u64> = numbers.iter().copied().collect();
        for (number, gone) in self
            .documents
            .extract_if(|number, _| !stay.contains(number))
        {
            self.bytes = self.bytes.saturating_sub(gone.bytes);
            self.index.remove(number)?;
        }
        Ok(())
    }

    /// Puts documents in, each in the place of what it was before.
    pub(super) fn put(&mut self, documents: Vec<StoredDocument>) -> Result<(), IndexError> {
        for document in documents {
            let bytes = weight(&document);
            let StoredDocument {
                info,
                text,
                format,
                model,
                vectors,
                ..
            } = document;
            let split = split(&text, format_of(format));
            drop(text);
            let whose = match model.as_slice() {
                [] => Vectors::Nobodys,
                model if model == self.model => Vectors::Ours,
                _ => Vectors::Others,
            };
            let vectors = if whose == Vectors::Ours {
                of_passages(&vectors, split.passages.len())
            } else {
                Vec::new()
            };
            let named = Some(info.title).filter(|title| !title.is_empty());
            let entry = Entry {
                title: named.as_deref(),
                passages: &split.passages,
                vectors: &vectors,
            };
            self.index.put(info.number, &entry)?;
            let source = Some(info.source).filter(|source| !source.is_empty());
            let known = Known {
                title: named.unwrap_or_else(|| info.id.clone()),
                source: source.unwrap_or_else(|| info.id.clone()),
                id: info.id,
                bytes,
                vectors: whose,
                expires: info.expires,
                passages: split.passages,
            };
            self.bytes = self.bytes.saturating_add(bytes);
            if let Some(before) = self.documents.insert(info.number, known) {
                self.bytes = self.bytes.saturating_sub(before.bytes);
            }
        }
        Ok(())
    }

    /// Lets what was changed be found: all that the store had at this state.
    pub(super) fn commit(&mut self, state: CollectionState) -> Result<(), IndexError> {
        self.index.commit()?;
        self.as_of = state;
        // Never more than was booked for it.
        self.booking.set(self.bytes.saturating_add(EMPTY_BYTES));
        Ok(())
    }

    /// Whether some of it is not found by its meaning, although there is a model.
    pub(super) fn lacks_vectors(&self) -> bool {
        let mut known = self.documents.values();
        !self.model.is_empty() && known.any(|known| known.vectors != Vectors::Ours)
    }

    /// Whether some of it is found by its meaning.
    pub(super) fn has_vectors(&self) -> bool {
        self.has(Vectors::Ours)
    }

    /// Whether some of it would be by another model.
    pub(super) fn has_other_vectors(&self) -> bool {
        self.has(Vectors::Others)
    }

    fn has(&self, vectors: Vectors) -> bool {
        let mut known = self.documents.values();
        known.any(|known| known.vectors == vectors)
    }

    /// The passages that answer a question with this meaning best, at most so many. Of what has expired by now there is none.
    pub(super) fn search(
        &self,
        (question, meaning): (&str, Option<&Meaning>),
        limit: usize,
        now: SystemTime,
    ) -> Result<Vec<FoundPassage>, IndexError> {
        let is_over = |known: &Known| known.expires.is_some_and(|expires| expires <= now);
        let hits = self.index.search(question, meaning, limit)?;
        let any_over = |hit: &Hit| {
            self.documents
                .get(&hit.passage.document)
                .is_some_and(is_over)
        };
        let hits = if hits.iter().any(any_over) {
            self.index.search(question, meaning, HITS_MAX)?
        } else {
            hits
        };
        let found = hits.iter().filter_map(|hit| {
            let known = self.documents.get(&hit.passage.document)?;
            let ordinal = usize::try_from(hit.passage.ordinal).ok()?;
            let passage = known.passages.get(ordinal)?;
            (!is_over(known)).then(|| FoundPassage {
                document: known.id.clone(),
                title: known.title.clone(),
                source: known.source.clone(),
                headings: passage.headings.clone(),
                first_line: passage.first_line,
                last_line: passage.last_line,
                text: passage.text.clone(),
                score: f64::from(hit.score),
            })
        });
        Ok(found.take(limit).collect())
    }
}

/// What a document takes in memory.
fn weight(document: &StoredDocument) -> u64 {
    let text = document.info.bytes.saturating_mul(TIMES_TEXT);
    text.saturating_add(document.vectors.len() as u64)
}

/// How a document is split that is written like this.
pub(in crate::imports) fn format_of(format: DocumentFormat) -> Format {
    match format {
        DocumentFormat::Markdown => Format::Markdown,
        DocumentFormat::Plain => Format::Plain,
    }
}

/// The vectors of a document's passages, one for each, as they were kept; none where they are of something else.
fn of_passages(bytes: &[u8], passages: usize) -> Vec<Vec<Vec<f32>>> {
    let each = bytes.len().checked_div(passages).unwrap_or(0);
    if each == 0 || !each.is_multiple_of(4) || each.checked_mul(passages) != Some(bytes.len()) {
        return Vec::new();
    }
    let number = |bytes: &[u8]| bytes.try_into().map_or(f32::NAN, f32::from_le_bytes);
    let vector = |bytes: &[u8]| bytes.chunks_exact(4).map(number).collect();
    bytes
        .chunks_exact(each)
        .map(|passage| vec![vector(passage)])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::of_passages;

    #[test]
    fn vectors_come_back_from_their_bytes_or_not_at_all() {
        let numbers = [1.0_f32, -2.5, 0.0, 3.25];
        let bytes: Vec<u8> = numbers.into_iter().flat_map(f32::to_le_bytes).collect();
        let both = vec![vec![vec![1.0, -2.5]], vec![vec![0.0, 3.25]]];
        assert_eq!(of_passages(&bytes, 2), both);
        assert_eq!(of_passages(&bytes, 1), [[[1.0, -2.5, 0.0, 3.25]]]);
        let none: Vec<Vec<Vec<f32>>> = Vec::new();
        for (bytes, passages) in [
            (&bytes[..], 3),
            (&bytes[..], 0),
            (&bytes[..15], 1),
            (&[], 2),
            (&bytes[..2], 4),
        ] {
            assert_eq!(of_passages(bytes, passages), none);
        }
    }
}
