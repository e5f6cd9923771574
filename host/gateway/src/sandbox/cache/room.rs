//! Room in the directory of compiled code: what was not used for longest goes first, and what a process has left
//! half-written goes at the next start.
//!
//! What this process runs stays, however much that is: to compile it again at the next start would be no gain.
//! Other processes may use the directory as well; where one of them misses a file, it compiles it again.

use std::{
    collections::HashMap,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::SystemTime,
};

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use ravenry_base::directory::{self, DirectoryError, Writers};

/// Bytes of all files in the directory. A Rust bot has half a megabyte of code, a Python bot 40.
const BYTES_MAX: u64 = 4 << 30;

/// Files of ours, and those that are not complete yet.
const KINDS: [&str; 2] = ["cwasm", "refused"];
const HALF: &str = "tmp";

/// The directory of compiled code, as the engines of a process share it.
#[derive(Clone, Debug)]
pub(in crate::sandbox) struct CacheRoom {
    directory: PathBuf,
    bytes_max: u64,
    used: Arc<Mutex<HashMap<PathBuf, Weak<()>>>>,
    /// Files that may stay open.
    files: Arc<Semaphore>,
    /// Whether it was said that there are too few.
    told: Arc<AtomicBool>,
}

/// Keeps a file in the directory as long as it lives.
#[derive(Debug)]
pub(in crate::sandbox) struct PinnedFile {
    _used: Arc<()>,
    open: Option<OwnedSemaphorePermit>,
}

impl PinnedFile {
    /// Whether it may stay open as long. If not, it is to be copied.
    pub(super) fn may_stay_open(&self) -> bool {
        self.open.is_some()
    }
}

/// A file there.
struct Found {
    path: PathBuf,
    bytes: u64,
    used: SystemTime,
}

impl CacheRoom {
    /// Opens the directory, makes it where it is missing, and tidies it up.
    pub(in crate::sandbox) fn open(
        directory: &Path,
        files_max: u32,
    ) -> Result<Self, DirectoryError> {
        directory::make("cache", directory, Writers::OwnerOnly)?;
        let room = Self {
            directory: directory.to_owned(),
            bytes_max: BYTES_MAX,
            used: Arc::default(),
            files: Arc::new(Semaphore::new(files_max as usize)),
            told: Arc::default(),
        };
        room.tell(room.sweep().and_then(|()| room.make()));
        Ok(room)
    }

    /// Where it is.
    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Notes that a file is used from now on.
    pub(super) fn keep(&self, path: &Path) -> PinnedFile {
        let used = Arc::new(());
        let mut all = self.used.lock();
        all.retain(|_, used| used.strong_count() > 0);
        let alive = all.get(path).and_then(Weak::upgrade);
        let used = alive.unwrap_or(used);
        all.insert(path.to_owned(), Arc::downgrade(&used));
        drop(all);
        // Where it cannot be noted, it may go earlier than others.
        let _ = File::open(path).and_then(|file| file.set_modified(SystemTime::now()));
        let open = Arc::clone(&self.files).try_acquire_owned().ok();
        if open.is_none() && !self.told.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                hint = "raise `ulimit -n` (`LimitNOFILE` of a unit), or have the code of more bots in memory",
                "there are more bots than files of compiled code may be open: the rest runs from copies"
            );
        }
        PinnedFile { _used: used, open }
    }

    /// A file was added.
    pub(super) fn added(&self) {
        self.tell(self.make());
    }

    fn tell(&self, made: io::Result<()>) {
        if let Err(error) = made {
            tracing::warn!(directory = %self.directory.display(), %error, "the cache cannot be tidied up");
        }
    }

    /// Removes what is too much.
    fn make(&self) -> io::Result<()> {
        let mut found = self.files(|extension| KINDS.contains(&extension))?;
        let mut bytes: u64 = found.iter().map(|file| file.bytes).sum();
        if bytes <= self.bytes_max {
            return Ok(());
        }
        found.sort_by_key(|file| file.used);
        let (before, mut files) = (bytes, 0_u32);
        let used = self.used.lock();
        let in_use = |path| used.get(path).is_some_and(|used| used.strong_count() > 0);
        for file in found.iter().filter(|file| !in_use(&file.path)) {
            if bytes <= self.bytes_max {
                break;
            }
            gone(fs::remove_file(&file.path))?;
            bytes = bytes.saturating_sub(file.bytes);
            files = files.saturating_add(1);
        }
        drop(used);
        if files > 0 {
            let freed = before.saturating_sub(bytes);
            tracing::info!(
                files,
                bytes = freed,
                "compiled code was removed that was not used for longest"
            );
        }
        Ok(())
    }

    /// Removes what a process has left that did not come to its end. One that is being written is locked.
    fn sweep(&self) -> io::Result<()> {
        for file in self.files(|extension| extension == HALF)? {
            let left = File::open(&file.path).is_ok_and(|file| file.try_lock().is_ok());
            if left {
                gone(fs::remove_file(&file.path))?;
            }
        }
        Ok(())
    }

    /// The files of one kind.
    fn files(&self, kind: impl Fn(&str) -> bool) -> io::Result<Vec<Found>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.directory)? {
            let path = entry?.path();
            let extension = path.extension().and_then(|it| it.to_str());
            if !extension.is_some_and(&kind) || !is_ours(&path) {
                continue;
            }
            // Another process may remove it meanwhile.
            let Ok(found) = fs::symlink_metadata(&path) else {
                continue;
            };
            if found.is_file() {
                files.push(Found {
                    path,
                    bytes: found.len(),
                    used: found.modified()?,
                });
            }
        }
        Ok(files)
    }
}

/// Whether a file has a name such as we give: that of an engine and of a component, in hexadecimal.
fn is_ours(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    let stem = name.and_then(|name| name.split('.').next());
    let parts = stem.and_then(|stem| stem.split_once('-'));
    parts.is_some_and(|(engine, component)| {
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
        engine.len() == 16 && component.len() == 64 && digits(engine) && digits(component)
    })
}

/// What another process has removed meanwhile is as gone as it should be.
fn gone(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn name(of: char, extension: &str) -> String {
        format!(
            "{}-{}.{extension}",
            "0".repeat(16),
            of.to_string().repeat(64)
        )
    }

    /// Files of ten bytes, the first of them used last a long time ago, the last of them just now.
    fn scene(files: &[char]) -> (tempfile::TempDir, CacheRoom) {
        let directory = tempfile::tempdir().unwrap();
        let mut room = CacheRoom::open(&directory.path().join("code"), 9).unwrap();
        room.bytes_max = 35;
        for (age, of) in files.iter().rev().enumerate() {
            let path = room.directory().join(name(*of, "cwasm"));
            fs::write(&path, "0123456789").unwrap();
            let used = SystemTime::now() - Duration::from_secs(60 * age as u64);
            File::open(&path).unwrap().set_modified(used).unwrap();
        }
        (directory, room)
    }

    fn left(room: &CacheRoom) -> String {
        let mut left: Vec<_> = fs::read_dir(room.directory())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .map(|name| name.get(17..18).unwrap_or("?").to_owned())
            .collect();
        left.sort();
        left.concat()
    }

    #[test]
    fn what_was_not_used_for_longest_goes_first() {
        let (_directory, room) = scene(&['a', 'b', 'c', 'd', 'e']);
        // It is used now, and no longer when the next one comes.
        drop(room.keep(&room.directory().join(name('a', "cwasm"))));
        room.added();
        assert_eq!(left(&room), "ade");
    }

    #[test]
    fn what_is_run_stays() {
        let (_directory, room) = scene(&['a', 'b', 'c', 'd', 'e']);
        let kept: Vec<_> = ['a', 'b', 'c', 'd']
            .map(|of| room.keep(&room.directory().join(name(of, "cwasm"))))
            .into();
        room.added();
        assert_eq!(left(&room), "abcd");
        drop(kept);
        room.added();
        assert_eq!(left(&room).len(), 3);
    }

    /// Other files in there are none of ours.
    #[test]
    fn what_was_left_half_written_goes_at_the_next_start() {
        let (_directory, room) = scene(&['a']);
        let write = |name: &str| {
            let path = room.directory().join(name);
            fs::write(&path, "half").unwrap();
            File::open(path).unwrap()
        };
        write(&name('b', "REFERENCE.tmp"));
        write("notes.tmp");
        let at_work = write(&name('c', "REFERENCE.tmp"));
        at_work.lock().unwrap();
        CacheRoom::open(room.directory(), 9).unwrap();
        assert_eq!(left(&room), "?ac");
        drop(at_work);
        CacheRoom::open(room.directory(), 9).unwrap();
        assert_eq!(left(&room), "?a");
    }
}
