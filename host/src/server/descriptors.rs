//! Files and sockets that the process may have open, divided beforehand: for readers, for what bots ask of
//! others, for records of charges, and for everything else. So none of them can starve another.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::charges::RECORDS_MAX;

/// Descriptors for everything else: the listeners and whoever reads metrics, logs, the cache,
/// compilers. A gateway that waits has about twenty open.
pub(super) const SPARE: u64 = 64;

/// Readers there are room for, however few descriptors there are.
const READERS_MIN: u64 = 16;

/// More than enough for every place that a reply can have; some systems allow a billion.
const DESCRIPTORS_MAX: u64 = 1_000_000;

/// What there is, and for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Descriptors {
    /// Connections of readers.
    pub(super) readers: u32,
    /// Connections to other servers, with lookups of their names.
    pub(super) outbound: u32,
    /// Replies that charge.
    pub(super) records: u32,
}

impl Descriptors {
    /// Raises the soft limit to the hard one, and divides what there is. Where the configuration says
    /// how many readers there are at most, what they leave is for the other part.
    pub(super) fn of_process(readers_max: Option<u32>) -> Self {
        Self::divided(raise(), readers_max)
    }

    fn divided(all: u64, readers_max: Option<u32>) -> Self {
        let usable = all
            .saturating_sub(SPARE)
            .clamp(3 * READERS_MIN, DESCRIPTORS_MAX);
        // At most a million: see above.
        let number = |many: u64| u32::try_from(many).unwrap_or(u32::MAX);
        // A reply that charges asks others too, and most replies do not charge.
        let records = number(usable / 5).min(RECORDS_MAX);
        let rest = number(usable).saturating_sub(records);
        let half = rest / 2;
        let readers = readers_max.map_or(half, |most| most.min(half));
        Self {
            readers,
            outbound: rest.saturating_sub(readers),
            records,
        }
    }
}

fn raise() -> u64 {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = maximum.unwrap_or(DESCRIPTORS_MAX).min(DESCRIPTORS_MAX);
    let current = current.unwrap_or(DESCRIPTORS_MAX);
    if current >= wanted {
        return current.min(DESCRIPTORS_MAX);
    }
    let raised = Rlimit {
        current: Some(wanted),
        maximum,
    };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => wanted,
        Err(_) => current,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_has_its_own() {
        for (all, most, readers, outbound, records) in [
            (256, None, 77, 77, 38),
            (256, Some(1_000), 77, 77, 38),
            (1_064, Some(100), 100, 700, 200),
            (10, None, 19, 20, 9),
        ] {
            let wanted = Descriptors {
                readers,
                outbound,
                records,
            };
            assert_eq!(Descriptors::divided(all, most), wanted, "{all} {most:?}");
        }
    }
}
