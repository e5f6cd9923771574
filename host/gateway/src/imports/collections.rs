//! Collections that are searched: loaded from the store when somebody asks, brought up to date before each answer,
//! dropped when nobody has asked for a while.
//!
//! The store says with one read whether a collection has changed. What has is loaded then, in pieces, by whoever asks
//! first; others that ask wait for it. All computing is done where bots compute, in the name of the bot that asks.

mod loaded;
mod meaning;

use std::{
    collections::HashMap,
    sync::{Arc, Weak},
    time::Duration,
};

use parking_lot::Mutex;
use ravenry_knowledge::IndexError;
use ravenry_store::{CollectionState, Error, Scope, Store};
use tokio::{
    sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock},
    time::{Instant, sleep},
};

pub use self::loaded::FoundPassage;
pub(super) use self::loaded::format_of;
use self::{loaded::Loaded, meaning::Meaning};
use crate::{
    compute::{self, Owner, Panicked},
    embedding::{EmbedError, Embedder},
};
use ravenry_base::memory::{Booking, MemoryPool};

/// A collection that nobody has asked for so long is dropped.
const IDLE: Duration = Duration::from_mins(10);

/// How often it is looked for such.
const SWEEP: Duration = Duration::from_mins(1);

/// Bytes of texts that are loaded at once: some 50 ms of computing, after which it is another's turn.
const PIECE_BYTES: usize = 256 * 1024;

/// The collections that are loaded, of all bots of a process.
#[derive(Debug, Default)]
pub struct Collections {
    slots: Arc<Mutex<HashMap<Scope, Slot>>>,
    /// `None`: there is no model, and words are all.
    meaning: Option<Arc<Meaning>>,
}

/// A place for one of them.
#[derive(Debug)]
struct Slot {
    used: Instant,
    /// `None`: not loaded yet, or to be loaded anew.
    loaded: Shared,
}

type Shared = Arc<RwLock<Option<Loaded>>>;

type Reading = OwnedRwLockReadGuard<Option<Loaded>>;

/// Where a bot computes, and what memory it has for that.
#[derive(Debug)]
pub(crate) struct Seat {
    /// `None`: where it is called.
    pub(crate) compute: Option<compute::Handle>,
    /// For whom it computes.
    pub(crate) owner: Owner,
    /// What collections are booked on: bot, tenant, process.
    pub(crate) pools: [Arc<MemoryPool>; 3],
}

/// Why a search went by words alone, where it could have gone by meaning, too.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WordsAlone {
    /// Documents have vectors, and it was not said by which model.
    #[error("the documents have vectors, and the model that made them was not named")]
    NoModel,
    /// The model that was named made no vectors of them, but another one did.
    #[error("the vectors of the documents are those of another model")]
    OtherModel,
    /// Nothing has made vectors of them.
    #[error(
        "the documents have no vectors yet: a server with a model begins to make them with the first question to the bot"
    )]
    NoVectors,
    /// The model made none of the question.
    #[error("{0}")]
    NoAnswer(EmbedError),
}

/// Why a search found nothing out.
#[derive(Debug)]
pub(crate) enum SearchError {
    /// The store cannot say.
    Store(Error),
    /// Anything else.
    Refused(&'static str),
}

impl From<Error> for SearchError {
    fn from(error: Error) -> Self {
        Self::Store(error)
    }
}

impl From<Panicked> for SearchError {
    fn from(_: Panicked) -> Self {
        Self::Refused("the search has failed")
    }
}

impl Seat {
    /// Computes in the name of this owner.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        act: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Panicked> {
        match &self.compute {
            Some(compute) => compute.call(&self.owner, act).await,
            None => Ok(act()),
        }
    }
}

impl Collections {
    /// None yet; they are searched by meaning, too, where there is a model for that.
    pub(crate) fn new(embedder: Option<Embedder>) -> Self {
        Self {
            slots: Arc::default(),
            meaning: embedder.map(|embedder| Arc::new(Meaning::new(embedder))),
        }
    }

    /// The passages of a collection that answer a question best, at most so many.
    pub(crate) async fn search(
        self: &Arc<Self>,
        store: &Store,
        seat: &Arc<Seat>,
        scope: &Scope,
        question: String,
        limit: usize,
    ) -> Result<Vec<FoundPassage>, SearchError> {
        let Some(reading) = self.loaded(store, seat, scope).await? else {
            return Ok(Vec::new());
        };
        let mut meant = None;
        if let (Some(meaning), Some(loaded)) = (&self.meaning, reading.as_ref()) {
            if loaded.lacks_vectors() {
                meaning.fill(store, seat, scope);
            }
            if loaded.has_vectors() {
                meant = meaning.of_question(seat, &question).await;
            }
        }
        let now = store.now();
        self.find(seat, scope, reading, move |loaded| {
            loaded.search((&question, meant.as_ref()), limit, now)
        })
        .await
    }

    /// The same for whoever waits as long as the model takes, with why it goes by words alone if it does. Documents
    /// without vectors are left without.
    pub(super) async fn search_patiently(
        self: &Arc<Self>,
        store: &Store,
        seat: &Arc<Seat>,
        scope: &Scope,
        question: String,
        limit: usize,
    ) -> Result<(Vec<FoundPassage>, Option<WordsAlone>), SearchError> {
        let Some(reading) = self.loaded(store, seat, scope).await? else {
            return Ok((Vec::new(), None));
        };
        let (mut meant, mut why) = (None, None);
        if let Some(loaded) = reading.as_ref() {
            match &self.meaning {
                Some(meaning) if loaded.has_vectors() => {
                    match meaning.meant(seat, &question).await {
                        Ok(of_question) => meant = Some(of_question),
                        Err(error) => why = Some(WordsAlone::NoAnswer(error)),
                    }
                }
                Some(_) if loaded.has_other_vectors() => why = Some(WordsAlone::OtherModel),
                Some(_) => why = Some(WordsAlone::NoVectors),
                None if loaded.has_other_vectors() => why = Some(WordsAlone::NoModel),
                None => {}
            }
        }
        let now = store.now();
        let found = self.find(seat, scope, reading, move |loaded| {
            loaded.search((&question, meant.as_ref()), limit, now)
        });
        Ok((found.await?, why))
    }

    /// A collection as it is in the store now; `None`: there is nothing in it.
    async fn loaded(
        self: &Arc<Self>,
        store: &Store,
        seat: &Arc<Seat>,
        scope: &Scope,
    ) -> Result<Option<Reading>, SearchError> {
        let state = store.collection(scope).await?;
        if state.documents == 0 {
            self.forget(scope);
            return Ok(None);
        }
        let shared = self.slot(scope);
        let reading = Arc::clone(&shared).read_owned().await;
        if is_as_of(reading.as_ref(), &state) {
            return Ok(Some(reading));
        }
        drop(reading);
        let writing = shared.write_owned().await;
        let (this, store, seat) = (Arc::clone(self), store.clone(), Arc::clone(seat));
        let scope = scope.clone();
        // A task of its own: who gives up waiting leaves it to those that come.
        let load = async move { this.load(&store, &seat, &scope, writing).await };
        let lost = |_| SearchError::Refused("the index of the documents was not made");
        let loaded = tokio::spawn(load).await.map_err(lost)??;
        Ok(Some(OwnedRwLockWriteGuard::downgrade(loaded)))
    }

    /// Searches what is loaded, where bots compute.
    async fn find(
        &self,
        seat: &Seat,
        scope: &Scope,
        reading: Reading,
        search: impl FnOnce(&Loaded) -> Result<Vec<FoundPassage>, IndexError> + Send + 'static,
    ) -> Result<Vec<FoundPassage>, SearchError> {
        let find = move || reading.as_ref().map_or_else(|| Ok(Vec::new()), search);
        seat.run(find).await?.map_err(|_| {
            // Derived, and so made anew.
            self.forget(scope);
            SearchError::Refused("the index of the documents is broken, and is made anew")
        })
    }

    /// Brings what is loaded up to what the store has.
    async fn load(
        &self,
        store: &Store,
        seat: &Seat,
        scope: &Scope,
        mut place: OwnedRwLockWriteGuard<Option<Loaded>>,
    ) -> Result<OwnedRwLockWriteGuard<Option<Loaded>>, SearchError> {
        const BROKEN: SearchError =
            SearchError::Refused("the index of the documents cannot be made");
        // Read again: whoever had the place before may have loaded more than was there when this one looked.
        let state = store.collection(scope).await?;
        if is_as_of(place.as_ref(), &state) {
            return Ok(place);
        }
        // Taken out: what is cut short in the middle is loaded anew.
        let loaded = match place.take() {
            Some(loaded) if loaded.may_become(&state) => Ok(loaded),
            _ => Loaded::new(Booking::new(seat.pools.clone()), self.model().await),
        };
        let mut loaded = loaded.map_err(|_| BROKEN)?;
        let mut revision = loaded.revision();
        loop {
            let changed = store.documents_since(scope, revision, PIECE_BYTES).await?;
            let Some(last) = changed.last() else {
                break;
            };
            revision = last.revision;
            if !loaded.book(&changed) {
                self.forget(scope);
                return Err(SearchError::Refused(
                    "no memory is left for the index of the documents",
                ));
            }
            let put = seat.run(move || loaded.put(changed).map(|()| loaded));
            loaded = put.await?.map_err(|_| BROKEN)?;
        }
        if loaded.lacks_removals(&state, store.now()) {
            let numbers = store.document_numbers(scope).await?;
            let kept = seat.run(move || loaded.retain(&numbers).map(|()| loaded));
            loaded = kept.await?.map_err(|_| BROKEN)?;
        }
        let done = seat.run(move || loaded.commit(state).map(|()| loaded));
        *place = Some(done.await?.map_err(|_| BROKEN)?);
        Ok(place)
    }

    /// What vectors of the model are known by; empty where there is none.
    async fn model(&self) -> Vec<u8> {
        match &self.meaning {
            Some(meaning) => meaning.model().await.to_vec(),
            None => Vec::new(),
        }
    }

    fn slot(&self, scope: &Scope) -> Shared {
        let mut slots = self.slots.lock();
        if slots.is_empty() {
            tokio::spawn(sweep(Arc::downgrade(&self.slots)));
        }
        let slot = slots.entry(scope.clone()).or_insert_with(|| Slot {
            used: Instant::now(),
            loaded: Shared::default(),
        });
        slot.used = Instant::now();
        Arc::clone(&slot.loaded)
    }

    fn forget(&self, scope: &Scope) {
        let mut slots = self.slots.lock();
        let slot = slots.remove(scope);
        drop(slots);
        drop(slot);
    }
}

/// Whether a collection is loaded as it is in the store.
fn is_as_of(loaded: Option<&Loaded>, state: &CollectionState) -> bool {
    loaded.is_some_and(|loaded| loaded.is_as_of(state))
}

/// Drops what nobody asks for, until nothing is left.
async fn sweep(slots: Weak<Mutex<HashMap<Scope, Slot>>>) {
    loop {
        sleep(SWEEP).await;
        let Some(slots) = slots.upgrade() else {
            return;
        };
        let mut slots = slots.lock();
        let idle: Vec<Slot> = slots
            .extract_if(|_, slot| slot.used.elapsed() >= IDLE)
            .map(|(_, slot)| slot)
            .collect();
        let is_over = slots.is_empty();
        drop(slots);
        drop(idle);
        if is_over {
            return;
        }
    }
}
