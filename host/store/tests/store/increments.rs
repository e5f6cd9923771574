//! Numbers: nothing is lost, and what is none stays what it is.

use futures_util::future::join_all;
use ravenry_store::{Error, Store};

use crate::bench::{Bench, bot, forever, over_both};

over_both! {
    concurrent_increments_lose_nothing
    what_is_no_number_stays
    a_caller_that_leaves_breaks_nothing
    a_reader_that_leaves_breaks_nothing
}

/// 64 callers count on one key and 64 on keys of their own, each many times.
async fn concurrent_increments_lose_nothing(bench: &Bench) {
    let store = bench.store().await;
    let tasks = (0..64).map(|number| tokio::spawn(count(store.clone(), number)));
    for task in join_all(tasks).await {
        task.unwrap();
    }
    let here = bot("t", "b");
    assert_eq!(store.get(&here, "all").await.unwrap().unwrap(), b"640");
    for number in 0..64 {
        let own = store.get(&here, &number.to_string()).await.unwrap();
        assert_eq!(own.unwrap(), b"20");
    }
}

async fn count(store: Store, number: usize) {
    let here = bot("t", "b");
    let mut before = 0;
    for _ in 0..10 {
        let sum = store.increment(&here, "all", 1, &forever()).await.unwrap();
        assert!(sum > before, "each caller sees its own increments");
        before = sum;
        store
            .increment(&here, &number.to_string(), 2, &forever())
            .await
            .unwrap();
    }
}

async fn what_is_no_number_stays(bench: &Bench) {
    let store = bench.store().await;
    let here = bot("t", "b");
    for text in [
        "",
        "x",
        "1.0",
        " 1",
        "1 ",
        "0x1",
        "9223372036854775808",
        "١",
        "1\0",
        "--1",
    ] {
        store
            .set(&here, "k", text.as_bytes().to_vec(), &forever())
            .await
            .unwrap();
        let refused = store.increment(&here, "k", 1, &forever()).await;
        assert!(matches!(refused, Err(Error::NotANumber)), "{text:?}");
        assert_eq!(
            store.get(&here, "k").await.unwrap().unwrap(),
            text.as_bytes()
        );
    }
    store.set(&here, "k", vec![0xff], &forever()).await.unwrap();
    let refused = store.increment(&here, "k", 1, &forever()).await;
    assert!(matches!(refused, Err(Error::NotANumber)));
    for (before, delta) in [(i64::MAX, 1), (i64::MIN, -1), (1, i64::MAX), (-2, i64::MIN)] {
        store
            .set(&here, "k", before.to_string().into_bytes(), &forever())
            .await
            .unwrap();
        let version = store.current(&here, "k").await.unwrap().version;
        let refused = store.increment(&here, "k", delta, &forever()).await;
        assert!(matches!(refused, Err(Error::Overflow)));
        assert_eq!(store.current(&here, "k").await.unwrap().version, version);
    }
    for (delta, sum) in [
        (i64::MAX, i64::MAX),
        (i64::MIN, -1),
        (1, 0),
        (-5, -5),
        (0, -5),
    ] {
        assert_eq!(
            store
                .increment(&here, "n", delta, &forever())
                .await
                .unwrap(),
            sum
        );
        assert_eq!(
            store.get(&here, "n").await.unwrap().unwrap(),
            sum.to_string().into_bytes()
        );
    }
}

/// Callers that are dropped at some point of their wait: what the others were told is true, and the counter is
/// between what was acknowledged and what was asked for.
async fn a_caller_that_leaves_breaks_nothing(bench: &Bench) {
    let store = bench.store().await;
    let here = bot("t", "b");
    let mut staying = Vec::new();
    for number in 0..200_u32 {
        let (store, here) = (store.clone(), here.clone());
        let task = tokio::spawn(async move { store.increment(&here, "n", 1, &forever()).await });
        if number % 2 == 0 {
            for _ in 0..number % 7 {
                tokio::task::yield_now().await;
            }
            task.abort();
        } else {
            staying.push(task);
        }
    }
    for task in staying {
        task.await.unwrap().unwrap();
    }
    let sum = store.increment(&here, "n", 0, &forever()).await.unwrap();
    assert!((100..=200).contains(&sum), "{sum}");
}

/// More readers than there are connections, most of them dropped somewhere on their way.
async fn a_reader_that_leaves_breaks_nothing(bench: &Bench) {
    let store = bench.store().await;
    let here = bot("t", "b");
    store
        .set(&here, "k", vec![7; 100_000], &forever())
        .await
        .unwrap();
    for number in 0..200_u32 {
        let (store, here) = (store.clone(), here.clone());
        let task = tokio::spawn(async move { store.get_many(&here, &["k", "l"]).await });
        for _ in 0..number % 11 {
            tokio::task::yield_now().await;
        }
        task.abort();
    }
    for _ in 0..20 {
        let value = store.get(&here, "k").await.unwrap();
        assert_eq!(value, Some(vec![7; 100_000]));
    }
}
