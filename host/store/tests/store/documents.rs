//! Documents: what is put is there, once, for those whose it is, and nothing that is too much is taken.

mod bounds;
mod changes;
mod counts;
mod crash;
mod model;
mod recount;
mod upgrade;
mod vectors;

use ravenry_store::{
    Bounds, Bucket, CollectionState, DocumentFormat, DocumentInfo, DocumentOrigin, Error, Limit,
    NewDocument, Quota, Scope, Store, StoredDocument, WritePolicy,
};

use crate::bench::{Bench, bot, forever, over_both, scope};

over_both! {
    what_is_put_is_there_as_it_was
    putting_again_keeps_the_number_and_counts_once
    all_or_none
    removing_and_clearing
    pages_are_in_the_order_of_bytes
    others_see_nothing
    two_stores_see_the_same
}

/// A short document.
pub fn document(id: &str, text: &str) -> NewDocument {
    NewDocument {
        id: id.to_owned(),
        title: String::new(),
        source: String::new(),
        text: text.to_owned(),
        format: DocumentFormat::Plain,
        origin: DocumentOrigin::Added,
        digest: Vec::new(),
    }
}

pub async fn put(store: &Store, here: &Scope, ids: &[&str]) {
    let documents = ids.iter().map(|id| document(id, id)).collect();
    store
        .put_documents(here, documents, &forever())
        .await
        .unwrap();
}

pub async fn all(store: &Store, here: &Scope) -> Vec<DocumentInfo> {
    store.documents(here, None, 1_000).await.unwrap()
}

pub async fn ids(store: &Store, here: &Scope) -> Vec<String> {
    let all = all(store, here).await.into_iter();
    all.map(|info| info.id).collect()
}

async fn what_is_put_is_there_as_it_was(bench: &Bench) {
    let store = bench.store().await;
    let here = bot("t", "b");
    assert_eq!(
        store.collection(&here).await.unwrap(),
        CollectionState::default()
    );
    let given = NewDocument {
        id: "docs/a.md".to_owned(),
        title: "A\0 title 🦉".to_owned(),
        source: "https://example.org/a".to_owned(),
        text: "# A\n\0 text 🦉".to_owned(),
        format: DocumentFormat::Markdown,
        origin: DocumentOrigin::Manifest,
        digest: vec![0, 255, 7],
    };
    let count = 256 + 9 + 13 + 21 + given.text.len() + 3;
    store
        .put_documents(&here, vec![given.clone()], &forever())
        .await
        .unwrap();
    let stored = store.documents_since(&here, 0, 0).await.unwrap();
    let [
        StoredDocument {
            info,
            text,
            format,
            revision,
            model,
            vectors,
        },
    ] = &stored[..]
    else {
        panic!("{stored:?}");
    };
    assert_eq!((text, *format), (&given.text, given.format));
    assert!(model.is_empty() && vectors.is_empty());
    let expected = DocumentInfo {
        id: given.id,
        title: given.title,
        source: given.source,
        bytes: given.text.len() as u64,
        origin: given.origin,
        digest: given.digest,
        number: info.number,
        expires: None,
    };
    assert_eq!(*info, expected);
    assert_eq!(all(&store, &here).await, [expected]);
    assert_eq!(store.document_numbers(&here).await.unwrap(), [info.number]);
    let state = CollectionState {
        revision: *revision,
        removed: *revision,
        documents: 1,
        bytes: count as u64,
    };
    assert_eq!(store.collection(&here).await.unwrap(), state);
    let usage = store.usage("t").await.unwrap();
    assert_eq!((usage.keys, usage.bytes), (1, count as u64));
}

async fn putting_again_keeps_the_number_and_counts_once(bench: &Bench) {
    let store = bench.store().await;
    let here = bot("t", "b");
    put(&store, &here, &["a", "b"]).await;
    let first = all(&store, &here).await;
    assert!(first[0].number < first[1].number);
    let before = store.collection(&here).await.unwrap();
    let longer = vec![document("a", "aaaa"), document("a", "aaa")];
    store
        .put_documents(&here, longer, &forever())
        .await
        .unwrap();
    let second = all(&store, &here).await;
    assert_eq!(second[0].number, first[0].number);
    assert_eq!(second[0].bytes, 3);
    assert_eq!(second[1], first[1]);
    let after = store.collection(&here).await.unwrap();
    assert!(after.revision > before.revision);
    assert_eq!(after.removed, before.removed);
    assert_eq!(after.bytes, 2 * 257 + 3 + 1);
    assert_eq!(after.documents, 2);
    let usage = store.usage("t").await.unwrap();
    assert_eq!((usage.keys, usage.bytes), (2, after.bytes));
    // What was removed comes back as something new.
    assert_eq!(store.remove_documents(&here, &["a"]).await.unwrap(), 1);
    put(&store, &here, &["a"]).await;
    let third = all(&store, &here).await;
    assert!(third[0].number > first[1].number);
}

async fn all_or_none(bench: &Bench) {
    let store = bench.store().await;
    let here = bot("t", "b");
    let quota = Quota {
        bot: Bounds {
            bytes: 2_000,
            keys: 3,
        },
        tenant: Bounds {
            bytes: 3_000,
            keys: 4,
        },
        ..Quota::default()
    };
    let policy = WritePolicy { quota, ttl: None };
    let long = "x".repeat(1_500);
    store.set(&here, "k", Vec::new(), &policy).await.unwrap();
    for (documents, which, limit) in [
        (
            ["a", "b", "c"].map(|id| document(id, "")).to_vec(),
            Limit::BotKeys,
            3,
        ),
        (
            ["a", "b"].map(|id| document(id, &long)).to_vec(),
            Limit::BotBytes,
            2_000,
        ),
    ] {
        let refused = store.put_documents(&here, documents, &policy).await;
        let is_full = matches!(refused, Err(Error::Full { which: found, limit: bound })
            if found == which && bound == limit);
        assert!(is_full, "{refused:?}");
        assert_eq!(
            store.collection(&here).await.unwrap(),
            CollectionState::default()
        );
        assert_eq!(store.usage("t").await.unwrap().keys, 1);
    }
    // Documents and entries have one bound, whichever comes later.
    let two = ["a", "b"].map(|id| document(id, "")).to_vec();
    store.put_documents(&here, two, &policy).await.unwrap();
    let refused = store.set(&here, "l", Vec::new(), &policy).await;
    assert!(matches!(
        refused,
        Err(Error::Full {
            which: Limit::BotKeys,
            ..
        })
    ));
    let there = bot("t", "c");
    store.set(&there, "k", Vec::new(), &policy).await.unwrap();
    let one = vec![document("a", "")];
    let refused = store.put_documents(&there, one, &policy).await;
    assert!(matches!(
        refused,
        Err(Error::Full {
            which: Limit::TenantKeys,
            limit: 4
        })
    ));
    // In the place of another, a document needs no more than it has more.
    let longer = vec![document("a", &"x".repeat(1_000))];
    store.put_documents(&here, longer, &policy).await.unwrap();
    assert_eq!(ids(&store, &here).await, ["a", "b"]);
}

async fn removing_and_clearing(bench: &Bench) {
    let store = bench.store().await;
    let here = bot("t", "b");
    assert_eq!(store.clear_documents(&here).await.unwrap(), 0);
    assert_eq!(store.remove_documents(&here, &["a"]).await.unwrap(), 0);
    put(&store, &here, &["a", "b", "c"]).await;
    let too_long = "x".repeat(2_000);
    let named = ["a", "none", "a", "", too_long.as_str(), "c"];
    assert_eq!(store.remove_documents(&here, &named).await.unwrap(), 2);
    assert_eq!(ids(&store, &here).await, ["b"]);
    store.set(&here, "k", Vec::new(), &forever()).await.unwrap();
    // More than goes at once.
    for part in 0..3 {
        let some = (0..200).map(|number| document(&format!("{part}-{number}"), "text"));
        store
            .put_documents(&here, some.collect(), &forever())
            .await
            .unwrap();
    }
    assert_eq!(store.clear_documents(&here).await.unwrap(), 601);
    assert_eq!(ids(&store, &here).await, Vec::<String>::new());
    assert_eq!(
        store.collection(&here).await.unwrap(),
        CollectionState::default()
    );
    assert_eq!(store.usage("t").await.unwrap().keys, 1);
    // By their bytes, too: no more than 16 MiB go at once.
    for part in 0..5 {
        let text = "x".repeat(4 * 1024 * 1024);
        let two = ["a", "b"].map(|id| document(&format!("{id}{part}"), &text));
        store
            .put_documents(&here, two.to_vec(), &forever())
            .await
            .unwrap();
    }
    assert_eq!(store.clear_documents(&here).await.unwrap(), 10);
    assert_eq!(store.usage("t").await.unwrap().keys, 1);
}

async fn pages_are_in_the_order_of_bytes(bench: &Bench) {
    let store = bench.store().await;
    let here = bot("t", "b");
    let mut given = ["b", "a", "a\0", "B", "ä", "🦉", "ab", "\0"];
    put(&store, &here, &given).await;
    given.sort_unstable();
    for most in [0, 1, 3, 8, 2_000] {
        let mut found: Vec<String> = Vec::new();
        loop {
            let after = found.last().map(String::as_str);
            let page = store.documents(&here, after, most).await.unwrap();
            assert!(page.len() <= most.clamp(1, 1_000));
            if page.is_empty() {
                break;
            }
            found.extend(page.into_iter().map(|info| info.id));
        }
        assert_eq!(found, given, "pages of {most}");
    }
}

async fn others_see_nothing(bench: &Bench) {
    let store = bench.store().await;
    let user = |id: &str| Bucket::User(id.to_owned());
    let here = scope("t", "b", user("u"));
    put(&store, &here, &["a"]).await;
    let number = all(&store, &here).await[0].number;
    assert!(store.document(&here, number).await.unwrap().is_some());
    for other in [
        bot("t", "b"),
        scope("t", "c", user("u")),
        scope("s", "b", user("u")),
        scope("t", "b", user("u\0")),
        scope("t", "b", user("")),
        scope("t", "b", Bucket::Conversation("u".to_owned())),
    ] {
        assert_eq!(all(&store, &other).await, []);
        assert_eq!(store.documents_since(&other, 0, 9).await.unwrap(), []);
        assert_eq!(store.document_numbers(&other).await.unwrap(), [0; 0]);
        assert_eq!(store.documents_without(&other, b"m", 9).await.unwrap(), []);
        assert_eq!(store.document(&other, number).await.unwrap(), None);
        assert_eq!(store.remove_documents(&other, &["a"]).await.unwrap(), 0);
        assert_eq!(store.clear_documents(&other).await.unwrap(), 0);
        assert_eq!(
            store.collection(&other).await.unwrap(),
            CollectionState::default()
        );
    }
    // It is no key.
    assert_eq!(store.get(&here, "a").await.unwrap(), None);
    assert!(!store.delete(&here, "a").await.unwrap());
    assert_eq!(ids(&store, &here).await, ["a"]);
}

async fn two_stores_see_the_same(bench: &Bench) {
    let stores = [bench.store().await, bench.store().await];
    let here = bot("t", "b");
    for round in 0..10 {
        let (one, other) = (&stores[round % 2], &stores[(round + 1) % 2]);
        let before = other.collection(&here).await.unwrap();
        put(one, &here, &[&round.to_string()]).await;
        let after = other.collection(&here).await.unwrap();
        assert!(after.revision > before.revision);
        let changed = other
            .documents_since(&here, before.revision, 1_000)
            .await
            .unwrap();
        assert_eq!(changed.len(), 1);
        assert_eq!(changed[0].info.id, round.to_string());
        assert_eq!(changed[0].revision, after.revision);
    }
    let writes = (0..40).map(|number| {
        let (store, here) = (stores[number % 2].clone(), here.clone());
        tokio::spawn(async move { put(&store, &here, &["same", &format!("n{number}")]).await })
    });
    for done in futures_util::future::join_all(writes).await {
        done.unwrap();
    }
    assert_eq!(stores[0].collection(&here).await.unwrap().documents, 51);
    let mut numbers = stores[1].document_numbers(&here).await.unwrap();
    numbers.dedup();
    assert_eq!(numbers.len(), 51);
    assert_eq!(stores[1].usage("t").await.unwrap().keys, 51);
}
