//! Opening: what is newer, damaged or of others is refused and stays as it is.

use std::{
    fs, io,
    os::unix::{fs::symlink, net::UnixListener},
    path::Path,
    process::Command,
};

use futures_util::future::join_all;
use ravenry_store::{Database, OpenError, SCHEMA_VERSION, Settings, Store, Tables};

use crate::bench::{Bench, bot, forever, over_both, runtime};

over_both! {
    what_a_newer_program_wrote_is_refused
    a_look_makes_nothing_and_changes_nothing
    many_may_open_an_empty_database_at_once
    an_open_store_answers
}

async fn a_look_makes_nothing_and_changes_nothing(bench: &Bench) {
    let looking = Settings {
        tables: Tables::AsTheyAre,
        ..bench.settings()
    };
    for _ in 0..2 {
        let looked = Store::open(&bench.database, looking.clone()).await;
        assert!(matches!(looked, Err(OpenError::Missing)), "{looked:?}");
    }
    let store = bench.store().await;
    let here = bot("t", "b");
    let value = b"v".to_vec();
    store
        .set(&here, "k", value.clone(), &forever())
        .await
        .unwrap();
    let looked = Store::open(&bench.database, looking).await.unwrap();
    assert_eq!(looked.get(&here, "k").await.unwrap(), Some(value));
}

async fn what_a_newer_program_wrote_is_refused(bench: &Bench) {
    let store = bench.store().await;
    let here = bot("t", "b");
    store
        .set(&here, "k", b"v".to_vec(), &forever())
        .await
        .unwrap();
    store.close().await;
    bench
        .sql("UPDATE ravenry_schema SET version = version + 41")
        .await;
    let before = files(bench);
    let refused = Store::open(&bench.database, bench.settings()).await;
    let error = refused.expect_err("it must not be used");
    let newer = SCHEMA_VERSION + 41;
    assert!(matches!(error, OpenError::Newer { found, known: SCHEMA_VERSION } if found == newer));
    let text = format!(
        "the data is of version {newer}, and this program knows versions up to {SCHEMA_VERSION}"
    );
    assert_eq!(error.to_string(), text);
    assert_eq!(files(bench), before);
    bench
        .sql("UPDATE ravenry_schema SET version = version - 41")
        .await;
    let store = bench.store().await;
    assert_eq!(store.get(&here, "k").await.unwrap().unwrap(), b"v");
}

async fn many_may_open_an_empty_database_at_once(bench: &Bench) {
    let stores = join_all((0..8).map(|_| bench.store())).await;
    let here = bot("t", "b");
    let policy = forever();
    let counts = stores
        .iter()
        .map(|store| store.increment(&here, "n", 1, &policy));
    for count in join_all(counts).await {
        count.unwrap();
    }
    assert_eq!(stores[0].get(&here, "n").await.unwrap().unwrap(), b"8");
    // Drafts of those that came second are gone.
    assert!(files(bench).iter().all(|(name, _)| !name.contains("draft")));
}

async fn an_open_store_answers(bench: &Bench) {
    let store = bench.store().await;
    store.ping().await.unwrap();
    store.clone().close().await;
    store.ping().await.unwrap_err();
    let closed = store.set(&bot("t", "b"), "k", Vec::new(), &forever()).await;
    closed.unwrap_err();
}

/// The files of a test, by name, without the index of the log, which holds locks and no data.
fn files(bench: &Bench) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(bench.directory.path()).unwrap();
    let read = |entry: fs::DirEntry| {
        let name = entry.file_name().into_string().unwrap();
        (name, fs::read(entry.path()).unwrap())
    };
    let mut files: Vec<_> = entries.map(|entry| read(entry.unwrap())).collect();
    files.retain(|(name, content)| {
        !(name.ends_with("-shm") || name.ends_with("-wal") && content.is_empty())
    });
    files.sort();
    files
}

/// A database with some pages, closed in order.
async fn filled(bench: &Bench) -> Vec<u8> {
    let store = bench.store().await;
    for number in 0..200 {
        let here = bot("t", &format!("b{}", number % 5));
        let value = vec![7; number * 20];
        store
            .set(&here, &number.to_string(), value, &forever())
            .await
            .unwrap();
    }
    store.close().await;
    fs::read(path(bench)).unwrap()
}

fn path(bench: &Bench) -> &Path {
    let Database::Sqlite(path) = &bench.database else {
        panic!("no file");
    };
    path
}

/// Refuses a file with this content, and leaves it byte for byte.
async fn refuses(bench: &Bench, what: &str, content: &[u8]) -> OpenError {
    fs::write(path(bench), content).unwrap();
    let before = files(bench);
    let refused = Store::open(&bench.database, bench.settings()).await;
    let Err(error) = refused else {
        panic!("opened: {what}");
    };
    assert_eq!(files(bench), before, "{what}");
    error
}

#[test]
fn damaged_files_are_refused_and_left() {
    runtime().block_on(async {
        let bench = Bench::sqlite();
        let whole = filled(&bench).await;
        let page = 4_096;
        assert!(whole.len() > 30 * page);
        let mut cases = vec![
            ("empty", Vec::new()),
            (
                "text",
                b"this is no database, whatever its name says".repeat(100),
            ),
            ("zeros", vec![0; 8 * page]),
            ("cut in a page", whole[..whole.len() - 100].to_vec()),
            ("half", whole[..whole.len() / 2 / page * page].to_vec()),
            ("header alone", whole[..100].to_vec()),
        ];
        for at in [0, 20, 105, page + 3, 5 * page, 12 * page] {
            let mut torn = whole.clone();
            for byte in &mut torn[at..at + 60] {
                *byte ^= 0x5a;
            }
            cases.push(("torn", torn));
        }
        for (what, content) in cases {
            let error = refuses(&bench, what, &content).await;
            assert!(
                matches!(error, OpenError::Damaged { .. }),
                "{what}: {error:?}"
            );
            assert!(error.to_string().contains("is damaged"), "{error}");
        }
        // The whole one still opens.
        fs::write(path(&bench), &whole).unwrap();
        let store = bench.store().await;
        assert_eq!(
            store
                .get(&bot("t", "b1"), "1")
                .await
                .unwrap()
                .unwrap()
                .len(),
            20
        );
    });
}

#[test]
fn databases_of_others_are_refused_and_left() {
    runtime().block_on(async {
        let bench = Bench::sqlite();
        // A database with one table, as another program makes it.
        filled(&bench).await;
        bench.sql("DROP TABLE ravenry_schema").await;
        let other = fs::read(path(&bench)).unwrap();
        let error = refuses(&bench, "of another program", &other).await;
        assert!(matches!(error, OpenError::Foreign { .. }), "{error:?}");
    });
}

/// What stands in the place of the file is said, not what becomes of opening it. Nothing is made through a link.
#[test]
fn what_is_no_file_is_refused_as_what_it_is() {
    runtime().block_on(async {
        let bench = Bench::sqlite();
        let directory = bench.directory.path();
        let gone = directory.join("mounted/store.sqlite");
        let place = |name: &str| directory.join(name);
        symlink(&gone, place("link")).unwrap();
        symlink("link", place("link to it")).unwrap();
        fs::create_dir(place("directory")).unwrap();
        symlink("directory", place("link to a directory")).unwrap();
        let made = Command::new("mkfifo").arg(place("pipe")).status().unwrap();
        assert!(made.success());
        let _socket = UnixListener::bind(place("socket")).unwrap();
        let before = fs::read_dir(directory).unwrap().count();
        let to = format!(
            "it is a link to `{}`, and there is no such file",
            gone.display()
        );
        for (name, kind, why) in [
            ("link", io::ErrorKind::NotFound, to.as_str()),
            ("link to it", io::ErrorKind::NotFound, &to),
            (
                "directory",
                io::ErrorKind::IsADirectory,
                "it is a directory, and no file",
            ),
            (
                "link to a directory",
                io::ErrorKind::IsADirectory,
                "it is a directory, and no file",
            ),
            (
                "pipe",
                io::ErrorKind::InvalidInput,
                "it is a named pipe, and no file",
            ),
            (
                "socket",
                io::ErrorKind::InvalidInput,
                "it is a socket, and no file",
            ),
        ] {
            for tables in [Tables::Made, Tables::AsTheyAre] {
                let settings = Settings {
                    tables,
                    ..bench.settings()
                };
                let opened = Store::open(&Database::Sqlite(place(name)), settings).await;
                let Err(OpenError::File { cause, .. }) = opened else {
                    panic!("{name}: {opened:?}");
                };
                assert_eq!((cause.kind(), cause.to_string().as_str()), (kind, why));
            }
        }
        assert_eq!(fs::read_dir(directory).unwrap().count(), before);
        // A link to a file that is there is as good as the file.
        drop(bench.store().await);
        symlink(path(&bench), place("good")).unwrap();
        let good = Database::Sqlite(place("good"));
        Store::open(&good, bench.settings()).await.unwrap();
    });
}

#[test]
fn what_cannot_be_a_file_is_refused() {
    runtime().block_on(async {
        let bench = Bench::sqlite();
        let directory = bench.directory.path();
        for path in [
            directory.join("none/file"),
            directory.to_owned(),
            Path::new("/").to_owned(),
        ] {
            let refused = Store::open(&Database::Sqlite(path), bench.settings()).await;
            refused.unwrap_err();
        }
        for url in [
            "",
            "mysql://localhost/x",
            "sqlite:x",
            "postgres",
            "postgres://:0:0",
        ] {
            let database = Database::Postgres(url.to_owned());
            let refused = Store::open(&database, bench.settings()).await;
            assert!(matches!(refused, Err(OpenError::Url { .. })), "{url}");
        }
    });
}

/// The file holds what users said: nobody else may read it.
#[cfg(unix)]
#[test]
fn the_file_is_for_this_user_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    runtime().block_on(async {
        let bench = Bench::sqlite();
        let store = bench.store().await;
        store
            .set(&bot("t", "b"), "k", Vec::new(), &forever())
            .await
            .unwrap();
        for (name, _) in files(&bench) {
            let mode = fs::metadata(bench.directory.path().join(&name)).unwrap();
            assert_eq!(mode.permissions().mode() & 0o777, 0o600, "{name}");
        }
    });
}
