//! What is mounted, and how it is changed while it is served.
//!
//! A change makes a whole new table and swaps it in one step, and another one for each bot whose
//! component had to be compiled first: until then its former version goes on, or a placeholder says
//! that it is starting. Replies that run keep the bot that they began with, to their end; what they
//! hold counts for the new version too. A bot that cannot be mounted again goes on as it was.

mod applied;
mod change;
mod compile_queue;

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use parking_lot::{Condvar, Mutex, MutexGuard};
use tokio::sync::watch;

use self::{applied::Log, compile_queue::Orders};
pub use self::{
    applied::{Applied, Progress},
    change::{BotEvent, Change},
};
use super::{
    Registry, Table,
    background::Background,
    mount::{self, BotKey, BotRecipe, BotSummary, Inspected, Shared, Wanted},
    shared_state::{Debtor, TenantState},
};
use crate::metrics;
use ravenry_base::{
    memory::Scarcity,
    report::{Problem, Problems},
};
use ravenry_config::{
    ids::{BotName, TenantName},
    limits::Value,
    resolve::{BotSpec, ServerSpec},
};

/// The bots of the process. A change is a matter of a thread that may block, and of one at a time.
pub struct Deployment {
    shared: Shared,
    registry: Arc<Registry>,
    background: Background,
    /// Told of what a change was still waiting for when it was said to be done.
    news: BotEvent,
    state: Mutex<DeploymentState>,
    /// Notified when an order was carried out.
    carried_out: Condvar,
    /// How many orders are open.
    open: watch::Sender<usize>,
}

#[derive(Default)]
struct DeploymentState {
    /// What the table in use was made of, in the order of the configuration.
    mounted: Vec<BotSummary>,
    /// What is to take a place among them.
    orders: Orders,
    /// Bots that are not among them as the files say.
    refused: BTreeSet<RefusedKey>,
    /// Tenants with files that cannot be read now, whose bots go on as the files said before.
    unread: BTreeSet<TenantName>,
    /// Threads that carry out orders.
    workers: usize,
}

/// A bot that is refused; without a name, a file of its tenant.
pub type RefusedKey = (TenantName, Option<BotName>);

impl DeploymentState {
    /// The bots that are refused with this change; one that is not looked at stays what it was.
    fn refused_by(
        &self,
        spec: &ServerSpec,
        kept: &dyn Fn(&BotSpec) -> bool,
        applied: &Applied,
    ) -> BTreeSet<RefusedKey> {
        let unread = spec.refused.iter();
        let unread = unread.map(|refused| (refused.tenant.clone(), refused.bot.clone()));
        let unfit = applied.refused.keys();
        let unfit = unfit.map(|(tenant, bot)| (tenant.clone(), Some(bot.clone())));
        let bots = spec.tenants.iter().flat_map(|tenant| &tenant.bots);
        let still = bots
            .filter(|bot| kept(bot))
            .map(|bot| (bot.tenant.clone(), Some(bot.name.clone())))
            .filter(|key| self.refused.contains(key));
        unread.chain(unfit).chain(still).collect()
    }

    /// From now on these are refused, and no others.
    fn refuse(&mut self, refused: BTreeSet<RefusedKey>) {
        for key in self.refused.symmetric_difference(&refused) {
            let (tenant, bot) = key;
            let bot = bot.as_ref().map_or("", BotName::as_str);
            metrics::refused_bot(tenant.as_str(), bot, refused.contains(key));
        }
        self.refused = refused;
    }

    /// What is to be found of it.
    fn table(&self) -> Table {
        let former = self.refused.iter().filter(|key| self.goes_on(key)).count();
        let mut table = Table::beside(self.refused.len().saturating_sub(former), former);
        for BotSummary { bot, hosts, .. } in &self.mounted {
            table.add(hosts, bot);
        }
        table
    }

    /// Whether what is refused is only the new version: the former one answers.
    fn goes_on(&self, (tenant, bot): &RefusedKey) -> bool {
        let Some(bot) = bot else {
            return self.unread.contains(tenant);
        };
        let mut mounted = self.mounted.iter();
        mounted.any(|found| key(found) == (tenant, bot) && found.bot.component.is_some())
    }
}

/// What is to be mounted, and how that differs from what is.
#[derive(Default)]
struct Plan {
    mounted: Vec<BotSummary>,
    orders: Vec<BotRecipe>,
    applied: Applied,
    /// See [`DeploymentState::unread`].
    unread: BTreeSet<TenantName>,
}

impl Deployment {
    /// A process without bots. `news` hears of what a change was still waiting for when it was said.
    pub fn new(shared: Shared, background: Background, news: BotEvent) -> Arc<Self> {
        Arc::new(Self {
            shared,
            news,
            registry: Arc::default(),
            background,
            state: Mutex::default(),
            carried_out: Condvar::new(),
            open: watch::Sender::default(),
        })
    }

    fn state(&self) -> MutexGuard<'_, DeploymentState> {
        self.state.lock()
    }

    /// Gives up what goes on in the background. What is being compiled is not mounted any more.
    pub fn end(&self) {
        self.state().orders = Orders::default();
        self.carried_out.notify_all();
        self.background.end_all();
    }

    /// The table that finds the bots, always the one in use.
    pub fn registry(&self) -> Arc<Registry> {
        Arc::clone(&self.registry)
    }

    /// The bots that are mounted now, in the order of the configuration.
    pub fn bots(&self) -> Vec<BotSummary> {
        self.state().mounted.clone()
    }

    /// Bots that are not among them as the files say.
    pub fn refused(&self) -> BTreeSet<RefusedKey> {
        self.state().refused.clone()
    }

    /// Memory that all runs have booked, in bytes.
    pub fn booked(&self) -> u64 {
        self.shared.memory.used()
    }

    /// How much each tenant has booked.
    pub fn debtors(&self) -> Vec<Debtor> {
        self.shared.shared_state.debtors()
    }

    /// Whether memory is short, for all that admit replies.
    pub fn scarcity(&self) -> &Scarcity {
        &self.shared.scarcity
    }

    /// Waits until no component is to be compiled any more.
    ///
    /// # Errors
    /// None of the bots can be mounted: why.
    pub async fn complete(&self) -> Result<(), Problems> {
        // Never closed: the sender lives as long as this.
        let _ = self.open.subscribe().wait_for(|open| *open == 0).await;
        let state = self.state();
        let refused = Problems(state.orders.refused());
        let any = |found: &BotSummary| found.bot.component.is_some();
        if state.mounted.iter().any(any) {
            return Ok(());
        }
        refused.or(())
    }

    /// Mounts a configuration in the place of the one that is served, as far as that goes at once.
    /// Bots for which `kept` says so are not looked at: they go on as they are, if they are there.
    ///
    /// # Errors
    /// What stands in the way of the whole: nothing is changed then.
    pub fn begin(
        self: &Arc<Self>,
        spec: &ServerSpec,
        kept: &dyn Fn(&BotSpec) -> bool,
        progress: &Progress,
    ) -> Result<Change, Problems> {
        self.has_room(spec)?;
        let mounted = self.bots();
        let before: HashMap<_, _> = mounted.iter().map(|found| (key(found), found)).collect();
        let mut fresh = wanted(spec, &before);
        fresh.retain(|wanted| !kept(wanted.spec));
        let looked = mount::look(&fresh, &self.shared, &**progress);

        let mut state = self.state();
        let plan = self.plan(&state, spec, looked);
        stand_beside_each_other(&plan.mounted)?;
        let Plan {
            mounted,
            mut applied,
            orders,
            unread,
        } = plan;
        let stays = |old: &&BotSummary| !mounted.iter().any(|new| key(new) == key(old));
        let removed = state.mounted.iter().filter(stays);
        applied.removed = removed.map(|found| Arc::clone(&found.bot)).collect();

        for tenant in &spec.tenants {
            let TenantState {
                share,
                time,
                readers,
                ..
            } = self.shared.shared_state.tenant(tenant);
            time.weigh(tenant.weight);
            share.places.resize(tenant.running, tenant.queue);
            share.memory.resize(tenant.memory);
            share.memory.share(spec.tenants.len() > 1);
            readers.share(spec.tenants.len() > 1);
        }
        mounted.iter().for_each(resize);
        let refused = state.refused_by(spec, kept, &applied);
        state.refuse(refused);
        state.mounted = mounted;
        state.unread = unread;
        self.registry.swap(state.table());
        let added = applied.added.iter().map(|added| &added.bot);
        let others = [&applied.changed, &applied.reconfigured];
        let others = added.chain(others.into_iter().flatten());
        self.background
            .change(&applied.removed, others, &state.mounted);
        let log = Log::new(applied, Arc::clone(progress));
        state.orders.replace(orders, &log);
        self.say_open(&state);
        drop(state);
        self.shared.shared_state.forget_the_gone();
        Ok(Change {
            deployment: Arc::clone(self),
            log,
        })
    }

    /// Puts what a look has found in the place of what is there now.
    fn plan(
        &self,
        state: &DeploymentState,
        spec: &ServerSpec,
        mut looked: HashMap<BotKey, Result<Inspected, Problem>>,
    ) -> Plan {
        let now = state.mounted.iter().map(|found| (key(found), found));
        let mut plan = Plan::default();
        for wanted in wanted(spec, &now.collect()) {
            let (name, Wanted { spec, before, .. }) = (wanted.key(), wanted);
            match looked.remove(&name) {
                Some(Ok(Inspected::Ready(new))) => {
                    plan.applied.note(before, &new);
                    plan.mounted.push(new);
                }
                Some(Ok(Inspected::Uncompiled(order))) => {
                    // The former version goes on meanwhile, unless it answers elsewhere.
                    let goes_on = |before: &&BotSummary| {
                        before.bot.component.is_some() && before.spec.route == spec.route
                    };
                    let before = before.filter(goes_on).cloned();
                    let comes = !state.orders.is_refused(&order);
                    let placeholder = || comes.then(|| order.placeholder(&self.shared));
                    plan.mounted.extend(before.or_else(placeholder));
                    plan.orders.push(order);
                }
                failed => {
                    plan.orders.extend(state.orders.of(&name));
                    let why = failed.and_then(Result::err).map(|why| (name, why));
                    plan.applied.refused.extend(why);
                    plan.mounted.extend(before.cloned());
                }
            }
        }
        let there: HashSet<_> = plan.mounted.iter().map(key).collect();
        let unread = |old: &&BotSummary| spec.is_unread(&old.bot.tenant, &old.bot.name);
        let stay = state.mounted.iter().filter(unread);
        let stay: Vec<_> = stay
            .filter(|old| !there.contains(&key(old)))
            .cloned()
            .collect();
        for old in &stay {
            let name = (old.bot.tenant.clone(), old.bot.name.clone());
            plan.orders.extend(state.orders.of(&name));
            if !spec.refuses(&name.0, &name.1) {
                plan.unread.insert(name.0);
            }
        }
        plan.mounted.extend(stay);
        plan
    }

    /// Says how many orders are open.
    fn say_open(&self, state: &DeploymentState) {
        let open = state.orders.open(|_| true).count();
        self.open.send_replace(open);
    }

    /// Room for memory is reserved when the process starts: later, no bot can have more.
    fn has_room(&self, spec: &ServerSpec) -> Result<(), Problems> {
        let most = self.shared.memory_bytes_max;
        let bots = spec.tenants.iter().flat_map(|tenant| &tenant.bots);
        let too_large = bots
            .filter(|bot| bot.limits.memory > most)
            .map(|bot| Problem {
                message: format!(
                    "`memory` of bot `{}` is {}; this process has room for {}",
                    bot.name,
                    Value::Bytes(bot.limits.memory),
                    Value::Bytes(most)
                ),
                causes: vec!["room for memory is reserved when the process starts".to_owned()],
                place: Some(bot.place.clone()),
                hint: Some("stop the gateway and start it again, or ask for less".to_owned()),
            });
        Problems(too_large.collect()).or(())
    }
}

/// All bots of a configuration, with what is mounted in their names.
fn wanted<'a>(
    spec: &'a ServerSpec,
    before: &HashMap<BotKeyRef<'_>, &'a BotSummary>,
) -> Vec<Wanted<'a>> {
    let mut all = Vec::new();
    for tenant in &spec.tenants {
        all.extend(tenant.bots.iter().map(|bot| Wanted {
            tenant,
            spec: bot,
            before: before.get(&(&bot.tenant, &bot.name)).copied(),
        }));
    }
    all
}

/// A bot by whose it is and what it is called.
type BotKeyRef<'a> = (&'a TenantName, &'a BotName);

fn key(found: &BotSummary) -> BotKeyRef<'_> {
    (&found.bot.tenant, &found.bot.name)
}

/// Gives a bot as much as its limits say, whatever its former version had.
fn resize(BotSummary { bot, .. }: &BotSummary) {
    bot.gate.bot.resize(bot.limits.running, bot.limits.queue);
    let [own, ..] = &bot.allowance.pools;
    own.resize(bot.limits.live_memory);
}

/// A bot that goes on as it was may be where another one is to be now.
fn stand_beside_each_other(bots: &[BotSummary]) -> Result<(), Problems> {
    let mut routes = HashMap::new();
    let mut problems = Vec::new();
    for found in bots {
        let route = (&found.bot.tenant, &found.bot.route);
        if let Some(first) = routes.insert(route, found) {
            problems.push(Problem {
                message: format!("`{}` cannot have two bots", found.bot.route),
                causes: vec![format!(
                    "bots `{}` and `{}` would both answer there, because one of them goes on as it was",
                    first.bot.name, found.bot.name
                )],
                place: Some(found.spec.place.clone()),
                hint: Some("correct the one that cannot be built or mounted first".to_owned()),
            });
        }
    }
    Problems(problems).or(())
}
