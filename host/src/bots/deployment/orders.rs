//! Bots that are ordered: their components are to be compiled. In the order of size, by as many
//! threads as there are cores, while everything else goes on.
//!
//! An order that is not wanted any more, because a later change has taken its place, is not begun; what
//! comes of it is nobody's.

use std::{sync::Arc, thread};

use super::{
    Deployment, State,
    change::{Key, Log},
    key, resize, table,
};
use crate::{
    bots::deploy::{MountedBot, Order},
    report::Problem,
};

/// An order, and which change it came with.
#[derive(Clone)]
pub(super) struct Ordered {
    pub(super) order: Arc<Order>,
    pub(super) log: Arc<Log>,
    stage: Stage,
}

/// How far an order is.
#[derive(Clone)]
enum Stage {
    /// In line.
    Waiting,
    /// A thread is at it.
    AtWork,
    /// It cannot be carried out. Kept, so that the same is not tried again.
    Refused(Problem),
}

/// All orders that are wanted.
#[derive(Default)]
pub(super) struct Orders(Vec<Ordered>);

impl Orders {
    /// The order of this bot.
    pub(super) fn of(&self, (tenant, name): &Key) -> Option<Order> {
        let mut all = self.0.iter().map(|ordered| &ordered.order);
        let found = all.find(|order| order.spec.tenant == *tenant && order.spec.name == *name);
        found.map(|order| Order::clone(order))
    }

    /// From now on these are wanted, and no others. Those that were wanted before stay as they are.
    pub(super) fn replace(&mut self, orders: Vec<Order>, log: &Arc<Log>) {
        let before = std::mem::take(&mut self.0);
        let ordered = |order: Order| {
            let same = before.iter().find(|it| *it.order == order);
            same.cloned().unwrap_or_else(|| Ordered {
                order: Arc::new(order),
                log: Arc::clone(log),
                stage: Stage::Waiting,
            })
        };
        self.0 = orders.into_iter().map(ordered).collect();
    }

    /// Those of them that are not carried out yet.
    pub(super) fn open(&self, which: impl Fn(&Ordered) -> bool) -> impl Iterator<Item = &Ordered> {
        let open =
            move |ordered: &&Ordered| !matches!(ordered.stage, Stage::Refused(_)) && which(ordered);
        self.0.iter().filter(open)
    }

    /// Whether just this was tried, and cannot be carried out.
    pub(super) fn is_refused(&self, order: &Order) -> bool {
        let refused = |it: &&Ordered| matches!(it.stage, Stage::Refused(_));
        self.0.iter().filter(refused).any(|it| *it.order == *order)
    }

    /// Why those that cannot be carried out cannot.
    pub(super) fn refused(&self) -> Vec<Problem> {
        let problem = |ordered: &Ordered| match &ordered.stage {
            Stage::Refused(problem) => Some(problem.clone()),
            Stage::Waiting | Stage::AtWork => None,
        };
        self.0.iter().filter_map(problem).collect()
    }

    /// The next that is to be carried out: the smallest, because many small ones should not stand
    /// behind a large one. A large one takes all cores: it is begun when nothing else is under way,
    /// by whoever has done that.
    fn next(&mut self) -> Option<Ordered> {
        let at_work = |ordered: &Ordered| matches!(ordered.stage, Stage::AtWork);
        let busy = self.0.iter().any(at_work);
        let waiting = self.0.iter_mut();
        let waiting = waiting.filter(|ordered| matches!(ordered.stage, Stage::Waiting));
        let next = waiting.min_by_key(|ordered| ordered.order.bytes)?;
        if busy && next.order.is_large() {
            return None;
        }
        next.stage = Stage::AtWork;
        Some(next.clone())
    }

    /// Takes note of what came of an order; `false` where it is not wanted any more.
    fn carried_out(&mut self, order: &Arc<Order>, refused: Option<&Problem>) -> bool {
        let Some(at) = self.0.iter().position(|it| Arc::ptr_eq(&it.order, order)) else {
            return false;
        };
        match (refused, self.0.get_mut(at)) {
            (Some(problem), Some(ordered)) => ordered.stage = Stage::Refused(problem.clone()),
            _ => drop(self.0.swap_remove(at)),
        }
        true
    }
}

impl Deployment {
    /// Starts threads for the orders, as many as there are cores.
    pub(super) fn carry_out_orders(self: &Arc<Self>) {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let mut state = self.state();
        let waiting = |ordered: &Ordered| matches!(ordered.stage, Stage::Waiting);
        for _ in 0..state.orders.open(waiting).count() {
            if state.workers >= cores {
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

    /// Carries out an order. `false` where there is none: then nobody is at work here any more.
    fn carry_out_next(&self) -> bool {
        let mut state = self.state();
        let Some(Ordered { order, log, .. }) = state.orders.next() else {
            state.workers = state.workers.saturating_sub(1);
            return false;
        };
        drop(state);
        let made = order.carry_out(&self.shared, &*log.progress);

        let mut state = self.state();
        let mut is_news = false;
        if state.orders.carried_out(&order, made.as_ref().err()) {
            let name = (order.spec.tenant.clone(), order.spec.name.clone());
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
    fn give_up(&self, state: &mut State, (tenant, name): &Key) -> Option<MountedBot> {
        let waits = |it: &MountedBot| key(it) == (tenant, name) && it.bot.component.is_none();
        let at = state.mounted.iter().position(waits)?;
        let gone = state.mounted.remove(at);
        self.registry.swap(table(&state.mounted));
        Some(gone)
    }

    /// Puts a bot into its place. Says what was there.
    fn mount(&self, state: &mut State, new: &MountedBot) -> Option<MountedBot> {
        let mut places = state.mounted.iter_mut();
        let place = places.find(|old| key(old) == key(new))?;
        let before = std::mem::replace(place, new.clone());
        resize(new);
        self.registry.swap(table(&state.mounted));
        self.syncing.begin(Arc::clone(&new.bot));
        Some(before)
    }
}
