//! Engine settings, pools, and which component gets which engine.

use std::fmt;

use wasmtime::{Config, Enabled, InstanceAllocationStrategy, PoolingAllocationConfig};

use super::inspect::{self, Counts, Inspection};
use ravenry_config::engines::Engines;

/// What of its native stack a guest may use in a place made beforehand. wasmtime's own default.
const SMALL_STACK_BYTES: usize = 512 * 1024;

/// The same where a place is made for each call. An interpreter in there watches the stack that it has in its own
/// memory, and has an error that can be caught when that is used up, if the native one is not used up before: for
/// Python, whose own is 1 MiB, 2 MiB are enough for all but what frees or reads a thing that is nested very deep.
const LARGE_STACK_BYTES: usize = 2 * 1024 * 1024;

/// What a native stack has besides, for the functions of the host that a guest calls.
const HOST_STACK_BYTES: usize = 512 * 1024;

/// What stays resident of a memory after use, in bytes. It is overwritten with zeros by hand; what lies
/// beyond is given back to the system, which costs a call and a fault for each page.
///
/// A Rust bot with a small stack has less than this. So after a peak as much stays of each place that was
/// used, touched or not; a quarter of it halves what stays of a small bot, and costs each query six faults and
/// 25 µs of the kernel's time. The page map is never asked which pages were
/// written: the kernel leaves out those that it is moving at that moment, and the next instance would
/// read them. For the same reason no memory starts as an image of the file.
const MEMORY_KEPT_BYTES: usize = 256 * 1024;

/// What stays resident of a table after use, in bytes: all of it.
const TABLE_KEPT_BYTES: usize = 4096 * 8;

/// Bytes of wasmtime's own bookkeeping per core instance: a Python component needs 400 KB.
const INSTANCE_BYTES_MAX: usize = 1024 * 1024;

/// Bytes that an element of a table takes in a place made beforehand: one pointer.
const SMALL_TABLE_ELEMENT_BYTES: usize = size_of::<usize>();

/// The same where a place is made for each call. A table that grows there is a vector: it takes twice its length,
/// so that it need not grow each time, and while it moves the former one, half as long, is there too.
const LARGE_TABLE_ELEMENT_BYTES: usize = 3 * SMALL_TABLE_ELEMENT_BYTES;

/// What the host keeps for an instance in a place made beforehand, whatever it does and beside what is
/// booked on its own: state, stack as far as a small bot touches it, resources, unread bytes.
const SMALL_FLAT_BYTES: u64 = 96 * 1024;

/// The same where a place is made for each call: its whole stack is new, and page tables and fibers are its
/// own.
const LARGE_FLAT_BYTES: u64 = (LARGE_STACK_BYTES + HOST_STACK_BYTES) as u64;

/// Mappings that a live instance in a place made beforehand takes, for its memory. Measured on
/// wasmtime 48.
pub(super) const SMALL_MAPPINGS: u64 = 2;

/// The same for each further memory of a place that is made for a call, with the image that it starts
/// with.
const MEMORY_MAPPINGS: u64 = 4;

/// The same where a place is made for each call, with one memory: two mappings are its stack, four
/// its memory with the image that it starts with, and one is for what lies between. Measured: 6.6.
pub(super) const ON_DEMAND_MAPPINGS: u64 = 7;

/// What one instance may consist of on an engine.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Instances of components: the compiler goes through each.
    pub(super) component_instances: u64,
    /// Core instances, with those that the engine adds between components.
    pub(super) core_instances: u32,
    /// Memories.
    pub(super) memories: u32,
    /// Tables: one per core module that calls through pointers, and one for the glue.
    pub(super) tables: u32,
    /// Elements of one table.
    pub(super) table_elements: usize,
    /// Elements of all tables.
    pub(super) all_table_elements: u64,
    /// Entries of index spaces.
    pub(super) items: u64,
    /// Bytes of the engine's own bookkeeping.
    pub(super) instance_bytes: usize,
    /// Functions of all core modules, instantiated or not: the compiler makes code of each.
    pub(super) functions: u64,
}

/// What a component from Rust or C needs (3 core instances, 2 of components, one memory, 2 tables), and
/// twice that where it costs nothing.
const SMALL: Bounds = Bounds {
    core_instances: 8,
    memories: 1,
    tables: 4,
    table_elements: 4_096,
    all_table_elements: 4 * 4_096,
    instance_bytes: INSTANCE_BYTES_MAX,
    ..LARGE
};

/// What five components need that are composed to one, from Rust (3 core instances each) or JavaScript
/// (8, and 2 memories), with as many core instances between them; and what one from Python needs (as
/// componentize-py links it, 14 core instances, 3 of components, 5,700 elements of a table, 1,900 items, 13,400
/// functions), and twice that and more.
pub(super) const LARGE: Bounds = Bounds {
    component_instances: 64,
    core_instances: 96,
    memories: 10,
    tables: 20,
    table_elements: 20_000,
    all_table_elements: 40_000,
    items: inspect::ITEMS_MAX,
    instance_bytes: 4 * INSTANCE_BYTES_MAX,
    functions: 100_000,
};

/// Largest memory of a place for small components, in bytes: address space is reserved for as many
/// as the machine carries, and 10,000 of these are 2.5 TiB.
const SMALL_MEMORY_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Which engine a component runs on. Each is set up when the first component needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
        let counts = &found.counts;
        let wide = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        [
            (
                "instances of components",
                counts.component_instances,
                self.component_instances,
            ),
            (
                "core instances",
                counts.core_instances_max(),
                self.core_instances.into(),
            ),
            ("memories", counts.memories, self.memories.into()),
            ("tables", counts.tables, self.tables.into()),
            (
                "elements of a table",
                counts.largest_table,
                wide(self.table_elements),
            ),
            (
                "elements of all tables",
                counts.table_elements,
                self.all_table_elements,
            ),
            ("items", counts.items, self.items),
            (
                "bytes of bookkeeping",
                counts.instance_bytes,
                wide(self.instance_bytes),
            ),
            ("functions", found.functions, self.functions),
        ]
        .into_iter()
        .find(|(_, has, max)| has > max)
        .map(|(what, has, max)| {
            format!(
                "{has} {what}, counted as it is instantiated, and {max} are the most that one may have"
            )
        })
    }
}

impl EngineKind {
    /// Memory mappings that a live instance of this component takes at most.
    pub(super) fn mappings(self, found: &Inspection) -> u64 {
        match self {
            Self::Small => SMALL_MAPPINGS,
            Self::Large | Self::Async => {
                let more = found.counts.memories.saturating_sub(1);
                more.saturating_mul(MEMORY_MAPPINGS)
                    .saturating_add(ON_DEMAND_MAPPINGS)
            }
        }
    }

    /// Bytes that an element of a table takes at most.
    pub(super) fn table_element_bytes(self) -> usize {
        match self {
            Self::Small => SMALL_TABLE_ELEMENT_BYTES,
            Self::Large | Self::Async => LARGE_TABLE_ELEMENT_BYTES,
        }
    }

    /// What the host keeps for an instance besides its memories, its tables and what is booked on its own, in
    /// bytes, at most.
    pub(super) fn flat_bytes(self, counts: &Counts) -> u64 {
        let flat = match self {
            Self::Small => SMALL_FLAT_BYTES,
            Self::Large | Self::Async => LARGE_FLAT_BYTES,
        };
        flat.saturating_add(counts.instance_bytes)
    }

    /// Those that an operator has switched off.
    pub fn switched_off(engines: Engines) -> Vec<Self> {
        let Engines { large, tasks } = engines;
        let all = [(large, Self::Large), (tasks, Self::Async)];
        let off = all.into_iter().filter(|(is_on, _)| !is_on);
        off.map(|(_, engine)| engine).collect()
    }

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
    /// Memory mappings that live instances may take together; see [`Capacity`](super::Capacity).
    pub mappings: u64,
    /// Largest memory that any bot may have, in bytes.
    pub memory_bytes_max: u64,
}

/// The settings of an engine that runs components.
pub(super) fn config(kind: EngineKind, size: Size) -> Config {
    let mut config = compiling(kind, size);
    if kind == EngineKind::Small {
        let pool = pool(size.instances, memory_bytes(kind, size));
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    }
    config
}

/// The largest memory of a place, in bytes.
fn memory_bytes(kind: EngineKind, size: Size) -> u64 {
    let page = 64 * 1024;
    let bytes = size.memory_bytes_max.max(page).next_multiple_of(page);
    match kind {
        EngineKind::Small => bytes.min(SMALL_MEMORY_BYTES_MAX),
        EngineKind::Large | EngineKind::Async => bytes,
    }
}

/// The settings of an engine that only compiles: the code is the same, and no address space is reserved.
pub(super) fn compiling(kind: EngineKind, size: Size) -> Config {
    let page = 64 * 1024;
    let stack = match kind {
        EngineKind::Small => SMALL_STACK_BYTES,
        EngineKind::Large | EngineKind::Async => LARGE_STACK_BYTES,
    };
    let mut config = Config::new();
    config
        .allocation_strategy(InstanceAllocationStrategy::OnDemand)
        .memory_init_cow(kind != EngineKind::Small)
        // Small slots instead of 4 GiB each: tens of thousands fit into the address space.
        .memory_reservation(memory_bytes(kind, size))
        .memory_reservation_for_growth(0)
        .memory_guard_size(page)
        .memory_may_move(false)
        .epoch_interruption(true)
        // Without tasks a query costs half.
        .concurrency_support(kind == EngineKind::Async)
        .max_wasm_stack(stack)
        .async_stack_size(stack + HOST_STACK_BYTES);
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
        .max_core_instance_size(SMALL.instance_bytes)
        .max_component_instance_size(SMALL.instance_bytes)
        .max_memory_size(usize::try_from(memory_bytes).unwrap_or(usize::MAX))
        .linear_memory_keep_resident(MEMORY_KEPT_BYTES)
        .table_keep_resident(TABLE_KEPT_BYTES)
        .pagemap_scan(Enabled::No);
    pool
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEMORY: u64 = 64 * 1024 * 1024;

    fn like(core_instances: u64, memories: u64, tables: u64, table_elements: u64) -> Inspection {
        Inspection {
            counts: Counts {
                core_instances,
                memories,
                tables,
                table_elements,
                largest_table: table_elements,
                ..Counts::default()
            },
            ..Inspection::default()
        }
    }

    #[test]
    fn each_component_gets_the_engine_that_fits_it() {
        let rust = like(3, 1, 2, 120);
        let python = like(14, 1, 2, 5_675);
        let javascript = like(8, 2, 2, 752);
        assert_eq!(EngineKind::of(&rust, MEMORY), EngineKind::Small);
        assert_eq!(EngineKind::of(&python, MEMORY), EngineKind::Large);
        assert_eq!(EngineKind::of(&javascript, MEMORY), EngineKind::Large);
        assert_eq!(
            EngineKind::of(&rust, SMALL_MEMORY_BYTES_MAX + 1),
            EngineKind::Large,
            "one bot with much memory does not make every place as large"
        );
        let tasks = Inspection {
            concurrency: Some("streams"),
            ..rust
        };
        assert_eq!(EngineKind::of(&tasks, MEMORY), EngineKind::Async);
    }

    #[test]
    fn what_no_engine_takes_is_named() {
        assert_eq!(LARGE.exceeded(&like(14, 2, 2, 5_675)), None);
        assert_eq!(
            LARGE.exceeded(&like(3, 100, 2, 120)).unwrap(),
            "100 memories, counted as it is instantiated, and 10 are the most that one may have"
        );
    }

    /// What is compiled without places loads where there are places, and nowhere else.
    #[test]
    fn code_is_the_same_with_and_without_places() {
        use std::hash::{BuildHasher as _, RandomState};

        let size = Size {
            instances: 10,
            mappings: 1_000,
            memory_bytes_max: MEMORY,
        };
        let state = RandomState::new();
        let hash = |config: Config| {
            let engine = wasmtime::Engine::new(&config).unwrap();
            state.hash_one(engine.precompile_compatibility_hash())
        };
        let kinds = [EngineKind::Small, EngineKind::Large, EngineKind::Async];
        let hashes = kinds.map(|kind| {
            let hash_of_runs = hash(config(kind, size));
            assert_eq!(hash_of_runs, hash(compiling(kind, size)), "{kind}");
            hash_of_runs
        });
        assert_ne!(hashes[0], hashes[1]);
        assert_ne!(hashes[1], hashes[2]);
    }
}
