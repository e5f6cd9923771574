//! The store of the process: opened when it is first used, and tried again where that did not work.
//!
//! A gateway whose bots keep nothing has no connection, no file and no thread for it. What it does have may be
//! away for a while, also when the gateway starts: bots that keep nothing go on, the others hear of it.

mod health;
pub mod terms;

use std::{
    fs, io,
    path::Path,
    sync::{Arc, mpsc},
    time::Duration,
};

use self::health::Health;
use parking_lot::Mutex;
use ravenry_store::{Database, OpenError, Reason, Settings, Store, Unavailable};
use tempfile::TempDir;
use tokio::{
    runtime::Handle,
    sync::{Mutex as AskedLock, OnceCell},
    task::JoinHandle,
    time::{Instant, timeout},
};

/// The file in the state directory.
pub const FILE: &str = "store.sqlite";

/// After a failure, the next attempt to open it is not before so long. Whoever comes meanwhile hears of the
/// former one at once.
const RETRY: Duration = Duration::from_secs(1);

/// Longest time for closing it at a stop.
const CLOSE: Duration = Duration::from_secs(2);

/// How often what has expired is removed. It counts for nobody, so that nothing waits for this.
const SWEEP: Duration = Duration::from_mins(10);

/// Where the state of bots is kept. Clones are the same.
#[derive(Clone, Debug)]
pub struct SharedStore(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// `None`: a file that goes with the store.
    database: Option<Database>,
    settings: Settings,
    /// Where its tasks run, whoever uses it first.
    runtime: Handle,
    opened: OnceCell<Opened>,
    failed: Mutex<Option<(Instant, Arc<OpenError>)>>,
    /// When it was asked last whether it answers, and whether it did.
    asked: AskedLock<Option<(Instant, bool)>>,
    health: Health,
}

#[derive(Debug)]
struct Opened {
    store: Store,
    /// Where it is, if it is to go with this.
    _directory: Option<TempDir>,
    sweeping: JoinHandle<()>,
}

impl Drop for Opened {
    fn drop(&mut self) {
        self.sweeping.abort();
    }
}

impl SharedStore {
    /// A store that is opened when it is needed; its tasks run in `runtime`.
    pub fn new(database: Database, settings: Settings, runtime: Handle) -> Self {
        Self::of(Some(database), settings, runtime)
    }

    /// A store that is gone when nobody has it any more.
    pub fn temporary(settings: Settings, runtime: Handle) -> Self {
        Self::of(None, settings, runtime)
    }

    fn of(database: Option<Database>, settings: Settings, runtime: Handle) -> Self {
        Self(Arc::new(Inner {
            database,
            settings,
            runtime,
            opened: OnceCell::new(),
            failed: Mutex::new(None),
            asked: AskedLock::default(),
            health: Health::default(),
        }))
    }

    /// The store, opened if it is not.
    ///
    /// # Errors
    /// It could not be opened, now or a moment ago.
    pub async fn get(&self) -> Result<&Store, Arc<OpenError>> {
        let opened = self.0.opened.get_or_try_init(|| self.open()).await?;
        // What is written to a file that is damaged may be lost, and what is in it as well.
        if let Some(detail) = self.0.health.damage() {
            let path = opened.store.file().map(Path::to_owned);
            return Err(Arc::new(OpenError::Damaged {
                path: path.unwrap_or_default(),
                detail,
            }));
        }
        Ok(&opened.store)
    }

    /// An operation on it was not done. Whether this is the first of an episode: then the log says why.
    pub fn has_failed(&self, cause: &Unavailable) -> bool {
        // A server looks after its own data, and may mend it.
        if cause.reason == Reason::Damaged
            && self.0.health.damage().is_none()
            && let Some(opened) = self.0.opened.get()
            && let Some(file) = opened.store.file()
        {
            self.0.health.give_up(&cause.detail);
            opened.sweeping.abort();
            let (file, detail) = (file.display(), &cause.detail);
            tracing::error!(%file, %detail, "the store is damaged, and left as it is: stop, and put a backup in its place");
        }
        self.0.health.failed(cause)
    }

    /// It was not there to be used. Whether this is the first of an episode.
    pub fn is_closed(&self, error: &OpenError) -> bool {
        let (reason, detail) = match error {
            OpenError::Unavailable(cause) => (cause.reason, cause.detail.clone()),
            OpenError::Damaged { .. } => (Reason::Damaged, error.to_string()),
            _ => (Reason::Other, error.to_string()),
        };
        self.0.health.failed(&Unavailable { reason, detail })
    }

    /// One was done.
    pub fn has_succeeded(&self) {
        self.0.health.succeeded();
    }

    /// Stops a simulated clock until it is dropped, for an operation of a store that is temporary.
    ///
    /// Such a clock jumps to the next timer when nothing else is waited for, and cannot see that the threads of a
    /// database are: a second of a bot would pass meanwhile, and the time that an operation may take as well. What
    /// it does see is a blocking task.
    pub fn hold_clock(&self) -> Option<ClockHold> {
        if self.0.database.is_some() {
            return None;
        }
        let (hold, dropped) = mpsc::sync_channel(0);
        // It ends when its sender goes, which says nothing.
        self.0
            .runtime
            .spawn_blocking(move || dropped.recv().is_ok());
        Some(ClockHold(hold))
    }

    /// Opens it where there is something already: what is wrong with that is to be said at the start.
    ///
    /// # Errors
    /// It cannot be opened.
    pub async fn check(&self) -> Result<(), Arc<OpenError>> {
        match &self.0.database {
            Some(Database::Sqlite(file)) if is_free(file) => Ok(()),
            None => Ok(()),
            Some(_) => self.get().await.map(drop),
        }
    }

    /// Whether it answers, as of a moment ago. One that is not in use is not asked.
    pub async fn answers(&self) -> bool {
        let mut asked = self.0.asked.lock().await;
        if let Some((since, answers)) = *asked
            && since.elapsed() < RETRY
        {
            return answers;
        }
        let answers = match self.0.opened.get() {
            Some(_) if self.0.health.is_ill() => false,
            Some(opened) => opened.store.ping().await.is_ok(),
            None => !self.was_not_opened() || self.get().await.is_ok(),
        };
        *asked = Some((Instant::now(), answers));
        answers
    }

    /// Ends what is under way, and closes it: of a file, all is in it then. What takes too long is left to the end of
    /// the process, which loses nothing either.
    pub async fn close(&self) {
        // What is damaged is left as it is.
        if let Some(opened) = self.0.opened.get()
            && self.0.health.damage().is_none()
        {
            let _ = timeout(CLOSE, opened.store.clone().close()).await;
        }
    }

    /// Whether something may be kept in it already.
    pub fn is_in_use(&self) -> bool {
        match &self.0.database {
            Some(Database::Sqlite(file)) => !is_free(file),
            Some(_) => true,
            None => self.0.opened.get().is_some(),
        }
    }

    fn was_not_opened(&self) -> bool {
        self.0.failed.lock().is_some()
    }

    async fn open(&self) -> Result<Opened, Arc<OpenError>> {
        if let Some((since, error)) = &*self.0.failed.lock()
            && since.elapsed() < RETRY
        {
            return Err(Arc::clone(error));
        }
        let (database, settings) = (self.0.database.clone(), self.0.settings.clone());
        let opening = self.0.runtime.spawn(async move {
            let (database, directory) = match database {
                Some(database) => (database, None),
                None => temporary()?,
            };
            let store = Store::open(&database, settings).await?;
            let sweeping = tokio::spawn(sweep(store.clone()));
            Ok::<_, OpenError>(Opened {
                store,
                _directory: directory,
                sweeping,
            })
        });
        let error = match opening.await {
            Ok(Ok(opened)) => return Ok(opened),
            Ok(Err(error)) => error,
            Err(ended) => OpenError::Unavailable(Unavailable {
                reason: Reason::Other,
                detail: ended.to_string(),
            }),
        };
        let error = Arc::new(error);
        *self.0.failed.lock() = Some((Instant::now(), Arc::clone(&error)));
        Err(error)
    }
}

/// Stops a simulated clock until it is dropped.
#[derive(Debug)]
#[must_use = "the clock goes on without it"]
pub struct ClockHold(
    #[expect(dead_code, reason = "it is there to be dropped")] mpsc::SyncSender<()>,
);

/// Whether there is nothing of this name, not even a link that leads nowhere: a file can be made then.
fn is_free(file: &Path) -> bool {
    fs::symlink_metadata(file).is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
}

/// A file in a directory that goes when it is dropped.
fn temporary() -> Result<(Database, Option<TempDir>), OpenError> {
    let directory = tempfile::tempdir().map_err(|cause| OpenError::File {
        path: std::env::temp_dir(),
        cause,
    })?;
    let file = directory.path().join(FILE);
    Ok((Database::Sqlite(file), Some(directory)))
}

/// Removes what has expired, from time to time.
async fn sweep(store: Store) {
    loop {
        tokio::time::sleep(SWEEP).await;
        loop {
            match store.sweep().await {
                Ok(swept) if swept.has_more => {}
                Ok(_) => break,
                Err(error) => {
                    tracing::warn!(%error, "what has expired in the store cannot be removed now");
                    break;
                }
            }
        }
    }
}
