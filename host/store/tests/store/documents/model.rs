//! Any sequence of operations with documents and entries, held against a map in memory: bounds, expiry and counts are
//! exact, numbers stay, and an index that follows along is right.

mod steps;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use proptest::{prelude::*, test_runner::TestCaseError};
use ravenry_store::{
    Bounds, Bucket, BucketFilter, CollectionState, DocumentVectors, EntryFilter, Error,
    NewDocument, Scope, Store, Usage, WritePolicy,
};
use tokio::runtime::Handle;

use self::steps::{DAY_MS, IDS, QUOTA, Spot, Step, bucket_of, steps};
use super::{all, changes::Index, document, recount::recount};
use crate::bench::{Bench, Kind, over_both, property, scope};

over_both! {
    any_sequence_is_what_the_model_says
}

/// A document or an entry, be it live or expired.
#[derive(Clone, Debug)]
struct Kept {
    size: u64,
    expires: i64,
    /// Of a document, once it was seen.
    number: Option<u64>,
    /// Of a document. The first byte is its model, too.
    vectors: Vec<u8>,
}

/// Where it is, whether it is a document, and its name.
type Place = (u8, u8, bool, &'static str);

async fn any_sequence_is_what_the_model_says(bench: &Bench) {
    let cases = match bench.kind {
        Kind::Sqlite => 64,
        Kind::Postgres => 32,
    };
    let store = bench.store().await;
    let handle = Handle::current();
    property(cases, steps(), |steps| {
        handle.block_on(hold(bench, &store, steps))
    });
    recount(bench).await;
}

/// A tenant of its own for each sequence.
async fn hold(bench: &Bench, store: &Store, steps: Vec<Step>) -> Result<(), TestCaseError> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let tenant = format!("d{}", COUNT.fetch_add(1, Ordering::Relaxed));
    let mut run = Run {
        bench,
        store,
        tenant: &tenant,
        kept: BTreeMap::new(),
        numbers: BTreeSet::new(),
        indexes: BTreeMap::new(),
    };
    for (number, step) in steps.iter().enumerate() {
        run.step(step).await?;
        run.compare().await?;
        // Not after each step.
        if number % 3 != 1 {
            run.follow().await?;
        }
    }
    Ok(())
}

struct Run<'a> {
    bench: &'a Bench,
    store: &'a Store,
    tenant: &'a str,
    kept: BTreeMap<Place, Kept>,
    /// All that were ever given out.
    numbers: BTreeSet<u64>,
    indexes: BTreeMap<Spot, Index>,
}

impl Run<'_> {
    fn now(&self) -> i64 {
        let now = self.bench.now().duration_since(std::time::UNIX_EPOCH);
        i64::try_from(now.unwrap().as_millis()).unwrap()
    }

    fn here(&self, spot: Spot) -> Scope {
        scope(self.tenant, &format!("b{}", spot.0), bucket_of(spot.1).0)
    }

    fn policy(ttl: Option<u16>) -> WritePolicy {
        WritePolicy {
            quota: QUOTA,
            ttl: ttl.map(|ttl| Duration::from_millis(u64::from(ttl))),
        }
    }

    /// What is there of a kind.
    fn live(&self, spot: Spot) -> BTreeMap<&'static str, &Kept> {
        let now = self.now();
        let of_spot = self.kept.iter();
        let of_spot =
            of_spot.filter(|(at, kept)| (at.0, at.1) == spot && at.2 && kept.expires > now);
        of_spot.map(|(at, kept)| (at.3, kept)).collect()
    }

    async fn step(&mut self, step: &Step) -> Result<(), TestCaseError> {
        let now = self.now();
        match step {
            Step::Put(spot, documents, ttl) => {
                let of = |(id, length): &(usize, usize)| document(IDS[*id], &"x".repeat(*length));
                let given: Vec<NewDocument> = documents.iter().map(of).collect();
                let here = self.here(*spot);
                let done = self
                    .store
                    .put_documents(&here, given, &Self::policy(*ttl))
                    .await;
                let size = |(id, length): &(usize, usize)| {
                    (256 + bucket_of(spot.1).1 + IDS[*id].len() + length) as u64
                };
                let new = documents
                    .iter()
                    .map(|one| (IDS[one.0], size(one)))
                    .collect();
                let fits = self.put(*spot, true, &new, *ttl);
                prop_assert_eq!(is_done(done)?, fits);
            }
            Step::Set(spot, key, ttl) => {
                let here = self.here(*spot);
                let key = IDS[*key];
                let done = self
                    .store
                    .set(&here, key, Vec::new(), &Self::policy(*ttl))
                    .await;
                let size = (128 + bucket_of(spot.1).1 + key.len()) as u64;
                let fits = self.put(*spot, false, &BTreeMap::from([(key, size)]), *ttl);
                prop_assert_eq!(is_done(done)?, fits);
            }
            Step::Vectors(spot, ids, model) => {
                let named: BTreeSet<&str> = ids.iter().map(|id| IDS[*id]).collect();
                self.set_vectors(*spot, &named, *model).await?;
            }
            Step::Remove(spot, ids) => {
                let ids: Vec<&str> = ids.iter().map(|id| IDS[*id]).collect();
                let named: BTreeSet<&str> = ids.iter().copied().collect();
                let removed = self
                    .store
                    .remove_documents(&self.here(*spot), &ids)
                    .await
                    .unwrap();
                let live = self.take(now, |at| {
                    (at.0, at.1) == *spot && at.2 && named.contains(at.3)
                });
                prop_assert_eq!(removed, live);
            }
            Step::Clear(spot) => {
                let removed = self.store.clear_documents(&self.here(*spot)).await.unwrap();
                let live = self.take(now, |at| (at.0, at.1) == *spot && at.2);
                prop_assert_eq!(removed, live);
            }
            Step::Forget(bucket) => {
                let Bucket::User(user) = bucket_of(*bucket).0 else {
                    panic!()
                };
                let removed = self.store.forget(self.tenant, None, &user).await.unwrap();
                prop_assert_eq!(removed, self.take(now, |at| at.1 == *bucket));
            }
            Step::Sweep => {
                self.store.sweep().await.unwrap();
                self.kept.retain(|_, kept| kept.expires >= now - DAY_MS);
            }
            Step::Jump(by) => self.bench.advance(Duration::from_millis(by.unsigned_abs())),
        }
        Ok(())
    }

    /// Gives vectors to those of these that are live, and to none that is said to be of another revision.
    async fn set_vectors(
        &mut self,
        spot: Spot,
        named: &BTreeSet<&str>,
        model: u8,
    ) -> Result<(), TestCaseError> {
        let (now, here) = (self.now(), self.here(spot));
        let given = vec![model; usize::from(model)];
        let mut vectors = Vec::new();
        let stored = self.store.documents_since(&here, 0, usize::MAX).await;
        for document in stored.unwrap() {
            let is_named = named.contains(&document.info.id[..]);
            vectors.push(DocumentVectors {
                number: document.info.number,
                revision: document.revision - u64::from(!is_named),
                model: vec![model],
                vectors: given.clone(),
            });
        }
        let mut count = 0;
        for (at, kept) in &mut self.kept {
            let is_one = (at.0, at.1) == spot && at.2 && named.contains(at.3);
            if is_one && kept.expires > now {
                kept.vectors.clone_from(&given);
                count += 1;
            }
        }
        prop_assert_eq!(
            self.store.set_vectors(&here, &vectors).await.unwrap(),
            count
        );
        Ok(())
    }

    /// Takes these away, and says how many were live.
    fn take(&mut self, now: i64, is_one: impl Fn(&Place) -> bool) -> u64 {
        let mut live = 0;
        self.kept.retain(|at, kept| {
            live += u64::from(is_one(at) && kept.expires > now);
            !is_one(at)
        });
        live
    }

    /// What is kept of a bot, or of all, be it live or expired.
    fn sum(kept: &BTreeMap<Place, Kept>, bot: Option<u8>) -> Usage {
        let some = kept
            .iter()
            .filter(|(at, _)| bot.is_none_or(|bot| bot == at.0));
        some.fold(Usage::default(), |sum, (_, kept)| Usage {
            bytes: sum.bytes + kept.size,
            keys: sum.keys + 1,
        })
    }

    /// Whether all of these fit, and are there now.
    fn put(
        &mut self,
        spot: Spot,
        is_document: bool,
        new: &BTreeMap<&'static str, u64>,
        ttl: Option<u16>,
    ) -> bool {
        let now = self.now();
        let expires = ttl.map_or(i64::MAX, |ttl| now + i64::from(ttl));
        loop {
            let mut after = self.kept.clone();
            for (name, size) in new {
                let at = (spot.0, spot.1, is_document, *name);
                let old = after.get(&at);
                let number = old.and_then(|old| old.number);
                // A text of the same length is the same.
                let same = old.filter(|old| old.size == *size);
                let vectors = same.map(|old| old.vectors.clone());
                after.insert(
                    at,
                    Kept {
                        size: *size,
                        expires,
                        number,
                        vectors: vectors.unwrap_or_default(),
                    },
                );
            }
            // What has expired is not there, also where it is overwritten.
            let mut before = self.kept.clone();
            before.retain(|at, kept| {
                let is_replaced =
                    (at.0, at.1, at.2) == (spot.0, spot.1, is_document) && new.contains_key(at.3);
                kept.expires > now || !is_replaced
            });
            let was = Self::sum(&before, Some(spot.0));
            let of_bot = Self::sum(&after, Some(spot.0));
            let of_all = Self::sum(&after, None);
            let is_over = |usage: Usage, bounds: Bounds| {
                of_bot.keys > was.keys && usage.keys > bounds.keys
                    || of_bot.bytes > was.bytes && usage.bytes > bounds.bytes
            };
            let bot_is_over = is_over(of_bot, QUOTA.bot);
            if !bot_is_over && !is_over(of_all, QUOTA.tenant) {
                self.kept = after;
                return true;
            }
            let count = self.kept.len();
            self.kept
                .retain(|at, kept| kept.expires > now || bot_is_over && at.0 != spot.0);
            if self.kept.len() == count {
                return false;
            }
        }
    }

    /// All that can be seen from outside.
    async fn compare(&mut self) -> Result<(), TestCaseError> {
        let now = self.now();
        for spot in (0..2).flat_map(|bot| (0..3).map(move |bucket| (bot, bucket))) {
            let here = self.here(spot);
            let found = all(self.store, &here).await;
            let live = self.live(spot);
            let names = found.iter().map(|info| &info.id[..]);
            prop_assert!(names.eq(live.keys().copied()), "{:?} and {:?}", found, live);
            let state = self.store.collection(&here).await.unwrap();
            let bytes = live.values().map(|kept| kept.size).sum::<u64>();
            prop_assert_eq!((state.documents, state.bytes), (live.len() as u64, bytes));
            prop_assert_eq!(state == CollectionState::default(), live.is_empty());
            prop_assert!(state.removed <= state.revision);
            for info in found {
                let name = IDS.into_iter().find(|id| *id == info.id).unwrap();
                let kept = self.kept.get_mut(&(spot.0, spot.1, true, name)).unwrap();
                match kept.number {
                    Some(number) => prop_assert_eq!(number, info.number),
                    None => prop_assert!(self.numbers.insert(info.number), "given twice"),
                }
                kept.number = Some(info.number);
            }
        }
        let mut live = self.kept.clone();
        live.retain(|_, kept| kept.expires > now);
        prop_assert_eq!(
            self.store.usage(self.tenant).await.unwrap(),
            Self::sum(&live, None)
        );
        let owners = self.store.owners(Some((self.tenant, "")), 2).await.unwrap();
        let owners = owners
            .into_iter()
            .filter(|owner| owner.tenant == self.tenant);
        let found: Vec<(String, Usage)> = owners.map(|owner| (owner.bot, owner.usage)).collect();
        let bots = [0, 1].map(|bot| (format!("b{bot}"), Self::sum(&live, Some(bot))));
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
        let collections = self.store.collections(&filter, None, 100).await.unwrap();
        let documents: u64 = collections.iter().map(|info| info.state.documents).sum();
        let expected = live.keys().filter(|at| at.2).count();
        prop_assert_eq!(documents, expected as u64);
        Ok(())
    }

    /// Indexes see what there is, once they have looked.
    async fn follow(&mut self) -> Result<(), TestCaseError> {
        for spot in (0..2).flat_map(|bot| (0..3).map(move |bucket| (bot, bucket))) {
            let here = self.here(spot);
            let mut index = self.indexes.remove(&spot).unwrap_or_default();
            index.follow(self.store, &here, 700).await;
            let now = self.bench.now();
            let live = index.documents.values();
            let live = live.filter(|entry| entry.expires.is_none_or(|expires| expires > now));
            let known: BTreeSet<_> = live
                .map(|entry| (entry.text.len() as u64, &entry.id[..], &entry.vectors))
                .collect();
            let found = all(self.store, &here).await;
            let kept = self.live(spot);
            let found = found.iter().map(|info| {
                let kept = kept[&info.id[..]];
                (info.bytes, &info.id[..], &kept.vectors)
            });
            prop_assert_eq!(known, found.collect::<BTreeSet<_>>());
            let without = self.store.documents_without(&here, &[1], 100).await;
            let without: Vec<u64> = without.unwrap().iter().map(|one| one.number).collect();
            let others = kept
                .values()
                .filter(|kept| kept.vectors.first() != Some(&1));
            let mut others: Vec<u64> = others.filter_map(|kept| kept.number).collect();
            others.sort_unstable();
            prop_assert_eq!(without, others);
            self.indexes.insert(spot, index);
        }
        Ok(())
    }
}

/// Whether it was done, or was too much; any other error fails.
fn is_done<T>(done: Result<T, Error>) -> Result<bool, TestCaseError> {
    match done {
        Ok(_) => Ok(true),
        Err(Error::Full { .. }) => Ok(false),
        Err(error) => Err(TestCaseError::fail(error.to_string())),
    }
}
