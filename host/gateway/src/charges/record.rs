//! The record of one reply: its file, and the same in memory.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::OwnedSemaphorePermit;

use super::{Heading, Journal, JournalError, Line, Tally};

/// What a reply has charged; empty until it charges. Outlives the call, for the account.
#[derive(Debug, Default)]
pub struct Ledger(OnceLock<Record>);

impl Ledger {
    /// The record, where there is one.
    pub fn record(&self) -> Option<&Record> {
        self.0.get()
    }

    /// The record, which is begun with the first charge. No file is made yet.
    pub fn begin(
        &self,
        journal: &Journal,
        heading: impl FnOnce() -> Heading,
    ) -> Result<&Record, JournalError> {
        if let Some(record) = self.0.get() {
            return Ok(record);
        }
        let record = Record::new(journal.clone(), heading())?;
        Ok(self.0.get_or_init(|| record))
    }
}

/// The charges of one reply. Dropping it removes the file: the caller that drops it has told what is left open.
#[derive(Debug)]
pub struct Record {
    journal: Journal,
    heading: Arc<Heading>,
    tally: Mutex<Tally>,
    page: Arc<Mutex<RecordFile>>,
}

impl Record {
    fn new(journal: Journal, heading: Heading) -> Result<Self, JournalError> {
        let place = Arc::clone(&journal.open).try_acquire_owned();
        let page = RecordFile {
            path: journal.dir.join(format!("{}.jsonl", heading.reference)),
            file: None,
            length: 0,
            over: false,
            _place: place.map_err(|_| JournalError::TooManyReplies)?,
        };
        Ok(Self {
            journal,
            heading: Arc::new(heading),
            tally: Mutex::default(),
            page: Arc::new(Mutex::new(page)),
        })
    }

    /// Whose it is.
    pub fn heading(&self) -> &Heading {
        &self.heading
    }

    /// What it adds up to.
    pub fn tally(&self) -> Tally {
        *lock(&self.tally)
    }

    /// Notes a line. What is to be sent may be sent once this has returned: it is on disk then.
    pub async fn note(&self, line: Line) -> Result<(), JournalError> {
        let next = self.tally().with(line).ok_or(JournalError::TooMany)?;
        // What the platform did it has done, whether the disk takes it or not.
        let is_news = !matches!(line, Line::Sent { .. });
        if is_news {
            *lock(&self.tally) = next;
        }
        let (page, heading) = (Arc::clone(&self.page), Arc::clone(&self.heading));
        let write = move || lock(&page).write(&heading, line);
        let written = self.journal.runtime.spawn_blocking(write).await;
        let written = written.map_err(io::Error::other).flatten();
        let written = written.map_err(JournalError::from);
        self.journal.heard(written.as_ref().copied());
        written?;
        *lock(&self.tally) = next;
        Ok(())
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        let page = Arc::clone(&self.page);
        // Tracked by the permit in the page.
        drop(
            self.journal
                .runtime
                .spawn_blocking(move || lock(&page).end()),
        );
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock()
}

/// The file of a record, which one thread at a time writes.
#[derive(Debug)]
struct RecordFile {
    path: PathBuf,
    /// Made and locked with the first line. Its drop unlocks it.
    file: Option<File>,
    /// Bytes of whole lines.
    length: u64,
    /// The reply has ended. A write that comes later than that is not made.
    over: bool,
    /// Given back when nothing is left to be removed.
    _place: OwnedSemaphorePermit,
}

impl RecordFile {
    /// Writes a line and syncs it; the heading goes before the first one.
    fn write(&mut self, heading: &Heading, line: Line) -> io::Result<()> {
        if self.over {
            return Err(io::Error::other("the reply has ended"));
        }
        let mut text = Vec::new();
        if self.length == 0 {
            serde_json::to_writer(&mut text, heading)?;
            text.push(b'\n');
        }
        serde_json::to_writer(&mut text, &line)?;
        text.push(b'\n');
        let mut file = match &self.file {
            Some(file) => file,
            None => self.file.insert(create(&self.path)?),
        };
        // Half a line that a full disk has left goes first.
        file.set_len(self.length)?;
        file.write_all(&text)?;
        file.sync_data()?;
        self.length = self.length.saturating_add(text.len() as u64);
        Ok(())
    }

    fn end(&mut self) {
        self.over = true;
        // The lock is let go after the file is gone, or another process could tell of it.
        let Some(file) = self.file.take() else { return };
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::warn!(
                file = %self.path.display(), %error,
                "the record of charges that have ended cannot be removed: the next start tells of them again"
            );
        }
        drop(file);
    }
}

/// A new file that is there after a power cut, with its lock.
fn create(path: &Path) -> io::Result<File> {
    let dir = path.parent().unwrap_or(path);
    match DirBuilder::new().mode(0o700).create(dir) {
        Ok(()) => sync_directory(dir.parent().unwrap_or(dir))?,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error),
    }
    let mut options = OpenOptions::new();
    let file = options
        .append(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    let ours = file.try_lock().map_err(|error| match error {
        TryLockError::Error(error) => error,
        TryLockError::WouldBlock => io::ErrorKind::ResourceBusy.into(),
    });
    // Another process that starts at this very moment may have taken it for one that was left.
    let held = ours.and_then(|()| match file.metadata()?.nlink() {
        0 => Err(io::ErrorKind::ResourceBusy.into()),
        _ => sync_directory(dir),
    });
    if held.is_err() {
        // Where it cannot be removed either, an empty file is told of later.
        let _ = fs::remove_file(path);
    }
    held.map(|()| file)
}

fn sync_directory(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}
