//! A change of what is mounted: what it did, and what it is still waiting for.

use std::{collections::BTreeMap, sync::Arc};

use parking_lot::{Mutex, MutexGuard};

use super::{Deployment, DeploymentState, compile_queue::Ordered};
use crate::bots::{Bot, mount::BotSummary};
use ravenry_base::report::Problem;
use ravenry_config::ids::{BotName, TenantName};

/// Told of what a change was still waiting for when it was said to be done.
pub type BotEvent = Arc<dyn Fn(Result<BotSummary, Problem>) + Send + Sync>;

/// Told what is being done.
pub type Progress = Arc<dyn Fn(&str) + Send + Sync>;

/// A bot by whose it is and what it is called.
pub(super) type BotKey = (TenantName, BotName);

/// What a change did.
#[derive(Debug, Default)]
pub struct Applied {
    /// Bots that were not there before.
    pub added: Vec<BotSummary>,
    /// Bots with other code than before.
    pub changed: Vec<Arc<Bot>>,
    /// Bots with the same code and other settings.
    pub reconfigured: Vec<Arc<Bot>>,
    /// Bots that are not there any more. Their replies go on to the end.
    pub removed: Vec<Arc<Bot>>,
    /// Bots that cannot be mounted as they are now, and why. Those that were there before go on as
    /// they were.
    pub refused: BTreeMap<BotKey, Problem>,
    /// Bots whose components are still being compiled. What comes of them is told as news.
    pub compiling: Vec<BotName>,
}

/// A change that is under way: all that needs no compiling is in place.
pub struct Change {
    pub(super) deployment: Arc<Deployment>,
    pub(super) log: Arc<Log>,
}

/// What a change has done so far, until it is said.
pub(super) struct Log {
    /// `None` once it was said: what comes later is news.
    applied: Mutex<Option<Applied>>,
    pub(super) progress: Progress,
}

impl Change {
    /// What could not be mounted at the first look.
    pub fn refused(&self) -> Vec<Problem> {
        let applied = self.log.lock();
        let refused = applied.iter().flat_map(|applied| applied.refused.values());
        refused.cloned().collect()
    }

    /// Has components compiled, and waits for all but large ones. Says what the change did. Blocks.
    pub fn settle(self) -> Applied {
        let Self { deployment, log } = self;
        deployment.carry_out_orders();
        let ours = |ordered: &Ordered| Arc::ptr_eq(&ordered.log, &log);
        let small = |ordered: &Ordered| ours(ordered) && !ordered.order.is_large();
        let waiting = |state: &mut DeploymentState| state.orders.open(small).next().is_some();
        let mut state = deployment.state();
        deployment.carried_out.wait_while(&mut state, waiting);
        let mut applied = log.lock().take().unwrap_or_default();
        let open = state.orders.open(ours);
        applied.compiling = open.map(|it| it.order.spec.name.clone()).collect();
        applied
    }
}

impl Log {
    pub(super) fn new(applied: Applied, progress: Progress) -> Arc<Self> {
        Arc::new(Self {
            applied: Mutex::new(Some(applied)),
            progress,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Option<Applied>> {
        self.applied.lock()
    }

    /// Takes note of what came of an order. `false` once the change was said: then it is news.
    pub(super) fn note(
        &self,
        key: BotKey,
        before: Option<&BotSummary>,
        made: &Result<BotSummary, Problem>,
    ) -> bool {
        match (self.lock().as_mut(), made) {
            (Some(applied), Ok(new)) => applied.note(before, new),
            (Some(applied), Err(problem)) => drop(applied.refused.insert(key, problem.clone())),
            (None, _) => return false,
        }
        true
    }
}

impl Applied {
    /// Notes what is other than before in a bot.
    pub(super) fn note(&mut self, before: Option<&BotSummary>, new: &BotSummary) {
        let list = match before {
            None => return self.added.push(new.clone()),
            Some(old) if Arc::ptr_eq(&old.bot, &new.bot) => return,
            Some(old) if old.bot.component.is_none() => return self.added.push(new.clone()),
            Some(old) if old.digest() != new.digest() => &mut self.changed,
            Some(_) => &mut self.reconfigured,
        };
        list.push(Arc::clone(&new.bot));
    }
}
