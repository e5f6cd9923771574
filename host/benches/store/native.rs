//! What the gateway is measured beside: SQLite by its plainest interface, in threads of this process.
//!
//! One thread writes. It takes what waits, writes it in one transaction with one commit, and answers then, as
//! the gateway does; it counts nothing, and knows no tenants. Each client is a thread that waits for its
//! answer. Reads have two forms: each client reads by a connection of its own, which is the fastest that there
//! is, or one thread reads for all of them.

use std::{
    path::{Path, PathBuf},
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread,
    time::{Duration, Instant},
};

use rusqlite::{Connection, OptionalExtension as _, Statement};

use super::{Done, VALUE_BYTES, Work, contender};

/// Jobs in one transaction, as in the gateway.
const BATCH_MAX: usize = 128;

/// Jobs that wait, as in the gateway: more than there are clients.
const WAITING_MAX: usize = 1_024;

const TABLE: &str = "
    PRAGMA journal_mode = WAL;
    CREATE TABLE IF NOT EXISTS entries (key BLOB NOT NULL PRIMARY KEY, value BLOB NOT NULL)";

const GET: &str = "SELECT value FROM entries WHERE key = ?1";

const PUT: &str = "
    INSERT INTO entries (key, value) VALUES (?1, ?2)
    ON CONFLICT (key) DO UPDATE SET value = excluded.value";

/// One operation that waits for a thread.
struct Job {
    work: Work,
    key: Vec<u8>,
    /// Takes the number that an entry has then, or how long its value is.
    answer: SyncSender<u64>,
}

/// The threads; they end when this is dropped.
pub(crate) struct Native {
    file: PathBuf,
    writer: SyncSender<Job>,
    reader: SyncSender<Job>,
}

/// Whom a client asks.
#[derive(Clone)]
enum Way {
    Thread(SyncSender<Job>),
    Itself(PathBuf),
}

impl Native {
    /// Keeps its entries in a file of this directory.
    pub(crate) fn start(directory: &Path) -> Self {
        let file = directory.join("native.sqlite");
        let connection = open(&file);
        connection.execute_batch(TABLE).unwrap();
        let (writer, jobs) = sync_channel(WAITING_MAX);
        thread::spawn(move || serve(&connection, &jobs, true));
        let (reader, jobs) = sync_channel(WAITING_MAX);
        let of_reader = file.clone();
        thread::spawn(move || serve(&open(&of_reader), &jobs, false));
        Self {
            file,
            writer,
            reader,
        }
    }

    /// Lets so many clients work for so long.
    pub(crate) fn run(&self, work: Work, clients: usize, time: Duration) -> Done {
        let way = match work {
            Work::Set | Work::Add => Way::Thread(self.writer.clone()),
            Work::Get => Way::Itself(self.file.clone()),
        };
        work_by(&way, work, clients, time)
    }

    /// The same of reads that one thread does for all.
    pub(crate) fn run_in_one_thread(&self, clients: usize, time: Duration) -> Done {
        work_by(&Way::Thread(self.reader.clone()), Work::Get, clients, time)
    }
}

fn work_by(way: &Way, work: Work, clients: usize, time: Duration) -> Done {
    let used = contender::cpu_seconds("self");
    let start = Instant::now();
    let clients: Vec<_> = (0..clients)
        .map(|client| {
            let way = way.clone();
            let key = format!("{}{client}", work.prefix()).into_bytes();
            thread::spawn(move || match way {
                Way::Thread(thread) => ask(&thread, work, &key, time),
                Way::Itself(file) => read(&file, &key, time),
            })
        })
        .collect();
    let operations = clients.into_iter().map(|client| client.join().unwrap());
    Done {
        operations: operations.sum(),
        seconds: start.elapsed().as_secs_f64(),
        cpu: contender::cpu_seconds("self") - used,
    }
}

/// A client that waits for a thread; gives how often it had an answer.
fn ask(thread: &SyncSender<Job>, work: Work, key: &[u8], time: Duration) -> u64 {
    let (answer, answered) = sync_channel(1);
    let start = Instant::now();
    let (mut operations, mut first) = (0, None);
    while start.elapsed() < time {
        let job = Job {
            work,
            key: key.to_vec(),
            answer: answer.clone(),
        };
        thread.send(job).unwrap();
        let number = answered.recv().unwrap();
        operations += 1;
        let first = *first.get_or_insert(number);
        if work == Work::Add {
            assert_eq!(number, first + operations - 1, "an increment is lost");
        }
    }
    operations
}

/// A client that reads by itself.
fn read(file: &Path, key: &[u8], time: Duration) -> u64 {
    let connection = open(file);
    let mut get = connection.prepare(GET).unwrap();
    let start = Instant::now();
    let mut operations = 0;
    while start.elapsed() < time {
        let value = value(&mut get, key).unwrap();
        assert_eq!(value.len(), VALUE_BYTES);
        operations += 1;
    }
    operations
}

/// Does what waits, until nobody can come any more.
fn serve(connection: &Connection, jobs: &Receiver<Job>, writes: bool) {
    let [mut begin, mut commit] =
        ["BEGIN IMMEDIATE", "COMMIT"].map(|statement| connection.prepare(statement).unwrap());
    let mut get = connection.prepare(GET).unwrap();
    let mut put = connection.prepare(PUT).unwrap();
    let mut batch = Vec::new();
    let mut number = 0_usize;
    while let Ok(first) = jobs.recv() {
        batch.push(first);
        batch.extend(jobs.try_iter().take(BATCH_MAX - 1));
        if writes {
            begin.execute([]).unwrap();
        }
        let done = batch.iter().map(|job| {
            number += 1;
            act(job, number, &mut get, &mut put)
        });
        let done: Vec<u64> = done.collect();
        if writes {
            commit.execute([]).unwrap();
        }
        for (job, number) in batch.drain(..).zip(done) {
            job.answer.send(number).unwrap();
        }
    }
}

fn act(job: &Job, number: usize, get: &mut Statement<'_>, put: &mut Statement<'_>) -> u64 {
    match job.work {
        Work::Get => value(get, &job.key).unwrap().len() as u64,
        Work::Set => {
            // Another one each time, or SQLite sees that nothing is to be written. The gateway gives versions.
            let value = format!("{number:0VALUE_BYTES$}").into_bytes();
            put.execute((&job.key, value)).unwrap() as u64
        }
        Work::Add => {
            let before = value(get, &job.key).map_or(0, |value| {
                let text = String::from_utf8(value).unwrap();
                text.parse::<u64>().unwrap()
            });
            let sum = before + 1;
            put.execute((&job.key, sum.to_string().into_bytes()))
                .unwrap();
            sum
        }
    }
}

fn value(get: &mut Statement<'_>, key: &[u8]) -> Option<Vec<u8>> {
    let found = get.query_row((key,), |row| row.get(0));
    found.optional().unwrap()
}

/// Syncs each commit, as the gateway does.
fn open(file: &Path) -> Connection {
    let connection = Connection::open(file).unwrap();
    let setup = "PRAGMA busy_timeout = 5000; PRAGMA synchronous = FULL";
    connection.execute_batch(setup).unwrap();
    connection
}
