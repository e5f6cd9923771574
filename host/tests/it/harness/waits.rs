//! What a test waits for, by looking again and again: each look is a request of its own.

use std::{
    thread,
    time::{Duration, Instant},
};

use super::{HANG, Server};

impl Server {
    /// Waits until every bot is mounted: large ones are compiled while the others are served.
    pub fn wait_ready(&self) {
        let hang = Instant::now() + HANG;
        while self.get("/readyz").status != 200 {
            assert!(Instant::now() < hang, "it never gets ready");
            thread::park_timeout(Duration::from_millis(10));
        }
    }

    /// Waits until so many replies of a bot run.
    pub fn wait_running(&self, bot: &str, replies: f64) {
        self.wait_metric("ravenry_running_replies", &[("bot", bot)], replies);
    }

    /// Waits until a metric has this value. Each look is a request of its own.
    pub fn wait_metric(&self, name: &str, labels: &[(&str, &str)], value: f64) {
        let hang = Instant::now() + HANG;
        loop {
            let found = self.metric(name, labels);
            if found.is_some_and(|found| (found - value).abs() < f64::EPSILON) {
                return;
            }
            assert!(
                Instant::now() < hang,
                "{name}{labels:?} is {found:?}, not {value}"
            );
            thread::park_timeout(Duration::from_millis(10));
        }
    }

    /// Waits until a line of the log has this in it for the so-manieth time.
    pub fn wait_times(&self, text: &str, times: usize) {
        let hang = Instant::now() + HANG;
        while self.log().iter().filter(|line| line.contains(text)).count() < times {
            assert!(
                Instant::now() < hang,
                "not {times} times {text:?} in\n{}",
                self.log().join("\n")
            );
            thread::park_timeout(Duration::from_millis(10));
        }
    }
}
/// Waits until this process has started a worker that has taken its place behind it.
pub fn wait_worker(parent: u32) -> i32 {
    let hang = Instant::now() + HANG;
    let behind = |id: &i32| {
        let place = std::fs::read_to_string(format!("/proc/{id}/oom_score_adj"));
        place.is_ok_and(|place| place == "1000\n")
    };
    loop {
        if let Some(worker) = children(parent).into_iter().find(behind) {
            return worker;
        }
        assert!(Instant::now() < hang, "it has no worker");
        thread::park_timeout(Duration::from_millis(10));
    }
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
