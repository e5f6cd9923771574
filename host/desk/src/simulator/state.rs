//! What the handle and all doors of the fake platform share: who plays, what is kept, what waits.

use std::{
    collections::{HashMap, VecDeque},
    error::Error,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    body::{Body, to_bytes},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{StatusCode, header::CONTENT_TYPE};
use http_body_util::LengthLimitError;
use parking_lot::{Mutex, MutexGuard};
use serde_json::json;
use tokio::{
    sync::{Semaphore, watch},
    time::timeout,
};
use url::Url;

use super::{
    api::Door,
    call_limits::Chains,
    clock::Clock,
    file_store::Shelf,
    files::Files,
    history::{Kept, Recorded},
    ledger::Book,
    query_runner::Driver,
    registry::{Enrolled, PERSON_KEY},
    script::{Answer, Script},
    step::Wait,
    sync::SettingsCall,
    upload::Upload,
    web::Page,
};
use ravenry_base::secret::Secret;

/// How long a test waits for something before it is told that it did not come. Only a fault reaches
/// it: everything here happens on one machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long a request may take to arrive. The reference library gives an upload as much.
const ARRIVAL_MAX: Duration = Duration::from_mins(2);

/// How many files may arrive at a time. One more waits.
const UPLOADS_MAX: usize = 8;

/// How many gates there may be. A wait at one more breaks the answer off.
const GATES_MAX: usize = 1000;

/// What was waited for did not come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overdue {
    what: String,
}

impl fmt::Display for Overdue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} s without: {}", PATIENCE.as_secs(), self.what)
    }
}

impl Error for Overdue {}

/// Waits, but not for ever.
pub(super) async fn patiently<T>(
    what: impl FnOnce() -> String,
    come: impl Future<Output = T>,
) -> Result<T, Overdue> {
    let late = |_| Overdue { what: what() };
    timeout(PATIENCE, come).await.map_err(late)
}

/// Who answers for a name.
#[derive(Clone, Debug)]
pub(super) enum Cast {
    /// A script, and how often it was asked.
    Scripted { script: Script, calls: usize },
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
    pub(super) queries: Kept<Recorded>,
    pub(super) reports: Kept<Recorded>,
    /// Number of the query that was last taken, by bot.
    pub(super) taken: HashMap<String, u64>,
    pub(super) uploads: Kept<Upload>,
    pub(super) files: Files,
    pub(super) ledger: Book,
    pub(super) settings: Kept<SettingsCall>,
    /// Answers that come once, before anything is looked at.
    pub(super) instead: HashMap<Door, VecDeque<Answer>>,
    /// Keys that are let in; any but the empty one when there are none.
    pub(super) keys: Vec<Secret>,
}

impl State {
    /// Whether a caller with this key is let in.
    pub(super) fn admits(&self, key: &str) -> bool {
        self.caller(key).is_some()
    }

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
            Mode::Lenient => self.keys.is_empty() || self.keys.iter().any(known),
            Mode::Strict => key == PERSON_KEY,
        };
        (admitted && !key.is_empty()).then_some(Caller::Person)
    }

    /// What is to be answered instead, this once.
    pub(super) fn instead(&mut self, door: Door) -> Option<Answer> {
        self.instead.get_mut(&door)?.pop_front()
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Gate {
    open: bool,
    reached: bool,
}

/// Shared by the handle, the routes and the answers.
#[derive(Debug)]
pub(super) struct Stage {
    /// Scheme, address and port.
    pub(super) origin: Url,
    /// For bots that are asked as the platform asks.
    pub(super) driver: Driver,
    pub(super) shelf: Shelf,
    pub(super) clock: Clock,
    /// The chat page.
    pub(super) page: Page,
    state: Mutex<State>,
    /// Places for files that are arriving: their bytes are not counted yet.
    pub(super) uploading: Semaphore,
    /// Told whenever something was recorded.
    told: watch::Sender<()>,
    gates: Mutex<HashMap<String, watch::Sender<Gate>>>,
    numbers: AtomicU64,
    stopping: AtomicBool,
}

impl Stage {
    pub(super) fn new(origin: Url, driver: Driver, shelf: Shelf) -> Self {
        Self {
            origin,
            driver,
            shelf,
            clock: Clock::start(),
            page: Page::default(),
            state: Mutex::default(),
            uploading: Semaphore::new(UPLOADS_MAX),
            told: watch::Sender::new(()),
            gates: Mutex::default(),
            numbers: AtomicU64::new(0),
            stopping: AtomicBool::new(false),
        }
    }

    /// The state, for as long as the guard lives. Nobody waits for anything else while holding it.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        // A test that fell over while it held the lock leaves nothing half done.
        self.state.lock()
    }

    /// Changes the state, and tells whoever waits for a change.
    pub(super) fn record<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let result = change(&mut self.state());
        self.told.send_replace(());
        result
    }

    /// Waits until the state has something.
    pub(super) async fn until<T>(
        &self,
        what: impl FnOnce() -> String,
        mut look: impl FnMut() -> Option<T>,
    ) -> Result<T, Overdue> {
        let mut told = self.told.subscribe();
        let come = async {
            loop {
                told.mark_unchanged();
                if let Some(found) = look() {
                    return found;
                }
                // The sender lives as long as this stage.
                let _ = told.changed().await;
            }
        };
        patiently(what, come).await
    }

    pub(super) fn number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    pub(super) fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    pub(super) fn stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// The gate of this name, unless there are too many.
    fn gate(&self, name: &str) -> Option<watch::Sender<Gate>> {
        let mut gates = self.gates.lock();
        if gates.len() >= GATES_MAX && !gates.contains_key(name) {
            return None;
        }
        Some(gates.entry(name.to_owned()).or_default().clone())
    }

    pub(super) fn release(&self, name: &str) {
        if let Some(gate) = self.gate(name) {
            gate.send_modify(|gate| gate.open = true);
        }
    }

    /// Waits until a script waits at this gate, or has passed it.
    pub(super) async fn reached(&self, name: &str) -> Result<(), Overdue> {
        let what = || format!("a script at gate `{name}`");
        let Some(gate) = self.gate(name) else {
            return Err(Overdue { what: what() });
        };
        let mut gate = gate.subscribe();
        let come = async { gate.wait_for(|gate| gate.reached).await.map(|_| ()) };
        patiently(what, come).await?.map_err(|_| Overdue {
            what: format!("gate `{name}`"),
        })
    }

    /// Waits as a script says. False when that cannot be.
    pub(super) async fn wait(&self, wait: &Wait) -> bool {
        match wait {
            Wait::Gate(name) => {
                let Some(gate) = self.gate(name) else {
                    return false;
                };
                gate.send_modify(|gate| gate.reached = true);
                gate.subscribe().wait_for(|gate| gate.open).await.is_ok()
            }
            Wait::Millis(millis) => {
                tokio::time::sleep(Duration::from_millis(*millis)).await;
                true
            }
            Wait::Forever => std::future::pending().await,
        }
    }
}

/// Why something is not done, as a JSON object with `detail`. The platform's own words are not known.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    detail: String,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let json = [(CONTENT_TYPE, "application/json")];
        let body = json!({"detail": self.detail}).to_string();
        (self.status, json, body).into_response()
    }
}

pub(super) fn refuse(status: StatusCode, detail: impl Into<String>) -> Refusal {
    let detail = detail.into();
    Refusal { status, detail }
}

/// Reads a body up to its bound, within its time.
pub(super) async fn read(body: Body, bytes_max: usize) -> Result<Bytes, Refusal> {
    arrived(async {
        to_bytes(body, bytes_max).await.map_err(|error| {
            if error
                .source()
                .is_some_and(<dyn Error>::is::<LengthLimitError>)
            {
                let detail = format!("more than {bytes_max} bytes");
                return refuse(StatusCode::PAYLOAD_TOO_LARGE, detail);
            }
            refuse(StatusCode::BAD_REQUEST, error.to_string())
        })
    })
    .await
}

/// Gives a request its time to arrive.
pub(super) async fn arrived<T>(
    reading: impl Future<Output = Result<T, Refusal>>,
) -> Result<T, Refusal> {
    timeout(ARRIVAL_MAX, reading)
        .await
        .unwrap_or_else(|_| Err(refuse(StatusCode::REQUEST_TIMEOUT, "the body is too slow")))
}

/// A handle that a route may keep.
pub(super) type Shared = axum::extract::State<Arc<Stage>>;
