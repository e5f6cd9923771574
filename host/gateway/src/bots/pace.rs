//! Whether a component is quick: whether its runs may begin at the threads that serve.
//!
//! What counts is how long it computes between two waits for the world, not how much in all: a bot that
//! hands on an answer of a model for a minute, 20 µs for each word, is quick. A component that has
//! not run yet is not: else a tenant that mounts new ones has the serving threads again and again. This is a
//! habit, not a wall: a run that computes on at a serving thread is moved at once, and pays with the budgets
//! of `compute`.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

/// Runs of a new component that begin at compute threads.
const UNKNOWN_RUNS: u32 = 2;

/// From this length of its stretches on a component is slow: moving it costs 20 µs, a twenty-fifth.
const SLOW: u64 = 500_000;

/// Below this one that was slow is quick again.
const QUICK: u64 = 250_000;

/// What part of the average the last run is.
const PART: u64 = 8;

/// Whether a stretch of computing is short enough for a serving thread.
pub(super) fn is_quick(stretch: Duration) -> bool {
    stretch <= Duration::from_nanos(SLOW)
}

/// What is known of how long a component computes at a stretch.
#[derive(Clone, Debug)]
pub(super) struct Pace {
    digest: Arc<str>,
    known: Arc<Known>,
}

#[derive(Debug, Default)]
struct Known {
    runs: AtomicU32,
    /// Nanoseconds.
    average: AtomicU64,
    slow: AtomicBool,
}

impl Pace {
    /// Nothing is known yet of the component with this digest.
    pub(super) fn unknown(digest: &str) -> Self {
        Self {
            digest: digest.into(),
            known: Arc::default(),
        }
    }

    /// Whether it is of the component with this digest.
    pub(super) fn is_of(&self, digest: &str) -> bool {
        *self.digest == *digest
    }

    /// Whether the next run may begin at a serving thread.
    pub(super) fn is_quick(&self) -> bool {
        self.known.runs.load(Relaxed) >= UNKNOWN_RUNS && !self.known.slow.load(Relaxed)
    }

    /// Notes the longest stretch of a run. Two at once may lose one.
    pub(super) fn note(&self, longest: Duration) {
        let longest = u64::try_from(longest.as_nanos()).unwrap_or(u64::MAX);
        let Known {
            runs,
            average,
            slow,
        } = &*self.known;
        let before = average.load(Relaxed);
        let now = match runs.load(Relaxed) {
            0 => longest,
            _ => before
                .saturating_sub(before / PART)
                .saturating_add(longest / PART),
        };
        average.store(now, Relaxed);
        if now > SLOW {
            slow.store(true, Relaxed);
        } else if now < QUICK {
            slow.store(false, Relaxed);
        }
        if runs.load(Relaxed) < UNKNOWN_RUNS {
            runs.fetch_add(1, Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_is_quick_once_it_was_seen_and_until_it_is_slow() {
        let pace = Pace::unknown("d");
        let quick = Duration::from_micros(20);
        assert!(!pace.is_quick());
        pace.note(quick);
        assert!(!pace.is_quick(), "one run says little");
        pace.note(quick);
        assert!(pace.is_quick());
        pace.note(Duration::from_millis(3));
        assert!(pace.is_quick(), "one long stretch may be bad luck");
        pace.note(Duration::from_millis(3));
        assert!(!pace.is_quick());
        (0..8).for_each(|_| pace.note(quick));
        assert!(!pace.is_quick(), "its average is still near the bound");
        (0..8).for_each(|_| pace.note(quick));
        assert!(pace.is_quick());
    }

    #[test]
    fn the_first_run_counts_whole() {
        let pace = Pace::unknown("d");
        pace.note(Duration::from_millis(1));
        pace.note(Duration::from_millis(1));
        assert!(!pace.is_quick());
    }
}
