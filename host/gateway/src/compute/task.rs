//! One piece of work on its way through the compute threads: which thread may touch it, and when.
//!
//! The state says which thread owns the work; its lock is never waited for. Work that is not being polled and
//! is not wanted any more is dropped by the thread that gives it up, unless that takes long: then by a compute
//! thread.

use std::{
    cell::RefCell,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU8, AtomicU64, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use parking_lot::{Mutex, MutexGuard};

use super::{Owner, clock, quietly, threads::Inner, turns::Path};

/// Work for compute threads.
pub(super) trait Work: Future<Output = ()> + Send {
    /// Whether dropping it may take longer than a serving thread has.
    fn is_heavy(&self) -> bool;
}

/// Work where it lies.
pub(super) type Boxed = Pin<Box<dyn Work>>;

/// It waits for something.
const IDLE: u8 = 0;
/// It waits for its turn.
const QUEUED: u8 = 1;
/// A thread polls it.
const RUNNING: u8 = 2;
/// A thread polls it, and it is to be polled once more.
const WOKEN: u8 = 3;
/// A thread polls it, and is to drop it then.
const GIVEN_UP: u8 = 4;
/// It is gone.
const GONE: u8 = 5;

/// Work, and what becomes of it.
pub(super) struct Task {
    state: AtomicU8,
    work: Mutex<Option<Boxed>>,
    path: Path,
    owner: Owner,
    /// When it was queued, in nanoseconds.
    queued_at: AtomicU64,
    threads: Arc<Inner>,
}

thread_local! {
    /// What this thread polls.
    static UNDER_WAY: RefCell<Option<Arc<Task>>> = const { RefCell::new(None) };
}

/// Whether what this thread polls was given up meanwhile.
pub(super) fn is_given_up() -> bool {
    UNDER_WAY.with_borrow(|task| {
        task.as_ref()
            .is_some_and(|task| task.state.load(Ordering::Relaxed) == GIVEN_UP)
    })
}

/// What a turn has come to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// It was given up before.
    None,
    /// It waits.
    Waits,
    /// It wants another turn.
    Again,
    /// It is done, was given up, or panicked.
    Over,
}

impl Task {
    /// New work, which waits for its first turn.
    pub(super) fn begin(work: Boxed, owner: &Owner, threads: Arc<Inner>) -> Arc<Self> {
        let task = Arc::new(Self {
            state: AtomicU8::new(QUEUED),
            work: Mutex::new(Some(work)),
            path: owner.path(),
            owner: owner.clone(),
            queued_at: AtomicU64::new(0),
            threads,
        });
        task.enqueue();
        task
    }

    /// Waits for a turn; the state says so already.
    pub(super) fn enqueue(self: &Arc<Self>) {
        self.queued_at
            .store(clock::since_start(), Ordering::Relaxed);
        self.threads.enqueue(Arc::clone(self));
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn owner(&self) -> &Owner {
        &self.owner
    }

    /// Nanoseconds since it was queued.
    pub(super) fn waited(&self) -> u64 {
        let queued_at = self.queued_at.load(Ordering::Relaxed);
        clock::since_start().saturating_sub(queued_at)
    }

    /// The thread that the state makes the owner finds it free; a panic leaves nothing half done in there.
    fn work(&self) -> MutexGuard<'_, Option<Boxed>> {
        self.work.lock()
    }

    fn change(&self, from: u8, to: u8) -> bool {
        self.state
            .compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }

    /// Polls it once, on a compute thread.
    pub(super) fn turn(self: &Arc<Self>) -> Turn {
        if !self.change(QUEUED, RUNNING) {
            return Turn::None;
        }
        self.threads.left_the_queue();
        let waker = Waker::from(Arc::clone(self));
        let mut context = Context::from_waker(&waker);
        let mut place = self.work();
        let before = UNDER_WAY.replace(Some(Arc::clone(self)));
        let polled = place.as_mut().map(|work| {
            let poll = AssertUnwindSafe(|| work.as_mut().poll(&mut context));
            catch_unwind(poll)
        });
        UNDER_WAY.set(before);
        if matches!(polled, Some(Ok(Poll::Pending))) {
            drop(place);
            if self.change(RUNNING, IDLE) {
                return Turn::Waits;
            }
            if self.change(WOKEN, QUEUED) {
                return Turn::Again;
            }
            place = self.work();
        }
        let work = place.take();
        self.state.store(GONE, Ordering::Release);
        drop(place);
        quietly(|| drop(work));
        Turn::Over
    }

    /// Gives it up: it is gone at once, or once the poll under way has ended.
    pub(super) fn give_up(&self) {
        loop {
            match self.state.load(Ordering::Acquire) {
                state @ (IDLE | QUEUED) if self.change(state, GONE) => {
                    if state == QUEUED {
                        self.threads.left_the_queue();
                    }
                    let work = self.work().take();
                    match work {
                        Some(work) if work.is_heavy() => {
                            self.threads
                                .reap(self.owner.clone(), self.path.clone(), work);
                        }
                        work => quietly(|| drop(work)),
                    }
                    return;
                }
                state @ (RUNNING | WOKEN) if self.change(state, GIVEN_UP) => return,
                GIVEN_UP | GONE => return,
                _ => {}
            }
        }
    }
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        loop {
            match self.state.load(Ordering::Acquire) {
                IDLE if self.change(IDLE, QUEUED) => return self.enqueue(),
                RUNNING if self.change(RUNNING, WOKEN) => return,
                QUEUED | WOKEN | GIVEN_UP | GONE => return,
                _ => {}
            }
        }
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // Mostly it is queued already, or being polled.
        Arc::clone(self).wake();
    }
}
