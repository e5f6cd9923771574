//! A process that writes, for tests that kill it or count what it asks of the system: this program once more.

use std::{
    env,
    process::{Command, Stdio},
};

use futures_util::future::join_all;
use ravenry_store::{Database, Settings, Store};

use crate::{
    bench::{PATIENCE, bot, forever, runtime},
    documents::document,
};

/// Where the child's database is: a path or a URL.
const DATABASE: &str = "RAVENRY_STORE_CHILD_DATABASE";
/// What it does.
const WORK: &str = "RAVENRY_STORE_CHILD_WORK";

/// What a child does.
#[derive(Clone, Copy, Debug)]
pub enum Work {
    /// Many write at once, until it is killed. Prints each key that was acknowledged.
    Load,
    /// The same with documents, two a call. Prints each identifier that was acknowledged.
    Documents,
    /// So many writes, each after the one before was acknowledged.
    OneByOne(usize),
    /// So many writes at once.
    Together(usize),
    /// A backup beside the file, of the name `copy`.
    Backup,
}

/// How a child is started, behind words of a program that watches it.
pub fn command(database: &Database, work: Work, watch: &[&str]) -> Command {
    let mut words: Vec<String> = watch.iter().map(|word| (*word).to_owned()).collect();
    let own = env::current_exe().unwrap();
    words.push(own.to_str().unwrap().to_owned());
    let arguments = [
        "--exact",
        "child::a_child_of_other_tests",
        "--ignored",
        "--nocapture",
        "-q",
    ];
    words.extend(arguments.map(str::to_owned));
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]);
    match database {
        Database::Sqlite(path) => command.env(DATABASE, path),
        Database::Postgres(url) => command.env(DATABASE, url),
    };
    let work = match work {
        Work::Load => "load 0".to_owned(),
        Work::Documents => "documents 0".to_owned(),
        Work::OneByOne(count) => format!("one-by-one {count}"),
        Work::Together(count) => format!("together {count}"),
        Work::Backup => "backup 0".to_owned(),
    };
    command
        .env(WORK, work)
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    command
}

#[test]
#[ignore = "does nothing by itself: other tests start it"]
fn a_child_of_other_tests() {
    let (Ok(database), Ok(work)) = (env::var(DATABASE), env::var(WORK)) else {
        return;
    };
    let database = if database.starts_with("postgres") {
        Database::Postgres(database)
    } else {
        Database::Sqlite(database.into())
    };
    let (work, count) = work.split_once(' ').unwrap();
    let count = count.parse().unwrap();
    runtime().block_on(async {
        let settings = Settings {
            wait: Some(PATIENCE),
            ..Settings::default()
        };
        let store = Store::open(&database, settings).await.unwrap();
        match work {
            "load" => load(&store).await,
            "documents" => load_documents(&store).await,
            "backup" => {
                let file = store.file().unwrap();
                store.backup(&file.with_file_name("copy")).await.unwrap();
            }
            "one-by-one" => {
                for number in 0..count {
                    write(&store, number).await;
                }
            }
            _ => drop(join_all((0..count).map(|number| write(&store, number))).await),
        }
    });
}

async fn write(store: &Store, number: usize) {
    let value = vec![1; 100];
    store
        .set(&bot("t", "b"), &number.to_string(), value, &forever())
        .await
        .unwrap();
}

/// Never ends.
async fn load(store: &Store) {
    let tasks = (0..16).map(|task| async move {
        let here = bot("t", &format!("b{}", task % 4));
        let process = std::process::id();
        for number in 0_u64.. {
            let key = format!("{process}-{task}-{number}");
            let value = key.repeat(20).into_bytes();
            store.set(&here, &key, value, &forever()).await.unwrap();
            // One call of the system for each line, so that no line is cut.
            println!("acknowledged {} {key}", here.bot);
        }
    });
    join_all(tasks).await;
}

/// Never ends.
async fn load_documents(store: &Store) {
    let tasks = (0..8).map(|task| async move {
        let here = bot("t", &format!("b{}", task % 2));
        let process = std::process::id();
        for number in 0_u64.. {
            let ids = ["a", "b"].map(|part| format!("{process}-{task}-{number}-{part}"));
            let documents = ids.each_ref().map(|id| document(id, &id.repeat(200)));
            store
                .put_documents(&here, documents.to_vec(), &forever())
                .await
                .unwrap();
            for id in ids {
                println!("acknowledged {id}");
            }
        }
    });
    join_all(tasks).await;
}
