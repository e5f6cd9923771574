//! Server-sent events of an upstream, event by event.

use std::{
    cell::RefCell,
    collections::VecDeque,
    convert::Infallible,
    io::Cursor,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};

use futures_lite::Stream;
use ravenry_protocol::utf8::Utf8;
use serde::de::DeserializeOwned;
use sse_stream::{Sse, SseByteStream};

use super::{HttpError, Response, response::from_json};
use crate::wait::{Awaiting, Blocking, Mode, now};

/// Most bytes that one event may have, all its lines together: as much as the gateway takes of an
/// event of another bot, and far above what model APIs send.
pub const EVENT_BYTES_MAX: usize = 1024 * 1024;

/// Reads the body of a response as server-sent events.
///
/// By the rules of the WHATWG: lines end with LF, CR or CRLF; a byte order mark at the start, comments
/// and unknown fields are skipped; several lines of data are joined with a line feed; an event without
/// data is none; a last event without its empty line is not delivered; bytes that are no UTF-8 are
/// replaced by U+FFFD.
pub fn events(response: Response) -> Events {
    let input = Input::default();
    Events {
        parser: SseByteStream::new(input.clone()),
        input,
        response: Some(response),
        utf8: Utf8::default(),
        unfinished: Unfinished::default(),
    }
}

/// Server-sent events; made by [`events`]. Dropping it hangs up.
pub struct Events {
    parser: SseByteStream<Input>,
    input: Input,
    utf8: Utf8,
    /// `None` after the end of the body.
    response: Option<Response>,
    unfinished: Unfinished,
}

/// One server-sent event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerEvent {
    /// What kind of event it is; `message` where the upstream does not say.
    pub event: String,
    /// The data.
    pub data: String,
    /// Its identifier, where it has one.
    pub id: Option<String>,
}

impl ServerEvent {
    /// Whether this is `[DONE]`, with which model APIs in the manner of `OpenAI` end.
    pub fn is_done(&self) -> bool {
        self.data.trim() == "[DONE]"
    }

    /// The data, read as JSON.
    ///
    /// # Errors
    ///
    /// [`HttpError::Malformed`] where it is not JSON of that shape.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, HttpError> {
        from_json(self.data.as_bytes())
    }
}

impl Events {
    /// The next event; `None` after the last.
    ///
    /// # Errors
    ///
    /// [`HttpError::TooLarge`] where an event has more than [`EVENT_BYTES_MAX`], otherwise those of
    /// [`Response::chunk`]. After an error there is nothing more.
    #[expect(
        clippy::should_implement_trait,
        reason = "events can fail, and `?` reads better than a `Some(Err(_))`"
    )]
    pub fn next(&mut self) -> Result<Option<ServerEvent>, HttpError> {
        now(self.next_by::<Blocking>())
    }

    /// The same, while other futures go on.
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next).
    pub async fn next_async(&mut self) -> Result<Option<ServerEvent>, HttpError> {
        self.next_by::<Awaiting>().await
    }

    async fn next_by<M: Mode>(&mut self) -> Result<Option<ServerEvent>, HttpError> {
        let next = self.parse_by::<M>().await;
        if next.is_err() {
            self.response = None;
            self.input.borrow_mut().chunks.clear();
        }
        next
    }

    async fn parse_by<M: Mode>(&mut self) -> Result<Option<ServerEvent>, HttpError> {
        loop {
            let mut context = Context::from_waker(Waker::noop());
            match Pin::new(&mut self.parser).poll_next(&mut context) {
                Poll::Ready(None) => return Ok(None),
                Poll::Ready(Some(Err(fault))) => {
                    return Err(HttpError::Malformed(format!(
                        "the answer is no stream of events: {fault}"
                    )));
                }
                Poll::Ready(Some(Ok(event))) => {
                    if let Some(event) = dispatched(event) {
                        return Ok(Some(event));
                    }
                }
                Poll::Pending => self.read_by::<M>().await?,
            }
        }
    }

    /// Feeds the parser with what arrives next, or tells it that nothing more will.
    async fn read_by<M: Mode>(&mut self) -> Result<(), HttpError> {
        let chunk = match &mut self.response {
            Some(response) => response.chunk_by::<M>().await?,
            None => None,
        };
        let Some(chunk) = chunk else {
            self.response = None;
            self.input.borrow_mut().ended = true;
            return Ok(());
        };
        if self.unfinished.count(&chunk) > EVENT_BYTES_MAX {
            return Err(HttpError::TooLarge(format!(
                "an event of the answer has more than {EVENT_BYTES_MAX} bytes"
            )));
        }
        let text = self.utf8.chunk(chunk.into());
        self.input.borrow_mut().chunks.push_back(text.into());
        Ok(())
    }
}

impl std::fmt::Debug for Events {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Events")
            .field("response", &self.response)
            .finish_non_exhaustive()
    }
}

/// What a block of fields stands for; `None` where it has no data.
fn dispatched(sse: Sse) -> Option<ServerEvent> {
    let data = sse.data?;
    let event = sse.event.filter(|event| !event.is_empty());
    Some(ServerEvent {
        event: event.unwrap_or_else(|| "message".to_owned()),
        data,
        id: sse.id,
    })
}

/// What the parser reads from: chunks that the one who drives it puts in.
///
/// The parser never waits. Where it finds nothing it says so, and its driver waits, in the way in
/// which the bot wants to.
#[derive(Clone, Default)]
struct Input(Rc<RefCell<Arrived>>);

#[derive(Default)]
struct Arrived {
    chunks: VecDeque<Vec<u8>>,
    ended: bool,
}

impl Input {
    fn borrow_mut(&self) -> std::cell::RefMut<'_, Arrived> {
        self.0.borrow_mut()
    }
}

impl Stream for Input {
    type Item = Result<Cursor<Vec<u8>>, Infallible>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut arrived = self.borrow_mut();
        match arrived.chunks.pop_front() {
            Some(chunk) => Poll::Ready(Some(Ok(Cursor::new(chunk)))),
            None if arrived.ended => Poll::Ready(None),
            None => Poll::Pending,
        }
    }
}

/// Counts the bytes since the last empty line: what a parser may be holding.
#[derive(Default)]
struct Unfinished {
    bytes: usize,
    /// The line so far is empty.
    line_has_bytes: bool,
    /// The last byte was CR; an LF after it ends no line of its own.
    after_cr: bool,
}

impl Unfinished {
    /// Counts a chunk, and returns the most that was ever unfinished within it.
    fn count(&mut self, chunk: &[u8]) -> usize {
        let mut most = 0;
        for &byte in chunk {
            let completes_crlf = self.after_cr && byte == b'\n';
            self.after_cr = byte == b'\r';
            if completes_crlf {
                continue;
            }
            if byte == b'\n' || byte == b'\r' {
                if !self.line_has_bytes {
                    self.bytes = 0;
                }
                self.line_has_bytes = false;
            } else {
                self.line_has_bytes = true;
                self.bytes = self.bytes.saturating_add(1);
                most = most.max(self.bytes);
            }
        }
        most
    }
}
