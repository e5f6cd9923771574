//! What is mounted, and how it is changed while it is served.
//!
//! A change makes a whole new table and swaps it in one step. Replies that run keep the bot that
//! they began with, to their end; what they hold counts for the new version too. A bot that cannot
//! be mounted again goes on as it was.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use super::{
    Bot, Registry, Table,
    deploy::{self, MountedBot, Shared},
};
use crate::{
    config::{
        limits::Value,
        resolve::{BotSpec, ServerSpec},
    },
    ids::{BotName, TenantName},
    report::{Problem, Problems},
};

/// The bots of the process. A change is a matter of a thread that may block, and of one at a time.
#[derive(Debug)]
pub struct Deployment {
    shared: Shared,
    registry: Arc<Registry>,
    /// What the table in use was made of, in the order of the configuration.
    mounted: Mutex<Vec<MountedBot>>,
}

/// What a change did.
#[derive(Debug, Default)]
pub struct Applied {
    /// Bots that were not there before.
    pub added: Vec<Arc<Bot>>,
    /// Bots with other code than before.
    pub changed: Vec<Arc<Bot>>,
    /// Bots that are not there any more. Their replies go on to the end.
    pub removed: Vec<Arc<Bot>>,
    /// Bots that cannot be mounted as they are now, and why. Those that were there before go on as
    /// they were.
    pub refused: BTreeMap<(TenantName, BotName), Problem>,
}

impl Deployment {
    /// Mounts the bots of a configuration, for the first time.
    ///
    /// # Errors
    /// Every bot that cannot be mounted, each with its place and a hint; nothing is mounted then.
    pub fn start(
        spec: &ServerSpec,
        shared: Shared,
        progress: &(dyn Fn(&str) + Sync),
    ) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let made = deploy::make(spec, &shared, progress).into_iter();
        let mounted: Vec<_> = made
            .filter_map(|made| made.map_err(|problem| problems.0.push(problem)).ok())
            .collect();
        let registry = Arc::new(Registry::default());
        registry.swap(table(&mounted));
        problems.or(Self {
            shared,
            registry,
            mounted: Mutex::new(mounted),
        })
    }

    /// The table that finds the bots, always the one in use.
    pub fn registry(&self) -> Arc<Registry> {
        Arc::clone(&self.registry)
    }

    /// The bots that are mounted now, in the order of the configuration.
    pub fn bots(&self) -> Vec<MountedBot> {
        self.mounted
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Mounts a configuration in the place of the one that is served. Bots for which `kept` says so
    /// are not looked at: they go on as they are, if they are there.
    ///
    /// # Errors
    /// What stands in the way of the whole: nothing is changed then.
    pub fn apply(
        &self,
        spec: &ServerSpec,
        kept: &dyn Fn(&BotSpec) -> bool,
        progress: &(dyn Fn(&str) + Sync),
    ) -> Result<Applied, Problems> {
        let mut mounted = self.mounted.lock().unwrap_or_else(PoisonError::into_inner);
        self.has_room(spec)?;
        let before: HashMap<_, _> = mounted.iter().map(|found| (key(found), found)).collect();

        let mut fresh = spec.clone();
        for tenant in &mut fresh.tenants {
            tenant.bots.retain(|bot| !kept(bot));
        }
        let mut made = deploy::make(&fresh, &self.shared, progress).into_iter();
        let (mut applied, mut after, mut specs) = (Applied::default(), Vec::new(), Vec::new());
        for bot in spec.tenants.iter().flat_map(|tenant| &tenant.bots) {
            let old = before.get(&(&bot.tenant, &bot.name)).copied();
            let new = if kept(bot) { None } else { made.next() };
            match new {
                Some(Ok(new)) => {
                    match old {
                        None => applied.added.push(Arc::clone(&new.bot)),
                        Some(old) if digest(old) != digest(&new) => {
                            applied.changed.push(Arc::clone(&new.bot));
                        }
                        Some(_) => {}
                    }
                    after.push(new);
                }
                failed => {
                    let name = || (bot.tenant.clone(), bot.name.clone());
                    let why = failed.and_then(Result::err).map(|why| (name(), why));
                    applied.refused.extend(why);
                    let Some(old) = old else { continue };
                    after.push(old.clone());
                }
            }
            specs.push(bot);
        }
        stand_beside_each_other(&after, &specs)?;
        let stays = |old: &&MountedBot| !after.iter().any(|new| key(new) == key(old));
        let removed = mounted.iter().filter(stays);
        applied.removed = removed.map(|found| Arc::clone(&found.bot)).collect();

        for tenant in &spec.tenants {
            let share = self.shared.lasting.tenant(tenant);
            share.places.resize(tenant.running, tenant.queue);
            share.memory.resize(tenant.memory);
        }
        for MountedBot { bot, .. } in &after {
            bot.gate.bot.resize(bot.limits.running, bot.limits.queue);
            let [own, ..] = &bot.allowance.pools;
            own.resize(bot.limits.live_memory);
        }
        self.registry.swap(table(&after));
        *mounted = after;
        drop(mounted);
        self.shared.lasting.forget_the_gone();
        Ok(applied)
    }

    /// Room for memory is reserved when the process starts: later, nobody can have more.
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

fn key(found: &MountedBot) -> (&TenantName, &BotName) {
    (&found.bot.tenant, &found.bot.name)
}

fn digest(found: &MountedBot) -> &str {
    &found.bot.component.facts().digest
}

fn table(bots: &[MountedBot]) -> Table {
    let mut table = Table::default();
    for MountedBot { bot, hosts } in bots {
        table.add(hosts, bot);
    }
    table
}

/// A bot that goes on as it was may be where another one is to be now.
fn stand_beside_each_other(bots: &[MountedBot], specs: &[&BotSpec]) -> Result<(), Problems> {
    let mut routes = HashMap::new();
    let mut problems = Vec::new();
    for (found, spec) in bots.iter().zip(specs) {
        let route = (&found.bot.tenant, &found.bot.route);
        if let Some(first) = routes.insert(route, found) {
            problems.push(Problem {
                message: format!("`{}` cannot have two bots", found.bot.route),
                causes: vec![format!(
                    "bots `{}` and `{}` would both answer there, because one of them goes on as it was",
                    first.bot.name, found.bot.name
                )],
                place: Some(spec.place.clone()),
                hint: Some("correct the one that cannot be built or mounted first".to_owned()),
            });
        }
    }
    Problems(problems).or(())
}
