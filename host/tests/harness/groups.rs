//! Control groups with a bound on memory, and what fills them.

use std::{
    fs,
    io::Read as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

/// A control group with a limit and one without inside it, for as long as the value lives.
pub struct Groups(PathBuf);

impl Groups {
    /// Where this process may make groups: in the first version of control groups, or in the second.
    pub fn with_memory(bytes: u64) -> Option<Self> {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let versions = [
            ("/sys/fs/cgroup/memory", "memory.limit_in_bytes"),
            ("/sys/fs/cgroup", "memory.max"),
        ];
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("ravenry-{}-{number}", std::process::id());
        versions.into_iter().find_map(|(root, file)| {
            let group = Path::new(root).join(&name);
            fs::create_dir(&group).ok()?;
            let groups = Self(group);
            fs::write(groups.0.join(file), bytes.to_string()).ok()?;
            fs::create_dir(groups.0.join("unit")).ok()?;
            Some(groups)
        })
    }

    /// The line of shell by which a process enters the inner one.
    pub fn enter(&self) -> String {
        format!("echo $$ > {}/unit/cgroup.procs", self.0.display())
    }
}

impl Drop for Groups {
    fn drop(&mut self) {
        let _ = fs::remove_dir(self.0.join("unit"));
        let _ = fs::remove_dir(&self.0);
    }
}

/// A process that holds memory of a group until it is dropped.
pub struct Hog(Child);

impl Hog {
    /// One that has filled so much when this returns.
    pub fn in_group(groups: &Groups, mebibytes: usize) -> Self {
        let bytes = mebibytes << 20;
        // What `tail` has read it keeps, until it knows that nothing follows.
        let line = format!(
            "{}; (head -c {bytes} /dev/zero; echo full >&2; cat) | tail -c {bytes} > /dev/null",
            groups.enter()
        );
        let mut child = Command::new("sh")
            .args(["-c", &line])
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = [0; 4];
        child
            .stderr
            .as_mut()
            .unwrap()
            .read_exact(&mut said)
            .unwrap();
        assert_eq!(&said, b"full");
        Self(child)
    }
}

impl Drop for Hog {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}
