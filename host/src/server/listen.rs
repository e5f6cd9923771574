//! Connections: how many, how long they may take for their headers, and readers who stop reading.

use std::{
    future::Future,
    io::{self, IoSlice},
    net::{SocketAddr, TcpListener},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::Router;
use axum_server::{Handle, accept::Accept};
use hyper_util::rt::TokioTimer;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinHandle,
    time::{Instant, Sleep, sleep},
};

use crate::metrics;

/// Time for the headers of a request to arrive, and for an idle connection to send the next.
///
/// Poe's client (aiohttp) keeps an idle connection for 15 s; the server must not be the first to
/// close it. What drips slower than this is not a person's query.
const HEADER_TIME_MAX: Duration = Duration::from_secs(20);

/// Bytes of headers, and of answer that wait in hyper's own buffer. hyper wants 8 KiB at least.
const BUFFER_BYTES_MAX: usize = 32 * 1024;

/// Headers of one request. Poe sends about ten.
const HEADERS_MAX: usize = 64;

/// How long a reader may take for one buffer (at most [`BUFFER_BYTES_MAX`] and one write of a bot).
///
/// The reply itself is asked again after each buffer, so its own limits hold within this time.
const STALL_MAX: Duration = Duration::from_mins(1);

/// How often a draining server looks whether the last connection is gone.
const DRAIN_LOOK: Duration = Duration::from_millis(10);

/// How many connections there may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    connections: u32,
}

impl Limits {
    /// What the configuration says, or all descriptors but those for everything else.
    pub(super) fn new(configured: Option<u32>, descriptors: u64) -> Self {
        let possible = u32::try_from(descriptors.saturating_sub(64))
            .unwrap_or(u32::MAX)
            .max(16);
        Self::of(configured.unwrap_or(possible).min(possible))
    }

    /// Exactly so many.
    pub(super) const fn of(connections: u32) -> Self {
        Self { connections }
    }
}

/// A listener that serves.
pub(super) struct Front {
    handle: Handle<SocketAddr>,
    task: JoinHandle<()>,
}

impl Front {
    /// Serves `router` on a bound listener.
    pub(super) fn start(listener: TcpListener, router: Router, limits: Limits) -> Self {
        let handle = Handle::new();
        let doorman = Gate {
            connections: Arc::new(Semaphore::new(
                usize::try_from(limits.connections)
                    .unwrap_or(usize::MAX)
                    .min(Semaphore::MAX_PERMITS),
            )),
            full: Arc::new(AtomicBool::new(false)),
        };
        let watched = handle.clone();
        let serving = tokio::spawn(async move {
            let serving = async {
                let mut server = axum_server::from_tcp(listener)?
                    .acceptor(doorman)
                    .handle(watched)
                    .http1_only();
                server
                    .http_builder()
                    .http1()
                    .timer(TokioTimer::new())
                    .header_read_timeout(HEADER_TIME_MAX)
                    .max_headers(HEADERS_MAX)
                    .max_buf_size(BUFFER_BYTES_MAX);
                server.serve(router.into_make_service()).await
            };
            if let Err(error) = serving.await {
                tracing::error!(%error, "the listener failed");
            }
        });
        Self {
            handle,
            task: serving,
        }
    }

    /// Takes no more connections, and waits until the last request is answered.
    pub(super) async fn drained(&self) {
        self.handle.graceful_shutdown(None);
        while self.handle.connection_count() > 0 {
            tokio::time::sleep(DRAIN_LOOK).await;
        }
    }

    /// Cuts every connection.
    pub(super) fn cut(&self) {
        self.handle.shutdown();
        self.task.abort();
    }
}

/// Lets connections in while there is room.
#[derive(Clone)]
struct Gate {
    connections: Arc<Semaphore>,
    /// Whether a refusal was logged since there was room: once per episode.
    full: Arc<AtomicBool>,
}

type Accepted<S> = Pin<Box<dyn Future<Output = io::Result<(Connection, S)>> + Send>>;

impl<S: Send + 'static> Accept<TcpStream, S> for Gate {
    type Stream = Connection;
    type Service = S;
    type Future = Accepted<S>;

    fn accept(&self, stream: TcpStream, service: S) -> Accepted<S> {
        let Ok(place) = Arc::clone(&self.connections).try_acquire_owned() else {
            if !self.full.swap(true, Ordering::Relaxed) {
                tracing::warn!("too many connections: new ones are closed at once");
            }
            return Box::pin(async { Err(io::Error::other("too many connections")) });
        };
        self.full.store(false, Ordering::Relaxed);
        Box::pin(async move {
            metrics::connections().increment(1.0);
            Ok((
                Connection {
                    stream,
                    stall: Stall::default(),
                    _place: place,
                },
                service,
            ))
        })
    }
}

/// A connection whose reader must take what it is sent.
struct Connection {
    stream: TcpStream,
    stall: Stall,
    _place: OwnedSemaphorePermit,
}

impl Drop for Connection {
    fn drop(&mut self) {
        metrics::connections().decrement(1.0);
    }
}

/// The time since the socket was last empty, while it is full.
#[derive(Default)]
struct Stall(Option<Pin<Box<Sleep>>>);

impl Stall {
    /// Judges one write: `whole` bytes were offered. Only a write that is taken whole ends a stall;
    /// a reader who drips does not.
    fn judge(
        &mut self,
        written: Poll<io::Result<usize>>,
        whole: usize,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        match &written {
            Poll::Ready(Ok(bytes)) if *bytes >= whole => self.0 = None,
            Poll::Ready(Ok(_)) => {
                let timer = self.0.get_or_insert_with(|| Box::pin(sleep(STALL_MAX)));
                if timer.deadline() <= Instant::now() {
                    return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
                }
            }
            Poll::Ready(Err(_)) => {}
            Poll::Pending => {
                let timer = self.0.get_or_insert_with(|| Box::pin(sleep(STALL_MAX)));
                ready!(timer.as_mut().poll(context));
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
        }
        written
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.stall.judge(written, bytes.len(), context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        let whole = parts.iter().map(|part| part.len()).sum();
        self.stall.judge(written, whole, context)
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
