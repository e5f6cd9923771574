//! The mounted bots, and the table that finds them.
//!
//! The table is immutable and swapped whole: a reply clones one `Arc<Bot>` and keeps it to its end,
//! whatever is mounted meanwhile.

mod account;
mod alarm;
pub(crate) mod background;
mod breaker;
pub(crate) mod charge_report;
pub(crate) mod concurrency;
pub mod deployment;
pub mod documents;
pub mod mount;
mod pace;
pub(crate) mod readers;
mod refusals;
pub mod reply;
pub(crate) mod requests;
mod running;
pub(crate) mod shared_state;
pub(crate) mod shutdown;
mod store_comment;
pub(crate) mod sync;
mod trial;

use std::{collections::HashMap, sync::Arc};

use arc_swap::ArcSwap;
use tokio::sync::watch;

pub use self::shutdown::Stop;
use self::{
    breaker::Breaker,
    concurrency::{Limiter, Permit, Refused},
    pace::Pace,
    readers::Readers,
    refusals::Refusals,
    shared_state::TenantState,
};
use crate::{
    compute::{Owner, Panicked},
    guard::{Bounds, End},
    imports::{
        Call,
        http::Access,
        keyvalue::{BotStore, Buckets},
        log::{BotLog, Origin},
        poe::{Declaration, Platform},
        rehearsal::RunContext,
        reply::Outbox,
        request::Received,
    },
    metrics::{self, BotMetrics},
    sandbox::{Allowance, Component, EngineKind},
    secrets::Secrets,
};
use ravenry_base::{
    memory::{
        Booking, Scarcity,
        room::{Parts, RequestMemory, RoomKind, Rooms},
    },
    secret::{Mask, Secret},
};
use ravenry_config::{
    ids::{BotName, Route, TenantName},
    limits::Limits,
};
use ravenry_protocol::{Reference, encode, settings::Settings};

/// Largest request that a reply begins with at the thread that serves: handing a larger one to the
/// guest takes it too long.
pub const BODY_HERE_BYTES_MAX: usize = 16 * 1024;

/// Longest path, and longest route, between which a likeness is looked for.
const LIKE_BYTES_MAX: usize = 64;

/// Routes that are compared with a path.
const LIKE_ROUTES_MAX: usize = 100;

/// A component, mounted: who may call it, what it may use, where its numbers go.
#[derive(Debug)]
pub struct Bot {
    /// Whose it is.
    pub tenant: TenantName,
    /// What its author calls it.
    pub name: BotName,
    /// Where it answers.
    pub route: Route,
    /// What it may use.
    pub limits: Limits,
    /// Its code; `None` while that is being compiled.
    pub component: Option<Component>,
    /// Memory for what is packed behind it.
    bundle: Booking,
    /// Its metrics.
    pub metrics: BotMetrics,
    keys: Arc<[Secret]>,
    /// What it uses without having it, and what is masked wherever it speaks.
    secrets: Arc<Secrets>,
    gate: Limiter,
    /// Whether memory is short whatever is booked.
    scarcity: Arc<Scarcity>,
    allowance: Allowance,
    /// What lasts of its tenant.
    shared_state: TenantState,
    /// What bodies of its requests take.
    parts: Parts,
    /// The tenant and the bot that are charged for what it computes.
    owner: Owner,
    /// How long its component computes at a stretch.
    pace: Pace,
    /// Puts it aside where it keeps failing.
    breaker: Breaker,
    config: Arc<[(String, String)]>,
    platform: Arc<Platform>,
    /// Tells `platform` what the settings declare.
    declaration: watch::Sender<Declaration>,
    /// The name under which the platform has its settings; `None`: they are not handed to it.
    synced_as: Option<String>,
    http: Arc<Access>,
    /// What it keeps.
    store: Arc<BotStore>,
    /// Of which the first of an episode is logged.
    refusals: Refusals,
}

/// The right to call a bot. Only [`Bot`] makes one.
#[derive(Debug)]
pub struct Authorized(());

impl Bot {
    /// How many keys open it; with none, it is open to every caller.
    pub fn keys(&self) -> usize {
        self.keys.len()
    }

    /// Its settings, as JSON, without what it must not say.
    pub fn settings_json(&self, settings: &Settings) -> Vec<u8> {
        let json = encode::settings(settings);
        let mask = self.secrets.reply_mask();
        mask.and_then(|mask| mask.json(&json)).unwrap_or(json)
    }

    /// What must not be written where others read it: access keys and secrets.
    pub fn mask(&self) -> &Mask {
        self.secrets.log_mask()
    }

    /// Lets in a caller that runs the bot in its own process: it has the keys anyway.
    pub fn trusted(&self) -> Authorized {
        Authorized(())
    }

    /// Compares a key with the bot's, all of them, in constant time.
    pub fn authorize(&self, key: Option<&[u8]>) -> Option<Authorized> {
        if self.keys.is_empty() {
            return Some(Authorized(()));
        }
        let key = key?;
        let opens = self
            .keys
            .iter()
            .fold(false, |opens, known| opens | known.matches(key));
        opens.then_some(Authorized(()))
    }

    /// Does something large for it where it computes, in its turn.
    pub async fn compute<T: Send + 'static>(
        &self,
        act: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Panicked> {
        match &self.allowance.compute {
            Some(compute) => compute.call(&self.owner, act).await,
            None => Ok(act()),
        }
    }

    /// Connections of its tenant's readers.
    pub fn readers(&self) -> &Arc<Readers> {
        &self.shared_state.readers
    }

    /// The tenant and the bot that it computes for.
    pub fn owner(&self) -> &Owner {
        &self.owner
    }

    /// A permit for a short call, at once or from the queue.
    async fn admit(&self) -> Result<Permit, Refused> {
        let Self { gate, metrics, .. } = self;
        if let Some(permit) = gate.try_admit(&metrics.running) {
            return Ok(permit);
        }
        let queue = gate.clone();
        queue
            .admit(metrics.running.clone(), metrics.waiting.clone())
            .await
    }

    /// The state of one call, and the outbox of its reply.
    fn call(&self, received: Received, circumstances: RunContext) -> Call {
        let origin = Origin {
            tenant: self.tenant.clone(),
            bot: self.name.clone(),
            reference: received.reference(),
            mask: self.secrets.log_mask().clone(),
        };
        let log = BotLog::new(origin, self.limits.log, self.limits.log_line);
        let store = match &circumstances.store {
            None => Arc::clone(&self.store),
            Some(store) => Arc::new(self.store.played(store.clone())),
        };
        let notes = circumstances.store_notes.clone();
        Call {
            reply: None,
            poe: None,
            buckets: Some(Buckets::new(store, notes, log.clone())),
            log,
            received,
            circumstances,
            http: Arc::clone(&self.http),
            config: Arc::clone(&self.config),
        }
    }

    /// Whether the bot has said its settings, or is still being asked.
    fn may_say_settings(&self) -> bool {
        !matches!(*self.declaration.borrow(), Declaration::Failed(_))
    }

    /// Says what the settings declare, once they are known.
    fn declare(&self, declaration: Declaration) {
        self.declaration.send_replace(declaration);
    }

    fn outbox(&self) -> Outbox {
        let bounds = Bounds {
            characters: self.limits.text,
            events: self.limits.events,
            wall_time: self.limits.wall_time,
        };
        let mask = self.secrets.reply_mask().cloned();
        Outbox::new(bounds, mask, self.allowance.pools.clone())
    }

    /// Memory for one more request, of which nothing has come yet.
    pub fn receive(&self, rooms: &Rooms, kind: RoomKind) -> RequestMemory {
        let parts = [&self.shared_state.parts, &self.parts];
        rooms.enter(kind, parts, self.allowance.pools.clone())
    }

    /// Books what one more instance starts with, and what the host keeps for it, beside what its request has.
    ///
    /// # Errors
    /// There is not so much left, or memory is short whatever is booked; the words are for the log.
    fn book_instance(&self, received: &mut Received) -> Result<Booking, &'static str> {
        if self.scarcity.refuses() {
            metrics::refused_for_memory();
            return Err("memory is short, and nothing new is admitted");
        }
        let component = self.component.as_ref();
        let needed = component.map_or(0, |component| component.facts().admission_bytes());
        let mut booking = received
            .hand_over()
            .unwrap_or_else(|| Booking::new(self.allowance.pools.clone()));
        let all = booking.bytes().saturating_add(needed);
        let booked = booking.set(all).then_some(booking);
        booked.ok_or("no memory for one more instance")
    }

    /// Whether its runs may compute at the threads that serve.
    fn is_quick(&self) -> bool {
        let component = self.component.as_ref();
        let small =
            component.is_some_and(|component| component.facts().engine == EngineKind::Small);
        small && self.pace.is_quick()
    }

    /// Notes how a reply has ended, for what comes next.
    fn ended(&self, end: &End) {
        if let Some(pause) = self.breaker.note(end) {
            tracing::warn!(
                tenant = self.tenant.as_str(),
                bot = self.name.as_str(),
                seconds = pause.as_secs(),
                "the bot keeps failing and is put aside; queries are refused meanwhile"
            );
        }
    }

    /// Logs the first refusal of an episode.
    pub fn refused(&self, reference: Reference, words: &'static str) {
        if self.refusals.note() {
            tracing::warn!(
                tenant = self.tenant.as_str(), bot = self.name.as_str(), %reference, reason = words,
                "the bot is full; further refusals are counted, not logged, until there is none for {} s",
                refusals::QUIET.as_secs()
            );
        }
    }
}

/// Which bots answer where, at one moment.
#[derive(Debug, Default)]
pub struct Table {
    /// Bots of tenants with host names: host, then route.
    by_host: HashMap<String, HashMap<String, Arc<Bot>>>,
    /// All others, by route.
    by_route: HashMap<String, Arc<Bot>>,
    refused: usize,
    former: usize,
}

impl Table {
    /// A table beside which `refused` bots are missing, and in which `former` ones are what they were before
    /// their files said something that cannot be mounted.
    pub fn beside(refused: usize, former: usize) -> Self {
        Self {
            refused,
            former,
            ..Self::default()
        }
    }

    /// How many bots are not mounted, because what their files say cannot be.
    pub fn refused(&self) -> usize {
        self.refused
    }

    /// How many bots go on as they were, because what their files say now cannot be mounted.
    pub fn former(&self) -> usize {
        self.former
    }

    /// Adds a bot under each of these host names, or, where there are none, for every host.
    pub fn add(&mut self, hosts: &[String], bot: &Arc<Bot>) {
        let route = bot.route.as_str().to_owned();
        if hosts.is_empty() {
            self.by_route.insert(route, Arc::clone(bot));
        } else {
            for host in hosts {
                self.by_host
                    .entry(host.to_ascii_lowercase())
                    .or_default()
                    .insert(route.clone(), Arc::clone(bot));
            }
        }
    }

    fn routes(&self, host: &str) -> &HashMap<String, Arc<Bot>> {
        self.by_host.get(host).unwrap_or(&self.by_route)
    }

    /// The bot at this path of this host, which is in small letters and has no port. `/cat` and `/cat/` are
    /// the same.
    pub fn find(&self, host: &str, path: &str) -> Option<&Arc<Bot>> {
        let trimmed = path
            .strip_suffix('/')
            .filter(|path| !path.is_empty())
            .unwrap_or(path);
        self.routes(host).get(trimmed)
    }

    /// The route of this host that is most like a path that no bot has. Long paths are like none, and of many
    /// routes only some are looked at: one request must not keep others waiting.
    pub fn nearest(&self, host: &str, path: &str) -> Option<&str> {
        let is_short = |path: &str| path.len() <= LIKE_BYTES_MAX;
        self.routes(host)
            .keys()
            .filter(|route| is_short(path) && is_short(route))
            .take(LIKE_ROUTES_MAX)
            .map(|route| (strsim::normalized_damerau_levenshtein(route, path), route))
            .filter(|(likeness, _)| *likeness > 0.5)
            .max_by(|(one, _), (other, _)| one.total_cmp(other))
            .map(|(_, route)| route.as_str())
    }
}

/// The table in use.
#[derive(Debug, Default)]
pub struct Registry(ArcSwap<Table>);

impl Registry {
    /// The table of this moment.
    pub fn table(&self) -> arc_swap::Guard<Arc<Table>> {
        self.0.load()
    }

    /// Puts another table in its place. Replies under way keep their bots.
    pub fn swap(&self, table: Table) {
        self.0.store(Arc::new(table));
    }
}
