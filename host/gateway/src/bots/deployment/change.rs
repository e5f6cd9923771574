//! A change of what is mounted, while it is under way.

use std::sync::Arc;

use super::{
    Deployment, DeploymentState,
    applied::{Applied, Log},
    compile_queue::Ordered,
};
use crate::bots::mount::BotSummary;
use ravenry_base::report::Problem;

/// Told of what a change was still waiting for when it was said to be done.
pub type BotEvent = Arc<dyn Fn(Result<BotSummary, Problem>) + Send + Sync>;

/// A change that is under way: all that needs no compiling is in place.
pub struct Change {
    pub(super) deployment: Arc<Deployment>,
    pub(super) log: Arc<Log>,
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
