//! What a run computes: counted while it is polled, against a budget that refills while it waits.
//!
//! Poll time is the time while the guest holds a thread, by the clock of the place where it runs. It
//! counts everything that the guest makes the host do, and costs a few looks at clocks per poll.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use crate::compute;

/// How much a run may compute.
#[derive(Clone, Copy, Debug)]
pub struct CpuBudget {
    /// At once.
    pub burst: Duration,
    /// What comes back per second on the clock, up to `burst`.
    pub refill_per_second: Duration,
}

/// The computing time of one run, as a token bucket.
///
/// Only the thread that polls the run changes it; others may look at any time.
#[derive(Debug)]
pub(super) struct CpuMeter {
    budget: CpuBudget,
    /// Nanoseconds of computing, over the whole run.
    used: AtomicU64,
    /// Nanoseconds that may still be computed.
    left: AtomicU64,
    /// Nanoseconds of the stretch under way: from one wait for the world to the next.
    stretch: AtomicU64,
    /// The longest stretch that has ended.
    longest: AtomicU64,
    /// Where the computing clock stood when the poll under way was last charged, in nanoseconds.
    charged_at: AtomicU64,
    /// Nanoseconds of the poll under way, or of the last one.
    poll: AtomicU64,
    /// The guest gave way while it had more to compute: until its next turn it waits for the
    /// processor, not for the world, and earns nothing. Else a crowd of endless loops would live
    /// on what each earns while the others run.
    gave_way: AtomicBool,
    /// When the last poll ended, in nanoseconds after `made`.
    ended: AtomicU64,
    made: Instant,
}

/// What a guest that is in the middle of computing is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It goes on.
    GoOn,
    /// It gives way.
    GiveWay,
    /// It has used up its budget.
    Exhausted,
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

fn clock() -> u64 {
    nanos(compute::computing())
}

impl CpuMeter {
    /// A full bucket.
    pub(super) fn new(budget: CpuBudget) -> Arc<Self> {
        let zero = || AtomicU64::new(0);
        Arc::new(Self {
            budget,
            used: zero(),
            left: AtomicU64::new(nanos(budget.burst)),
            stretch: zero(),
            longest: zero(),
            charged_at: zero(),
            poll: zero(),
            gave_way: AtomicBool::new(false),
            ended: zero(),
            made: Instant::now(),
        })
    }

    /// A poll begins.
    pub(super) fn begin(&self) {
        if !self.gave_way.swap(false, Relaxed) {
            self.stretch.store(0, Relaxed);
            let waited = nanos(self.made.elapsed()).saturating_sub(self.ended.load(Relaxed));
            self.refill(Duration::from_nanos(waited));
        }
        self.poll.store(0, Relaxed);
        compute::mark();
        self.charged_at.store(clock(), Relaxed);
    }

    /// A poll ends.
    pub(super) fn end(&self) {
        self.charge();
        let stretch = Duration::from_nanos(self.stretch.load(Relaxed));
        let longest = nanos(compute::really(stretch));
        self.longest.fetch_max(longest, Relaxed);
        self.ended.store(nanos(self.made.elapsed()), Relaxed);
    }

    /// What the guest is to do in the middle of a poll; `is_over` says whether a poll that has lasted so
    /// long is over.
    pub(super) fn look(&self, is_over: impl FnOnce(Duration) -> bool) -> Verdict {
        self.charge();
        if self.left.load(Relaxed) == 0 {
            Verdict::Exhausted
        } else if is_over(self.last_poll()) {
            self.gave_way.store(true, Relaxed);
            Verdict::GiveWay
        } else {
            Verdict::GoOn
        }
    }

    /// Whether the last poll ended because the guest gave way.
    pub(super) fn gave_way(&self) -> bool {
        self.gave_way.load(Relaxed)
    }

    /// What was used so far.
    pub(super) fn used(&self) -> Duration {
        Duration::from_nanos(self.used.load(Relaxed))
    }

    /// How long the poll under way, or the last one, has computed.
    pub(super) fn last_poll(&self) -> Duration {
        Duration::from_nanos(self.poll.load(Relaxed))
    }

    /// The longest that was computed without waiting for the world.
    pub(super) fn longest_stretch(&self) -> Duration {
        Duration::from_nanos(self.longest.load(Relaxed))
    }

    fn refill(&self, waited: Duration) {
        let back = self
            .budget
            .refill_per_second
            .mul_f64(waited.as_secs_f64().min(1e6));
        let left = self.left.load(Relaxed).saturating_add(nanos(back));
        self.left.store(left.min(nanos(self.budget.burst)), Relaxed);
    }

    fn charge(&self) {
        let now = clock();
        let spent = now.saturating_sub(self.charged_at.swap(now, Relaxed));
        let add = |to: &AtomicU64| to.store(to.load(Relaxed).saturating_add(spent), Relaxed);
        add(&self.used);
        add(&self.stretch);
        add(&self.poll);
        let left = self.left.load(Relaxed).saturating_sub(spent);
        self.left.store(left, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hour() -> CpuBudget {
        CpuBudget {
            burst: Duration::from_hours(1),
            refill_per_second: Duration::from_hours(1),
        }
    }

    /// Giving way is not waiting: the time until the next turn earns nothing.
    #[test]
    fn a_guest_that_gave_way_earns_nothing() {
        let meter = CpuMeter::new(hour());
        let minute = nanos(Duration::from_mins(1));
        meter.begin();
        assert_eq!(meter.look(|_| true), Verdict::GiveWay);
        meter.left.store(minute, Relaxed);
        meter.end();
        assert!(meter.gave_way());
        meter.begin();
        assert!(meter.left.load(Relaxed) <= minute);
        meter.end();
        std::thread::yield_now();
        meter.begin();
        assert!(meter.left.load(Relaxed) > minute, "waiting earns");
    }

    /// A bot that has waited for long has not computed for long.
    #[test]
    fn only_computing_makes_a_poll_long() {
        let meter = CpuMeter::new(hour());
        meter.begin();
        meter.end();
        let waited = Instant::now();
        while waited.elapsed() < Duration::from_millis(5) {
            std::hint::spin_loop();
        }
        meter.begin();
        let verdict = meter.look(|poll| poll >= Duration::from_millis(5));
        assert_eq!(verdict, Verdict::GoOn);
        meter.end();
        assert!(meter.longest_stretch() < Duration::from_millis(5));
    }

    #[test]
    fn an_idle_bucket_fills_no_further_than_its_burst() {
        let second = Duration::from_secs(1);
        let meter = CpuMeter::new(CpuBudget {
            burst: second,
            refill_per_second: second / 10,
        });
        meter.left.store(nanos(second / 2), Relaxed);
        meter.refill(second);
        assert_eq!(meter.left.load(Relaxed), nanos(Duration::from_millis(600)));
        meter.refill(second * 60);
        assert_eq!(meter.left.load(Relaxed), nanos(second));
    }
}
