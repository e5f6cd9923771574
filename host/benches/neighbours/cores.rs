//! Who gets which processor: the load on one core and the server on another, a quota for the server,
//! and the measuring threads before all others.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use crate::contender::{Contender, TICKS, cpu_seconds};

/// The cores that this program may use, by number.
pub(crate) fn allowed() -> Vec<usize> {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("Cpus_allowed_list:"))
        .unwrap();
    let ranges = line.trim().split(',').map(|range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        first.parse().unwrap()..=last.parse::<usize>().unwrap()
    });
    ranges.flatten().collect()
}

/// Keeps all threads of this program, and those to come, on these cores.
pub(crate) fn keep_to(cores: &[usize]) {
    let list: Vec<String> = cores.iter().map(usize::to_string).collect();
    run(Command::new("taskset")
        .args(["--all-tasks", "--cpu-list", "--pid", &list.join(",")])
        .arg(std::process::id().to_string()))
    .unwrap();
}

/// Lets the calling thread, and those that it starts, go before all others: what it measures is then
/// not its own wait for a processor. It needs a right; false where that is missing.
pub(crate) fn hurry() -> bool {
    let Ok(thread) = fs::read_link("/proc/thread-self") else {
        return false;
    };
    let id = thread.file_name().unwrap();
    run(Command::new("chrt").args(["--fifo", "--pid", "1"]).arg(id)).is_ok()
}

fn run(command: &mut Command) -> Result<(), String> {
    let done = command.output().map_err(|error| error.to_string())?;
    if done.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&done.stderr).trim().to_owned())
    }
}

/// Processor time so far, in seconds.
#[derive(Clone, Copy)]
pub(crate) struct Used {
    /// Of the server.
    pub(crate) server: f64,
    /// Of all who are neither the server nor this program.
    pub(crate) others: f64,
}

impl Used {
    pub(crate) fn now(server: &Contender) -> Self {
        let server = server.cpu_seconds();
        Self {
            server,
            others: machine_seconds() - server - cpu_seconds("self"),
        }
    }
}

/// What all processes of the machine have used, and what other machines have taken from it.
fn machine_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/stat").unwrap();
    let words = stat.lines().next().unwrap().split_whitespace().skip(1);
    // The fourth and fifth are the time without work; what follows the eighth is in the first.
    let busy = words
        .enumerate()
        .take(8)
        .filter(|(at, _)| *at != 3 && *at != 4);
    busy.map(|(_, ticks)| ticks.parse::<f64>().unwrap())
        .sum::<f64>()
        / TICKS
}

/// A control group whose processes together have one core; it goes with this value, which must
/// outlive them.
pub(crate) struct Quota(PathBuf);

/// Microseconds of a period, and what may be used in it.
const PERIOD_US: &str = "100000";

impl Quota {
    /// Fails with the reason why there can be none.
    pub(crate) fn one_core() -> Result<Self, String> {
        let name = format!("ravenry-bench-{}", std::process::id());
        let (root, settings) = if Path::new("/sys/fs/cgroup/cgroup.controllers").exists() {
            let quota = format!("{PERIOD_US} {PERIOD_US}");
            ("/sys/fs/cgroup", vec![("cpu.max", quota)])
        } else {
            let names = ["cpu.cfs_period_us", "cpu.cfs_quota_us"];
            let settings = names.map(|name| (name, PERIOD_US.to_owned()));
            ("/sys/fs/cgroup/cpu", settings.to_vec())
        };
        let path = Path::new(root).join(name);
        fs::create_dir(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let quota = Self(path);
        for (name, value) in settings {
            let file = quota.0.join(name);
            fs::write(&file, value).map_err(|error| format!("{}: {error}", file.display()))?;
        }
        Ok(quota)
    }

    /// Where a process writes its number to belong to it.
    pub(crate) fn members(&self) -> PathBuf {
        self.0.join("cgroup.procs")
    }
}

impl Drop for Quota {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.0);
    }
}

/// Processes that compute, outside of any gateway.
pub(crate) struct Burners(Vec<Child>);

impl Burners {
    /// Starts so many; they end by themselves after this time.
    pub(crate) fn start(processes: usize, most: Duration) -> Self {
        let start = |_| {
            Command::new(std::env::current_exe().unwrap())
                .args(["burn", &most.as_secs().to_string()])
                .stdin(Stdio::null())
                .spawn()
                .unwrap()
        };
        Self((0..processes).map(start).collect())
    }
}

impl Drop for Burners {
    fn drop(&mut self) {
        for child in &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// What such a process does.
pub(crate) fn burn(seconds: u64) {
    let start = Instant::now();
    let mut sum = 0_u64;
    while start.elapsed() < Duration::from_secs(seconds) {
        for turn in 0..100_000 {
            sum = std::hint::black_box(sum.wrapping_mul(31).wrapping_add(turn));
        }
    }
}
