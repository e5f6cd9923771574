//! Compare and swap: by versions that never come again.

use futures_util::future::join_all;
use ravenry_store::{SwapError, Version, Versioned};

use crate::bench::{Bench, bot, for_seconds, forever, over_both};

over_both! {
    a_swap_needs_the_version_that_is_there
    the_same_value_again_is_another_version
    versions_do_not_come_again_after_deletion
    being_absent_is_a_version
    one_of_many_swaps_succeeds
    an_expired_entry_is_absent
}

async fn a_swap_needs_the_version_that_is_there(bench: &Bench) {
    let store = bench.store().await;
    let here = bot("t", "b");
    store
        .set(&here, "k", b"1".to_vec(), &forever())
        .await
        .unwrap();
    let first = store.current(&here, "k").await.unwrap();
    assert_eq!(first.value.as_deref(), Some(&b"1"[..]));
    let second = store
        .swap(&here, "k", first.version, b"2".to_vec(), &forever())
        .await
        .unwrap();
    let conflict = store
        .swap(&here, "k", first.version, b"3".to_vec(), &forever())
        .await;
    let Err(SwapError::Conflict(current)) = conflict else {
        panic!("{conflict:?}");
    };
    assert_eq!(
        current,
        Versioned {
            value: Some(b"2".to_vec()),
            version: second
        }
    );
    assert_eq!(store.current(&here, "k").await.unwrap(), current);
    store.increment(&here, "k", 1, &forever()).await.unwrap();
    let conflict = store
        .swap(&here, "k", second, b"4".to_vec(), &forever())
        .await;
    assert!(matches!(conflict, Err(SwapError::Conflict(_))));
}

async fn the_same_value_again_is_another_version(bench: &Bench) {
    let store = bench.store().await;
    let here = bot("t", "b");
    store
        .set(&here, "k", b"A".to_vec(), &forever())
        .await
        .unwrap();
    let first = store.current(&here, "k").await.unwrap();
    store
        .set(&here, "k", b"B".to_vec(), &forever())
        .await
        .unwrap();
    store
        .set(&here, "k", b"A".to_vec(), &forever())
        .await
        .unwrap();
    let again = store.current(&here, "k").await.unwrap();
    assert_eq!(first.value, again.value);
    assert_ne!(first.version, again.version);
    let conflict = store
        .swap(&here, "k", first.version, Vec::new(), &forever())
        .await;
    assert!(matches!(conflict, Err(SwapError::Conflict(current)) if current == again));
}

/// Also when all that the bot and the tenant had is gone, and when the store was opened anew.
async fn versions_do_not_come_again_after_deletion(bench: &Bench) {
    let here = bot("t", "b");
    let mut seen = Vec::new();
    for _ in 0..4 {
        let store = bench.store().await;
        store
            .set(&here, "k", b"A".to_vec(), &forever())
            .await
            .unwrap();
        let version = store.current(&here, "k").await.unwrap().version;
        assert!(!seen.contains(&version));
        for old in &seen {
            let conflict = store.swap(&here, "k", *old, Vec::new(), &forever()).await;
            assert!(matches!(conflict, Err(SwapError::Conflict(_))));
        }
        seen.push(version);
        assert!(store.delete(&here, "k").await.unwrap());
        store.close().await;
    }
}

async fn being_absent_is_a_version(bench: &Bench) {
    let store = bench.store().await;
    let here = bot("t", "b");
    let absent = store.current(&here, "k").await.unwrap();
    assert_eq!(
        absent,
        Versioned {
            value: None,
            version: Version::ABSENT
        }
    );
    store
        .set(&here, "k", b"other".to_vec(), &forever())
        .await
        .unwrap();
    let conflict = store
        .swap(&here, "k", absent.version, Vec::new(), &forever())
        .await;
    assert!(matches!(conflict, Err(SwapError::Conflict(current)) if current.value.is_some()));
    // Set and deleted meanwhile: it is absent again, and that is one version only.
    let there = store.current(&here, "k").await.unwrap();
    store.delete(&here, "k").await.unwrap();
    let conflict = store
        .swap(&here, "k", there.version, Vec::new(), &forever())
        .await;
    assert!(matches!(conflict, Err(SwapError::Conflict(current)) if current == absent));
    store
        .swap(&here, "k", absent.version, b"mine".to_vec(), &forever())
        .await
        .unwrap();
    assert_eq!(store.get(&here, "k").await.unwrap().unwrap(), b"mine");
}

async fn one_of_many_swaps_succeeds(bench: &Bench) {
    let (store, other) = (bench.store().await, bench.store().await);
    let here = bot("t", "b");
    for round in 0..5 {
        let version = store.current(&here, "k").await.unwrap().version;
        let swaps = (0..32_u8).map(|number| {
            let store = if number % 2 == 0 { &store } else { &other };
            let value = vec![round, number];
            let here = &here;
            async move {
                store
                    .swap(here, "k", version, value, &forever())
                    .await
                    .is_ok()
            }
        });
        let won = join_all(swaps).await;
        assert_eq!(won.iter().filter(|won| **won).count(), 1);
        let winner = won.iter().position(|won| *won).unwrap();
        let value = store.get(&here, "k").await.unwrap().unwrap();
        assert_eq!(value, [round, u8::try_from(winner).unwrap()]);
    }
}

async fn an_expired_entry_is_absent(bench: &Bench) {
    let store = bench.store().await;
    let here = bot("t", "b");
    store
        .set(&here, "k", b"A".to_vec(), &for_seconds(10))
        .await
        .unwrap();
    let there = store.current(&here, "k").await.unwrap();
    bench.advance(std::time::Duration::from_secs(10));
    let conflict = store
        .swap(&here, "k", there.version, Vec::new(), &forever())
        .await;
    let Err(SwapError::Conflict(current)) = conflict else {
        panic!("{conflict:?}");
    };
    assert_eq!(current.version, Version::ABSENT);
    store
        .swap(&here, "k", Version::ABSENT, b"B".to_vec(), &forever())
        .await
        .unwrap();
}
