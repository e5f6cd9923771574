//! What the gateway knows for a bot.

use crate::{
    document::{Document, DocumentInfo, Passage},
    failure::KnowledgeError,
    interface::bindings::ravenry::bot::knowledge,
};

/// Some of the documents.
pub(crate) struct Page {
    pub(crate) documents: Vec<DocumentInfo>,
    /// Where there are more: what brings them.
    pub(crate) next: Option<String>,
}

pub(crate) fn search(
    collection: &str,
    question: &str,
    limit: u32,
) -> Result<Vec<Passage>, KnowledgeError> {
    let found = knowledge::search(collection, question, limit)?;
    Ok(found.into_iter().map(Passage::from).collect())
}

pub(crate) fn put(collection: &str, documents: Vec<Document>) -> Result<(), KnowledgeError> {
    let documents: Vec<_> = documents.into_iter().map(Into::into).collect();
    Ok(knowledge::put(collection, &documents)?)
}

pub(crate) fn remove(collection: &str, ids: &[String]) -> Result<u32, KnowledgeError> {
    Ok(knowledge::remove(collection, ids)?)
}

pub(crate) fn clear(collection: &str) -> Result<u32, KnowledgeError> {
    Ok(knowledge::clear(collection)?)
}

pub(crate) fn documents(collection: &str, after: Option<&str>) -> Result<Page, KnowledgeError> {
    let knowledge::DocumentPage { documents, next } = knowledge::documents(collection, after)?;
    let documents = documents.into_iter().map(DocumentInfo::from).collect();
    Ok(Page { documents, next })
}
