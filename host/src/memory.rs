//! Memory as a budget: who may have how much, and who holds how much of it.

mod holder;
mod pressure;
pub mod room;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

pub use self::{
    holder::{Holder, Holders},
    pressure::{Books, Pressure, Scarcity, Turn, Usage},
};

/// Bytes in use for somebody (a bot, a tenant, the process), and their bound.
#[derive(Debug)]
pub struct MemoryPool {
    used: AtomicU64,
    bytes_max: AtomicU64,
}

impl MemoryPool {
    /// An empty pool.
    pub fn new(bytes_max: u64) -> Arc<Self> {
        Arc::new(Self {
            used: AtomicU64::new(0),
            bytes_max: AtomicU64::new(bytes_max),
        })
    }

    /// Another bound from now on. What is in use stays in use.
    pub fn resize(&self, bytes_max: u64) {
        self.bytes_max.store(bytes_max, Ordering::Relaxed);
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
        true
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
