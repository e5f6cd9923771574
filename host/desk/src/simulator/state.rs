//! What the handle and all doors of the fake platform share: who plays, what is kept, what waits.

use std::{
    collections::HashMap,
    error::Error,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
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
use tokio::{sync::Semaphore, time::timeout};
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

/// How long a request may take to arrive. The reference library gives an upload as much.
const ARRIVAL_MAX: Duration = Duration::from_mins(2);

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
