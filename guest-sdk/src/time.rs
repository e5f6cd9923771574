//! Waiting, in a way that tests need not wait for.

use std::time::Duration;

use crate::wait::{Awaiting, Blocking, Mode, after, now};

/// Waits for this long on the clock. Costs no computing time.
///
/// In a bot that `testing` asks, a clock is put forward instead and the call returns at once; the
/// transcript knows how long the reader would have waited. In an [`AsyncBot`](crate::AsyncBot)
/// everything stands still meanwhile; see [`sleep_async`].
pub fn sleep(duration: Duration) {
    now(Blocking::until(after(duration)));
}

/// The same, while other futures go on.
pub async fn sleep_async(duration: Duration) {
    Awaiting::until(after(duration)).await;
}
