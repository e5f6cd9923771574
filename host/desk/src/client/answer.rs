//! An answer to a query, as it arrives: its head at once, then part by part.
//!
//! Nothing is read ahead of who asks for it. Dropping it closes the connection.

use std::{
    collections::VecDeque,
    io,
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::{Stream, StreamExt as _, stream};
use http::{
    HeaderMap, HeaderName,
    header::{CACHE_CONTROL, CONTENT_TYPE},
};
use parking_lot::Mutex;
use sse_stream::{Sse, SseByteStream};
use tokio::time::timeout;

use super::store_comment::CommentReader;
use ravenry_outbound::SendError;
use ravenry_protocol::{
    answer::{ParseError, ParsedEvent, hear},
    rules::{EVENT_SIZE, Finding},
    store_activity::StoreActivity,
    stream_check::{End, Head, Judge},
};

/// Most bytes of a stream: a hundred times the text that a reply may have.
const STREAM_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Most bytes of what came instead of a stream.
const INSTEAD_BYTES_MAX: usize = 16 * 1024;

/// What arrives.
#[derive(Clone, Debug)]
pub enum Part {
    /// An event.
    Event {
        /// Time since the query was sent.
        at: Duration,
        /// Its name; `None` where it has none, which the WHATWG calls `message`.
        name: Option<String>,
        /// Its data, as it came.
        data: String,
        /// What it means.
        meaning: Result<ParsedEvent, ParseError>,
    },
    /// A rule that was broken, by what arrived last.
    Finding(Finding),
    /// What the bot found in its store and left there, where that was asked for.
    Store(StoreActivity),
    /// What came instead of a stream: the beginning of it.
    Instead(String),
    /// Nothing more comes.
    End {
        /// Time since the query was sent.
        at: Duration,
        /// How it ended.
        end: End,
    },
}

type Events = Pin<Box<dyn Stream<Item = Result<Sse, sse_stream::Error>> + Send>>;

/// An answer on its way.
pub struct AnswerStream {
    status: u16,
    headers: HeaderMap,
    started: Instant,
    /// The stream of chunks has it too: both are polled from here alone.
    judge: Arc<Mutex<Judge>>,
    /// So it has this one; `None` where nothing was asked for.
    comments: Option<Arc<Mutex<CommentReader>>>,
    events: Events,
    /// Parts that are there already.
    ready: VecDeque<Part>,
    over: bool,
}

impl std::fmt::Debug for AnswerStream {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Answer")
            .field("status", &self.status)
            .field("over", &self.over)
            .finish_non_exhaustive()
    }
}

impl AnswerStream {
    pub(super) fn new(
        response: reqwest::Response,
        started: Instant,
        silence_max: Duration,
        shows_store: bool,
    ) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let mut judge = Judge::default();
        judge.head(&Head {
            status,
            content_type: text(&headers, CONTENT_TYPE),
            cache_control: text(&headers, CACHE_CONTROL),
        });
        let is_stream = text(&headers, CONTENT_TYPE)
            .is_some_and(|kind| kind.to_ascii_lowercase().contains("text/event-stream"));
        let judge = Arc::new(Mutex::new(judge));
        let comments = shows_store.then(Arc::default);
        let readers = (Arc::clone(&judge), comments.clone());
        let chunks = chunks(response, silence_max, is_stream.then_some(readers));
        let events: Events = if is_stream {
            Box::pin(SseByteStream::new(chunks))
        } else {
            Box::pin(instead(chunks))
        };
        let mut answer = Self {
            status,
            headers,
            started,
            judge,
            comments,
            events,
            ready: VecDeque::new(),
            over: false,
        };
        answer.judged(|_| {});
        answer
    }

    /// HTTP status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The next part; nothing after [`Part::End`]. May be dropped and called again.
    pub async fn next(&mut self) -> Option<Part> {
        while self.ready.is_empty() && !self.over {
            let next = self.events.next().await;
            let at = self.started.elapsed();
            let comments = self.comments.as_ref();
            let heard = comments.and_then(|comments| comments.lock().take());
            self.ready.extend(heard.map(Part::Store));
            match next {
                Some(Ok(event)) => self.event(at, event),
                Some(Err(error)) => self.end(at, End::Cut(words(&error))),
                None => self.end(at, End::Complete),
            }
        }
        self.ready.pop_front()
    }

    fn event(&mut self, at: Duration, event: Sse) {
        // A block of `id` or `retry` alone is no event.
        let Some(data) = event.data else { return };
        if !self.is_stream() {
            self.ready.push_back(Part::Instead(data));
            return;
        }
        let name = event.event;
        let meaning = hear(name.as_deref(), &data);
        let part = Part::Event {
            at,
            name: name.clone(),
            data: data.clone(),
            meaning: meaning.clone(),
        };
        self.ready.push_back(part);
        self.judged(|judge| judge.event(at, name.as_deref(), &data, &meaning));
    }

    fn is_stream(&self) -> bool {
        text(&self.headers, CONTENT_TYPE)
            .is_some_and(|kind| kind.to_ascii_lowercase().contains("text/event-stream"))
    }

    fn end(&mut self, at: Duration, end: End) {
        self.over = true;
        self.judged(|judge| judge.end(at, &end));
        self.ready.push_back(Part::End { at, end });
    }

    /// Asks the judge, and passes on what he has found by now.
    fn judged(&mut self, ask: impl FnOnce(&mut Judge)) {
        let mut judge = self.judge.lock();
        ask(&mut judge);
        self.ready
            .extend(judge.take().into_iter().map(Part::Finding));
    }
}

/// The text of a header; one that is not ASCII is as good as none.
fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

/// Who looks at the chunks of a stream.
type Readers = (Arc<Mutex<Judge>>, Option<Arc<Mutex<CommentReader>>>);

/// The chunks of a body as they come, within their bounds, under the eyes of the judge.
fn chunks(
    response: reqwest::Response,
    silence_max: Duration,
    readers: Option<Readers>,
) -> impl Stream<Item = io::Result<bytes::Bytes>> + Send {
    stream::try_unfold((response, 0_usize), move |(mut response, total)| {
        let readers = readers.clone();
        async move {
            let chunk = timeout(silence_max, response.chunk()).await;
            let chunk = chunk
                .map_err(|_| SendError::BetweenBytesTimeout(silence_max))
                .and_then(|chunk| chunk.map_err(|error| SendError::of(&error)))
                .map_err(io::Error::other)?;
            let Some(chunk) = chunk else { return Ok(None) };
            let total = total.saturating_add(chunk.len());
            if total > STREAM_BYTES_MAX {
                let most = u64::try_from(STREAM_BYTES_MAX).unwrap_or(u64::MAX);
                return Err(io::Error::other(SendError::BodyTooLarge(most)));
            }
            if let Some((judge, comments)) = readers {
                let mut judge = judge.lock();
                let text = judge.bytes(chunk);
                // The parser would keep all of it.
                if judge.has_found(&EVENT_SIZE) {
                    return Err(io::Error::other("one event is too large"));
                }
                if let Some(comments) = comments {
                    comments.lock().chunk(&text);
                }
                return Ok(Some((text, (response, total))));
            }
            Ok(Some((chunk, (response, total))))
        }
    })
}

/// The beginning of what is no stream, as the data of one event.
fn instead(
    chunks: impl Stream<Item = io::Result<bytes::Bytes>> + Send,
) -> impl Stream<Item = Result<Sse, sse_stream::Error>> + Send {
    stream::once(async move {
        let mut chunks = Box::pin(chunks);
        let mut whole = Vec::new();
        while whole.len() < INSTEAD_BYTES_MAX {
            match chunks.next().await {
                Some(Ok(chunk)) => whole.extend_from_slice(&chunk),
                Some(Err(error)) if whole.is_empty() => {
                    return Err(sse_stream::Error::Body(Box::new(error)));
                }
                // What came before it broke off says enough.
                Some(Err(_)) | None => break,
            }
        }
        whole.truncate(INSTEAD_BYTES_MAX);
        Ok(Sse::default().data(String::from_utf8_lossy(&whole).into_owned()))
    })
}

fn words(error: &sse_stream::Error) -> String {
    match error {
        sse_stream::Error::Body(cause) => cause.to_string(),
        other => other.to_string(),
    }
}

#[cfg(test)]
#[path = "answer_tests.rs"]
mod tests;
