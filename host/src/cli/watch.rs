//! Watches directories, and wakes a thread that waits for changes of files.
//!
//! In go directories; out comes a word that something there may have changed. What has changed, the
//! files themselves tell: see `source_tree`. Many changes in short order wake once; one that comes while
//! the last is dealt with is not lost, but wakes again.

use std::{
    collections::{BTreeSet, HashMap},
    fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use notify_debouncer_full::{
    DebounceEventResult, Debouncer, NoCache, new_debouncer_opt,
    notify::{self, EventKind, RecommendedWatcher, RecursiveMode},
};
use parking_lot::{Condvar, Mutex, MutexGuard};

/// How long a file must lie still. An editor that saves writes several times within milliseconds;
/// a person does not notice a tenth of a second.
const STILL: Duration = Duration::from_millis(100);

/// How long everything must lie still, as after a change of branch.
const ALL_STILL: Duration = Duration::from_millis(100);

/// How long a storm of changes may hold up the answer to its first.
const STORM_MAX: Duration = Duration::from_secs(3);

/// Directories that are watched: half of what the kernel allowed to all programs of a user by
/// default for long (`fs.inotify.max_user_watches` = 8192).
const DIRECTORIES_MAX: usize = 4096;

/// Tells of changes. Clones tell of the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Changes(Arc<(Mutex<WatchState>, Condvar)>);

#[derive(Debug, Default)]
struct WatchState {
    changed: bool,
    over: bool,
}

impl Changes {
    fn lock(&self) -> MutexGuard<'_, WatchState> {
        self.0.0.lock()
    }

    /// Something may have changed.
    fn tell(&self) {
        self.lock().changed = true;
        self.0.1.notify_all();
    }

    /// Ends the waiting: no more changes are of interest.
    pub(super) fn end(&self) {
        self.lock().over = true;
        self.0.1.notify_all();
    }

    /// Waits for a change, and until it is over; `false` when the waiting was ended.
    pub(super) fn wait(&self) -> bool {
        let mut state = self.lock();
        while !state.changed && !state.over {
            self.0.1.wait(&mut state);
        }
        let began = Instant::now();
        while std::mem::take(&mut state.changed) && !state.over && began.elapsed() < STORM_MAX {
            self.0.1.wait_for(&mut state, ALL_STILL);
        }
        !state.over
    }
}

/// Watches directories, each by itself: what lies deeper is watched only where it is asked for.
pub(super) struct Watcher {
    debouncer: Debouncer<RecommendedWatcher, NoCache>,
    /// What is watched, with the inode: a directory that was made anew needs to be watched anew.
    followed: HashMap<PathBuf, u64>,
    /// Beginnings of the paths whose changes count.
    wanted: Arc<Mutex<Vec<PathBuf>>>,
}

impl Watcher {
    /// Watches nothing yet.
    ///
    /// # Errors
    /// When the system does not tell of changes.
    pub(super) fn start(changes: Changes) -> notify::Result<Self> {
        let wanted = Arc::new(Mutex::new(Vec::<PathBuf>::new()));
        let theirs = Arc::clone(&wanted);
        let hear = move |result: DebounceEventResult| {
            let wanted = theirs.lock();
            let is_wanted = |path: &PathBuf| wanted.iter().any(|start| path.starts_with(start));
            // Where the system had too much to tell, anything may have happened.
            let tells = result.map_or(true, |events| {
                events.iter().any(|event| {
                    let looked_at = matches!(event.kind, EventKind::Access(_));
                    event.need_rescan() || !looked_at && event.paths.iter().any(is_wanted)
                })
            });
            if tells {
                changes.tell();
            }
        };
        Ok(Self {
            debouncer: new_debouncer_opt(STILL, None, hear, NoCache, notify::Config::default())?,
            followed: HashMap::new(),
            wanted,
        })
    }

    /// Watches these directories and no others, for changes of paths that begin with one of
    /// `wanted`. Gives whether some of them were not watched before, and what cannot be watched.
    pub(super) fn follow(
        &mut self,
        directories: &BTreeSet<PathBuf>,
        wanted: Vec<PathBuf>,
    ) -> (bool, Option<String>) {
        *self.wanted.lock() = wanted;
        let (mut more, mut wrong) = (false, None);
        let gone: Vec<_> = self
            .followed
            .iter()
            .filter(|(path, inode)| !directories.contains(*path) || number(path) != Some(**inode))
            .map(|(path, _)| path.clone())
            .collect();
        for path in gone {
            self.followed.remove(&path);
            // One that is not there any more is not watched any more either.
            let _ = self.debouncer.unwatch(&path);
        }
        for path in directories {
            let Some(inode) = number(path).filter(|_| !self.followed.contains_key(path)) else {
                continue;
            };
            if self.followed.len() >= DIRECTORIES_MAX {
                wrong = Some(format!(
                    "only {DIRECTORIES_MAX} directories are watched for changes; `watch` in `[bot.NAME.build]` says which files count"
                ));
                break;
            }
            match self.debouncer.watch(path, RecursiveMode::NonRecursive) {
                Ok(()) => {
                    self.followed.insert(path.clone(), inode);
                    more = true;
                }
                Err(error) => {
                    wrong = Some(format!(
                        "`{}` is not watched for changes: {error}",
                        path.display()
                    ));
                }
            }
        }
        (more, wrong)
    }
}

/// What tells a directory from another one of the same name.
fn number(path: &Path) -> Option<u64> {
    fs::metadata(path)
        .ok()
        .filter(fs::Metadata::is_dir)
        .map(|found| found.ino())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    fn followed(directory: &Path) -> (Changes, Watcher) {
        let changes = Changes::default();
        let mut watcher = Watcher::start(changes.clone()).unwrap();
        let directories = BTreeSet::from([directory.to_owned()]);
        let (more, wrong) = watcher.follow(&directories, vec![directory.to_owned()]);
        assert!(more && wrong.is_none());
        (changes, watcher)
    }

    #[test]
    fn a_change_wakes_and_reading_does_not() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        fs::write(&file, "one").unwrap();
        let (changes, _watcher) = followed(dir.path());
        fs::read(&file).unwrap();
        fs::read_dir(dir.path()).unwrap().for_each(drop);
        fs::write(dir.path().join("other"), "two").unwrap();
        assert!(changes.wait());
        assert!(!changes.lock().changed, "a storm wakes once");
    }

    /// The second directory has the same name: one who watches the first would hear nothing of it.
    #[test]
    fn a_directory_that_is_made_anew_is_watched_anew() {
        let dir = tempfile::tempdir().unwrap();
        let inner = dir.path().join("inner");
        fs::create_dir(&inner).unwrap();
        let (changes, mut watcher) = followed(&inner);
        let kept = dir.path().join("kept");
        fs::rename(&inner, &kept).unwrap();
        fs::create_dir(&inner).unwrap();
        let directories = BTreeSet::from([inner.clone()]);
        let (more, _) = watcher.follow(&directories, vec![inner.clone()]);
        assert!(more);
        fs::write(inner.join("file"), "").unwrap();
        assert!(changes.wait());
    }

    #[test]
    fn the_end_wakes_too() {
        let changes = Changes::default();
        let theirs = changes.clone();
        let waits = thread::spawn(move || theirs.wait());
        changes.end();
        assert!(!waits.join().unwrap());
    }
}
