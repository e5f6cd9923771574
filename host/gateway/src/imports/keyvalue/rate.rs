//! How many operations a bot may begin each second: what is more waits for its turn.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use tokio::time::{Instant, sleep};

/// Bytes that an operation has for nothing; for each more of the same size it counts once more.
const BYTES: usize = 4096;

/// What may come at once after a time of rest: what a second has room for.
const BURST: u64 = 1_000_000_000;

/// How fast a bot, or a tenant, may go, over all its calls.
#[derive(Debug)]
pub(crate) struct OperationRate {
    made: Instant,
    /// Nanoseconds that an operation takes of a second.
    each: u64,
    /// When the next one may begin that finds others before it, in nanoseconds after `made`.
    next: AtomicU64,
}

impl OperationRate {
    /// So many operations per second, one at least.
    pub(crate) fn new(per_second: u32) -> Self {
        Self {
            made: Instant::now(),
            each: BURST / u64::from(per_second.max(1)),
            // The first second is as after a rest.
            next: AtomicU64::new(0),
        }
    }

    /// Another one that is as fast, after a rest.
    pub(crate) fn afresh(&self) -> Self {
        Self {
            made: Instant::now(),
            each: self.each,
            next: AtomicU64::new(0),
        }
    }

    /// Waits for the turn of an operation with so many bytes.
    pub(crate) async fn turn(&self, bytes: usize) {
        let wait = self.wait(self.made.elapsed(), bytes);
        if !wait.is_zero() {
            sleep(wait).await;
        }
    }

    /// How long an operation waits that comes so long after the beginning.
    fn wait(&self, now: Duration, bytes: usize) -> Duration {
        // A second of rest is there at the beginning.
        let now = nanoseconds(now).saturating_add(BURST);
        let units = 1_u64.saturating_add(u64::try_from(bytes / BYTES).unwrap_or(u64::MAX));
        let cost = self.each.saturating_mul(units);
        let begin = |next: u64| next.max(now.saturating_sub(BURST));
        let taken = self.next.fetch_update(Relaxed, Relaxed, |next| {
            Some(begin(next).saturating_add(cost))
        });
        let begins = begin(taken.unwrap_or_default());
        Duration::from_nanos(begins.saturating_sub(now))
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_has_room_for_so_many_and_large_ones_count_more() {
        let rate = OperationRate::new(10);
        let at = |milliseconds, bytes| rate.wait(Duration::from_millis(milliseconds), bytes);
        for _ in 0..=10 {
            assert_eq!(at(0, 0), Duration::ZERO);
        }
        assert_eq!(at(0, 0), Duration::from_millis(100));
        assert_eq!(at(0, 0), Duration::from_millis(200));
        // After a rest a second's worth comes at once, and no more.
        for _ in 0..=10 {
            assert_eq!(at(60_000, 0), Duration::ZERO);
        }
        assert_eq!(at(60_000, 0), Duration::from_millis(100));
        // 40,960 bytes are eleven.
        assert_eq!(at(120_000, 40_960), Duration::ZERO);
        assert_eq!(at(120_000, 0), Duration::from_millis(100));
    }
}
