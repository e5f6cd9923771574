//! Work that was handed to the compute threads, as the task that waits for it sees it.

use std::{
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use futures_util::task::AtomicWaker;
use parking_lot::Mutex;

use super::{
    Owner, Weighed, quietly,
    task::{Task, Work},
    threads::Inner,
};

/// The work has panicked; what it said is in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it panicked")]
pub struct Panicked;

/// Polls something of a bot's; a panic is what it comes to, and goes no further.
pub(crate) fn caught<F: Future>(
    work: Pin<&mut F>,
    context: &mut Context<'_>,
) -> Poll<Result<F::Output, Panicked>> {
    let polled = catch_unwind(AssertUnwindSafe(|| work.poll(context)));
    match polled {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
        Err(_) => Poll::Ready(Err(Panicked)),
    }
}

/// Work under way at compute threads: a future of what it comes to. Dropping it gives the work up.
#[derive(Debug)]
pub struct Away<T> {
    _task: GiveUpOnDrop,
    slot: Arc<Slot<T>>,
}

/// Gives the task up when it is dropped.
struct GiveUpOnDrop(Arc<Task>);

impl std::fmt::Debug for GiveUpOnDrop {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("GiveUpOnDrop")
    }
}

impl Drop for GiveUpOnDrop {
    fn drop(&mut self) {
        self.0.give_up();
    }
}

/// Where the output is left.
#[derive(Debug)]
struct Slot<T> {
    output: Mutex<Option<Result<T, Panicked>>>,
    /// Set after the output is there: from then on only the reader takes the lock.
    done: AtomicBool,
    reader: AtomicWaker,
}

impl<T> Slot<T> {
    fn put(&self, output: Result<T, Panicked>) {
        *self.output.lock() = Some(output);
        self.done.store(true, Ordering::Release);
        self.reader.wake();
    }
}

pub(super) fn spawn<F>(threads: &Arc<Inner>, owner: &Owner, work: F) -> Away<F::Output>
where
    F: Weighed + Send + 'static,
    F::Output: Send + 'static,
{
    let slot = Arc::new(Slot {
        output: Mutex::new(None),
        done: AtomicBool::new(false),
        reader: AtomicWaker::new(),
    });
    let work = Box::pin(Delivering {
        work: Some(Box::pin(work)),
        slot: Arc::clone(&slot),
    });
    Away {
        _task: GiveUpOnDrop(Task::begin(work, owner, Arc::clone(threads))),
        slot,
    }
}

impl<T> Future for Away<T> {
    type Output = Result<T, Panicked>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let slot = &self.slot;
        slot.reader.register(context.waker());
        if !slot.done.load(Ordering::Acquire) {
            return Poll::Pending;
        }
        let output = slot.output.lock().take();
        output.map_or(Poll::Pending, Poll::Ready)
    }
}

/// Runs the work, drops it, and then leaves what it came to.
///
/// In this order: the task that hears of the end finds the places and the memory of the work free.
struct Delivering<F: Future> {
    work: Option<Pin<Box<F>>>,
    slot: Arc<Slot<F::Output>>,
}

impl<F: Future> Delivering<F> {
    fn deliver(&mut self, output: Result<F::Output, Panicked>) {
        let work = self.work.take();
        quietly(|| drop(work));
        self.slot.put(output);
    }
}

impl<F: Weighed + Send> Future for Delivering<F>
where
    F::Output: Send,
{
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let Some(work) = &mut self.work else {
            return Poll::Ready(());
        };
        match caught(work.as_mut(), context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(output) => {
                self.deliver(output);
                Poll::Ready(())
            }
        }
    }
}

impl<F: Weighed + Send> Work for Delivering<F>
where
    F::Output: Send,
{
    fn is_heavy(&self) -> bool {
        self.work.as_ref().is_some_and(|work| work.is_heavy())
    }
}

/// One act, as work.
pub(super) struct Call<F>(pub(super) Option<F>);

impl<F> Unpin for Call<F> {}

impl<T, F: FnOnce() -> T> Future for Call<F> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<T> {
        // It is polled once.
        self.0
            .take()
            .map_or(Poll::Pending, |act| Poll::Ready(act()))
    }
}

impl<T, F: FnOnce() -> T> Weighed for Call<F> {
    fn is_heavy(&self) -> bool {
        true
    }
}

/// Something whose drop is the work.
pub(super) struct Dropped<T>(pub(super) Option<T>);

impl<T> Unpin for Dropped<T> {}

impl<T: Send> Future for Dropped<T> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        self.0 = None;
        Poll::Ready(())
    }
}

impl<T: Send> Work for Dropped<T> {
    fn is_heavy(&self) -> bool {
        true
    }
}
