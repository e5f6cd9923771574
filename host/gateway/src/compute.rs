//! Time of the processor: what may hold a thread, and for how long.
//!
//! There are two places to run. *Serving threads* own the sockets and are shared by all tenants: nothing of a
//! bot holds one for longer than about a millisecond. *Compute threads*, as many as there are processors and
//! of a lower priority, take turns at what computes at a stretch: by tenant, in it by bot, in it by
//! reply. What they poll lives on a runtime of its own.
//!
//! A serving thread never waits for a lock that a compute thread may hold. This module knows accounts and
//! work; what a bot is, and what is worth moving, others decide.

mod away;
mod clock;
mod quota;
mod share;
mod task;
mod threads;
mod turns;

use std::{
    future::Future,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread::{JoinHandle, available_parallelism},
    time::Duration,
};

use rustix::thread::sched_getaffinity;
use tokio::runtime::{Builder, Runtime};

pub(crate) use self::{
    away::{Away, Panicked, caught},
    clock::{computing, here, mark, really},
    share::SERVING_SLICE,
};
use self::{
    quota::Quota,
    share::{Budget, Serving},
    threads::Inner,
    turns::{Account, Path},
};
use crate::metrics::TenantTime;

/// Computing time of a tenant. Outlives the versions of its bots.
#[derive(Debug)]
pub struct TenantShare {
    account: Arc<Account>,
    budget: Budget,
    time: TenantTime,
}

impl TenantShare {
    /// Of this weight (1 to 100), with nothing used.
    pub fn new(tenant: &str, weight: u32) -> Arc<Self> {
        Arc::new(Self {
            account: Account::new(weight),
            budget: Budget::new(weight),
            time: TenantTime::new(tenant),
        })
    }

    /// Another weight from now on.
    pub fn weigh(&self, weight: u32) {
        self.account.weigh(weight);
        self.budget.weigh(weight);
    }

    /// Whether a query came to it within the last seconds.
    pub fn was_active(&self) -> bool {
        self.budget.was_active(clock::since_start())
    }
}

/// Computing time of a bot. Outlives its versions.
#[derive(Debug)]
pub struct BotShare {
    account: Arc<Account>,
    budget: Budget,
}

impl BotShare {
    /// With nothing used.
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            account: Account::new(1),
            budget: Budget::new(1),
        })
    }
}

/// The tenant and the bot for which something is computed.
#[derive(Clone, Debug)]
pub struct Owner {
    /// The tenant.
    pub tenant: Arc<TenantShare>,
    /// The bot.
    pub bot: Arc<BotShare>,
}

impl Owner {
    /// No tenant: connections whose bot is not known yet, and requests that are turned away. All together are
    /// held to the share of one tenant, and tenants need not leave room for them.
    pub fn unattributed() -> Self {
        Self {
            tenant: Arc::new(TenantShare {
                account: Account::new(1),
                budget: Budget::uncounted(),
                time: TenantTime::new("-"),
            }),
            bot: BotShare::new(),
        }
    }

    /// Charges computing that a process of ours has done for it: it comes out of its share of the time here.
    pub fn charge(&self, time: Duration) {
        let nanos = clock::nanos(time);
        self.tenant.account.served(nanos);
        self.bot.account.served(nanos);
        self.tenant.time.charged(nanos);
    }

    /// Whether it is the same one.
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.bot, &other.bot) && Arc::ptr_eq(&self.tenant, &other.tenant)
    }

    /// A path for one more reply.
    fn path(&self) -> Path {
        Path {
            tenant: Arc::clone(&self.tenant.account),
            bot: Arc::clone(&self.bot.account),
            reply: Account::new(1),
        }
    }
}

/// The compute threads. Dropping it ends them, after the turns under way.
#[derive(Debug)]
pub struct Compute {
    handle: Handle,
    threads: Vec<JoinHandle<()>>,
    runtime: Option<Runtime>,
}

/// What hands work to the compute threads.
#[derive(Clone)]
pub struct Handle(Arc<ComputePlaces>);

/// The two places to run.
struct ComputePlaces {
    inner: Arc<Inner>,
    serving: Serving,
}

impl std::fmt::Debug for Handle {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("compute::Handle")
    }
}

impl Compute {
    /// Starts as many threads as there are processors, and the runtime for what their work waits for.
    ///
    /// # Errors
    /// When the system gives no more threads.
    pub fn start() -> io::Result<Self> {
        let processors = processors();
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("compute-io")
            .on_thread_start(threads::lower_priority)
            .enable_all()
            .build()?;
        let inner = Inner::new(runtime.handle().clone(), Quota::here(processors));
        let threads = inner.start(processors)?;
        Ok(Self {
            handle: Handle(Arc::new(ComputePlaces {
                inner,
                serving: Serving::new(available_parallelism().map_or(1, usize::from)),
            })),
            threads,
            runtime: Some(runtime),
        })
    }

    /// What hands work to the threads.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }
}

impl Drop for Compute {
    fn drop(&mut self) {
        self.handle.0.inner.stop();
        for thread in self.threads.drain(..) {
            // One that panicked has said so.
            let _ = thread.join();
        }
        self.handle.0.inner.clear();
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Handle {
    /// Hands work over; what comes of it is waited for there.
    pub fn spawn<F>(&self, owner: &Owner, work: F) -> Away<F::Output>
    where
        F: Weighed + Send + 'static,
        F::Output: Send + 'static,
    {
        away::spawn(&self.0.inner, owner, work)
    }

    /// Does something at a compute thread, in one turn.
    pub fn call<T: Send + 'static>(
        &self,
        owner: &Owner,
        act: impl FnOnce() -> T + Send + 'static,
    ) -> Away<T> {
        self.spawn(owner, away::Call(Some(act)))
    }

    /// Drops something large of this owner's at a compute thread.
    pub fn drop_later(&self, owner: &Owner, what: impl Send + 'static) {
        let work = Box::pin(away::Dropped(Some(what)));
        self.0.inner.reap(owner.clone(), owner.path(), work);
    }

    /// Notes that a query has come.
    pub fn asked(&self, owner: &Owner) {
        let tenant = &owner.tenant.budget;
        self.0.serving.asked(clock::since_start(), tenant);
    }

    /// Whether something of this owner's may be computed at a serving thread now.
    pub fn may_serve(&self, owner: &Owner) -> bool {
        let now = clock::since_start();
        let Owner { tenant, bot } = owner;
        tenant.budget.may_overrun(now)
            && bot.budget.may_overrun(now)
            && self.0.serving.may_compute(now, &tenant.budget)
    }

    /// Whether a tenant takes more than its share of the serving threads while others want them: what
    /// its connections cost there, others would wait for.
    pub fn crowds(&self, owner: &Owner) -> bool {
        let now = clock::since_start();
        !self.0.serving.may_compute(now, &owner.tenant.budget)
    }

    /// Charges a poll at a serving thread, right after it.
    pub fn served(&self, owner: &Owner, time: Duration) {
        let time = really(time);
        let (now, nanos) = (clock::since_start(), clock::nanos(time));
        let Owner { tenant, bot } = owner;
        self.0.serving.computed(now, &tenant.budget, nanos);
        bot.budget.polled(now, nanos);
        let overrun = tenant.budget.polled(now, nanos);
        tenant.account.served(nanos);
        bot.account.served(nanos);
        tenant.time.served(nanos, overrun);
    }

    /// Whether what has computed for so long in this turn is to give way: other work waits, or it
    /// was given up.
    pub fn is_over(&self, turn: Duration) -> bool {
        (turn >= threads::SLICE && self.0.inner.is_waited_for()) || task::is_given_up()
    }
}

/// Processors that this process may run on, whatever its control group may use of them.
fn processors() -> usize {
    let allowed = sched_getaffinity(None).map(|set| set.count());
    let allowed = allowed.ok().and_then(|count| usize::try_from(count).ok());
    allowed
        .filter(|count| *count > 0)
        .unwrap_or_else(|| available_parallelism().map_or(1, usize::from))
}

/// Does something that a bot has a hand in, such as dropping what is its; a panic in there goes no
/// further.
pub(crate) fn quietly(act: impl FnOnce()) {
    // What the panic said went to the log already, by the hook.
    let _ = catch_unwind(AssertUnwindSafe(act));
}

/// Work that knows whether dropping it takes long.
pub trait Weighed: Future {
    /// Whether dropping it may take longer than a serving thread has.
    fn is_heavy(&self) -> bool;
}

#[cfg(test)]
mod tests;
