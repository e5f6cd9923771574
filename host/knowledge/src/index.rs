//! The keyword index: which passages have the words of a question, best first.
//!
//! Terms and their places are kept by tantivy, in memory. Scores are BM25 with its constants, computed here: tantivy
//! counts what was removed until it merges segments, and adds up in an order that depends on them. Here the same
//! passages have the same scores, bit by bit, whatever the order in which they came and what was there before; among
//! equal ones the lower document and the earlier passage is first.

mod question;
mod scores;
mod terms;

use std::collections::{BTreeMap, HashMap};

use tantivy::{
    Index, IndexReader, IndexWriter, ReloadPolicy, TantivyDocument, TantivyError, Term,
    merge_policy::LogMergePolicy,
    schema::{FAST, Field, INDEXED, IndexRecordOption, Schema, TextFieldIndexing, TextOptions},
};

pub use self::question::QUESTION_BYTES_MAX;
pub use self::question::QUESTION_TERMS_MAX;
use self::terms::{Analyzer, Letters};
use self::{question::Question, scores::Found};
use crate::{
    language::Language,
    ranking::{HITS_MAX, Hit},
};

/// Memory in which terms are collected before they become a segment, in bytes. Held while something is put in.
///
/// tantivy takes no less than 15 MB; with twice that, 100,000 passages make few segments.
const WRITER_BYTES: usize = 30_000_000;

/// Share of removed passages above which a segment is written anew: they take memory, and time with each search.
const REMOVED_MAX: f32 = 0.25;

/// The index did not do what it was asked for. It is derived, so throw it away and make it anew.
#[derive(Debug, thiserror::Error)]
#[error("the keyword index does not work")]
pub struct IndexError(#[from] TantivyError);

/// Passages by their words.
///
/// What was put in or removed is seen after [`KeywordIndex::commit`].
pub struct KeywordIndex {
    index: Index,
    reader: IndexReader,
    /// Only while there are changes: it has threads and much memory.
    writer: Option<IndexWriter>,
    fields: Fields,
    analyzers: BTreeMap<Language, Analyzer>,
    /// All documents, with the changes.
    documents: HashMap<u64, Counts>,
    changed: Statistics,
    /// What searches see.
    committed: Statistics,
}

#[derive(Clone, Copy)]
struct Fields {
    document: Field,
    ordinal: Field,
    text: Field,
}

/// What a document adds to the statistics.
#[derive(Clone, Copy)]
struct Counts {
    language: Language,
    passages: u64,
    terms: u64,
}

/// What scores depend on, besides the terms themselves.
#[derive(Clone, Debug, Default)]
struct Statistics {
    passages: u64,
    /// In all passages together.
    terms: u64,
    /// Languages of documents, with how many there are of each.
    languages: BTreeMap<Language, u64>,
}

impl KeywordIndex {
    /// An index without passages. Takes little memory while it has none.
    pub fn new() -> Result<Self, IndexError> {
        let mut schema = Schema::builder();
        let indexing = TextFieldIndexing::default()
            .set_index_option(IndexRecordOption::WithFreqs)
            .set_tokenizer("whitespace");
        let fields = Fields {
            document: schema.add_u64_field("document", INDEXED | FAST),
            ordinal: schema.add_u64_field("ordinal", FAST),
            text: schema.add_text_field(
                "text",
                TextOptions::default().set_indexing_options(indexing),
            ),
        };
        let index = Index::builder().schema(schema.build()).create_in_ram()?;
        let reader = index
            .reader_builder()
            .reload_policy(ReloadPolicy::Manual)
            .try_into()?;
        Ok(Self {
            index,
            reader,
            writer: None,
            fields,
            analyzers: BTreeMap::new(),
            documents: HashMap::new(),
            changed: Statistics::default(),
            committed: Statistics::default(),
        })
    }

    /// Puts a document in, or in the place of the one with this number: the texts by which its passages are found, in
    /// their order.
    ///
    /// Texts are taken in whole, however long they are. None of them: the document is not found by words.
    pub fn put<'t>(
        &mut self,
        document: u64,
        language: Language,
        texts: impl IntoIterator<Item = &'t str>,
    ) -> Result<(), IndexError> {
        self.remove(document)?;
        let mut counts = Counts {
            language,
            passages: 0,
            terms: 0,
        };
        for text in texts {
            let analyzer = self.analyzers.entry(language);
            let analyzer =
                analyzer.or_insert_with(|| Analyzer::new(language, Letters::PairsAndSingles));
            // The terms of any language go into one field: each as a word of a text that is cut at its spaces.
            let (mut terms, mut count) = (String::with_capacity(text.len()), 0_u64);
            analyzer.for_each(text, |token| {
                if !token.text.is_empty() {
                    terms.push_str(&token.text);
                    terms.push(' ');
                    count = count.saturating_add(1);
                }
            });
            let mut passage = TantivyDocument::new();
            passage.add_u64(self.fields.document, document);
            passage.add_u64(self.fields.ordinal, counts.passages);
            passage.add_text(self.fields.text, terms);
            self.writer()?.add_document(passage)?;
            counts.passages = counts.passages.saturating_add(1);
            counts.terms = counts.terms.saturating_add(count);
        }
        if counts.passages > 0 {
            self.changed.add(counts);
            self.documents.insert(document, counts);
        }
        Ok(())
    }

    /// Takes a document out. There need not be one.
    pub fn remove(&mut self, document: u64) -> Result<(), IndexError> {
        if let Some(counts) = self.documents.remove(&document) {
            let term = Term::from_field_u64(self.fields.document, document);
            self.writer()?.delete_term(term);
            self.changed.subtract(counts);
        }
        Ok(())
    }

    /// Lets searches see what has changed. Waits until it is done; no thread stays behind.
    pub fn commit(&mut self) -> Result<(), IndexError> {
        let Some(mut writer) = self.writer.take() else {
            return Ok(());
        };
        writer.commit()?;
        writer.wait_merging_threads()?;
        self.reader.reload()?;
        self.committed = self.changed.clone();
        Ok(())
    }

    /// How many passages a search looks through.
    pub fn passages(&self) -> u64 {
        self.committed.passages
    }

    /// The passages that have what a question is about, best first: as many as asked for, at most [`HITS_MAX`].
    ///
    /// The question is taken as text: nothing in it is an operator. Its words are looked up as each language of the
    /// collection has them. Words that say nothing of what it is about (`how can I`) make a passage better, and find none by
    /// themselves; nor does one rare word among many that a passage lacks. Of a long question [`QUESTION_BYTES_MAX`] and
    /// [`QUESTION_TERMS_MAX`] say what counts.
    pub fn search(&self, question: &str, limit: usize) -> Result<Vec<Hit>, IndexError> {
        Ok(self.look_up(question, limit)?.telling)
    }

    /// The same, and beside them the passages that have any of its words.
    pub(crate) fn look_up(&self, question: &str, limit: usize) -> Result<Found, IndexError> {
        let statistics = &self.committed;
        if statistics.passages == 0 || limit == 0 {
            return Ok(Found::default());
        }
        let question = Question::read(question, statistics.languages.keys().copied());
        let searcher = self.reader.searcher();
        let weighed = scores::weigh(&searcher, self.fields, statistics, &question)?;
        scores::best(&searcher, self.fields, &weighed, limit.min(HITS_MAX))
    }

    /// The writer, made where there is none.
    fn writer(&mut self) -> Result<&mut IndexWriter, IndexError> {
        let writer = if let Some(writer) = self.writer.take() {
            writer
        } else {
            let writer = self.index.writer_with_num_threads(1, WRITER_BYTES)?;
            let mut merging = LogMergePolicy::default();
            merging.set_del_docs_ratio_before_merge(REMOVED_MAX);
            writer.set_merge_policy(Box::new(merging));
            writer
        };
        Ok(self.writer.insert(writer))
    }
}

impl Statistics {
    fn add(&mut self, counts: Counts) {
        self.passages = self.passages.saturating_add(counts.passages);
        self.terms = self.terms.saturating_add(counts.terms);
        let documents = self.languages.entry(counts.language).or_default();
        *documents = documents.saturating_add(1);
    }

    fn subtract(&mut self, counts: Counts) {
        self.passages = self.passages.saturating_sub(counts.passages);
        self.terms = self.terms.saturating_sub(counts.terms);
        if let Some(documents) = self.languages.get_mut(&counts.language) {
            *documents = documents.saturating_sub(1);
        }
        self.languages.retain(|_, documents| *documents > 0);
    }
}
