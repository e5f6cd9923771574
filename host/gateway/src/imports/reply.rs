//! What a bot says: event in, bytes into the reply's buffer, back-pressure.
//!
//! The buffer has two ends, which may be on two threads: the guest, and the reply, which hands the bytes
//! to the socket. Where polling the reply runs the guest, both are in one task, and none is woken.
//! Where the guest runs at a compute thread, it wakes the reader once a turn, and the reader's taking
//! wakes the guest. The reader never waits for the lock: the guest's thread may have lost its processor
//! while it held it. What takes long (hiding secrets, encoding) is done without it.

use std::{
    future::poll_fn,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use futures_util::task::AtomicWaker;
use parking_lot::{Mutex, MutexGuard};

use self::buffer::{BOOKED_BYTES, Buffer};
use crate::{
    compute,
    guard::{self, Bounds, End, Guard, Refusal},
};
use ravenry_base::{
    memory::{Booking, MemoryPool},
    secret::Mask,
};
use ravenry_protocol::{
    Reference,
    event::{Event, Failure},
};

mod buffer;

/// Bytes of a reply that may be unread before the bot waits.
///
/// A reader on a slow line loses nothing by a small buffer, and 10,000 of them cost 640 MB at most.
const UNREAD_BYTES_MAX: usize = 64 * 1024;

/// Unread bytes from which a reader is woken in the middle of a turn.
const WAKE_BYTES: usize = 16 * 1024;

/// Bytes of an event's text from which it is encoded before the lock is taken.
const LARGE_BYTES: usize = 4 * 1024;

/// The events of one reply on their way from the guest to the socket.
#[derive(Clone, Debug)]
pub struct Outbox(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    inner: Mutex<Inner>,
    /// What must not be said; `None` where there is nothing to hide.
    mask: Option<Mask>,
    /// The task that takes the bytes, where that is another than the one that polls the guest.
    reader: AtomicWaker,
    /// The reader did not get the lock, and is to be woken when it is free.
    missed: AtomicBool,
    /// There is something that the reader was not woken for.
    untold: AtomicBool,
    /// The guest, while it waits for room on another thread.
    writer: AtomicWaker,
    overrun: AtomicBool,
    /// There was no memory for an event.
    starved: AtomicBool,
    /// What large events are booked on.
    pools: [Arc<MemoryPool>; 3],
    unread: AtomicUsize,
    events: AtomicU64,
    characters: AtomicU64,
}

#[derive(Debug)]
struct Inner {
    guard: Guard,
    buffer: Buffer,
}

/// What a reply holds so far, for the account.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReplyTotals {
    /// Events of the bot.
    pub events: u64,
    /// Characters of the bot.
    pub characters: u64,
}

impl Outbox {
    /// An empty reply with these bounds. What `mask` hides is taken out of all its events; large ones are
    /// booked on `pools`.
    pub fn new(bounds: Bounds, mask: Option<Mask>, pools: [Arc<MemoryPool>; 3]) -> Self {
        Self(Arc::new(Shared {
            inner: Mutex::new(Inner {
                guard: Guard::new(bounds).masking(mask.clone()),
                buffer: Buffer::default(),
            }),
            mask,
            reader: AtomicWaker::new(),
            missed: AtomicBool::new(false),
            untold: AtomicBool::new(false),
            writer: AtomicWaker::new(),
            overrun: AtomicBool::new(false),
            starved: AtomicBool::new(false),
            pools,
            unread: AtomicUsize::new(0),
            events: AtomicU64::new(0),
            characters: AtomicU64::new(0),
        }))
    }

    /// Takes one event of the bot, and waits while the reader is behind.
    ///
    /// # Errors
    /// What the guard refuses; nothing was written then.
    pub async fn say(&self, event: Event<'_>) -> Result<(), Refusal> {
        self.put(event)?;
        self.pace().await;
        Ok(())
    }

    /// Takes one event of the bot, which then has to [wait](Self::pace).
    ///
    /// # Errors
    /// What the guard refuses; nothing was written then.
    pub fn put(&self, event: Event<'_>) -> Result<(), Refusal> {
        self.0.say(&event)
    }

    /// Waits while the reader is behind.
    pub async fn pace(&self) {
        if self.0.unread.load(Ordering::Relaxed) >= UNREAD_BYTES_MAX {
            self.room().await;
        }
    }

    /// Waits until the reader has taken what is there.
    async fn room(&self) {
        let has_room = || self.0.unread.load(Ordering::Acquire) < UNREAD_BYTES_MAX;
        poll_fn(|context| {
            // Elsewhere the task that takes the bytes polls the guest next.
            if compute::here() {
                self.0.writer.register(context.waker());
            }
            if has_room() {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }

    /// Wakes the reader where there is something that it was not woken for. At compute threads, at the
    /// end of a turn and now and then in a long one.
    pub fn hand_over(&self) {
        if compute::here() && self.0.untold.swap(false, Ordering::Relaxed) {
            self.0.reader.wake();
        }
    }

    /// Wakes this task from now on when a guest at a compute thread has something for it. To be called
    /// before looking.
    pub fn watch(&self, context: &Context<'_>) {
        self.0.reader.register(context.waker());
    }

    /// Takes the bytes that wait for the reader. `now` counts from the arrival of the query.
    pub fn take(&self, context: &Context<'_>, now: impl FnOnce() -> Duration) -> Option<Bytes> {
        if self.0.unread.load(Ordering::Acquire) == 0 {
            return None;
        }
        let bytes = {
            let mut inner = self.0.reach(context)?;
            inner.guard.wrote(now());
            let bytes = inner.buffer.take()?;
            self.0.unread.store(inner.buffer.len(), Ordering::Release);
            bytes
        };
        self.0.writer.wake();
        Some(bytes)
    }

    /// Bytes that wait for the reader.
    pub fn unread(&self) -> u64 {
        self.0.unread.load(Ordering::Relaxed) as u64
    }

    /// How the reply is to end, where the bot has passed a bound.
    pub fn overrun(&self) -> Option<End> {
        if self.0.overrun.load(Ordering::Relaxed) {
            Some(End::TooLong)
        } else {
            let starved = self.0.starved.load(Ordering::Relaxed);
            starved.then_some(End::OutOfMemory)
        }
    }

    /// Lets the guard speak where it is due; see [`Guard::tick`]. The second is when it wants to be
    /// asked next. `None`: the bot's thread is in the way, and wakes this task when it is not any more.
    pub fn tick(&self, context: &Context<'_>, now: Duration) -> Option<(Option<End>, Duration)> {
        let mut inner = self.0.reach(context)?;
        let Inner { guard, buffer } = &mut *inner;
        let end = guard.tick(now, buffer.tail());
        self.0.unread.store(buffer.len(), Ordering::Release);
        Some((end, guard.next_tick()))
    }

    /// Writes a comment, which readers skip; where there is no memory for it, it is left out. `false`: the bot's
    /// thread is in the way, and wakes this task when it is not any more.
    pub fn comment(&self, context: &Context<'_>, comment: BytesMut) -> bool {
        let Some(mut inner) = self.0.reach(context) else {
            return false;
        };
        let mut booking = Booking::new(self.0.pools.clone());
        if booking.set(comment.capacity() as u64) {
            inner.buffer.append(comment, Some(booking));
            self.0.unread.store(inner.buffer.len(), Ordering::Release);
        }
        true
    }

    /// Writes the last events; see [`Guard::end`]. `false`: the bot's thread is in the way, and wakes
    /// this task when it is not any more.
    pub fn end(&self, context: Option<&Context<'_>>, end: &End, reference: Reference) -> bool {
        if *end == End::ReaderGone {
            return true;
        }
        let reached = match context {
            Some(context) => self.0.reach(context),
            None => self.0.try_lock(),
        };
        let Some(mut inner) = reached else {
            return false;
        };
        let Inner { guard, buffer } = &mut *inner;
        match (end, &self.0.mask) {
            (End::Failed(failure), Some(mask)) => {
                // It is cut next: half a secret would not be recognized.
                let hide = |text: &String| mask.mask(text).into_owned();
                let failure = Failure {
                    text: failure.text.as_ref().map(hide),
                    error_type: failure.error_type.as_ref().map(hide),
                    allow_retry: failure.allow_retry,
                };
                guard.end(&End::Failed(failure), reference, buffer.tail());
            }
            _ => guard.end(end, reference, buffer.tail()),
        }
        self.0.unread.store(buffer.len(), Ordering::Release);
        true
    }

    /// What was said so far.
    pub fn said(&self) -> ReplyTotals {
        ReplyTotals {
            events: self.0.events.load(Ordering::Relaxed),
            characters: self.0.characters.load(Ordering::Relaxed),
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A panic while it was held cannot leave half an event: encoding appends whole events.
        self.inner.lock()
    }

    fn try_lock(&self) -> Option<MutexGuard<'_, Inner>> {
        self.inner.try_lock()
    }

    /// The reader's way to the lock: where it is taken, the reader is woken when it is free.
    fn reach(&self, context: &Context<'_>) -> Option<MutexGuard<'_, Inner>> {
        if let Some(inner) = self.try_lock() {
            return Some(inner);
        }
        self.reader.register(context.waker());
        self.missed.store(true, Ordering::SeqCst);
        self.try_lock()
    }

    fn say(&self, event: &Event<'_>) -> Result<(), Refusal> {
        let said = self.put_down(event);
        if self.missed.swap(false, Ordering::SeqCst)
            || (compute::here() && self.unread.load(Ordering::Relaxed) >= WAKE_BYTES)
        {
            self.untold.store(false, Ordering::Relaxed);
            self.reader.wake();
        } else {
            self.untold.store(true, Ordering::Relaxed);
        }
        said
    }

    /// Puts an event into the buffer. A reader may have found the lock taken meanwhile, also where there was no
    /// memory for the event.
    fn put_down(&self, event: &Event<'_>) -> Result<(), Refusal> {
        let (mut characters, mut large) = (0, None);
        if is_large(event) {
            characters = event.characters();
            // What will be refused is not worth encoding.
            if self.lock().guard.fits(event, characters) {
                let mut encoded = BytesMut::new();
                guard::speak(event, self.mask.as_ref(), &mut encoded);
                large = Some((self.book(encoded.capacity())?, encoded));
            }
        }
        let mut inner = self.lock();
        let Inner { guard, buffer } = &mut *inner;
        let said = match large {
            None => guard.say(event, buffer.tail()).inspect(|()| {
                if !buffer.book_tail(&self.pools) {
                    self.starved.store(true, Ordering::Relaxed);
                }
            }),
            Some((booking, encoded)) => guard
                .say_encoded(event, characters, encoded)
                .map(|bytes| buffer.append(bytes, booking)),
        };
        self.note(guard, buffer);
        said
    }

    /// Books a large event. Where there is no memory for it, it is the last one.
    fn book(&self, bytes: usize) -> Result<Option<Booking>, Refusal> {
        if bytes < BOOKED_BYTES {
            return Ok(None);
        }
        let mut booking = Booking::new(self.pools.clone());
        if booking.set(bytes as u64) {
            return Ok(Some(booking));
        }
        self.starved.store(true, Ordering::Relaxed);
        Err(Refusal::TooLong)
    }

    /// Shows what the guard counts to threads that do not have the lock.
    fn note(&self, guard: &Guard, buffer: &Buffer) {
        self.overrun.store(guard.overrun(), Ordering::Relaxed);
        self.events.store(guard.events(), Ordering::Relaxed);
        self.characters.store(guard.characters(), Ordering::Relaxed);
        self.unread.store(buffer.len(), Ordering::Release);
    }
}

/// Whether encoding it takes long enough to be done without the lock.
fn is_large(event: &Event<'_>) -> bool {
    matches!(event, Event::File(_) | Event::Json(_) | Event::Other { .. })
        || event.text_bytes() >= LARGE_BYTES
}

#[cfg(test)]
mod tests;
