//! What one call of a bot says to the outside and hears from there: noted as it goes, or answered as
//! it was noted before.
//!
//! Every request of a bot leaves through `send`, whether it is its own or one to the platform, so a
//! tape misses nothing. A tape that plays opens no socket. Which requests may leave is decided before
//! they come here, with a tape as without one.

mod record;
mod replay;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::HeaderMap;
use parking_lot::{Mutex, MutexGuard};
use tokio::time::{Instant, sleep};

use self::{
    record::{Sent, noted},
    replay::{collected, response},
};
use super::{SendError, body::Pulse, connection::Http, error::Lost};

/// Bytes of all bodies that one tape keeps. What passes it is left out, and [`Tape::is_cut`] says so.
pub const BYTES_MAX: usize = 8 * 1024 * 1024;

/// Requests that one tape keeps.
const EXCHANGES_MAX: usize = 1_000;

/// What a request is, as the bot meant it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestKind {
    /// The bot's own, by `wasi:http`; the target is its method and its URL.
    Http,
    /// A question to another bot; the target is its name, the body the question.
    Ask,
    /// A complaint about another bot's answer; the target is its name, the body the sentence.
    Report,
    /// A file for the platform; the target is its name or URL, the body what is sent, in words.
    Upload,
    /// The bytes of an attachment; the target is its URL.
    Read,
    /// A bill; the target is `authorize` or `capture`, the body its positions.
    Cost,
}

/// What is asked of whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What it is.
    pub kind: RequestKind,
    /// Whom it is for; with `kind` what a recorded answer is found by.
    pub target: String,
    /// Its headers; those of the platform's client are not noted.
    pub headers: HeaderMap,
    /// What is sent, as far as it was sent.
    pub body: Vec<u8>,
}

/// What became of a request. Times count from the request.
#[derive(Clone, Debug, Default)]
pub struct RequestOutcome {
    /// When the head came, or the failure.
    pub after: Duration,
    /// Status and headers of the response; none if none came.
    pub head: Option<(u16, HeaderMap)>,
    /// Its body.
    pub chunks: Vec<(Duration, Bytes)>,
    /// How it failed, before the head or behind the last chunk.
    pub fault: Option<SendError>,
}

/// A request with what became of it.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// When it began, from the beginning of the tape.
    pub at: Duration,
    /// What was asked.
    pub request: Request,
    /// What became of it.
    pub outcome: RequestOutcome,
    /// Which exchange of the script answered it, on a tape that plays.
    pub scripted: Option<usize>,
}

/// The tape of one call. Clones are the same one.
#[derive(Clone, Debug)]
pub struct Tape(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    began: Instant,
    plays: bool,
    state: Mutex<CassetteState>,
}

#[derive(Debug, Default)]
struct CassetteState {
    exchanges: Vec<Exchange>,
    /// What is still to be played; `None` where it was.
    script: Vec<Option<Exchange>>,
    bytes: usize,
    cut: bool,
}

impl CassetteState {
    /// Whether there is room for so many bytes more.
    fn has_room(&mut self, bytes: usize) -> bool {
        self.bytes = self.bytes.saturating_add(bytes);
        let fits = self.bytes <= BYTES_MAX;
        self.cut |= !fits;
        fits
    }

    /// Begins an exchange; its number.
    fn begin(&mut self, exchange: Exchange) -> usize {
        let number = self.exchanges.len();
        if number < EXCHANGES_MAX && self.has_room(exchange.request.body.len()) {
            self.exchanges.push(exchange);
        } else {
            self.cut = true;
        }
        number
    }
}

impl Tape {
    /// An empty tape, that notes from now on.
    pub fn noting() -> Self {
        Self::new(Vec::new(), false)
    }

    /// A tape that answers with these exchanges, and notes what was asked.
    pub fn playing(script: Vec<Exchange>) -> Self {
        Self::new(script, true)
    }

    fn new(script: Vec<Exchange>, plays: bool) -> Self {
        let state = CassetteState {
            script: script.into_iter().map(Some).collect(),
            ..CassetteState::default()
        };
        Self(Arc::new(Inner {
            began: Instant::now(),
            plays,
            state: Mutex::new(state),
        }))
    }

    /// What it holds by now.
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.state().exchanges.clone()
    }

    /// Whether something did not fit on it.
    pub fn is_cut(&self) -> bool {
        self.state().cut
    }

    fn state(&self) -> MutexGuard<'_, CassetteState> {
        self.0.state.lock()
    }

    fn begin(&self, request: Request, scripted: Option<usize>, outcome: RequestOutcome) -> usize {
        let at = self.0.began.elapsed();
        self.state().begin(Exchange {
            at,
            request,
            outcome,
            scripted,
        })
    }

    /// Changes what is noted of an exchange, if it is noted.
    fn note(&self, number: usize, bytes: usize, change: impl FnOnce(&mut Exchange)) {
        let mut state = self.state();
        if number < state.exchanges.len()
            && state.has_room(bytes)
            && let Some(exchange) = state.exchanges.get_mut(number)
        {
            change(exchange);
        }
    }

    /// Lets the request leave, and notes it and its response.
    async fn noting_send(
        &self,
        http: &Http,
        request: Request,
        mut sending: reqwest::Request,
        pulse: Option<Pulse>,
    ) -> Result<reqwest::Response, Lost> {
        // What the caller could not say is noted as it is sent.
        let unsaid = request.kind == RequestKind::Http && request.body.is_empty();
        let number = self.begin(request, None, RequestOutcome::default());
        let began = Instant::now();
        if unsaid && let Some(body) = sending.body_mut().take() {
            let sent = Sent::new(body, self.clone(), number);
            *sending.body_mut() = Some(reqwest::Body::wrap(sent));
        }
        match http.execute(sending, pulse).await {
            Ok(response) => Ok(noted(response, self.clone(), number, began)),
            Err(lost) => {
                self.note(number, 0, |exchange| {
                    exchange.outcome.after = began.elapsed();
                    exchange.outcome.fault = Some(SendError::from(&lost));
                });
                Err(lost)
            }
        }
    }

    /// Answers the request from the script: with the first exchange of its kind and target that has
    /// not answered yet.
    async fn play(
        &self,
        mut request: Request,
        mut sending: reqwest::Request,
    ) -> Result<reqwest::Response, Lost> {
        if let Some(body) = sending.body_mut().take()
            && request.body.is_empty()
        {
            request.body = collected(body).await?;
        }
        let found = {
            let mut state = self.state();
            let matching = |slot: &Option<Exchange>| {
                slot.as_ref().is_some_and(|exchange| {
                    let Request { kind, target, .. } = &exchange.request;
                    *kind == request.kind && *target == request.target
                })
            };
            let index = state.script.iter().position(matching);
            index.and_then(|index| Some((index, state.script.get_mut(index)?.take()?)))
        };
        let began = Instant::now();
        let Some((index, exchange)) = found else {
            self.begin(request, None, RequestOutcome::default());
            let words = "the recording has no answer to this request";
            return Err(Lost::Known(SendError::Unavailable(words.to_owned())));
        };
        let outcome = exchange.outcome;
        self.begin(request, Some(index), outcome.clone());
        sleep(outcome.after).await;
        response(outcome, began).map_err(Lost::Known)
    }
}

/// Sends a request, past a tape where there is one; `request` says to it what the request is. `pulse` is told of
/// the connection.
pub(super) fn send<F: FnOnce(&reqwest::Request) -> Request>(
    tape: Option<&Tape>,
    http: &Http,
    sending: reqwest::Request,
    pulse: Option<Pulse>,
    request: F,
) -> BoxFuture<'static, Result<reqwest::Response, Lost>> {
    let Some(tape) = tape.cloned() else {
        return Box::pin(http.execute(sending, pulse));
    };
    let request = request(&sending);
    if tape.0.plays {
        return Box::pin(async move { tape.play(request, sending).await });
    }
    let http = http.clone();
    Box::pin(async move { tape.noting_send(&http, request, sending, pulse).await })
}
