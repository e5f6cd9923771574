//! Writes that wait together are joined into one transaction: whatever they are, each has the outcome that it
//! would have had alone, in the order in which they came.

use std::{
    fmt::Write as _,
    pin::Pin,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use futures_util::{FutureExt as _, future::join_all};
use proptest::{prelude::*, test_runner::TestCaseError};
use ravenry_store::{Bounds, Bucket, Quota, Scope, Store, Version, WritePolicy};
use tokio::runtime::Handle;

use crate::bench::{Bench, Kind, over_both, property, scope};

over_both! {
    writes_that_are_joined_do_what_they_would_do_alone
    many_entries_of_all_sizes_are_written_together
    reads_that_are_joined_find_what_is_there
}

/// Small, so that bounds are met within a transaction.
const QUOTA: Quota = Quota {
    bot: Bounds {
        bytes: 1_400,
        keys: 5,
    },
    tenant: Bounds {
        bytes: 2_000,
        keys: 8,
    },
    key_bytes: 64,
    value_bytes: 300,
};

const KEYS: [&str; 4] = ["", "a", "n\0", "🦉"];

/// Which bot, and which of its buckets.
type Spot = (u8, u8);

#[derive(Clone, Debug)]
enum Step {
    Set(Spot, Vec<(usize, usize)>, Option<u16>),
    Delete(Spot, Vec<usize>),
    Increment(Spot, usize, i64, Option<u16>),
    /// With the version that the entry had before this round.
    Swap(Spot, usize, usize),
}

fn rounds() -> impl Strategy<Value = Vec<(Vec<Step>, u64)>> {
    let spot = || (0..2_u8, 0..2_u8);
    let key = || 0..KEYS.len();
    // Around the length up to which values are read with what is stored of them, too.
    let length = || prop_oneof![0..80_usize, Just(64), Just(65), Just(300)];
    let ttl = || proptest::option::of(1..3_000_u16);
    let entries = || proptest::collection::vec((key(), length()), 1..4);
    let step = prop_oneof![
        6 => (spot(), entries(), ttl()).prop_map(|(spot, entries, ttl)| Step::Set(spot, entries, ttl)),
        3 => (spot(), proptest::collection::vec(key(), 1..4)).prop_map(|(spot, keys)| Step::Delete(spot, keys)),
        5 => (spot(), key(), -3..100_i64, ttl()).prop_map(|(spot, key, delta, ttl)| Step::Increment(spot, key, delta, ttl)),
        4 => (spot(), key(), length()).prop_map(|(spot, key, length)| Step::Swap(spot, key, length)),
    ];
    proptest::collection::vec((proptest::collection::vec(step, 1..24), 0..2_000_u64), 1..5)
}

async fn writes_that_are_joined_do_what_they_would_do_alone(bench: &Bench) {
    let store = bench.store().await;
    let handle = Handle::current();
    let cases = match bench.kind {
        Kind::Sqlite => 96,
        Kind::Postgres => 24,
    };
    property(cases, rounds(), |rounds| {
        handle.block_on(hold(bench, &store, rounds))
    });
}

/// Two tenants do the same: one has each write wait for the one before, the other has all of a round at once.
async fn hold(
    bench: &Bench,
    store: &Store,
    rounds: Vec<(Vec<Step>, u64)>,
) -> Result<(), TestCaseError> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let [alone, joined] = ["alone", "joined"].map(|how| format!("{how}-{number}"));
    for (steps, pause) in rounds {
        let mut one_by_one = Vec::new();
        let versions = versions(store, &alone).await;
        for step in &steps {
            one_by_one.push(write(store, &alone, step, &versions).await);
        }
        let writes = steps
            .iter()
            .map(|step| write(store, &joined, step, &versions));
        prop_assert_eq!(join_all(writes).await, one_by_one);
        prop_assert_eq!(kept(store, &joined).await, kept(store, &alone).await);
        bench.advance(Duration::from_millis(pause));
    }
    Ok(())
}

fn scope_of(tenant: &str, spot: Spot) -> Scope {
    let bucket = match spot.1 {
        0 => Bucket::Bot,
        _ => Bucket::User("u".to_owned()),
    };
    scope(tenant, &format!("b{}", spot.0), bucket)
}

fn spots() -> impl Iterator<Item = (Spot, &'static str)> {
    let spots = (0..2).flat_map(|bot| (0..2).map(move |bucket| (bot, bucket)));
    spots.flat_map(|spot| KEYS.map(|key| (spot, key)))
}

async fn versions(store: &Store, tenant: &str) -> Vec<Version> {
    let mut versions = Vec::new();
    for (spot, key) in spots() {
        let current = store.current(&scope_of(tenant, spot), key).await.unwrap();
        versions.push(current.version);
    }
    versions
}

/// What comes of a write, in words.
fn write<'a>(
    store: &'a Store,
    tenant: &'a str,
    step: &'a Step,
    versions: &'a [Version],
) -> Pin<Box<dyn Future<Output = String> + 'a>> {
    let policy = |ttl: Option<u16>| WritePolicy {
        quota: QUOTA,
        ttl: ttl.map(|ttl| Duration::from_millis(u64::from(ttl))),
    };
    Box::pin(async move {
        match step {
            Step::Set(spot, entries, ttl) => {
                let entries = entries
                    .iter()
                    .map(|(key, length)| (KEYS[*key].to_owned(), vec![b'1'; *length]));
                let entries = entries.collect();
                let (scope, policy) = (scope_of(tenant, *spot), policy(*ttl));
                format!("{:?}", store.set_many(&scope, entries, &policy).await)
            }
            Step::Delete(spot, keys) => {
                let keys: Vec<&str> = keys.iter().map(|key| KEYS[*key]).collect();
                let scope = scope_of(tenant, *spot);
                format!("{:?}", store.delete_many(&scope, &keys).await)
            }
            Step::Increment(spot, key, delta, ttl) => {
                let (scope, policy) = (scope_of(tenant, *spot), policy(*ttl));
                let added = store.increment(&scope, KEYS[*key], *delta, &policy);
                format!("{:?}", added.await)
            }
            Step::Swap(spot, key, length) => {
                let index = spots().position(|place| place == (*spot, KEYS[*key]));
                let (scope, value) = (scope_of(tenant, *spot), vec![b'2'; *length]);
                let (version, policy) = (versions[index.unwrap()], policy(None));
                let swapped = store.swap(&scope, KEYS[*key], version, value, &policy);
                format!("{:?}", swapped.await)
            }
        }
    })
}

/// All that is there, and what it counts.
async fn kept(store: &Store, tenant: &str) -> String {
    let mut kept = format!("{:?}\n", store.usage(tenant).await.unwrap());
    for owner in store.owners(Some((tenant, "")), 2).await.unwrap() {
        if owner.tenant == tenant {
            writeln!(kept, "{} {:?}", owner.bot, owner.usage).unwrap();
        }
    }
    for (spot, key) in spots() {
        let current = store.current(&scope_of(tenant, spot), key).await.unwrap();
        writeln!(kept, "{spot:?} {key:?} {current:?}").unwrap();
    }
    kept
}

/// More than one statement takes, by their number and by their bytes, and some of them gone again.
async fn many_entries_of_all_sizes_are_written_together(bench: &Bench) {
    let store = bench.store().await;
    let scope = scope("t", "b", Bucket::Bot);
    let policy = WritePolicy::default();
    let key = |number: usize| format!("k{number:03}");
    let value = |number: usize| match number % 7 {
        0 => vec![0; 1024 * 1024 - number],
        _ => vec![b'x'; number * 37],
    };
    let numbers = 0..100_usize;
    let sets = numbers.clone().map(|number| {
        let (store, scope, policy) = (&store, &scope, &policy);
        async move {
            let (key, value) = (key(number), value(number));
            store.set(scope, &key, value, policy).await.unwrap();
        }
    });
    join_all(sets).await;
    let deletes = numbers.clone().filter(|number| number % 3 == 0);
    let deletes = deletes.map(|number| {
        let (store, scope) = (&store, &scope);
        async move { assert!(store.delete(scope, &key(number)).await.unwrap()) }
    });
    join_all(deletes).await;
    for number in numbers {
        let found = store.get(&scope, &key(number)).await.unwrap();
        let expected = (number % 3 != 0).then(|| value(number));
        assert!(found == expected, "{number}");
    }
    let usage = store.usage("t").await.unwrap();
    assert_eq!(usage.keys, 66);
}

/// Of values that are short, long, empty, expired and none; some readers go away before they have an answer.
async fn reads_that_are_joined_find_what_is_there(bench: &Bench) {
    let store = bench.store().await;
    let tenants = ["t", "u"];
    let key = |number: usize| format!("k{number}");
    let value = |tenant: &str, number: usize| -> Option<Vec<u8>> {
        let length = [0, 1, 64, 65, 5_000, 300_000][number % 6];
        (number % 5 != 4 && number % 7 != 6).then(|| [tenant.as_bytes(), &vec![7; length]].concat())
    };
    for tenant in tenants {
        for number in 0..42 {
            let policy = WritePolicy {
                ttl: (number % 7 == 6).then_some(Duration::from_secs(1)),
                ..WritePolicy::default()
            };
            let bucket = scope_of(tenant, (0, u8::from(number % 2 == 1)));
            if number % 7 == 6 {
                store
                    .set(&bucket, &key(number), vec![1], &policy)
                    .await
                    .unwrap();
            } else if let Some(value) = value(tenant, number) {
                store
                    .set(&bucket, &key(number), value, &policy)
                    .await
                    .unwrap();
            }
        }
    }
    bench.advance(Duration::from_secs(2));
    let reads = (0..600_usize).map(|turn| {
        let (store, number) = (&store, turn % 42);
        async move {
            let tenant = tenants[usize::from(turn % 11 == 0)];
            let (bucket, key) = (
                scope_of(tenant, (0, u8::from(number % 2 == 1))),
                key(number),
            );
            let read = store.get(&bucket, &key);
            if turn % 13 == 0 {
                let _ = read.now_or_never();
                return;
            }
            let found = read.await.unwrap();
            assert!(found == value(tenant, number), "{tenant} {number}");
        }
    });
    join_all(reads).await;
}
