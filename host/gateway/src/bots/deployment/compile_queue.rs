//! Bots that are ordered: their components are to be compiled. In turns by tenant and in the order of size,
//! by as many threads as compilers may work at once, while everything else goes on.
//!
//! An order that is not wanted any more, because a later change has taken its place, is not begun; what
//! comes of it is dropped.

use std::{
    collections::HashMap,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use super::{Deployment, DeploymentState, applied::Log, key, resize};
use crate::bots::mount::{BotKey, BotRecipe, BotSummary};
use ravenry_base::report::Problem;
use ravenry_config::ids::TenantName;

/// An order, and which change it came with.
#[derive(Clone)]
pub(super) struct Ordered {
    pub(super) order: Arc<BotRecipe>,
    pub(super) log: Arc<Log>,
    stage: MountStage,
}

/// How far an order is.
#[derive(Clone)]
enum MountStage {
    /// In line.
    Waiting,
    /// A thread is at it.
    AtWork,
    /// It cannot be carried out. Kept, so that the same is not tried again.
    Refused(Problem),
}

/// All orders that are wanted.
#[derive(Default)]
pub(super) struct Orders {
    all: Vec<Ordered>,
    turns: Turns,
}

/// So much time of compilers a tenant may have beyond another one before the other one comes first.
///
/// A Python bot takes 10 s. Below, the order of size is better for all tenants.
const TURN: Duration = Duration::from_secs(30);

/// Whose turn it is: a tenant that lets compilers work long comes after those that do not.
#[derive(Default)]
struct Turns(HashMap<TenantName, Time>);

/// What a tenant has had of the compilers' time since the process has begun.
#[derive(Default)]
struct Time {
    /// On the clock, of all orders.
    taken: Duration,
    /// How many orders were begun.
    begun: u64,
    /// How many are being carried out.
    at_work: u32,
}

impl Turns {
    /// Of all orders that wait, the one with the least of this comes first: of the tenant that has let compilers
    /// work the least, in steps of [`TURN`]; small ones before large ones, because many should not stand behind
    /// one; of a tenant that has none under way; of one that has had fewer; and then the smallest.
    fn place(
        &self,
        tenant: &TenantName,
        is_large: bool,
        bytes: usize,
    ) -> (u128, bool, bool, u64, usize) {
        let none = Time::default();
        let Time {
            taken,
            begun,
            at_work,
        } = self.0.get(tenant).unwrap_or(&none);
        let rank = taken.as_nanos() / TURN.as_nanos();
        (rank, is_large, *at_work > 0, *begun, bytes)
    }

    fn begin(&mut self, tenant: &TenantName) {
        let time = self.0.entry(tenant.clone()).or_default();
        time.begun = time.begun.saturating_add(1);
        time.at_work = time.at_work.saturating_add(1);
    }

    fn end(&mut self, tenant: &TenantName, took: Duration) {
        if let Some(time) = self.0.get_mut(tenant) {
            time.taken = time.taken.saturating_add(took);
            time.at_work = time.at_work.saturating_sub(1);
        }
    }
}

impl Orders {
    /// The order of this bot.
    pub(super) fn of(&self, (tenant, name): &BotKey) -> Option<BotRecipe> {
        let mut all = self.all.iter().map(|ordered| &ordered.order);
        let found = all.find(|order| order.spec.tenant == *tenant && order.spec.name == *name);
        found.map(|order| BotRecipe::clone(order))
    }

    /// From now on these are wanted, and no others. Those that were wanted before stay as they are.
    pub(super) fn replace(&mut self, orders: Vec<BotRecipe>, log: &Arc<Log>) {
        let before = std::mem::take(&mut self.all);
        let ordered = |order: BotRecipe| {
            let same = before.iter().find(|it| *it.order == order);
            same.cloned().unwrap_or_else(|| Ordered {
                order: Arc::new(order),
                log: Arc::clone(log),
                stage: MountStage::Waiting,
            })
        };
        self.all = orders.into_iter().map(ordered).collect();
    }

    /// Those of them that are not carried out yet.
    pub(super) fn open(&self, which: impl Fn(&Ordered) -> bool) -> impl Iterator<Item = &Ordered> {
        let open = move |ordered: &&Ordered| {
            !matches!(ordered.stage, MountStage::Refused(_)) && which(ordered)
        };
        self.all.iter().filter(open)
    }

    /// Whether just this was tried, and cannot be carried out.
    pub(super) fn is_refused(&self, order: &BotRecipe) -> bool {
        let refused = |it: &&Ordered| matches!(it.stage, MountStage::Refused(_));
        self.all
            .iter()
            .filter(refused)
            .any(|it| *it.order == *order)
    }

    /// Why those that cannot be carried out cannot.
    pub(super) fn refused(&self) -> Vec<Problem> {
        let problem = |ordered: &Ordered| match &ordered.stage {
            MountStage::Refused(problem) => Some(problem.clone()),
            MountStage::Waiting | MountStage::AtWork => None,
        };
        self.all.iter().filter_map(problem).collect()
    }

    /// The next that is to be carried out: see [`Turns::place`]. A large one takes all cores: it is begun
    /// when nothing else is under way, by the thread that has done that.
    fn next(&mut self) -> Option<Ordered> {
        let Self { all, turns } = self;
        let at_work = |ordered: &Ordered| matches!(ordered.stage, MountStage::AtWork);
        let busy = all.iter().any(at_work);
        let waiting = all
            .iter_mut()
            .filter(|ordered| matches!(ordered.stage, MountStage::Waiting));
        let next = waiting.min_by_key(|ordered| {
            let order = &ordered.order;
            turns.place(&order.spec.tenant, order.is_large(), order.bytes)
        })?;
        if busy && next.order.is_large() {
            return None;
        }
        next.stage = MountStage::AtWork;
        turns.begin(&next.order.spec.tenant);
        Some(next.clone())
    }

    /// Takes note of what came of an order, and how long it took; `false` where it is not wanted any more.
    fn carried_out(
        &mut self,
        order: &Arc<BotRecipe>,
        refused: Option<&Problem>,
        took: Duration,
    ) -> bool {
        self.turns.end(&order.spec.tenant, took);
        let Some(at) = self.all.iter().position(|it| Arc::ptr_eq(&it.order, order)) else {
            return false;
        };
        match (refused, self.all.get_mut(at)) {
            (Some(problem), Some(ordered)) => ordered.stage = MountStage::Refused(problem.clone()),
            _ => drop(self.all.swap_remove(at)),
        }
        true
    }
}

impl Deployment {
    /// Starts threads for the orders, as many as compilers may work at once.
    pub(super) fn carry_out_orders(self: &Arc<Self>) {
        let at_once = self.shared.sandbox.compilers_at_once();
        let mut state = self.state();
        let waiting = |ordered: &Ordered| matches!(ordered.stage, MountStage::Waiting);
        for _ in 0..state.orders.open(waiting).count() {
            if state.workers >= at_once {
                return;
            }
            let this = Arc::clone(self);
            let work = move || while this.carry_out_next() {};
            let started = thread::Builder::new()
                .name("compile".to_owned())
                .spawn(work);
            match started {
                Ok(_) => state.workers = state.workers.saturating_add(1),
                // One that runs takes this order too.
                Err(_) if state.workers > 0 => return,
                Err(error) => {
                    tracing::warn!(%error, "there is no thread to compile on: the start waits for it");
                    state.workers = 1;
                    drop(state);
                    while self.carry_out_next() {}
                    return;
                }
            }
        }
    }

    /// Carries out an order. `false` where there is none: then this thread's work here is over.
    fn carry_out_next(&self) -> bool {
        let mut state = self.state();
        let Some(Ordered { order, log, .. }) = state.orders.next() else {
            state.workers = state.workers.saturating_sub(1);
            return false;
        };
        let name = (&order.spec.tenant, &order.spec.name);
        let before = state.mounted.iter().find(|it| key(it) == name).cloned();
        drop(state);
        let begun = Instant::now();
        let made = order.carry_out(before.as_ref(), &self.shared, &*log.progress);
        let took = begun.elapsed();

        let mut state = self.state();
        let mut is_news = false;
        if state.orders.carried_out(&order, made.as_ref().err(), took) {
            let name = (order.spec.tenant.clone(), order.spec.name.clone());
            let mut refused = state.refused.clone();
            let key = (name.0.clone(), Some(name.1.clone()));
            match &made {
                Ok(_) => drop(refused.remove(&key)),
                Err(_) => drop(refused.insert(key)),
            }
            state.refuse(refused);
            let before = match &made {
                Ok(new) => self.mount(&mut state, new),
                Err(_) => self.give_up(&mut state, &name),
            };
            is_news = !log.note(name, before.as_ref(), &made);
        }
        self.say_open(&state);
        drop(state);
        self.carried_out.notify_all();
        if is_news {
            (self.news)(made);
        }
        true
    }

    /// Takes the placeholder of a bot away that will not come. A former version goes on.
    fn give_up(&self, state: &mut DeploymentState, (tenant, name): &BotKey) -> Option<BotSummary> {
        let waits = |it: &BotSummary| key(it) == (tenant, name) && it.bot.component.is_none();
        let at = state.mounted.iter().position(waits);
        let gone = at.map(|at| state.mounted.remove(at));
        self.registry.swap(state.table());
        gone
    }

    /// Puts a bot into its place. Says what was there.
    fn mount(&self, state: &mut DeploymentState, new: &BotSummary) -> Option<BotSummary> {
        let mut places = state.mounted.iter_mut();
        let place = places.find(|old| key(old) == key(new))?;
        let before = std::mem::replace(place, new.clone());
        resize(new);
        self.registry.swap(state.table());
        self.background.begin(&new.bot);
        Some(before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Orders of one tenant: size, whether that is large, and how long it takes.
    type Waiting = (TenantName, Vec<(usize, bool, u64)>);

    fn orders(tenant: &str, of: &[(usize, bool, u64)]) -> Waiting {
        (TenantName::parse(tenant).unwrap(), of.to_vec())
    }

    /// Carries all out with one compiler, and says whose turn it was: tenant and size.
    fn carried_out(mut waiting: Vec<Waiting>) -> Vec<String> {
        let mut turns = Turns::default();
        let mut order = Vec::new();
        loop {
            let places = waiting
                .iter()
                .enumerate()
                .flat_map(|(at, (tenant, orders))| {
                    let turns = &turns;
                    orders
                        .iter()
                        .enumerate()
                        .map(move |(index, (bytes, large, _))| {
                            (turns.place(tenant, *large, *bytes), at, index)
                        })
                });
            let Some((_, at, index)) = places.min() else {
                return order;
            };
            let (tenant, orders) = &mut waiting[at];
            let (bytes, _, seconds) = orders.remove(index);
            turns.begin(tenant);
            turns.end(tenant, Duration::from_secs(seconds));
            order.push(format!("{tenant}{bytes}"));
        }
    }

    #[test]
    fn tenants_take_turns_and_small_ones_come_first() {
        let many = orders(
            "a",
            &[(3, false, 1), (1, false, 1), (2, false, 1), (9, true, 10)],
        );
        let few = orders("b", &[(5, false, 1), (8, true, 10)]);
        assert_eq!(
            carried_out(vec![many, few]),
            ["a1", "b5", "a2", "a3", "b8", "a9"]
        );
    }

    /// Components that hold the compiler to its bound keep no other tenant waiting, however small they are.
    #[test]
    fn a_tenant_that_holds_compilers_long_comes_last() {
        let bombs = orders("a", &[(1, false, 40); 5]);
        let honest = orders("b", &[(5, false, 1), (6, false, 1), (8, true, 10)]);
        assert_eq!(
            carried_out(vec![bombs, honest]),
            ["a1", "b5", "b6", "b8", "a1", "a1", "a1", "a1"]
        );
    }

    /// While others wait, no tenant has two compilers.
    #[test]
    fn one_at_a_time_while_others_wait() {
        let [a, b] = ["a", "b"].map(|name| TenantName::parse(name).unwrap());
        let mut turns = Turns::default();
        turns.begin(&b);
        turns.end(&b, Duration::ZERO);
        turns.begin(&b);
        turns.end(&b, Duration::ZERO);
        turns.begin(&a);
        assert!(turns.place(&b, false, 9) < turns.place(&a, false, 1));
    }
}
