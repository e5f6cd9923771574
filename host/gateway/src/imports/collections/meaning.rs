//! Search by meaning: vectors of documents, computed in the background and kept with them, and of questions.
//!
//! Where there is no model, or it does not answer, a search goes by words alone.

mod queue;

use std::{
    collections::HashSet,
    sync::{Arc, OnceLock},
    time::Duration,
};

use parking_lot::Mutex;
use ravenry_knowledge::{Meaning as QuestionMeaning, UNRELATED, near_from, searched_text, split};
use ravenry_store::{DocumentVectors, DocumentVersion, Error, Scope, Store};
use sha2::{Digest as _, Sha256};
use tokio::{
    sync::OnceCell,
    task::spawn_blocking,
    time::{Instant, timeout},
};

use self::queue::Queue;
use super::{Seat, loaded::format_of};
use crate::{
    compute::Panicked,
    embedding::{EmbedError, Embedded, Embedder},
};

/// Passages that the model is given at once, of one document or of several: less than a second of it, so that a question
/// waits no longer than that for each collection that is being filled.
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
    /// From which cosine on texts are near each other, with this model. Asked for with the first question.
    near_from: OnceLock<f32>,
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
            near_from: OnceLock::new(),
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

    /// What a question means; `None` where that is not known in time.
    pub(super) async fn of_question(&self, seat: &Seat, question: &str) -> Option<QuestionMeaning> {
        let slow_until = *self.slow_until.lock();
        if slow_until.is_some_and(|until| Instant::now() < until) {
            return None;
        }
        let Ok(meant) = timeout(QUESTION_TIME_MAX, self.meant(seat, question)).await else {
            let first = self.slow_until.lock().replace(Instant::now() + SLOW_PAUSE);
            if first.is_none() {
                tracing::warn!(
                    seconds = QUESTION_TIME_MAX.as_secs(),
                    "the vector of a question did not come in time: what bots know is found by words alone for a while"
                );
            }
            return None;
        };
        *self.slow_until.lock() = None;
        meant.ok()
    }

    /// The same for whoever waits as long as the model takes.
    pub(super) async fn meant(
        &self,
        seat: &Seat,
        question: &str,
    ) -> Result<QuestionMeaning, EmbedError> {
        let mut texts = vec![question.to_owned()];
        if self.near_from.get().is_none() {
            texts.extend(UNRELATED.map(str::to_owned));
        }
        let mut vectors = self.embedded(seat, texts).await?;
        let unrelated = vectors.split_off(vectors.len().min(1));
        let near_from = *self.near_from.get_or_init(|| near_from(&unrelated));
        Ok(QuestionMeaning { vectors, near_from })
    }

    /// The vectors of texts, charged to whoever wants them.
    async fn embedded(&self, seat: &Seat, texts: Vec<String>) -> Result<Vec<Vec<f32>>, EmbedError> {
        let Embedded { vectors, computed } = self.embedder.embed(texts).await?;
        seat.owner.charge(computed);
        Ok(vectors)
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
        let mut kept = Kept::new(store, scope);
        loop {
            let lacking = store.documents_without(scope, model, DOCUMENTS_AT_ONCE);
            let lacking = lacking.await?;
            if lacking.is_empty() {
                return Ok(());
            }
            let mut queue = Queue::default();
            for version in lacking {
                let Some(texts) = texts_of(store, seat, scope, version).await? else {
                    continue;
                };
                let document = DocumentVectors {
                    number: version.number,
                    revision: version.revision,
                    model: model.to_vec(),
                    vectors: Vec::new(),
                };
                queue.push(document, texts);
                // Fewer texts than a call takes wait for those of the next document.
                while queue.len() >= PASSAGES_AT_ONCE {
                    self.give(seat, &mut queue, &mut kept).await?;
                }
            }
            self.give(seat, &mut queue, &mut kept).await?;
            kept.flush().await?;
        }
    }

    /// Gives the next passages their vectors, in one call, and keeps the documents that have all of theirs.
    async fn give(
        &self,
        seat: &Seat,
        queue: &mut Queue,
        kept: &mut Kept<'_>,
    ) -> Result<(), Unfinished> {
        let texts = queue.next(PASSAGES_AT_ONCE);
        queue.take(self.embedded(seat, texts).await?);
        while let Some(document) = queue.done() {
            kept.push(document).await?;
        }
        Ok(())
    }
}

/// Documents with vectors that are on their way to the store.
struct Kept<'s> {
    store: &'s Store,
    scope: &'s Scope,
    given: Vec<DocumentVectors>,
    bytes: usize,
    since: Instant,
}

impl<'s> Kept<'s> {
    fn new(store: &'s Store, scope: &'s Scope) -> Self {
        Self {
            store,
            scope,
            given: Vec::new(),
            bytes: 0,
            since: Instant::now(),
        }
    }

    /// Takes one more: no more of them together than one call may bring, unless it is one document's.
    async fn push(&mut self, document: DocumentVectors) -> Result<(), Error> {
        let bytes = self.bytes.saturating_add(document.vectors.len());
        if bytes > KEPT_BYTES || self.since.elapsed() >= KEPT_AFTER {
            self.flush().await?;
        }
        self.bytes = self.bytes.saturating_add(document.vectors.len());
        self.given.push(document);
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), Error> {
        self.store.set_vectors(self.scope, &self.given).await?;
        self.given.clear();
        self.bytes = 0;
        self.since = Instant::now();
        Ok(())
    }
}

/// What is to be embedded of a document, passage by passage; `None`: it has changed meanwhile.
async fn texts_of(
    store: &Store,
    seat: &Seat,
    scope: &Scope,
    version: DocumentVersion,
) -> Result<Option<Vec<String>>, Unfinished> {
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
    Ok(Some(texts.await?))
}
