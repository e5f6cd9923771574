//! Memory as a budget: who may have how much, and who holds how much of it.

mod holder;
mod pressure;
pub mod room;

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

pub use self::{
    holder::{Holder, Holders},
    pressure::{Books, Pressure, PressureChange, Scarcity, Usage},
};

/// How many times of what is free one tenant's share of something may be: memory, readers, connections to others.
///
/// One share takes four fifths at most, two take four ninths each; who has nothing yet always finds at least a
/// part. (Dynamic thresholds, as switches divide their buffers: Choudhury and Hahne, 1998.)
pub const TIMES_FREE: u64 = 4;

/// Bytes in use for a bot, a tenant or the process, and their bound.
#[derive(Debug)]
pub struct MemoryPool {
    used: AtomicU64,
    bytes_max: AtomicU64,
    /// Whether some of what the process has is to be left for others.
    shared: AtomicBool,
}

impl MemoryPool {
    /// An empty pool.
    pub fn new(bytes_max: u64) -> Arc<Self> {
        Arc::new(Self {
            used: AtomicU64::new(0),
            bytes_max: AtomicU64::new(bytes_max),
            shared: AtomicBool::new(false),
        })
    }

    /// Another bound from now on. What is in use stays in use.
    pub fn resize(&self, bytes_max: u64) {
        self.bytes_max.store(bytes_max, Ordering::Relaxed);
    }

    /// Whether there are others from now on, for whom some is left of what all have together.
    pub fn share(&self, shared: bool) {
        self.shared.store(shared, Ordering::Relaxed);
    }

    /// Whether this, a part of `all`, leaves something of it to others.
    fn leaves_some(&self, all: &Self) -> bool {
        !self.shared.load(Ordering::Relaxed) || self.used() <= all.free().saturating_mul(TIMES_FREE)
    }

    /// Bytes that are in use.
    pub fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    /// Bytes that can still be taken.
    pub fn free(&self) -> u64 {
        self.bytes_max
            .load(Ordering::Relaxed)
            .saturating_sub(self.used())
    }

    fn take(&self, bytes: u64) -> bool {
        self.used
            .try_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
                used.checked_add(bytes)
                    .filter(|sum| *sum <= self.bytes_max.load(Ordering::Relaxed))
            })
            .is_ok()
    }

    fn give(&self, bytes: u64) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// Bytes that are held, booked on the pools of a bot, its tenant and the process. Dropping it gives
/// them back.
#[derive(Debug)]
pub struct Booking {
    bytes: u64,
    pools: [Arc<MemoryPool>; 3],
}

impl Booking {
    /// Nothing, on these pools.
    pub fn new(pools: [Arc<MemoryPool>; 3]) -> Self {
        Self { bytes: 0, pools }
    }

    /// What is held.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Holds this many bytes from now on. `false`: a pool is full, and nothing has changed.
    pub fn set(&mut self, bytes: u64) -> bool {
        if bytes <= self.bytes {
            let less = self.bytes.saturating_sub(bytes);
            self.pools.iter().for_each(|pool| pool.give(less));
        } else if !self.take(bytes.saturating_sub(self.bytes)) {
            return false;
        }
        self.bytes = bytes;
        true
    }

    /// Gives so much of it, or what there is, to another one: the pools do not notice.
    #[must_use]
    pub fn split(&mut self, bytes: u64) -> Self {
        let bytes = bytes.min(self.bytes);
        self.bytes = self.bytes.saturating_sub(bytes);
        Self {
            bytes,
            pools: self.pools.clone(),
        }
    }

    /// Takes from all pools or from none.
    fn take(&self, bytes: u64) -> bool {
        for (index, pool) in self.pools.iter().enumerate() {
            if !pool.take(bytes) {
                self.pools
                    .iter()
                    .take(index)
                    .for_each(|pool| pool.give(bytes));
                return false;
            }
        }
        let [_, tenant, all] = &self.pools;
        let fits = tenant.leaves_some(all);
        if !fits {
            self.pools.iter().for_each(|pool| pool.give(bytes));
        }
        fits
    }
}

impl Drop for Booking {
    fn drop(&mut self) {
        self.pools.iter().for_each(|pool| pool.give(self.bytes));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As much as is free, four times: then another tenant finds something, and gets it.
    #[test]
    fn a_tenant_leaves_some_to_others() {
        let all = MemoryPool::new(100);
        let of = |shared| {
            let tenant = MemoryPool::new(1_000);
            tenant.share(shared);
            Booking::new([MemoryPool::new(1_000), tenant, Arc::clone(&all)])
        };
        let (mut greedy, mut late) = (of(true), of(true));
        assert!(greedy.set(80) && !greedy.set(81));
        assert!(late.set(16) && !late.set(17));
        drop((greedy, late));
        assert_eq!(all.free(), 100, "what was refused changed nothing");
        assert!(of(false).set(100), "alone it need not leave any to others");
    }

    #[test]
    fn a_full_pool_refuses_and_keeps_the_others_right() {
        let pools = [100, 50, 100].map(MemoryPool::new);
        let mut booking = Booking::new(pools.clone());
        assert!(booking.set(40));
        assert!(!booking.set(60), "the second pool has 50");
        assert_eq!(booking.bytes(), 40);
        let free = || pools.each_ref().map(|pool| pool.free());
        assert_eq!(free(), [60, 10, 60]);
        assert!(booking.set(10));
        assert_eq!(free(), [90, 40, 90]);
        drop(booking);
        assert_eq!(free(), [100, 50, 100]);
    }
}
