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

thread_local! {
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
pub fn here() -> bool {
    COMPUTES.get()
}

/// What the clock says by which computing is counted on the calling thread. Only differences mean
/// something, and only on one thread.
pub fn computing() -> Duration {
    if here() {
        duration(clock_gettime(ClockId::ThreadCPUTime))
    } else {
        Duration::from_nanos(since_start())
    }
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
