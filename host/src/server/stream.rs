//! The bytes of one connection, to and from its socket, and readers who stop reading.

use std::{
    future::Future,
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    sync::OwnedSemaphorePermit,
    time::{Instant, Sleep, sleep},
};

use crate::metrics;

/// How long a reader may take for one buffer (at most that of the connection and one write of a bot).
///
/// The reply itself is asked again after each buffer, so its own limits hold within this time.
const STALL_MAX: Duration = Duration::from_mins(1);

/// A connection whose reader must take what it is sent.
pub(super) struct Stream {
    socket: TcpStream,
    stall: Stall,
    _place: OwnedSemaphorePermit,
}

impl Stream {
    /// A connection that has a place among those that there may be.
    pub(super) fn new(socket: TcpStream, place: OwnedSemaphorePermit) -> Self {
        metrics::connections().increment(1.0);
        Self {
            socket,
            stall: Stall::default(),
            _place: place,
        }
    }
}

impl Drop for Stream {
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

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_read(context, buffer)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write(context, bytes);
        self.stall.judge(written, bytes.len(), context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write_vectored(context, parts);
        let whole = parts.iter().map(|part| part.len()).sum();
        self.stall.judge(written, whole, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(context)
    }
}
