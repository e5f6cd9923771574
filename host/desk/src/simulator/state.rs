//! What the handle and all doors of the fake platform share: who plays, what is kept, what waits.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::Semaphore;
use url::Url;

use super::{
    call_limits::Chains,
    exchange::Stopping,
    file_store::Shelf,
    files::Files,
    hooks::Hooks,
    ledger::Book,
    query_runner::Driver,
    registry::{Enrolled, PERSON_KEY},
    script::Script,
    web::Page,
};
use ravenry_base::secret::Secret;

/// How many files may arrive at a time. One more waits.
const UPLOADS_MAX: usize = 8;

/// Who answers for a name.
#[derive(Clone, Debug)]
pub(super) enum Cast {
    /// A script.
    Scripted(Script),
    /// A server bot that is asked as the platform asks.
    Enrolled(Enrolled),
}

/// How much is minded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// For tests: whatever a test does not forbid passes.
    #[default]
    Lenient,
    /// As the platform: it knows the keys of its bots and of [persons](super::PERSON_KEY) alone, lets
    /// bots ask what their settings declare, and lets them capture what was authorized. Names that
    /// nobody has are played by stand-ins.
    Strict,
}

/// Who has sent an access key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Caller {
    /// A person, or whoever is let in where nothing is minded.
    Person,
    /// Bots with these names; several where they share a key.
    Bots(Vec<String>),
}

/// Everything that changes.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) manner: Mode,
    /// Calls of bots to one another.
    pub(super) chains: Chains,
    pub(super) bots: HashMap<String, Cast>,
    pub(super) files: Files,
    pub(super) ledger: Book,
}

impl State {
    /// Who shows this key; nobody who is let in.
    pub(super) fn caller(&self, key: &str) -> Option<Caller> {
        let known = |known: &Secret| known.matches(key.as_bytes());
        let bots: Vec<String> = self
            .bots
            .iter()
            .filter(|(_, cast)| matches!(cast, Cast::Enrolled(bot) if known(&bot.key)))
            .map(|(name, _)| name.clone())
            .collect();
        if !bots.is_empty() {
            return Some(Caller::Bots(bots));
        }
        let admitted = match self.manner {
            Mode::Lenient => true,
            Mode::Strict => key == PERSON_KEY,
        };
        (admitted && !key.is_empty()).then_some(Caller::Person)
    }
}

/// Shared by the handle, the routes and the answers.
#[derive(Debug)]
pub(super) struct Stage {
    /// Scheme, address and port.
    pub(super) origin: Url,
    /// For bots that are asked as the platform asks.
    pub(super) driver: Driver,
    pub(super) shelf: Shelf,
    /// Who looks on.
    pub(super) hooks: Arc<dyn Hooks>,
    pub(super) stopping: Stopping,
    /// The chat page.
    pub(super) page: Page,
    state: Mutex<State>,
    /// Places for files that are arriving: their bytes are not counted yet.
    pub(super) uploading: Semaphore,
    started: Instant,
    numbers: AtomicU64,
}

impl Stage {
    pub(super) fn new(origin: Url, driver: Driver, shelf: Shelf, hooks: Arc<dyn Hooks>) -> Self {
        Self {
            origin,
            driver,
            shelf,
            hooks,
            stopping: Stopping::default(),
            page: Page::default(),
            state: Mutex::default(),
            uploading: Semaphore::new(UPLOADS_MAX),
            started: Instant::now(),
            numbers: AtomicU64::new(0),
        }
    }

    /// The state, for as long as the guard lives. Nobody waits for anything else while holding it.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        // A test that fell over while it held the lock leaves nothing half done.
        self.state.lock()
    }

    /// Time since the start.
    pub(super) fn now(&self) -> Duration {
        self.started.elapsed().saturating_add(self.hooks.ahead())
    }

    pub(super) fn number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }
}

/// A handle that a route may keep.
pub(super) type Shared = axum::extract::State<Arc<Stage>>;
