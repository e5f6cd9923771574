//! What the system says of the gateway's process.

use super::Server;

impl Server {
    /// Whether the system tells the process of changes of files.
    pub fn watches_files(&self) -> bool {
        let open = std::fs::read_dir(format!("/proc/{}/fd", self.id())).unwrap();
        let mut targets = open.filter_map(|entry| std::fs::read_link(entry.unwrap().path()).ok());
        targets.any(|target| target.to_string_lossy().contains("inotify"))
    }

    /// Memory of the process that is in use, in bytes.
    pub fn resident_bytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
    }
}
