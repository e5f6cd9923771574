//! Vectors: those of the text that is there, for those whose it is, and told to whoever holds an index.

mod bounds;

use std::time::Duration;

use ravenry_store::{
    Bucket, DocumentFormat, DocumentVectors, DocumentVersion, NewDocument, Scope, Store,
    StoredDocument, WritePolicy,
};

use super::{changes::Index, document, put, recount::recount};
use crate::bench::{Bench, bot, forever, over_both, scope};

over_both! {
    what_is_set_is_there
    what_has_changed_meanwhile_is_left_alone
    another_document_loses_them
    an_index_sees_them
    documents_of_another_model_are_found
    others_set_nothing
    what_has_expired_is_not_there
    writes_that_wait_together
}

async fn stored(store: &Store, here: &Scope) -> Vec<StoredDocument> {
    store.documents_since(here, 0, usize::MAX).await.unwrap()
}

fn vectors(document: &StoredDocument, model: &[u8], vectors: &[u8]) -> DocumentVectors {
    DocumentVectors {
        number: document.info.number,
        revision: document.revision,
        model: model.to_vec(),
        vectors: vectors.to_vec(),
    }
}

/// Gives all documents that are there vectors of this model.
async fn give(store: &Store, here: &Scope, model: &[u8]) {
    let all = stored(store, here).await;
    let given: Vec<_> = all.iter().map(|one| vectors(one, model, b"vvv")).collect();
    let count = store.set_vectors(here, &given).await.unwrap();
    assert_eq!(count, all.len() as u64);
}

/// The identifiers of documents with what they have, in the order of their numbers.
async fn held(store: &Store, here: &Scope) -> Vec<(String, Vec<u8>, Vec<u8>)> {
    let mut all = stored(store, here).await;
    all.sort_by_key(|document| document.info.number);
    let all = all.into_iter();
    all.map(|document| (document.info.id, document.model, document.vectors))
        .collect()
}

fn holds(id: &str, model: &[u8], vectors: &[u8]) -> (String, Vec<u8>, Vec<u8>) {
    (id.to_owned(), model.to_vec(), vectors.to_vec())
}

async fn what_is_set_is_there(bench: &Bench) {
    let store = bench.store().await;
    let here = bot("t", "b");
    assert_eq!(store.set_vectors(&here, &[]).await.unwrap(), 0);
    put(&store, &here, &["a", "b", "c"]).await;
    let before = stored(&store, &here).await;
    let state = store.collection(&here).await.unwrap();
    let usage = store.usage("t").await.unwrap();
    // In any order; of what comes twice, the last counts.
    let given = [
        vectors(&before[2], b"\0m\xff", b"\0v\xff"),
        vectors(&before[0], b"m", b"old"),
        vectors(&before[0], b"m", b""),
    ];
    assert_eq!(store.set_vectors(&here, &given).await.unwrap(), 2);
    let expected = [
        holds("a", b"m", b""),
        holds("b", b"", b""),
        holds("c", b"\0m\xff", b"\0v\xff"),
    ];
    assert_eq!(held(&store, &here).await, expected);
    // All else is as it was, but for the revisions.
    for old in &before {
        let new = store.document(&here, old.info.number).await.unwrap();
        let new = new.unwrap();
        let is_changed = old.info.id != "b";
        assert_eq!(new.revision > state.revision, is_changed);
        let mut as_before = new.clone();
        as_before.revision = old.revision;
        (as_before.model, as_before.vectors) = (Vec::new(), Vec::new());
        assert_eq!(as_before, *old);
        let all = stored(&store, &here).await;
        assert!(all.contains(&new));
    }
    let after = store.collection(&here).await.unwrap();
    assert!(after.revision > state.revision);
    assert_eq!(after.removed, state.removed);
    assert_eq!(
        (after.documents, after.bytes),
        (state.documents, state.bytes)
    );
    assert_eq!(store.usage("t").await.unwrap(), usage);
    let numbers = store.document_numbers(&here).await.unwrap();
    assert_eq!(numbers.len(), 3);
    recount(bench).await;
}

async fn what_has_changed_meanwhile_is_left_alone(bench: &Bench) {
    let store = bench.store().await;
    let here = bot("t", "b");
    put(&store, &here, &["same", "changed", "gone", "back"]).await;
    let before = stored(&store, &here).await;
    let given: Vec<_> = before.iter().map(|one| vectors(one, b"m", b"v")).collect();
    store
        .put_documents(&here, vec![document("changed", "new")], &forever())
        .await
        .unwrap();
    store
        .remove_documents(&here, &["gone", "back"])
        .await
        .unwrap();
    put(&store, &here, &["back"]).await;
    assert_eq!(store.set_vectors(&here, &given).await.unwrap(), 1);
    let expected = [
        holds("same", b"m", b"v"),
        holds("changed", b"", b""),
        holds("back", b"", b""),
    ];
    assert_eq!(held(&store, &here).await, expected);
    // The same is of an older revision by now; and nothing that is left alone is a change.
    let state = store.collection(&here).await.unwrap();
    assert_eq!(store.set_vectors(&here, &given).await.unwrap(), 0);
    // A revision is of one number.
    let now = stored(&store, &here).await;
    let mut crossed = vectors(&now[0], b"m", b"v");
    crossed.number = now[1].info.number;
    let mut far = vectors(&now[0], b"m", b"v");
    far.revision = u64::MAX;
    let wrong = [crossed, far];
    assert_eq!(store.set_vectors(&here, &wrong).await.unwrap(), 0);
    assert_eq!(store.collection(&here).await.unwrap(), state);
    assert_eq!(held(&store, &here).await, expected);
    assert_eq!(store.document(&here, u64::MAX).await.unwrap(), None);
    assert_eq!(store.document(&here, 0).await.unwrap(), None);
}

async fn another_document_loses_them(bench: &Bench) {
    let store = bench.store().await;
    let here = bot("t", "b");
    let same = document("a", "text");
    let of = |change: fn(&mut NewDocument)| {
        let mut document = same.clone();
        change(&mut document);
        document
    };
    for (changed, is_kept) in [
        (same.clone(), true),
        (of(|it| "s".clone_into(&mut it.source)), true),
        (of(|it| it.digest = vec![7]), true),
        (of(|it| "tex".clone_into(&mut it.text)), false),
        (of(|it| "texT".clone_into(&mut it.text)), false),
        (of(|it| "t".clone_into(&mut it.title)), false),
        (of(|it| it.format = DocumentFormat::Markdown), false),
    ] {
        store.clear_documents(&here).await.unwrap();
        let first = vec![same.clone()];
        store.put_documents(&here, first, &forever()).await.unwrap();
        give(&store, &here, b"m").await;
        let again = vec![changed.clone()];
        store.put_documents(&here, again, &forever()).await.unwrap();
        let expected = if is_kept {
            holds("a", b"m", b"vvv")
        } else {
            holds("a", b"", b"")
        };
        assert_eq!(held(&store, &here).await, [expected], "{changed:?}");
    }
}

async fn an_index_sees_them(bench: &Bench) {
    let store = bench.store().await;
    let here = bot("t", "b");
    put(&store, &here, &["a", "b"]).await;
    let mut index = Index::default();
    index.follow(&store, &here, usize::MAX).await;
    assert!(index.documents.values().all(|one| one.vectors.is_empty()));
    let all = stored(&store, &here).await;
    let one = [vectors(&all[1], b"m", b"v")];
    let before = store.collection(&here).await.unwrap();
    store.set_vectors(&here, &one).await.unwrap();
    let changed = store.documents_since(&here, before.revision, usize::MAX);
    let changed = changed.await.unwrap();
    assert_eq!(changed.len(), 1);
    let after = store.collection(&here).await.unwrap();
    assert_eq!(changed[0].revision, after.revision);
    index.follow(&store, &here, usize::MAX).await;
    let known = index.documents.values();
    let known: Vec<_> = known.map(|one| (&one.id[..], &one.vectors[..])).collect();
    assert_eq!(known, [("a", &b""[..]), ("b", &b"v"[..])]);
}

async fn documents_of_another_model_are_found(bench: &Bench) {
    let store = bench.store().await;
    let here = bot("t", "b");
    // Their numbers are in another order than their identifiers.
    put(&store, &here, &["d", "c", "b", "a"]).await;
    let all = stored(&store, &here).await;
    let given = [vectors(&all[0], b"m", b"v"), vectors(&all[2], b"n", b"v")];
    store.set_vectors(&here, &given).await.unwrap();
    for (model, expected) in [
        (&b"m"[..], &["c", "b", "a"][..]),
        (b"n", &["d", "c", "a"]),
        (b"mm", &["d", "c", "b", "a"]),
        (b"", &["d", "b"]),
    ] {
        for most in [0, 1, 2, 9] {
            let found = store.documents_without(&here, model, most).await.unwrap();
            let mut ids = Vec::new();
            for one in found {
                let whole = store.document(&here, one.number).await.unwrap().unwrap();
                let version = DocumentVersion {
                    number: whole.info.number,
                    revision: whole.revision,
                    bytes: whole.info.bytes,
                };
                assert_eq!(one, version);
                ids.push(whole.info.id);
            }
            assert_eq!(ids, &expected[..expected.len().min(most.max(1))]);
        }
    }
    // As the task does it that computes them.
    let mut rounds = 0;
    loop {
        let without = store.documents_without(&here, b"new", 3).await.unwrap();
        if without.is_empty() {
            break;
        }
        let given = without.iter().map(|one| DocumentVectors {
            number: one.number,
            revision: one.revision,
            model: b"new".to_vec(),
            vectors: Vec::new(),
        });
        let given: Vec<_> = given.collect();
        store.set_vectors(&here, &given).await.unwrap();
        rounds += 1;
    }
    assert_eq!(rounds, 2);
}

async fn others_set_nothing(bench: &Bench) {
    let store = bench.store().await;
    let user = |id: &str| Bucket::User(id.to_owned());
    let here = scope("t", "b", user("u"));
    // Tenants count for themselves: the first documents of all of them have the same numbers.
    put(&store, &here, &["1", "2", "3", "4", "a"]).await;
    let first = ["1", "2", "3", "4"];
    store.remove_documents(&here, &first).await.unwrap();
    let all = stored(&store, &here).await;
    let given = [vectors(&all[0], b"m", b"v")];
    for other in [
        bot("t", "b"),
        scope("t", "c", user("u")),
        scope("s", "b", user("u")),
        scope("t", "b", user("w")),
        scope("t", "b", Bucket::Conversation("u".to_owned())),
    ] {
        assert_eq!(store.set_vectors(&other, &given).await.unwrap(), 0);
        // What is theirs comes to nothing here.
        put(&store, &other, &["a"]).await;
        assert_eq!(store.set_vectors(&other, &given).await.unwrap(), 0);
        give(&store, &other, b"m").await;
        let mine = store.document(&other, all[0].info.number).await.unwrap();
        assert_eq!(mine, None);
    }
    assert_eq!(stored(&store, &here).await, all);
    let without = store.documents_without(&here, b"m", 9).await.unwrap();
    assert_eq!(without.len(), 1);
}

async fn what_has_expired_is_not_there(bench: &Bench) {
    let store = bench.store().await;
    let here = bot("t", "b");
    let hour = Duration::from_hours(1);
    let policy = WritePolicy {
        ttl: Some(hour),
        ..forever()
    };
    let one = vec![document("a", "a")];
    store.put_documents(&here, one, &policy).await.unwrap();
    give(&store, &here, b"m").await;
    let all = stored(&store, &here).await;
    // Vectors do not make it stay longer.
    assert_eq!(all[0].info.expires, Some(bench.now() + hour));
    let given = [vectors(&all[0], b"n", b"v")];
    bench.advance(hour);
    let number = all[0].info.number;
    assert_eq!(store.set_vectors(&here, &given).await.unwrap(), 0);
    assert_eq!(store.document(&here, number).await.unwrap(), None);
    assert_eq!(store.documents_without(&here, b"n", 9).await.unwrap(), []);
}

/// In one transaction, what comes later sees what came before.
async fn writes_that_wait_together(bench: &Bench) {
    let store = bench.store().await;
    let here = bot("t", "b");
    for _ in 0..10 {
        put(&store, &here, &["a", "b", "c"]).await;
        let all = stored(&store, &here).await;
        let given: Vec<_> = all.iter().map(|one| vectors(one, b"m", b"v")).collect();
        let changed = vec![document("a", "changed")];
        let policy = forever();
        let (done, removed, first, second) = tokio::join!(
            store.put_documents(&here, changed, &policy),
            store.remove_documents(&here, &["b"]),
            store.set_vectors(&here, &given),
            store.set_vectors(&here, &given),
        );
        done.unwrap();
        assert_eq!(removed.unwrap(), 1);
        assert_eq!((first.unwrap(), second.unwrap()), (1, 0));
        let found = held(&store, &here).await;
        assert_eq!(found, [holds("a", b"", b""), holds("c", b"m", b"v")]);
        store.clear_documents(&here).await.unwrap();
    }
    recount(bench).await;
}
