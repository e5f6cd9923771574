//! Who holds memory for longer than a moment, so that the largest of them can be asked to go.
//!
//! A run that never waits is in no list and takes no lock.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering},
    },
    task::Waker,
};

use futures_util::task::AtomicWaker;
use parking_lot::{Mutex, MutexGuard};

/// Looks for which a holder that was asked to go counts as on its way: two seconds. One that has not gone by
/// then has a reader that does not take its last words, and is cut off without them.
const LEAVING_LOOKS: u64 = 20;

/// In no list.
const NEW: u8 = 0;
/// In the list of its tenant.
const LISTED: u8 = 1;
/// Its memory was given back.
const GONE: u8 = 2;

/// The memory of one run, to be looked at from other threads, and when it is gone too.
#[derive(Debug)]
pub struct Holder {
    peak: AtomicU64,
    booked: AtomicU64,
    refused: AtomicBool,
    state: AtomicU8,
    /// In which look it was asked to go, counted from one; 0: not yet.
    asked: AtomicU64,
    overdue: AtomicBool,
    waker: AtomicWaker,
    among: Arc<Holders>,
}

impl Holder {
    /// One that holds nothing, in no list yet.
    pub fn new(among: &Arc<Holders>) -> Arc<Self> {
        Arc::new(Self {
            peak: AtomicU64::new(0),
            booked: AtomicU64::new(0),
            refused: AtomicBool::new(false),
            state: AtomicU8::new(NEW),
            asked: AtomicU64::new(0),
            overdue: AtomicBool::new(false),
            waker: AtomicWaker::new(),
            among: Arc::clone(among),
        })
    }

    /// The most that was in use at once, in bytes.
    pub fn peak(&self) -> u64 {
        self.peak.load(Ordering::Relaxed)
    }

    /// Whether a growth was refused.
    pub fn refused(&self) -> bool {
        self.refused.load(Ordering::Relaxed)
    }

    /// Notes what is in use from now on, and what is booked for it.
    pub fn holds(&self, used: u64, booked: u64) {
        self.peak.fetch_max(used, Ordering::Relaxed);
        self.booked.store(booked, Ordering::Relaxed);
    }

    /// Notes that a growth was refused.
    pub fn refuse(&self) {
        self.refused.store(true, Ordering::Relaxed);
    }

    /// Puts it into the list of its tenant, from where it can be asked to go.
    pub fn list(self: &Arc<Self>) {
        if self.state.load(Ordering::Relaxed) != NEW {
            return;
        }
        let mut list = self.among.lock();
        // Within the lock: where the state says so, it is in the list.
        let listed = self
            .state
            .compare_exchange(NEW, LISTED, Ordering::SeqCst, Ordering::SeqCst);
        if listed.is_ok() {
            list.insert(self.key(), Arc::clone(self));
        }
    }

    /// Its memory was given back.
    pub fn gone(&self) {
        self.booked.store(0, Ordering::Relaxed);
        if self.state.swap(GONE, Ordering::SeqCst) == LISTED {
            self.among.lock().remove(&self.key());
        }
    }

    /// Wakes this task when it is asked to go. To be called before [`Holder::is_to_go`].
    pub fn watch(&self, waker: &Waker) {
        self.waker.register(waker);
    }

    /// Whether it was asked to go.
    pub fn is_to_go(&self) -> bool {
        self.asked.load(Ordering::Acquire) > 0
    }

    /// Whether it was asked so long ago that its last words are not waited for.
    pub fn is_overdue(&self) -> bool {
        self.overdue.load(Ordering::Acquire)
    }

    fn is_leaving(&self, look: u64) -> bool {
        let asked = self.asked.load(Ordering::Relaxed);
        asked > 0 && look < asked.saturating_add(LEAVING_LOOKS)
    }

    fn ask(&self, look: u64) {
        self.asked.store(look.saturating_add(1), Ordering::Release);
        self.waker.wake();
    }

    fn key(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }
}

/// The runs of one tenant that hold memory while they wait.
#[derive(Debug, Default)]
pub struct Holders(Mutex<HashMap<usize, Arc<Holder>>>);

/// Who was asked to go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// How many.
    pub replies: u64,
    /// What they have booked, in bytes.
    pub bytes: u64,
}

impl Holders {
    fn lock(&self) -> MutexGuard<'_, HashMap<usize, Arc<Holder>>> {
        self.0.lock()
    }

    /// Bytes of those that were asked to go a short while ago, and are still there.
    pub fn leaving(&self, look: u64) -> u64 {
        let list = self.lock();
        let leaving = list.values().filter(|holder| holder.is_leaving(look));
        leaving
            .map(|holder| holder.booked.load(Ordering::Relaxed))
            .sum()
    }

    /// Has those cut off that were asked to go and did not.
    pub fn cut_overdue(&self, look: u64) {
        let list = self.lock();
        let stays = |holder: &&Arc<Holder>| holder.is_to_go() && !holder.is_leaving(look);
        for holder in list.values().filter(stays) {
            holder.overdue.store(true, Ordering::Release);
            holder.waker.wake();
        }
    }

    /// Asks the largest to go, as many as it takes to have `bytes` back.
    pub fn ask_largest(&self, bytes: u64, look: u64) -> Asked {
        let mut largest: Vec<_> = {
            let list = self.lock();
            let stays = list.values().filter(|holder| !holder.is_to_go());
            stays
                .map(|holder| (holder.booked.load(Ordering::Relaxed), Arc::clone(holder)))
                .collect()
        };
        largest.sort_unstable_by_key(|(booked, _)| std::cmp::Reverse(*booked));
        let mut asked = Asked::default();
        for (booked, holder) in largest {
            if asked.bytes >= bytes {
                break;
            }
            holder.ask(look);
            asked.replies = asked.replies.saturating_add(1);
            asked.bytes = asked.bytes.saturating_add(booked);
        }
        asked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(bytes: u64, among: &Arc<Holders>) -> Arc<Holder> {
        let holder = Holder::new(among);
        holder.holds(bytes, bytes);
        holder.list();
        holder
    }

    #[test]
    fn the_largest_are_asked_and_no_more_than_it_takes() {
        let among = Arc::new(Holders::default());
        let [small, large, middle] = [10, 50, 30].map(|bytes| of(bytes, &among));
        let asked = among.ask_largest(60, 7);
        assert_eq!((asked.replies, asked.bytes), (2, 80));
        assert!(large.is_to_go() && middle.is_to_go() && !small.is_to_go());
        assert_eq!(among.leaving(7), 80);
        large.gone();
        assert_eq!(among.leaving(8), 30, "what is gone is not on its way");
        assert_eq!(among.leaving(7 + LEAVING_LOOKS), 30);
        among.cut_overdue(7 + LEAVING_LOOKS);
        assert!(!middle.is_overdue());
        assert_eq!(among.leaving(8 + LEAVING_LOOKS), 0, "it does not go");
        among.cut_overdue(8 + LEAVING_LOOKS);
        assert!(middle.is_overdue() && !small.is_overdue());
        assert_eq!(among.ask_largest(u64::MAX, 9).bytes, 10);
        assert_eq!(among.ask_largest(u64::MAX, 9), Asked::default());
    }

    #[test]
    fn a_holder_that_is_gone_is_in_no_list() {
        let among = Arc::new(Holders::default());
        let holder = of(10, &among);
        holder.list();
        holder.gone();
        holder.list();
        assert_eq!(among.ask_largest(1, 0), Asked::default());
        assert_eq!(holder.peak(), 10, "its account is still to be read");
        assert_eq!(Arc::strong_count(&holder), 1);
    }
}
