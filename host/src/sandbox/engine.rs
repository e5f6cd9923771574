//! Engine settings, pools, and the ticker that lets computing guests take turns.

use std::{fmt, thread, time::Duration};

use wasmtime::{Config, Enabled, InstanceAllocationStrategy, PoolingAllocationConfig};

use super::inspect::Inspection;

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

/// Bytes of wasmtime's own bookkeeping per core instance: a Python component needs 400 KB.
const INSTANCE_BYTES_MAX: usize = 1024 * 1024;

/// What one component may consist of on an engine.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Core instances.
    pub(super) core_instances: u32,
    /// Memories.
    pub(super) memories: u32,
    /// Tables: one per core module that calls through pointers, and one for the glue.
    pub(super) tables: u32,
    /// Elements of one table.
    pub(super) table_elements: usize,
}

/// What a component from Rust or C needs (3 core instances, one memory, 2 tables), and twice that
/// where it costs nothing.
const SMALL: Bounds = Bounds {
    core_instances: 8,
    memories: 1,
    tables: 4,
    table_elements: 4_096,
};

/// What a Python component needs (14 core instances, 5,700 elements of a table), and twice that;
/// JavaScript has 2 memories.
pub(super) const LARGE: Bounds = Bounds {
    core_instances: 32,
    memories: 4,
    tables: 16,
    table_elements: 20_000,
};

/// Largest memory of a place for small components, in bytes: address space is reserved for as many
/// as the machine carries, and 10,000 of these are 2.5 TiB.
const SMALL_MEMORY_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Which engine a component runs on. Each is set up when the first component needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineKind {
    /// Plain functions in small places that are made beforehand.
    Small,
    /// Plain functions; a place is made for each call, as large as the component needs.
    Large,
    /// Tasks: components of the world `bot-async`, large and small.
    Async,
}

/// As it is shown to people and programs.
impl fmt::Display for EngineKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Small => "small",
            Self::Large => "large",
            Self::Async => "async",
        })
    }
}

impl Bounds {
    /// What of a component does not fit, in words.
    pub(super) fn exceeded(&self, found: &Inspection) -> Option<String> {
        let elements = u64::try_from(self.table_elements).unwrap_or(u64::MAX);
        [
            ("core instances", found.core_instances, self.core_instances.into()),
            ("memories", found.memories, self.memories.into()),
            ("tables", found.tables, self.tables.into()),
            ("elements of a table", found.table_elements, elements),
        ]
        .into_iter()
        .find(|(_, has, max)| has > max)
        .map(|(what, has, max)| format!("{has} {what}, and {max} are the most that one may have"))
    }
}

impl EngineKind {
    /// The engine for this component, of which an instance may have `memory_bytes_max`.
    pub fn of(found: &Inspection, memory_bytes_max: u64) -> Self {
        if found.needs_tasks() {
            Self::Async
        } else if memory_bytes_max <= SMALL_MEMORY_BYTES_MAX && SMALL.exceeded(found).is_none() {
            Self::Small
        } else {
            Self::Large
        }
    }
}

/// Size of the sandbox.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Instances alive at once.
    pub instances: u32,
    /// Largest memory that any bot may have, in bytes.
    pub memory_bytes_max: u64,
}

/// The settings of an engine.
pub(super) fn config(kind: EngineKind, size: Size) -> Config {
    let page = 64 * 1024;
    let mut memory_bytes = size.memory_bytes_max.max(page).next_multiple_of(page);
    let mut config = Config::new();
    if kind == EngineKind::Small {
        memory_bytes = memory_bytes.min(SMALL_MEMORY_BYTES_MAX);
        let pool = pool(size.instances, memory_bytes);
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    } else {
        config.allocation_strategy(InstanceAllocationStrategy::OnDemand);
    }
    config
        // Small slots instead of 4 GiB each: tens of thousands fit into the address space.
        .memory_reservation(memory_bytes)
        .memory_reservation_for_growth(0)
        .memory_guard_size(page)
        .memory_may_move(false)
        .epoch_interruption(true)
        // Without tasks a query costs half.
        .concurrency_support(kind == EngineKind::Async)
        .max_wasm_stack(WASM_STACK_BYTES)
        .async_stack_size(ASYNC_STACK_BYTES);
    config
}

/// Places for small components, made beforehand.
fn pool(instances: u32, memory_bytes: u64) -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(instances)
        .total_stacks(instances)
        .total_core_instances(instances.saturating_mul(SMALL.core_instances))
        .total_memories(instances.saturating_mul(SMALL.memories))
        .total_tables(instances.saturating_mul(SMALL.tables))
        .max_core_instances_per_component(SMALL.core_instances)
        .max_memories_per_component(SMALL.memories)
        .max_tables_per_component(SMALL.tables)
        .table_elements(SMALL.table_elements)
        .max_core_instance_size(INSTANCE_BYTES_MAX)
        .max_component_instance_size(INSTANCE_BYTES_MAX)
        .max_memory_size(usize::try_from(memory_bytes).unwrap_or(usize::MAX))
        .linear_memory_keep_resident(KEEP_RESIDENT_BYTES)
        .table_keep_resident(KEEP_RESIDENT_BYTES)
        .async_stack_keep_resident(KEEP_RESIDENT_BYTES)
        .pagemap_scan(Enabled::Auto);
    pool
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
