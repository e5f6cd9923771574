//! A disk that is full: an error that says so, reading goes on, and writing once there is room.
//!
//! On a file system of 4 MiB in memory, which root alone can mount.

use std::{fs, path::Path, process::Command};

use futures_util::future::{join, join_all};
use ravenry_store::{Database, Error, OpenError, Reason, Store};

use crate::bench::{Bench, all_keys, bot, forever, runtime, say};

/// A small file system; dropping it unmounts it.
struct Mount<'a>(&'a Path);

impl<'a> Mount<'a> {
    fn new(at: &'a Path) -> Option<Self> {
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=4m", "tmpfs"])
            .arg(at)
            .output();
        mount
            .is_ok_and(|done| done.status.success())
            .then_some(Self(at))
    }
}

impl Drop for Mount<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0).output();
    }
}

#[test]
fn a_full_disk_is_reported_and_outlived() {
    let bench = Bench::sqlite();
    let Some(mount) = Mount::new(bench.directory.path()) else {
        say("left out: a full disk (only root can mount a small file system)");
        return;
    };
    runtime().block_on(async {
        let ballast = mount.0.join("ballast");
        fs::write(&ballast, vec![1; 1024 * 1024]).unwrap();
        let store = bench.store().await;
        let (here, policy) = (bot("t", "b"), forever());
        let value = vec![7; 100_000];
        let mut written = Vec::new();
        let error = loop {
            let key = format!("{:03}", written.len());
            match store.set(&here, &key, value.clone(), &forever()).await {
                Ok(()) => written.push(key),
                Err(error) => break error,
            }
        };
        let Error::Unavailable(unavailable) = error else {
            panic!("{error:?}");
        };
        assert_eq!(unavailable.reason, Reason::DiskFull, "{unavailable:?}");
        assert_eq!(
            unavailable.to_string(),
            "the store is unavailable: the disk of the database is full"
        );
        assert!(written.len() > 5);
        // It goes on reading, and refusing.
        for _ in 0..3 {
            assert_eq!(all_keys(&store, &here, 7).await, written);
            assert_eq!(
                store.get(&here, &written[0]).await.unwrap(),
                Some(value.clone())
            );
            store.ping().await.unwrap();
            let refused = store.set(&here, "more", value.clone(), &forever()).await;
            assert!(
                matches!(refused, Err(Error::Unavailable(why)) if why.reason == Reason::DiskFull)
            );
        }
        // Nor is there room for another database: what was begun is removed.
        let other = Database::Sqlite(mount.0.join("other"));
        let refused = Store::open(&other, bench.settings()).await;
        assert!(matches!(
            refused,
            Err(OpenError::Unavailable(_) | OpenError::File { .. })
        ));
        assert!(store.backup(&mount.0.join("copy")).await.is_err());
        let names = fs::read_dir(mount.0)
            .unwrap()
            .map(|entry| entry.unwrap().file_name());
        let names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
        assert!(
            names
                .iter()
                .all(|name| name == "ballast" || name.starts_with("state")),
            "{names:?}"
        );
        // A little room: enough for the small ones, whatever waits beside them.
        fs::write(&ballast, vec![1; 1024 * 1024 - 262_144]).unwrap();
        let large = store.set(&here, "large", vec![7; 1_000_000], &policy);
        let small = (0..4).map(|number| {
            let here = bot("t", &format!("small {number}"));
            let (store, policy) = (&store, &policy);
            async move { store.set(&here, "k", vec![1], policy).await }
        });
        let (small, large) = join(join_all(small), large).await;
        assert!(matches!(large, Err(Error::Unavailable(why)) if why.reason == Reason::DiskFull));
        for done in small {
            done.unwrap();
        }
        fs::remove_file(&ballast).unwrap();
        store
            .set(&here, "more", value.clone(), &forever())
            .await
            .unwrap();
        written.push("more".to_owned());
        assert_eq!(all_keys(&store, &here, 100).await, written);
        store.close().await;
        let store = bench.store().await;
        assert_eq!(all_keys(&store, &here, 100).await, written);
        store.close().await;
    });
}
