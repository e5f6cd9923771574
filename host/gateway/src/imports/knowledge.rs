//! What a bot knows: its documents and those of the person at hand, searched, put in, removed, listed.
//!
//! Whose a collection is comes from the request, never from the guest. Documents are kept in the store, under its
//! bounds; what finds passages in them is made from there and held for as long as somebody searches.

use std::sync::Arc;

use ravenry_knowledge::title_of;
use ravenry_store::{
    Bucket, DocumentFormat, DocumentInfo, DocumentOrigin, Error, NewDocument, Scope, Store,
    WritePolicy,
};

use super::{
    collections::{Collections, FoundPassage, SearchError, Seat, WordsAlone, format_of},
    keyvalue::{Buckets, Refused},
};
use crate::{compute::Owner, embedding::Embedder};
use ravenry_base::memory::MemoryPool;

/// Most passages of one search.
const PASSAGES_MAX: u32 = 100;

/// Most documents on one page of a listing.
const PAGE_DOCUMENTS: usize = 1_000;

/// What a search counts beside others: it computes, where a read of a key does not.
const SEARCH_COSTS_BYTES: usize = 16 * 1024;

/// The collections that there are, as a guest may name them.
const NAMES: &str = "`bot` and `user`";

/// A document as a guest hands it over.
#[derive(Clone, Debug)]
pub struct GivenDocument {
    /// What it is known by.
    pub id: String,
    /// What a reader knows it by; may be empty.
    pub title: String,
    /// Where it is from; may be empty.
    pub source: String,
    /// What is in it.
    pub text: String,
    /// `markdown` or `plain`.
    pub format: String,
}

/// Documents of a collection, and where the next ones begin.
#[derive(Clone, Debug)]
pub struct DocumentPage {
    /// In the order of their identifiers.
    pub documents: Vec<DocumentInfo>,
    /// The identifier behind which the next page begins; `None`: there is none.
    pub next: Option<String>,
}

/// Why something was not done.
#[derive(Debug, PartialEq, Eq)]
pub enum KnowledgeError {
    /// There is no collection of this name in this call.
    NoSuchCollection,
    /// It makes no sense, or is larger than may be.
    Invalid(String),
    /// A bound of the bot or its tenant leaves no room.
    Full(String),
    /// It cannot be done now.
    Unavailable(String),
}

impl From<Refused> for KnowledgeError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Full(why) => Self::Full(why),
            Refused::Unavailable(why) if why.is_empty() => {
                Self::Unavailable("the store cannot be opened".to_owned())
            }
            Refused::Unavailable(why) => Self::Unavailable(why),
            Refused::Invalid(why) => Self::Invalid(why),
        }
    }
}

type Known<T> = Result<T, KnowledgeError>;

impl Buckets {
    /// The passages that answer a question best, best first.
    pub(crate) async fn search(
        &self,
        collection: &str,
        question: String,
        limit: u32,
    ) -> Known<Vec<FoundPassage>> {
        let (scope, _) = self.collection(collection)?;
        let store = self.ready(SEARCH_COSTS_BYTES).await?;
        let limit = limit.min(PASSAGES_MAX) as usize;
        let (collections, seat) = (&self.bot.collections, &self.bot.seat);
        let found = collections
            .search(&store, seat, &scope, question, limit)
            .await;
        let found = match found {
            Ok(found) => Ok(found),
            Err(SearchError::Store(error)) => Err(error),
            Err(SearchError::Refused(why)) => {
                self.bot.metrics.store("search", "failed");
                self.log.complain(why);
                return Err(KnowledgeError::Unavailable(why.to_owned()));
            }
        };
        let bytes =
            |found: &Vec<FoundPassage>| found.iter().map(|passage| passage.text.len()).sum();
        Ok(self.told(("search", "search"), &scope, &[], found, bytes)?)
    }

    /// Puts documents in: all of them, or none.
    pub(crate) async fn put_documents(
        &self,
        collection: &str,
        documents: Vec<GivenDocument>,
    ) -> Known<()> {
        let (scope, policy) = self.collection(collection)?;
        let bytes = documents
            .iter()
            .map(|document| document.text.len())
            .fold(0, usize::saturating_add);
        let documents: Vec<NewDocument> = documents.into_iter().map(added).collect::<Known<_>>()?;
        let store = self.ready(bytes).await?;
        let all_titled = move || documents.into_iter().map(titled).collect();
        let titled: Result<Vec<NewDocument>, _> = self.bot.seat.run(all_titled).await;
        let failed = |_| KnowledgeError::Unavailable("the documents cannot be read".to_owned());
        let documents = titled.map_err(failed)?;
        let put = store.put_documents(&scope, documents, &policy).await;
        Ok(self.told(("put", "write"), &scope, &[], put, |()| bytes)?)
    }

    /// Removes documents, and says how many there were.
    pub(crate) async fn remove_documents(&self, collection: &str, ids: &[String]) -> Known<u32> {
        let (scope, _) = self.collection(collection)?;
        let store = self.ready(0).await?;
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let removed = store.remove_documents(&scope, &ids).await;
        let removed = self.told(("remove", "write"), &scope, &ids, removed, |_| 0)?;
        Ok(u32::try_from(removed).unwrap_or(u32::MAX))
    }

    /// Removes all documents, and says how many there were.
    pub(crate) async fn clear_documents(&self, collection: &str) -> Known<u32> {
        let (scope, _) = self.collection(collection)?;
        let store = self.ready(0).await?;
        let removed = store.clear_documents(&scope).await;
        let removed = self.told(("clear", "write"), &scope, &[], removed, |_| 0)?;
        Ok(u32::try_from(removed).unwrap_or(u32::MAX))
    }

    /// A page of what there is, behind this identifier.
    pub(crate) async fn documents(
        &self,
        collection: &str,
        after: Option<&str>,
    ) -> Known<DocumentPage> {
        let (scope, _) = self.collection(collection)?;
        let store = self.ready(0).await?;
        let listed = page(&store, &scope, after).await;
        let bytes = |page: &DocumentPage| page.documents.iter().map(|info| info.id.len()).sum();
        Ok(self.told(("documents", "list"), &scope, &[], listed, bytes)?)
    }

    /// Whose a collection of this name is, and what holds for what is put there.
    fn collection(&self, name: &str) -> Known<(Scope, WritePolicy)> {
        let bucket = match name {
            "bot" => Bucket::Bot,
            "user" => {
                let Some(user) = self.user() else {
                    self.log.complain(
                        "the bot uses the collection `user`, which this call does not have: the request names no user",
                    );
                    return Err(KnowledgeError::NoSuchCollection);
                };
                Bucket::User(user.to_owned())
            }
            _ => {
                let shown: String = name.chars().take(64).collect();
                self.log.complain(&format!(
                    "the bot uses the collection `{shown}`, which is not there: there are {NAMES}"
                ));
                return Err(KnowledgeError::NoSuchCollection);
            }
        };
        let policy = self.bot.policy(&bucket);
        Ok((self.bot.scope(bucket), policy))
    }
}

/// A page of what there is. One more than fits says whether there is another one.
async fn page(store: &Store, scope: &Scope, after: Option<&str>) -> Result<DocumentPage, Error> {
    let documents = store.documents(scope, after, PAGE_DOCUMENTS).await?;
    let is_full = documents.len() == PAGE_DOCUMENTS;
    let next = documents.last().filter(|_| is_full);
    Ok(DocumentPage {
        next: next.map(|info| info.id.clone()),
        documents,
    })
}

/// How much of a document is looked at for its title, in bytes: what it calls itself stands at its beginning.
const TITLE_WITHIN_BYTES: usize = 16 * 1024;

/// A document that was given no title with the one by which it calls itself.
pub fn titled(mut document: NewDocument) -> NewDocument {
    if document.title.is_empty() {
        let end = document.text.floor_char_boundary(TITLE_WITHIN_BYTES);
        let beginning = document.text.get(..end).unwrap_or_default();
        let title = title_of(beginning, format_of(document.format));
        document.title = title.unwrap_or_default();
    }
    document
}

/// A document of a guest's as it is kept.
fn added(given: GivenDocument) -> Known<NewDocument> {
    let format = match given.format.as_str() {
        "markdown" => DocumentFormat::Markdown,
        "plain" => DocumentFormat::Plain,
        other => {
            let shown: String = other.chars().take(64).collect();
            return Err(KnowledgeError::Invalid(format!(
                "`{shown}` is no format of a document: there are `markdown` and `plain`"
            )));
        }
    };
    Ok(NewDocument {
        id: given.id,
        title: given.title,
        source: given.source,
        text: given.text,
        format,
        origin: DocumentOrigin::Added,
        digest: Vec::new(),
    })
}

/// Searches a collection of a store for whoever runs it, not for a bot: loads it for this one question.
///
/// By meaning, too, where there is a model and the documents have its vectors; else the second part says why it went by
/// words alone. Waits for the vector of the question as long as the model takes, and makes none of documents.
///
/// # Errors
/// The store cannot be read, or the index not be made; a sentence says which.
pub async fn search_once(
    store: &Store,
    scope: &Scope,
    question: String,
    limit: usize,
    embedder: Option<Embedder>,
) -> Result<(Vec<FoundPassage>, Option<WordsAlone>), String> {
    let seat = Arc::new(Seat {
        compute: None,
        owner: Owner::unattributed(),
        pools: [(); 3].map(|()| MemoryPool::new(u64::MAX)),
    });
    let collections = Arc::new(Collections::new(embedder));
    let found = collections
        .search_patiently(store, &seat, scope, question, limit)
        .await;
    found.map_err(|error| match error {
        SearchError::Store(error) => error.to_string(),
        SearchError::Refused(why) => why.to_owned(),
    })
}
