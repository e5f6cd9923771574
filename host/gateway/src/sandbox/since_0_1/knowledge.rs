//! The interface `knowledge`: converts and forwards.

use super::{StoreData, bindings::ravenry::bot::knowledge};
use crate::imports::{
    collections::FoundPassage,
    keyvalue::Buckets,
    knowledge::{GivenDocument, KnowledgeError},
};

/// What a function gives back: the outer error would trap, and is never used.
type Answer<T> = wasmtime::Result<Result<T, knowledge::KnowledgeError>>;

impl StoreData {
    fn known(&self) -> Result<&Buckets, knowledge::KnowledgeError> {
        let buckets = self.call.buckets.as_ref();
        buckets.ok_or(knowledge::KnowledgeError::NoSuchCollection)
    }
}

impl knowledge::Host for StoreData {
    async fn search(
        &mut self,
        collection: String,
        question: String,
        limit: u32,
    ) -> Answer<Vec<knowledge::Passage>> {
        let known = self.known();
        let answer = async {
            let found = known?.search(&collection, question, limit).await?;
            Ok(found.into_iter().map(Into::into).collect())
        };
        Ok(answer.await)
    }

    async fn put(&mut self, collection: String, documents: Vec<knowledge::Document>) -> Answer<()> {
        let known = self.known();
        let answer = async {
            let documents = documents.into_iter().map(Into::into).collect();
            Ok(known?.put_documents(&collection, documents).await?)
        };
        Ok(answer.await)
    }

    async fn remove(&mut self, collection: String, ids: Vec<String>) -> Answer<u32> {
        let known = self.known();
        let answer = async { Ok(known?.remove_documents(&collection, &ids).await?) };
        Ok(answer.await)
    }

    async fn clear(&mut self, collection: String) -> Answer<u32> {
        let known = self.known();
        let answer = async { Ok(known?.clear_documents(&collection).await?) };
        Ok(answer.await)
    }

    async fn documents(
        &mut self,
        collection: String,
        after: Option<String>,
    ) -> Answer<knowledge::DocumentPage> {
        let known = self.known();
        let answer = async {
            let page = known?.documents(&collection, after.as_deref()).await?;
            let documents = page
                .documents
                .into_iter()
                .map(|info| knowledge::DocumentInfo {
                    title: shown(info.title, &info.id),
                    source: shown(info.source, &info.id),
                    id: info.id,
                    bytes: info.bytes,
                });
            Ok(knowledge::DocumentPage {
                documents: documents.collect(),
                next: page.next,
            })
        };
        Ok(answer.await)
    }
}

/// What stands for a title or a source that was not given.
fn shown(given: String, id: &str) -> String {
    if given.is_empty() {
        id.to_owned()
    } else {
        given
    }
}

impl From<knowledge::Document> for GivenDocument {
    fn from(document: knowledge::Document) -> Self {
        let knowledge::Document {
            id,
            title,
            source,
            text,
            format,
        } = document;
        Self {
            id,
            title,
            source,
            text,
            format,
        }
    }
}

impl From<FoundPassage> for knowledge::Passage {
    fn from(found: FoundPassage) -> Self {
        Self {
            document: found.document,
            title: found.title,
            source: found.source,
            headings: found.headings.iter().map(ToString::to_string).collect(),
            first_line: found.first_line,
            last_line: found.last_line,
            text: found.text,
            score: found.score,
        }
    }
}

impl From<KnowledgeError> for knowledge::KnowledgeError {
    fn from(error: KnowledgeError) -> Self {
        match error {
            KnowledgeError::NoSuchCollection => Self::NoSuchCollection,
            KnowledgeError::Invalid(why) => Self::Invalid(why),
            KnowledgeError::Full(why) => Self::Full(why),
            KnowledgeError::Unavailable(why) => Self::Unavailable(why),
        }
    }
}
