//! Pollables of WASI, and the executor over them.

pub(crate) use wasip2::io::poll::Pollable;

use std::time::Duration;

use wasip2::{clocks::monotonic_clock, io::poll};
use wstd::runtime::AsyncPollable;

/// What is ready after this long.
pub(crate) fn after(duration: Duration) -> Pollable {
    // Longer than 584 years is for ever.
    let nanoseconds = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
    monotonic_clock::subscribe_duration(nanoseconds)
}

/// Stands still until this is ready.
#[expect(
    clippy::needless_pass_by_value,
    reason = "natively a pollable is a number; here it is done with, and dropped"
)]
pub(crate) fn block(pollable: Pollable) {
    pollable.block();
}

/// The same until one of these is ready. Returns at once where there is none.
pub(crate) fn block_for_any(pollables: &[Pollable]) {
    let borrowed: Vec<&Pollable> = pollables.iter().collect();
    if !borrowed.is_empty() {
        poll::poll(&borrowed);
    }
}

/// Waits, while other futures go on.
pub(crate) async fn wait_for(pollable: Pollable) {
    AsyncPollable::new(pollable).wait_for().await;
}

/// Runs a future to its end.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    wstd::runtime::block_on(future)
}
