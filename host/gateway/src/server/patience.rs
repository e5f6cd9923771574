//! How long a connection waits for its client.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::time::{Instant, Sleep, sleep_until};

/// Time for the headers of a request to arrive, and for an idle connection to send the next.
///
/// Poe's client (aiohttp) keeps an idle connection for 15 s; the server must not be the first to
/// close it. What drips slower than this is not a person's query.
const HEADER_TIME_MAX: Duration = Duration::from_secs(20);

/// Waits for the next request, and not for ever.
pub(super) struct Patience {
    /// Requests that had come when the wait began.
    begun: usize,
    answering: bool,
    until: Instant,
    /// Set again only when it rings, so that a request does not pay for it.
    timer: Pin<Box<Sleep>>,
}

impl Patience {
    pub(super) fn new() -> Self {
        let until = Instant::now() + HEADER_TIME_MAX;
        Self {
            begun: 0,
            answering: false,
            until,
            timer: Box::pin(sleep_until(until)),
        }
    }

    /// Ready when it is at an end.
    pub(super) fn poll(
        &mut self,
        (begun, answering): (usize, bool),
        context: &mut Context<'_>,
    ) -> Poll<()> {
        if answering {
            self.answering = true;
            return Poll::Pending;
        }
        if self.answering || self.begun != begun {
            self.until = Instant::now() + HEADER_TIME_MAX;
            (self.begun, self.answering) = (begun, false);
        }
        loop {
            ready!(self.timer.as_mut().poll(context));
            if self.timer.deadline() >= self.until {
                return Poll::Ready(());
            }
            self.timer.as_mut().reset(self.until);
        }
    }
}
