//! What wakes a reply that waits: time, or the stop of the server.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Waker},
};

use tokio::{
    sync::futures::OwnedNotified,
    time::{Instant, Sleep, sleep_until},
};

use super::Stop;

/// Made at the first wait of a reply.
pub(super) struct Alarm {
    sleep: Pin<Box<Sleep>>,
    stopped: Pin<Box<OwnedNotified>>,
    /// Who is woken by the stop signal: registering again would take a lock that all replies share.
    watching: Option<Waker>,
}

impl Alarm {
    pub(super) fn new(due: Instant, stop: &Stop) -> Self {
        Self {
            sleep: Box::pin(sleep_until(due)),
            stopped: Box::pin(stop.notified()),
            watching: None,
        }
    }

    /// Makes sure that the stop signal wakes this task. To be called before asking whether it came.
    pub(super) fn watch(&mut self, context: &mut Context<'_>) {
        if !self
            .watching
            .as_ref()
            .is_some_and(|waker| waker.will_wake(context.waker()))
        {
            // Its answer is not needed: the signal itself is asked next.
            let _ = self.stopped.as_mut().poll(context);
            self.watching = Some(context.waker().clone());
        }
    }

    /// Whether it is `due`. The timer is moved only when it rings early or would ring late, so
    /// that a chunk does not pay for it.
    pub(super) fn rang(&mut self, due: Instant, context: &mut Context<'_>) -> bool {
        if due < self.sleep.deadline() {
            self.sleep.as_mut().reset(due);
        }
        while self.sleep.as_mut().poll(context).is_ready() {
            if self.sleep.deadline() >= due {
                return true;
            }
            self.sleep.as_mut().reset(due);
        }
        false
    }
}
