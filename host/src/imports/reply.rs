//! What a bot says: event in, bytes into the reply's buffer, back-pressure.
//!
//! The buffer has two ends that live in one task: the guest, which is run by polling the reply, and
//! the reply, which hands the bytes to the socket. So the lock is never contended, and a guest that
//! waits for room needs no waker: whoever takes the bytes polls the guest next.

use std::{
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Poll,
    time::Duration,
};

use bytes::{Bytes, BytesMut};

use crate::{
    guard::{Bounds, End, Guard, Refusal},
    ids::Reference,
    protocol::event::Event,
    secret::Mask,
};

/// Bytes of a reply that may be unread before the bot waits.
///
/// A reader on a slow line loses nothing by a small buffer, and 10,000 of them cost 640 MB at most.
const UNREAD_BYTES_MAX: usize = 64 * 1024;

/// The events of one reply on their way from the guest to the socket.
#[derive(Clone, Debug)]
pub struct Outbox(Arc<Mutex<Inner>>);

#[derive(Debug)]
struct Inner {
    guard: Guard,
    buffer: BytesMut,
    /// What must not be said; `None` where the bot has no secrets.
    mask: Option<Mask>,
}

/// What a reply holds so far, for the account.
#[derive(Clone, Copy, Debug, Default)]
pub struct Said {
    /// Events of the bot.
    pub events: u64,
    /// Characters of the bot.
    pub characters: u64,
}

impl Outbox {
    /// An empty reply with these bounds. What `mask` hides is taken out of its text.
    pub fn new(bounds: Bounds, mask: Option<Mask>) -> Self {
        Self(Arc::new(Mutex::new(Inner {
            guard: Guard::new(bounds),
            buffer: BytesMut::new(),
            mask,
        })))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A panic while it was held cannot leave half an event: encoding appends whole events.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes one event of the bot, and waits while the reader is behind.
    ///
    /// # Errors
    /// What the guard refuses; nothing was written then.
    pub async fn say(&self, event: Event<'_>) -> Result<(), Refusal> {
        let full = {
            let mut inner = self.lock();
            let Inner {
                guard,
                buffer,
                mask,
            } = &mut *inner;
            match mask {
                None => guard.say(&event, buffer)?,
                Some(mask) => masked(&event, mask, |event| guard.say(event, buffer))?,
            }
            buffer.len() >= UNREAD_BYTES_MAX
        };
        if full {
            self.room().await;
        }
        Ok(())
    }

    /// Waits until the reader has taken what is there.
    async fn room(&self) {
        poll_fn(|_| {
            if self.lock().buffer.len() < UNREAD_BYTES_MAX {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }

    /// Takes all bytes that wait for the reader. `now` counts from the arrival of the query.
    pub fn take(&self, now: impl FnOnce() -> Duration) -> Option<Bytes> {
        let mut inner = self.lock();
        if inner.buffer.is_empty() {
            return None;
        }
        inner.guard.wrote(now());
        Some(inner.buffer.split().freeze())
    }

    /// Bytes that wait for the reader.
    pub fn unread(&self) -> u64 {
        self.lock().buffer.len() as u64
    }

    /// Whether the bot has passed a bound.
    pub fn overrun(&self) -> bool {
        self.lock().guard.overrun()
    }

    /// Lets the guard speak where it is due; see [`Guard::tick`].
    pub fn tick(&self, now: Duration) -> Option<End> {
        let mut inner = self.lock();
        let Inner { guard, buffer, .. } = &mut *inner;
        guard.tick(now, buffer)
    }

    /// When the guard wants to be asked next.
    pub fn next_tick(&self) -> Duration {
        self.lock().guard.next_tick()
    }

    /// Writes the last events; see [`Guard::end`].
    pub fn end(&self, end: &End, reference: Reference) {
        let mut inner = self.lock();
        let Inner {
            guard,
            buffer,
            mask,
        } = &mut *inner;
        match (end, mask) {
            (End::Failed(failure), Some(mask)) => {
                let mut failure = failure.clone();
                failure.text = failure.text.map(|text| mask.mask(&text).into_owned());
                guard.end(&End::Failed(failure), reference, buffer);
            }
            _ => guard.end(end, reference, buffer),
        }
    }

    /// What was said so far.
    pub fn said(&self) -> Said {
        let inner = self.lock();
        Said {
            events: inner.guard.events(),
            characters: inner.guard.characters(),
        }
    }
}

/// Says an event without the secrets in its text. Objects pass as they are: this is a net against
/// accidents, and in text is where they happen.
fn masked(
    event: &Event<'_>,
    mask: &Mask,
    say: impl FnOnce(&Event<'_>) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    match *event {
        Event::Text { index, text } => {
            let text = &mask.mask(text);
            say(&Event::Text { index, text })
        }
        Event::Replace { index, text } => {
            let text = &mask.mask(text);
            say(&Event::Replace { index, text })
        }
        Event::Suggest(text) => say(&Event::Suggest(&mask.mask(text))),
        Event::Data(text) => say(&Event::Data(&mask.mask(text))),
        Event::Error {
            text,
            allow_retry,
            error_type,
        } => say(&Event::Error {
            text: &mask.mask(text),
            allow_retry,
            error_type,
        }),
        _ => say(event),
    }
}
