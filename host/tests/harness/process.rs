//! What the system says of the gateway's process.

use std::{process::Stdio, time::Duration};

use super::{Folder, Server};

impl Folder {
    /// A start that fails: what it says on standard error, with paths shortened.
    pub fn refused(self, verb: &[&str]) -> String {
        let output = self.command(verb).stdin(Stdio::null()).output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success(), "it must not start: {text}");
        text.replace(&format!("{}/", self.path().display()), "")
    }
}

impl Server {
    /// Whether the system tells the process of changes of files.
    pub fn watches_files(&self) -> bool {
        let open = std::fs::read_dir(format!("/proc/{}/fd", self.id())).unwrap();
        let mut targets = open.filter_map(|entry| std::fs::read_link(entry.unwrap().path()).ok());
        targets.any(|target| target.to_string_lossy().contains("inotify"))
    }

    /// Memory of the process that is in use, in bytes.
    pub fn resident_bytes(&self) -> u64 {
        self.status("VmRSS:")
            .trim_end_matches(" kB")
            .parse::<u64>()
            .unwrap()
            * 1024
    }

    /// How many threads the process has.
    pub fn threads(&self) -> usize {
        self.status("Threads:").parse().unwrap()
    }

    /// Computing time of the process so far.
    pub fn computed(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.id())).unwrap();
        // Behind the name, which may have anything in it: the twelfth and the thirteenth, in hundredths.
        let (_, rest) = stat.rsplit_once(") ").unwrap();
        let times = rest.split(' ').skip(11).take(2);
        let ticks: u64 = times.map(|ticks| ticks.parse::<u64>().unwrap()).sum();
        Duration::from_millis(ticks * 10)
    }

    /// What the system says of the process.
    fn status(&self, what: &str) -> String {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap();
        let mut lines = status.lines();
        let found = lines.find_map(|line| line.strip_prefix(what)).unwrap();
        found.trim().to_owned()
    }
}
