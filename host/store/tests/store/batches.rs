//! Several keys at once: all or nothing.

use ravenry_store::{BATCH_BYTES_MAX, BATCH_KEYS_MAX, Bounds, Error, Limit, Quota, WritePolicy};

use crate::bench::{Bench, all_keys, bot, forever, over_both};

over_both! {
    a_refusal_in_the_middle_changes_nothing
    several_at_once_in_their_order
    batches_are_bounded
    readers_see_all_of_a_batch_or_none
}

async fn a_refusal_in_the_middle_changes_nothing(bench: &Bench) {
    let store = bench.store().await;
    let here = bot("t", "b");
    store
        .set(&here, "m", b"before".to_vec(), &forever())
        .await
        .unwrap();
    let usage = store.usage("t").await.unwrap();
    let version = store.current(&here, "m").await.unwrap().version;
    let batch = |key: &str, value: usize| {
        vec![
            ("a".to_owned(), b"1".to_vec()),
            (key.to_owned(), vec![0; value]),
            ("m".to_owned(), b"after".to_vec()),
            ("z".to_owned(), b"3".to_vec()),
        ]
    };
    let small = |bytes, keys| WritePolicy {
        quota: Quota {
            bot: Bounds { bytes, keys },
            value_bytes: 1_000,
            ..Quota::default()
        },
        ttl: None,
    };
    let refused = store
        .set_many(&here, batch(&"k".repeat(1_025), 1), &forever())
        .await;
    assert!(matches!(refused, Err(Error::KeyTooLong { .. })));
    let refused = store
        .set_many(&here, batch("k", 1_001), &small(100_000, 100))
        .await;
    assert!(matches!(refused, Err(Error::ValueTooLarge { .. })));
    let refused = store
        .set_many(&here, batch("k", 1), &small(100_000, 3))
        .await;
    assert!(matches!(
        refused,
        Err(Error::Full {
            which: Limit::BotKeys,
            limit: 3
        })
    ));
    let refused = store
        .set_many(&here, batch("k", 1_000), &small(1_200, 100))
        .await;
    assert!(matches!(
        refused,
        Err(Error::Full {
            which: Limit::BotBytes,
            limit: 1_200
        })
    ));
    assert_eq!(all_keys(&store, &here, 10).await, ["m"]);
    assert_eq!(store.usage("t").await.unwrap(), usage);
    assert_eq!(store.current(&here, "m").await.unwrap().version, version);
    store
        .set_many(&here, batch("k", 1), &small(100_000, 4))
        .await
        .unwrap();
    assert_eq!(all_keys(&store, &here, 10).await, ["a", "k", "m", "z"]);
}

async fn several_at_once_in_their_order(bench: &Bench) {
    let store = bench.store().await;
    let here = bot("t", "b");
    for count in [1, 2, 31, 32, 33, 65, BATCH_KEYS_MAX] {
        let name = |number: usize| format!("{count}-{number}");
        let entries = (0..count).map(|number| (name(number), name(number).into_bytes()));
        store
            .set_many(&here, entries.collect(), &forever())
            .await
            .unwrap();
        let names: Vec<String> = (0..count).rev().map(name).collect();
        let asked: Vec<&str> = names.iter().map(String::as_str).collect();
        let found = store.get_many(&here, &asked).await.unwrap();
        for (name, value) in asked.iter().zip(found) {
            assert_eq!(value.as_deref(), Some(name.as_bytes()));
        }
        assert_eq!(
            store.delete_many(&here, &asked).await.unwrap(),
            count as u64
        );
    }
    // The last of two, and a question asked twice.
    let twice = [1, 2].map(|value| ("k".to_owned(), vec![value]));
    store
        .set_many(&here, twice.to_vec(), &forever())
        .await
        .unwrap();
    let found = store.get_many(&here, &["k", "none", "k"]).await.unwrap();
    assert_eq!(found, [Some(vec![2]), None, Some(vec![2])]);
    store.set_many(&here, Vec::new(), &forever()).await.unwrap();
    assert_eq!(
        store.get_many(&here, &[]).await.unwrap(),
        Vec::<Option<Vec<u8>>>::new()
    );
}

async fn batches_are_bounded(bench: &Bench) {
    let store = bench.store().await;
    let here = bot("t", "b");
    let names: Vec<String> = (0..=BATCH_KEYS_MAX)
        .map(|number| number.to_string())
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let many = names.iter().map(|name| ((*name).to_owned(), Vec::new()));
    for refused in [
        store.set_many(&here, many.collect(), &forever()).await,
        store.get_many(&here, &names).await.map(drop),
        store.delete_many(&here, &names).await.map(drop),
    ] {
        assert!(matches!(
            refused,
            Err(Error::TooManyKeys {
                limit: BATCH_KEYS_MAX
            })
        ));
    }
    let mib = 1024 * 1024;
    let large = |count: usize| -> Vec<(String, Vec<u8>)> {
        (0..count)
            .map(|number| (number.to_string(), vec![0; mib]))
            .collect()
    };
    let fits = BATCH_BYTES_MAX / mib;
    store
        .set_many(&here, large(fits), &forever())
        .await
        .unwrap();
    assert_eq!(
        store.get_many(&here, &names[..fits]).await.unwrap().len(),
        fits
    );
    let refused = store.set_many(&here, large(fits + 1), &forever()).await;
    assert!(matches!(refused, Err(Error::TooManyBytes { .. })));
    store
        .set(&here, &fits.to_string(), vec![0], &forever())
        .await
        .unwrap();
    let refused = store.get_many(&here, &names[..=fits]).await;
    assert!(matches!(refused, Err(Error::TooManyBytes { .. })));
}

async fn readers_see_all_of_a_batch_or_none(bench: &Bench) {
    let store = bench.store().await;
    let here = bot("t", "b");
    let names: Vec<String> = (0..40).map(|number| number.to_string()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let writer = {
        let (store, here) = (store.clone(), here.clone());
        tokio::spawn(async move {
            for round in 0..30_u8 {
                let entry = |number: usize| (number.to_string(), vec![round]);
                let entries = (0..40).map(entry).collect();
                store.set_many(&here, entries, &forever()).await.unwrap();
            }
        })
    };
    while !writer.is_finished() {
        let found = store.get_many(&here, &names).await.unwrap();
        assert!(found.iter().all(|value| *value == found[0]));
    }
    writer.await.unwrap();
}
