//! What a test works with: a database of its own of either kind, a clock that it sets, and short words.

use std::{
    env,
    future::Future,
    io::Write as _,
    pin::Pin,
    process,
    sync::{
        Arc, Once,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use proptest::{
    strategy::Strategy,
    test_runner::{Config, TestCaseError, TestRunner},
};
use ravenry_store::{Bucket, Clock, Database, Scope, Settings, Store, Tables, WritePolicy};
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _};
use tempfile::TempDir;

/// Only what hangs takes so long.
pub const PATIENCE: Duration = Duration::from_mins(2);

/// Where the clock of a test begins: in 2026.
pub const START_MS: u64 = 1_790_000_000_000;

/// Which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Sqlite,
    Postgres,
}

/// A database of one test.
pub struct Bench {
    pub kind: Kind,
    pub directory: TempDir,
    pub database: Database,
    now_ms: Arc<AtomicU64>,
}

impl Bench {
    pub fn sqlite() -> Self {
        let directory = tempfile::tempdir().unwrap();
        Self {
            kind: Kind::Sqlite,
            database: Database::Sqlite(directory.path().join("state 100% ?#.sqlite")),
            directory,
            now_ms: Arc::new(AtomicU64::new(START_MS)),
        }
    }

    /// A schema of its own in the database of the tests.
    async fn postgres(url: &str) -> (Self, String) {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let schema = format!("ravenry_test_{}_{number}", process::id());
        admin(url, format!("CREATE SCHEMA {schema}")).await;
        let separator = if url.contains('?') { '&' } else { '?' };
        let own = format!("{url}{separator}options[search_path]={schema}");
        let bench = Self {
            kind: Kind::Postgres,
            directory: tempfile::tempdir().unwrap(),
            database: Database::Postgres(own),
            now_ms: Arc::new(AtomicU64::new(START_MS)),
        };
        (bench, schema)
    }

    pub async fn store(&self) -> Store {
        Store::open(&self.database, self.settings()).await.unwrap()
    }

    pub fn settings(&self) -> Settings {
        let now = Arc::clone(&self.now_ms);
        let now = move || UNIX_EPOCH + Duration::from_millis(now.load(Ordering::SeqCst));
        Settings {
            clock: Clock::new(now),
            wait: Some(PATIENCE),
            connections: 4,
            tables: Tables::Made,
        }
    }

    pub fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_millis(self.now_ms.load(Ordering::SeqCst))
    }

    pub fn advance(&self, by: Duration) {
        let ms = u64::try_from(by.as_millis()).unwrap();
        self.now_ms.fetch_add(ms, Ordering::SeqCst);
    }

    pub fn go_back(&self, by: Duration) {
        let ms = u64::try_from(by.as_millis()).unwrap();
        self.now_ms.fetch_sub(ms, Ordering::SeqCst);
    }

    /// A connection behind the back of the store.
    pub async fn connection(&self) -> AnyConnection {
        sqlx::any::install_default_drivers();
        let url = match &self.database {
            Database::Sqlite(path) => {
                let path = path.to_str().unwrap();
                let path = path.replace('%', "%25").replace('?', "%3F");
                format!("sqlite:{}", path.replace('#', "%23").replace(' ', "%20"))
            }
            Database::Postgres(url) => url.clone(),
        };
        AnyConnection::connect(&url).await.unwrap()
    }

    /// Runs statements behind the back of the store.
    pub async fn sql(&self, statements: &str) {
        let mut connection = self.connection().await;
        let statements = sqlx::raw_sql(AssertSqlSafe(statements.to_owned()));
        statements.execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }
}

async fn admin(url: &str, statement: String) {
    sqlx::any::install_default_drivers();
    let mut connection = AnyConnection::connect(url).await.unwrap();
    let statement = sqlx::raw_sql(AssertSqlSafe(statement));
    statement.execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

/// A test, over the database that it is given.
pub type Case = for<'b> fn(&'b Bench) -> Pin<Box<dyn Future<Output = ()> + 'b>>;

pub fn on_sqlite(case: Case) {
    runtime().block_on(async { case(&Bench::sqlite()).await });
}

pub fn on_postgres(case: Case) {
    let Ok(url) = env::var("RAVENRY_TEST_POSTGRES_URL") else {
        static SAID: Once = Once::new();
        SAID.call_once(|| {
            say("left out: all tests over PostgreSQL (RAVENRY_TEST_POSTGRES_URL is not set)");
        });
        return;
    };
    runtime().block_on(async {
        let (bench, schema) = Bench::postgres(&url).await;
        case(&bench).await;
        admin(&url, format!("DROP SCHEMA {schema} CASCADE")).await;
    });
}

/// Says something that the harness of the tests does not swallow.
pub fn say(what: &str) {
    let _ = writeln!(std::io::stderr(), "{what}");
}

pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

/// Holds a property for so many made up inputs. The library of properties is not asynchronous.
pub fn property<S: Strategy + Send>(
    cases: u32,
    inputs: S,
    holds: impl Fn(S::Value) -> Result<(), TestCaseError> + Send,
) {
    let run = move || {
        let mut runner = TestRunner::new(Config {
            cases,
            ..Config::default()
        });
        if let Err(error) = runner.run(&inputs, holds) {
            panic!("{error}");
        }
    };
    std::thread::scope(|threads| threads.spawn(run).join()).unwrap();
}

/// Makes two tests of each case.
macro_rules! over_both {
    ($($(#[doc = $doc:literal])* $name:ident)+) => {
        mod sqlite {
            $($(#[doc = $doc])* #[test] fn $name() {
                crate::bench::on_sqlite(|bench| Box::pin(super::$name(bench)));
            })+
        }
        mod postgres {
            $($(#[doc = $doc])* #[test] fn $name() {
                crate::bench::on_postgres(|bench| Box::pin(super::$name(bench)));
            })+
        }
    };
}
pub(crate) use over_both;

/// The state of a bot.
pub fn bot(tenant: &str, bot: &str) -> Scope {
    scope(tenant, bot, Bucket::Bot)
}

pub fn scope(tenant: &str, bot: &str, bucket: Bucket) -> Scope {
    Scope {
        tenant: tenant.to_owned(),
        bot: bot.to_owned(),
        bucket,
    }
}

/// The usual bounds, and no expiry.
pub fn forever() -> WritePolicy {
    WritePolicy::default()
}

pub fn for_seconds(seconds: u64) -> WritePolicy {
    WritePolicy {
        ttl: Some(Duration::from_secs(seconds)),
        ..WritePolicy::default()
    }
}

/// All keys of a scope, page by page.
pub async fn all_keys(store: &Store, scope: &Scope, page: usize) -> Vec<String> {
    let mut keys = Vec::new();
    let mut cursor = None;
    loop {
        let found = store
            .list_keys(scope, cursor.as_deref(), page)
            .await
            .unwrap();
        assert!(found.keys.len() <= page);
        keys.extend(found.keys);
        cursor = found.next;
        if cursor.is_none() {
            return keys;
        }
    }
}
