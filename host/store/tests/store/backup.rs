//! Backups, while others write.

use std::{
    ffi::OsStr,
    fs,
    path::Path,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use ravenry_store::{BackupError, Database, Store};

use crate::{
    bench::{Bench, PATIENCE, all_keys, bot, forever, on_postgres, runtime},
    child::{self, Work},
};

#[test]
fn a_backup_is_one_state_of_the_store() {
    runtime().block_on(async {
        let bench = Bench::sqlite();
        let store = bench.store().await;
        let tasks = (0..4).map(|number| {
            let store = store.clone();
            tokio::spawn(async move {
                let here = bot("t", &format!("b{number}"));
                for round in 0..40_u8 {
                    let pair = ["left", "right"].map(|key| (key.to_owned(), vec![round; 5_000]));
                    store
                        .set_many(&here, pair.to_vec(), &forever())
                        .await
                        .unwrap();
                    store
                        .set(&here, &round.to_string(), vec![round; 100], &forever())
                        .await
                        .unwrap();
                }
            })
        });
        let tasks: Vec<_> = tasks.collect();
        let mut copies = Vec::new();
        for number in 0..3 {
            let path = bench.directory.path().join(format!("copy {number}"));
            store.backup(&path).await.unwrap();
            copies.push(path);
        }
        for task in join_all(tasks).await {
            task.unwrap();
        }
        for path in copies {
            let copy = Store::open(&Database::Sqlite(path), bench.settings())
                .await
                .unwrap();
            let mut keys = 0;
            for owner in copy.owners(None, 10).await.unwrap() {
                let here = bot(&owner.tenant, &owner.bot);
                let pair = copy.get_many(&here, &["left", "right"]).await.unwrap();
                assert_eq!(pair[0], pair[1]);
                keys += all_keys(&copy, &here, 10).await.len() as u64;
            }
            assert_eq!(copy.usage("t").await.unwrap().keys, keys);
            copy.set(&bot("t", "b"), "k", Vec::new(), &forever())
                .await
                .unwrap();
        }
    });
}

#[test]
fn a_backup_replaces_nothing() {
    runtime().block_on(async {
        let bench = Bench::sqlite();
        let store = bench.store().await;
        let path = bench.directory.path().join("copy");
        fs::write(&path, b"precious").unwrap();
        let refused = store.backup(&path).await;
        assert!(matches!(refused, Err(BackupError::Exists { .. })));
        assert_eq!(fs::read(&path).unwrap(), b"precious");
        let refused = store.backup(store.file().unwrap()).await;
        assert!(matches!(refused, Err(BackupError::Exists { .. })));
        let refused = store
            .backup(&bench.directory.path().join("none/copy"))
            .await;
        assert!(matches!(refused, Err(BackupError::File { .. })));
        let names = fs::read_dir(bench.directory.path()).unwrap();
        let drafts = names.filter(|entry| {
            let name = entry.as_ref().unwrap().file_name();
            name.to_str().unwrap().contains("draft")
        });
        assert_eq!(drafts.count(), 0);
    });
}

/// A process that is killed leaves what it has written. The next backup to the same place removes that.
#[test]
fn what_a_killed_backup_left_is_removed_by_the_next() {
    runtime().block_on(async {
        let bench = Bench::sqlite();
        let store = bench.store().await;
        // Enough that a copy takes longer than a look at the directory.
        for number in 0..60 {
            let key = number.to_string();
            let value = vec![7; 1024 * 1024];
            store
                .set(&bot("t", "b"), &key, value, &forever())
                .await
                .unwrap();
        }
        let path = bench.directory.path().join("copy");
        let names = || {
            let names = fs::read_dir(bench.directory.path()).unwrap();
            let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
            let mut names: Vec<_> = names.filter(|name| name.contains("copy")).collect();
            names.sort();
            names
        };
        let is_drafted = |names: &[String]| {
            let mut names = names.iter().map(Path::new);
            names.any(|name| name.extension() == Some(OsStr::new("draft")))
        };
        let mut child = child::command(&bench.database, Work::Backup, &[])
            .spawn()
            .unwrap();
        let begun = Instant::now();
        while !is_drafted(&names()) {
            assert!(begun.elapsed() < PATIENCE, "no draft is made");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let left = names();
        assert!(is_drafted(&left), "it was killed too late: {left:?}");
        store.backup(&path).await.unwrap();
        assert_eq!(names(), ["copy"]);
    });
}

/// Two at once to one place: one of them has it, and neither takes the draft of the other.
#[test]
fn of_two_backups_to_one_place_one_is_made() {
    runtime().block_on(async {
        let bench = Bench::sqlite();
        let store = bench.store().await;
        let path = bench.directory.path().join("copy");
        let backups = join_all((0..8).map(|_| store.backup(&path))).await;
        let made = backups.iter().filter(|backup| backup.is_ok()).count();
        assert_eq!(made, 1, "{backups:?}");
        let exists = |backup: &Result<(), BackupError>| {
            matches!(backup, Ok(()) | Err(BackupError::Exists { .. }))
        };
        assert!(backups.iter().all(exists), "{backups:?}");
        Store::open(&Database::Sqlite(path), bench.settings())
            .await
            .unwrap();
    });
}

#[test]
fn postgres_has_its_own_tool() {
    on_postgres(|bench| {
        Box::pin(async move {
            let store = bench.store().await;
            let error = store
                .backup(&bench.directory.path().join("copy"))
                .await
                .unwrap_err();
            assert!(error.to_string().contains("pg_dump"), "{error}");
        })
    });
}
