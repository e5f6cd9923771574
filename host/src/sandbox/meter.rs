//! What a run costs: computing time by poll time, memory over all memories and tables.
//!
//! Poll time is the time on the clock while the guest holds a thread. It counts everything that the
//! guest makes the host do, and costs two looks at the clock per poll.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use wasmtime::ResourceLimiter;

use super::engine::LARGE;
use crate::memory::{Booking, MemoryPool};

/// How much a run may compute.
#[derive(Clone, Copy, Debug)]
pub struct CpuBudget {
    /// At once.
    pub burst: Duration,
    /// What comes back per second on the clock, up to `burst`.
    pub refill_per_second: Duration,
}

/// The computing time of one run, as a token bucket.
#[derive(Debug)]
pub(super) struct CpuMeter(Mutex<Bucket>);

#[derive(Debug)]
struct Bucket {
    budget: CpuBudget,
    left: Duration,
    used: Duration,
    /// Start of the poll under way, or end of the last one.
    since: Instant,
    running: bool,
    /// The guest gave way while it had more to compute: until its next turn it waits for the
    /// processor, not for the world, and earns nothing. Else a crowd of endless loops would live
    /// on what each earns while the others run.
    gave_way: bool,
}

impl CpuMeter {
    /// A full bucket.
    pub(super) fn new(budget: CpuBudget) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Bucket {
            budget,
            left: budget.burst,
            used: Duration::ZERO,
            since: Instant::now(),
            running: false,
            gave_way: false,
        })))
    }

    fn lock(&self) -> MutexGuard<'_, Bucket> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A poll begins.
    pub(super) fn begin(&self) {
        let mut bucket = self.lock();
        let now = Instant::now();
        if !std::mem::take(&mut bucket.gave_way) {
            bucket.refill(now);
        }
        bucket.since = now;
        bucket.running = true;
    }

    /// A poll ends.
    pub(super) fn end(&self) {
        let mut bucket = self.lock();
        bucket.charge(Instant::now());
        bucket.running = false;
    }

    /// Whether the budget is used up, in the middle of a poll. If not, the guest gives way.
    pub(super) fn exhausted(&self) -> bool {
        let mut bucket = self.lock();
        bucket.charge(Instant::now());
        bucket.gave_way = true;
        bucket.left.is_zero()
    }

    /// What was used so far.
    pub(super) fn used(&self) -> Duration {
        self.lock().used
    }
}

impl Bucket {
    fn refill(&mut self, now: Instant) {
        let waited = now.saturating_duration_since(self.since);
        let back = self
            .budget
            .refill_per_second
            .mul_f64(waited.as_secs_f64().min(1e6));
        self.left = self.left.saturating_add(back).min(self.budget.burst);
    }

    fn charge(&mut self, now: Instant) {
        if self.running {
            let spent = now.saturating_duration_since(self.since);
            self.since = now;
            self.used = self.used.saturating_add(spent);
            self.left = self.left.saturating_sub(spent);
        }
    }
}

/// Memory mappings of all live instances, of which the kernel gives a process only so many.
#[derive(Debug)]
pub(super) struct Mappings {
    used: AtomicU64,
    max: u64,
}

/// Mappings of one instance. Dropping it gives them back.
#[derive(Debug)]
pub(super) struct Room {
    taken: u64,
    of: Arc<Mappings>,
}

impl Mappings {
    /// None in use yet.
    pub(super) fn new(max: u64) -> Arc<Self> {
        Arc::new(Self {
            used: AtomicU64::new(0),
            max,
        })
    }

    /// Takes this many, if so many are left.
    pub(super) fn take(self: &Arc<Self>, wanted: u64) -> Option<Room> {
        self.used
            .try_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
                used.checked_add(wanted).filter(|sum| *sum <= self.max)
            })
            .ok()?;
        Some(Room {
            taken: wanted,
            of: Arc::clone(self),
        })
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.of.used.fetch_sub(self.taken, Ordering::Relaxed);
    }
}

/// What remains readable of a run's memory after its store is gone.
#[derive(Debug, Default)]
pub(super) struct MemoryFacts {
    peak: AtomicU64,
    refused: AtomicU64,
}

impl MemoryFacts {
    /// The most that was in use at once, in bytes.
    pub(super) fn peak(&self) -> u64 {
        self.peak.load(Ordering::Relaxed)
    }

    /// Whether a growth was refused.
    pub(super) fn refused(&self) -> bool {
        self.refused.load(Ordering::Relaxed) > 0
    }
}

/// Bytes that an element of a table takes in the pool: one pointer.
const TABLE_ELEMENT_BYTES: usize = 8;

/// Bounds the memories and tables of one instance together, and books them on the pools of its bot,
/// its tenant and the process. Dropping it gives everything back.
#[derive(Debug)]
pub(super) struct MemoryMeter {
    bytes_max: u64,
    used: Booking,
    facts: Arc<MemoryFacts>,
}

impl MemoryMeter {
    /// A meter for one instance that may use `bytes_max`.
    pub(super) fn new(
        bytes_max: u64,
        facts: Arc<MemoryFacts>,
        pools: [Arc<MemoryPool>; 3],
    ) -> Self {
        Self {
            bytes_max,
            used: Booking::new(pools),
            facts,
        }
    }

    /// Counts bytes that the host keeps for the instance, such as its request.
    pub(super) fn keep(&mut self, bytes: usize) -> bool {
        self.grow(0, bytes, 1)
    }

    fn grow(&mut self, current: usize, desired: usize, unit: usize) -> bool {
        let bytes = desired.saturating_sub(current).saturating_mul(unit) as u64;
        let sum = self
            .used
            .bytes()
            .checked_add(bytes)
            .filter(|sum| *sum <= self.bytes_max);
        let granted = sum.is_some_and(|sum| self.used.set(sum));
        if granted {
            self.facts
                .peak
                .fetch_max(self.used.bytes(), Ordering::Relaxed);
        } else {
            self.facts.refused.fetch_add(1, Ordering::Relaxed);
        }
        granted
    }
}

impl ResourceLimiter for MemoryMeter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(self.grow(current, desired, 1))
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(self.grow(current, desired, TABLE_ELEMENT_BYTES))
    }

    // For engines that make places as they are needed; the pool has its own bounds.
    fn instances(&self) -> usize {
        LARGE.core_instances as usize
    }

    fn memories(&self) -> usize {
        LARGE.memories as usize
    }

    fn tables(&self) -> usize {
        LARGE.tables as usize
    }

    fn memory_grow_failed(&mut self, _: wasmtime::Error) -> wasmtime::Result<()> {
        self.facts.refused.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mappings_come_back_when_their_instance_goes() {
        let all = Mappings::new(10);
        let first = all.take(7).unwrap();
        assert!(all.take(4).is_none());
        let second = all.take(3).unwrap();
        drop(first);
        assert!(all.take(7).is_some());
        drop(second);
        assert!(all.take(10).is_some());
    }

    #[test]
    fn memories_and_tables_share_one_bound() {
        let pools = [
            MemoryPool::new(1000),
            MemoryPool::new(1000),
            MemoryPool::new(1000),
        ];
        let facts = Arc::new(MemoryFacts::default());
        let mut meter = MemoryMeter::new(100, facts.clone(), pools.clone());
        assert!(meter.memory_growing(0, 60, None).unwrap());
        assert!(
            !meter.table_growing(0, 6, None).unwrap(),
            "60 + 48 passes 100"
        );
        assert!(meter.table_growing(0, 5, None).unwrap());
        assert_eq!(facts.peak(), 100);
        assert!(facts.refused());
        drop(meter);
        assert!(
            pools.iter().all(|pool| pool.free() == 1000),
            "everything was given back"
        );
    }

    /// Giving way is not waiting: the time until the next turn earns nothing.
    #[test]
    fn a_guest_that_gave_way_earns_nothing() {
        let hour = Duration::from_hours(1);
        let meter = CpuMeter::new(CpuBudget {
            burst: hour,
            refill_per_second: hour,
        });
        let left = |meter: &CpuMeter| meter.lock().left;
        meter.begin();
        assert!(!meter.exhausted());
        meter.lock().left = Duration::from_mins(1);
        meter.end();
        meter.begin();
        assert!(left(&meter) <= Duration::from_mins(1));
        meter.end();
        std::thread::yield_now();
        meter.begin();
        assert!(left(&meter) > Duration::from_mins(1), "waiting earns");
    }

    #[test]
    fn an_idle_bucket_fills_no_further_than_its_burst() {
        let second = Duration::from_secs(1);
        let budget = CpuBudget {
            burst: second,
            refill_per_second: second / 10,
        };
        let start = Instant::now();
        let mut bucket = Bucket {
            budget,
            left: second / 2,
            used: second / 2,
            since: start,
            running: false,
            gave_way: false,
        };
        bucket.refill(start + second);
        assert_eq!(bucket.left, Duration::from_millis(600));
        bucket.refill(start + second * 60);
        assert_eq!(bucket.left, second);
    }
}
