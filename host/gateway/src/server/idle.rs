//! Connections that have no request under way: since when, and which of them goes when all places are taken.
//!
//! Each connection notes that itself, in an atomic of its own, twice a request. It is not looked at while there are
//! places. Where there are none, the accept loop walks its list of connections, keeps those that have waited longest,
//! and uses these up before it walks again. How often it walks goes by the length of the list: a client that floods
//! a server that has a hundred thousand connections does not have all of them looked at for each of its own.

use std::{
    collections::BinaryHeap,
    sync::{
        Arc, Weak,
        atomic::{AtomicU64, Ordering},
    },
    task::Waker,
    time::Duration,
    vec,
};

use futures_util::task::AtomicWaker;
use tokio::{task::yield_now, time::Instant};

/// A request is under way.
const BUSY: u64 = u64::MAX;

/// It was asked to go, and no request has come since.
const ASKED: u64 = BUSY - 1;

/// Connections that are looked at before others have a turn at this thread: 65 µs at most.
const PIECE: usize = 1024;

/// Connections that one walk finds: so many, and at least this part of all. The part is bounded by the time that it
/// takes to sort them.
const FOUND_MIN: usize = 1024;
const FOUND_PART: usize = 16;

/// Time between two walks, for each connection that is looked at. That takes 7 ns where all have requests under way,
/// and 63 where all are idle (of 100,000), so a flood costs a sixteenth of one processor at most.
const PAUSE_EACH: Duration = Duration::from_micros(1);

/// Entries of the list that are looked at when a connection is gone. A round then sees a third as many go as the list
/// is long: half as many as there are connections stay in it, gone. With two it would grow without a bound.
const LOOKED_AT: usize = 4;

/// What one connection says of itself.
#[derive(Debug)]
pub(super) struct IdleState {
    /// Since when no request is under way, in nanoseconds after `epoch`; or [`BUSY`] or [`ASKED`].
    since: AtomicU64,
    epoch: Instant,
    waker: AtomicWaker,
}

impl IdleState {
    /// A connection that was accepted just now.
    fn new(epoch: Instant) -> Self {
        let state = Self {
            since: AtomicU64::new(BUSY),
            epoch,
            waker: AtomicWaker::new(),
        };
        state.since.store(state.now(), Ordering::Relaxed);
        state
    }

    fn now(&self) -> u64 {
        let nanos = u64::try_from(self.epoch.elapsed().as_nanos());
        nanos.unwrap_or(ASKED).min(ASKED - 1)
    }

    /// A request has begun. A connection that was asked to go stays for it.
    pub(super) fn begins(&self) {
        self.since.store(BUSY, Ordering::Relaxed);
    }

    /// No request is under way: notes since when. Says whether the connection was asked to go, and has it woken when
    /// that happens.
    pub(super) fn waits(&self, waker: &Waker) -> bool {
        self.waker.register(waker);
        match self.since.load(Ordering::Acquire) {
            ASKED => return true,
            // No other thread changes it then.
            BUSY => self.since.store(self.now(), Ordering::Relaxed),
            _ => {}
        }
        false
    }

    /// Since when no request is under way; `None` where one is, or it was asked to go already.
    fn since(&self) -> Option<u64> {
        let since = self.since.load(Ordering::Relaxed);
        (since < ASKED).then_some(since)
    }
}

/// A connection that may be asked to go.
#[derive(Debug)]
pub(super) struct Candidate {
    state: Arc<IdleState>,
    since: u64,
}

impl Candidate {
    /// Since when it has had no request under way.
    pub(super) fn since(&self) -> Instant {
        let since = Duration::from_nanos(self.since);
        let at = self.state.epoch.checked_add(since);
        at.unwrap_or(self.state.epoch)
    }

    /// Asks it to go. Says whether it had no request since; one that comes now may still be first.
    pub(super) fn ask(self) -> bool {
        let (asked, seen) = (Ordering::Release, Ordering::Relaxed);
        let changed = self
            .state
            .since
            .compare_exchange(self.since, ASKED, asked, seen);
        if changed.is_ok() {
            self.state.waker.wake();
        }
        changed.is_ok()
    }
}

/// Connections of one listener. Its accept loop alone has it.
#[derive(Debug)]
pub(super) struct OpenConnections {
    epoch: Instant,
    /// All that are there, and some that are gone.
    all: Vec<Weak<IdleState>>,
    /// Where it is looked next for those.
    hand: usize,
    /// What is left of those that the last walk has found, the one that has waited longest first.
    found: vec::IntoIter<(u64, Weak<IdleState>)>,
    next_walk: Instant,
}

impl OpenConnections {
    pub(super) fn new() -> Self {
        let epoch = Instant::now();
        Self {
            epoch,
            all: Vec::new(),
            hand: 0,
            found: Vec::new().into_iter(),
            next_walk: epoch,
        }
    }

    /// One more, which is accepted just now.
    pub(super) fn come(&mut self) -> Arc<IdleState> {
        let state = Arc::new(IdleState::new(self.epoch));
        self.all.push(Arc::downgrade(&state));
        state
    }

    /// One is gone.
    pub(super) fn gone(&mut self) {
        for _ in 0..LOOKED_AT {
            match self.all.get(self.hand) {
                Some(state) if state.strong_count() == 0 => drop(self.all.swap_remove(self.hand)),
                Some(_) => self.hand = self.hand.saturating_add(1),
                None => self.hand = 0,
            }
        }
    }

    /// The one that has longest had no request under way. `None`: each of them has one, as far as that is known.
    pub(super) async fn longest_idle(&mut self) -> Option<Candidate> {
        let found = self.next_found();
        if found.is_some() || Instant::now() < self.next_walk {
            return found;
        }
        self.walk().await;
        self.next_found()
    }

    fn next_found(&mut self) -> Option<Candidate> {
        self.found.find_map(|(since, state)| {
            let state = state.upgrade()?;
            // One that has had a request meanwhile has not waited longest any more.
            (state.since() == Some(since)).then_some(Candidate { state, since })
        })
    }

    /// Looks at all.
    async fn walk(&mut self) {
        let most = FOUND_MIN.max(self.all.len() / FOUND_PART);
        // The youngest is on top, and goes first.
        let mut found = BinaryHeap::with_capacity(most.saturating_add(1).min(self.all.len()));
        for (piece, states) in self.all.chunks(PIECE).enumerate() {
            if piece > 0 {
                yield_now().await;
            }
            for (at, state) in states.iter().enumerate() {
                let since = state.upgrade().and_then(|state| state.since());
                let Some(since) = since else { continue };
                found.push((since, piece.saturating_mul(PIECE).saturating_add(at)));
                if found.len() > most {
                    found.pop();
                }
            }
        }
        let found = found.into_sorted_vec().into_iter();
        let named = found.filter_map(|(since, at)| Some((since, self.all.get(at)?.clone())));
        self.found = named.collect::<Vec<_>>().into_iter();
        let looked_at = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        self.next_walk = Instant::now() + PAUSE_EACH.saturating_mul(looked_at);
    }
}

#[cfg(test)]
mod tests;
