//! What one instance consists of, in sums that saturate.

/// What the engine makes for one instance of a component, counted as instantiated: what is defined once
/// and instantiated twice counts twice, and all that is in it.
///
/// Every sum saturates at `u64::MAX`, which a hostile file can reach.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Instances of components, with the outermost.
    pub component_instances: u64,
    /// Instances of core modules, without those that the engine adds: see [`Self::adapters`].
    pub core_instances: u64,
    /// Linear memories.
    pub memories: u64,
    /// What all memories start with, in bytes.
    pub memory_bytes: u64,
    /// Tables.
    pub tables: u64,
    /// Elements that all tables start with.
    pub table_elements: u64,
    /// Elements that the largest table starts with.
    pub largest_table: u64,
    /// Entries of index spaces (aliases, types, functions, instances, …): each is a step of the compiler.
    pub items: u64,
    /// Bytes that the engine keeps for an instance besides its memories and tables, at most.
    pub instance_bytes: u64,
    /// Functions that are lowered and may be those of another component inside, at most.
    pub fused: u64,
    /// References to functions that belong to no core instance, where toolchains have none.
    pub chained: u64,
}

impl Counts {
    /// Adds what one more instance of something consists of.
    pub(super) fn add(&mut self, other: &Self) {
        for (sum, more) in [
            (&mut self.component_instances, other.component_instances),
            (&mut self.core_instances, other.core_instances),
            (&mut self.memories, other.memories),
            (&mut self.memory_bytes, other.memory_bytes),
            (&mut self.tables, other.tables),
            (&mut self.table_elements, other.table_elements),
            (&mut self.items, other.items),
            (&mut self.instance_bytes, other.instance_bytes),
            (&mut self.fused, other.fused),
            (&mut self.chained, other.chained),
        ] {
            increase(sum, more);
        }
        self.largest_table = self.largest_table.max(other.largest_table);
    }

    /// Core instances that the engine adds at most, for calls from one component inside to another.
    ///
    /// It gathers such functions in modules, and begins another module where a function needs what one of
    /// the module under way is for: a core instance that imports it, or the function itself.
    pub fn adapters(&self) -> u64 {
        let begun = self.core_instances.saturating_add(self.chained);
        self.fused.min(begun.saturating_add(1))
    }

    /// Core instances, with those that the engine may add.
    pub fn core_instances_max(&self) -> u64 {
        self.core_instances.saturating_add(self.adapters())
    }
}

/// Adds to a sum, up to the largest number that there is.
pub(super) fn increase(sum: &mut u64, more: u64) {
    *sum = sum.saturating_add(more);
}
