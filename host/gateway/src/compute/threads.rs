//! The compute threads: they take turns from a queue, and sleep where there are none.
//!
//! They have a low priority, so that a thread that serves gets a processor at once. A thread that wakes
//! work only pushes to a list without locks; the order of turns is under a lock that compute threads alone take.

use std::{
    io,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering, fence},
    },
    thread::{self, JoinHandle, Thread},
    time::Duration,
};

use crossbeam_queue::SegQueue;
use parking_lot::{Mutex, MutexGuard};
use thread_priority::{
    NormalThreadSchedulePolicy, ThreadPriority, ThreadPriorityValue, ThreadSchedulePolicy,
    set_thread_priority_and_policy, thread_native_id,
};
use tokio::runtime::Handle;

use super::{
    Owner, clock, quietly,
    quota::Quota,
    task::{Boxed, Task, Turn},
    turns::{Path, Turns},
};

/// How long a turn may last while others wait, by the processor's clock.
///
/// Moving on costs some 20 µs with cold caches: half a percent of this.
pub(super) const SLICE: Duration = Duration::from_millis(4);

/// What a turn costs at least, in nanoseconds: taking it is not free.
const TURN_NANOS_MIN: u64 = 20_000;

/// Most compute threads: sleepers are bits of one word.
const THREADS_MAX: usize = 64;

/// How much below the others a compute thread stands, from 0 to 100: `nice` 5, a quarter of a processor
/// that others keep busy.
///
/// With it a neighbour's p99 beside loops holds in `benches/neighbours`; less was not tried. With `nice` 19
/// bots stood still beside another busy program.
const PRIORITY: u8 = 35;

/// What compute threads share.
pub(super) struct Inner {
    /// Where what guests wait for lives: its timers and sockets are not the serving threads' work.
    pub(super) runtime: Handle,
    /// Woken work on its way into the order of turns.
    inbox: SegQueue<Arc<Task>>,
    /// What was given up and takes long to drop.
    dead: SegQueue<(Owner, Path, Boxed)>,
    /// Work that waits for a turn.
    waiting: AtomicUsize,
    turns: Mutex<Turns<Arc<Task>>>,
    /// A bit for each thread that sleeps.
    sleepers: AtomicU64,
    threads: OnceLock<Vec<Thread>>,
    stopping: AtomicBool,
    quota: Option<Quota>,
}

impl Inner {
    /// No threads yet.
    pub(super) fn new(runtime: Handle, quota: Option<Quota>) -> Arc<Self> {
        Arc::new(Self {
            runtime,
            inbox: SegQueue::new(),
            dead: SegQueue::new(),
            waiting: AtomicUsize::new(0),
            turns: Mutex::new(Turns::new(clock::nanos(SLICE))),
            sleepers: AtomicU64::new(0),
            threads: OnceLock::new(),
            stopping: AtomicBool::new(false),
            quota,
        })
    }

    /// Starts so many threads.
    pub(super) fn start(self: &Arc<Self>, count: usize) -> io::Result<Vec<JoinHandle<()>>> {
        let start = |number| {
            let inner = Arc::clone(self);
            thread::Builder::new()
                .name(format!("compute-{number}"))
                .spawn(move || inner.work(number))
        };
        let started = (0..count.clamp(1, THREADS_MAX)).map(start);
        let started = started.collect::<io::Result<Vec<_>>>()?;
        let threads = started.iter().map(|thread| thread.thread().clone());
        // Set once; threads that sleep before that look again after the first push.
        let _ = self.threads.set(threads.collect());
        self.wake_one();
        Ok(started)
    }

    /// Whether other work waits for a turn, or `stop` for the thread to end. Under a quota a turn always ends: the
    /// thread may have to pause.
    pub(super) fn is_waited_for(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) > 0
            || self.quota.is_some()
            || self.stopping.load(Ordering::Relaxed)
    }

    /// Work wants a turn.
    pub(super) fn enqueue(&self, task: Arc<Task>) {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        self.inbox.push(task);
        self.wake_one();
    }

    /// Work that waited for a turn was given up; what is left of it in the queue is an empty shell.
    pub(super) fn left_the_queue(&self) {
        self.waiting.fetch_sub(1, Ordering::Relaxed);
    }

    /// Something is to be dropped.
    pub(super) fn reap(&self, owner: Owner, path: Path, work: Boxed) {
        self.dead.push((owner, path, work));
        self.wake_one();
    }

    /// Ends the threads after their turns. To be joined then.
    pub(super) fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        for thread in self.threads.get().into_iter().flatten() {
            thread.unpark();
        }
    }

    /// Drops all that is left when the threads are gone.
    pub(super) fn clear(&self) {
        while let Some(task) = self.inbox.pop() {
            task.give_up();
        }
        while let Some(task) = { self.turns().next() } {
            task.give_up();
        }
        while let Some((_, _, work)) = self.dead.pop() {
            quietly(|| drop(work));
        }
    }

    fn turns(&self) -> MutexGuard<'_, Turns<Arc<Task>>> {
        self.turns.lock()
    }

    /// Wakes a thread that sleeps, if there is one.
    fn wake_one(&self) {
        // What was pushed is seen by a thread that goes to sleep, or its bit is seen here.
        fence(Ordering::SeqCst);
        let mut sleepers = self.sleepers.load(Ordering::Relaxed);
        while sleepers != 0 {
            let number = sleepers.trailing_zeros();
            let without = sleepers & !(1_u64 << number);
            match self.sleepers.compare_exchange_weak(
                sleepers,
                without,
                Ordering::SeqCst,
                Ordering::Relaxed,
            ) {
                Ok(_) => {
                    let threads = self.threads.get();
                    let thread = usize::try_from(number)
                        .ok()
                        .and_then(|number| threads?.get(number));
                    if let Some(thread) = thread {
                        thread.unpark();
                    }
                    return;
                }
                Err(now) => sleepers = now,
            }
        }
    }

    /// The life of one thread.
    fn work(&self, number: usize) {
        lower_priority();
        clock::computes_here();
        let _entered = self.runtime.enter();
        while !self.stopping.load(Ordering::SeqCst) {
            if let Some(quota) = &self.quota {
                quota.wait();
            }
            if let Some((owner, path, work)) = self.dead.pop() {
                let began = clock::computing();
                quietly(|| drop(work));
                let nanos = since(began);
                self.turns().charge(&path, nanos);
                owner.tenant.time.charged(nanos);
            } else if let Some(task) = self.next() {
                self.turn(&task);
            } else {
                self.sleep(number);
            }
        }
    }

    /// The next piece of work; another thread is woken where more is there.
    fn next(&self) -> Option<Arc<Task>> {
        let mut turns = self.turns();
        while let Some(task) = self.inbox.pop() {
            let path = task.path().clone();
            turns.push(&path, task);
        }
        let next = turns.next()?;
        drop(turns);
        if self.waiting.load(Ordering::Relaxed) > 1 {
            self.wake_one();
        }
        Some(next)
    }

    fn turn(&self, task: &Arc<Task>) {
        let waited = task.waited();
        let began = clock::computing();
        let turn = task.turn();
        if turn == Turn::None {
            self.turns().done(task.path(), 0);
            return;
        }
        let nanos = since(began).max(TURN_NANOS_MIN);
        self.turns().done(task.path(), nanos);
        task.owner().tenant.time.turn(nanos, waited);
        if turn == Turn::Again {
            task.enqueue();
        }
    }

    fn sleep(&self, number: usize) {
        let bit = u32::try_from(number).map_or(0, |number| 1_u64 << number);
        self.sleepers.fetch_or(bit, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        let idle = self.inbox.is_empty()
            && self.dead.is_empty()
            && self.waiting.load(Ordering::SeqCst) == 0
            && !self.stopping.load(Ordering::SeqCst);
        if idle {
            thread::park();
        }
        self.sleepers.fetch_and(!bit, Ordering::SeqCst);
    }
}

/// Nanoseconds of computing since then, on this thread.
fn since(began: Duration) -> u64 {
    clock::nanos(clock::computing().saturating_sub(began))
}

/// Puts the calling thread behind those that serve: below them, and so that it does not take a processor
/// from another when it wakes. That needs no right; where it fails all the same, turns are fair, and
/// neighbours wait a little longer.
pub(super) fn lower_priority() {
    let batch = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Batch);
    let lowered = ThreadPriorityValue::try_from(PRIORITY)
        .ok()
        .map(ThreadPriority::Crossplatform)
        .map(|priority| set_thread_priority_and_policy(thread_native_id(), priority, batch));
    if let Some(Err(error)) = lowered {
        tracing::debug!(?error, "a compute thread keeps its priority");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `SCHED_BATCH`, as the kernel writes it.
    const BATCH: &str = "3";

    /// The kernel's own words: `nice` is the 17th after the name in brackets, the policy the 39th.
    #[test]
    fn a_compute_thread_stands_behind_the_others() {
        let stat = thread::spawn(|| {
            lower_priority();
            std::fs::read_to_string("/proc/thread-self/stat").unwrap()
        });
        let stat = stat.join().unwrap();
        let (_, words) = stat.rsplit_once(')').unwrap();
        let words: Vec<_> = words.split_whitespace().collect();
        assert_eq!((words[16], words[38]), ("5", BATCH));
    }
}
