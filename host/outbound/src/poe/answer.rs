//! Another bot's answer, as it arrives: one request, its stream of events, and another attempt where
//! nothing was heard yet.
//!
//! Little is read ahead of who asks for it: an answer that is not polled stops its sender. Dropping it
//! closes the connection.

use std::{
    collections::VecDeque,
    future::{Future, poll_fn},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use futures_util::future::join_all;
use reqwest::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE};
use serde_json::json;
use sse_stream::Sse;
use tokio::time::{Interval, MissedTickBehavior, interval, sleep, timeout};
use url::Url;

use super::{
    Fault, PoeClient,
    stream::{Events, Failed, PAUSE, broken_off, open},
};
use crate::cassette::RequestKind;
use ravenry_base::memory::{Booking, MemoryPool};
use ravenry_protocol::{
    answer::{ParseError, ParsedEvent, hear},
    event::Owned,
    visible::Visible,
};

/// Attempts, the first included (as the reference client).
const ATTEMPTS: u8 = 2;

/// Bytes of events that wait for who asked.
const QUEUED_BYTES_MAX: usize = 64 * 1024;

/// Least time between two times that events are given out, after the first two.
///
/// A millisecond is not seen. But a stream that arrives faster than it is worked off costs a fraction
/// when what has come is handed on together: the reply, its sandbox and the socket wake once.
const PACE: Duration = Duration::from_millis(1);

/// Complaints of one answer that are sent; the rest would say the same.
const COMPLAINTS_MAX: usize = 5;

/// Longest time that all complaints of an answer may take.
const COMPLAINTS_TIME_MAX: Duration = Duration::from_secs(5);

/// Whom memory is booked on: bot, tenant, process.
type Pools = [Arc<MemoryPool>; 3];

/// The answer of another bot on its way.
pub struct Asking {
    client: PoeClient,
    bot: String,
    url: Url,
    body: Bytes,
    pools: Pools,
    attempts_left: u8,
    state: StreamState,
    queue: VecDeque<Owned>,
    queued_bytes: usize,
    /// Events are given out at this pace: what arrives in between is given out together.
    pace: Interval,
    /// Whether it is time for the next ones.
    due: bool,
    heard: Account,
}

/// What was heard so far.
#[derive(Debug, Default)]
struct Account {
    /// Anything at all; from then on nothing is repeated.
    any: bool,
    /// What of it can be seen.
    visible: Visible,
    complaints: Vec<String>,
}

enum StreamState {
    Connecting(Pin<Box<dyn Future<Output = Result<Events, Failed>> + Send>>),
    Pausing(Pin<Box<tokio::time::Sleep>>),
    Open(Events),
    /// The events are over; the other side is told what was wrong with them.
    Complaining(Pin<Box<dyn Future<Output = ()> + Send>>, Option<Fault>),
    /// The fault waits to be told once.
    Over(Option<Fault>),
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

impl PoeClient {
    /// Asks a bot of the platform. The request leaves when the answer is first waited for.
    /// What it holds beyond the usual is booked on `pools`.
    pub fn ask(&self, bot: &str, body: Bytes, pools: Pools) -> Asking {
        let url = self.api(&["bot", bot]);
        let mut pace = interval(PACE);
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Asking {
            state: self.attempt(bot, &url, &body, &pools),
            client: self.clone(),
            bot: bot.to_owned(),
            url,
            body,
            pools,
            attempts_left: ATTEMPTS.saturating_sub(1),
            queue: VecDeque::new(),
            queued_bytes: 0,
            pace,
            due: true,
            heard: Account::default(),
        }
    }

    fn attempt(&self, bot: &str, url: &Url, body: &Bytes, pools: &Pools) -> StreamState {
        let http = match self.http() {
            Ok(http) => http,
            Err(fault) => return StreamState::Over(Some(fault)),
        };
        let request = self
            .bearer(http.post(url.clone()))
            .header(ACCEPT, "text/event-stream")
            .header(CACHE_CONTROL, "no-store")
            .header(CONTENT_TYPE, "application/json")
            .body(body.clone());
        let sent = self.send(http, request, (RequestKind::Ask, bot, &|| body.to_vec()));
        StreamState::Connecting(Box::pin(open(sent, Booking::new(pools.clone()))))
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
        self.due = false;
        if self.queue.is_empty()
            && let StreamState::Over(fault) = &mut self.state
            && let Some(fault) = fault.take()
        {
            return Err(fault);
        }
        Ok(std::mem::take(&mut self.queue))
    }

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<()> {
        loop {
            match &mut self.state {
                StreamState::Connecting(attempt) => match ready!(attempt.as_mut().poll(context)) {
                    Ok(events) => self.state = StreamState::Open(events),
                    Err(failed) => self.failed(failed),
                },
                StreamState::Pausing(pause) => {
                    ready!(pause.as_mut().poll(context));
                    let Self { bot, url, body, .. } = &*self;
                    self.state = self.client.attempt(bot, url, body, &self.pools);
                }
                StreamState::Open(_) if self.queued_bytes >= QUEUED_BYTES_MAX => {
                    return Poll::Ready(());
                }
                StreamState::Open(_) if !self.due => {
                    ready!(self.pace.poll_tick(context));
                    self.due = true;
                }
                StreamState::Open(events) => match events.as_mut().poll_next(context) {
                    Poll::Ready(event) => self.next(event),
                    Poll::Pending if self.queue.is_empty() => return Poll::Pending,
                    Poll::Pending => return Poll::Ready(()),
                },
                // What was heard last need not wait for complaints.
                StreamState::Complaining(..) if !self.queue.is_empty() => return Poll::Ready(()),
                StreamState::Complaining(complaints, fault) => {
                    ready!(complaints.as_mut().poll(context));
                    self.state = StreamState::Over(fault.take());
                }
                StreamState::Over(_) => return Poll::Ready(()),
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
                self.end(Some(Fault::Broken(
                    "the answer broke off: it ended without the event `done`".to_owned(),
                )));
            }
            None => self.failed(Failed::again("the answer ended before it began".to_owned())),
        }
    }

    fn hear(&mut self, event: &Sse) {
        // A block of `id` or `retry` alone is no event.
        let Some(data) = &event.data else { return };
        match hear(event.event.as_deref(), data) {
            Ok(ParsedEvent::Nothing) => {}
            Ok(ParsedEvent::Done) => {
                if !self.heard.visible.anything() {
                    self.complain("Bot returned no text in response".to_owned());
                }
                self.end(None);
            }
            Ok(ParsedEvent::Event(Owned::Error(failure))) => self.failed(Failed {
                again: failure.allow_retry.then_some(PAUSE),
                fault: Fault::Said(failure),
            }),
            Ok(ParsedEvent::Event(event)) => {
                self.heard.any = true;
                self.heard.visible.hear(&event);
                self.queued_bytes = self.queued_bytes.saturating_add(data.len());
                self.queue.push_back(event);
            }
            Err(ParseError::Odd(complaint)) => self.complain(complaint),
            Err(ParseError::Fatal(complaint)) => {
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
                self.state = StreamState::Pausing(Box::pin(sleep(pause)));
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
            self.state = StreamState::Over(fault);
            return;
        }
        let post = |message: &String| {
            let report = json!({
                "version": "1.2", "type": "report_error", "message": message, "metadata": {}
            });
            let http = self.client.http().ok()?;
            let request = self
                .client
                .bearer(http.post(self.url.clone()))
                .header(ACCEPT, "application/json")
                .header(CONTENT_TYPE, "application/json")
                .body(report.to_string());
            let said = || message.clone().into_bytes();
            Some(
                self.client
                    .send(http, request, (RequestKind::Report, &self.bot, &said)),
            )
        };
        let posts: Vec<_> = complaints.iter().filter_map(post).collect();
        let told = async move {
            // Whether they arrive changes nothing here.
            let _ = timeout(COMPLAINTS_TIME_MAX, join_all(posts)).await;
        };
        self.state = StreamState::Complaining(Box::pin(told), fault);
    }
}
