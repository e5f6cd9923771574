//! A process that is killed under load, beside one that lives on: all that either had acknowledged is there, and
//! the books are right.

use std::io::{BufRead as _, BufReader};

use ravenry_store::{BucketFilter, EntryFilter};

use crate::{
    bench::{Bench, bot, forever, over_both},
    child::{Work, command},
};

over_both! {
    what_was_acknowledged_survives_a_kill
}

async fn what_was_acknowledged_survives_a_kill(bench: &Bench) {
    // Another process on the same database, which lives on.
    let witness = bench.store().await;
    let (here, policy, mut seen) = (bot("w", "b"), forever(), 0);
    let mut acknowledged = Vec::new();
    for round in 1..=3_usize {
        let mut child = command(&bench.database, Work::Load, &[]).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut count = 0;
        for line in lines {
            let line = line.unwrap();
            // The harness of the tests writes lines of its own.
            let Some(line) = line.split_once("acknowledged ").map(|(_, rest)| rest) else {
                continue;
            };
            let (name, key) = line.split_once(' ').unwrap();
            acknowledged.push((name.to_owned(), key.to_owned()));
            count += 1;
            if count % 10 == 0 {
                witness.increment(&here, "n", 1, &policy).await.unwrap();
                seen += 1;
            }
            // In the middle of its work; what it has printed until then is still read.
            if count == 150 * round {
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
        assert!(count >= 150 * round);
        let store = bench.store().await;
        for (name, key) in &acknowledged {
            let value = store.get(&bot("t", name), key).await.unwrap();
            assert_eq!(value, Some(key.repeat(20).into_bytes()), "{name} {key}");
        }
        let sum = store.get(&here, "n").await.unwrap().unwrap();
        assert_eq!(sum, seen.to_string().into_bytes());
        let usage = store.usage("t").await.unwrap();
        let filter = EntryFilter {
            tenant: "t".to_owned(),
            bot: None,
            buckets: BucketFilter::All,
        };
        let (mut keys, mut bytes, mut after) = (0, 0, None);
        loop {
            let page = store.entries(&filter, after.as_ref(), 1_000).await.unwrap();
            let Some(last) = page.last() else {
                break;
            };
            after = Some(last.place.clone());
            keys += page.len() as u64;
            bytes += page.iter().map(|info| info.bytes).sum::<u64>();
        }
        assert_eq!((keys, bytes), (usage.keys, usage.bytes));
        assert!(keys >= acknowledged.len() as u64);
        store
            .set(&bot("t", "b"), "after", Vec::new(), &forever())
            .await
            .unwrap();
        store.delete(&bot("t", "b"), "after").await.unwrap();
        store.close().await;
    }
}
