//! Search by meaning: vectors of documents, computed in the background and kept with them, and of questions.
//!
//! Where there is no model, or it does not answer, a search goes by words alone.

use std::{collections::HashSet, sync::Arc, time::Duration};

use parking_lot::Mutex;
use ravenry_knowledge::{searched_text, split};
use ravenry_store::{
    DOCUMENT_VECTORS_BYTES_MAX, DocumentVectors, DocumentVersion, Error, Scope, Store,
};
use sha2::{Digest as _, Sha256};
use tokio::{
    sync::OnceCell,
    task::spawn_blocking,
    time::{Instant, timeout},
};

use super::{Seat, loaded::format_of};
use crate::{
    compute::Panicked,
    embedding::{EmbedError, Embedded, Embedder},
};

/// Passages that the model is given at once: less than a second of it, so that a question waits no longer than that
/// for each collection that is being filled.
const PASSAGES_AT_ONCE: usize = 4;

/// How long a search waits for the vector of its question, before it goes on by words alone.
const QUESTION_TIME_MAX: Duration = Duration::from_secs(2);

/// After one that did not come in time, questions have none for so long: each would wait in vain.
const SLOW_PAUSE: Duration = Duration::from_secs(30);

/// Documents that are looked up at once.
const DOCUMENTS_AT_ONCE: usize = 32;

/// Vectors are kept after so much of them, in bytes, and after so much time: what is found by its meaning soon, and
/// what a restart may lose.
const KEPT_BYTES: usize = 1024 * 1024;
const KEPT_AFTER: Duration = Duration::from_secs(5);

/// Goes into the name of the model: to be raised when the same document is split into other passages, or when what is
/// embedded of a passage changes.
const SPLIT_VERSION: u8 = 1;

/// A model, and the collections that are being given its vectors.
#[derive(Debug)]
pub(super) struct Meaning {
    embedder: Embedder,
    model: OnceCell<Vec<u8>>,
    under_way: Mutex<HashSet<Scope>>,
    /// Until when no vector of a question is asked for.
    slow_until: Mutex<Option<Instant>>,
}

/// A collection was not given all of its vectors; why, the log has.
struct Unfinished;

impl From<Error> for Unfinished {
    fn from(_: Error) -> Self {
        Self
    }
}

impl From<EmbedError> for Unfinished {
    fn from(_: EmbedError) -> Self {
        Self
    }
}

impl From<Panicked> for Unfinished {
    fn from(_: Panicked) -> Self {
        Self
    }
}

impl Meaning {
    pub(super) fn new(embedder: Embedder) -> Self {
        Self {
            embedder,
            model: OnceCell::new(),
            under_way: Mutex::default(),
            slow_until: Mutex::default(),
        }
    }

    /// What vectors of this model are known by in the store; empty: it cannot be told.
    pub(super) async fn model(&self) -> &[u8] {
        let look = || async {
            let embedder = self.embedder.clone();
            let seen = spawn_blocking(move || {
                let mut hasher = Sha256::new();
                hasher.update([SPLIT_VERSION]);
                hasher.update(embedder.model());
                hasher.finalize().to_vec()
            });
            seen.await.unwrap_or_default()
        };
        self.model.get_or_init(look).await
    }

    /// The vector of a question; none where there is none in time.
    pub(super) async fn of_question(&self, seat: &Seat, question: &str) -> Vec<Vec<f32>> {
        let slow_until = *self.slow_until.lock();
        if slow_until.is_some_and(|until| Instant::now() < until) {
            return Vec::new();
        }
        let texts = vec![question.to_owned()];
        let embedded = timeout(QUESTION_TIME_MAX, self.embedder.embed(texts)).await;
        let Ok(embedded) = embedded else {
            let first = self.slow_until.lock().replace(Instant::now() + SLOW_PAUSE);
            if first.is_none() {
                tracing::warn!(
                    seconds = QUESTION_TIME_MAX.as_secs(),
                    "the vector of a question did not come in time: what bots know is found by words alone for a while"
                );
            }
            return Vec::new();
        };
        *self.slow_until.lock() = None;
        let Ok(Embedded { vectors, computed }) = embedded else {
            return Vec::new();
        };
        seat.owner.charge(computed);
        vectors
    }

    /// Begins to give a collection the vectors that it lacks, unless that is under way.
    pub(super) fn fill(self: &Arc<Self>, store: &Store, seat: &Arc<Seat>, scope: &Scope) {
        if !self.under_way.lock().insert(scope.clone()) {
            return;
        }
        let (this, store, seat) = (Arc::clone(self), store.clone(), Arc::clone(seat));
        let scope = scope.clone();
        tokio::spawn(async move {
            // What is not done now is begun by a later search.
            let _ = this.give_all(&store, &seat, &scope).await;
            this.under_way.lock().remove(&scope);
        });
    }

    async fn give_all(&self, store: &Store, seat: &Seat, scope: &Scope) -> Result<(), Unfinished> {
        let model = self.model().await;
        let mut given = Vec::new();
        let mut since = Instant::now();
        loop {
            let lacking = store.documents_without(scope, model, DOCUMENTS_AT_ONCE);
            let lacking = lacking.await?;
            if lacking.is_empty() {
                return Ok(());
            }
            for version in lacking {
                let Some(one) = self.of_document(store, seat, scope, version).await? else {
                    continue;
                };
                // No more of them than one call may bring, unless it is one document's.
                let bytes = given.iter().map(|one: &DocumentVectors| one.vectors.len());
                let bytes = bytes.fold(one.vectors.len(), usize::saturating_add);
                if bytes > KEPT_BYTES || since.elapsed() >= KEPT_AFTER {
                    store.set_vectors(scope, &given).await?;
                    given.clear();
                    since = Instant::now();
                }
                given.push(one);
            }
            store.set_vectors(scope, &given).await?;
            given.clear();
        }
    }

    /// The vectors of a document; `None`: it has changed meanwhile.
    async fn of_document(
        &self,
        store: &Store,
        seat: &Seat,
        scope: &Scope,
        version: DocumentVersion,
    ) -> Result<Option<DocumentVectors>, Unfinished> {
        let found = store.document(scope, version.number).await?;
        let Some(document) = found.filter(|found| found.revision == version.revision) else {
            return Ok(None);
        };
        let texts = seat.run(move || {
            let split = split(&document.text, format_of(document.format));
            let title = Some(document.info.title).filter(|title| !title.is_empty());
            let passages = split.passages.iter();
            let texts = passages.map(|passage| searched_text(title.as_deref(), passage));
            texts.collect::<Vec<_>>()
        });
        let mut vectors = Vec::new();
        for some in texts.await?.chunks(PASSAGES_AT_ONCE) {
            let embedded = self.embedder.embed(some.to_vec()).await?;
            seat.owner.charge(embedded.computed);
            let numbers = embedded.vectors.into_iter().flatten();
            vectors.extend(numbers.flat_map(f32::to_le_bytes));
        }
        // Longer than a document may have: it is found by its words.
        if vectors.len() > DOCUMENT_VECTORS_BYTES_MAX {
            vectors.clear();
        }
        Ok(Some(DocumentVectors {
            number: version.number,
            revision: version.revision,
            model: self.model().await.to_vec(),
            vectors,
        }))
    }
}
