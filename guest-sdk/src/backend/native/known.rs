//! The collections of a scene, within the limits of the gateway.

mod passages;

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
};

use super::kept::Scope;
use crate::{
    document::{Document, DocumentInfo, Passage},
    failure::KnowledgeError,
};

/// Longest identifier, title and source, in bytes, as in the gateway.
const NAME_BYTES_MAX: usize = 1_024;

/// Longest text, in bytes, as in the gateway.
const TEXT_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Most documents of one call, as in the gateway.
const BATCH_DOCUMENTS_MAX: usize = 256;

/// Most bytes of the documents of one call, as in the gateway.
const BATCH_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Most bytes of all documents, and how many there may be: what the gateway has for a bot's store, which its
/// documents are part of.
const BYTES_MAX: usize = 64 * 1024 * 1024;
const DOCUMENTS_MAX: usize = 100_000;

/// How much of a question counts, in bytes, as in the gateway.
const QUESTION_BYTES_MAX: usize = 16 * 1024;

/// Most passages of one search, as in the gateway.
const FOUND_MAX: usize = 100;

/// What a bot knows in a test: put in before in [`Scene::knowledge`](crate::testing::Scene::knowledge), looked at
/// after in [`Transcript::knowledge`](crate::testing::Transcript::knowledge).
///
/// ```
/// use ravenry_sdk::knowledge::Document;
/// use ravenry_sdk::testing::{Knowledge, Scope};
///
/// let knowledge = Knowledge::new()
///     .with(Scope::Bot, Document::markdown("hours.md", "# Hours\n\nFrom 9 to 17."))
///     .with(Scope::user("anna"), Document::plain("list.txt", "milk"));
/// assert!(knowledge.ids(&Scope::Bot).eq(["hours.md"]));
/// assert_eq!(knowledge.document(&Scope::user("bert"), "list.txt"), None);
/// ```
///
/// A search finds what has the words; the gateway's ranking is better. Here a passage scores by how many distinct
/// words of the question are in it, as they are written but for upper case. It begins with a heading, or where it
/// would have more than 180 words. A conversation has no documents, and what is in the [`Store`](super::Store)
/// takes no room from them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Knowledge {
    collections: BTreeMap<Scope, BTreeMap<String, Document>>,
    refusal: Option<KnowledgeError>,
}

impl Knowledge {
    /// Collections with nothing in them.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a document in, in the place of the one that has its identifier.
    #[must_use]
    pub fn with(mut self, scope: Scope, document: Document) -> Self {
        let documents = self.collections.entry(scope).or_default();
        documents.insert(document.id.clone(), document);
        self
    }

    /// Refuses what the bot asks for with this error: with [`KnowledgeError::Full`] what it puts in, with any
    /// other everything.
    ///
    /// ```
    /// use ravenry_sdk::knowledge::{self, Error};
    /// use ravenry_sdk::testing::{Knowledge, Scene};
    ///
    /// let away = Error::Unavailable("the database does not answer".to_owned());
    /// let scene = Scene::default().knowledge(Knowledge::new().refusing(away.clone()));
    /// assert_eq!(scene.during(|| knowledge::bot().search("hours", 5)), Err(away));
    /// ```
    #[must_use]
    pub fn refusing(mut self, error: KnowledgeError) -> Self {
        self.refusal = Some(error);
        self
    }

    /// The document of this scope with this identifier.
    pub fn document(&self, scope: &Scope, id: &str) -> Option<&Document> {
        self.collections.get(scope)?.get(id)
    }

    /// The identifiers of the documents of this scope, in the order of their bytes.
    pub fn ids(&self, scope: &Scope) -> impl Iterator<Item = &str> {
        self.documents(scope).map(|document| document.id.as_str())
    }

    fn documents(&self, scope: &Scope) -> impl Iterator<Item = &Document> {
        let documents = self.collections.get(scope).into_iter();
        documents.flat_map(BTreeMap::values)
    }

    /// What is there at the end. A scope without documents is as if it had never had any.
    pub(crate) fn into_end(mut self) -> Self {
        self.collections
            .retain(|_, documents| !documents.is_empty());
        self
    }

    /// Refuses what is to be refused.
    fn check_refusal(&self, is_put: bool) -> Result<(), KnowledgeError> {
        match &self.refusal {
            Some(KnowledgeError::Full(_)) if !is_put => Ok(()),
            Some(error) => Err(error.clone()),
            None => Ok(()),
        }
    }

    pub(super) fn search(
        &self,
        scope: &Scope,
        question: &str,
        limit: u32,
    ) -> Result<Vec<Passage>, KnowledgeError> {
        self.check_refusal(false)?;
        let question = &question[..question.floor_char_boundary(QUESTION_BYTES_MAX)];
        let wanted = passages::words(question);
        let mut found: Vec<Passage> = self
            .documents(scope)
            .flat_map(passages::split)
            .filter_map(|mut passage| {
                let words = passages::words(&passage.text);
                let both = wanted.intersection(&words).count();
                passage.score = f64::from(u32::try_from(both).unwrap_or(u32::MAX));
                (both > 0).then_some(passage)
            })
            .collect();
        // Stable: of equals, the earlier one stays before the later.
        found.sort_by(|one, other| other.score.total_cmp(&one.score));
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        found.truncate(limit.min(FOUND_MAX));
        Ok(found)
    }

    pub(super) fn put(
        &mut self,
        scope: &Scope,
        documents: Vec<Document>,
    ) -> Result<(), KnowledgeError> {
        check_count(documents.len())?;
        documents.iter().try_for_each(check_document)?;
        if documents.iter().map(size).sum::<usize>() > BATCH_BYTES_MAX {
            let bound = "the documents of one call have at most";
            return Err(invalid(format!("{bound} {BATCH_BYTES_MAX} bytes together")));
        }
        self.check_refusal(true)?;
        let before = self.totals();
        let mut after = self.collections.get(scope).cloned().unwrap_or_default();
        for document in documents {
            after.insert(document.id.clone(), document);
        }
        let old = self.collections.insert(scope.clone(), after);
        let (count, bytes) = self.totals();
        let refused = if count > before.0.max(DOCUMENTS_MAX) {
            format!("no more than {DOCUMENTS_MAX} documents of the bot are kept")
        } else if bytes > before.1.max(BYTES_MAX) {
            format!("no more than {BYTES_MAX} bytes of the bot are kept")
        } else {
            return Ok(());
        };
        self.collections
            .insert(scope.clone(), old.unwrap_or_default());
        Err(KnowledgeError::Full(refused))
    }

    /// How many documents there are, and how many bytes they have.
    fn totals(&self) -> (usize, usize) {
        let all = || self.collections.values().flat_map(BTreeMap::values);
        (all().count(), all().map(size).sum())
    }

    pub(super) fn remove(&mut self, scope: &Scope, ids: &[String]) -> Result<u32, KnowledgeError> {
        check_count(ids.len())?;
        self.check_refusal(false)?;
        let documents = self.collections.entry(scope.clone()).or_default();
        let ids: BTreeSet<&String> = ids.iter().collect();
        let removed = ids.into_iter().filter_map(|id| documents.remove(id));
        Ok(count(removed.count()))
    }

    pub(super) fn clear(&mut self, scope: &Scope) -> Result<u32, KnowledgeError> {
        self.check_refusal(false)?;
        let documents = self.collections.remove(scope);
        Ok(count(documents.map_or(0, |documents| documents.len())))
    }

    pub(super) fn documents_behind(
        &self,
        scope: &Scope,
        id: Option<&str>,
    ) -> Result<impl Iterator<Item = DocumentInfo>, KnowledgeError> {
        self.check_refusal(false)?;
        let start = id.map_or(Bound::Unbounded, Bound::Excluded);
        let documents = self.collections.get(scope).into_iter();
        let behind = documents
            .flat_map(move |documents| documents.range::<str, _>((start, Bound::Unbounded)));
        Ok(behind.map(|(_, document)| DocumentInfo {
            id: document.id.clone(),
            title: passages::title(document),
            source: passages::source(document),
            bytes: document.text.len() as u64,
        }))
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn size(document: &Document) -> usize {
    let Document {
        id,
        title,
        source,
        text,
        ..
    } = document;
    [id, title, source, text].map(String::len).iter().sum()
}

fn invalid(why: impl Into<String>) -> KnowledgeError {
    KnowledgeError::Invalid(why.into())
}

fn check_count(documents: usize) -> Result<(), KnowledgeError> {
    if documents > BATCH_DOCUMENTS_MAX {
        let bound = format!("at most {BATCH_DOCUMENTS_MAX} documents are taken at once");
        return Err(invalid(bound));
    }
    Ok(())
}

fn check_document(document: &Document) -> Result<(), KnowledgeError> {
    if document.id.is_empty() {
        return Err(invalid("a document has an identifier"));
    }
    let names = [
        ("an identifier", &document.id),
        ("a title", &document.title),
        ("a source", &document.source),
    ];
    for (what, name) in names {
        if name.len() > NAME_BYTES_MAX {
            return Err(invalid(format!(
                "{what} has at most {NAME_BYTES_MAX} bytes"
            )));
        }
    }
    if document.text.len() > TEXT_BYTES_MAX {
        return Err(invalid(format!(
            "a text has at most {TEXT_BYTES_MAX} bytes"
        )));
    }
    Ok(())
}
