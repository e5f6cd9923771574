//! Money that replies have asked the platform for, on disk, so that a crash cannot hide it.
//!
//! A reply that charges has a file of its own in the directory `charges` of the state directory, from
//! its first charge to its end. What is to be sent is written and synced before it leaves; what came
//! of it is written after. A reply that charges nothing has no file and takes no lock.
//!
//! The file is locked for as long as its reply lives. So processes may share a state directory: a file
//! whose lock can be had belongs to a process that is gone, and [`Journal::left_open`] tells of it
//! once. Where the power fails between the telling and the removal, it is told again: twice is
//! better than never. No key is ever written.

mod record;
mod recovery;
mod tally;

use std::{
    io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use serde::{Deserialize, Serialize};
use tokio::{runtime::Handle, sync::Semaphore, time::timeout};

pub(crate) use self::record::Ledger;
pub(crate) use self::recovery::LeftOpen;
pub(crate) use self::tally::Line;
pub(crate) use self::tally::Tally;

/// The directory in the state directory.
const DIRECTORY: &str = "charges";

/// Records that are open at once where no number is given. More than replies can run on any machine.
pub(crate) const RECORDS_MAX: u32 = 1 << 20;

/// How long a process that ends waits for its last records to be removed.
const SETTLING_MAX: Duration = Duration::from_secs(2);

/// Why something was not noted.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The disk did not take it. Its words are in the sentence, so they are no source besides.
    #[error("it cannot be noted in the state directory ({0})")]
    Disk(io::Error),
    /// The reply has charged more often than a record holds.
    #[error("a reply charges at most {} times", tally::CHARGES_MAX)]
    TooMany,
    /// More replies charge than are counted.
    #[error("too many replies charge at once")]
    TooManyReplies,
}

impl From<io::Error> for JournalError {
    fn from(error: io::Error) -> Self {
        Self::Disk(error)
    }
}

/// Whose charges they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heading {
    /// The tenant.
    pub tenant: String,
    /// The bot.
    pub bot: String,
    /// The reference of the reply.
    pub reference: String,
    /// What the platform knows the query by.
    pub bot_query_id: String,
}

/// Where the records of this process are. Clones are the same journal.
#[derive(Clone, Debug)]
pub struct Journal {
    dir: PathBuf,
    /// Where files are written: not on the threads that serve.
    runtime: Handle,
    /// A permit is out for each record until its file is gone.
    open: Arc<Semaphore>,
    /// How many there are: each has a file open.
    records_max: u32,
    /// Whether a refusal of the disk was logged since it last took something: once per episode.
    failing: Arc<AtomicBool>,
}

impl Journal {
    /// The journal in this state directory, with so many records at once, written by the runtime that
    /// calls. Nothing is opened.
    pub fn here(state_dir: &Path, records_max: u32) -> Self {
        Self {
            records_max,
            dir: state_dir.join(DIRECTORY),
            runtime: Handle::current(),
            open: Arc::new(Semaphore::new(records_max as usize)),
            failing: Arc::default(),
        }
    }

    /// What processes that are gone have left open; each is removed once `tell` has returned. Blocks.
    ///
    /// # Errors
    /// The directory cannot be read. One file that cannot be read stays where it is, and is told of.
    pub fn left_open(&self, mut tell: impl FnMut(&LeftOpen)) -> io::Result<()> {
        recovery::each(&self.dir, &mut tell)
    }

    /// Waits until the files of all replies that have ended are gone, but not for ever.
    pub async fn settled(&self) {
        let all = self.open.acquire_many(self.records_max);
        if timeout(SETTLING_MAX, all).await.is_err() {
            tracing::warn!("charges that have ended will be reported again at the next start");
        }
    }

    /// Notes whether the disk took something, and logs the first refusal of an episode.
    fn heard(&self, written: Result<(), &JournalError>) {
        match written {
            Ok(()) => self.failing.store(false, Ordering::Relaxed),
            Err(error) if !self.failing.swap(true, Ordering::Relaxed) => {
                tracing::error!(
                    directory = %self.dir.display(), %error,
                    hint = "give the state directory room, and the right to write there",
                    "charges are refused, because they cannot be noted; further refusals are not logged"
                );
            }
            Err(_) => {}
        }
    }
}
