//! What the machine carries: how many instances at once, and what of it runs out first.

use super::engine::{ON_DEMAND_MAPPINGS, SMALL_MAPPINGS};

/// How many instances this machine carries at once, and what decides it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// Instances alive at once.
    pub instances: u32,
    /// The scarcest of the three, in words.
    because: String,
    /// Memory for all instances together.
    memory_bytes: u64,
    /// Memory mappings that live instances may take together. A small one takes 4; one that is large
    /// or has tasks takes 7 or more, so that fewer of those fit.
    pub mappings: u64,
}

impl Capacity {
    /// Mappings that every place costs from the beginning, for its stack.
    const PLACE_MAPPINGS: u64 = 2;
    /// Mappings left for everything else: code, threads, heaps.
    const MAPPINGS_SPARE: u64 = 4_096;
    /// Memory that a waiting instance of a small bot takes, connection included; measured 45 to
    /// 56 KiB, doubled.
    const INSTANCE_BYTES: u64 = 112 * 1024;
    /// More than any one process has been measured with.
    const INSTANCES_MAX: u64 = 100_000;

    /// How many replies that are of bots that book at least so much for each, and what decides it, in words:
    /// for an instance with what its memories start with, as a rule memory is scarcer than places.
    pub fn replies(&self, each_bytes: u64) -> (u32, String) {
        let fit = self.memory_bytes.checked_div(each_bytes);
        match fit.and_then(|fit| u32::try_from(fit).ok()) {
            Some(fit) if fit < self.instances => {
                let mebibytes = self.memory_bytes / (1024 * 1024);
                let each = each_bytes.div_ceil(1024);
                let because =
                    format!("{mebibytes} MiB for instances, at least {each} KiB for each");
                (fit, because)
            }
            _ => (self.instances, self.because.clone()),
        }
    }

    /// How many of the instances can be large or have tasks, each with one memory.
    pub fn large(&self) -> u64 {
        (self.mappings / ON_DEMAND_MAPPINGS).min(self.instances.into())
    }

    /// From the three things that run out first: `mappings` as the kernel allows for a process,
    /// connections of `readers` that it may have open, and `memory_bytes` for all instances together.
    pub fn of(mappings: u64, readers: u32, memory_bytes: u64) -> Self {
        let (instances, because) = [
            (
                mappings.saturating_sub(Self::MAPPINGS_SPARE)
                    / Self::PLACE_MAPPINGS.saturating_add(SMALL_MAPPINGS),
                format!("vm.max_map_count = {mappings}"),
            ),
            (
                u64::from(readers),
                format!("{readers} file descriptors for readers"),
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
        let instances = instances.max(1);
        Self {
            instances: u32::try_from(instances).unwrap_or(u32::MAX),
            because,
            memory_bytes,
            mappings: mappings
                .saturating_sub(Self::MAPPINGS_SPARE)
                .saturating_sub(instances.saturating_mul(Self::PLACE_MAPPINGS))
                .max(SMALL_MAPPINGS),
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
        let half_a_gib = Capacity::of(262_144, 1_000_000, gib / 2);
        assert_eq!(half_a_gib.because, "512 MiB for instances");
        assert_eq!(half_a_gib.instances, 4681);
        assert_eq!(Capacity::of(65_530, 96, 12 * gib).instances, 96);
        assert_eq!(
            Capacity::of(65_530, 96, 12 * gib).because,
            "96 file descriptors for readers"
        );
        assert_eq!(Capacity::of(1, 1, 1).instances, 1, "never none");
    }

    /// Places are for bots that take the least; what is said is what the bots that there are can have.
    #[test]
    fn what_an_instance_starts_with_decides_how_many_replies_there_are() {
        let half_a_gib = Capacity::of(262_144, 1_000_000, 512 * 1024 * 1024);
        let small = (192 + 115) * 1024;
        assert_eq!(
            half_a_gib.replies(small),
            (
                1_707,
                "512 MiB for instances, at least 307 KiB for each".to_owned()
            )
        );
        assert_eq!(half_a_gib.replies(u64::MAX).0, 0, "none fits");
        let places = (4_681, "512 MiB for instances".to_owned());
        assert_eq!(half_a_gib.replies(0), places);
        assert_eq!(half_a_gib.replies(100 * 1024), places);
        let few = Capacity::of(262_144, 96, 512 * 1024 * 1024);
        assert_eq!(
            few.replies(small),
            (96, "96 file descriptors for readers".to_owned())
        );
    }

    /// Full of small instances, or of the large ones that fit, the process stays below what it has.
    #[test]
    fn live_instances_never_take_more_mappings_than_there_are() {
        for mappings in [65_530, 262_144, 1_048_576] {
            let capacity = Capacity::of(mappings, u32::MAX, u64::MAX);
            let places = u64::from(capacity.instances) * Capacity::PLACE_MAPPINGS;
            assert!(places + capacity.mappings + Capacity::MAPPINGS_SPARE <= mappings);
            assert!(capacity.mappings >= u64::from(capacity.instances) * SMALL_MAPPINGS);
        }
    }
}
