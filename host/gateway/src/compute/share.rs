//! Which tenants may compute at the threads that serve, as a pure structure: budgets that fill with time.
//!
//! A serving thread is shared by all tenants. Two things are held here, for each bot and tenant: polls that
//! lasted too long (*overruns*), and, while others want the threads as well, the tenant's *share* of
//! them. One that has used up its budget computes at the compute threads until that has filled again.
//! Times are nanoseconds since any one moment; the callers have the clock.

use std::sync::atomic::{AtomicU64, Ordering};

/// How long a poll at a serving thread may last, in nanoseconds. What lasts longer is an overrun.
///
/// A reader does not notice a millisecond, and what computes for longer does not notice the 20 µs
/// that moving to another thread costs.
pub(crate) const SERVING_SLICE: u64 = 1_000_000;

/// Overruns that are forgiven, in nanoseconds: a handful of unlucky polls.
const OVERRUN_MAX: u64 = 4_000_000;

/// One part in so many of the time may be overruns: 1 ms for each second. All bots of a tenant together
/// take so much of a serving thread with them at most, and no more than that can be felt of them.
const OVERRUN_PARTS: u64 = 1_000;

/// How long overruns are remembered at most, in nanoseconds.
const OVERRUN_DEBT_MAX: u64 = 60_000_000_000;

/// What a tenant may take beyond its share at a stretch, in nanoseconds, however many others there are:
/// the longest that they wait for it. A few queries that come at once, or one with cold caches, which make
/// 200 µs of it.
const BURST_MAX: u64 = 250_000;

/// The same for connections of no tenant, all together: some hundred clients that connect at once
/// are served at once, which takes a few milliseconds; what comes above that waits for its turn.
const NEWCOMERS_MAX: u64 = 5_000_000;

/// What a query costs the serving threads besides its guest, in nanoseconds: reading, decoding, writing,
/// the call of the system that each takes. Measured: 20 to 50 µs, the more the busier the machine.
const QUERY_NANOS: u64 = 30_000;

/// What part of its share a tenant may fill. Threads that are full have a queue in which all work waits;
/// a quarter of each leaves it short, and what is beyond that finds its time at the compute threads.
const FILL: u64 = 4;

/// How long a tenant counts as wanting the threads after its last query, in nanoseconds.
const WINDOW: u64 = 100_000_000;

/// Windows for which a tenant that has left is remembered: ten seconds.
const RECENT: u64 = 100;

/// Bits of a window's sum; the rest is its number.
const SUM_BITS: u32 = 32;
const SUM_MASK: u64 = (1 << SUM_BITS) - 1;

/// Time that is owed, and paid back as it passes.
#[derive(Debug, Default)]
struct Debt {
    /// When all is paid.
    paid_at: AtomicU64,
}

impl Debt {
    /// Owes what takes so long to be paid back, and never more than takes `most`.
    fn add(&self, now: u64, takes: u64, most: u64) {
        // The sum of two that come at once may lose one: it is a budget, not an account.
        let from = self.paid_at.load(Ordering::Relaxed).max(now);
        let paid_at = from.saturating_add(takes).min(now.saturating_add(most));
        self.paid_at.store(paid_at, Ordering::Relaxed);
    }

    /// How long it takes until all is paid.
    fn left(&self, now: u64) -> u64 {
        self.paid_at.load(Ordering::Relaxed).saturating_sub(now)
    }
}

/// The budgets of a bot or a tenant.
#[derive(Debug, Default)]
pub(super) struct Budget {
    overruns: Debt,
    share: Debt,
    /// The window of its last query.
    window: AtomicU64,
    weight: AtomicU64,
}

impl Budget {
    /// A full one, of this weight.
    pub(super) fn new(weight: u32) -> Self {
        let budget = Self::default();
        budget.weigh(weight);
        budget
    }

    /// A full one that does not count: tenants need not leave room for what has it.
    pub(super) fn uncounted() -> Self {
        Self::default()
    }

    /// Another weight from now on.
    pub(super) fn weigh(&self, weight: u32) {
        self.weight.store(weight.max(1).into(), Ordering::Relaxed);
    }

    /// What it counts among the tenants that want the threads.
    fn counted(&self) -> u64 {
        self.weight.load(Ordering::Relaxed)
    }

    fn weight(&self) -> u64 {
        self.counted().max(1)
    }

    /// Whether there was a query within the last [`RECENT`] windows.
    pub(super) fn was_active(&self, now: u64) -> bool {
        let window = self.window.load(Ordering::Relaxed);
        window > 0 && number(now).saturating_sub(window) <= RECENT
    }

    /// Whether its overruns leave room for another.
    pub(super) fn may_overrun(&self, now: u64) -> bool {
        let forgiven = OVERRUN_MAX.saturating_mul(OVERRUN_PARTS) / self.weight();
        self.overruns.left(now) <= forgiven
    }

    /// Notes a poll of so many nanoseconds; whether it was an overrun.
    pub(super) fn polled(&self, now: u64, nanos: u64) -> bool {
        let beyond = nanos.saturating_sub(SERVING_SLICE);
        if beyond == 0 {
            return false;
        }
        let takes = beyond.saturating_mul(OVERRUN_PARTS) / self.weight();
        self.overruns.add(now, takes, OVERRUN_DEBT_MAX);
        true
    }
}

/// Which tenants want the serving threads, and their shares of them.
#[derive(Debug)]
pub(super) struct Serving {
    threads: u64,
    /// Sums of weights of tenants that came in a window: this one and the one before, each with the
    /// window's number above [`SUM_BITS`].
    windows: [AtomicU64; 2],
}

impl Serving {
    /// So many threads that serve.
    pub(super) fn new(threads: usize) -> Self {
        Self {
            threads: u64::try_from(threads).unwrap_or(1).max(1),
            windows: [AtomicU64::new(0), AtomicU64::new(0)],
        }
    }

    /// Notes that a tenant has a query.
    pub(super) fn asked(&self, now: u64, tenant: &Budget) {
        let window = number(now);
        if tenant.window.swap(window, Ordering::Relaxed) != window
            && let Some(slot) = self.windows.get(usize::from(window % 2 == 1))
        {
            let add = |before: u64| {
                let sum = if before >> SUM_BITS == window {
                    before & SUM_MASK
                } else {
                    0
                };
                let sum = sum.saturating_add(tenant.counted()).min(SUM_MASK);
                (window << SUM_BITS) | sum
            };
            slot.update(Ordering::Relaxed, Ordering::Relaxed, add);
        }
        if let Some(all) = self.wanted(now, tenant) {
            self.take(now, tenant, all, QUERY_NANOS);
        }
    }

    /// Notes that a tenant has computed at a serving thread.
    pub(super) fn computed(&self, now: u64, tenant: &Budget, nanos: u64) {
        if let Some(all) = self.wanted(now, tenant) {
            self.take(now, tenant, all, nanos);
        }
    }

    /// Whether a tenant may compute at a serving thread: alone always, beside others within its share.
    pub(super) fn may_compute(&self, now: u64, tenant: &Budget) -> bool {
        self.wanted(now, tenant)
            .is_none_or(|all| tenant.share.left(now) <= self.burst(tenant, all))
    }

    fn take(&self, now: u64, tenant: &Budget, all: u64, nanos: u64) {
        let takes = self.takes(tenant, all, nanos);
        let most = self.burst(tenant, all).saturating_add(WINDOW);
        tenant.share.add(now, takes, most);
    }

    /// What a tenant may owe and still compute.
    fn burst(&self, tenant: &Budget, all: u64) -> u64 {
        let nanos = if tenant.counted() == 0 {
            NEWCOMERS_MAX
        } else {
            BURST_MAX
        };
        self.takes(tenant, all, nanos)
    }

    /// How long it takes until computing of so many nanoseconds is within the share.
    fn takes(&self, tenant: &Budget, all: u64, nanos: u64) -> u64 {
        let share = tenant.weight().saturating_mul(self.threads);
        nanos.saturating_mul(all).saturating_mul(FILL) / share
    }

    /// The weights of all tenants that want the threads; `None`: no other does.
    fn wanted(&self, now: u64, tenant: &Budget) -> Option<u64> {
        let window = number(now);
        let sum = |slot: &AtomicU64| {
            let noted = slot.load(Ordering::Relaxed);
            let age = window.wrapping_sub(noted >> SUM_BITS);
            if age <= 1 { noted & SUM_MASK } else { 0 }
        };
        let all = self.windows.iter().map(sum).max().unwrap_or(0);
        (all > tenant.counted()).then(|| all.max(tenant.weight()))
    }
}

/// The number of the window at this time; never 0, which is that of no window.
fn number(now: u64) -> u64 {
    (now / WINDOW).saturating_add(1) & SUM_MASK
}

#[cfg(test)]
mod tests;
