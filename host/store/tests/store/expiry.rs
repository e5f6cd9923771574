//! Expiry: what has expired is as good as deleted, and what a clock that jumped has expired comes back.

use std::time::Duration;

use ravenry_store::{
    Bounds, BucketFilter, EntryFilter, Error, Limit, Quota, Swept, Usage, WritePolicy,
};

use crate::bench::{Bench, all_keys, bot, for_seconds, forever, over_both};

over_both! {
    expired_is_deleted_in_every_operation
    a_write_renews
    a_clock_that_was_ahead_loses_nothing
    a_sweep_is_bounded
    what_has_expired_makes_room
    overwriting_what_has_expired_is_setting_anew
    odd_lifetimes
}

const DAY: Duration = Duration::from_hours(24);

async fn expired_is_deleted_in_every_operation(bench: &Bench) {
    let store = bench.store().await;
    let here = bot("t", "b");
    for key in ["a", "b", "n"] {
        store
            .set(&here, key, b"7".to_vec(), &for_seconds(10))
            .await
            .unwrap();
    }
    store
        .set(&here, "stays", Vec::new(), &forever())
        .await
        .unwrap();
    bench.advance(Duration::from_millis(9_999));
    assert_eq!(all_keys(&store, &here, 10).await, ["a", "b", "n", "stays"]);
    assert_eq!(store.usage("t").await.unwrap().keys, 4);
    bench.advance(Duration::from_millis(1));
    assert_eq!(store.get(&here, "a").await.unwrap(), None);
    assert!(!store.exists(&here, "a").await.unwrap());
    assert_eq!(
        store.get_many(&here, &["a", "stays"]).await.unwrap(),
        [None, Some(Vec::new())]
    );
    assert_eq!(all_keys(&store, &here, 1).await, ["stays"]);
    let usage = Usage {
        bytes: 128 + 5,
        keys: 1,
    };
    assert_eq!(store.usage("t").await.unwrap(), usage);
    assert_eq!(store.owners(None, 10).await.unwrap()[0].usage, usage);
    let filter = EntryFilter {
        tenant: "t".to_owned(),
        bot: None,
        buckets: BucketFilter::All,
    };
    assert_eq!(store.entries(&filter, None, 10).await.unwrap().len(), 1);
    assert!(!store.delete(&here, "a").await.unwrap());
    assert_eq!(store.delete_many(&here, &["a", "b"]).await.unwrap(), 0);
    assert_eq!(store.increment(&here, "n", 1, &forever()).await.unwrap(), 1);
    assert_eq!(store.remove(&filter).await.unwrap(), 2);
    assert_eq!(store.usage("t").await.unwrap(), Usage::default());
    assert_eq!(store.owners(None, 10).await.unwrap(), []);
}

async fn a_write_renews(bench: &Bench) {
    let store = bench.store().await;
    let here = bot("t", "b");
    for _ in 0..3 {
        store
            .increment(&here, "n", 1, &for_seconds(10))
            .await
            .unwrap();
        bench.advance(Duration::from_secs(9));
    }
    assert_eq!(store.get(&here, "n").await.unwrap().unwrap(), b"3");
    store.increment(&here, "n", 1, &forever()).await.unwrap();
    bench.advance(DAY * 1_000);
    assert_eq!(store.get(&here, "n").await.unwrap().unwrap(), b"4");
}

async fn a_clock_that_was_ahead_loses_nothing(bench: &Bench) {
    let store = bench.store().await;
    let here = bot("t", "b");
    store
        .set(&here, "k", b"v".to_vec(), &for_seconds(60))
        .await
        .unwrap();
    bench.advance(DAY);
    assert_eq!(store.get(&here, "k").await.unwrap(), None);
    assert_eq!(store.sweep().await.unwrap(), Swept::default());
    bench.go_back(DAY);
    assert_eq!(store.get(&here, "k").await.unwrap().unwrap(), b"v");
    // More than a day after it has expired it goes.
    bench.advance(DAY + Duration::from_mins(1));
    assert_eq!(store.sweep().await.unwrap().removed, 0);
    bench.advance(Duration::from_millis(1));
    assert_eq!(
        store.sweep().await.unwrap(),
        Swept {
            removed: 1,
            has_more: false
        }
    );
    bench.go_back(DAY * 2);
    assert_eq!(store.get(&here, "k").await.unwrap(), None);
    assert_eq!(store.usage("t").await.unwrap(), Usage::default());
}

/// 40 tenants with 500 entries need more pieces than one sweep has.
async fn a_sweep_is_bounded(bench: &Bench) {
    let store = bench.store().await;
    for tenant in 0..40 {
        let here = bot(&format!("t{tenant}"), "b");
        for part in 0..2 {
            let entry = |number| (format!("{part}-{number}"), Vec::new());
            let entries = (0..250).map(entry).collect();
            store
                .set_many(&here, entries, &for_seconds(1))
                .await
                .unwrap();
        }
        store
            .set(&here, "stays", Vec::new(), &forever())
            .await
            .unwrap();
    }
    bench.advance(DAY * 2);
    let first = store.sweep().await.unwrap();
    assert!(first.has_more);
    assert!((1..20_000).contains(&first.removed));
    let second = store.sweep().await.unwrap();
    assert!(!second.has_more);
    assert_eq!(first.removed + second.removed, 20_000);
    assert_eq!(
        store.usage("t7").await.unwrap(),
        Usage {
            bytes: 128 + 5,
            keys: 1
        }
    );
}

async fn what_has_expired_makes_room(bench: &Bench) {
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
        .set(&here, "a", Vec::new(), &policy(10))
        .await
        .unwrap();
    store
        .set(&here, "b", Vec::new(), &policy(20))
        .await
        .unwrap();
    let refused = store.set(&here, "c", Vec::new(), &policy(20)).await;
    assert!(matches!(
        refused,
        Err(Error::Full {
            which: Limit::BotKeys,
            limit: 2
        })
    ));
    bench.advance(Duration::from_secs(10));
    store
        .set(&here, "c", Vec::new(), &policy(100))
        .await
        .unwrap();
    assert_eq!(all_keys(&store, &here, 10).await, ["b", "c"]);
    // What has expired of one bot makes room for another one of the tenant.
    store
        .set(&there, "x", Vec::new(), &policy(100))
        .await
        .unwrap();
    let refused = store.set(&there, "y", Vec::new(), &policy(100)).await;
    assert!(matches!(
        refused,
        Err(Error::Full {
            which: Limit::TenantKeys,
            limit: 3
        })
    ));
    bench.advance(Duration::from_secs(10));
    store
        .set(&there, "y", Vec::new(), &policy(100))
        .await
        .unwrap();
    assert_eq!(store.usage("t").await.unwrap().keys, 3);
}

async fn odd_lifetimes(bench: &Bench) {
    let store = bench.store().await;
    let here = bot("t", "b");
    let none = WritePolicy {
        ttl: Some(Duration::ZERO),
        ..forever()
    };
    store.set(&here, "gone", Vec::new(), &none).await.unwrap();
    let ages = WritePolicy {
        ttl: Some(Duration::MAX),
        ..forever()
    };
    store.set(&here, "stays", Vec::new(), &ages).await.unwrap();
    bench.advance(DAY * 100_000);
    assert_eq!(all_keys(&store, &here, 10).await, ["stays"]);
}

/// Where the bounds were lowered, so that replacing is allowed and adding is not.
async fn overwriting_what_has_expired_is_setting_anew(bench: &Bench) {
    let store = bench.store().await;
    let here = bot("t", "b");
    store
        .set(&here, "a", Vec::new(), &for_seconds(10))
        .await
        .unwrap();
    store.set(&here, "b", Vec::new(), &forever()).await.unwrap();
    let lowered = WritePolicy {
        quota: Quota {
            bot: Bounds {
                bytes: 100_000,
                keys: 1,
            },
            ..Quota::default()
        },
        ttl: None,
    };
    store.set(&here, "b", Vec::new(), &lowered).await.unwrap();
    bench.advance(Duration::from_secs(10));
    let refused = store.set(&here, "a", Vec::new(), &lowered).await;
    assert!(matches!(
        refused,
        Err(Error::Full {
            which: Limit::BotKeys,
            limit: 1
        })
    ));
    store.set(&here, "b", Vec::new(), &lowered).await.unwrap();
}
