//! Which database, and how it is used.

use std::{
    fmt,
    path::PathBuf,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// Longest wait for a server, from the call to its answer.
///
/// Below a second, so that who waits has an answer within one; a sync of a slow disk takes a tenth of it.
pub const WAIT_MAX: Duration = Duration::from_millis(900);

/// The same for a file. It is never away: it is others who write to it, or to its disk, and that passes. As long as
/// SQLite's own programs wait.
pub const FILE_WAIT_MAX: Duration = Duration::from_secs(5);

/// Connections to PostgreSQL for reading; half as many more are for writing.
const CONNECTIONS: u32 = 8;

/// Where the state is kept.
#[derive(Clone)]
pub enum Database {
    /// A file of SQLite, which is made when it is not there. Its directory must exist, on a local disk.
    Sqlite(PathBuf),
    /// A database of PostgreSQL by its URL (`postgres://user:password@host/database`), made by others.
    /// Directly, or through a pool that gives each session a connection of its own.
    Postgres(String),
}

impl fmt::Debug for Database {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => formatter.debug_tuple("Sqlite").field(path).finish(),
            // The URL may hold a password.
            Self::Postgres(_) => formatter.write_str("Postgres(***)"),
        }
    }
}

/// The wall clock that decides what has expired.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> SystemTime + Send + Sync>);

impl Clock {
    /// The clock of the machine.
    pub fn system() -> Self {
        Self::new(SystemTime::now)
    }

    /// Any clock; it may jump.
    pub fn new(now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// Milliseconds since 1970.
    pub(crate) fn now(&self) -> i64 {
        milliseconds(self.time().duration_since(UNIX_EPOCH).unwrap_or_default())
    }

    /// The same moment as the standard library has it.
    pub(crate) fn time(&self) -> SystemTime {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Clock")
    }
}

/// The moment at which nothing expires any more.
pub(crate) const NEVER: i64 = i64::MAX;

/// When something expires that stays so long from now on.
pub(crate) fn expiry(now: i64, ttl: Option<Duration>) -> i64 {
    ttl.map_or(NEVER, |ttl| {
        // What lasts for longer than numbers do is not `NEVER`, which no sweep looks at; it makes no difference.
        now.saturating_add(milliseconds(ttl))
    })
}

/// The same as a moment; `None`: never.
pub(crate) fn moment(expires: i64) -> Option<SystemTime> {
    let since_1970 = u64::try_from(expires).ok().filter(|_| expires != NEVER)?;
    UNIX_EPOCH.checked_add(Duration::from_millis(since_1970))
}

/// As a number; as the largest one, where it is longer.
pub(crate) fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// What is done where tables are missing, or of an older version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tables {
    /// They are made.
    #[default]
    Made,
    /// Nothing: it is an error. For a look at what another program keeps, which may be an older one.
    AsTheyAre,
}

/// How a database is used.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What decides about expiry.
    pub clock: Clock,
    /// Longest wait for the database, from the call to its answer; `None`: [`WAIT_MAX`], or [`FILE_WAIT_MAX`].
    pub wait: Option<Duration>,
    /// Connections to PostgreSQL for reading, at least one; four more are for writing.
    pub connections: u32,
    /// Whether tables are made.
    pub tables: Tables,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            clock: Clock::system(),
            wait: None,
            connections: CONNECTIONS,
            tables: Tables::default(),
        }
    }
}

impl Settings {
    /// Longest wait for this database.
    pub(crate) fn wait_for(&self, database: &Database) -> Duration {
        self.wait.unwrap_or(match database {
            Database::Sqlite(_) => FILE_WAIT_MAX,
            Database::Postgres(_) => WAIT_MAX,
        })
    }
}
