//! All writes of a process: who waits is joined into one transaction with one sync.
//!
//! Each lane is a task that takes what waits, writes it in one transaction and answers when that is
//! committed. SQLite has one lane. PostgreSQL has several; a tenant is always served by the same one, so that
//! no two connections of a process wait for each other. Within a transaction tenants come in the order of
//! their names, in all processes: locks that are taken in one order cannot make a circle.
//!
//! A caller may go away at any time. What has not begun by then is not done; what has begun is finished.

use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    mem, slice,
    sync::Arc,
    time::Duration,
};

use sqlx::Connection as _;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot},
    time::timeout,
};

use crate::{
    error::{Error, Reason, Unavailable},
    ledger::{Failure, Ledger, Outcome, Write},
    pools::{Engine, Pools, late},
    scope::Place,
    settings::Clock,
};

/// Lanes, and connections that write, with PostgreSQL: as many transactions as it syncs at once.
pub(crate) const LANES: u32 = 4;

/// Writes that wait in a lane; who comes then waits for a place.
const WAITING_MAX: usize = 1_024;

/// What waiting writes of all lanes hold in memory, in units of [`UNIT_BYTES`]: 64 MiB.
const WAITING_UNITS: u32 = 64 * 1_024;

/// What a write holds is counted in units of a KiB.
const UNIT_BYTES: usize = 1_024;

/// Writes in one transaction. Twice what all replies of a busy gateway have at once under way.
const BATCH_MAX: usize = 128;

/// How often a transaction is tried that others have disturbed.
const ATTEMPTS_MAX: u32 = 5;

/// Who waits for a write.
struct Job {
    place: Place,
    write: Write,
    answer: oneshot::Sender<Result<Outcome, Error>>,
    /// Its part of what may wait; free when the job is done.
    _room: OwnedSemaphorePermit,
}

/// The way to the lanes. They end when the last clone is gone and what waits is done.
#[derive(Clone, Debug)]
pub(crate) struct Writer {
    lanes: Vec<mpsc::Sender<Job>>,
    room: Arc<Semaphore>,
    wait: Duration,
}

impl Writer {
    /// Starts the lanes on this runtime.
    pub(crate) fn start(pools: &Pools, clock: &Clock) -> Self {
        let lanes = match pools.engine {
            Engine::Sqlite => 1,
            Engine::Postgres => LANES,
        };
        let start = |_| {
            let (sender, receiver) = mpsc::channel(WAITING_MAX);
            let lane = Lane {
                pools: pools.clone(),
                clock: clock.clone(),
            };
            tokio::spawn(lane.serve(receiver));
            sender
        };
        Self {
            lanes: (0..lanes).map(start).collect(),
            room: Arc::new(Semaphore::new(WAITING_UNITS as usize)),
            wait: pools.wait,
        }
    }

    /// Does a write, and waits until it is committed.
    pub(crate) async fn submit(&self, place: Place, write: Write) -> Result<Outcome, Error> {
        let mut is_queued = false;
        let work = async {
            let units = write.bytes().div_ceil(UNIT_BYTES);
            let units = u32::try_from(units)
                .unwrap_or(u32::MAX)
                .clamp(1, WAITING_UNITS);
            let room = Arc::clone(&self.room).acquire_many_owned(units);
            let (answer, answered) = oneshot::channel();
            let job = Job {
                answer,
                _room: room.await.map_err(|_| ended())?,
                write,
                place,
            };
            let lane = self.lane(&job.place.tenant).ok_or_else(ended)?;
            lane.send(job).await.map_err(|_| ended())?;
            is_queued = true;
            answered.await.map_err(|_| ended())?
        };
        match timeout(self.wait, work).await {
            Ok(done) => done,
            Err(_) if is_queued => Err(late().into()),
            Err(_) => Err(Error::Unavailable(Unavailable {
                reason: Reason::Busy,
                detail: "no place came free in the queue".to_owned(),
            })),
        }
    }

    fn lane(&self, tenant: &[u8]) -> Option<&mpsc::Sender<Job>> {
        let mut hasher = DefaultHasher::new();
        tenant.hash(&mut hasher);
        let count = u64::try_from(self.lanes.len()).ok()?;
        let lane = hasher.finish().checked_rem(count)?;
        self.lanes.get(usize::try_from(lane).ok()?)
    }

    /// Waits until all that waits now is done.
    pub(crate) async fn drain(self) {
        let room = Arc::clone(&self.room);
        drop(self.lanes);
        // Each job holds a part until it is done; nobody closes the semaphore.
        let _ = room.acquire_many(WAITING_UNITS).await;
    }
}

fn ended() -> Error {
    Error::Unavailable(Unavailable {
        reason: Reason::Away,
        detail: "the store was closed".to_owned(),
    })
}

/// Why a transaction was not committed.
struct Stop {
    unavailable: Unavailable,
    /// Whether one write may be the cause, so that the others succeed without it.
    is_divisible: bool,
    /// Whether the same may succeed at once, and has not happened.
    may_retry: bool,
}

struct Lane {
    pools: Pools,
    clock: Clock,
}

impl Lane {
    async fn serve(self, mut jobs: mpsc::Receiver<Job>) {
        let mut batch = Vec::new();
        while jobs.recv_many(&mut batch, BATCH_MAX).await > 0 {
            // Who has gone away before it began does not expect it any more.
            batch.retain(|job| !job.answer.is_closed());
            // Keeps the order in which one tenant's writes came.
            batch.sort_by(|one, other| one.place.tenant.cmp(&other.place.tenant));
            if !batch.is_empty() {
                self.write(mem::take(&mut batch)).await;
            }
        }
    }

    /// Writes all of these and answers.
    async fn write(&self, batch: Vec<Job>) {
        match self.attempt(&batch).await {
            Ok(outcomes) => {
                for (job, outcome) in batch.into_iter().zip(outcomes) {
                    answer(job, outcome);
                }
            }
            Err(stop) if stop.is_divisible && batch.len() > 1 => {
                for job in batch {
                    if !job.answer.is_closed() {
                        let done = self.attempt(slice::from_ref(&job)).await;
                        answer_alone(job, done);
                    }
                }
            }
            Err(stop) => {
                tracing::debug!(error = %stop.unavailable.detail, "writes were not committed");
                for job in batch {
                    answer(job, Err(Error::Unavailable(stop.unavailable.clone())));
                }
            }
        }
    }

    /// Tries until it succeeds, or fails for a reason that does not go away at once.
    async fn attempt(&self, batch: &[Job]) -> Result<Vec<Result<Outcome, Error>>, Stop> {
        let mut attempts = 1;
        loop {
            match self.bounded(batch).await {
                Err(stop) if stop.may_retry && attempts < ATTEMPTS_MAX => attempts += 1,
                done => return done,
            }
        }
    }

    /// A server may never answer; a file always does, and its callers have bounds of their own.
    async fn bounded(&self, batch: &[Job]) -> Result<Vec<Result<Outcome, Error>>, Stop> {
        let work = self.transact(batch);
        match self.pools.engine {
            Engine::Sqlite => work.await,
            Engine::Postgres => timeout(self.pools.wait, work).await.unwrap_or_else(|_| {
                Err(Stop {
                    unavailable: late(),
                    is_divisible: false,
                    may_retry: false,
                })
            }),
        }
    }

    async fn transact(&self, batch: &[Job]) -> Result<Vec<Result<Outcome, Error>>, Stop> {
        let engine = self.pools.engine;
        let failed = |error: sqlx::Error| before_commit(engine, &error);
        let mut lease = self.pools.writer().await.map_err(failed)?;
        let begun = lease.connection().begin_with(engine.begin_write()).await;
        let mut transaction = begun.map_err(failed)?;
        let now = self.clock.now();
        let mut outcomes = Vec::with_capacity(batch.len());
        for jobs in batch.chunk_by(|one, other| one.place.tenant == other.place.tenant) {
            let Some(first) = jobs.first() else {
                continue;
            };
            let writes = jobs.iter().map(|job| (&job.place, &job.write));
            let locked = Ledger::lock(&mut transaction, &first.place.tenant, now, writes).await;
            let mut ledger = locked.map_err(failed)?;
            for job in jobs {
                if job.answer.is_closed() {
                    // Its caller has left while the transaction waited for a lock; this goes nowhere.
                    outcomes.push(Err(late().into()));
                    continue;
                }
                outcomes.push(match ledger.apply(&job.place, &job.write).await {
                    Ok(outcome) => Ok(outcome),
                    Err(Failure::Refused(error)) => Err(error),
                    Err(Failure::Database(error)) => return Err(failed(error)),
                });
            }
            ledger.save().await.map_err(failed)?;
        }
        let committed = transaction.commit().await;
        committed.map_err(|error| at_commit(engine, &error))?;
        lease.give_back();
        Ok(outcomes)
    }
}

/// Nothing has happened.
fn before_commit(engine: Engine, error: &sqlx::Error) -> Stop {
    let is_lost = matches!(error, sqlx::Error::Io(_)) && engine == Engine::Postgres;
    let unavailable = engine.unavailable(error);
    // Where the database is away or locked, it is so for all.
    let is_ones = matches!(
        unavailable.reason,
        Reason::DiskFull | Reason::Damaged | Reason::Other
    );
    Stop {
        unavailable,
        is_divisible: is_ones && matches!(error, sqlx::Error::Database(_)),
        may_retry: is_lost || engine.may_retry(error),
    }
}

/// It may have happened, unless the database says that it has not.
fn at_commit(engine: Engine, error: &sqlx::Error) -> Stop {
    let unavailable = engine.unavailable(error);
    Stop {
        is_divisible: unavailable.reason == Reason::DiskFull,
        may_retry: engine.may_retry(error),
        unavailable,
    }
}

fn answer_alone(job: Job, done: Result<Vec<Result<Outcome, Error>>, Stop>) {
    match done {
        Ok(outcomes) => {
            if let Some(outcome) = outcomes.into_iter().next() {
                answer(job, outcome);
            }
        }
        Err(stop) => answer(job, Err(Error::Unavailable(stop.unavailable))),
    }
}

fn answer(job: Job, outcome: Result<Outcome, Error>) {
    // Who has gone away meanwhile does not ask.
    let _ = job.answer.send(outcome);
}
