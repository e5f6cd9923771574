//! One connection of a client, where its turn is: at the serving threads, or, while its tenant crowds
//! the others out there, at the compute threads, by turns.
//!
//! What a query costs besides its guest (reading, decoding, writing) is work of its tenant, too. A queue
//! of two thousand connections that are all ready lets all others wait, however short the work of each is:
//! so those of a tenant that has had its share leave that queue as a whole. So does one that brings a large
//! body, until that has come.
//!
//! A connection whose answer is computed by a run of its own is only watched, and that is done here: a
//! client that leaves is noticed at once.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use hyper::{body::Incoming, server::conn::http1, service::HttpService};
use hyper_util::rt::TokioIo;

use super::{body::ResponseBody, patience::Patience, seat::Seat, stream::Stream};
use crate::{
    bots::{Stop, shutdown::Watch},
    compute::{self, Away, Owner, Weighed},
    metrics,
};

/// The protocol on one connection.
trait Http: Future<Output = hyper::Result<()>> + Send {
    /// No more requests after the one under way.
    fn leave(self: Pin<&mut Self>);
}

impl<S> Http for http1::Connection<TokioIo<Stream>, S>
where
    S: HttpService<Incoming, ResBody = ResponseBody> + Send,
    S::Future: Send,
    S::Error: std::error::Error + Send + Sync + 'static,
{
    fn leave(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

/// A connection, as the task that polls it has it.
struct Session {
    http: Pin<Box<dyn Http>>,
    seat: Arc<Seat>,
    stop: Stop,
    watch: Watch,
    leaving: bool,
    over: bool,
    patience: Patience,
}

impl Session {
    /// Goes on; ready when the connection is over.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let polled = self.go_on(context);
        self.over = polled.is_ready();
        polled
    }

    fn go_on(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.watch.watch(context);
        if !self.leaving && self.stop.stopped() {
            self.leaving = true;
            self.seat.leave();
            self.http.as_mut().leave();
        }
        // Why a connection broke off is its client's affair.
        if self.http.as_mut().poll(context).is_ready() || self.seat.is_overdue(context) {
            return Poll::Ready(());
        }
        let (begun, answering) = self.seat.requests();
        if !answering && !self.seat.is_behind() {
            // The other half of a head is not waited for.
            if self.leaving {
                return Poll::Ready(());
            }
            // Asked after reading: a client that has sent a request by now is served.
            if self.seat.gives_way(context.waker()) {
                metrics::closed_connection("idle");
                return Poll::Ready(());
            }
        }
        self.patience.poll((begun, answering), context)
    }
}

/// A connection at its place.
pub(super) struct Connection {
    place: ServedAt,
    compute: Option<compute::Handle>,
}

enum ServedAt {
    /// The task that polls it serves it.
    Here(Box<Session>),
    /// It is on its way from here to there.
    Between,
    /// Compute threads do.
    Away(Away<Box<Session>>),
}

impl Connection {
    /// A connection whose requests are answered by `http`, until it is time to leave.
    pub(super) fn new<S>(
        http: Pin<Box<http1::Connection<TokioIo<Stream>, S>>>,
        seat: Arc<Seat>,
        leave: &Stop,
        compute: Option<compute::Handle>,
    ) -> Self
    where
        S: HttpService<Incoming, ResBody = ResponseBody> + Send + 'static,
        S::Future: Send,
        S::Error: std::error::Error + Send + Sync,
    {
        let session = Session {
            http,
            seat,
            stop: leave.clone(),
            watch: leave.watch(),
            leaving: false,
            over: false,
            patience: Patience::new(),
        };
        Self {
            place: ServedAt::Here(Box::new(session)),
            compute,
        }
    }

    fn go(&mut self, owner: &Owner) {
        let before = std::mem::replace(&mut self.place, ServedAt::Between);
        if let (ServedAt::Here(session), Some(compute)) = (before, &self.compute) {
            let visit = ConnectionVisit {
                session: Some(session),
                compute: compute.clone(),
                begun: false,
            };
            self.place = ServedAt::Away(compute.spawn(owner, visit));
        }
    }
}

impl Future for Connection {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        loop {
            match &mut this.place {
                ServedAt::Here(session) => {
                    let crowds = |compute: &compute::Handle| session.seat.crowds(compute);
                    match this.compute.as_ref().and_then(crowds) {
                        Some(owner) => this.go(&owner),
                        None => return session.poll(context),
                    }
                }
                ServedAt::Away(away) => match ready!(Pin::new(away).poll(context)) {
                    Ok(session) if !session.over => this.place = ServedAt::Here(session),
                    // Its socket is let go here: the lock of those is the serving threads'.
                    Ok(_) | Err(_) => return Poll::Ready(()),
                },
                ServedAt::Between => return Poll::Ready(()),
            }
        }
    }
}

/// A connection at the compute threads, until its owner crowds no other any more: then it comes back.
struct ConnectionVisit {
    session: Option<Box<Session>>,
    compute: compute::Handle,
    begun: bool,
}

impl Future for ConnectionVisit {
    type Output = Box<Session>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let stays = |session: &Session| session.seat.crowds(&this.compute).is_some();
        let begun = std::mem::replace(&mut this.begun, true);
        let Some(mut session) = this.session.take_if(|session| !begun || stays(session)) else {
            return this.session.take().map_or(Poll::Pending, Poll::Ready);
        };
        let over = session.poll(context).is_ready();
        if over || session.seat.is_watching() {
            return Poll::Ready(session);
        }
        this.session = Some(session);
        Poll::Pending
    }
}

impl Weighed for ConnectionVisit {
    fn is_heavy(&self) -> bool {
        // What is heavy in there (a run) knows how to go.
        false
    }
}
