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
    deploy::{self, MountedBot, Shared, Wanted},
    sync::Syncing,
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
    syncing: Syncing,
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
    /// Bots with the same code and other settings.
    pub reconfigured: Vec<Arc<Bot>>,
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
        syncing: Syncing,
        progress: &(dyn Fn(&str) + Sync),
    ) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let made = deploy::make(&wanted(spec, &HashMap::new()), &shared, progress).into_iter();
        let mounted: Vec<_> = made
            .filter_map(|made| made.map_err(|problem| problems.0.push(problem)).ok())
            .collect();
        problems.or(())?;
        let registry = Arc::new(Registry::default());
        registry.swap(table(&mounted));
        for MountedBot { bot, .. } in &mounted {
            syncing.begin(Arc::clone(bot));
        }
        Ok(Self {
            shared,
            registry,
            syncing,
            mounted: Mutex::new(mounted),
        })
    }

    /// Gives up what goes on in the background.
    pub fn end(&self) {
        self.syncing.end_all();
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

        let mut fresh = wanted(spec, &before);
        fresh.retain(|wanted| !kept(wanted.spec));
        let mut made = deploy::make(&fresh, &self.shared, progress).into_iter();
        let (mut applied, mut after) = (Applied::default(), Vec::new());
        for Wanted { spec, before, .. } in wanted(spec, &before) {
            let new = if kept(spec) { None } else { made.next() };
            match new {
                Some(Ok(new)) => {
                    applied.note(before, &new);
                    after.push(new);
                }
                failed => {
                    let name = || (spec.tenant.clone(), spec.name.clone());
                    let why = failed.and_then(Result::err).map(|why| (name(), why));
                    applied.refused.extend(why);
                    after.extend(before.cloned());
                }
            }
        }
        stand_beside_each_other(&after)?;
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
        applied.removed.iter().for_each(|bot| self.syncing.end(bot));
        let anew = [&applied.added, &applied.changed, &applied.reconfigured];
        for bot in anew.into_iter().flatten() {
            self.syncing.begin(Arc::clone(bot));
        }
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

impl Applied {
    /// Notes what is other than before in a bot.
    fn note(&mut self, before: Option<&MountedBot>, new: &MountedBot) {
        let list = match before {
            None => &mut self.added,
            Some(old) if Arc::ptr_eq(&old.bot, &new.bot) => return,
            Some(old) if digest(old) != digest(new) => &mut self.changed,
            Some(_) => &mut self.reconfigured,
        };
        list.push(Arc::clone(&new.bot));
    }
}

/// All bots of a configuration, with what is mounted in their names.
fn wanted<'a>(spec: &'a ServerSpec, before: &HashMap<Key<'_>, &'a MountedBot>) -> Vec<Wanted<'a>> {
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
type Key<'a> = (&'a TenantName, &'a BotName);

fn key(found: &MountedBot) -> Key<'_> {
    (&found.bot.tenant, &found.bot.name)
}

fn digest(found: &MountedBot) -> &str {
    &found.bot.component.facts().digest
}

fn table(bots: &[MountedBot]) -> Table {
    let mut table = Table::default();
    for MountedBot { bot, hosts, .. } in bots {
        table.add(hosts, bot);
    }
    table
}

/// A bot that goes on as it was may be where another one is to be now.
fn stand_beside_each_other(bots: &[MountedBot]) -> Result<(), Problems> {
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
