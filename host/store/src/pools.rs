//! Connections to the database: how they are set up, lent and given back.

use std::{
    future::Future,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use sqlx::{
    Any, AnyConnection, AnyPool, Connection as _, any::AnyConnectOptions, any::AnyPoolOptions,
    pool::PoolConnection,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

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
}

/// The connections of a store.
#[derive(Clone, Debug)]
pub(crate) struct Pools {
    pub(crate) engine: Engine,
    /// Longest wait for anything.
    pub(crate) wait: Duration,
    readers: Pool,
    writers: Pool,
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
            readers: to_file(options, SQLITE_READERS, wait, reader),
            writers: to_file(options, 1, wait, writer),
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
            readers: to_server(options, readers.max(1), wait, setup.clone()),
            writers: to_server(options, writers.max(1), wait, setup),
        }
    }

    /// A connection that reads.
    pub(crate) async fn reader(&self) -> Result<Lease, sqlx::Error> {
        self.readers.lend().await
    }

    /// A connection that writes.
    pub(crate) async fn writer(&self) -> Result<Lease, sqlx::Error> {
        self.writers.lend().await
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

/// Connections of one kind, made when they are needed.
#[derive(Clone, Debug)]
enum Pool {
    /// To a server, which may have gone away: they are looked at before each loan and after it.
    Looked(AnyPool),
    /// To a file, which stays: a look would take as long as what is asked for.
    Kept(Arc<Kept>),
}

/// Connections that wait for the next loan as they are.
#[derive(Debug)]
pub(crate) struct Kept {
    options: AnyConnectOptions,
    setup: String,
    wait: Duration,
    most: u32,
    /// A permit for each that may be out. Closed with all of them.
    free: Arc<Semaphore>,
    idle: Mutex<Vec<AnyConnection>>,
}

impl Pool {
    async fn lend(&self) -> Result<Lease, sqlx::Error> {
        match self {
            Self::Looked(pool) => Ok(Lease::Looked(Looked {
                connection: pool.acquire().await?,
                is_clean: false,
            })),
            Self::Kept(kept) => {
                let lent = timeout(kept.wait, Kept::lend(kept)).await;
                lent.map_err(|_| sqlx::Error::PoolTimedOut)?
            }
        }
    }

    async fn close(&self) {
        match self {
            Self::Looked(pool) => pool.close().await,
            Self::Kept(kept) => kept.close().await,
        }
    }
}

impl Kept {
    async fn lend(kept: &Arc<Self>) -> Result<Lease, sqlx::Error> {
        let permit = Arc::clone(&kept.free).acquire_owned().await;
        let permit = permit.map_err(|_| sqlx::Error::PoolClosed)?;
        let idle = kept.idle().pop();
        let connection = if let Some(connection) = idle {
            connection
        } else {
            let mut made = AnyConnection::connect_with(&kept.options).await?;
            let setup = sqlx::raw_sql(sqlx::AssertSqlSafe(kept.setup.clone()));
            setup.execute(&mut made).await?;
            made
        };
        Ok(Lease::Kept {
            connection,
            of: Arc::clone(kept),
            permit,
        })
    }

    async fn close(&self) {
        // All are back then. It fails where others have closed it.
        let _all = self.free.acquire_many(self.most).await;
        self.free.close();
        let idle = mem::take(&mut *self.idle());
        for connection in idle {
            // Nothing that was acknowledged depends on it.
            let _ = connection.close().await;
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<AnyConnection>> {
        // What is in there is whole between two calls.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// At most so many connections to a file, each set up by these statements.
fn to_file(options: &AnyConnectOptions, most: u32, wait: Duration, setup: String) -> Pool {
    Pool::Kept(Arc::new(Kept {
        options: options.clone(),
        setup,
        wait,
        most,
        free: Arc::new(Semaphore::new(most as usize)),
        idle: Mutex::default(),
    }))
}

/// The same to a server.
fn to_server(options: &AnyConnectOptions, most: u32, wait: Duration, setup: String) -> Pool {
    let pool = AnyPoolOptions::new()
        .max_connections(most)
        .acquire_timeout(wait)
        .after_connect(move |connection, _| {
            let setup = sqlx::raw_sql(sqlx::AssertSqlSafe(setup.clone()));
            Box::pin(async move { setup.execute(connection).await.map(drop) })
        })
        .connect_lazy_with(options.clone());
    Pool::Looked(pool)
}

/// A connection on loan. Dropping it closes the connection: what it was doing did not end, be it by an error
/// or because nobody waits any more, and the next one must not meet that. [`Self::give_back`] keeps it.
#[derive(Debug)]
pub(crate) enum Lease {
    Looked(Looked),
    Kept {
        connection: AnyConnection,
        of: Arc<Kept>,
        permit: OwnedSemaphorePermit,
    },
}

/// A connection to a server on loan, which goes back to its pool when it is dropped, if it may.
#[derive(Debug)]
pub(crate) struct Looked {
    connection: PoolConnection<Any>,
    is_clean: bool,
}

impl Lease {
    pub(crate) fn connection(&mut self) -> &mut AnyConnection {
        match self {
            Self::Looked(looked) => &mut looked.connection,
            Self::Kept { connection, .. } => connection,
        }
    }

    /// All that was begun has ended.
    pub(crate) fn give_back(self) {
        match self {
            Self::Looked(mut looked) => looked.is_clean = true,
            Self::Kept {
                connection,
                of,
                permit,
            } => {
                of.idle().push(connection);
                drop(permit);
            }
        }
    }
}

impl Drop for Looked {
    fn drop(&mut self) {
        if !self.is_clean {
            self.connection.close_on_drop();
        }
    }
}
