//! Engine settings, pools, and the ticker that lets computing guests take turns.

use std::{thread, time::Duration};

use wasmtime::{Config, Enabled, InstanceAllocationStrategy, PoolingAllocationConfig};

/// Length of an epoch: a guest that computes gives way this often.
///
/// Two orders of magnitude above what a yield costs (about 1 µs), and short enough that nothing
/// waits noticeably behind a computing guest or for its first event.
pub(super) const TICK: Duration = Duration::from_millis(4);

/// Native stack of one instance; host functions that a guest calls run on it too.
const ASYNC_STACK_BYTES: usize = 1024 * 1024;

/// What of that stack the guest itself may use. wasmtime's own default.
const WASM_STACK_BYTES: usize = 512 * 1024;

/// What stays resident of a slot after use: zeroing 64 KiB is cheaper than giving pages back
/// and faulting them in again (measured: 60 against 29 µs for a query, with `pagemap_scan`).
const KEEP_RESIDENT_BYTES: usize = 64 * 1024;

/// Core instances of one component: a Python component has 14, so twice that.
const CORE_INSTANCES_MAX: u32 = 32;

/// Memories of one component: JavaScript components have 2.
const MEMORIES_MAX: u32 = 4;

/// Tables of one component: one per core module that calls through pointers, and one for the glue.
const TABLES_MAX: u32 = 16;

/// Elements of one table: a Python component has 5,700.
const TABLE_ELEMENTS_MAX: usize = 20_000;

/// Bytes of wasmtime's own bookkeeping per core instance: a Python component needs 400 KB.
const INSTANCE_BYTES_MAX: usize = 1024 * 1024;

/// Size of the sandbox.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Instances alive at once.
    pub instances: u32,
    /// Largest memory that any bot may have, in bytes.
    pub memory_bytes_max: u64,
}

/// The settings of the engine.
pub(super) fn config(size: Size) -> Config {
    let page = 64 * 1024;
    let memory_bytes = size.memory_bytes_max.max(page).next_multiple_of(page);
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(size.instances)
        .total_stacks(size.instances)
        .total_core_instances(size.instances.saturating_mul(CORE_INSTANCES_MAX))
        .total_memories(size.instances.saturating_mul(2))
        .total_tables(size.instances.saturating_mul(4))
        .max_core_instances_per_component(CORE_INSTANCES_MAX)
        .max_memories_per_component(MEMORIES_MAX)
        .max_tables_per_component(TABLES_MAX)
        .table_elements(TABLE_ELEMENTS_MAX)
        .max_core_instance_size(INSTANCE_BYTES_MAX)
        .max_component_instance_size(INSTANCE_BYTES_MAX)
        .max_memory_size(usize::try_from(memory_bytes).unwrap_or(usize::MAX))
        .linear_memory_keep_resident(KEEP_RESIDENT_BYTES)
        .table_keep_resident(KEEP_RESIDENT_BYTES)
        .async_stack_keep_resident(KEEP_RESIDENT_BYTES)
        .pagemap_scan(Enabled::Auto);

    let mut config = Config::new();
    config
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool))
        // Small slots instead of 4 GiB each: tens of thousands fit into the address space.
        .memory_reservation(memory_bytes)
        .memory_reservation_for_growth(0)
        .memory_guard_size(page)
        .memory_may_move(false)
        .epoch_interruption(true)
        // Plain functions only: without tasks a query costs half.
        .concurrency_support(false)
        .max_wasm_stack(WASM_STACK_BYTES)
        .async_stack_size(ASYNC_STACK_BYTES);
    config
}

/// Raises the epoch of an engine until nobody holds the engine any more.
///
/// A thread of its own: a task would wait for exactly the threads that guests keep busy.
pub(super) fn start_ticker(engine: &wasmtime::Engine) -> std::io::Result<()> {
    let engine: wasmtime::EngineWeak = engine.weak();
    thread::Builder::new()
        .name("epoch".to_owned())
        .spawn(move || {
            while let Some(engine) = engine.upgrade() {
                engine.increment_epoch();
                drop(engine);
                thread::park_timeout(TICK);
            }
        })?;
    Ok(())
}

/// How many instances this machine carries at once, and what decides it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// Instances alive at once.
    pub instances: u32,
    /// The scarcest of the three, in words.
    pub because: String,
}

impl Capacity {
    /// Mappings that a live instance costs: two for its stack, four for its memory.
    /// Measured on wasmtime 48 with copy-on-write images.
    const MAPPINGS: u64 = 6;
    /// Mappings left for everything else: code, threads, heaps.
    const MAPPINGS_SPARE: u64 = 4_096;
    /// Descriptors left for everything but readers.
    const DESCRIPTORS_SPARE: u64 = 64;
    /// Memory that a waiting instance of a small bot takes, connection included; measured 45 to
    /// 56 KiB, doubled.
    const INSTANCE_BYTES: u64 = 112 * 1024;
    /// More than any one process has been measured with.
    const INSTANCES_MAX: u64 = 100_000;

    /// From the three things that run out first: `mappings` as the kernel allows for a process,
    /// `descriptors` that it may have open, and `memory_bytes` for all instances together.
    pub fn of(mappings: u64, descriptors: u64, memory_bytes: u64) -> Self {
        let (instances, because) = [
            (
                mappings.saturating_sub(Self::MAPPINGS_SPARE) / Self::MAPPINGS,
                format!("vm.max_map_count = {mappings}"),
            ),
            (
                descriptors.saturating_sub(Self::DESCRIPTORS_SPARE),
                format!("{descriptors} file descriptors"),
            ),
            (
                memory_bytes / Self::INSTANCE_BYTES,
                format!("{} MiB for instances", memory_bytes / (1024 * 1024)),
            ),
            (Self::INSTANCES_MAX, "the gateway's own bound".to_owned()),
        ]
        .into_iter()
        .min_by_key(|(instances, _)| *instances)
        .unwrap_or((1, String::new()));
        Self {
            instances: u32::try_from(instances.max(1)).unwrap_or(u32::MAX),
            because,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scarcest_resource_decides() {
        let gib = 1024 * 1024 * 1024;
        assert_eq!(
            Capacity::of(65_530, 1_000_000, 12 * gib).because,
            "vm.max_map_count = 65530"
        );
        assert_eq!(Capacity::of(65_530, 256, 12 * gib).instances, 192);
        assert_eq!(
            Capacity::of(65_530, 256, 12 * gib).because,
            "256 file descriptors"
        );
        assert_eq!(Capacity::of(1, 1, 1).instances, 1, "never none");
    }
}
