//! What the machine has to give, read once at start.

use std::fs;

use super::descriptors::{Descriptors, Few};
use crate::control_group;

/// The kernel's default for `vm.max_map_count`, where the setting cannot be read.
const MAPPINGS_DEFAULT: u64 = 65_530;

/// The three things that bound how many replies can run at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Machine {
    /// Memory mappings that one process may have.
    pub(super) mappings: u64,
    /// Files and sockets that this process may have open, divided.
    pub(super) descriptors: Descriptors,
    /// Memory of the machine, in bytes, or what the control groups allow where that is less.
    pub(super) memory_bytes: u64,
}

impl Machine {
    /// Reads all three, and raises the soft limit of descriptors to the hard one. `readers_max` is what
    /// the configuration says of connections.
    ///
    /// # Errors
    /// Where there are too few descriptors to serve at all.
    pub(super) fn look(readers_max: Option<u32>) -> Result<Self, Few> {
        let number = |path: &str| {
            fs::read_to_string(path)
                .ok()
                .and_then(|text| text.trim().parse::<u64>().ok())
        };
        Ok(Self {
            mappings: number("/proc/sys/vm/max_map_count").unwrap_or(MAPPINGS_DEFAULT),
            descriptors: Descriptors::of_process(readers_max)?,
            memory_bytes: control_group::memory_bytes(),
        })
    }
}
