//! The bytes of one connection, to and from its socket, and readers that stop reading.

use std::{
    future::Future,
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Instant, Sleep, sleep},
};

use super::{places::Place, seat::Seat};
use crate::metrics;

/// How long a reader may take for what is written, or for [`PROGRESS_BYTES`] of it.
const STALL_MAX: Duration = Duration::from_mins(1);

/// What a reader takes in that time at least, where more is waiting: one event may be of any size, and to
/// read it steadily on a slow line is no stall.
const PROGRESS_BYTES: usize = 64 * 1024;

/// A connection whose reader must take what it is sent.
pub(super) struct Stream {
    socket: TcpStream,
    stall: Stall,
    seat: Arc<Seat>,
    _place: Place,
}

impl Stream {
    /// A connection that has a place among those that there may be.
    pub(super) fn new(socket: TcpStream, place: Place, seat: Arc<Seat>) -> Self {
        metrics::connections().increment(1.0);
        Self {
            socket,
            stall: Stall::default(),
            seat,
            _place: place,
        }
    }

    fn judge(
        &mut self,
        written: Poll<io::Result<usize>>,
        whole: usize,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        let judged = self.stall.judge(written, whole, context);
        self.seat.lags(self.stall.timer.is_some());
        judged
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        metrics::connections().decrement(1.0);
    }
}

/// The time since the socket last took all, or enough, while it is full.
#[derive(Default)]
struct Stall {
    timer: Option<Pin<Box<Sleep>>>,
    /// What was taken since it was set.
    bytes: usize,
}

impl Stall {
    /// Judges one write: `whole` bytes were offered. A write that is taken whole ends a stall, and so do
    /// enough bytes; a reader that drips does not.
    fn judge(
        &mut self,
        written: Poll<io::Result<usize>>,
        whole: usize,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        match &written {
            Poll::Ready(Ok(bytes)) if *bytes >= whole => *self = Self::default(),
            Poll::Ready(Ok(bytes)) => {
                let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(STALL_MAX)));
                let late = timer.deadline() <= Instant::now();
                self.bytes = self.bytes.saturating_add(*bytes);
                if self.bytes >= PROGRESS_BYTES {
                    timer.as_mut().reset(Instant::now() + STALL_MAX);
                    self.bytes = 0;
                } else if late {
                    return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
                }
            }
            Poll::Ready(Err(_)) => {}
            Poll::Pending => {
                let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(STALL_MAX)));
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
        self.judge(written, bytes.len(), context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write_vectored(context, parts);
        let whole = parts.iter().map(|part| part.len()).sum();
        self.judge(written, whole, context)
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

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use tokio::time::advance;

    use super::*;

    /// What becomes of a reader that takes so many bytes of a large event once in so many seconds.
    async fn reads(bytes: usize, seconds: u64) -> bool {
        let mut stall = Stall::default();
        for _ in 0..100 {
            let taken = poll_fn(|context| {
                let judged = stall.judge(Poll::Ready(Ok(bytes)), 10_000_000, context);
                Poll::Ready(matches!(judged, Poll::Ready(Ok(_))))
            });
            if !taken.await {
                return false;
            }
            advance(Duration::from_secs(seconds)).await;
            let waits = poll_fn(|context| {
                Poll::Ready(stall.judge(Poll::Pending, 10_000_000, context).is_pending())
            });
            if !waits.await {
                return false;
            }
        }
        true
    }

    /// 64 KiB in a minute is progress, in one piece or in many.
    #[tokio::test(start_paused = true)]
    async fn a_steady_reader_is_not_cut() {
        assert!(reads(64 * 1024, 59).await);
        assert!(reads(4 * 1024, 3).await);
        assert!(!reads(64 * 1024, 61).await);
        assert!(!reads(2 * 1024, 3).await);
        assert!(!reads(1, 1).await);
    }

    /// A reader that takes all of a small write is not behind, however small it is.
    #[tokio::test(start_paused = true)]
    async fn a_write_that_is_taken_whole_ends_a_stall() {
        let mut stall = Stall::default();
        for (taken, seconds) in [(1, 40), (9, 0), (1, 40), (9, 0)] {
            let judged =
                poll_fn(|context| Poll::Ready(stall.judge(Poll::Ready(Ok(taken)), 9, context)));
            assert!(matches!(judged.await, Poll::Ready(Ok(_))));
            advance(Duration::from_secs(seconds)).await;
        }
        assert!(stall.timer.is_none());
    }
}
