//! What an operator sees and removes.

use std::time::Duration;

use ravenry_store::{
    Bucket, BucketFilter, EXPORT_BYTES_MAX, EntryFilter, EntryPlace, OwnerUsage, Scope, Store,
    Usage,
};

use crate::bench::{Bench, all_keys, bot, for_seconds, forever, over_both, scope};

over_both! {
    owners_page_by_page
    bots_that_keep_nothing_any_more
    entries_by_filter_and_page
    an_export_is_all_there_is
    forgetting_a_user
    removing_more_than_one_transaction_takes
}

fn all(tenant: &str) -> EntryFilter {
    EntryFilter {
        tenant: tenant.to_owned(),
        bot: None,
        buckets: BucketFilter::All,
    }
}

async fn set(store: &Store, scope: &Scope, key: &str) {
    store
        .set(scope, key, key.as_bytes().to_vec(), &forever())
        .await
        .unwrap();
}

async fn owners_page_by_page(bench: &Bench) {
    let store = bench.store().await;
    assert_eq!(store.owners(None, 10).await.unwrap(), []);
    let mut expected = Vec::new();
    for tenant in ["", "a", "b\0"] {
        for name in ["", "x", "y"] {
            set(&store, &bot(tenant, name), "12345").await;
            set(
                &store,
                &scope(tenant, name, Bucket::User("u".to_owned())),
                "1",
            )
            .await;
            expected.push(OwnerUsage {
                tenant: tenant.to_owned(),
                bot: name.to_owned(),
                usage: Usage {
                    bytes: 10 + 3 + 2 * 128,
                    keys: 2,
                },
            });
        }
        let usage = Usage {
            bytes: 3 * (13 + 256),
            keys: 6,
        };
        assert_eq!(store.usage(tenant).await.unwrap(), usage);
    }
    assert_eq!(store.owners(None, 100).await.unwrap(), expected);
    let mut found: Vec<OwnerUsage> = Vec::new();
    loop {
        let after = found
            .last()
            .map(|owner| (owner.tenant.clone(), owner.bot.clone()));
        let after = after
            .as_ref()
            .map(|(tenant, bot)| (tenant.as_str(), bot.as_str()));
        let page = store.owners(after, 2).await.unwrap();
        if page.is_empty() {
            break;
        }
        found.extend(page);
    }
    assert_eq!(found, expected);
    assert_eq!(store.usage("none").await.unwrap(), Usage::default());
}

async fn bots_that_keep_nothing_any_more(bench: &Bench) {
    let store = bench.store().await;
    assert!(store.bots("t").await.unwrap().is_empty());
    for name in ["y", "x"] {
        set(&store, &bot("t", name), "k").await;
    }
    set(&store, &bot("another", "z"), "k").await;
    assert!(store.delete(&bot("t", "x"), "k").await.unwrap());
    assert_eq!(store.bots("t").await.unwrap(), ["x", "y"]);
    let owners = store.owners(None, 10).await.unwrap();
    assert!(owners.iter().all(|owner| owner.bot != "x"));
}

async fn entries_by_filter_and_page(bench: &Bench) {
    let store = bench.store().await;
    let user = |id: &str| Bucket::User(id.to_owned());
    let conversation = |id: &str| Bucket::Conversation(id.to_owned());
    let mut expected = Vec::new();
    for name in ["x", "y"] {
        for bucket in [
            Bucket::Bot,
            conversation("1"),
            user("1"),
            user("1\0"),
            user("2"),
        ] {
            for key in ["", "a", "🦉"] {
                set(&store, &scope("t", name, bucket.clone()), key).await;
                expected.push(EntryPlace {
                    bot: name.to_owned(),
                    bucket: bucket.clone(),
                    key: key.to_owned(),
                });
            }
        }
        set(&store, &bot("other", name), "k").await;
    }
    for page in [1, 4, 100] {
        assert_eq!(
            places(&store, &all("t"), page).await,
            expected,
            "pages of {page}"
        );
    }
    for (buckets, is_shown) in [
        (BucketFilter::Users, [false, false, true, true, true]),
        (
            BucketFilter::Conversations,
            [false, true, false, false, false],
        ),
        (
            BucketFilter::Only(Bucket::Bot),
            [true, false, false, false, false],
        ),
        (
            BucketFilter::Only(user("1")),
            [false, false, true, false, false],
        ),
        (BucketFilter::Only(user("none")), [false; 5]),
    ] {
        let filter = EntryFilter {
            tenant: "t".to_owned(),
            bot: Some("y".to_owned()),
            buckets,
        };
        let shown: Vec<EntryPlace> = (0..15)
            .filter(|at| is_shown[at / 3])
            .map(|at| expected[15 + at].clone())
            .collect();
        assert_eq!(places(&store, &filter, 2).await, shown, "{filter:?}");
    }
    let here = bot("t", "z");
    store
        .set(&here, "k", b"12".to_vec(), &for_seconds(60))
        .await
        .unwrap();
    let filter = EntryFilter {
        bot: Some("z".to_owned()),
        ..all("t")
    };
    let info = store.entries(&filter, None, 1).await.unwrap().remove(0);
    assert_eq!(info.bytes, 128 + 3);
    assert_eq!(info.expires, Some(bench.now() + Duration::from_mins(1)));
}

async fn places(store: &Store, filter: &EntryFilter, page: usize) -> Vec<EntryPlace> {
    let mut found: Vec<EntryPlace> = Vec::new();
    loop {
        let infos = store.entries(filter, found.last(), page).await.unwrap();
        if infos.is_empty() {
            return found;
        }
        found.extend(infos.into_iter().map(|info| info.place));
    }
}

async fn an_export_is_all_there_is(bench: &Bench) {
    let store = bench.store().await;
    let mib = 1024 * 1024;
    for number in 0..20_u8 {
        let here = bot("t", &format!("b{}", number % 3));
        let value = vec![number; mib];
        store
            .set(&here, &format!("{number:02}"), value, &forever())
            .await
            .unwrap();
    }
    let mut found = Vec::new();
    let mut after: Option<EntryPlace> = None;
    loop {
        let page = store
            .export(&all("t"), after.as_ref(), 1_000)
            .await
            .unwrap();
        let bytes: usize = page.iter().map(|entry| entry.value.len()).sum();
        assert!(bytes <= EXPORT_BYTES_MAX);
        let Some(last) = page.last() else {
            break;
        };
        after = Some(last.info.place.clone());
        found.extend(page);
    }
    assert_eq!(found.len(), 20);
    for entry in found {
        let number: u8 = entry.info.place.key.parse().unwrap();
        assert_eq!(entry.value, vec![number; mib]);
    }
}

async fn forgetting_a_user(bench: &Bench) {
    let store = bench.store().await;
    let user =
        |tenant: &str, name: &str, id: &str| scope(tenant, name, Bucket::User(id.to_owned()));
    for (tenant, name) in [("t", "x"), ("t", "y"), ("s", "x")] {
        for id in ["ann", "ann\0", "anna", "an"] {
            set(&store, &user(tenant, name, id), "1").await;
            set(&store, &user(tenant, name, id), "2").await;
        }
        set(&store, &bot(tenant, name), "ann").await;
        set(
            &store,
            &scope(tenant, name, Bucket::Conversation("ann".to_owned())),
            "1",
        )
        .await;
    }
    assert_eq!(store.forget("t", Some("x"), "ann").await.unwrap(), 2);
    assert_eq!(store.forget("t", Some("x"), "ann").await.unwrap(), 0);
    assert_eq!(store.usage("t").await.unwrap().keys, 18);
    assert_eq!(store.forget("t", None, "ann").await.unwrap(), 2);
    assert_eq!(store.forget("none", None, "ann").await.unwrap(), 0);
    assert_eq!(
        all_keys(&store, &user("t", "y", "ann"), 9).await,
        Vec::<String>::new()
    );
    assert_eq!(
        all_keys(&store, &user("t", "y", "anna"), 9).await,
        ["1", "2"]
    );
    assert_eq!(store.usage("t").await.unwrap().keys, 16);
    assert_eq!(store.usage("s").await.unwrap().keys, 10);
    let conversation = BucketFilter::Only(Bucket::Conversation("ann".to_owned()));
    let filter = EntryFilter {
        buckets: conversation,
        ..all("t")
    };
    assert_eq!(store.remove(&filter).await.unwrap(), 2);
    assert_eq!(store.usage("t").await.unwrap().keys, 14);
}

async fn removing_more_than_one_transaction_takes(bench: &Bench) {
    let store = bench.store().await;
    let here = bot("t", "b");
    for part in 0..3 {
        let entry = |number| (format!("{part}-{number}"), vec![0; 10]);
        let entries = (0..256).map(entry).collect();
        store.set_many(&here, entries, &forever()).await.unwrap();
    }
    assert_eq!(store.remove(&all("t")).await.unwrap(), 768);
    assert_eq!(store.usage("t").await.unwrap(), Usage::default());
}
