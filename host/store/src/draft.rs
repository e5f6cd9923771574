//! A file under a name of its own until it is complete; one that never will be is removed by the next.
//!
//! A process that is killed leaves its draft. So that nobody has to know of it, each has a file beside it that is
//! locked while somebody writes: the system gives the lock back, whatever becomes of the process, and who makes a
//! draft for the same target removes those whose lock is free. The draft itself is not locked: on a file system of
//! the network, that would keep SQLite out of it.

use std::{
    ffi::{OsStr, OsString},
    fs::{self, File, OpenOptions, TryLockError},
    io,
    os::unix::{
        ffi::OsStrExt as _,
        fs::{MetadataExt as _, OpenOptionsExt as _},
    },
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU64, Ordering},
};

/// Behind the name of the target, the process and a number.
const DRAFT: &str = ".draft";

/// Behind the name of a draft: the file that is locked.
const LOCK: &str = "-lock";

/// Behind the name of a draft: what SQLite has beside a database.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// Names that are tried. Processes in containers may all have the same number.
const NAMES_MAX: usize = 1_000;

/// A file under a name of its own until it is complete. Dropping it removes it.
#[derive(Debug)]
pub(crate) struct Draft {
    path: PathBuf,
    /// Given back last, when nothing of the draft is there any more.
    _lock: File,
}

impl Draft {
    /// An empty file beside the one it will be, for this user alone. Drafts for the same file that nobody writes any
    /// more are removed.
    pub(crate) fn new(target: &Path) -> io::Result<Self> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        remove_stale(target);
        for _ in 0..NAMES_MAX {
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            let mut name = OsString::from(".");
            name.push(target.file_name().unwrap_or_default());
            name.push(format!(".{}-{count}{DRAFT}", process::id()));
            let path = target.with_file_name(name);
            let Some(lock) = lock(&with(&path, LOCK))? else {
                continue;
            };
            match make(&path) {
                Ok(_) => return Ok(Self { path, _lock: lock }),
                // Of a process that has no locks. The next name is as good.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    let _ = fs::remove_file(with(&path, LOCK));
                }
                Err(error) => {
                    let _ = fs::remove_file(with(&path, LOCK));
                    return Err(error);
                }
            }
        }
        Err(io::Error::other("no name is free for a draft beside it"))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Gives it its name, once all of it is on the disk. A file that has the name already stays what it is:
    /// then this fails. (A rename would replace it.)
    pub(crate) fn publish(self, target: &Path) -> io::Result<()> {
        File::open(&self.path)?.sync_all()?;
        fs::hard_link(&self.path, target)?;
        let directory = target.parent().map(Path::to_owned);
        // Its other name goes.
        drop(self);
        directory.map_or(Ok(()), |directory| File::open(directory)?.sync_all())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        remove(&self.path);
    }
}

/// Makes a file that is not there yet, for this user alone.
fn make(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    options.open(path)
}

/// Makes a file and locks it. `None`: the name is another's.
fn lock(path: &Path) -> io::Result<Option<File>> {
    let file = match make(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(None),
        made => made?,
    };
    match file.try_lock() {
        Ok(()) => Ok(is_at(&file, path).then_some(file)),
        // Before it was locked, it was taken for one that nobody holds: it is being removed.
        Err(TryLockError::WouldBlock) => Ok(None),
        // A file system without locks. Nobody gets this one there, so that nobody removes it.
        Err(TryLockError::Error(_)) => Ok(Some(file)),
    }
}

/// Whether this file still has this name: between opening and locking it, somebody may have removed it.
fn is_at(file: &File, path: &Path) -> bool {
    let (Ok(open), Ok(named)) = (file.metadata(), fs::symlink_metadata(path)) else {
        return false;
    };
    (open.dev(), open.ino()) == (named.dev(), named.ino())
}

/// Removes drafts for this file that nobody writes any more. What cannot be removed hurts nobody.
fn remove_stale(target: &Path) {
    let (Some(directory), Some(name)) = (target.parent(), target.file_name()) else {
        return;
    };
    let Ok(entries) = fs::read_dir(directory) else {
        return;
    };
    for entry in entries.flatten() {
        // A link or a pipe of this name is none of ours, and would be followed or waited for.
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        let draft = draft_of_lock(&entry.file_name(), name);
        let Some(draft) = draft.filter(|_| is_file) else {
            continue;
        };
        let path = entry.path();
        let opened = OpenOptions::new().write(true).open(&path);
        let is_stale = |lock: &File| lock.try_lock().is_ok() && is_at(lock, &path);
        // Held until all is gone.
        if let Some(_lock) = opened.ok().filter(is_stale) {
            remove(&directory.join(draft));
        }
    }
}

/// The name of the draft that a lock belongs to, if it is one for the file of this name.
fn draft_of_lock(lock: &OsStr, target: &OsStr) -> Option<OsString> {
    let draft = lock.as_bytes().strip_suffix(LOCK.as_bytes())?;
    let rest = draft.strip_prefix(b".")?.strip_prefix(target.as_bytes())?;
    let numbers = rest.strip_prefix(b".")?.strip_suffix(DRAFT.as_bytes())?;
    let (process, count) = std::str::from_utf8(numbers).ok()?.split_once('-')?;
    let is_number = |text: &str| text.parse::<u64>().is_ok();
    (is_number(process) && is_number(count)).then(|| OsStr::from_bytes(draft).to_owned())
}

/// Removes a draft with all that is beside it, the lock last: as long as that is there, the rest is found.
fn remove(draft: &Path) {
    // They may be gone already, and what cannot be removed hurts nobody.
    let _ = fs::remove_file(draft);
    for suffix in BESIDE.into_iter().chain([LOCK]) {
        let _ = fs::remove_file(with(draft, suffix));
    }
}

fn with(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.to_owned().into_os_string();
    name.push(suffix);
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_locks_of_drafts_for_the_same_file_are_known() {
        let draft = |lock: &str| draft_of_lock(OsStr::new(lock), OsStr::new("copy"));
        let found = draft(".copy.12-0.draft-lock");
        assert_eq!(found.as_deref(), Some(OsStr::new(".copy.12-0.draft")));
        for other in [
            "copy",
            ".copy.12-0.draft",
            ".copy.12-.draft-lock",
            ".copy.x-0.draft-lock",
            ".copy.1.12-0.draft-lock",
            ".copies.12-0.draft-lock",
            "copy.12-0.draft-lock",
        ] {
            assert_eq!(draft(other), None, "{other}");
        }
    }

    #[test]
    fn what_is_written_stays_and_what_was_left_goes() {
        let directory = tempfile::tempdir().unwrap();
        let target = directory.path().join("copy");
        let left = |name: &str| fs::write(directory.path().join(name), b"half").unwrap();
        for name in [
            ".copy.1-0.draft",
            ".copy.1-0.draft-lock",
            ".copy.1-0.draft-journal",
            ".copy.2-5.draft-lock",
            ".other.1-0.draft",
            ".other.1-0.draft-lock",
        ] {
            left(name);
        }
        let written = Draft::new(&target).unwrap();
        let second = Draft::new(&target).unwrap();
        let names = || {
            let names = fs::read_dir(directory.path()).unwrap();
            let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
            let mut names: Vec<String> = names.collect();
            names.sort();
            names
        };
        assert!(written.path().exists() && second.path().exists());
        assert_eq!(names().len(), 6, "{:?}", names());
        second.publish(&target).unwrap();
        assert!(written.path().exists());
        drop(written);
        let other = [".other.1-0.draft", ".other.1-0.draft-lock", "copy"];
        assert_eq!(names(), other);
    }
}
