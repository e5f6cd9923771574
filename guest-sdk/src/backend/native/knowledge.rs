//! What the scene knows for a bot.

use super::{
    kept::Scope,
    known::Knowledge,
    scene_state::{self, SceneState},
};
use crate::{
    document::{Document, DocumentInfo, Passage},
    failure::KnowledgeError,
};

/// Most documents that are listed at once, as in the gateway.
const LISTED_MAX: usize = 1_000;

/// Some of the documents.
pub(crate) struct Page {
    pub(crate) documents: Vec<DocumentInfo>,
    /// Where there are more: what brings them.
    pub(crate) next: Option<String>,
}

/// Does something with a collection of the scene.
fn with<T>(
    name: &str,
    run: impl FnOnce(&mut Knowledge, &Scope) -> Result<T, KnowledgeError>,
) -> Result<T, KnowledgeError> {
    let none =
        "there are collections only while a scene is played: `Scene::ask` or `Scene::during`";
    let see = |state: &mut SceneState| {
        let scope = match name {
            "bot" => Scope::Bot,
            "user" if !state.user_id.is_empty() => Scope::user(&state.user_id),
            _ => return Err(KnowledgeError::NoSuchCollection),
        };
        run(&mut state.known, &scope)
    };
    scene_state::with(see).unwrap_or_else(|| Err(KnowledgeError::Other(none.to_owned())))
}

pub(crate) fn search(
    collection: &str,
    question: &str,
    limit: u32,
) -> Result<Vec<Passage>, KnowledgeError> {
    with(collection, |known, scope| {
        known.search(scope, question, limit)
    })
}

pub(crate) fn put(collection: &str, documents: Vec<Document>) -> Result<(), KnowledgeError> {
    with(collection, |known, scope| known.put(scope, documents))
}

pub(crate) fn remove(collection: &str, ids: &[String]) -> Result<u32, KnowledgeError> {
    with(collection, |known, scope| known.remove(scope, ids))
}

pub(crate) fn clear(collection: &str) -> Result<u32, KnowledgeError> {
    with(collection, Knowledge::clear)
}

pub(crate) fn documents(collection: &str, after: Option<&str>) -> Result<Page, KnowledgeError> {
    with(collection, |known, scope| {
        let behind = known.documents_behind(scope, after)?;
        let mut documents: Vec<_> = behind.take(LISTED_MAX.saturating_add(1)).collect();
        let has_more = documents.len() > LISTED_MAX;
        documents.truncate(LISTED_MAX);
        let last = documents.last().filter(|_| has_more);
        let next = last.map(|last| last.id.clone());
        Ok(Page { documents, next })
    })
}
