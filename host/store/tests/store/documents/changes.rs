//! What an index of a collection learns: what has changed, what is gone, and when it must begin anew.

use std::{collections::BTreeMap, time::Duration};

use ravenry_store::{CollectionState, Scope, Store, WritePolicy};

use super::{document, ids, put, recount::recount};
use crate::bench::{Bench, bot, forever, over_both};

over_both! {
    changes_come_in_pages_each_once
    removal_is_told
    what_expires_between_two_looks_is_gone
    a_collection_that_was_empty_says_so
    an_index_that_follows_the_rules_is_right
    what_waits_together_is_done_in_its_order
}

/// As whoever searches holds one: by their numbers, the identifiers, texts and vectors.
#[derive(Debug, Default)]
pub struct Index {
    pub revision: u64,
    pub documents: BTreeMap<u64, Entry>,
}

#[derive(Debug)]
pub struct Entry {
    pub id: String,
    pub text: String,
    pub vectors: Vec<u8>,
    pub expires: Option<std::time::SystemTime>,
}

impl Index {
    /// By the rules of `CollectionState`.
    pub async fn follow(&mut self, store: &Store, here: &Scope, bytes_max: usize) {
        let state = store.collection(here).await.unwrap();
        if state.revision == self.revision {
            return;
        }
        if state.revision < self.revision {
            *self = Self::default();
        }
        let mut after = self.revision;
        loop {
            let page = store.documents_since(here, after, bytes_max).await.unwrap();
            let Some(last) = page.last() else {
                break;
            };
            assert!(last.revision > after);
            after = last.revision;
            for document in page {
                let entry = Entry {
                    id: document.info.id,
                    text: document.text,
                    vectors: document.vectors,
                    expires: document.info.expires,
                };
                self.documents.insert(document.info.number, entry);
            }
        }
        let now = store.now();
        let live = self.documents.values();
        let live = live.filter(|entry| entry.expires.is_none_or(|expires| expires > now));
        if self.revision < state.removed || live.count() as u64 != state.documents {
            let numbers = store.document_numbers(here).await.unwrap();
            self.documents
                .retain(|number, _| numbers.binary_search(number).is_ok());
        }
        self.revision = state.revision;
    }
}

/// What was put again for a time that was over before an index looked is not what that index still has.
async fn what_expires_between_two_looks_is_gone(bench: &Bench) {
    let store = bench.store().await;
    let here = bot("t", "b");
    put(&store, &here, &["a", "b"]).await;
    let mut index = Index::default();
    index.follow(&store, &here, 100_000).await;
    assert_eq!(index.documents.len(), 2);
    let soon = WritePolicy {
        ttl: Some(Duration::from_millis(1)),
        ..WritePolicy::default()
    };
    let again = vec![document("b", "for a moment")];
    store.put_documents(&here, again, &soon).await.unwrap();
    bench.advance(Duration::from_secs(1));
    index.follow(&store, &here, 100_000).await;
    let left: Vec<&str> = index
        .documents
        .values()
        .map(|entry| &entry.id[..])
        .collect();
    assert_eq!(left, ["a"]);
}

async fn changes_come_in_pages_each_once(bench: &Bench) {
    let store = bench.store().await;
    let here = bot("t", "b");
    // One call puts all of these.
    put(&store, &here, &["c", "a", "e", "b", "d"]).await;
    put(&store, &here, &["a", "f"]).await;
    for (bytes_max, longest) in [
        (0, 1),
        (1, 1),
        (2 * 258, 2),
        (3 * 258 + 1, 3),
        (usize::MAX, 6),
    ] {
        let (mut found, mut after) = (Vec::new(), 0);
        loop {
            let page = store
                .documents_since(&here, after, bytes_max)
                .await
                .unwrap();
            assert!(page.len() <= longest);
            let Some(last) = page.last() else {
                break;
            };
            after = last.revision;
            found.extend(page.into_iter().map(|document| document.info.id));
        }
        assert_eq!(
            found,
            ["c", "e", "b", "d", "a", "f"],
            "pages of {bytes_max}"
        );
        assert_eq!(after, store.collection(&here).await.unwrap().revision);
    }
    let far = store.documents_since(&here, u64::MAX, 1).await.unwrap();
    assert_eq!(far, []);
    // A page is bounded by its count, too.
    for part in 0..5 {
        let some = (0..250).map(|number| document(&format!("{part}-{number}"), ""));
        store
            .put_documents(&here, some.collect(), &forever())
            .await
            .unwrap();
    }
    let page = store.documents_since(&here, 0, usize::MAX).await.unwrap();
    assert_eq!(page.len(), 1_000);
}

async fn removal_is_told(bench: &Bench) {
    let store = bench.store().await;
    let here = bot("t", "b");
    put(&store, &here, &["a", "b", "c"]).await;
    let first = store.collection(&here).await.unwrap();
    // What was not there is no change.
    store.remove_documents(&here, &["none"]).await.unwrap();
    assert_eq!(store.collection(&here).await.unwrap(), first);
    store.remove_documents(&here, &["b"]).await.unwrap();
    let second = store.collection(&here).await.unwrap();
    assert!(second.revision > first.revision);
    assert_eq!(second.removed, second.revision);
    put(&store, &here, &["d"]).await;
    let third = store.collection(&here).await.unwrap();
    assert!(third.revision > second.revision);
    assert_eq!(third.removed, second.removed);
    assert_eq!(store.document_numbers(&here).await.unwrap().len(), 3);
}

async fn a_collection_that_was_empty_says_so(bench: &Bench) {
    let store = bench.store().await;
    let here = bot("t", "b");
    put(&store, &here, &["a", "b"]).await;
    let first = store.collection(&here).await.unwrap();
    assert_eq!(store.clear_documents(&here).await.unwrap(), 2);
    let none = CollectionState::default();
    assert_eq!(store.collection(&here).await.unwrap(), none);
    put(&store, &here, &["a"]).await;
    let second = store.collection(&here).await.unwrap();
    assert!(second.removed > first.revision);
    assert!(second.revision >= second.removed);
}

async fn an_index_that_follows_the_rules_is_right(bench: &Bench) {
    let store = bench.store().await;
    let here = bot("t", "b");
    let mut index = Index::default();
    for step in 0..60_usize {
        match step % 7 {
            0..=2 => {
                put(
                    &store,
                    &here,
                    &[&(step % 5).to_string(), &format!("n{step}")],
                )
                .await;
            }
            3 => {
                let id = format!("n{}", step - 2);
                store.remove_documents(&here, &[&id]).await.unwrap();
            }
            4 if step % 3 == 0 => {
                store.clear_documents(&here).await.unwrap();
            }
            _ => {
                let changed = document("0", &format!("text {step}"));
                store
                    .put_documents(&here, vec![changed], &forever())
                    .await
                    .unwrap();
            }
        }
        // Not after each change.
        if step % 4 != 1 {
            index.follow(&store, &here, 600).await;
            let mut known: Vec<&str> = index
                .documents
                .values()
                .map(|entry| &entry.id[..])
                .collect();
            known.sort_unstable();
            assert_eq!(known, ids(&store, &here).await, "after step {step}");
        }
    }
}

/// In one transaction, where the collection is gone in between.
async fn what_waits_together_is_done_in_its_order(bench: &Bench) {
    let store = bench.store().await;
    let here = bot("t", "b");
    put(&store, &here, &["before"]).await;
    for round in 0..10 {
        let first = store.collection(&here).await.unwrap();
        let key = format!("k{round}");
        let policy = forever();
        let ((), cleared, (), set, ()) = tokio::join!(
            put(&store, &here, &["a", "b"]),
            store.clear_documents(&here),
            put(&store, &here, &["c"]),
            store.set(&here, &key, Vec::new(), &policy),
            put(&store, &here, &["d", "c"]),
        );
        set.unwrap();
        assert_eq!(cleared.unwrap(), if round == 0 { 3 } else { 4 });
        assert_eq!(ids(&store, &here).await, ["c", "d"]);
        let second = store.collection(&here).await.unwrap();
        assert!(second.removed > first.revision);
        assert!(second.revision > second.removed);
        assert_eq!((second.documents, second.bytes), (2, 2 * 258));
        let usage = store.usage("t").await.unwrap();
        assert_eq!(usage.keys, 2 + round + 1);
    }
    recount(bench).await;
}
