//! Bodies on their way: the request's as the bot writes it, the response's as it reads it.
//!
//! Neither is kept: a chunk waits in one buffer until the other side takes it, and nothing is asked
//! for before it is taken.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use parking_lot::Mutex;
use tokio::{
    sync::watch,
    time::{Instant, Sleep, sleep},
};

use super::{RequestPermit, SendError, error};

/// Whether the one who writes request bodies is gone before he was done.
///
/// A body whose writer is dropped looks like one that ended. An upstream must not take half a
/// request for a whole one, so bodies that end after this was said end with an error instead.
#[derive(Clone, Debug, Default)]
pub struct Gone(Arc<AtomicBool>);

impl Gone {
    /// Says so, for all bodies that hold a clone. To be called before their writers are dropped.
    pub fn say(&self) {
        self.0.store(true, Ordering::Release);
    }

    fn said(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// When something last happened to a request on its way out. Clones are the same one.
#[derive(Clone, Debug)]
pub(super) struct Pulse(watch::Sender<Beat>);

/// What happened last, and when.
#[derive(Clone, Copy, Debug)]
pub(super) enum Beat {
    /// It began to wait for a connection.
    Connecting(Instant),
    /// It got one, or a part of it went out.
    Sending(Instant),
}

impl Pulse {
    /// Beats for the first time now.
    pub(super) fn start() -> Self {
        Self(watch::Sender::new(Beat::Sending(Instant::now())))
    }

    /// A connection is waited for.
    pub(super) fn connecting(&self) {
        self.0.send_replace(Beat::Connecting(Instant::now()));
    }

    /// There is a connection, or something went out on it.
    pub(super) fn sending(&self) {
        self.0.send_if_modified(|beat| {
            let was_connecting = matches!(beat, Beat::Connecting(_));
            *beat = Beat::Sending(Instant::now());
            was_connecting
        });
    }

    /// Says which beat was the last, and wakes where one of the other kind follows.
    pub(super) fn listen(&self) -> watch::Receiver<Beat> {
        self.0.subscribe()
    }
}

/// The body of a request.
///
/// Ends exactly where its `content-length` says, or with an error. Trailers are left out: with
/// HTTP/1.1 hardly a server reads them, and they would be headers past the check of headers.
#[derive(Debug)]
pub(super) struct Outgoing<B> {
    /// A lock that is never waited for: it only lets the body be shared between threads, which
    /// the HTTP client wants and none does.
    inner: Mutex<B>,
    /// A chunk that was read in advance.
    first: Option<Bytes>,
    ended: bool,
    /// Bytes that are still to come, where that is known.
    left: Option<u64>,
    gone: Gone,
    pulse: Pulse,
}

impl<B> Outgoing<B>
where
    B: Body<Data = Bytes> + Unpin,
{
    /// `length` is what the header of the request says.
    pub(super) fn new(inner: B, length: Option<u64>, gone: Gone, pulse: Pulse) -> Self {
        Self {
            left: length.or_else(|| inner.size_hint().exact()),
            inner: Mutex::new(inner),
            first: None,
            ended: false,
            gone,
            pulse,
        }
    }

    /// Reads the first chunk in advance, to know whether there is one: many bots open a body and
    /// write nothing, which would otherwise go out as an empty chunked one.
    pub(super) async fn look(&mut self) -> Result<(), SendError> {
        if self.left.is_none() {
            self.first = std::future::poll_fn(|context| self.chunk(context))
                .await
                .transpose()?;
            if self.first.is_none() {
                self.left = Some(0);
            }
        }
        Ok(())
    }

    /// The next chunk of the one who writes.
    fn chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, SendError>>> {
        loop {
            if self.ended {
                return Poll::Ready(None);
            }
            let inner = self.inner.get_mut();
            let frame = match ready!(Pin::new(inner).poll_frame(context)) {
                Some(Ok(frame)) => frame,
                Some(Err(_)) => return self.end(Some(SendError::RequestBody)),
                None if self.gone.said() => return self.end(Some(SendError::RequestBody)),
                None if self.left.is_some_and(|left| left > 0) => {
                    return self.end(Some(SendError::RequestBody));
                }
                None => return self.end(None),
            };
            let Ok(data) = frame.into_data() else {
                continue;
            };
            self.pulse.sending();
            if let Some(left) = self.left {
                match left.checked_sub(data.len() as u64) {
                    Some(rest) => self.left = Some(rest),
                    None => return self.end(Some(SendError::RequestBody)),
                }
            }
            return Poll::Ready(Some(Ok(data)));
        }
    }

    fn end(&mut self, error: Option<SendError>) -> Poll<Option<Result<Bytes, SendError>>> {
        self.ended = true;
        Poll::Ready(error.map(Err))
    }
}

impl<B> Body for Outgoing<B>
where
    B: Body<Data = Bytes> + Unpin,
{
    type Data = Bytes;
    type Error = SendError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, SendError>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(Frame::data(first))));
        }
        self.chunk(context)
            .map(|chunk| chunk.map(|chunk| chunk.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.first.is_none() && (self.ended || self.left == Some(0))
    }

    fn size_hint(&self) -> SizeHint {
        // A length that was known before is known without the chunk in advance.
        self.left
            .map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

/// The body of a response. Dropping it before its end closes the connection.
#[derive(Debug)]
pub struct Incoming {
    /// `None` after the end, so that the connection is free, or closed, at once.
    inner: Option<reqwest::Body>,
    bytes_max: u64,
    left: u64,
    between_bytes: Duration,
    /// Runs while the reader waits, and only then: a slow reader is not the upstream's fault.
    timer: Option<Pin<Box<Sleep>>>,
    /// What the request holds among those of its query; free when the body is gone.
    place: Option<RequestPermit>,
}

impl Incoming {
    pub(super) fn new(
        inner: reqwest::Body,
        bytes_max: u64,
        between_bytes: Duration,
        place: RequestPermit,
    ) -> Self {
        // A body that is over with its head holds nothing, whether it is read or not.
        let over = inner.is_end_stream();
        Self {
            inner: Some(inner).filter(|_| !over),
            bytes_max,
            left: bytes_max,
            between_bytes,
            timer: None,
            place: Some(place).filter(|_| !over),
        }
    }

    fn end(&mut self, error: Option<SendError>) -> Poll<Option<Result<Frame<Bytes>, SendError>>> {
        self.inner = None;
        self.timer = None;
        self.place = None;
        Poll::Ready(error.map(Err))
    }
}

impl Body for Incoming {
    type Data = Bytes;
    type Error = SendError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, SendError>>> {
        let between_bytes = self.between_bytes;
        let Some(inner) = self.inner.as_mut() else {
            return Poll::Ready(None);
        };
        match Pin::new(inner).poll_frame(context) {
            Poll::Pending => {
                let timer = self
                    .timer
                    .get_or_insert_with(|| Box::pin(sleep(between_bytes)));
                ready!(timer.as_mut().poll(context));
                self.end(Some(SendError::BetweenBytesTimeout(between_bytes)))
            }
            Poll::Ready(None) => self.end(None),
            Poll::Ready(Some(Err(error))) => {
                let error = error::within_the_response(&error);
                self.end(Some(error))
            }
            Poll::Ready(Some(Ok(frame))) => {
                self.timer = None;
                let length = frame.data_ref().map_or(0, Bytes::len) as u64;
                let Some(left) = self.left.checked_sub(length) else {
                    let bytes_max = self.bytes_max;
                    return self.end(Some(SendError::BodyTooLarge(bytes_max)));
                };
                self.left = left;
                Poll::Ready(Some(Ok(frame)))
            }
        }
    }
}
