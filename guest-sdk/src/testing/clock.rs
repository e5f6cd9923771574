//! The clock of a scene, and the executor that lives by it: nobody waits for real.
//!
//! Everything that a bot can wait for natively is a moment: a sleep, a script that pauses, a slow
//! upstream. Where no future can go on, the clock is put forward to the earliest moment that one of
//! them waits for. Outside a scene the clock is the real one.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    time::{Duration, Instant},
};

use super::stage;

/// A point in time, counted from the query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(pub(crate) Duration);

impl Moment {
    /// This long from now.
    pub(crate) fn after(duration: Duration) -> Self {
        Self(now().saturating_add(duration))
    }

    /// Whether it has come.
    pub(crate) fn ready(self) -> bool {
        self.0 <= now()
    }
}

thread_local! {
    /// Where the clock begins outside a scene.
    static START: Instant = Instant::now();
    /// Who waits for which moment.
    static TIMERS: RefCell<Timers> = RefCell::default();
}

#[derive(Default)]
struct Timers {
    waiting: BTreeMap<(Moment, u64), Waker>,
    count: u64,
}

/// The time since the query, as far as the bot has waited.
pub(crate) fn now() -> Duration {
    stage::with(|stage| stage.now).unwrap_or_else(|| START.with(Instant::elapsed))
}

/// Puts the clock forward. Outside a scene, waits.
#[expect(
    clippy::disallowed_methods,
    reason = "only outside a scene, where the clock is the real one"
)]
pub(crate) fn advance_to(moment: Moment) {
    let in_scene = stage::with(|stage| stage.now = stage.now.max(moment.0)).is_some();
    if !in_scene {
        std::thread::sleep(moment.0.saturating_sub(now()));
    }
}

/// A future that is ready at a moment.
pub(crate) struct Timer {
    moment: Moment,
    /// Its number among those that wait.
    waiting: Option<u64>,
}

impl Timer {
    pub(crate) fn new(moment: Moment) -> Self {
        Self {
            moment,
            waiting: None,
        }
    }
}

impl Future for Timer {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.moment.ready() {
            return Poll::Ready(());
        }
        TIMERS.with_borrow_mut(|timers| {
            let number = *self.waiting.get_or_insert_with(|| {
                timers.count = timers.count.wrapping_add(1);
                timers.count
            });
            let waker = context.waker().clone();
            timers.waiting.insert((self.moment, number), waker);
        });
        Poll::Pending
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        if let Some(number) = self.waiting {
            TIMERS.with_borrow_mut(|timers| timers.waiting.remove(&(self.moment, number)));
        }
    }
}

/// Whether the future that is being run was woken.
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Runs a future, and the clock with it.
#[expect(
    clippy::panic,
    reason = "a test whose bot waits for nothing has to fail, not to hang"
)]
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let woken = Arc::new(Woken(AtomicBool::new(false)));
    let waker = Waker::from(woken.clone());
    let mut context = Context::from_waker(&waker);
    loop {
        woken.0.store(false, Ordering::Relaxed);
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
        if woken.0.load(Ordering::Relaxed) {
            continue;
        }
        let earliest = TIMERS.with_borrow_mut(|timers| timers.waiting.pop_first());
        let Some(((moment, _), waker)) = earliest else {
            panic!("the bot waits for something that nobody can bring about");
        };
        advance_to(moment);
        waker.wake();
    }
}
