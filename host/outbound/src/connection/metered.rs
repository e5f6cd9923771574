//! A connection that counts what comes, and knows whether it is in use.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering},
    },
    task::{Context, Poll, Waker, ready},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use hyper_rustls::MaybeHttpsStream;
use hyper_util::{
    client::legacy::connect::{Connected, Connection},
    rt::TokioIo,
};
use parking_lot::Mutex;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

use super::BUFFER_BYTES_MAX;
use crate::{
    SendError,
    shares::{Idle, IdleMark, Share, ShareGuard},
};

/// Bytes that may be read while nothing of an answer is handed over.
///
/// A head of [`BUFFER_BYTES_MAX`] fits, and what of a body waits for its reader in the client's buffer
/// and behind it, each no larger than that. Interim answers without end cost a few milliseconds of
/// computing before this is reached.
const UNANSWERED_BYTES_MAX: u64 = 4 * BUFFER_BYTES_MAX as u64;

/// What is going on on a connection. It comes along with each response.
#[derive(Clone, Debug)]
pub(super) struct Line(Arc<Progress>);

#[derive(Debug)]
struct Progress {
    share: Share,
    mark: IdleMark,
    /// One of `IDLE`, `ASKED` and `ANSWERED`.
    phase: AtomicU8,
    /// Bytes that were read since something of an answer was handed over.
    unanswered: AtomicU64,
    /// Whether it is to be closed while it is idle.
    closing: AtomicBool,
    /// The task that is to close it.
    reader: Mutex<Option<Waker>>,
}

/// The connection is not in use.
const IDLE: u8 = 0;
/// Something of a request went out, and nothing of an answer came after it.
const ASKED: u8 = 1;
/// An answer has begun, and nothing went out since.
const ANSWERED: u8 = 2;

impl Progress {
    fn asks(&self) {
        if self.phase.swap(ASKED, Ordering::AcqRel) == IDLE {
            self.closing.store(false, Ordering::Release);
            self.share.busy(self);
        }
    }

    fn answers(&self) {
        self.phase.store(ANSWERED, Ordering::Release);
        self.hands_over();
    }

    fn hands_over(&self) {
        self.unanswered.store(0, Ordering::Relaxed);
    }

    /// The answer is over. Where something went out since it began, the next one may be under way.
    fn is_over(self: &Arc<Self>) {
        let idle = self
            .phase
            .compare_exchange(ANSWERED, IDLE, Ordering::AcqRel, Ordering::Relaxed);
        if idle.is_ok() {
            self.share.idle(Arc::clone(self) as Arc<dyn Idle>);
        }
    }

    /// Counts what was read.
    fn reads(&self, bytes: usize) -> io::Result<()> {
        let bytes = bytes as u64;
        let before = self.unanswered.fetch_add(bytes, Ordering::Relaxed);
        if before.saturating_add(bytes) > UNANSWERED_BYTES_MAX {
            return Err(io::Error::other(SendError::NoAnswer));
        }
        Ok(())
    }

    /// Whether it is to be closed; if not yet, its reader is woken when it is: also one that reads before the
    /// answer is over, and perhaps not again.
    fn closes(&self, context: &Context<'_>) -> bool {
        let mut reader = self.reader.lock();
        let known = reader.as_ref();
        if !known.is_some_and(|known| known.will_wake(context.waker())) {
            *reader = Some(context.waker().clone());
        }
        drop(reader);
        self.phase.load(Ordering::Acquire) == IDLE && self.closing.load(Ordering::Acquire)
    }
}

impl Idle for Progress {
    fn is_idle(&self) -> bool {
        self.phase.load(Ordering::Acquire) == IDLE
    }

    fn give_up(&self) {
        self.closing.store(true, Ordering::Release);
        let mut reader = self.reader.lock();
        if let Some(reader) = reader.take() {
            reader.wake();
        }
    }

    fn mark(&self) -> &IdleMark {
        &self.mark
    }
}

/// A connection that counts.
pub(super) struct Metered {
    stream: TokioIo<MaybeHttpsStream<TokioIo<TcpStream>>>,
    progress: Arc<Progress>,
    /// Free when the socket is closed.
    _held: ShareGuard,
}

impl Metered {
    pub(super) fn new(
        stream: MaybeHttpsStream<TokioIo<TcpStream>>,
        held: ShareGuard,
        share: Share,
    ) -> Self {
        let progress = Arc::new(Progress {
            share,
            mark: IdleMark::default(),
            // The request that it is opened for comes next.
            phase: AtomicU8::new(ASKED),
            unanswered: AtomicU64::new(0),
            closing: AtomicBool::new(false),
            reader: Mutex::default(),
        });
        Self {
            stream: TokioIo::new(stream),
            progress,
            _held: held,
        }
    }
}

impl Drop for Metered {
    fn drop(&mut self) {
        // Never idle again.
        self.progress.phase.store(ASKED, Ordering::Release);
        self.progress.share.busy(&*self.progress);
    }
}

impl Connection for Metered {
    fn connected(&self) -> Connected {
        let line = Line(Arc::clone(&self.progress));
        self.stream.inner().connected().extra(line)
    }
}

impl AsyncRead for Metered {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.progress.closes(context) {
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        let read = buffer.filled().len().saturating_sub(before);
        Poll::Ready(self.progress.reads(read))
    }
}

impl AsyncWrite for Metered {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.progress.asks();
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.progress.asks();
        Pin::new(&mut self.stream).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// The body of a response, which says how far it is.
pub(super) struct MeteredBody {
    inner: Incoming,
    line: Option<Line>,
}

impl MeteredBody {
    /// The head has come, over this connection.
    pub(super) fn begin(inner: Incoming, line: Option<Line>) -> Self {
        if let Some(Line(progress)) = &line {
            progress.answers();
        }
        let mut answer = Self { inner, line };
        if answer.inner.is_end_stream() {
            answer.is_over();
        }
        answer
    }

    fn is_over(&mut self) {
        if let Some(Line(progress)) = self.line.take() {
            progress.is_over();
        }
    }
}

impl Drop for MeteredBody {
    fn drop(&mut self) {
        self.is_over();
    }
}

impl Body for MeteredBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(context));
        if let Some(Line(progress)) = &self.line {
            progress.hands_over();
        }
        if frame.is_none() || self.inner.is_end_stream() {
            self.is_over();
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
