//! Two stores over one database, as two processes have them.

use futures_util::future::join_all;
use ravenry_store::{Bounds, Error, Quota, WritePolicy};

use crate::bench::{Bench, bot, forever, over_both};

over_both! {
    what_one_wrote_the_other_reads
    two_count_together
    tenants_in_any_order_do_not_lock_each_other_out
    a_quota_holds_for_both_together
}

async fn what_one_wrote_the_other_reads(bench: &Bench) {
    let (one, other) = (bench.store().await, bench.store().await);
    let here = bot("t", "b");
    for number in 0..50_u8 {
        one.set(&here, "k", vec![number], &forever()).await.unwrap();
        assert_eq!(other.get(&here, "k").await.unwrap(), Some(vec![number]));
        other.delete(&here, "k").await.unwrap();
        assert_eq!(one.get(&here, "k").await.unwrap(), None);
    }
}

async fn two_count_together(bench: &Bench) {
    let stores = [bench.store().await, bench.store().await];
    let tasks = (0..64).map(|number| {
        let store = stores[number % 2].clone();
        tokio::spawn(async move {
            for _ in 0..10 {
                store
                    .increment(&bot("t", "b"), "n", 1, &forever())
                    .await
                    .unwrap();
            }
        })
    });
    for task in join_all(tasks).await {
        task.unwrap();
    }
    let sum = stores[0].get(&bot("t", "b"), "n").await.unwrap();
    assert_eq!(sum.unwrap(), b"640");
    assert_eq!(stores[1].usage("t").await.unwrap().keys, 1);
}

/// Batches of both take the locks of many tenants, in orders that would make circles.
async fn tenants_in_any_order_do_not_lock_each_other_out(bench: &Bench) {
    let stores = [bench.store().await, bench.store().await];
    for _ in 0..5 {
        let writes = (0..80).map(|number| {
            let store = &stores[number % 2];
            let tenant = format!(
                "t{}",
                if number % 2 == 0 {
                    number / 2
                } else {
                    39 - number / 2
                }
            );
            async move {
                store
                    .increment(&bot(&tenant, "b"), "n", 1, &forever())
                    .await
            }
        });
        for done in join_all(writes).await {
            done.unwrap();
        }
    }
    for number in 0..40 {
        let sum = stores[0]
            .get(&bot(&format!("t{number}"), "b"), "n")
            .await
            .unwrap();
        assert_eq!(sum.unwrap(), b"10");
    }
}

async fn a_quota_holds_for_both_together(bench: &Bench) {
    let stores = [bench.store().await, bench.store().await];
    let quota = Quota {
        tenant: Bounds {
            bytes: u64::MAX,
            keys: 50,
        },
        ..Quota::default()
    };
    let policy = WritePolicy { quota, ttl: None };
    let writes = (0..120).map(|number| {
        let store = &stores[number % 2];
        let here = bot("t", &format!("b{}", number % 3));
        async move {
            store
                .set(&here, &number.to_string(), Vec::new(), &policy)
                .await
        }
    });
    let done = join_all(writes).await;
    assert_eq!(done.iter().filter(|done| done.is_ok()).count(), 50);
    for refused in done.into_iter().filter_map(Result::err) {
        assert!(matches!(refused, Error::Full { limit: 50, .. }));
    }
    assert_eq!(stores[0].usage("t").await.unwrap().keys, 50);
}
