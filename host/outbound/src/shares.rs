//! What many share of something scarce: descriptors for connections, lookups of names.
//!
//! A [`Budget`] is not divided in advance: each share may have up to four times of what is free after
//! that. So one alone has nearly all of it, and one that comes later finds something. Full means to wait;
//! how long is for the caller. Unused connections are closed before a share waits long.

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::Notify;

use ravenry_base::memory::TIMES_FREE;

/// Something of which there is only so much. Clones are the same one.
#[derive(Clone, Debug)]
pub(super) struct Budget(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    total: u64,
    state: Mutex<PoolState>,
}

#[derive(Debug, Default)]
struct PoolState {
    used: u64,
    /// Who waits, in all shares.
    waiting: usize,
    next: u64,
    shares: HashMap<u64, ShareState>,
}

/// One share, as the budget knows it.
#[derive(Debug, Default)]
struct ShareState {
    used: u64,
    waiting: usize,
    room: Arc<Notify>,
    /// What could be given up at once, the one that has been idle for longest first.
    idle: BTreeMap<u64, Arc<dyn Idle>>,
}

/// Something held that is unused at times. All of it is called under a lock: it is to be quick, and to
/// ask nothing of the budget.
pub(super) trait Idle: fmt::Debug + Send + Sync {
    /// Whether it is unused now.
    fn is_idle(&self) -> bool;
    /// Lets go of it soon.
    fn give_up(&self);
    /// Where it stands among what is idle.
    fn mark(&self) -> &IdleMark;
}

/// Where something stands among what is idle: 0 is nowhere. Read and written under the budget's lock.
#[derive(Debug, Default)]
pub(super) struct IdleMark(AtomicU64);

impl Budget {
    /// So much, of which nothing is in use.
    pub(super) fn new(total: u32) -> Self {
        Self(Arc::new(Inner {
            total: u64::from(total),
            state: Mutex::default(),
        }))
    }

    /// A new share.
    pub(super) fn share(&self) -> Share {
        let mut state = self.state();
        let number = state.number();
        state.shares.insert(number, ShareState::default());
        Share(Arc::new(Member {
            budget: self.clone(),
            number,
        }))
    }

    fn state(&self) -> MutexGuard<'_, PoolState> {
        self.0.state.lock()
    }
}

impl PoolState {
    fn number(&mut self) -> u64 {
        self.next = self.next.wrapping_add(1);
        self.next
    }

    /// Takes so many, if that is within the share.
    fn take(&mut self, number: u64, wanted: u64, total: u64) -> bool {
        let free = total.saturating_sub(self.used);
        let Some(share) = self.shares.get_mut(&number) else {
            return false;
        };
        let after = share.used.saturating_add(wanted);
        let left = free.saturating_sub(wanted).saturating_mul(TIMES_FREE);
        // The first one is not measured: it would never come where there is little.
        let taken = wanted <= free && (share.used == 0 || after <= left);
        if taken {
            share.used = after;
            self.used = self.used.saturating_add(wanted);
        }
        taken
    }

    /// Gives up what is idle: of this share, or else of another one.
    fn hurry(&mut self, number: u64) {
        let own = self.shares.get_mut(&number);
        let own = own.and_then(|share| share.idle.pop_first());
        let given = own.or_else(|| {
            let mut others = self.shares.values_mut();
            others.find_map(|share| share.idle.pop_first())
        });
        if let Some((_, idle)) = given {
            idle.mark().0.store(0, Ordering::Relaxed);
            idle.give_up();
        }
    }

    /// Wakes one that waits in each share: what came free may be for any of them.
    fn wake(&self) {
        if self.waiting == 0 {
            return;
        }
        for share in self.shares.values().filter(|share| share.waiting > 0) {
            share.room.notify_one();
        }
    }
}

/// One share of a [`Budget`], as a tenant's. Clones are the same one; it is gone with the last of them.
#[derive(Clone, Debug)]
pub(super) struct Share(Arc<Member>);

#[derive(Debug)]
struct Member {
    budget: Budget,
    number: u64,
}

impl Drop for Member {
    fn drop(&mut self) {
        self.budget.state().shares.remove(&self.number);
    }
}

/// What is taken of a share. Dropping it gives it back.
#[derive(Debug)]
pub(super) struct ShareGuard {
    share: Share,
    number: u64,
}

impl Share {
    /// Takes so many, and waits until that is within the share.
    pub(super) async fn take(&self, wanted: u32) -> ShareGuard {
        let wanted = u64::from(wanted);
        if !self.try_take(wanted) {
            let waiting = Waiting::begin(self);
            let room = Arc::clone(&waiting.room);
            loop {
                let woken = room.notified();
                if self.try_take(wanted) {
                    break;
                }
                self.0.budget.state().hurry(self.0.number);
                woken.await;
            }
            // There may be room for the next one too.
            room.notify_one();
        }
        ShareGuard {
            share: self.clone(),
            number: wanted,
        }
    }

    fn try_take(&self, wanted: u64) -> bool {
        let total = self.0.budget.0.total;
        self.0.budget.state().take(self.0.number, wanted, total)
    }

    /// Notes that something could be given up, if it is idle still.
    pub(super) fn idle(&self, idle: Arc<dyn Idle>) {
        let mut state = self.0.budget.state();
        if !idle.is_idle() || idle.mark().0.load(Ordering::Relaxed) != 0 {
            return;
        }
        let number = state.number();
        if let Some(share) = state.shares.get_mut(&self.0.number) {
            idle.mark().0.store(number, Ordering::Relaxed);
            share.idle.insert(number, idle);
        }
        if state.waiting > 0 {
            state.hurry(self.0.number);
        }
    }

    /// What was idle is in use again, or gone.
    pub(super) fn busy(&self, idle: &dyn Idle) {
        let mut state = self.0.budget.state();
        let number = idle.mark().0.swap(0, Ordering::Relaxed);
        if let Some(share) = state.shares.get_mut(&self.0.number) {
            share.idle.remove(&number);
        }
    }
}

impl ShareGuard {
    /// Gives back all but so many.
    pub(super) fn keep(&mut self, number: u32) {
        let rest = self.number.saturating_sub(u64::from(number));
        self.give_back(rest);
    }

    fn give_back(&mut self, number: u64) {
        self.number = self.number.saturating_sub(number);
        let member = &self.share.0;
        let mut state = member.budget.state();
        state.used = state.used.saturating_sub(number);
        if let Some(share) = state.shares.get_mut(&member.number) {
            share.used = share.used.saturating_sub(number);
        }
        state.wake();
    }
}

impl Drop for ShareGuard {
    fn drop(&mut self) {
        self.give_back(self.number);
    }
}

/// Counts among those who wait until it is dropped.
struct Waiting<'s> {
    share: &'s Share,
    room: Arc<Notify>,
}

impl<'s> Waiting<'s> {
    fn begin(share: &'s Share) -> Self {
        let mut state = share.0.budget.state();
        state.waiting = state.waiting.saturating_add(1);
        let own = state.shares.entry(share.0.number).or_default();
        own.waiting = own.waiting.saturating_add(1);
        let room = Arc::clone(&own.room);
        Self { share, room }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut state = self.share.0.budget.state();
        state.waiting = state.waiting.saturating_sub(1);
        if let Some(own) = state.shares.get_mut(&self.share.0.number) {
            own.waiting = own.waiting.saturating_sub(1);
        }
    }
}
