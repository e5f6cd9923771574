//! Waiting, in a way that tests need not wait for.

use std::time::Duration;

#[cfg(not(target_family = "wasm"))]
use crate::testing::scene::advance;

/// A component has the real clock only.
#[cfg(target_family = "wasm")]
fn advance(_: Duration) -> bool {
    false
}

/// Waits for this long on the clock. Costs no computing time.
///
/// In a bot that `testing` asks, a clock is put forward instead and the call returns at once; the
/// transcript knows how long the reader would have waited.
#[expect(
    clippy::disallowed_methods,
    reason = "a bot has its instance to itself"
)]
pub fn sleep(duration: Duration) {
    if !advance(duration) {
        std::thread::sleep(duration);
    }
}
