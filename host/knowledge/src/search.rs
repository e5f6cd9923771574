//! Searches one collection of documents: by words, by meaning where vectors are there, and by both together.

use std::collections::HashSet;

use crate::{
    fusion::{CANDIDATES_MIN, join},
    index::{IndexError, KeywordIndex},
    language::Language,
    passages::Passage,
    ranking::{Hit, PassageId},
    vectors::VectorIndex,
};

/// A document as a collection takes it in. What of it is to be shown later is kept by the caller.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'d> {
    /// Its title, if it has one: found with each of its passages.
    pub title: Option<&'d str>,
    /// Its passages, by their order.
    pub passages: &'d [Passage],
    /// Vectors of its passages: for each passage those of its windows. Fewer than passages, and none, are allowed.
    pub vectors: &'d [Vec<Vec<f32>>],
}

/// What a question means, as an encoder has it.
#[derive(Clone, Debug)]
pub struct Meaning {
    /// One vector, or several, of which the nearest counts.
    pub vectors: Vec<Vec<f32>>,
    /// From which cosine on a passage is near, with this encoder: see [`crate::near_from`].
    pub near_from: f32,
}

/// What searches need of the documents of one collection, in memory, made anew whenever it is lost.
///
/// The same documents give the same hits with the same scores, whatever the order in which they came.
pub struct Collection {
    /// Of documents that do not tell.
    language: Language,
    keywords: KeywordIndex,
    vectors: VectorIndex,
    documents: HashSet<u64>,
}

impl Collection {
    /// One without documents. The language is that of documents too short to tell.
    pub fn new(language: Language) -> Result<Self, IndexError> {
        Ok(Self {
            language,
            keywords: KeywordIndex::new()?,
            vectors: VectorIndex::new(),
            documents: HashSet::new(),
        })
    }

    /// Puts a document in, or in the place of the one with this number. Found after [`Collection::commit`].
    pub fn put(&mut self, document: u64, entry: &Entry<'_>) -> Result<(), IndexError> {
        self.vectors.remove(document);
        let language = language_of(entry, self.language);
        let texts: Vec<String> = entry
            .passages
            .iter()
            .map(|passage| searched_text(entry.title, passage))
            .collect();
        self.keywords
            .put(document, language, texts.iter().map(String::as_str))?;
        for (ordinal, windows) in (0..).zip(entry.vectors.iter().take(entry.passages.len())) {
            for vector in windows {
                self.vectors.add(PassageId { document, ordinal }, vector);
            }
        }
        self.documents.insert(document);
        Ok(())
    }

    /// Takes a document out, if it is there. It is found until [`Collection::commit`], by its words.
    pub fn remove(&mut self, document: u64) -> Result<(), IndexError> {
        self.documents.remove(&document);
        self.vectors.remove(document);
        self.keywords.remove(document)
    }

    /// Lets searches find what has changed. Many documents are put in quickest with one commit at their end.
    pub fn commit(&mut self) -> Result<(), IndexError> {
        self.keywords.commit()
    }

    /// How many documents there are.
    pub fn documents(&self) -> usize {
        self.documents.len()
    }

    /// The passages that answer a question best, best first, at most as many as asked for; none where nothing fits.
    ///
    /// With a meaning, those near it are joined to those that have the question's words. Where no passage has vectors of
    /// that length, as after a change of the encoder, it is words alone. Computes for a time in proportion to the
    /// collection, and is to run where that may be.
    pub fn search(
        &self,
        question: &str,
        meaning: Option<&Meaning>,
        limit: usize,
    ) -> Result<Vec<Hit>, IndexError> {
        let candidates = limit.max(CANDIDATES_MIN);
        let near = meaning.map(|it| (self.vectors.search(&it.vectors, candidates), it.near_from));
        let Some((mut near, near_from)) = near.filter(|(near, _)| !near.is_empty()) else {
            return self.keywords.search(question, limit);
        };
        let found = self.keywords.look_up(question, candidates)?;
        // In a small collection every passage is among the nearest.
        near.retain(|hit| hit.score >= near_from);
        let mut joined = join(&near, &found.any);
        let fits: HashSet<_> = near
            .iter()
            .chain(&found.telling)
            .map(|hit| hit.passage)
            .collect();
        joined.retain(|hit| fits.contains(&hit.passage));
        joined.truncate(limit);
        Ok(joined)
    }
}

/// What a passage is found by: the title of its document, the headings above it, and its text. An encoder is best given
/// the same.
pub fn searched_text(title: Option<&str>, passage: &Passage) -> String {
    let mut text = String::with_capacity(passage.text.len().saturating_add(200));
    let headings = passage.headings.iter().map(AsRef::as_ref);
    for above in title.into_iter().chain(headings) {
        // A title is often its first heading as well.
        if !text.lines().any(|line| line == above) {
            text.push_str(above);
            text.push('\n');
        }
    }
    text.push_str(&passage.text);
    text
}

/// By the first passages: enough to tell.
fn language_of(entry: &Entry<'_>, otherwise: Language) -> Language {
    let mut sample = entry.title.unwrap_or_default().to_owned();
    for passage in entry.passages.iter().take(4) {
        sample.push('\n');
        sample.push_str(&passage.text);
    }
    Language::of(&sample, otherwise)
}
