//! Any sequence of operations, held against a map in memory: quotas, expiry and counts are exact.
//!
//! The clock jumps both ways. The model is as simple as the rules: what has expired stays in the map until it is
//! overwritten, swept or in the way.

mod reference;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use proptest::{prelude::*, test_runner::TestCaseError};
use ravenry_store::{
    Bucket, BucketFilter, EntryFilter, Error, Limit, Scope, Store, SwapError, Usage, Version,
    WritePolicy,
};
use tokio::runtime::Handle;

use self::reference::{LOWERED, Model, QUOTA, Spot, bucket_of};
use crate::bench::{Bench, Kind, START_MS, all_keys, over_both, property, scope};

over_both! {
    any_sequence_is_what_the_model_says
}

const KEYS: [&str; 6] = ["", "a", "b", "c\0", "🦉", "n"];
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

#[derive(Clone, Debug)]
enum Step {
    Set(Spot, Vec<(usize, usize)>, Option<u16>),
    Delete(Spot, Vec<usize>),
    Increment(Spot, usize, i64, Option<u16>),
    /// Compares with what is there, or with what was there at first.
    Swap(Spot, usize, usize, bool),
    Forget(u8),
    Sweep,
    Jump(i64),
    /// Lowers the bounds, or raises them again.
    Bounds(bool),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let spot = || (0..2_u8, 0..4_u8);
    let key = || 0..KEYS.len();
    let length = || prop_oneof![4 => 0..150_usize, 1 => 290..302_usize];
    let ttl = || proptest::option::of(0..5_000_u16);
    let entries = || proptest::collection::vec((key(), length()), 0..4);
    let jump = prop_oneof![-4_000..6_000_i64, Just(DAY_MS + 5_000), Just(-DAY_MS)];
    let delta = prop_oneof![-3..100_i64, Just(i64::MAX)];
    let step = prop_oneof![
        8 => (spot(), entries(), ttl()).prop_map(|(spot, entries, ttl)| Step::Set(spot, entries, ttl)),
        3 => (spot(), proptest::collection::vec(key(), 1..4)).prop_map(|(spot, keys)| Step::Delete(spot, keys)),
        4 => (spot(), key(), delta, ttl()).prop_map(|(spot, key, delta, ttl)| Step::Increment(spot, key, delta, ttl)),
        3 => (spot(), key(), length(), any::<bool>()).prop_map(|(spot, key, length, is_fresh)| Step::Swap(spot, key, length, is_fresh)),
        1 => (0..2_u8).prop_map(Step::Forget),
        1 => Just(Step::Sweep),
        4 => jump.prop_map(Step::Jump),
        1 => any::<bool>().prop_map(Step::Bounds),
    ];
    proptest::collection::vec(step, 1..40)
}

fn scope_of(tenant: &str, spot: Spot) -> Scope {
    scope(tenant, &format!("b{}", spot.0), bucket_of(spot.1).0)
}

async fn any_sequence_is_what_the_model_says(bench: &Bench) {
    let cases = match bench.kind {
        Kind::Sqlite => 64,
        Kind::Postgres => 48,
    };
    let store = bench.store().await;
    let handle = Handle::current();
    property(cases, steps(), |steps| {
        handle.block_on(hold(bench, &store, steps))
    });
}

/// A tenant of its own for each sequence.
async fn hold(bench: &Bench, store: &Store, steps: Vec<Step>) -> Result<(), TestCaseError> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let tenant = format!("t{}", COUNT.fetch_add(1, Ordering::Relaxed));
    let start = i64::try_from(START_MS).unwrap();
    set_clock(bench, start);
    let mut model = Model {
        now: start,
        quota: QUOTA,
        ..Model::default()
    };
    let mut run = Run {
        bench,
        store,
        tenant: &tenant,
        model: &mut model,
        stale: BTreeMap::new(),
    };
    for step in steps {
        run.step(&step).await?;
        run.compare().await?;
    }
    Ok(())
}

fn set_clock(bench: &Bench, to: i64) {
    let now = bench.now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let to = Duration::from_millis(to.unsigned_abs());
    if to > now {
        bench.advance(to.saturating_sub(now));
    } else {
        bench.go_back(now.saturating_sub(to));
    }
}

struct Run<'a> {
    bench: &'a Bench,
    store: &'a Store,
    tenant: &'a str,
    model: &'a mut Model,
    /// The first version that was seen of each entry.
    stale: BTreeMap<(Spot, usize), Version>,
}

impl Run<'_> {
    fn policy(&self, ttl: Option<u16>) -> WritePolicy {
        WritePolicy {
            quota: self.model.quota,
            ttl: ttl.map(|ttl| Duration::from_millis(u64::from(ttl))),
        }
    }

    async fn step(&mut self, step: &Step) -> Result<(), TestCaseError> {
        match step {
            Step::Set(spot, entries, ttl) => {
                let entries = entries
                    .iter()
                    .map(|(key, length)| (KEYS[*key].to_owned(), vec![1; *length]));
                self.set(*spot, entries.collect(), *ttl).await
            }
            Step::Delete(spot, keys) => {
                let names: Vec<&str> = keys.iter().map(|key| KEYS[*key]).collect();
                let distinct: BTreeSet<&str> = names.iter().copied().collect();
                let mut live = 0;
                for key in distinct {
                    live += u64::from(self.model.live(*spot, key).is_some());
                    self.model.entries.remove(&(spot.0, spot.1, key.to_owned()));
                }
                let scope = scope_of(self.tenant, *spot);
                prop_assert_eq!(self.store.delete_many(&scope, &names).await.unwrap(), live);
                Ok(())
            }
            Step::Increment(spot, key, delta, ttl) => {
                self.increment(*spot, *key, *delta, *ttl).await
            }
            Step::Swap(spot, key, length, is_fresh) => {
                self.swap(*spot, *key, *length, *is_fresh).await
            }
            Step::Forget(number) => {
                let (bucket, _) = bucket_of(number + 1);
                let Bucket::User(user) = &bucket else {
                    panic!()
                };
                let now = self.model.now;
                let of_user = self
                    .model
                    .entries
                    .iter()
                    .filter(|(at, kept)| at.1 == number + 1 && kept.expires > now);
                let live = of_user.count() as u64;
                self.model.entries.retain(|at, _| at.1 != number + 1);
                prop_assert_eq!(
                    self.store.forget(self.tenant, None, user).await.unwrap(),
                    live
                );
                Ok(())
            }
            Step::Sweep => {
                self.store.sweep().await.unwrap();
                let by = self.model.now - DAY_MS;
                self.model.entries.retain(|_, kept| kept.expires >= by);
                Ok(())
            }
            Step::Bounds(are_low) => {
                self.model.quota = if *are_low { LOWERED } else { QUOTA };
                Ok(())
            }
            Step::Jump(by) => {
                self.model.now += by;
                set_clock(self.bench, self.model.now);
                Ok(())
            }
        }
    }

    async fn set(
        &mut self,
        spot: Spot,
        entries: Vec<(String, Vec<u8>)>,
        ttl: Option<u16>,
    ) -> Result<(), TestCaseError> {
        let scope = scope_of(self.tenant, spot);
        let done = self
            .store
            .set_many(&scope, entries.clone(), &self.policy(ttl))
            .await;
        if entries
            .iter()
            .any(|(_, value)| value.len() > QUOTA.value_bytes)
        {
            let is_refused = matches!(done, Err(Error::ValueTooLarge { .. }));
            prop_assert!(is_refused);
            return Ok(());
        }
        let refused = self.model.set(spot, &entries.into_iter().collect(), ttl);
        prop_assert_eq!(full(done)?, refused);
        Ok(())
    }

    async fn increment(
        &mut self,
        spot: Spot,
        key: usize,
        delta: i64,
        ttl: Option<u16>,
    ) -> Result<(), TestCaseError> {
        let scope = scope_of(self.tenant, spot);
        let before = self
            .model
            .live(spot, KEYS[key])
            .map(|kept| kept.value.clone());
        let done = self
            .store
            .increment(&scope, KEYS[key], delta, &self.policy(ttl))
            .await;
        let before = before.map_or(Some(0), |value| {
            std::str::from_utf8(&value)
                .ok()
                .and_then(|text| text.parse::<i64>().ok())
        });
        let Some(before) = before else {
            prop_assert!(matches!(done, Err(Error::NotANumber)), "not refused");
            return Ok(());
        };
        let Some(sum) = before.checked_add(delta) else {
            prop_assert!(matches!(done, Err(Error::Overflow)), "not refused");
            return Ok(());
        };
        let new = BTreeMap::from([(KEYS[key].to_owned(), sum.to_string().into_bytes())]);
        let refused = self.model.set(spot, &new, ttl);
        if let Ok(found) = &done {
            prop_assert_eq!(*found, sum);
        }
        prop_assert_eq!(full(done)?, refused);
        Ok(())
    }

    async fn swap(
        &mut self,
        spot: Spot,
        key: usize,
        length: usize,
        is_fresh: bool,
    ) -> Result<(), TestCaseError> {
        let scope = scope_of(self.tenant, spot);
        let current = self.store.current(&scope, KEYS[key]).await.unwrap();
        let live = self
            .model
            .live(spot, KEYS[key])
            .map(|kept| kept.value.clone());
        prop_assert_eq!(&current.value, &live);
        prop_assert_eq!(current.version == Version::ABSENT, live.is_none());
        let length = length.min(QUOTA.value_bytes);
        let first = *self.stale.entry((spot, key)).or_insert(current.version);
        let version = if is_fresh { current.version } else { first };
        let value = vec![2; length];
        let done = self
            .store
            .swap(
                &scope,
                KEYS[key],
                version,
                value.clone(),
                &self.policy(None),
            )
            .await;
        match done {
            Err(SwapError::Conflict(found)) => {
                prop_assert_ne!(version, current.version);
                prop_assert_eq!(found, current);
            }
            Err(SwapError::Store(error)) => {
                let refused =
                    self.model
                        .set(spot, &BTreeMap::from([(KEYS[key].to_owned(), value)]), None);
                prop_assert_eq!(full::<()>(Err(error))?, refused);
            }
            Ok(new) => {
                prop_assert_eq!(version, current.version);
                prop_assert_ne!(new, current.version);
                let refused =
                    self.model
                        .set(spot, &BTreeMap::from([(KEYS[key].to_owned(), value)]), None);
                prop_assert_eq!(refused, None);
            }
        }
        Ok(())
    }

    /// All that can be seen from outside.
    async fn compare(&self) -> Result<(), TestCaseError> {
        for bot in 0..2 {
            for bucket in 0..4 {
                let spot = (bot, bucket);
                let scope = scope_of(self.tenant, spot);
                let live = KEYS
                    .iter()
                    .filter(|key| self.model.live(spot, key).is_some());
                let mut live: Vec<&str> = live.copied().collect();
                live.sort_unstable();
                prop_assert_eq!(&all_keys(self.store, &scope, 2).await, &live);
                let values = self.store.get_many(&scope, &KEYS).await.unwrap();
                for (key, value) in KEYS.iter().zip(values) {
                    prop_assert_eq!(
                        value.as_ref(),
                        self.model.live(spot, key).map(|kept| &kept.value)
                    );
                }
            }
        }
        prop_assert_eq!(
            self.store.usage(self.tenant).await.unwrap(),
            self.model.usage(None)
        );
        let owners = self.store.owners(Some((self.tenant, "")), 2).await.unwrap();
        let owners = owners
            .into_iter()
            .filter(|owner| owner.tenant == self.tenant);
        let found: Vec<(String, Usage)> = owners.map(|owner| (owner.bot, owner.usage)).collect();
        let bots = [0, 1].map(|bot| (format!("b{bot}"), self.model.usage(Some(bot))));
        let expected: Vec<_> = bots
            .into_iter()
            .filter(|(_, usage)| usage.keys > 0)
            .collect();
        prop_assert_eq!(found, expected);
        let filter = EntryFilter {
            tenant: self.tenant.to_owned(),
            bot: None,
            buckets: BucketFilter::All,
        };
        let shown = self.store.entries(&filter, None, 100).await.unwrap();
        let sum: u64 = shown.iter().map(|entry| entry.bytes).sum();
        prop_assert_eq!(sum, self.model.usage(None).bytes);
        Ok(())
    }
}

/// Which bound was in the way; any other error fails.
fn full<T>(done: Result<T, Error>) -> Result<Option<(Limit, u64)>, TestCaseError> {
    match done {
        Ok(_) => Ok(None),
        Err(Error::Full { which, limit }) => Ok(Some((which, limit))),
        Err(error) => Err(TestCaseError::fail(error.to_string())),
    }
}
