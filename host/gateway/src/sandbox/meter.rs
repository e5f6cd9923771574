//! What a run keeps: memory over all memories and tables, and the mappings of all live instances.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use wasmtime::ResourceLimiter;

use super::{
    engine::{EngineKind, LARGE},
    inspect::Counts,
};
use ravenry_base::memory::{Booking, Holder};

/// Memory mappings of all live instances, of which the kernel gives a process only so many.
#[derive(Debug)]
pub(super) struct Mappings {
    used: AtomicU64,
    max: u64,
}

/// Mappings of one instance. Dropping it gives them back.
#[derive(Debug)]
pub(super) struct MappingRoom {
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
    pub(super) fn take(self: &Arc<Self>, wanted: u64) -> Option<MappingRoom> {
        self.used
            .try_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
                used.checked_add(wanted).filter(|sum| *sum <= self.max)
            })
            .ok()?;
        Some(MappingRoom {
            taken: wanted,
            of: Arc::clone(self),
        })
    }
}

impl Drop for MappingRoom {
    fn drop(&mut self) {
        self.of.used.fetch_sub(self.taken, Ordering::Relaxed);
    }
}

/// What is booked at once where an instance grows, in bytes: a page of its memory. Tables grow by less.
const QUANTUM_BYTES: u64 = 64 * 1024;

/// What memories and tables of an instance start with, in bytes.
pub(super) fn initial_bytes(counts: &Counts, kind: EngineKind) -> u64 {
    let bytes = u64::try_from(kind.table_element_bytes()).unwrap_or(u64::MAX);
    let tables = counts.table_elements.saturating_mul(bytes);
    counts.memory_bytes.saturating_add(tables)
}

/// Bounds the memories and tables of one instance together, and books them on the pools of its bot,
/// its tenant and the process. Dropping it gives everything back.
#[derive(Debug)]
pub(super) struct MemoryMeter {
    bytes_max: u64,
    /// Bytes that are counted for an element of a table.
    element_bytes: usize,
    booking: Booking,
    /// Bytes of the booking that are for what the host keeps besides, and do not count as the guest's.
    flat: u64,
    /// Bytes of the guest's memories and tables, and of its request.
    used: u64,
    /// Bytes of what the host keeps for it besides, which come and go.
    besides: u64,
    holder: Arc<Holder>,
}

impl MemoryMeter {
    /// A meter for one instance that may use `bytes_max` on an engine of this kind. What was booked at its admission is `booking`, with
    /// `flat` bytes of it for the host.
    pub(super) fn new(
        (bytes_max, kind): (u64, EngineKind),
        holder: Arc<Holder>,
        booking: Booking,
        flat: u64,
    ) -> Self {
        Self {
            bytes_max,
            element_bytes: kind.table_element_bytes(),
            booking,
            flat,
            used: 0,
            besides: 0,
            holder,
        }
    }

    /// Counts bytes that the host keeps for the instance, such as its request.
    pub(super) fn keep(&mut self, bytes: usize) -> bool {
        self.grow(0, bytes, 1)
    }

    /// Counts what the host keeps for the instance besides, and what comes and goes: so much from now on.
    pub(super) fn keep_besides(&mut self, bytes: u64) -> bool {
        let all = self.used.saturating_add(bytes);
        let granted = if bytes <= self.besides {
            // What a memory does not use yet may be given back with it: growing books it again.
            let kept = all.saturating_add(self.flat);
            let kept = kept.checked_next_multiple_of(QUANTUM_BYTES);
            kept.is_none_or(|kept| kept >= self.booking.bytes() || self.booking.set(kept))
        } else {
            all <= self.bytes_max && self.book(all)
        };
        if granted {
            self.besides = bytes;
            self.holder.holds(self.used, self.booking.bytes());
        } else {
            self.holder.refuse();
        }
        granted
    }

    fn grow(&mut self, current: usize, desired: usize, unit: usize) -> bool {
        let bytes = desired.saturating_sub(current).saturating_mul(unit) as u64;
        let all = self.used.saturating_add(self.besides);
        let all = all.checked_add(bytes);
        let granted = all.filter(|all| *all <= self.bytes_max && self.book(*all));
        if let Some(all) = granted {
            self.used = all.saturating_sub(self.besides);
            self.holder.holds(self.used, self.booking.bytes());
        } else {
            self.holder.refuse();
        }
        granted.is_some()
    }

    /// Books so much for the guest, unless it is booked already: a quantum at once, or, where there is not so
    /// much left, what it takes.
    fn book(&mut self, used: u64) -> bool {
        let all = used.saturating_add(self.flat);
        let booked = self.booking.bytes();
        let more = all.saturating_sub(booked);
        let quanta = booked.saturating_add(more.next_multiple_of(QUANTUM_BYTES));
        more == 0 || self.booking.set(quanta) || self.booking.set(all)
    }
}

impl Drop for MemoryMeter {
    fn drop(&mut self) {
        self.holder.gone();
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
        Ok(self.grow(current, desired, self.element_bytes))
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
        self.holder.refuse();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ravenry_base::memory::MemoryPool;

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
        let holder = Holder::new(&Arc::default());
        let mut ahead = Booking::new(pools.clone());
        assert!(ahead.set(25));
        let mut meter = MemoryMeter::new((100, EngineKind::Small), holder.clone(), ahead, 5);
        assert!(meter.memory_growing(0, 60, None).unwrap());
        assert!(
            !meter.table_growing(0, 6, None).unwrap(),
            "60 + 48 passes 100"
        );
        assert!(meter.table_growing(0, 5, None).unwrap());
        assert_eq!(holder.peak(), 100);
        assert_eq!(pools[0].free(), 895, "what was booked ahead counts once");
        assert!(holder.refused());
        drop(meter);
        assert!(
            pools.iter().all(|pool| pool.free() == 1000),
            "everything was given back"
        );
    }

    /// Elements of a table are no reason to touch what all share.
    #[test]
    fn growth_is_booked_in_quanta_as_long_as_there_is_room_for_them() {
        let pools = [(); 3].map(|()| MemoryPool::new(QUANTUM_BYTES + 40));
        let holder = Holder::new(&Arc::default());
        let mut meter = MemoryMeter::new(
            (u64::MAX, EngineKind::Small),
            holder,
            Booking::new(pools.clone()),
            0,
        );
        let booked = || QUANTUM_BYTES + 40 - pools[2].free();
        assert!(meter.table_growing(0, 1, None).unwrap());
        assert_eq!(booked(), QUANTUM_BYTES);
        let page = 64 * 1024;
        assert!(meter.memory_growing(0, page - 8, None).unwrap());
        assert_eq!(booked(), QUANTUM_BYTES);
        assert!(meter.table_growing(1, 4, None).unwrap());
        assert_eq!(booked(), QUANTUM_BYTES + 24, "there is no second quantum");
        assert!(!meter.memory_growing(0, 17, None).unwrap());
        drop(meter);
        assert_eq!(booked(), 0);
    }
}
