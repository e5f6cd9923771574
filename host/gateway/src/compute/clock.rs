//! Clocks by which computing is counted: at compute threads the time that the thread had a processor,
//! elsewhere the time that passed.
//!
//! A compute thread has a low priority, and may wait for a processor for ten times as long as it computes:
//! that is not its guest's doing. At threads that serve a poll is short, and the processor's clock costs a
//! call of the system (0.4 µs) where the other costs 20 ns.

use std::{
    cell::Cell,
    sync::LazyLock,
    time::{Duration, Instant},
};

use rustix::time::{ClockId, Timespec, clock_gettime};

/// How long a reading of the processor's clock is good for, in nanoseconds.
const MARK: u64 = 1_000_000;

thread_local! {
    /// What both clocks said when a poll last began, at most [`MARK`] before the one under way.
    static MARKED: Cell<(u64, Duration)> = const { Cell::new((0, Duration::ZERO)) };
    static COMPUTES: Cell<bool> = const { Cell::new(false) };
}

/// Nanoseconds since a moment at the start of the process: what budgets count in.
pub(super) fn since_start() -> u64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    nanos(START.elapsed())
}

/// This thread computes from now on.
pub(super) fn computes_here() {
    COMPUTES.set(true);
}

/// Whether the calling thread is a compute thread.
pub(crate) fn here() -> bool {
    COMPUTES.get()
}

/// What the clock says by which computing is counted on the calling thread. Only differences mean
/// something, and only on one thread.
pub(crate) fn computing() -> Duration {
    if here() {
        duration(clock_gettime(ClockId::ThreadCPUTime))
    } else {
        Duration::from_nanos(since_start())
    }
}

/// A poll begins. At threads that serve the processor's clock is asked once a millisecond at most.
pub(crate) fn mark() {
    if !here() {
        let now = since_start();
        if now.saturating_sub(MARKED.get().0) >= MARK {
            MARKED.set((now, duration(clock_gettime(ClockId::ThreadCPUTime))));
        }
    }
}

/// What a poll that seems to have lasted so long has computed at most.
///
/// On a busy machine a thread may lose its processor in the middle of a poll: that is not the guest's
/// doing. A short poll is believed; of a long one the processor's clock knows better.
pub(crate) fn really(poll: Duration) -> Duration {
    if here() || poll < Duration::from_nanos(MARK) / 2 {
        return poll;
    }
    let (_, marked) = MARKED.get();
    let computed = duration(clock_gettime(ClockId::ThreadCPUTime)).saturating_sub(marked);
    poll.min(computed)
}

/// Processor time of the whole process.
pub(super) fn process() -> Duration {
    duration(clock_gettime(ClockId::ProcessCPUTime))
}

fn duration(time: Timespec) -> Duration {
    Duration::try_from(time).unwrap_or_default()
}

/// As many nanoseconds as there are, and at most five centuries.
pub(super) fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
