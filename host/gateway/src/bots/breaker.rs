//! Puts a bot aside that keeps failing: its queries are refused for a pause that grows, and then it may
//! try again. A bot that answers once, or a new component, starts with a clean slate.
//!
//! Only what costs others counts: the end of a budget, and traps.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::time::Instant;

use crate::guard::End;

/// Failures in a row after which a bot is put aside. A person who tries again twice is far below it.
const FAILURES_MAX: u32 = 10;

/// The first pause, and the longest; it doubles in between.
const PAUSE: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_mins(1);

/// How a bot has ended lately. Shared by its versions with the same component.
#[derive(Clone, Debug)]
pub(super) struct Breaker(Arc<BreakerState>);

#[derive(Debug)]
struct BreakerState {
    made: Instant,
    /// Failures since the last answer.
    failures: AtomicU32,
    /// Pauses since the last answer.
    pauses: AtomicU32,
    /// Until when the bot is put aside, in milliseconds after `made`.
    until: AtomicU64,
}

impl Default for Breaker {
    fn default() -> Self {
        Self(Arc::new(BreakerState {
            made: Instant::now(),
            failures: AtomicU32::new(0),
            pauses: AtomicU32::new(0),
            until: AtomicU64::new(0),
        }))
    }
}

impl Breaker {
    fn now(&self) -> u64 {
        u64::try_from(self.0.made.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// For how long the bot is still put aside.
    pub(super) fn pause(&self) -> Option<Duration> {
        let until = self.0.until.load(Relaxed);
        // Mostly there was no failure: then the clock is not asked.
        let left = until.checked_sub(1)?.checked_sub(self.now())?;
        Some(Duration::from_millis(left.saturating_add(1)))
    }

    /// Notes how a reply has ended. A pause that begins by that.
    pub(super) fn note(&self, end: &End) -> Option<Duration> {
        let state = &*self.0;
        match end {
            End::Finished | End::Failed(_) => {
                if state.failures.load(Relaxed) > 0 {
                    state.failures.store(0, Relaxed);
                    state.pauses.store(0, Relaxed);
                }
                return None;
            }
            End::Trapped | End::OutOfCpu | End::OutOfMemory => {}
            _ => return None,
        }
        let failures = state.failures.fetch_add(1, Relaxed).saturating_add(1);
        // Those that were under way when the pause began say nothing new.
        if failures < FAILURES_MAX || self.pause().is_some() {
            return None;
        }
        let pauses = state.pauses.fetch_add(1, Relaxed);
        let pause = PAUSE
            .saturating_mul(1_u32.checked_shl(pauses).unwrap_or(u32::MAX))
            .min(PAUSE_MAX);
        let until = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
        let until = self.now().saturating_add(until).saturating_add(1);
        state.until.store(until, Relaxed);
        Some(pause)
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    fn fail(breaker: &Breaker, times: u32) -> Option<Duration> {
        (0..times).fold(None, |last, _| breaker.note(&End::Trapped).or(last))
    }

    #[tokio::test(start_paused = true)]
    async fn who_keeps_failing_rests_longer_and_longer_and_comes_back_by_himself() {
        let breaker = Breaker::default();
        assert_eq!(fail(&breaker, 9), None);
        assert_eq!(breaker.pause(), None);
        assert_eq!(fail(&breaker, 1), Some(PAUSE));
        assert!(breaker.pause().is_some());
        assert_eq!(fail(&breaker, 50), None, "said once");
        advance(PAUSE + Duration::from_millis(2)).await;
        assert_eq!(breaker.pause(), None);
        let mut pauses = Vec::new();
        for _ in 0..7 {
            let pause = fail(&breaker, 1).unwrap();
            pauses.push(pause.as_secs());
            advance(pause + Duration::from_millis(2)).await;
        }
        assert_eq!(pauses, [2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(breaker.note(&End::Finished), None);
        assert_eq!(fail(&breaker, 9), None, "one answer is a clean slate");
    }

    #[test]
    fn what_is_not_the_bots_doing_does_not_count() {
        let breaker = Breaker::default();
        for end in [End::ReaderGone, End::Stopping, End::TooLong, End::OutOfTime] {
            (0..20).for_each(|_| assert_eq!(breaker.note(&end), None));
        }
        assert_eq!(fail(&breaker, 9), None);
    }
}
