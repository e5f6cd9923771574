//! What a test waits for, by looking again and again: each look is a request of its own.

use std::{
    thread,
    time::{Duration, Instant},
};

use super::{HANG, Server};

/// Nothing that is compiled takes this long: a bot in Python takes a minute of two cores that others want, too.
const COMPILED: Duration = Duration::from_mins(5);

/// Looks again and again until there is something, and gives it. `wanted` says what never came.
#[track_caller]
pub fn eventually<T>(wanted: impl FnOnce() -> String, look: impl FnMut() -> Option<T>) -> T {
    within(HANG, wanted, look)
}

#[track_caller]
fn within<T>(
    patience: Duration,
    wanted: impl FnOnce() -> String,
    mut look: impl FnMut() -> Option<T>,
) -> T {
    let hang = Instant::now() + patience;
    loop {
        if let Some(found) = look() {
            return found;
        }
        if Instant::now() > hang {
            break;
        }
        thread::park_timeout(Duration::from_millis(10));
    }
    panic!("never: {}", wanted())
}

/// Waits for a fact that no line tells.
#[track_caller]
pub fn wait_until(what: &str, mut fact: impl FnMut() -> bool) {
    eventually(|| what.to_owned(), || fact().then_some(()));
}

impl Server {
    /// Waits until every bot is mounted: large ones are compiled while the others are served.
    pub fn wait_ready(&self) {
        let is_ready = || self.get("/readyz").status == 200;
        within(
            COMPILED,
            || "every bot is mounted".to_owned(),
            || is_ready().then_some(()),
        );
    }

    /// Waits until so many replies of a bot run.
    pub fn wait_running(&self, bot: &str, replies: f64) {
        self.wait_metric("ravenry_running_replies", &[("bot", bot)], replies);
    }

    /// Waits until a metric has this value. Each look is a request of its own.
    pub fn wait_metric(&self, name: &str, labels: &[(&str, &str)], value: f64) {
        let is_it = |found: f64| (found - value).abs() < f64::EPSILON;
        let found = || self.metric(name, labels);
        eventually(
            || format!("{name}{labels:?} is {value}, but {:?}", found()),
            || found().filter(|found| is_it(*found)),
        );
    }

    /// Waits until so many lines of the log have this in them.
    pub fn wait_times(&self, text: &str, times: usize) {
        let found = || {
            let log = self.log();
            log.iter().filter(|line| line.contains(text)).count()
        };
        eventually(
            || format!("{times} times {text:?} in\n{}", self.log().join("\n")),
            || (found() >= times).then_some(()),
        );
    }
}

/// Waits until this process has started a worker that has taken its place behind it.
pub fn wait_worker(parent: u32) -> i32 {
    let behind = |id: &i32| {
        let place = std::fs::read_to_string(format!("/proc/{id}/oom_score_adj"));
        place.is_ok_and(|place| place == "1000\n")
    };
    eventually(
        || "it has a worker".to_owned(),
        || children(parent).into_iter().find(behind),
    )
}

/// The processes that this one has started and that still run.
fn children(parent: u32) -> Vec<i32> {
    let tasks = std::fs::read_dir(format!("/proc/{parent}/task")).unwrap();
    // A thread may end while one looks.
    let lists =
        tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("children")).ok());
    lists
        .flat_map(|list| {
            let ids = list.split_whitespace().map(|id| id.parse().unwrap());
            ids.collect::<Vec<_>>()
        })
        .collect()
}
