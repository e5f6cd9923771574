//! Cursors: listing while others write, and cursors that nobody gave out.

use ravenry_store::{Bucket, Error};

use crate::bench::{Bench, bot, forever, over_both, scope};

over_both! {
    a_listing_goes_on_whatever_is_written
    made_up_cursors_are_none
    pages_are_bounded
}

async fn a_listing_goes_on_whatever_is_written(bench: &Bench) {
    let store = bench.store().await;
    let here = bot("t", "b");
    let keys: Vec<String> = (0..40).map(|number| format!("k{number:02}")).collect();
    for key in &keys {
        store.set(&here, key, Vec::new(), &forever()).await.unwrap();
    }
    let mut seen = Vec::new();
    let mut cursor = None;
    loop {
        let page = store.list_keys(&here, cursor.as_deref(), 5).await.unwrap();
        let last = page.keys.last().cloned().unwrap();
        seen.extend(page.keys);
        // The key behind which the listing goes on is deleted, others come before and behind it.
        store.delete(&here, &last).await.unwrap();
        store
            .set(&here, &format!("a{last}"), Vec::new(), &forever())
            .await
            .unwrap();
        store
            .set(&here, &format!("{last}-later"), Vec::new(), &forever())
            .await
            .unwrap();
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    let old: Vec<&String> = seen.iter().filter(|key| !key.contains("later")).collect();
    assert_eq!(old, keys.iter().collect::<Vec<_>>());
    let mut once = seen.clone();
    once.dedup();
    assert_eq!(once, seen);
    assert!(seen.is_sorted());
}

async fn made_up_cursors_are_none(bench: &Bench) {
    let store = bench.store().await;
    let here = bot("t", "b");
    for key in ["a", "b", "c"] {
        store.set(&here, key, Vec::new(), &forever()).await.unwrap();
    }
    let good = store.list_keys(&here, None, 1).await.unwrap().next.unwrap();
    assert_eq!(
        store.list_keys(&here, Some(&good), 9).await.unwrap().keys,
        ["b", "c"]
    );
    let mut made_up = vec![
        String::new(),
        "a".to_owned(),
        "0".to_owned(),
        "🦉".to_owned(),
        "\0".to_owned(),
        format!("{good}A"),
        format!(" {good}"),
        good[..good.len() - 1].to_owned(),
        "A".repeat(16),
        "A".repeat(10_000_000),
    ];
    for at in 0..good.len() {
        let other = if good.as_bytes()[at] == b'A' {
            "B"
        } else {
            "A"
        };
        let mut changed = good.clone();
        changed.replace_range(at..=at, other);
        made_up.push(changed);
    }
    for cursor in made_up {
        let refused = store.list_keys(&here, Some(&cursor), 9).await;
        assert!(matches!(refused, Err(Error::NoSuchCursor)), "{cursor:.40}");
    }
    // A cursor of one scope is none of another.
    for other in [
        bot("t", "c"),
        bot("u", "b"),
        scope("t", "b", Bucket::User(String::new())),
    ] {
        let refused = store.list_keys(&other, Some(&good), 9).await;
        assert!(matches!(refused, Err(Error::NoSuchCursor)));
    }
}

async fn pages_are_bounded(bench: &Bench) {
    let store = bench.store().await;
    let here = bot("t", "b");
    for first in 0..5 {
        let entry = |number| (format!("{first}-{number:03}"), Vec::new());
        let entries = (0..250).map(entry).collect();
        store.set_many(&here, entries, &forever()).await.unwrap();
    }
    assert_eq!(store.list_keys(&here, None, 0).await.unwrap().keys.len(), 1);
    let page = store.list_keys(&here, None, usize::MAX).await.unwrap();
    assert_eq!(page.keys.len(), 1_000);
    let rest = store
        .list_keys(&here, page.next.as_deref(), usize::MAX)
        .await
        .unwrap();
    assert_eq!((rest.keys.len(), rest.next), (250, None));
}
