//! Keys, identifiers and values of every kind, up to their bounds and one more.

use ravenry_store::{
    Bucket, Error, ID_BYTES_MAX, KEY_BYTES_MAX, NAME_BYTES_MAX, Quota, WritePolicy,
};

use crate::bench::{Bench, all_keys, bot, forever, over_both, scope};

over_both! {
    every_text_is_a_key
    scopes_share_nothing
    lengths_end_at_their_bounds
    the_longest_of_everything_at_once
    values_come_back
    deleting_says_what_was_there
}

async fn every_text_is_a_key(bench: &Bench) {
    let store = bench.store().await;
    let scope = bot("t", "b");
    let longest = "🦉".repeat(KEY_BYTES_MAX / 4);
    let mut keys = [
        "",
        "\0",
        "a",
        "a\0b",
        "a\0",
        "A",
        "ä",
        "a\u{308}",
        "🦉",
        "\u{feff}",
        "\u{10ffff}",
        "%",
        "_",
        "'",
        "\"",
        "\\",
        "\n",
        " ",
        "a ",
        "\u{202e}",
        "\u{e000}",
        "\u{7f}",
        longest.as_str(),
    ];
    for key in keys {
        store
            .set(&scope, key, key.as_bytes().to_vec(), &forever())
            .await
            .unwrap();
    }
    for key in keys {
        assert_eq!(
            store.get(&scope, key).await.unwrap().as_deref(),
            Some(key.as_bytes())
        );
        assert!(store.exists(&scope, key).await.unwrap());
    }
    // The order is that of the bytes, in both databases.
    keys.sort_unstable();
    for page in [1, 2, 3, 7, 1_000] {
        assert_eq!(
            all_keys(&store, &scope, page).await,
            keys,
            "pages of {page}"
        );
    }
    let values = store.get_many(&scope, &keys).await.unwrap();
    for (key, value) in keys.iter().zip(values) {
        assert_eq!(value.as_deref(), Some(key.as_bytes()));
    }
    for key in keys {
        assert!(store.delete(&scope, key).await.unwrap());
        assert!(!store.delete(&scope, key).await.unwrap());
        assert_eq!(store.get(&scope, key).await.unwrap(), None);
    }
    assert_eq!(all_keys(&store, &scope, 10).await, Vec::<String>::new());
}

async fn scopes_share_nothing(bench: &Bench) {
    let store = bench.store().await;
    let mut scopes = Vec::new();
    for tenant in ["", "t", "t\0", "tb"] {
        for name in ["", "b", "\0b", "bu"] {
            scopes.push(bot(tenant, name));
            for id in ["", "u", "🦉\0"] {
                scopes.push(scope(tenant, name, Bucket::User(id.to_owned())));
                scopes.push(scope(tenant, name, Bucket::Conversation(id.to_owned())));
            }
        }
    }
    for (number, scope) in scopes.iter().enumerate() {
        let value = number.to_string().into_bytes();
        store.set(scope, "key", value, &forever()).await.unwrap();
    }
    for (number, scope) in scopes.iter().enumerate() {
        let value = store.get(scope, "key").await.unwrap().unwrap();
        assert_eq!(value, number.to_string().into_bytes());
        assert_eq!(all_keys(&store, scope, 5).await, ["key"]);
    }
}

async fn lengths_end_at_their_bounds(bench: &Bench) {
    let store = bench.store().await;
    let here = bot("t", "b");
    let policy = WritePolicy {
        quota: Quota {
            key_bytes: 8,
            value_bytes: 8,
            ..Quota::default()
        },
        ttl: None,
    };
    let (eight, nine) = ("x".repeat(8), "x".repeat(9));
    store
        .set(&here, &eight, eight.clone().into_bytes(), &policy)
        .await
        .unwrap();
    let refused = store.set(&here, &nine, Vec::new(), &policy).await;
    assert!(matches!(refused, Err(Error::KeyTooLong { limit: 8 })));
    let refused = store
        .set(&here, "k", nine.clone().into_bytes(), &policy)
        .await;
    assert!(matches!(refused, Err(Error::ValueTooLarge { limit: 8 })));
    let refused = store.increment(&here, &nine, 1, &policy).await;
    assert!(matches!(refused, Err(Error::KeyTooLong { limit: 8 })));
    let refused = store.increment(&here, "n", 123_456_789, &policy).await;
    assert!(matches!(refused, Err(Error::ValueTooLarge { limit: 8 })));
    // A key that nobody can have set is not there.
    let endless = "k".repeat(100_000);
    assert_eq!(store.get(&here, &endless).await.unwrap(), None);
    assert!(!store.exists(&here, &endless).await.unwrap());
    assert!(!store.delete(&here, &endless).await.unwrap());
    assert_eq!(store.get_many(&here, &[&endless]).await.unwrap(), [None]);
    // The bounds of 1,024 bytes and of 1 MiB hold without being asked for.
    let key = "k".repeat(1_025);
    let refused = store.set(&here, &key, Vec::new(), &forever()).await;
    assert!(matches!(refused, Err(Error::KeyTooLong { limit: 1_024 })));
    let refused = store.set(&here, "k", vec![0; 1_048_577], &forever()).await;
    assert!(matches!(
        refused,
        Err(Error::ValueTooLarge { limit: 1_048_576 })
    ));
    for (long, limit) in [
        (bot(&"t".repeat(NAME_BYTES_MAX + 1), "b"), NAME_BYTES_MAX),
        (bot("t", &"b".repeat(NAME_BYTES_MAX + 1)), NAME_BYTES_MAX),
        (
            scope("t", "b", Bucket::User("u".repeat(ID_BYTES_MAX + 1))),
            ID_BYTES_MAX,
        ),
    ] {
        let refused = store.set(&long, "k", Vec::new(), &forever()).await;
        assert!(matches!(refused, Err(Error::IdTooLong { limit: found }) if found == limit));
        assert!(store.get(&long, "k").await.is_err());
    }
    assert_eq!(all_keys(&store, &here, 5).await, [eight]);
}

/// What a database compresses is no proof that it has room in its index: these are random.
async fn the_longest_of_everything_at_once(bench: &Bench) {
    let store = bench.store().await;
    let mut state = 1_u64;
    let mut random = |bytes: usize| -> String {
        let letter = |_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            char::from(u8::try_from(state >> 57).unwrap())
        };
        (0..bytes).map(letter).collect()
    };
    let tenant = random(NAME_BYTES_MAX);
    let name = random(NAME_BYTES_MAX);
    let here = scope(&tenant, &name, Bucket::Conversation(random(ID_BYTES_MAX)));
    let key = random(KEY_BYTES_MAX);
    let value = random(1_048_576).into_bytes();
    store
        .set(&here, &key, value.clone(), &forever())
        .await
        .unwrap();
    assert_eq!(store.get(&here, &key).await.unwrap(), Some(value));
    let page = store.list_keys(&here, None, 1).await.unwrap();
    assert_eq!(page.keys, [key]);
}

async fn values_come_back(bench: &Bench) {
    let store = bench.store().await;
    let here = bot("t", "b");
    for value in [
        Vec::new(),
        vec![0],
        vec![0xff; 3],
        (0..=255).collect(),
        vec![7; 1_048_576],
    ] {
        store
            .set(&here, "k", value.clone(), &forever())
            .await
            .unwrap();
        assert_eq!(store.get(&here, "k").await.unwrap(), Some(value));
    }
    drop(store);
    let store = bench.store().await;
    assert_eq!(
        store.get(&here, "k").await.unwrap(),
        Some(vec![7; 1_048_576])
    );
}

async fn deleting_says_what_was_there(bench: &Bench) {
    let store = bench.store().await;
    let here = bot("t", "b");
    for key in ["a", "b", "c"] {
        store.set(&here, key, Vec::new(), &forever()).await.unwrap();
    }
    assert_eq!(
        store
            .delete_many(&here, &["a", "x", "b", "a"])
            .await
            .unwrap(),
        2
    );
    assert_eq!(all_keys(&store, &here, 5).await, ["c"]);
    assert_eq!(store.delete_many(&here, &[]).await.unwrap(), 0);
}
