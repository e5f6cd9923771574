//! `kill -9` under load, again and again, over the same directories: whatever was sent to the platform is told of,
//! what came to its end is not, files are whole, and the next process serves without anybody's help.

use std::{
    collections::BTreeSet,
    fs,
    net::{SocketAddr, TcpStream},
    path::Path,
    sync::Mutex,
    thread,
};

use ravenry_desk::simulator::Answer;
use serde_json::json;

use super::{
    KEY,
    crash::{kill, left, told},
    folder, wait,
};
use crate::harness::{self, Connection, FakePoe, Script, Scripting as _, Server, post, wait_until};

/// Bills after which a process is killed: before, amid and after what the replies that wait have charged.
const KILLED_AFTER: [usize; 5] = [1, 7, 20, 45, 90];

/// Replies that charge and then wait for ever.
const WAITING: usize = 10;

/// The request of a query with this name at the platform.
fn request(id: &str, lines: &str) -> Vec<u8> {
    let mut query = harness::query(lines);
    query["bot_query_id"] = json!(id);
    let key = format!("Bearer {KEY}");
    let headers = [("authorization", key.as_str()), ("connection", "close")];
    post("/asker", &headers, query.to_string().as_bytes())
}

/// What came of a query before its server was killed, if it could be asked at all.
fn ask(address: SocketAddr, id: &str, lines: &str) -> Option<String> {
    let stream = TcpStream::connect(address).ok()?;
    let mut connection = Connection::over(stream);
    connection.try_send(request(id, lines)).ok()?;
    Some(String::from_utf8(connection.until_closed()).unwrap())
}

/// Asks until the process is gone, and kills it after so many bills. Who had a whole answer is `done`.
fn load(server: Server, poe: &FakePoe, bills: usize, round: usize, done: &Mutex<BTreeSet<String>>) {
    let address = server.address;
    let before = poe.bills().len();
    let arrived = |poe: &FakePoe| poe.bills().len() >= before + bills;
    thread::scope(|scope| {
        for number in 0..WAITING {
            let lines = "authorize 300\ncapture 200\nread helper";
            scope.spawn(move || ask(address, &format!("waits-{round}-{number}-"), lines));
        }
        for client in 0..3 {
            scope.spawn(move || {
                for number in 0.. {
                    let id = format!("ends-{round}-{client}-{number}-");
                    let lines = "authorize 300\ncapture 300\nthanks";
                    let Some(answer) = ask(address, &id, lines) else {
                        return;
                    };
                    if answer.contains("event: done") {
                        assert!(answer.contains("thanks"), "{answer}");
                        done.lock().unwrap().insert(id);
                    }
                }
            });
        }
        let enough = poe.until("bills", |poe| arrived(poe).then_some(()));
        wait(enough).unwrap();
        kill(server);
    });
}

/// As a power cut may leave it: a file of compiled code that is not whole, and one that has no name yet.
fn tear(cache: &Path) {
    let files = fs::read_dir(cache)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    for file in files.collect::<Vec<_>>() {
        let whole = fs::read(&file).unwrap();
        fs::write(
            file.with_extension("1234abcd.tmp"),
            &whole[..whole.len() / 3],
        )
        .unwrap();
        fs::write(file, &whole[..whole.len() / 2]).unwrap();
    }
}

/// Every conversation that has its name is whole.
fn all_are_whole(recorded: &Path) -> usize {
    let files = fs::read_dir(recorded)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|it| it == "toml"));
    let check = |path| {
        let text = fs::read_to_string(path).unwrap();
        let table = toml_span::parse(&text).unwrap_or_else(|error| panic!("{error} in {text}"));
        assert!(table.pointer("/turn/0/answer").is_some(), "{text}");
    };
    files.map(check).count()
}

#[test]
fn kills_under_load_lose_nothing() {
    let (poe, home) = (FakePoe::start().unwrap(), tempfile::tempdir().unwrap());
    poe.bot("helper", Script::from(Answer::silence()));
    let [state, cache, recorded] =
        ["state", "cache", "recorded"].map(|name| home.path().join(name));
    let up = || {
        folder(&poe, "")
            .state_dir(&state)
            .cache_dir(&cache)
            .flag("--record")
            .flag(recorded.to_str().unwrap())
            .up()
    };
    let done = Mutex::new(BTreeSet::new());
    let mut all_told: Vec<String> = Vec::new();
    let mut server = up();
    for (round, bills) in KILLED_AFTER.into_iter().enumerate() {
        load(server, &poe, bills, round, &done);
        let torn = round % 2 == 1;
        if torn {
            tear(&cache);
        }
        server = up();
        let from = if torn { "compiled" } else { "from the cache" };
        assert!(server.output().contains(from), "{}", server.output());
        assert_eq!(fs::read_dir(&cache).unwrap().count(), 1);

        // Whoever has a bill at the platform, and waited, is told of: what he has reserved was not taken in full.
        let billed: BTreeSet<String> = poe
            .bills()
            .into_iter()
            .map(|bill| bill.bot_query_id)
            .collect();
        let waited = format!("waits-{round}-");
        let billed: Vec<&String> = billed.iter().filter(|id| id.starts_with(&waited)).collect();
        wait_until("all that was open is told of", || {
            let told = told(&server).join("\n");
            billed.iter().all(|id| told.contains(id.as_str()))
        });
        all_told.extend(told(&server));
    }
    kill(server);
    let distinct: BTreeSet<&String> = all_told.iter().collect();
    assert_eq!(all_told.len(), distinct.len(), "once: {all_told:#?}");
    let done = done.into_inner().unwrap();
    assert!(done.len() > 3, "some came to their end: {done:?}");
    for id in &done {
        assert!(
            !all_told.iter().any(|line| line.contains(id)),
            "{id} has ended"
        );
    }
    assert!(left(&state).is_empty());
    assert!(all_are_whole(&recorded) > 0);
}
