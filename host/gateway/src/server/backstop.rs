//! The backstop: looks at the memory that is really in use, and acts where it is short whatever the books
//! say. Beyond a mark nothing new is admitted while bots hold any; beyond the next the largest replies end
//! of the tenant that has booked most. What is decided when, `memory` says.
//!
//! A thread of its own: a task would wait for exactly the threads that are busy then.

use std::{
    cmp::Reverse,
    fs::File,
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use super::resources::Machine;
use crate::{
    bots::{deployment::Deployment, shared_state::Debtor},
    control_group::{self, MemoryInUse},
    metrics,
};
use ravenry_base::memory::{Books, Pressure, PressureChange, Usage};

/// How often memory is looked at.
///
/// A processor fills about a gigabyte in that time, if it does nothing else; a bot, which must ask for each
/// growth, less. A look takes some 20 µs.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// From here on it is worth knowing what of a group's memory is files, in percent of its bound.
const WORTH_A_LOOK_PERCENT: u64 = 80;

/// Watches until it is dropped.
pub(super) struct Backstop {
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Backstop {
    /// Begins to watch over these bots.
    pub(super) fn start(machine: Machine, deployment: &Arc<Deployment>) -> io::Result<Self> {
        let over = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&over);
        let mut watch = Watch {
            gauges: Gauges::open(machine)?,
            deployment: Arc::clone(deployment),
            pressure: Pressure::default(),
            looks: 0,
            ended: 0,
        };
        let thread = thread::Builder::new()
            .name("memory-watch".to_owned())
            .spawn(move || {
                while !seen.load(Ordering::Relaxed) {
                    watch.look();
                    thread::park_timeout(LOOK_EVERY);
                }
            })?;
        Ok(Self {
            over,
            thread: Some(thread),
        })
    }
}

impl Drop for Backstop {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // It ends with the look that it is at.
            let _ = thread.join();
        }
    }
}

/// Where it is to be read how much is in use. The files are opened once.
struct Gauges {
    /// Of this process.
    process: File,
    /// What it may use.
    bytes_max: u64,
    /// Of the control group that allows it the least, if one allows less than the machine has.
    group: Option<MemoryInUse>,
}

impl Gauges {
    fn open(machine: Machine) -> io::Result<Self> {
        let bytes_max = machine.memory_bytes;
        Ok(Self {
            process: File::open("/proc/self/statm")?,
            bytes_max,
            group: control_group::memory_in_use().filter(|group| group.bytes_max <= bytes_max),
        })
    }

    /// What is in use of what may be, where it is nearest to its bound. `None`: it cannot be read.
    fn usage(&self) -> Option<Usage> {
        let process = Usage {
            used: resident(&control_group::reread(&self.process)?)?,
            bytes_max: self.bytes_max,
        };
        let of_group = |group: &MemoryInUse| {
            let enough = group.bytes_max.saturating_mul(WORTH_A_LOOK_PERCENT) / 100;
            Some(Usage {
                used: group.bytes(enough)?,
                bytes_max: group.bytes_max,
            })
        };
        let group = self.group.as_ref().and_then(of_group);
        Some(group.map_or(process, |group| process.or_tighter(group)))
    }
}

/// Bytes of a process that are in memory and are its own alone, by its `statm`. What is mapped from
/// files (the program, compiled code) the kernel may take back.
fn resident(statm: &str) -> Option<u64> {
    let mut pages = statm.split(' ').skip(1).map(str::parse::<u64>);
    let (all, of_files) = (pages.next()?.ok()?, pages.next()?.ok()?);
    let page = u64::try_from(rustix::param::page_size()).ok()?;
    Some(all.saturating_sub(of_files).saturating_mul(page))
}

struct Watch {
    gauges: Gauges,
    deployment: Arc<Deployment>,
    pressure: Pressure,
    looks: u64,
    /// Replies that were asked to end in this episode.
    ended: u64,
}

impl Watch {
    fn look(&mut self) {
        let Some(usage) = self.gauges.usage() else {
            return;
        };
        metrics::memory(usage.used, usage.bytes_max);
        self.looks = self.looks.saturating_add(1);
        let debtors = self.deployment.debtors();
        let books = Books {
            all: self.deployment.booked(),
            most: debtors
                .iter()
                .map(|debtor| debtor.booked)
                .max()
                .unwrap_or(0),
        };
        let verdict = self.pressure.look(usage, books);
        self.deployment.scarcity().set(verdict.refuse);
        if let Some(turn) = verdict.turn {
            self.tell(turn, usage, books);
        }
        if verdict.excess > 0 {
            self.make_room(debtors, verdict.excess);
        }
    }

    /// Ends the largest replies of the tenant that has booked most, where those that are ending already do not
    /// give back enough. Where it has none that waits or computes any more, the next one's.
    fn make_room(&mut self, mut debtors: Vec<Debtor>, excess: u64) {
        let mut missing = excess;
        for debtor in &mut debtors {
            debtor.holders.cut_overdue(self.looks);
            let leaving = debtor.holders.leaving(self.looks);
            debtor.booked = debtor.booked.saturating_sub(leaving);
            missing = missing.saturating_sub(leaving);
        }
        if missing == 0 {
            return;
        }
        debtors.sort_unstable_by_key(|debtor| Reverse(debtor.booked));
        for debtor in debtors {
            let asked = debtor.holders.ask_largest(missing, self.looks);
            if asked.replies == 0 {
                continue;
            }
            if self.ended == 0 {
                tracing::warn!(
                    tenant = debtor.tenant.as_str(),
                    booked_bytes = debtor.booked,
                    replies = asked.replies,
                    "memory is short: the largest replies of the tenant who has booked most end; those that follow are counted, not logged"
                );
            }
            self.ended = self.ended.saturating_add(asked.replies);
            return;
        }
    }

    fn tell(&mut self, turn: PressureChange, usage: Usage, books: Books) {
        let Usage { used, bytes_max } = usage;
        match turn {
            PressureChange::Refuses => tracing::warn!(
                used_bytes = used,
                max_bytes = bytes_max,
                booked_bytes = books.all,
                hint = "give the server more memory, or its bots less (`live_memory`, `memory`, `running`); compilers of new components count too",
                "memory is short: while bots hold any, nothing new is admitted"
            ),
            PressureChange::Admits => tracing::info!(
                used_bytes = used,
                max_bytes = bytes_max,
                ended = std::mem::take(&mut self.ended),
                "there is memory again: queries are admitted"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_files_are_not_counted() {
        let page = u64::try_from(rustix::param::page_size()).unwrap();
        assert_eq!(resident("9000 300 100 80 0 500 0\n"), Some(200 * page));
        assert_eq!(resident("9000 300\n"), None);
        let own = File::open("/proc/self/statm").unwrap();
        assert!(resident(&control_group::reread(&own).unwrap()).unwrap() > 0);
    }
}
