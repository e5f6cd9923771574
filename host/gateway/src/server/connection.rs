//! One connection of a client, where its turn is: at the serving threads, or, while its tenant crowds
//! the others out there, at the compute threads, by turns.
//!
//! What a query costs besides its guest (reading, decoding, writing) is work of its tenant, too. A queue
//! of two thousand connections that are all ready lets everybody wait, however short the work of each is:
//! so those of a tenant who has had his share leave that queue as a whole. So does one that brings a large
//! body, until that has come.
//!
//! A connection whose answer is computed by a run of its own is only watched, and that is done here: a
//! client who leaves is noticed at once.

use std::{
    future::{Future, poll_fn},
    net::IpAddr,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll, ready},
};

use hyper::{body::Incoming, server::conn::http1, service::HttpService};
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use tokio::{sync::Semaphore, task::yield_now};

use super::{body::ResponseBody, patience::Patience, reject::Reject, stream::Stream};
use crate::{
    bots::{
        Bot, Stop,
        readers::{Reader, Readers},
        shutdown::Watch,
    },
    compute::{self, Away, Owner, Weighed},
};
use ravenry_base::memory::Holder;
use ravenry_protocol::Reference;

/// Why a connection is one too many, for the log.
const CROWDED: &str = "the other connections that are free are for other tenants";

/// What a connection and the answers to its requests know of each other.
#[derive(Debug)]
pub(super) struct Seat {
    /// Where the client is.
    peer: IpAddr,
    /// Whom the last request was for.
    owner: Mutex<Option<Owner>>,
    /// Requests whose headers have come.
    begun: AtomicUsize,
    /// Answers that are over.
    over: AtomicUsize,
    /// Whether what the connection waits for is computed elsewhere.
    watching: AtomicBool,
    /// Whether a large body is under way.
    laden: AtomicBool,
    /// Whether nothing is to be read any more.
    leaving: AtomicBool,
    /// Whether the client has not taken all that was written.
    behind: AtomicBool,
    /// The memory of the run that it waits for.
    holder: Mutex<Option<Arc<Holder>>>,
    /// As which tenant's reader it counts.
    reader: Mutex<Option<Reader>>,
    /// Places for connections.
    places: Arc<Semaphore>,
}

impl Seat {
    /// A new connection, which belongs to this one until a request says more.
    pub(super) fn new(peer: IpAddr, owner: Option<Owner>, places: &Arc<Semaphore>) -> Self {
        Self {
            peer,
            owner: Mutex::new(owner),
            begun: AtomicUsize::new(0),
            over: AtomicUsize::new(0),
            watching: AtomicBool::new(false),
            laden: AtomicBool::new(false),
            leaving: AtomicBool::new(false),
            behind: AtomicBool::new(false),
            holder: Mutex::new(None),
            reader: Mutex::new(None),
            places: Arc::clone(places),
        }
    }

    /// Where the client is.
    pub(super) fn peer(&self) -> IpAddr {
        self.peer
    }

    /// Whether the client has not taken all that was written.
    pub(super) fn lags(&self, behind: bool) {
        self.behind.store(behind, Ordering::Relaxed);
    }

    /// Waits for what belongs to a request; `None` where it is time to leave meanwhile.
    ///
    /// Whoever polls the connection polls this, and so does the signal to leave.
    pub(super) async fn unless_leaving<T>(&self, act: impl Future<Output = T>) -> Option<T> {
        let mut act = pin!(act);
        poll_fn(|context| {
            if self.leaving.load(Ordering::Relaxed) {
                return Poll::Ready(None);
            }
            act.as_mut().poll(context).map(Some)
        })
        .await
    }

    /// The headers of a request have come.
    pub(super) fn begin(&self) {
        self.begun.fetch_add(1, Ordering::Relaxed);
    }

    /// An answer is over.
    pub(super) fn end(&self) {
        self.over.fetch_add(1, Ordering::Relaxed);
    }

    /// Which bot it is for from now on: it counts among its tenant's, if there is still room for one of his,
    /// and is his work.
    pub(super) fn is_for(&self, bot: &Bot) -> Result<(), Reject> {
        if !self.is_reader_of(bot.readers()) {
            bot.refused(Reference::unique(), CROWDED);
            return Err(Reject::Crowded);
        }
        self.belongs_to(bot.owner());
        Ok(())
    }

    fn is_reader_of(&self, readers: &Arc<Readers>) -> bool {
        // As with the owner: one thread polls a connection.
        let mut reader = self.reader.lock();
        if !reader.as_ref().is_some_and(|reader| reader.is_of(readers)) {
            let free = u64::try_from(self.places.available_permits()).unwrap_or(u64::MAX);
            *reader = readers.come(free);
        }
        reader.is_some()
    }

    /// Whose work this connection is from now on.
    pub(super) fn belongs_to(&self, owner: &Owner) {
        // Nobody waits for it: a connection is polled by one thread.
        let mut place = self.owner.lock();
        if !place.as_ref().is_some_and(|before| before.is(owner)) {
            *place = Some(owner.clone());
        }
    }

    /// A large body comes: what reads it goes on where there is time for that.
    pub(super) async fn load(&self) {
        self.laden.store(true, Ordering::Relaxed);
        yield_now().await;
    }

    /// The body has come.
    pub(super) fn unload(&self) {
        self.laden.store(false, Ordering::Relaxed);
    }

    /// Whether what the connection waits for is computed elsewhere, from now on.
    pub(super) fn watches(&self, watching: bool) {
        self.watching.store(watching, Ordering::Relaxed);
    }

    /// Whose memory the answer holds.
    pub(super) fn holds(&self, holder: Option<&Arc<Holder>>) {
        // As with the owner: one thread polls a connection.
        let mut place = self.holder.lock();
        if place.is_some() != holder.is_some() {
            *place = holder.cloned();
        }
    }

    /// Whether its answer was asked to end, and its reader does not take the last words. Wakes this task
    /// when that is so: the answer itself is not polled while its reader does not read.
    fn is_overdue(&self, context: &Context<'_>) -> bool {
        let holder = self.holder.lock();
        holder.as_ref().is_some_and(|holder| {
            holder.watch(context.waker());
            holder.is_overdue()
        })
    }

    /// The owner, where this connection is one too many of his at the serving threads.
    fn crowds(&self, compute: &compute::Handle) -> Option<Owner> {
        if self.watching.load(Ordering::Relaxed) {
            return None;
        }
        let laden = self.laden.load(Ordering::Relaxed);
        let owner = self.owner.lock();
        let crowds = |owner: &&Owner| laden || compute.crowds(owner);
        owner.as_ref().filter(crowds).cloned()
    }

    /// Requests that have come, and whether one of them is not answered yet.
    fn requests(&self) -> (usize, bool) {
        let begun = self.begun.load(Ordering::Relaxed);
        (begun, begun != self.over.load(Ordering::Relaxed))
    }
}

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

/// A connection, as whoever polls it has it.
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
            self.seat.leaving.store(true, Ordering::Relaxed);
            self.http.as_mut().leave();
        }
        // Why a connection broke off is its client's affair.
        if self.http.as_mut().poll(context).is_ready() || self.seat.is_overdue(context) {
            return Poll::Ready(());
        }
        let (begun, answering) = self.seat.requests();
        // Nobody waits for the other half of a head.
        if self.leaving && !answering && !self.seat.behind.load(Ordering::Relaxed) {
            return Poll::Ready(());
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
    /// Whoever polls it serves it.
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

/// A connection at the compute threads, until its owner crowds nobody any more: then it comes back.
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
        if over || session.seat.watching.load(Ordering::Relaxed) {
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
