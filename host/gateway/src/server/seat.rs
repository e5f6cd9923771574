//! What a connection and the answers to its requests know of each other: whose it is, what it waits for, and
//! whether it is time to leave.

use std::{
    future::poll_fn,
    net::IpAddr,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
};

use parking_lot::Mutex;
use tokio::task::yield_now;

use super::{
    idle::IdleState,
    places::{Places, TenantReader},
    reject::Reject,
};
use crate::{
    bots::{Bot, readers::Readers},
    compute::{self, Owner},
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
    /// The tenant and the bot that the last request was for.
    owner: Mutex<Option<Owner>>,
    /// Requests whose headers have come.
    begun: AtomicUsize,
    /// Answers that are over.
    over: AtomicUsize,
    /// Since when no request is under way.
    idle: Arc<IdleState>,
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
    reader: Mutex<Option<TenantReader>>,
    /// Places for connections.
    places: Arc<Places>,
}

impl Seat {
    /// A new connection, which belongs to this one until a request says more.
    pub(super) fn new(
        peer: IpAddr,
        owner: Option<Owner>,
        idle: Arc<IdleState>,
        places: &Arc<Places>,
    ) -> Self {
        Self {
            peer,
            owner: Mutex::new(owner),
            begun: AtomicUsize::new(0),
            over: AtomicUsize::new(0),
            idle,
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

    /// From now on, nothing is to be read any more.
    pub(super) fn leave(&self) {
        self.leaving.store(true, Ordering::Relaxed);
    }

    /// Whether the client has not taken all that was written.
    pub(super) fn is_behind(&self) -> bool {
        self.behind.load(Ordering::Relaxed)
    }

    /// Says so.
    pub(super) fn lags(&self, behind: bool) {
        self.behind.store(behind, Ordering::Relaxed);
    }

    /// Waits for what belongs to a request; `None` where it is time to leave meanwhile.
    ///
    /// The task that polls the connection polls this, and so does the signal to leave.
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
        self.idle.begins();
    }

    /// An answer is over.
    pub(super) fn end(&self) {
        self.over.fetch_add(1, Ordering::Relaxed);
    }

    /// Which bot it is for from now on: it counts among its tenant's, if there is still room for one more,
    /// and is that tenant's work.
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
            // It does not count as that of its last tenant any more.
            *reader = None;
            *reader = self.places.count(readers);
        }
        reader.is_some()
    }

    /// Whose work this connection is from now on.
    pub(super) fn belongs_to(&self, owner: &Owner) {
        // No thread waits for this lock: a connection is polled by one.
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

    /// Whether what the connection waits for is computed elsewhere.
    pub(super) fn is_watching(&self) -> bool {
        self.watching.load(Ordering::Relaxed)
    }

    /// Says so, from now on.
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
    pub(super) fn is_overdue(&self, context: &Context<'_>) -> bool {
        let holder = self.holder.lock();
        holder.as_ref().is_some_and(|holder| {
            holder.watch(context.waker());
            holder.is_overdue()
        })
    }

    /// The owner, where this connection is one too many of its own at the serving threads.
    pub(super) fn crowds(&self, compute: &compute::Handle) -> Option<Owner> {
        if self.is_watching() {
            return None;
        }
        let laden = self.laden.load(Ordering::Relaxed);
        let owner = self.owner.lock();
        let crowds = |owner: &&Owner| laden || compute.crowds(owner);
        owner.as_ref().filter(crowds).cloned()
    }

    /// No request is under way: whether another one is to have its place. Wakes this task when that is so.
    pub(super) fn gives_way(&self, waker: &Waker) -> bool {
        self.idle.waits(waker)
    }

    /// Requests that have come, and whether one of them is not answered yet.
    pub(super) fn requests(&self) -> (usize, bool) {
        let begun = self.begun.load(Ordering::Relaxed);
        (begun, begun != self.over.load(Ordering::Relaxed))
    }
}
