//! Waiting, in the two ways that a bot can: standing still, or `await`ing beside other futures.
//!
//! Everything that waits is written once, as an `async fn` over a [`Mode`]. Its only leaf is
//! [`Mode::until`]. Under [`Blocking`] that leaf never suspends, so [`now`] runs the whole function
//! in one poll and no executor is linked; under [`Awaiting`] it suspends on the executor of `task`.

#[cfg(target_family = "wasm")]
pub(crate) use wasip2::io::poll::Pollable;

#[cfg(not(target_family = "wasm"))]
pub(crate) use crate::testing::clock::Moment as Pollable;

use std::{
    pin::pin,
    task::{Context, Poll, Waker},
};

/// How to wait.
pub(crate) trait Mode {
    /// Waits until this is ready.
    async fn until(pollable: Pollable);

    /// The same before a call that would itself stand still until then, so that nothing is left to
    /// do where standing still is what is wanted.
    async fn before_waiting_call(pollable: impl FnOnce() -> Pollable);
}

/// The whole component stands still.
pub(crate) enum Blocking {}

/// Other futures go on.
pub(crate) enum Awaiting {}

#[cfg(target_family = "wasm")]
impl Mode for Blocking {
    async fn until(pollable: Pollable) {
        pollable.block();
    }

    async fn before_waiting_call(_: impl FnOnce() -> Pollable) {}
}

#[cfg(target_family = "wasm")]
impl Mode for Awaiting {
    async fn until(pollable: Pollable) {
        wstd::runtime::AsyncPollable::new(pollable).wait_for().await;
    }

    async fn before_waiting_call(pollable: impl FnOnce() -> Pollable) {
        Self::until(pollable()).await;
    }
}

#[cfg(not(target_family = "wasm"))]
impl Mode for Blocking {
    async fn until(pollable: Pollable) {
        crate::testing::clock::advance_to(pollable);
    }

    async fn before_waiting_call(_: impl FnOnce() -> Pollable) {}
}

#[cfg(not(target_family = "wasm"))]
impl Mode for Awaiting {
    async fn until(pollable: Pollable) {
        crate::testing::clock::Timer::new(pollable).await;
    }

    async fn before_waiting_call(pollable: impl FnOnce() -> Pollable) {
        Self::until(pollable()).await;
    }
}

/// The result of a future that only ever waits under [`Blocking`].
pub(crate) fn now<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
    }
}
