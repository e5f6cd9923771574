//! The store in PostgreSQL: several processes over one, and one that is away for a while.
//!
//! Run where `RAVENRY_TEST_POSTGRES_URL` names a database in which schemas may be made and dropped.

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use url::Url;

use super::{ANN, BEN, KEEPER, Person, keepers, ok, one, told};
use crate::harness::{Folder, Server, wait_until};

/// A bot that keeps things, and one that does not.
fn folder() -> Folder {
    keepers(&format!("{KEEPER}[bot.echo]\nsource = \"echo.wasm\"\n"))
}

/// A schema of a test, in a database that others use too. Dropped with it.
pub(crate) struct Schema {
    url: Url,
    name: String,
}

impl Schema {
    /// `None`, and a line that says so: there is no database for tests.
    pub(crate) fn new() -> Option<Self> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let Ok(url) = std::env::var("RAVENRY_TEST_POSTGRES_URL") else {
            eprintln!("left out: RAVENRY_TEST_POSTGRES_URL names no PostgreSQL");
            return None;
        };
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("ravenry_gateway_{}_{number}", std::process::id());
        let url = Url::parse(&url).unwrap();
        run(&url, format!("CREATE SCHEMA {name}"));
        Some(Self { url, name })
    }

    /// What a gateway is given, as if the database was at this address.
    pub(crate) fn at(&self, address: Option<SocketAddr>) -> String {
        let mut url = self.url.clone();
        if let Some(address) = address {
            url.set_host(Some(&address.ip().to_string())).unwrap();
            url.set_port(Some(address.port())).unwrap();
        }
        let path = format!("options[search_path]={}", self.name);
        let query = url.query().map(|before| format!("{before}&{path}"));
        url.set_query(Some(&query.unwrap_or(path)));
        url.into()
    }

    fn address(&self) -> SocketAddr {
        self.url.socket_addrs(|| Some(5432)).unwrap().remove(0)
    }

    fn gateway(&self, address: Option<SocketAddr>) -> Server {
        folder().env("RAVENRY_DATABASE", &self.at(address)).up()
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        run(&self.url, format!("DROP SCHEMA {} CASCADE", self.name));
    }
}

fn run(url: &Url, statement: String) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let mut connection = PgConnection::connect(url.as_str()).await.unwrap();
        let done = sqlx::raw_sql(AssertSqlSafe(statement));
        done.execute(&mut connection).await.unwrap();
    });
}

/// What stands between gateway and database, and can be cut.
struct Cable {
    address: SocketAddr,
    /// The connections; `None`: it is cut.
    open: Arc<Mutex<Option<Vec<TcpStream>>>>,
}

impl Cable {
    fn to(database: SocketAddr, is_whole: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let open = Arc::new(Mutex::new(is_whole.then(Vec::new)));
        let all = Arc::clone(&open);
        thread::spawn(move || {
            for client in listener.incoming() {
                let client = client.unwrap();
                let mut all = all.lock();
                // Else it is closed as it goes.
                if let Some(all) = &mut *all {
                    let server = TcpStream::connect(database).unwrap();
                    for (from, to) in [(&client, &server), (&server, &client)] {
                        let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                        thread::spawn(move || carry(from, to));
                    }
                    all.extend([client, server]);
                }
            }
        });
        Self { address, open }
    }

    fn cut(&self) {
        for connection in self.open.lock().take().into_iter().flatten() {
            let _ = connection.shutdown(Shutdown::Both);
        }
    }

    fn mend(&self) {
        *self.open.lock() = Some(Vec::new());
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream) {
    let mut piece = [0; 16384];
    while let Ok(count @ 1..) = from.read(&mut piece) {
        if to.write_all(&piece[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}

fn store_is_away(server: &Server) -> bool {
    server.get("/readyz").json()["store"] == "unavailable"
}

/// Queries were refused, and the log did not say it with each: once at most for each way in which it is away.
fn said_seldom(server: &Server) {
    let log = server.log();
    let is_of_it = |line: &&String| line.contains("bots cannot use the store");
    let lines: Vec<_> = log.iter().filter(is_of_it).collect();
    assert!((1..=2).contains(&lines.len()), "{lines:#?}");
}

#[test]
fn two_processes_over_one_database_lose_nothing_and_see_the_same() {
    let Some(schema) = Schema::new() else { return };
    let servers = [schema.gateway(None), schema.gateway(None)];
    let steps = json!([
        ["times", 20, ["add", "bot", "n", 1]],
        ["add", "conversation", "n", 1]
    ]);
    thread::scope(|scope| {
        for client in 0..16 {
            let (server, steps) = (&servers[client % 2], &steps);
            scope.spawn(move || {
                let user = format!("u-{client}");
                let found = told(server, "keeper", Person(&user, "c-1"), steps);
                assert!(found.iter().all(|one| one["ok"].is_number()), "{found:?}");
            });
        }
    });
    for server in &servers {
        assert_eq!(
            one(server, "keeper", ANN, &json!(["get", "bot", "n"])),
            ok("320")
        );
    }
    let set = json!(["set", "user", "k", "from one"]);
    assert_eq!(one(&servers[0], "keeper", ANN, &set), ok("set"));
    let get = json!(["get", "user", "k"]);
    assert_eq!(
        one(&servers[1], "keeper", ANN, &get.clone()),
        ok("from one")
    );
    assert_eq!(one(&servers[1], "keeper", BEN, &get), ok(json!(null)));
}

#[test]
fn a_database_that_goes_away_and_comes_back_disturbs_only_who_needs_it() {
    let Some(schema) = Schema::new() else { return };
    let cable = Cable::to(schema.address(), true);
    let server = schema.gateway(Some(cable.address));
    assert_eq!(
        one(&server, "keeper", ANN, &json!(["set", "user", "k", "v"])),
        ok("set")
    );
    assert!(!store_is_away(&server));

    cable.cut();
    wait_until("the store is away", || store_is_away(&server));
    assert_eq!(server.get("/readyz").status, 200);
    for step in [
        json!(["get", "user", "k"]),
        json!(["set", "user", "k", "w"]),
    ] {
        let began = Instant::now();
        let refused = one(&server, "keeper", ANN, &step);
        assert_eq!(
            refused,
            json!({ "error": "the store is unavailable: the database does not answer" })
        );
        // A promise to bots, not a measure of speed: they wait for no longer.
        assert!(
            began.elapsed() < Duration::from_secs(3),
            "{:?}",
            began.elapsed()
        );
        assert_eq!(server.ask("echo", "still there?").said(), "still there?");
    }

    said_seldom(&server);
    cable.mend();
    wait_until("the store is back", || !store_is_away(&server));
    assert_eq!(
        one(&server, "keeper", ANN, &json!(["get", "user", "k"])),
        ok("v")
    );
}

/// What was acknowledged is there, although the database came and went under load.
#[test]
fn what_is_acknowledged_while_a_database_comes_and_goes_is_kept() {
    let Some(schema) = Schema::new() else { return };
    let cable = Cable::to(schema.address(), true);
    let server = schema.gateway(Some(cable.address));
    let acknowledged: Vec<String> = thread::scope(|scope| {
        let write = |client: usize| {
            let server = &server;
            move || -> Vec<String> {
                let keys = (0..60).map(|number| format!("k-{client}-{number}"));
                let set = |key: &String| {
                    one(server, "keeper", ANN, &json!(["set", "bot", key, "v"])) == ok("set")
                };
                keys.filter(set).collect()
            }
        };
        let writers: Vec<_> = (0..4).map(|client| scope.spawn(write(client))).collect();
        wait_until("some are written", || {
            let found = one(&server, "keeper", ANN, &json!(["keys", "bot", null]));
            found["ok"][0]
                .as_array()
                .is_some_and(|keys| keys.len() > 20)
        });
        cable.cut();
        wait_until("the store is away", || store_is_away(&server));
        cable.mend();
        writers
            .into_iter()
            .flat_map(|writer| writer.join().unwrap())
            .collect()
    });
    assert!(acknowledged.len() > 20);
    wait_until("the store is back", || !store_is_away(&server));
    for keys in acknowledged.chunks(200) {
        let found = one(&server, "keeper", ANN, &json!(["get-many", "bot", keys]));
        let expected: Vec<Value> = keys.iter().map(|key| json!([key, "v"])).collect();
        assert_eq!(found, ok(expected));
    }
}

#[test]
fn a_start_without_the_database_serves_and_finds_it_later() {
    let Some(schema) = Schema::new() else { return };
    let cable = Cable::to(schema.address(), false);
    let server = schema.gateway(Some(cable.address));
    assert_eq!(server.ask("echo", "hello").said(), "hello");
    assert!(store_is_away(&server));
    let refused = one(&server, "keeper", ANN, &json!(["get", "user", "k"]));
    assert_eq!(refused["error"], "the store is unavailable");
    server.wait_text("bots find no store until the database answers");
    for _ in 0..30 {
        one(&server, "keeper", ANN, &json!(["get", "user", "k"]));
    }
    said_seldom(&server);
    cable.mend();
    wait_until("the store is there", || !store_is_away(&server));
    assert_eq!(
        one(&server, "keeper", ANN, &json!(["set", "user", "k", "v"])),
        ok("set")
    );
}

/// Looking makes nothing, and a person is forgotten there too.
#[test]
fn the_command_line_reads_the_same_database_and_makes_none() {
    let Some(schema) = Schema::new() else { return };
    let command = |arguments: &[&str]| {
        let folder = Folder::empty().env("RAVENRY_DATABASE", &schema.at(None));
        folder.output(&[&["store"], arguments].concat())
    };
    let none = command(&["ls"]);
    assert_eq!(none.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&none.stderr).contains("no store is there yet"));
    let server = schema.gateway(None);
    told(
        &server,
        "keeper",
        ANN,
        &json!([["set", "user", "k", "v"], ["set", "bot", "k", "v"]]),
    );
    let got = command(&["get", "--bot", "keeper", "--user", ANN.0, "k"]);
    assert_eq!(got.stdout, b"v");
    let forgotten = command(&["forget", "--user", ANN.0, "--yes"]);
    assert!(String::from_utf8_lossy(&forgotten.stdout).contains("Removed 1 entry"));
    let left = told(
        &server,
        "keeper",
        ANN,
        &json!([["get", "user", "k"], ["get", "bot", "k"]]),
    );
    assert_eq!(left, [ok(json!(null)), ok("v")]);
    let backup = command(&["backup", "never"]);
    assert!(String::from_utf8_lossy(&backup.stderr).contains("pg_dump"));
}
