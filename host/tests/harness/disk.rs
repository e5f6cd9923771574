//! A small file system that one gateway sees and nobody else, so that it can be full.

use std::{
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::{Folder, Server};

/// Has a file system of its own mounted at `$1`, in name spaces of its own, and becomes the rest.
const MOUNT: &str = "exec unshare -rm sh -c 'mount -t tmpfs -o size=SIZEk,mode=700 none \"$1\" && shift && exec \"$0\" \"$@\"' \"$0\" PLACE \"$@\"";

/// Where the file system of a gateway is. It goes with the process.
pub struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    /// A place for one. Says so where nobody may mount anything here: then there is nothing to be tested.
    pub fn new() -> Option<Self> {
        let place = tempfile::tempdir().unwrap();
        let mut mount = Command::new("unshare");
        mount
            .args(["-rm", "mount", "-t", "tmpfs", "none"])
            .arg(place.path())
            .stderr(Stdio::null());
        if mount.status().is_ok_and(|status| status.success()) {
            return Some(Self(place));
        }
        eprintln!("left out: a file system cannot be mounted here");
        None
    }

    /// Its root, as the gateway sees it.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// The same, as everybody else finds it.
    pub fn of(&self, server: &Server) -> PathBuf {
        let root = PathBuf::from(format!("/proc/{}/root", server.id()));
        root.join(self.path().strip_prefix("/").unwrap())
    }

    /// Leaves no room in it.
    pub fn fill(&self, server: &Server) {
        let mut filler = File::create(self.of(server).join("filler")).unwrap();
        while filler.write_all(&[0; 1024]).is_ok() {}
    }

    /// Makes room again.
    pub fn empty(&self, server: &Server) {
        fs::remove_file(self.of(server).join("filler")).unwrap();
    }

    /// Has nobody write to it, or lets them: `ro`, `rw`.
    pub fn remount(&self, server: &Server, how: &str) {
        let mut mount = Command::new("nsenter");
        mount
            .args(["-m", "-U", "--preserve-credentials", "-t"])
            .arg(server.id().to_string())
            .args(["mount", "-o", &format!("remount,{how}")])
            .arg(self.path());
        assert!(mount.status().unwrap().success());
    }
}

impl Folder {
    /// With so many kibibytes there.
    pub fn small_disk(self, disk: &SmallDisk, kibibytes: u32) -> Self {
        let place = disk.path().to_str().unwrap();
        let line = MOUNT.replace("SIZE", &kibibytes.to_string());
        self.first(&line.replace("PLACE", place))
    }
}
