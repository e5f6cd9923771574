//! A run with all that belongs to it, at the place where it computes: here, with the task that polls
//! it, or away, at the compute threads.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use super::pace::{Pace, is_quick};
use crate::{
    compute::{self, Away, Owner, Panicked, Weighed},
    guard::End,
    imports::reply::Outbox,
    sandbox::{Run, RunError},
};

/// What a run comes to.
pub(super) type RunResult<T> = Result<T, RunError>;

/// How a run has ended that could not go on.
pub(super) fn end_of(error: &RunError) -> End {
    match error {
        RunError::Trapped(_) => End::Trapped,
        RunError::OutOfMemory(_) => End::OutOfMemory,
        RunError::OutOfCpu => End::OutOfCpu,
        RunError::NoRoom(_) => End::Refused("no room for one more instance"),
    }
}

/// A run, and what it holds. Dropping it frees the instance first and its places last, so that a place
/// is never free before its memory is.
pub(super) struct Held<T, P> {
    run: Run<T>,
    /// The reply that it speaks in, if there is one.
    outbox: Option<Outbox>,
    _noted: ComputeTimer,
    _permit: P,
}

/// Notes how long the run has computed at a stretch when it is dropped, wherever that is.
struct ComputeTimer {
    meter: crate::sandbox::Meter,
    pace: Pace,
}

impl Drop for ComputeTimer {
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
            _noted: ComputeTimer { meter, pace },
            _permit: permit,
        }
    }

    /// Whether it waits now, after it has computed for a moment only.
    fn is_quick(&self) -> bool {
        !self.run.gave_way() && is_quick(self.run.last_poll())
    }
}

impl<T, P: Unpin> Future for Held<T, P> {
    type Output = RunResult<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let polled = Pin::new(&mut self.run).poll(context);
        if let Some(outbox) = &self.outbox {
            outbox.hand_over();
        }
        polled
    }
}

/// A run at the compute threads. One that is there only because its tenant was ahead of its share comes
/// back while it waits: an answer that streams for a minute is not to wait for turns because its first
/// word came at a bad moment.
pub(super) struct RunVisit<T, P> {
    held: Option<Box<Held<T, P>>>,
    /// Where it may come back to; `None`: it computes too much for that.
    home: Option<(compute::Handle, Owner)>,
}

/// What becomes of a run at the compute threads.
pub(super) enum Visited<T, P> {
    /// It is over.
    Over(RunResult<T>),
    /// It waits, and goes on at the serving threads.
    Back(Box<Held<T, P>>),
}

impl<T, P: Unpin> Future for RunVisit<T, P> {
    type Output = Visited<T, P>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let Some(held) = &mut this.held else {
            return Poll::Pending;
        };
        if let Poll::Ready(answer) = Pin::new(&mut **held).poll(context) {
            return Poll::Ready(Visited::Over(answer));
        }
        let home = this.home.as_ref().filter(|_| held.is_quick());
        if !home.is_some_and(|(compute, owner)| compute.may_serve(owner)) {
            return Poll::Pending;
        }
        let held = this.held.take();
        held.map_or(Poll::Pending, |held| Poll::Ready(Visited::Back(held)))
    }
}

impl<T, P: Unpin> Weighed for RunVisit<T, P> {
    fn is_heavy(&self) -> bool {
        self.held.as_ref().is_some_and(|held| held.run.is_heavy())
    }
}

/// A run at its place.
pub(super) enum Running<T, P> {
    /// The task that polls it computes.
    Here(Box<Held<T, P>>),
    /// It is on its way from here to there.
    Between,
    /// Compute threads do.
    Away(Away<Visited<T, P>>),
}

impl<T, P> Running<T, P>
where
    T: Send + 'static,
    P: Unpin + Send + 'static,
{
    /// A run that begins at the compute threads, or, without any, here. `comes_back`: once it waits and
    /// its owner may compute at the serving threads.
    pub(super) fn away(
        held: Held<T, P>,
        compute: Option<&compute::Handle>,
        owner: &Owner,
        comes_back: bool,
    ) -> Self {
        let held = Box::new(held);
        match compute {
            None => Self::Here(held),
            Some(compute) => Self::visit(held, compute, owner, comes_back),
        }
    }

    fn visit(
        held: Box<Held<T, P>>,
        compute: &compute::Handle,
        owner: &Owner,
        comes_back: bool,
    ) -> Self {
        let visit = RunVisit {
            held: Some(held),
            home: comes_back.then(|| (compute.clone(), owner.clone())),
        };
        Self::Away(compute.spawn(owner, visit))
    }

    /// Lets it go on. What computes here for too long, or too much beside others, goes on away.
    pub(super) fn poll(
        &mut self,
        compute: Option<&compute::Handle>,
        owner: &Owner,
        context: &mut Context<'_>,
    ) -> Poll<Result<RunResult<T>, Panicked>> {
        // What is just back goes on here in any case: this was asked a moment ago.
        let mut back = false;
        loop {
            if let (Self::Here(held), Some(compute)) = (&mut *self, compute) {
                // Where its connection is at the compute threads, this is a turn there, and charged as such.
                let in_turn = compute::here();
                if back || in_turn || compute.may_serve(owner) {
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
                Self::Here(held) => return compute::caught(Pin::new(&mut **held), context),
                Self::Between => return Poll::Pending,
                Self::Away(away) => match ready!(Pin::new(away).poll(context)) {
                    Ok(Visited::Over(answer)) => return Poll::Ready(Ok(answer)),
                    Ok(Visited::Back(held)) => *self = Self::Here(held),
                    Err(panicked) => return Poll::Ready(Err(panicked)),
                },
            }
            back = true;
        }
    }

    fn send_away(&mut self, compute: &compute::Handle, owner: &Owner) {
        if let Self::Here(held) = std::mem::replace(self, Self::Between) {
            *self = Self::visit(held, compute, owner, true);
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
