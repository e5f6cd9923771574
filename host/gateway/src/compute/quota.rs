//! The processor time that the control group of this process may use.
//!
//! A quota knows no priorities: once it is used up, the threads that serve stand still too, for the rest of
//! the period. So compute threads leave a part of it to them.

use std::{
    fs,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use parking_lot::Mutex;

use super::clock;
use crate::control_group::{self, Version};

/// What part of the quota the whole process may use before compute threads pause.
const PART: f64 = 0.8;

/// What may be used at a stretch, in seconds at full quota. With two slices under way this and
/// [`PART`] of a period of 100 ms stay below the whole of it.
const BURST: f64 = 0.008;

/// The shortest pause, and the longest: as long as the usual period.
const PAUSE_MIN: Duration = Duration::from_micros(100);
const PAUSE_MAX: Duration = Duration::from_millis(100);

/// A quota, and what is left of it for compute threads.
#[derive(Debug)]
pub(super) struct Quota {
    /// Seconds of processor time for each second.
    cores: f64,
    state: Mutex<TokenBucket>,
}

#[derive(Debug)]
struct TokenBucket {
    looked: Instant,
    used: Duration,
    /// Seconds; below zero: compute threads pause.
    left: f64,
}

impl Quota {
    /// The quota of this process, where it is less than the processors that it may run on.
    pub(super) fn here(processors: usize) -> Option<Self> {
        let cores = least(&control_group::directories("cpu"))?;
        #[expect(clippy::cast_precision_loss, reason = "there are fewer than 2^52")]
        let all = processors as f64;
        (cores < all).then(|| Self::of(cores))
    }

    fn of(cores: f64) -> Self {
        Self {
            cores,
            state: Mutex::new(TokenBucket {
                looked: Instant::now(),
                used: clock::process(),
                left: 0.0,
            }),
        }
    }

    /// Waits until the process has used little enough. For compute threads alone: they may hold the lock.
    pub(super) fn wait(&self) {
        loop {
            let pause = {
                let mut state = self.state.lock();
                state.look(self.cores, Instant::now(), clock::process())
            };
            match pause {
                None => return,
                Some(pause) => thread::park_timeout(pause),
            }
        }
    }
}

impl TokenBucket {
    /// Takes note of what was used, and says how long to pause.
    fn look(&mut self, cores: f64, now: Instant, used: Duration) -> Option<Duration> {
        let passed = now.saturating_duration_since(self.looked).as_secs_f64();
        let spent = used.saturating_sub(self.used).as_secs_f64();
        self.left = (self.left + passed * cores * PART - spent).min(BURST * cores);
        (self.looked, self.used) = (now, used);
        let pause = -self.left / (cores * PART);
        (pause > 0.0).then(|| Duration::from_secs_f64(pause.min(1.0)).clamp(PAUSE_MIN, PAUSE_MAX))
    }
}

/// The least quota of these groups.
fn least(directories: &[(Version, PathBuf)]) -> Option<f64> {
    let quotas = directories
        .iter()
        .filter_map(|(version, directory)| match version {
            Version::One => version_1_quota(directory),
            Version::Two => version_2_quota(directory),
        });
    quotas.min_by(f64::total_cmp)
}

fn version_2_quota(group: &Path) -> Option<f64> {
    let text = fs::read_to_string(group.join("cpu.max")).ok()?;
    let (quota, period) = text.trim().split_once(' ')?;
    ratio(quota, period)
}

fn version_1_quota(group: &Path) -> Option<f64> {
    let read = |name: &str| fs::read_to_string(group.join(name)).ok();
    let (quota, period) = (read("cpu.cfs_quota_us")?, read("cpu.cfs_period_us")?);
    ratio(quota.trim(), period.trim())
}

/// `max` and `-1` stand for no quota.
fn ratio(quota: &str, period: &str) -> Option<f64> {
    let (quota, period): (u32, u32) = (quota.parse().ok()?, period.parse().ok()?);
    (period > 0).then(|| f64::from(quota) / f64::from(period))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_quota_of_a_group_and_those_around_it_counts() {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("a/cpu.max", "150000 100000\n");
        write("a/b/cpu.max", "max 100000\n");
        let least =
            |groups: &str| least(&control_group::directories_of(groups, "cpu", root.path()));
        assert_eq!(least("0::/a/b\n"), Some(1.5));
        assert_eq!(least("0::/elsewhere\n"), None, "no file");
        write("cpu/x/cpu.cfs_quota_us", "50000\n");
        write("cpu/x/cpu.cfs_period_us", "100000\n");
        write("cpu/y/cpu.cfs_quota_us", "-1\n");
        write("cpu/y/cpu.cfs_period_us", "100000\n");
        let groups = |name: &str| format!("5:memory:/z\n4:cpu,cpuacct:/{name}\n");
        assert_eq!(least(&groups("x")), Some(0.5));
        assert_eq!(least(&groups("y")), None);
    }

    /// Over any tenth of a second the process stays below the quota, whatever it did before.
    #[test]
    fn compute_threads_leave_a_part_of_the_quota() {
        let start = Instant::now();
        let mut state = TokenBucket {
            looked: start,
            used: Duration::ZERO,
            left: 0.0,
        };
        let (mut now, mut used) = (start + Duration::from_secs(10), Duration::ZERO);
        let (mut turns, period) = (0_u32, Duration::from_millis(100));
        let end = now + period;
        while now < end {
            if let Some(pause) = state.look(1.0, now, used) {
                now += pause;
            } else {
                // Two threads, each for a slice.
                now += Duration::from_millis(4);
                used += Duration::from_millis(8);
                turns += 1;
            }
        }
        assert!(used <= period, "{used:?} of {period:?}");
        assert!(turns >= 8, "and use what is theirs: {turns} turns");
    }
}
