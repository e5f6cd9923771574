//! Says once that a bot refuses queries, however many it refuses: the rest is a metric.
//!
//! A bot that is full admits a query whenever a place comes free, between two refusals. So that is not what
//! ends an episode, but a time without any refusal.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use tokio::time::Instant;

/// A refusal after so long without one is told again. Longer than clients wait that were told to try again
/// (5 s), so that the same crowd coming back is the same episode.
pub(super) const QUIET: Duration = Duration::from_secs(10);

/// When a bot refused last.
#[derive(Debug)]
pub(super) struct Refusals {
    made: Instant,
    /// In milliseconds after `made`, and one more; 0: never.
    last: AtomicU64,
}

impl Default for Refusals {
    fn default() -> Self {
        Self {
            made: Instant::now(),
            last: AtomicU64::new(0),
        }
    }
}

impl Refusals {
    /// Notes a refusal. Whether it is the first of an episode.
    pub(super) fn note(&self) -> bool {
        self.note_at(self.made.elapsed())
    }

    fn note_at(&self, now: Duration) -> bool {
        let now = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        let quiet = u64::try_from(QUIET.as_millis()).unwrap_or(u64::MAX);
        // Of two at the same moment, the second finds the first.
        let last = self.last.swap(now.saturating_add(1), Relaxed);
        last == 0 || now.saturating_add(1).saturating_sub(last) >= quiet
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_episode_ends_with_a_time_without_refusals() {
        let refusals = Refusals::default();
        let told = |seconds: f64| refusals.note_at(Duration::from_secs_f64(seconds));
        assert!(told(0.0), "the first of all");
        assert!(!told(0.0) && !told(0.4) && !told(9.0));
        assert!(!told(18.9), "it goes on");
        assert!(told(29.0));
        assert!(!told(29.1));
    }
}
