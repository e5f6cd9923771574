//! A run with all that belongs to it, at the place where it computes: here, with whoever polls it, or
//! away, at the compute threads.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use super::pace::Pace;
use crate::{
    compute::{self, Away, Owner, Panicked, Weighed},
    imports::reply::Outbox,
    sandbox::{Run, RunError},
};

/// What a run comes to.
pub(super) type Answer<T> = Result<T, RunError>;

/// A run, and what it holds. Dropping it frees the instance first and its places last, so that a place
/// is never free before its memory is.
pub(super) struct Held<T, P> {
    run: Run<T>,
    /// The reply that it speaks in, if there is one.
    outbox: Option<Outbox>,
    _noted: Noted,
    _permit: P,
}

/// Notes how long the run has computed at a stretch when it is dropped, wherever that is.
struct Noted {
    meter: crate::sandbox::Meter,
    pace: Pace,
}

impl Drop for Noted {
    fn drop(&mut self) {
        self.pace.note(self.meter.longest_stretch());
    }
}

impl<T, P> Held<T, P> {
    pub(super) fn new(run: Run<T>, outbox: Option<Outbox>, pace: Pace, permit: P) -> Self {
        let meter = run.meter();
        Self {
            run,
            outbox,
            _noted: Noted { meter, pace },
            _permit: permit,
        }
    }
}

impl<T, P: Unpin> Future for Held<T, P> {
    type Output = Answer<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let polled = Pin::new(&mut self.run).poll(context);
        if let Some(outbox) = &self.outbox {
            outbox.hand_over();
        }
        polled
    }
}

impl<T, P: Unpin> Weighed for Held<T, P> {
    fn is_heavy(&self) -> bool {
        self.run.is_heavy()
    }
}

/// A run at its place.
pub(super) enum Running<T, P> {
    /// Whoever polls it computes.
    Here(Box<Held<T, P>>),
    /// It is on its way from here to there.
    Between,
    /// Compute threads do.
    Away(Away<Answer<T>>),
}

impl<T, P> Running<T, P>
where
    T: Send + 'static,
    P: Unpin + Send + 'static,
{
    /// A run that begins at the compute threads, or, without any, here.
    pub(super) fn away(held: Held<T, P>, compute: Option<&compute::Handle>, owner: &Owner) -> Self {
        match compute {
            None => Self::Here(Box::new(held)),
            Some(compute) => Self::Away(compute.spawn(owner, held)),
        }
    }

    /// Lets it go on. Who computes here for too long, or too much beside others, goes on away.
    pub(super) fn poll(
        &mut self,
        compute: Option<&compute::Handle>,
        owner: &Owner,
        context: &mut Context<'_>,
    ) -> Poll<Result<Answer<T>, Panicked>> {
        if let (Self::Here(held), Some(compute)) = (&mut *self, compute) {
            // Where its connection is at the compute threads, this is a turn there, and charged as such.
            let in_turn = compute::here();
            if in_turn || compute.may_serve(owner) {
                let polled = compute::caught(Pin::new(&mut **held), context);
                if !in_turn {
                    compute.served(owner, held.run.last_poll());
                }
                if polled.is_ready() || !held.run.gave_way() {
                    return polled;
                }
            }
            self.send_away(compute, owner);
        }
        match self {
            Self::Here(held) => compute::caught(Pin::new(&mut **held), context),
            Self::Away(away) => Pin::new(away).poll(context),
            Self::Between => Poll::Pending,
        }
    }

    fn send_away(&mut self, compute: &compute::Handle, owner: &Owner) {
        if let Self::Here(held) = std::mem::replace(self, Self::Between) {
            *self = Self::Away(compute.spawn(owner, *held));
        }
    }

    /// Frees it, at the compute threads where that takes long.
    pub(super) fn end(self, compute: Option<&compute::Handle>, owner: &Owner) {
        match (self, compute) {
            (Self::Here(held), Some(compute)) if held.run.is_heavy() => {
                compute.drop_later(owner, held);
            }
            (running, _) => compute::quietly(|| drop(running)),
        }
    }
}
