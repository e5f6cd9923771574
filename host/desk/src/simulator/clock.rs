//! The time that runs here: seconds since the start, which a test may put forward.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

/// A clock.
#[derive(Debug)]
pub(super) struct Clock {
    started: Instant,
    /// Milliseconds that were skipped.
    ahead: AtomicU64,
}

impl Clock {
    pub(super) fn start() -> Self {
        Self {
            started: Instant::now(),
            ahead: AtomicU64::new(0),
        }
    }

    /// Time since the start.
    pub(super) fn now(&self) -> Duration {
        let ahead = Duration::from_millis(self.ahead.load(Ordering::Relaxed));
        self.started.elapsed().saturating_add(ahead)
    }

    /// Puts it forward.
    pub(super) fn skip(&self, time: Duration) {
        let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        self.ahead.fetch_add(millis, Ordering::Relaxed);
    }
}
