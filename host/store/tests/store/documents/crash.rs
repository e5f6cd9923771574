//! A process that is killed while it puts documents: all that it had acknowledged is there, and the books are right.

use std::{
    collections::BTreeSet,
    io::{BufRead as _, BufReader},
};

use super::all;
use crate::{
    bench::{Bench, bot, over_both},
    child::{Work, command},
};

over_both! {
    what_was_acknowledged_survives_a_kill
}

async fn what_was_acknowledged_survives_a_kill(bench: &Bench) {
    let store = bench.store().await;
    let mut acknowledged = BTreeSet::new();
    for round in 1..=2_usize {
        let mut child = command(&bench.database, Work::Documents, &[])
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut count = 0;
        for line in lines {
            let line = line.unwrap();
            // The harness of the tests writes lines of its own.
            let Some((_, id)) = line.split_once("acknowledged ") else {
                continue;
            };
            acknowledged.insert(id.to_owned());
            count += 1;
            // In the middle of its work; what it has printed until then is still read.
            if count == 60 * round {
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
        assert!(count >= 60 * round);
        let (mut found, mut usage) = (BTreeSet::new(), (0, 0));
        for name in ["b0", "b1"] {
            let here = bot("t", name);
            let state = store.collection(&here).await.unwrap();
            let documents = all(&store, &here).await;
            assert_eq!(documents.len() as u64, state.documents);
            usage = (usage.0 + state.documents, usage.1 + state.bytes);
            let (mut after, mut bytes) = (0, 0);
            loop {
                let page = store.documents_since(&here, after, 100_000).await.unwrap();
                let Some(last) = page.last() else {
                    break;
                };
                after = last.revision;
                for document in page {
                    assert_eq!(document.text, document.info.id.repeat(200));
                    bytes += 256 + document.info.bytes + document.info.id.len() as u64;
                }
            }
            assert_eq!((after, bytes), (state.revision, state.bytes));
            found.extend(documents.into_iter().map(|info| info.id));
        }
        let usage_found = store.usage("t").await.unwrap();
        assert_eq!((usage_found.keys, usage_found.bytes), usage);
        assert!(found.is_superset(&acknowledged));
    }
}
