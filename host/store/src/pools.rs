//! Connections to the database: how they are set up, lent, given back, and what their errors mean.

use std::{future::Future, time::Duration};

use sqlx::{
    Any, AnyConnection, AnyPool, any::AnyConnectOptions, any::AnyPoolOptions, pool::PoolConnection,
};
use tokio::time::timeout;

use crate::{
    error::{Reason, Unavailable},
    settings::milliseconds,
};

/// Connections for reading from SQLite: each is a thread, and two processors are busy with two.
const SQLITE_READERS: u32 = 4;

/// How long PostgreSQL keeps a transaction whose process says nothing any more, in milliseconds. A process
/// that vanished must not hold the lock of a tenant; one that lives never waits so long between statements.
const IDLE_IN_TRANSACTION_MS: u32 = 5_000;

/// How large the log of SQLite stays after a long transaction, in bytes.
const LOG_BYTES: u32 = 64 * 1024 * 1024;

/// Which database it is. The few statements that differ are chosen by this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    /// Begins what reads one state of all tables.
    pub(crate) fn begin_read(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN",
            Self::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        }
    }

    /// Begins what writes. SQLite has one writer, which takes its lock at once; in PostgreSQL each statement
    /// must see what others have committed before it got the lock of its tenant.
    pub(crate) fn begin_write(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN IMMEDIATE",
            Self::Postgres => "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
        }
    }

    /// What the error of a statement or a connection means.
    pub(crate) fn unavailable(self, error: &sqlx::Error) -> Unavailable {
        let reason = match error {
            sqlx::Error::Database(error) => match self {
                Self::Sqlite => sqlite_reason(error.code().as_deref()),
                Self::Postgres => postgres_reason(error.code().as_deref()),
            },
            sqlx::Error::PoolTimedOut if self == Self::Sqlite => Reason::Busy,
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Reason::Away,
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => Reason::Damaged,
            _ => Reason::Other,
        };
        Unavailable {
            reason,
            detail: error.to_string(),
        }
    }

    /// Whether the same may succeed when it is tried again at once: nothing of it has happened.
    pub(crate) fn may_retry(self, error: &sqlx::Error) -> bool {
        let code = error
            .as_database_error()
            .and_then(sqlx::error::DatabaseError::code);
        match self {
            // SQLite has waited for the lock already.
            Self::Sqlite => false,
            // A deadlock, or a conflict of transactions.
            Self::Postgres => matches!(code.as_deref(), Some("40001" | "40P01")),
        }
    }
}

/// By the codes of <https://sqlite.org/rescode.html>; the lowest byte is the kind.
fn sqlite_reason(code: Option<&str>) -> Reason {
    /// The index of the log cannot grow.
    const SHARED_MEMORY_SIZE: i32 = 4_874;
    let Some(code) = code.and_then(|code| code.parse::<i32>().ok()) else {
        return Reason::Other;
    };
    match code & 0xff {
        5 | 6 => Reason::Busy,
        8 => Reason::ReadOnly,
        10 if code == SHARED_MEMORY_SIZE => Reason::DiskFull,
        10 | 14 => Reason::Away,
        11 | 26 => Reason::Damaged,
        13 => Reason::DiskFull,
        _ => Reason::Other,
    }
}

/// By appendix A of PostgreSQL's documentation.
fn postgres_reason(code: Option<&str>) -> Reason {
    match code.unwrap_or_default() {
        // Too many connections; canceled, as by a timeout; ends, or is not up yet.
        "53300" | "57014" | "57P01" | "57P02" | "57P03" | "25P03" => Reason::Away,
        "53100" => Reason::DiskFull,
        "55P03" | "40001" | "40P01" => Reason::Busy,
        "25006" => Reason::ReadOnly,
        "XX001" | "XX002" => Reason::Damaged,
        code if code.starts_with("08") => Reason::Away,
        _ => Reason::Other,
    }
}

/// The connections of a store.
#[derive(Clone, Debug)]
pub(crate) struct Pools {
    pub(crate) engine: Engine,
    /// Longest wait for anything.
    pub(crate) wait: Duration,
    readers: AnyPool,
    writers: AnyPool,
}

impl Pools {
    /// For SQLite: readers that cannot write, and one writer.
    pub(crate) fn sqlite(options: &AnyConnectOptions, wait: Duration) -> Self {
        let lock_ms = lock_ms(wait);
        let writer = format!(
            "PRAGMA busy_timeout = {lock_ms}; PRAGMA synchronous = FULL; \
             PRAGMA journal_size_limit = {LOG_BYTES}"
        );
        let reader = format!("PRAGMA busy_timeout = {lock_ms}; PRAGMA query_only = ON");
        Self {
            engine: Engine::Sqlite,
            wait,
            readers: pool(options, SQLITE_READERS, wait, reader),
            writers: pool(options, 1, wait, writer),
        }
    }

    /// For PostgreSQL: a connection for each lane of writes, and these for reading.
    pub(crate) fn postgres(
        options: &AnyConnectOptions,
        wait: Duration,
        readers: u32,
        writers: u32,
    ) -> Self {
        let wait_ms = milliseconds(wait).max(1);
        let lock_ms = lock_ms(wait);
        // A server that was told not to sync would acknowledge what it can lose.
        let setup = format!(
            "SET statement_timeout = {wait_ms}; SET lock_timeout = {lock_ms}; \
             SET idle_in_transaction_session_timeout = {IDLE_IN_TRANSACTION_MS}; \
             SELECT set_config('synchronous_commit', 'on', false) \
             WHERE current_setting('synchronous_commit') = 'off'"
        );
        Self {
            engine: Engine::Postgres,
            wait,
            readers: pool(options, readers.max(1), wait, setup.clone()),
            writers: pool(options, writers.max(1), wait, setup),
        }
    }

    /// A connection that reads.
    pub(crate) async fn reader(&self) -> Result<Lease, sqlx::Error> {
        Lease::of(&self.readers).await
    }

    /// A connection that writes.
    pub(crate) async fn writer(&self) -> Result<Lease, sqlx::Error> {
        Lease::of(&self.writers).await
    }

    /// Waits for a piece of reading, and no longer than it may take.
    pub(crate) async fn within<T>(
        &self,
        work: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, Unavailable> {
        match timeout(self.wait, work).await {
            Ok(done) => done.map_err(|error| self.engine.unavailable(&error)),
            Err(_) => Err(late()),
        }
    }

    /// Closes all connections, as soon as they are given back.
    pub(crate) async fn close(&self) {
        self.readers.close().await;
        self.writers.close().await;
    }
}

/// How long to wait for a lock: a part of the whole wait, so that the caller hears what it was that took so long.
fn lock_ms(wait: Duration) -> i64 {
    milliseconds(wait / 4 * 3).max(1)
}

/// No answer came in time.
pub(crate) fn late() -> Unavailable {
    Unavailable {
        reason: Reason::Away,
        detail: "no answer came in time".to_owned(),
    }
}

/// Connections that are made when they are needed, each set up by these statements.
fn pool(options: &AnyConnectOptions, most: u32, wait: Duration, setup: String) -> AnyPool {
    AnyPoolOptions::new()
        .max_connections(most)
        .acquire_timeout(wait)
        .after_connect(move |connection, _| {
            let setup = sqlx::raw_sql(sqlx::AssertSqlSafe(setup.clone()));
            Box::pin(async move { setup.execute(connection).await.map(drop) })
        })
        .connect_lazy_with(options.clone())
}

/// A connection on loan. Dropping it closes the connection: what it was doing did not end, be it by an error
/// or because nobody waits any more, and the next one must not meet that. [`Self::give_back`] keeps it.
#[derive(Debug)]
pub(crate) struct Lease {
    connection: PoolConnection<Any>,
    is_clean: bool,
}

impl Lease {
    async fn of(pool: &AnyPool) -> Result<Self, sqlx::Error> {
        Ok(Self {
            connection: pool.acquire().await?,
            is_clean: false,
        })
    }

    pub(crate) fn connection(&mut self) -> &mut AnyConnection {
        &mut self.connection
    }

    /// All that was begun has ended.
    pub(crate) fn give_back(mut self) {
        self.is_clean = true;
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if !self.is_clean {
            self.connection.close_on_drop();
        }
    }
}
