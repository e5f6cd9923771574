//! What documents count: expiry, sweeps, and what an operator sees and removes.

use std::time::Duration;

use futures_util::future::join_all;
use ravenry_store::{
    Bounds, Bucket, BucketFilter, CollectionPlace, CollectionState, EntryFilter, Error, Limit,
    Quota, Scope, Store, Swept, Usage, WritePolicy,
};

use super::{all, document, ids, put, recount::recount};
use crate::bench::{Bench, bot, for_seconds, forever, over_both, scope};

over_both! {
    expired_is_as_good_as_removed
    a_sweep_removes_and_tells
    what_has_expired_makes_room_for_both_kinds
    forgetting_a_user_forgets_documents
    collections_by_filter_and_page
    a_bound_holds_for_all_that_wait_together
}

const DAY: Duration = Duration::from_hours(24);

async fn put_for(store: &Store, here: &Scope, id: &str, policy: &WritePolicy) {
    let one = vec![document(id, id)];
    store.put_documents(here, one, policy).await.unwrap();
}

fn of_tenant(tenant: &str) -> EntryFilter {
    EntryFilter {
        tenant: tenant.to_owned(),
        bot: None,
        buckets: BucketFilter::All,
    }
}

async fn expired_is_as_good_as_removed(bench: &Bench) {
    let store = bench.store().await;
    let here = bot("t", "b");
    put_for(&store, &here, "goes", &for_seconds(10)).await;
    put_for(&store, &here, "stays", &forever()).await;
    store
        .set(&here, "k", Vec::new(), &for_seconds(10))
        .await
        .unwrap();
    let infos = all(&store, &here).await;
    assert_eq!(
        infos[0].expires,
        Some(bench.now() + Duration::from_secs(10))
    );
    assert_eq!(infos[1].expires, None);
    bench.advance(Duration::from_millis(9_999));
    assert_eq!(store.collection(&here).await.unwrap().documents, 2);
    assert_eq!(store.usage("t").await.unwrap().keys, 3);
    bench.advance(Duration::from_millis(1));
    assert_eq!(ids(&store, &here).await, ["stays"]);
    let changed = store.documents_since(&here, 0, usize::MAX).await.unwrap();
    assert_eq!(changed.len(), 1);
    assert_eq!(store.document_numbers(&here).await.unwrap().len(), 1);
    let state = store.collection(&here).await.unwrap();
    assert_eq!((state.documents, state.bytes), (1, 256 + 10));
    let usage = Usage {
        bytes: 256 + 10,
        keys: 1,
    };
    assert_eq!(store.usage("t").await.unwrap(), usage);
    assert_eq!(store.owners(None, 10).await.unwrap()[0].usage, usage);
    assert_eq!(
        store.collections(&of_tenant("t"), None, 9).await.unwrap()[0].state,
        state
    );
    assert_eq!(store.remove_documents(&here, &["goes"]).await.unwrap(), 0);
    // Putting it again starts anew.
    put_for(&store, &here, "again", &for_seconds(10)).await;
    bench.advance(Duration::from_secs(9));
    put_for(&store, &here, "again", &for_seconds(10)).await;
    bench.advance(Duration::from_secs(9));
    assert_eq!(ids(&store, &here).await, ["again", "stays"]);
    store.remove_documents(&here, &["stays"]).await.unwrap();
    bench.advance(Duration::from_secs(1));
    let none = CollectionState::default();
    assert_eq!(store.collection(&here).await.unwrap(), none);
    assert_eq!(
        store.collections(&of_tenant("t"), None, 9).await.unwrap(),
        []
    );
    assert_eq!(store.owners(None, 10).await.unwrap(), []);
    assert_eq!(store.clear_documents(&here).await.unwrap(), 0);
    assert_eq!(store.usage("t").await.unwrap(), Usage::default());
}

async fn a_sweep_removes_and_tells(bench: &Bench) {
    let store = bench.store().await;
    let here = bot("t", "b");
    let there = bot("u", "b");
    let some = (0..200).map(|number| document(&number.to_string(), ""));
    let some: Vec<_> = some.collect();
    store
        .put_documents(&here, some.clone(), &for_seconds(1))
        .await
        .unwrap();
    let more = some
        .into_iter()
        .map(|one| document(&format!("m{}", one.id), ""));
    store
        .put_documents(&here, more.collect(), &for_seconds(2))
        .await
        .unwrap();
    put_for(&store, &here, "stays", &forever()).await;
    put_for(&store, &there, "goes", &for_seconds(1)).await;
    store
        .set(&here, "k", Vec::new(), &for_seconds(1))
        .await
        .unwrap();
    let before = store.collection(&here).await.unwrap();
    bench.advance(DAY);
    assert_eq!(store.sweep().await.unwrap(), Swept::default());
    bench.advance(Duration::from_secs(3));
    let swept = Swept {
        removed: 402,
        has_more: false,
    };
    assert_eq!(store.sweep().await.unwrap(), swept);
    assert_eq!(store.sweep().await.unwrap(), Swept::default());
    let after = store.collection(&here).await.unwrap();
    assert!(after.removed > before.revision);
    assert_eq!(after.revision, after.removed);
    bench.go_back(DAY * 2);
    assert_eq!(ids(&store, &here).await, ["stays"]);
    assert_eq!(ids(&store, &there).await, Vec::<String>::new());
    assert_eq!(store.usage("t").await.unwrap().keys, 1);
    assert_eq!(store.usage("u").await.unwrap(), Usage::default());
}

async fn what_has_expired_makes_room_for_both_kinds(bench: &Bench) {
    let store = bench.store().await;
    let [here, there] = [bot("t", "b"), bot("t", "c")];
    let quota = Quota {
        bot: Bounds {
            bytes: 100_000,
            keys: 2,
        },
        tenant: Bounds {
            bytes: 100_000,
            keys: 3,
        },
        ..Quota::default()
    };
    let policy = |seconds| WritePolicy {
        quota,
        ttl: Some(Duration::from_secs(seconds)),
    };
    store
        .set(&here, "k", Vec::new(), &policy(10))
        .await
        .unwrap();
    put_for(&store, &here, "a", &policy(20)).await;
    let refused = store
        .put_documents(&here, vec![document("b", "")], &policy(20))
        .await;
    assert!(matches!(
        refused,
        Err(Error::Full {
            which: Limit::BotKeys,
            limit: 2
        })
    ));
    // An expired entry makes room for a document,
    bench.advance(Duration::from_secs(10));
    put_for(&store, &here, "b", &policy(100)).await;
    // an expired document for an entry, of another bot, too,
    put_for(&store, &there, "x", &policy(100)).await;
    bench.advance(Duration::from_secs(10));
    store
        .set(&there, "k", Vec::new(), &policy(100))
        .await
        .unwrap();
    assert_eq!(ids(&store, &here).await, ["b"]);
    // and what is removed so is told.
    let state = store.collection(&here).await.unwrap();
    assert_eq!(state.removed, state.revision);
    assert_eq!(store.usage("t").await.unwrap().keys, 3);
}

async fn forgetting_a_user_forgets_documents(bench: &Bench) {
    let store = bench.store().await;
    let user = |name: &str, id: &str| scope("t", name, Bucket::User(id.to_owned()));
    for name in ["x", "y"] {
        for id in ["ann", "ann\0", "an"] {
            put(&store, &user(name, id), &["1", "2"]).await;
            store
                .set(&user(name, id), "k", Vec::new(), &forever())
                .await
                .unwrap();
        }
        put(&store, &bot("t", name), &["ann"]).await;
    }
    assert_eq!(store.forget("t", Some("x"), "ann").await.unwrap(), 3);
    assert_eq!(store.forget("t", None, "ann").await.unwrap(), 3);
    assert_eq!(ids(&store, &user("y", "ann")).await, Vec::<String>::new());
    assert_eq!(ids(&store, &user("y", "ann\0")).await, ["1", "2"]);
    assert_eq!(store.usage("t").await.unwrap().keys, 14);
    let of_bot = EntryFilter {
        bot: Some("x".to_owned()),
        ..of_tenant("t")
    };
    assert_eq!(store.remove(&of_bot).await.unwrap(), 7);
    assert_eq!(store.usage("t").await.unwrap().keys, 7);
    // Nothing of whoever was forgotten is left, in no table.
    assert_eq!(store.remove(&of_tenant("t")).await.unwrap(), 7);
    let mut connection = bench.connection().await;
    for table in ["entries", "documents", "collections"] {
        let count = format!("SELECT COUNT(*) FROM ravenry_{table}");
        let row = sqlx::query(sqlx::AssertSqlSafe(count))
            .fetch_one(&mut connection)
            .await;
        let count: i64 = sqlx::Row::try_get(&row.unwrap(), 0).unwrap();
        assert_eq!(count, 0, "{table}");
    }
}

async fn collections_by_filter_and_page(bench: &Bench) {
    let store = bench.store().await;
    let user = |id: &str| Bucket::User(id.to_owned());
    let mut expected = Vec::new();
    for name in ["x", "y"] {
        for bucket in [Bucket::Bot, user("1"), user("1\0"), user("2")] {
            put(&store, &scope("t", name, bucket.clone()), &["a", "b"]).await;
            expected.push(CollectionPlace {
                bot: name.to_owned(),
                bucket,
            });
        }
        put(&store, &bot("other", name), &["a"]).await;
        // A bot that keeps no documents.
        store
            .set(&bot("t", "z"), "k", Vec::new(), &forever())
            .await
            .unwrap();
    }
    let of = |bot: Option<&str>, buckets| EntryFilter {
        bot: bot.map(str::to_owned),
        buckets,
        ..of_tenant("t")
    };
    for (filter, shown) in [
        (of(None, BucketFilter::All), vec![0, 1, 2, 3, 4, 5, 6, 7]),
        (of(Some("y"), BucketFilter::All), vec![4, 5, 6, 7]),
        (of(None, BucketFilter::Users), vec![1, 2, 3, 5, 6, 7]),
        (of(None, BucketFilter::Only(user("1"))), vec![1, 5]),
        (of(None, BucketFilter::Only(Bucket::Bot)), vec![0, 4]),
        (of(Some("z"), BucketFilter::All), vec![]),
        (of(None, BucketFilter::Conversations), vec![]),
    ] {
        for most in [0, 1, 3, 100] {
            let mut found: Vec<CollectionPlace> = Vec::new();
            loop {
                let page = store
                    .collections(&filter, found.last(), most)
                    .await
                    .unwrap();
                assert!(page.len() <= most.max(1));
                if page.is_empty() {
                    break;
                }
                for info in page {
                    assert_eq!((info.state.documents, info.state.removed > 0), (2, true));
                    found.push(info.place);
                }
            }
            let shown: Vec<_> = shown
                .iter()
                .map(|at: &usize| expected[*at].clone())
                .collect();
            assert_eq!(found, shown, "{filter:?}, pages of {most}");
        }
    }
}

/// Some are refused, and their neighbours are none the worse.
async fn a_bound_holds_for_all_that_wait_together(bench: &Bench) {
    let stores = [bench.store().await, bench.store().await];
    let quota = Quota {
        tenant: Bounds {
            bytes: u64::MAX,
            keys: 40,
        },
        ..Quota::default()
    };
    let policy = WritePolicy { quota, ttl: None };
    let writes = (0..120).map(|number| {
        let store = &stores[number % 2];
        let here = bot("t", &format!("b{}", number % 3));
        async move {
            let name = number.to_string();
            if number % 4 < 2 {
                store.set(&here, &name, Vec::new(), &policy).await
            } else {
                let two = ["a", "b"].map(|part| document(&format!("{name}{part}"), ""));
                store.put_documents(&here, two.to_vec(), &policy).await
            }
        }
    });
    for refused in join_all(writes).await.into_iter().filter_map(Result::err) {
        assert!(matches!(refused, Error::Full { limit: 40, .. }));
    }
    assert_eq!(stores[0].usage("t").await.unwrap().keys, 40);
    recount(bench).await;
}
