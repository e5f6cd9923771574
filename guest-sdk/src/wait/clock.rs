//! The clock of a scene, and the executor that lives by it: no test waits for real.
//!
//! Everything that a bot can wait for natively is a moment: a sleep, a script that pauses, a slow
//! upstream. Where no future can go on, the clock is put forward to the earliest moment that one of
//! them waits for. Outside a scene the clock is the real one.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    time::{Duration, Instant},
};

// What WASI calls a pollable.
pub(crate) use self::Moment as Pollable;

/// A point in time, counted from the query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(pub(crate) Duration);

impl Moment {
    /// Whether it has come.
    pub(crate) fn ready(self) -> bool {
        self.0 <= now()
    }
}

thread_local! {
    /// Where the clock begins outside a scene.
    static START: Instant = Instant::now();
    /// The time since the query; `None` outside a scene.
    static NOW: Cell<Option<Duration>> = const { Cell::new(None) };
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
    NOW.get().unwrap_or_else(|| START.with(Instant::elapsed))
}

/// Runs this with a clock of its own, which stands at zero. The clock before is put back at the end.
pub(crate) fn from_zero<T>(run: impl FnOnce() -> T) -> T {
    let _restore = Restore(NOW.replace(Some(Duration::ZERO)));
    run()
}

/// Puts the clock before back on drop, also when a bot panics.
struct Restore(Option<Duration>);

impl Drop for Restore {
    fn drop(&mut self) {
        NOW.set(self.0);
    }
}

/// What is ready after this long.
pub(crate) fn after(duration: Duration) -> Moment {
    Moment(now().saturating_add(duration))
}

/// Puts the clock forward. Outside a scene, waits.
#[expect(
    clippy::disallowed_methods,
    reason = "only outside a scene, where the clock is the real one"
)]
pub(crate) fn block(moment: Moment) {
    match NOW.get() {
        Some(now) => NOW.set(Some(now.max(moment.0))),
        None => std::thread::sleep(moment.0.saturating_sub(now())),
    }
}

/// The same until one of these is ready. Returns at once where there is none.
pub(crate) fn block_for_any(moments: &[Moment]) {
    if let Some(earliest) = moments.iter().min() {
        block(*earliest);
    }
}

/// Waits, while other futures go on.
pub(crate) fn wait_for(moment: Moment) -> Timer {
    Timer {
        moment,
        waiting: None,
    }
}

/// A future that is ready at a moment.
pub(crate) struct Timer {
    moment: Moment,
    /// Its number among those that wait.
    waiting: Option<u64>,
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
            panic!("the bot waits for something that no task can bring about");
        };
        block(moment);
        waker.wake();
    }
}
