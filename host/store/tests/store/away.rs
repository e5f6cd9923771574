//! A database that is away: an answer all the same, and everything comes back by itself.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::future::{join, join_all};
use ravenry_store::{Database, Error, OpenError, Reason, Settings, Store, WAIT_MAX};
use sqlx::{Connection as _, Row as _};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream, tcp::OwnedReadHalf, tcp::OwnedWriteHalf},
    sync::watch,
};

use crate::bench::{Bench, PATIENCE, bot, forever, on_postgres, runtime, say};

#[test]
fn a_server_that_never_answers_is_away() {
    runtime().block_on(async {
        // Its queue takes connections that nobody ever serves.
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = silent.local_addr().unwrap();
        let url = format!("postgres://nobody@{address}/none?sslmode=disable");
        let opened = Store::open(&Database::Postgres(url.clone()), Settings::default()).await;
        assert!(matches!(opened, Err(OpenError::Unavailable(why)) if why.reason == Reason::Away));
        drop(silent);
        let opened = Store::open(&Database::Postgres(url), Settings::default()).await;
        assert!(matches!(opened, Err(OpenError::Unavailable(why)) if why.reason == Reason::Away));
    });
}

/// Another process holds the lock of the file: reading goes on, more writes than the queue takes all get an answer,
/// and it is over when the lock is.
#[test]
fn a_locked_file_is_busy() {
    runtime().block_on(async {
        let bench = Bench::sqlite();
        let settings = Settings {
            wait: Some(Duration::from_millis(400)),
            ..bench.settings()
        };
        let store = Store::open(&bench.database, settings).await.unwrap();
        let here = bot("t", "b");
        store
            .set(&here, "k", b"before".to_vec(), &forever())
            .await
            .unwrap();
        let mut other = bench.connection().await;
        let lock = sqlx::raw_sql("BEGIN IMMEDIATE");
        lock.execute(&mut other).await.unwrap();
        let refused = store.set(&here, "k", b"after".to_vec(), &forever()).await;
        assert!(matches!(refused, Err(Error::Unavailable(why)) if why.reason == Reason::Busy));
        assert_eq!(store.get(&here, "k").await.unwrap().unwrap(), b"before");
        let policy = forever();
        let writes = (0..3_000).map(|_| store.increment(&here, "n", 1, &policy));
        let mut unknown = 0;
        for refused in join_all(writes).await {
            let Err(Error::Unavailable(why)) = refused else {
                panic!("{refused:?}");
            };
            unknown += i64::from(why.reason != Reason::Busy);
        }
        let unlock = sqlx::raw_sql("ROLLBACK");
        unlock.execute(&mut other).await.unwrap();
        other.close().await.unwrap();
        until(|| async {
            store
                .set(&here, "k", b"after".to_vec(), &forever())
                .await
                .is_ok()
        })
        .await;
        // What was said to be busy is not done.
        let sum = store.increment(&here, "n", 0, &policy).await.unwrap();
        assert!(sum <= unknown, "{sum} of {unknown}");
    });
}

/// Others who write to a file, or to its disk, are done after a while, where a server that says nothing may never be:
/// what a bot writes waits for longer than for a server.
#[test]
fn a_file_is_waited_for_longer_than_a_server() {
    runtime().block_on(async {
        let bench = Bench::sqlite();
        let store = Store::open(&bench.database, Settings::default())
            .await
            .unwrap();
        let (here, policy) = (bot("t", "b"), forever());
        let mut other = bench.connection().await;
        let lock = sqlx::raw_sql("BEGIN IMMEDIATE");
        lock.execute(&mut other).await.unwrap();
        let unlock = async {
            tokio::time::sleep(WAIT_MAX + Duration::from_millis(300)).await;
            let unlock = sqlx::raw_sql("ROLLBACK");
            unlock.execute(&mut other).await.unwrap();
        };
        let (sum, ()) = join(store.increment(&here, "n", 1, &policy), unlock).await;
        assert_eq!(sum.unwrap(), 1);
    });
}

/// Whether so many statements wait for the lock of the table.
async fn waiting(bench: &Bench, count: i64) -> bool {
    let mut connection = bench.connection().await;
    let query = "SELECT COUNT(*) FROM pg_locks \
        WHERE NOT granted AND relation = CAST('ravenry_entries' AS regclass)";
    let row = sqlx::query(query).fetch_one(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    row.get::<i64, _>(0) >= count
}

/// What the wire between store and server does.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Wire {
    /// Carries.
    Whole,
    /// Carries nothing, and says nothing about it.
    Silent,
    /// Ends all connections, and every new one.
    Cut,
}

#[test]
fn everything_comes_back_by_itself() {
    on_postgres(|bench| Box::pin(come_back(bench)));
}

async fn come_back(bench: &Bench) {
    let Database::Postgres(url) = &bench.database else {
        panic!("no server");
    };
    let mut url = url::Url::parse(url).unwrap();
    let (Some(host), port) = (
        url.host_str().map(str::to_owned),
        url.port().unwrap_or(5432),
    ) else {
        say("left out: a wire that is cut (the server of the tests is no host)");
        return;
    };
    let (turn, wire) = watch::channel(Wire::Whole);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    url.set_port(Some(listener.local_addr().unwrap().port()))
        .unwrap();
    url.set_host(Some("127.0.0.1")).unwrap();
    let carrier = tokio::spawn(carry(listener, format!("{host}:{port}"), wire));
    let database = Database::Postgres(url.to_string());
    let settings = Settings {
        clock: bench.settings().clock,
        ..Settings::default()
    };
    let store = Arc::new(Store::open(&database, settings).await.unwrap());
    let here = bot("t", "b");
    for (round, trouble) in [Wire::Cut, Wire::Silent, Wire::Cut].into_iter().enumerate() {
        // All connections are in use before.
        let writes = (0..20).map(|number| {
            let here = bot(&number.to_string(), "b");
            let store = &store;
            async move { store.increment(&here, "n", 1, &forever()).await.unwrap() }
        });
        join_all(writes).await;
        let calls = (0..20).map(|number| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let here = bot(&number.to_string(), "b");
                let policy = forever();
                let write = store.set(&here, "k", Vec::new(), &policy);
                join(write, store.get(&here, "k")).await
            })
        });
        let mut lock = bench.connection().await;
        let locked = sqlx::raw_sql("BEGIN; LOCK TABLE ravenry_entries IN ACCESS EXCLUSIVE MODE");
        locked.execute(&mut lock).await.unwrap();
        let calls: Vec<_> = calls.collect();
        // All connections for reading have a question under way, and most for writing; on a slow machine it may be
        // over already.
        let is_over = || calls.iter().all(tokio::task::JoinHandle::is_finished);
        until(|| async { is_over() || waiting(bench, 10).await }).await;
        turn.send(trouble).unwrap();
        for done in join_all(calls).await {
            let (written, read) = done.unwrap();
            assert!(matches!(written, Err(Error::Unavailable(_))), "{written:?}");
            assert!(matches!(read, Err(Error::Unavailable(_))), "{read:?}");
        }
        lock.close().await.unwrap();
        store.ping().await.unwrap_err();
        turn.send(Wire::Whole).unwrap();
        until(|| async { store.ping().await.is_ok() }).await;
        until(|| async { store.set(&here, "k", vec![1], &forever()).await.is_ok() }).await;
        let sum = store.get(&bot("0", "b"), "n").await.unwrap().unwrap();
        assert_eq!(sum, (round + 1).to_string().into_bytes());
    }
    carrier.abort();
}

async fn carry(listener: TcpListener, to: String, wire: watch::Receiver<Wire>) {
    loop {
        let (near, _) = listener.accept().await.unwrap();
        if *wire.borrow() == Wire::Cut {
            continue;
        }
        let (near_read, near_write) = near.into_split();
        let (far_read, far_write) = TcpStream::connect(&to).await.unwrap().into_split();
        tokio::spawn(one_way(near_read, far_write, wire.clone()));
        tokio::spawn(one_way(far_read, near_write, wire.clone()));
    }
}

/// A connection that was silent once stays so: what was lost in it does not come any more.
async fn one_way(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut wire: watch::Receiver<Wire>) {
    let mut buffer = vec![0; 16_384];
    loop {
        tokio::select! {
            trouble = trouble(&mut wire) => {
                if trouble == Wire::Silent {
                    // Until all is over; the sockets stay open.
                    std::future::pending::<()>().await;
                }
                return;
            }
            count = from.read(&mut buffer) => {
                let Ok(count @ 1..) = count else {
                    return;
                };
                if to.write_all(&buffer[..count]).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// Waits until the wire carries no more.
async fn trouble(wire: &mut watch::Receiver<Wire>) -> Wire {
    let turned = wire.wait_for(|wire| *wire != Wire::Whole).await;
    turned.map_or(Wire::Cut, |wire| *wire)
}

/// Asks until it is so. Each question waits for the database, so nothing else needs to.
async fn until<F: Future<Output = bool>>(mut question: impl FnMut() -> F) {
    let begun = Instant::now();
    while !question().await {
        assert!(begun.elapsed() < PATIENCE, "it does not come back");
        tokio::task::yield_now().await;
    }
}
