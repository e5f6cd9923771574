//! Whose turn it is to compute, as a pure structure: start-time fair queueing over tenants, in each
//! over its bots, in each over its replies.
//!
//! Each of them has a *level*: the computing time that was had, divided by the weight. The lowest comes
//! next. One that comes back after a pause starts at the level of the turn under way, if its own is lower:
//! sleeping earns no credit. A level stays with its [`Account`] while nothing of it waits: leaving pays no
//! debt. There is no clock and no thread in here.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// What a level is counted in: nanoseconds, divided by the weight in hundredths.
const SCALE: u64 = 100;

/// The largest weight.
const WEIGHT_MAX: u32 = 100;

/// How far computing at serving threads lifts a level above that of the turn under way, in nanoseconds.
///
/// Time that no other tenant wanted is no debt to be starved for; a tenth of a second is enough that one that
/// loads the serving threads comes last at the compute threads for a while.
const SERVED_DEBT_MAX: u64 = 100_000_000;

/// Computing time that a tenant, a bot or a reply has had.
#[derive(Debug)]
pub(super) struct Account {
    /// Tells accounts apart.
    number: u64,
    weight: AtomicU64,
    level: AtomicU64,
    /// Nanoseconds at serving threads that are not in the level yet.
    served: AtomicU64,
    /// The level of the turn under way among those within.
    within: AtomicU64,
}

impl Account {
    /// An account of this weight, at most [`WEIGHT_MAX`], that has had nothing.
    pub(super) fn new(weight: u32) -> Arc<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let account = Self {
            number: NEXT.fetch_add(1, Ordering::Relaxed),
            weight: AtomicU64::new(1),
            level: AtomicU64::new(0),
            served: AtomicU64::new(0),
            within: AtomicU64::new(0),
        };
        account.weigh(weight);
        Arc::new(account)
    }

    /// Another weight from now on.
    pub(super) fn weigh(&self, weight: u32) {
        let weight = weight.clamp(1, WEIGHT_MAX);
        self.weight.store(weight.into(), Ordering::Relaxed);
    }

    /// The weight.
    pub(super) fn weight(&self) -> u64 {
        self.weight.load(Ordering::Relaxed)
    }

    /// Notes computing time, in nanoseconds, that was had at a serving thread.
    pub(super) fn served(&self, nanos: u64) {
        self.served.fetch_add(nanos, Ordering::Relaxed);
    }

    fn level(&self) -> u64 {
        self.level.load(Ordering::Relaxed)
    }

    fn scaled(&self, nanos: u64) -> u64 {
        nanos.saturating_mul(SCALE) / self.weight()
    }

    /// The level, with what was served since; `now` is that of the turn under way.
    fn settled(&self, now: u64) -> u64 {
        let served = self.served.swap(0, Ordering::Relaxed);
        let level = self.level();
        if served == 0 {
            return level;
        }
        let most = now.saturating_add(self.scaled(SERVED_DEBT_MAX));
        let lifted = level.max(now).saturating_add(self.scaled(served));
        let settled = lifted.min(most).max(level);
        self.level.store(settled, Ordering::Relaxed);
        settled
    }

    fn charge(&self, nanos: u64) {
        let level = self.level().saturating_add(self.scaled(nanos));
        self.level.store(level, Ordering::Relaxed);
    }

    /// Puts what was really had in the place of what was charged beforehand.
    fn correct(&self, charged: u64, had: u64) {
        let level = self.level().saturating_sub(self.scaled(charged));
        let level = level.saturating_add(self.scaled(had));
        self.level.store(level, Ordering::Relaxed);
    }
}

/// What a turn belongs to.
#[derive(Clone, Debug)]
pub(super) struct Path {
    pub(super) tenant: Arc<Account>,
    pub(super) bot: Arc<Account>,
    pub(super) reply: Arc<Account>,
}

impl Path {
    fn accounts(&self) -> [&Account; 3] {
        [&self.tenant, &self.bot, &self.reply]
    }
}

/// Turns that are waited for.
#[derive(Debug)]
pub(super) struct Turns<T> {
    tenants: Line<Line<Line<Single<T>>>>,
    /// Nanoseconds that a turn is charged when it begins: else one tenant has all threads before
    /// its first bill.
    slice: u64,
}

impl<T> Turns<T> {
    /// Nothing waits; turns are charged with `slice` nanoseconds when they begin.
    pub(super) fn new(slice: u64) -> Self {
        Self {
            tenants: Line::starting(0),
            slice,
        }
    }

    /// Waits for a turn.
    pub(super) fn push(&mut self, path: &Path, item: T) {
        let bots = self.tenants.of(&path.tenant);
        let replies = bots.of(&path.bot);
        replies.of(&path.reply).0 = Some(item);
    }

    /// Whose turn it is.
    pub(super) fn next(&mut self) -> Option<T> {
        self.tenants.next(self.slice)
    }

    /// A turn is over, and took so many nanoseconds.
    pub(super) fn done(&mut self, path: &Path, nanos: u64) {
        for account in path.accounts() {
            account.correct(self.slice, nanos);
        }
        self.moved(path);
    }

    /// Charges what was done for this path outside of turns, in nanoseconds.
    pub(super) fn charge(&mut self, path: &Path, nanos: u64) {
        for account in path.accounts() {
            account.charge(nanos);
        }
        self.moved(path);
    }

    /// Puts those whose levels have changed where they belong.
    fn moved(&mut self, path: &Path) {
        self.tenants.moved(&path.tenant);
        if let Some(bots) = self.tenants.find(&path.tenant) {
            bots.moved(&path.bot);
            if let Some(replies) = bots.find(&path.bot) {
                replies.moved(&path.reply);
            }
        }
    }
}

/// Something that waits in a [`Line`].
trait Waiting {
    type Item;

    /// Empty, at this level.
    fn starting(now: u64) -> Self;

    /// The level of the turn under way.
    fn now(&self) -> u64;

    fn is_empty(&self) -> bool;

    fn next(&mut self, slice: u64) -> Option<Self::Item>;
}

/// The end of the tree: one that waits.
#[derive(Debug)]
struct Single<T>(Option<T>);

impl<T> Waiting for Single<T> {
    type Item = T;

    fn starting(_: u64) -> Self {
        Self(None)
    }

    fn now(&self) -> u64 {
        0
    }

    fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    fn next(&mut self, _: u64) -> Option<T> {
        self.0.take()
    }
}

/// Accounts that wait at one level of the tree.
#[derive(Debug)]
struct Line<C> {
    /// The highest level at which a turn has begun.
    now: u64,
    /// By level, then by number.
    waiting: BTreeMap<(u64, u64), (Arc<Account>, C)>,
    /// At which level a number waits.
    levels: HashMap<u64, u64>,
}

impl<C: Waiting> Line<C> {
    /// The place of an account in the line; it joins where it is not there yet.
    fn of(&mut self, account: &Arc<Account>) -> &mut C {
        let number = account.number;
        let level = *self.levels.entry(number).or_insert_with(|| {
            let level = account.settled(self.now).max(self.now);
            account.level.store(level, Ordering::Relaxed);
            level
        });
        let joins = || {
            let within = account.within.load(Ordering::Relaxed);
            (Arc::clone(account), C::starting(within))
        };
        let (_, place) = self.waiting.entry((level, number)).or_insert_with(joins);
        place
    }

    fn find(&mut self, account: &Account) -> Option<&mut C> {
        let level = *self.levels.get(&account.number)?;
        let (_, place) = self.waiting.get_mut(&(level, account.number))?;
        Some(place)
    }

    /// Puts an account whose level has changed where it belongs.
    fn moved(&mut self, account: &Account) {
        let number = account.number;
        let Some(level) = self.levels.get_mut(&number) else {
            return;
        };
        let before = std::mem::replace(level, account.level());
        if let Some(place) = self.waiting.remove(&(before, number)) {
            self.waiting.insert((account.level(), number), place);
        }
    }
}

impl<C: Waiting> Waiting for Line<C> {
    type Item = C::Item;

    fn starting(now: u64) -> Self {
        Self {
            now,
            waiting: BTreeMap::new(),
            levels: HashMap::new(),
        }
    }

    fn now(&self) -> u64 {
        self.now
    }

    fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    fn next(&mut self, slice: u64) -> Option<C::Item> {
        loop {
            let (&(level, number), (account, _)) = self.waiting.first_key_value()?;
            let account = Arc::clone(account);
            if account.settled(self.now) > level {
                // It has had something since it joined.
                self.moved(&account);
                continue;
            }
            let (_, mut place) = self.waiting.remove(&(level, number))?;
            self.levels.remove(&number);
            self.now = self.now.max(level);
            let item = place.next(slice);
            account.within.store(place.now(), Ordering::Relaxed);
            if item.is_some() {
                account.charge(slice);
            }
            if !place.is_empty() {
                self.levels.insert(number, account.level());
                let key = (account.level(), number);
                self.waiting.insert(key, (account, place));
            }
            if item.is_some() {
                return item;
            }
        }
    }
}

#[cfg(test)]
mod tests;
