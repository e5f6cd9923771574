//! The signal that ends all replies.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Waker},
};

use tokio::sync::{Notify, futures::OwnedNotified};

/// Tells every reply that its time is over, once and for good.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    stopped: AtomicBool,
    notify: Arc<Notify>,
}

impl Stop {
    /// Ends all replies, those that start later too.
    pub fn now(&self) {
        self.0.stopped.store(true, Ordering::SeqCst);
        self.0.notify.notify_waiters();
    }

    /// Whether replies are to end.
    pub fn stopped(&self) -> bool {
        self.0.stopped.load(Ordering::SeqCst)
    }

    /// Waits until [`Stop::now`].
    pub async fn wait(&self) {
        let mut notified = std::pin::pin!(self.notified());
        notified.as_mut().enable();
        if !self.stopped() {
            notified.await;
        }
    }

    /// For a task that waits for it at every poll.
    pub fn watch(&self) -> Watch {
        Watch {
            stopped: Box::pin(self.notified()),
            watching: None,
        }
    }

    /// Resolves after [`Stop::now`]. Poll it once, then ask [`Stop::stopped`], then wait.
    fn notified(&self) -> OwnedNotified {
        Arc::clone(&self.0.notify).notified_owned()
    }
}

/// Has a task woken by the signal.
#[derive(Debug)]
pub struct Watch {
    stopped: Pin<Box<OwnedNotified>>,
    /// The task that is woken: registering again would take a lock that all that wait share.
    watching: Option<Waker>,
}

impl Watch {
    /// Makes sure that the signal wakes this task. To be called before asking [`Stop::stopped`].
    pub fn watch(&mut self, context: &mut Context<'_>) {
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
}
