//! Several things at once: what an [`AsyncBot`](crate::AsyncBot) waits for together.
//!
//! There is one thread. Futures take turns where they wait: for another bot, for an HTTP answer, for
//! the clock.
//!
//! Two bots at once, side by side:
//!
//! ```
#![doc = include_str!("../examples/compare.rs")]
//! ```
//!
//! What waits together takes no longer than the longest:
//!
//! ```
//! use ravenry_sdk::{task, testing::Scene, time};
//! use std::time::Duration;
//!
//! // Three waits of a second take a second together.
//! let took = Scene::default().during(|| {
//!     let second = || time::sleep_async(Duration::from_secs(1));
//!     task::block_on(task::join_all([second(), second(), second()]));
//!     ravenry_sdk::testing::now()
//! });
//! assert_eq!(took, Duration::from_secs(1));
//! ```

#[cfg(test)]
mod tests;

use std::{pin::Pin, task::Poll};

use crate::wait;

/// Runs a future to its end, in a bot that is not an [`AsyncBot`](crate::AsyncBot).
///
/// # Panics
///
/// Within another `block_on`, and so in everything that an `AsyncBot` does: `await` there. Also
/// when the future waits for something that no task can bring about.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    wait::block_on(future)
}

/// Waits for both, and returns both results.
pub async fn join<A, B>(one: impl Future<Output = A>, two: impl Future<Output = B>) -> (A, B) {
    futures_lite::future::zip(one, two).await
}

/// Waits for both, but no longer than until one fails: the other is then dropped.
///
/// # Errors
///
/// The error that came first.
pub async fn try_join<A, B, E>(
    one: impl Future<Output = Result<A, E>>,
    two: impl Future<Output = Result<B, E>>,
) -> Result<(A, B), E> {
    futures_lite::future::try_zip(one, two).await
}

/// Waits for the first of the two, and drops the other. `one` wins where both are ready.
///
/// A bound on time: `task::race(async { Some(answer.next_async().await) }, async {
/// time::sleep_async(bound).await; None })`.
pub async fn race<T>(one: impl Future<Output = T>, two: impl Future<Output = T>) -> T {
    futures_lite::future::or(one, two).await
}

/// Waits for all, and returns their results in the order of the futures.
///
/// Each wake-up polls every future that is not done: meant for tens, not for thousands.
pub async fn join_all<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    enum Slot<F: Future> {
        Running(Pin<Box<F>>),
        Done(F::Output),
    }
    let running = |future| Slot::Running(Box::pin(future));
    let mut slots: Vec<Slot<F>> = futures.into_iter().map(running).collect();
    let all = std::future::poll_fn(|context| {
        let mut waiting = false;
        for slot in &mut slots {
            if let Slot::Running(future) = slot {
                match future.as_mut().poll(context) {
                    Poll::Ready(value) => *slot = Slot::Done(value),
                    Poll::Pending => waiting = true,
                }
            }
        }
        if waiting {
            Poll::Pending
        } else {
            Poll::Ready(())
        }
    });
    all.await;
    let done = |slot| match slot {
        Slot::Done(value) => Some(value),
        Slot::Running(_) => None,
    };
    slots.into_iter().filter_map(done).collect()
}
