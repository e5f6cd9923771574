//! What wakes a reply that waits: time, or the stop of the server.

use std::{future::Future, pin::Pin, task::Context};

use tokio::time::{Instant, Sleep, sleep_until};

use super::{Stop, shutdown::Watch};

/// Made at the first wait of a reply.
pub(super) struct Alarm {
    sleep: Pin<Box<Sleep>>,
    stopped: Watch,
}

impl Alarm {
    pub(super) fn new(due: Instant, stop: &Stop) -> Self {
        Self {
            sleep: Box::pin(sleep_until(due)),
            stopped: stop.watch(),
        }
    }

    /// Makes sure that the stop signal wakes this task. To be called before asking whether it came.
    pub(super) fn watch(&mut self, context: &mut Context<'_>) {
        self.stopped.watch(context);
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
