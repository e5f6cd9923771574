//! Files and sockets that the process may have open, divided beforehand: for readers, for what bots ask of
//! others, for records of charges, for compiled code, and for everything else. So none of them can starve another.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::charges::RECORDS_MAX;

/// Descriptors for everything else: the listeners, readers of metrics, logs, the cache,
/// compilers. A gateway that waits has about twenty open.
pub(super) const SPARE: u64 = 64;

/// Readers there are room for, however few descriptors there are.
const READERS_MIN: u64 = 16;

/// What a gateway needs to serve at all: below that, files of bots cannot even be opened.
const ALL_MIN: u64 = SPARE + 3 * READERS_MIN;

/// More than enough for every place that a reply can have; some systems allow a billion.
const DESCRIPTORS_MAX: u64 = 1_000_000;

/// There are too few.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("this process may have {0} files open at once, and a gateway needs {ALL_MIN}")]
pub(super) struct Few(u64);

/// What there is, and for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Descriptors {
    /// Connections of readers.
    pub(super) readers: u32,
    /// Connections to other servers, with lookups of their names.
    pub(super) outbound: u32,
    /// Replies that charge.
    pub(super) records: u32,
    /// Files of compiled code: each bot has one open as long as it is mounted.
    pub(super) code: u32,
}

impl Descriptors {
    /// Raises the soft limit to the hard one, and divides what there is. Where the configuration says
    /// how many readers there are at most, what they leave is for the other part.
    ///
    /// # Errors
    /// Where that is too little to serve at all: how much there is, and how much it takes.
    pub(super) fn of_process(readers_max: Option<u32>) -> Result<Self, Few> {
        match raise() {
            all if all < ALL_MIN => Err(Few(all)),
            all => Ok(Self::divided(all, readers_max)),
        }
    }

    fn divided(all: u64, readers_max: Option<u32>) -> Self {
        let usable = all
            .saturating_sub(SPARE)
            .clamp(3 * READERS_MIN, DESCRIPTORS_MAX);
        // At most a million: see above.
        let number = |many: u64| u32::try_from(many).unwrap_or(u32::MAX);
        // Most replies charge nothing, and of those that ask others most have one connection: with the
        // 20,000 descriptors that many systems allow, 10,000 readers may wait.
        let records = number(usable / 10).min(RECORDS_MAX);
        // Bots beyond that run from copies, and cost memory instead.
        let code = number(usable / 10);
        let rest = number(usable).saturating_sub(records).saturating_sub(code);
        let most_readers = rest.saturating_sub(rest / 3);
        let readers = readers_max.map_or(most_readers, |most| most.min(most_readers));
        Self {
            readers,
            outbound: rest.saturating_sub(readers),
            records,
            code,
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
        for (all, most, readers, outbound, records, code) in [
            (256, None, 103, 51, 19, 19),
            (256, Some(1_000), 103, 51, 19, 19),
            (1_064, Some(100), 100, 700, 100, 100),
            (20_000, None, 10_634, 5_316, 1_993, 1_993),
            (10, None, 27, 13, 4, 4),
        ] {
            let wanted = Descriptors {
                readers,
                outbound,
                records,
                code,
            };
            assert_eq!(Descriptors::divided(all, most), wanted, "{all} {most:?}");
        }
    }
}
