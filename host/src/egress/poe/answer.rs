//! Another bot's answer, as it arrives: one request, its stream of events, and another attempt where
//! nothing was heard yet.
//!
//! Nothing is read ahead of who asks for it: an answer that nobody polls stops its sender. Dropping
//! it closes the connection.

use std::{
    collections::VecDeque,
    future::{Future, poll_fn},
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, future::join_all, stream};
use reqwest::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use serde_json::json;
use sse_stream::{Sse, SseByteStream};
use tokio::time::{sleep, timeout};
use url::Url;

use super::{Client, Fault, excerpt, heard, short};
use crate::memory::{Booking, MemoryPool};
use crate::protocol::{
    answer::{Heard, Misheard, hear},
    event::Owned,
};

/// Attempts, the first included (as the reference client).
const ATTEMPTS: u8 = 2;

/// Pause before another attempt (as the reference client).
const PAUSE: Duration = Duration::from_millis(500);

/// Longest pause that another server can ask for; a person waits meanwhile.
const PAUSE_MAX: Duration = Duration::from_secs(10);

/// Bytes of one event. All text of a reply in one event, in the widest escapes, has 3 MB.
const EVENT_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Bytes that an answer holds without being asked: an event of the usual size.
const FREE_BYTES: usize = 64 * 1024;

/// Bytes of a whole answer, comments included. Twenty times what a reply may hold.
const ANSWER_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Bytes of events that wait for who asked.
const QUEUED_BYTES_MAX: usize = 64 * 1024;

/// Complaints of one answer that are sent; the rest would say the same.
const COMPLAINTS_MAX: usize = 5;

/// Longest time that all complaints of an answer may take.
const COMPLAINTS_TIME_MAX: Duration = Duration::from_secs(5);

/// Whom memory is booked on: bot, tenant, process.
type Pools = [Arc<MemoryPool>; 3];

type Events = Pin<Box<dyn Stream<Item = Result<Sse, sse_stream::Error>> + Send>>;

/// The answer of another bot on its way.
pub struct Asking {
    client: Client,
    url: Url,
    body: Bytes,
    pools: Pools,
    attempts_left: u8,
    state: State,
    queue: VecDeque<Owned>,
    queued_bytes: usize,
    heard: Account,
}

/// What was heard so far.
#[derive(Debug, Default)]
struct Account {
    /// Anything at all; from then on nothing is repeated.
    any: bool,
    /// Something that counts as an answer.
    content: bool,
    complaints: Vec<String>,
}

enum State {
    Connecting(Pin<Box<dyn Future<Output = Result<Events, Failed>> + Send>>),
    Pausing(Pin<Box<tokio::time::Sleep>>),
    Open(Events),
    /// The events are over; the other side is told what was wrong with them.
    Complaining(Pin<Box<dyn Future<Output = ()> + Send>>, Option<Fault>),
    /// The fault waits to be told once.
    Over(Option<Fault>),
}

/// An attempt that failed.
struct Failed {
    fault: Fault,
    /// How long to wait before another one may help; `None`: it cannot.
    again: Option<Duration>,
}

impl Failed {
    fn again(words: String) -> Self {
        Self {
            fault: Fault::Broken(words),
            again: Some(PAUSE),
        }
    }
}

impl std::fmt::Debug for Asking {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Asking")
            .field("url", &self.url.as_str())
            .field("heard", &self.heard)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// Asks a bot of the platform. The request leaves when the answer is first waited for.
    /// What it holds beyond the usual is booked on `pools`.
    pub fn ask(&self, bot: &str, body: Bytes, pools: Pools) -> Asking {
        let url = self.api(&["bot", bot]);
        Asking {
            state: self.attempt(&url, &body, &pools),
            client: self.clone(),
            url,
            body,
            pools,
            attempts_left: ATTEMPTS.saturating_sub(1),
            queue: VecDeque::new(),
            queued_bytes: 0,
            heard: Account::default(),
        }
    }

    fn attempt(&self, url: &Url, body: &Bytes, pools: &Pools) -> State {
        let http = match self.http() {
            Ok(http) => http,
            Err(fault) => return State::Over(Some(fault)),
        };
        let request = self
            .bearer(http.post(url.clone()))
            .header(ACCEPT, "text/event-stream")
            .header(CACHE_CONTROL, "no-store")
            .header(CONTENT_TYPE, "application/json")
            .body(body.clone());
        State::Connecting(Box::pin(open(request, Booking::new(pools.clone()))))
    }
}

async fn open(request: reqwest::RequestBuilder, booking: Booking) -> Result<Events, Failed> {
    let response = heard(request.send()).await.map_err(Failed::again)?;
    if !response.status().is_success() {
        return Err(refused(response).await);
    }
    let content_type = response
        .headers()
        .get(CONTENT_TYPE)
        .map(|value| String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase())
        .unwrap_or_default();
    if !content_type.contains("text/event-stream") {
        let found = excerpt(content_type.as_bytes());
        return Err(Failed {
            fault: Fault::Broken(format!(
                "the answer is no event stream: its content type is `{found}`"
            )),
            again: None,
        });
    }
    let chunks = stream::try_unfold(response, |mut response| async {
        let chunk = heard(response.chunk()).await.map_err(io::Error::other)?;
        Ok(chunk.map(|chunk| (chunk, response)))
    });
    let chunks = bounded(chunks, booking);
    Ok(Box::pin(SseByteStream::new(chunks)))
}

/// Passes chunks on as long as no event of them is too large: the parser keeps what is incomplete.
///
/// What of an event is more than usual is booked on the bot's memory.
fn bounded(
    chunks: impl Stream<Item = io::Result<Bytes>>,
    mut booking: Booking,
) -> impl Stream<Item = io::Result<Bytes>> {
    let too_large = |words| Err(io::Error::new(io::ErrorKind::FileTooLarge, words));
    let mut incomplete = 0_usize;
    let mut total = 0_u64;
    chunks.map(move |chunk| {
        let chunk = chunk?;
        total = total.saturating_add(chunk.len() as u64);
        if total > ANSWER_BYTES_MAX {
            return too_large(format!("the answer has more than {ANSWER_BYTES_MAX} bytes"));
        }
        // An empty line ends an event. One that is cut in two by a border of chunks is missed, which
        // makes the bound a little early; the next one is not.
        let ends = |pair: &[u8]| matches!(pair, b"\n\n" | b"\r\r" | b"\n\r");
        incomplete = match chunk.windows(2).rposition(ends) {
            Some(at) => chunk.len().saturating_sub(at),
            None => incomplete.saturating_add(chunk.len()),
        };
        if incomplete > EVENT_BYTES_MAX {
            return too_large(format!("one event has more than {EVENT_BYTES_MAX} bytes"));
        }
        if !booking.set(incomplete.saturating_sub(FREE_BYTES) as u64) {
            return too_large("there is no memory left for one event".to_owned());
        }
        Ok(chunk)
    })
}

/// An answer with a status that is no success.
async fn refused(response: reqwest::Response) -> Failed {
    let status = response.status();
    let asked = response
        .headers()
        .get(RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.trim().parse().ok())
        .map_or(PAUSE, Duration::from_secs);
    let (meaning, again) = match status.as_u16() {
        401 | 403 => (": it does not take this bot's access key", None),
        404 => (": there is no such bot", None),
        429 => (": too many requests", Some(asked)),
        500..=599 => ("", Some(asked)),
        _ => ("", None),
    };
    let body = timeout(COMPLAINTS_TIME_MAX, short(response)).await;
    let body = body.ok().and_then(Result::ok).unwrap_or_default();
    Failed {
        fault: Fault::Broken(format!(
            "the platform answered {status}{meaning} ({})",
            excerpt(&body)
        )),
        again: again.filter(|pause| *pause <= PAUSE_MAX),
    }
}

impl Asking {
    /// Waits until [`Asking::take`] has something to give: events, or the end. May be dropped and
    /// called again.
    pub async fn ready(&mut self) {
        poll_fn(|context| self.poll_ready(context)).await;
    }

    /// The events that have arrived; none after the last.
    ///
    /// # Errors
    /// Once, after the last event, how the answer failed.
    pub fn take(&mut self) -> Result<VecDeque<Owned>, Fault> {
        self.queued_bytes = 0;
        if self.queue.is_empty()
            && let State::Over(fault) = &mut self.state
            && let Some(fault) = fault.take()
        {
            return Err(fault);
        }
        Ok(std::mem::take(&mut self.queue))
    }

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<()> {
        loop {
            match &mut self.state {
                State::Connecting(attempt) => match ready!(attempt.as_mut().poll(context)) {
                    Ok(events) => self.state = State::Open(events),
                    Err(failed) => self.failed(failed),
                },
                State::Pausing(pause) => {
                    ready!(pause.as_mut().poll(context));
                    self.state = self.client.attempt(&self.url, &self.body, &self.pools);
                }
                State::Open(_) if self.queued_bytes >= QUEUED_BYTES_MAX => return Poll::Ready(()),
                State::Open(events) => match events.as_mut().poll_next(context) {
                    Poll::Ready(event) => self.next(event),
                    Poll::Pending if self.queue.is_empty() => return Poll::Pending,
                    Poll::Pending => return Poll::Ready(()),
                },
                // What was heard last need not wait for complaints.
                State::Complaining(..) if !self.queue.is_empty() => return Poll::Ready(()),
                State::Complaining(complaints, fault) => {
                    ready!(complaints.as_mut().poll(context));
                    self.state = State::Over(fault.take());
                }
                State::Over(_) => return Poll::Ready(()),
            }
        }
    }

    fn next(&mut self, event: Option<Result<Sse, sse_stream::Error>>) {
        match event {
            Some(Ok(event)) => self.hear(&event),
            Some(Err(error)) => match broken_off(&error) {
                fault @ Fault::TooLarge(_) => self.end(Some(fault)),
                fault => self.failed(Failed {
                    fault,
                    again: Some(PAUSE),
                }),
            },
            None if self.heard.any => {
                self.complain("Bot exited without sending 'done' event".to_owned());
                self.end(None);
            }
            None => self.failed(Failed::again("the answer ended before it began".to_owned())),
        }
    }

    fn hear(&mut self, event: &Sse) {
        // A block of `id` or `retry` alone is no event.
        let Some(data) = &event.data else { return };
        match hear(event.event.as_deref(), data) {
            Ok(Heard::Nothing) => {}
            Ok(Heard::Done) => {
                if !self.heard.content {
                    self.complain("Bot returned no text in response".to_owned());
                }
                self.end(None);
            }
            Ok(Heard::Event(Owned::Error(failure))) => self.failed(Failed {
                again: failure.allow_retry.then_some(PAUSE),
                fault: Fault::Said(failure),
            }),
            Ok(Heard::Event(event)) => {
                self.heard.any = true;
                self.heard.content |=
                    !matches!(event, Owned::Meta(_) | Owned::Suggest(_) | Owned::Data(_));
                self.queued_bytes = self.queued_bytes.saturating_add(data.len());
                self.queue.push_back(event);
            }
            Err(Misheard::Odd(complaint)) => self.complain(complaint),
            Err(Misheard::Fatal(complaint)) => {
                self.complain(complaint.clone());
                self.end(Some(Fault::Broken(complaint)));
            }
        }
    }

    /// Tries again where that cannot say anything twice, else ends.
    fn failed(&mut self, failed: Failed) {
        match failed.again {
            Some(pause) if !self.heard.any && self.attempts_left > 0 => {
                self.attempts_left = self.attempts_left.saturating_sub(1);
                self.state = State::Pausing(Box::pin(sleep(pause)));
            }
            _ => self.end(Some(failed.fault)),
        }
    }

    fn complain(&mut self, complaint: String) {
        if self.heard.complaints.len() < COMPLAINTS_MAX {
            self.heard.complaints.push(complaint);
        }
    }

    /// Ends the answer, once the complaints about it are told.
    fn end(&mut self, fault: Option<Fault>) {
        let complaints = std::mem::take(&mut self.heard.complaints);
        if complaints.is_empty() {
            self.state = State::Over(fault);
            return;
        }
        let post = |message| {
            let report = json!({
                "version": "1.2", "type": "report_error", "message": message, "metadata": {}
            });
            let request = self.client.http().ok()?.post(self.url.clone());
            let request = self
                .client
                .bearer(request)
                .header(ACCEPT, "application/json");
            let request = request.header(CONTENT_TYPE, "application/json");
            Some(request.body(report.to_string()).send())
        };
        let posts: Vec<_> = complaints.iter().filter_map(post).collect();
        let told = async move {
            // Whether they arrive changes nothing here.
            let _ = timeout(COMPLAINTS_TIME_MAX, join_all(posts)).await;
        };
        self.state = State::Complaining(Box::pin(told), fault);
    }
}

fn broken_off(error: &sse_stream::Error) -> Fault {
    if let sse_stream::Error::Body(cause) = error {
        return match cause.downcast_ref::<io::Error>() {
            Some(cause) if cause.kind() == io::ErrorKind::FileTooLarge => {
                Fault::TooLarge(cause.to_string())
            }
            _ => Fault::Broken(format!("the answer broke off: {cause}")),
        };
    }
    Fault::Broken(format!("the answer cannot be read: {error}"))
}
