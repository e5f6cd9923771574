//! Places for replies: of the bot, its tenant and the process, from a short fair queue.
//!
//! A [`Permit`] can only be had here, and holds its places until it is dropped. Own places are taken
//! first and the process's last, so that no call holds what others need while it waits for its own.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicUsize, Ordering},
    },
    time::Duration,
};

use ::metrics::Gauge;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout_at},
};

/// Places of a bot, a tenant or the process, and how many calls may wait for one.
#[derive(Debug)]
pub struct Limit {
    running: Arc<Semaphore>,
    running_max: AtomicUsize,
    /// Places that are taken, but not to be given out again when they come free.
    surplus: AtomicUsize,
    waiting: AtomicU32,
    waiting_max: AtomicU32,
}

impl Limit {
    /// `running_max` replies at once, and `waiting_max` waiting.
    pub fn new(running_max: u32, waiting_max: u32) -> Arc<Self> {
        let places = places(running_max);
        Arc::new(Self {
            running: Arc::new(Semaphore::new(places)),
            running_max: AtomicUsize::new(places),
            surplus: AtomicUsize::new(0),
            waiting: AtomicU32::new(0),
            waiting_max: AtomicU32::new(waiting_max),
        })
    }

    /// Other bounds from now on. Replies that run keep their places: where more run than may, the
    /// places of those that end are not given out again.
    pub fn resize(&self, running_max: u32, waiting_max: u32) {
        self.waiting_max.store(waiting_max, Ordering::Relaxed);
        let after = places(running_max);
        let before = self.running_max.swap(after, Ordering::SeqCst);
        let fewer = before.saturating_sub(after);
        self.surplus.fetch_add(fewer, Ordering::SeqCst);
        let more = (0..after.saturating_sub(before)).filter(|_| !self.takes_back());
        self.running.add_permits(more.count());
        while let Ok(free) = self.running.try_acquire() {
            if !self.takes_back() {
                return;
            }
            free.forget();
        }
    }

    /// Whether a place that is free is one too many; if so, it is not any more.
    fn takes_back(&self) -> bool {
        self.surplus
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                left.checked_sub(1)
            })
            .is_ok()
    }

    fn try_take(self: &Arc<Self>) -> Option<Slot> {
        let taken = Arc::clone(&self.running).try_acquire_owned().ok()?;
        Some(Slot::of(taken, self))
    }

    /// The semaphores are never closed; if one were, there would be no place.
    async fn take(self: &Arc<Self>) -> Option<Slot> {
        let taken = Arc::clone(&self.running).acquire_owned().await.ok()?;
        Some(Slot::of(taken, self))
    }

    /// Joins the queue, if it is not full.
    fn join(self: &Arc<Self>) -> Option<QueueTicket> {
        self.waiting
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |waiting| {
                (waiting < self.waiting_max.load(Ordering::Relaxed))
                    .then_some(waiting.saturating_add(1))
            })
            .ok()
            .map(|_| QueueTicket(Arc::clone(self)))
    }
}

/// As many as a semaphore can count.
fn places(running_max: u32) -> usize {
    usize::try_from(running_max)
        .unwrap_or(usize::MAX)
        .min(Semaphore::MAX_PERMITS)
}

/// A place that is taken; dropping it frees it, unless it was one too many by then.
#[derive(Debug)]
struct Slot {
    taken: Option<OwnedSemaphorePermit>,
    of: Arc<Limit>,
}

impl Slot {
    fn of(taken: OwnedSemaphorePermit, of: &Arc<Limit>) -> Self {
        Self {
            taken: Some(taken),
            of: Arc::clone(of),
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(taken) = self.taken.take()
            && self.of.takes_back()
        {
            taken.forget();
        }
    }
}

/// A place in the queue; leaving is dropping it.
#[derive(Debug)]
struct QueueTicket(Arc<Limit>);

impl Drop for QueueTicket {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The three gates that a query of one bot passes.
#[derive(Clone, Debug)]
pub(crate) struct Limiter {
    /// The bot's own places.
    pub bot: Arc<Limit>,
    /// Its tenant's.
    pub tenant: Arc<Limit>,
    /// The process's.
    pub process: Arc<Limit>,
    /// Longest wait in the queue.
    pub wait_max: Duration,
}

/// The right to run one reply. Dropping it frees the places.
#[derive(Debug)]
pub(crate) struct Permit {
    _places: [Slot; 3],
    _running: Counted,
}

/// Why there is no permit; the words are for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    /// The queue was full on arrival.
    #[error("the queue is full")]
    QueueFull,
    /// No place came free in time.
    #[error("no place came free in time")]
    WaitedTooLong,
}

impl Refused {
    /// The words for the log.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::QueueFull => "the queue is full",
            Self::WaitedTooLong => "no place came free in time",
        }
    }
}

/// Holds a gauge up by one until it is dropped.
struct Counted(Gauge);

impl Counted {
    fn new(gauge: &Gauge) -> Self {
        gauge.increment(1.0);
        Self(gauge.clone())
    }
}

impl std::fmt::Debug for Counted {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Counted")
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}

impl Limiter {
    /// A permit, if one can be had without waiting.
    pub(crate) fn try_admit(&self, running: &Gauge) -> Option<Permit> {
        // Calls that wait come first: a new one does not overtake the queue.
        if self.bot.waiting.load(Ordering::Relaxed) > 0 {
            return None;
        }
        let places = [
            self.bot.try_take()?,
            self.tenant.try_take()?,
            self.process.try_take()?,
        ];
        Some(Permit {
            _places: places,
            _running: Counted::new(running),
        })
    }

    /// Waits for a place of the process alone: the gateway's own question to a bot takes nothing
    /// that readers of the bot or of its tenant could have.
    pub(crate) async fn admit_beside(&self) -> Result<impl Drop + Send + Unpin + use<>, Refused> {
        let place = tokio::time::timeout(self.wait_max, self.process.take()).await;
        place.ok().flatten().ok_or(Refused::WaitedTooLong)
    }

    /// Waits for a permit, in order of arrival, no longer than the queue's deadline.
    pub(crate) async fn admit(self, running: Gauge, waiting: Gauge) -> Result<Permit, Refused> {
        let deadline = Instant::now().checked_add(self.wait_max);
        let _tickets = [self.bot.join(), self.tenant.join()]
            .into_iter()
            .collect::<Option<Vec<_>>>()
            .ok_or(Refused::QueueFull)?;
        let _waiting = Counted::new(&waiting);
        let all = async {
            let bot = self.bot.take().await?;
            let tenant = self.tenant.take().await?;
            Some([bot, tenant, self.process.take().await?])
        };
        let places = match deadline {
            Some(deadline) => timeout_at(deadline, all).await.ok().flatten(),
            None => all.await,
        };
        Ok(Permit {
            _places: places.ok_or(Refused::WaitedTooLong)?,
            _running: Counted::new(&running),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(bot: u32, tenant: u32, queue: u32) -> Limiter {
        Limiter {
            bot: Limit::new(bot, queue),
            tenant: Limit::new(tenant, 100),
            process: Limit::new(100, 100),
            wait_max: Duration::from_secs(4),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_gets_the_next_place_and_who_waits_too_long_is_told() {
        let gate = gate(1, 10, 10);
        let gauge = Gauge::noop();
        let first = gate.try_admit(&gauge).unwrap();
        assert!(gate.try_admit(&gauge).is_none());
        assert_eq!(
            gate.clone()
                .admit(gauge.clone(), gauge.clone())
                .await
                .unwrap_err(),
            Refused::WaitedTooLong
        );
        let second = tokio::spawn(gate.clone().admit(gauge.clone(), gauge.clone()));
        tokio::task::yield_now().await;
        drop(first);
        second.await.unwrap().unwrap();
        assert!(gate.try_admit(&gauge).is_some(), "every place came back");
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_queue_refuses_at_once() {
        let gate = gate(1, 10, 1);
        let gauge = Gauge::noop();
        let _first = gate.try_admit(&gauge).unwrap();
        let _waiting = tokio::spawn(gate.clone().admit(gauge.clone(), gauge.clone()));
        tokio::task::yield_now().await;
        assert_eq!(
            gate.clone().admit(gauge.clone(), gauge).await.unwrap_err(),
            Refused::QueueFull
        );
    }

    /// Fewer places while more are taken: those that come free are gone until the rest fits.
    #[test]
    fn places_can_become_fewer_and_more_while_they_are_taken() {
        let gate = gate(3, 10, 10);
        let gauge = Gauge::noop();
        let mut running: Vec<_> = (0..3).map_while(|_| gate.try_admit(&gauge)).collect();
        gate.bot.resize(1, 10);
        for _ in 0..2 {
            running.pop();
            assert!(gate.try_admit(&gauge).is_none(), "one still runs, one may");
        }
        gate.bot.resize(2, 10);
        running.extend(gate.try_admit(&gauge));
        assert_eq!(running.len(), 2);
        assert!(gate.try_admit(&gauge).is_none());
        gate.bot.resize(1, 10);
        gate.bot.resize(3, 10);
        running.extend(gate.try_admit(&gauge));
        assert_eq!(running.len(), 3, "what was taken back is there again");
        assert!(gate.try_admit(&gauge).is_none());
        running.clear();
        gate.bot.resize(2, 10);
        running.extend((0..3).map_while(|_| gate.try_admit(&gauge)));
        assert_eq!(running.len(), 2, "free places go at once");
    }

    #[tokio::test(start_paused = true)]
    async fn a_tenant_is_full_across_its_bots() {
        let one = gate(5, 1, 10);
        let other = Limiter {
            bot: Limit::new(5, 10),
            ..one.clone()
        };
        let gauge = Gauge::noop();
        let permit = one.try_admit(&gauge).unwrap();
        assert!(other.try_admit(&gauge).is_none());
        drop(permit);
        assert!(other.try_admit(&gauge).is_some());
    }
}
