//! From specifications to mounted bots: read, check, compile or fetch from the cache, link. The one
//! path of every start and of every change; a failed step leaves what runs untouched.

mod grants;
mod source;

use std::{
    collections::HashMap,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use parking_lot::Mutex;
use tokio::runtime::Handle;

pub use self::source::COMPONENT_BYTES_MAX;
use self::source::read;
use super::{
    Bot,
    concurrency::{Limit, Limiter},
    refusals::Refusals,
    shared_state::{SharedState, TenantState},
    trial,
};
use crate::{
    charges::Journal,
    compute::{Compute, Owner},
    imports::{
        collections::Collections,
        poe::{Declared, Platform},
    },
    sandbox::{self, Component, ComponentError, EngineKind, Sandbox},
    secrets::Secrets,
    store::SharedStore,
};
use ravenry_base::{
    memory::{Booking, MemoryPool, Scarcity},
    report::Problem,
};
use ravenry_config::{
    Unfit,
    engines::Engines,
    ids::{BotName, TenantName},
    resolve::{BotSpec, TenantSpec},
};
use ravenry_outbound::Egress;

/// What all bots of the process share.
#[derive(Debug)]
pub struct Shared {
    /// Where components run.
    pub sandbox: Arc<Sandbox>,
    /// The most memory that the sandbox has room for in one instance, in bytes.
    pub memory_bytes_max: u64,
    /// Places for replies of all tenants.
    pub process: Arc<Limit>,
    /// Memory of all instances.
    pub memory: Arc<MemoryPool>,
    /// Whether memory is short whatever is booked.
    pub scarcity: Arc<Scarcity>,
    /// What outlives the versions of bots.
    pub shared_state: SharedState,
    /// Where charges are noted.
    pub journal: Journal,
    /// Where bots keep things.
    pub store: SharedStore,
    /// What is loaded of their documents.
    pub collections: Arc<Collections>,
    /// The way out to other servers.
    pub egress: Egress,
    /// Step of the clocks that guests read.
    pub guest_clock: Duration,
    /// Threads for what computes at a stretch; `None`: every run stays with the task that polls it, as a
    /// clock that can be stopped wants it.
    pub compute: Option<Compute>,
    /// Where bots are called before they are mounted.
    pub runtime: Handle,
}

/// A bot and the host names that lead to it; with none, every host does.
#[derive(Clone, Debug)]
pub struct BotSummary {
    /// The bot.
    pub bot: Arc<Bot>,
    /// Its tenant's host names.
    pub hosts: Vec<String>,
    /// What it was made from.
    pub spec: BotSpec,
}

impl BotSummary {
    /// Whether the bot that is ordered would do all as this one does.
    fn is(&self, order: &BotRecipe) -> bool {
        let elsewhere = BotSpec {
            source: self.spec.source.clone(),
            build: self.spec.build.clone(),
            place: self.spec.place.clone(),
            ..order.spec.clone()
        };
        self.spec == elsewhere && self.digest() == Some(order.digest.as_str())
    }

    /// What tells its component apart; `None` while that is being compiled.
    pub(super) fn digest(&self) -> Option<&str> {
        let component = self.bot.component.as_ref()?;
        Some(&component.facts().digest)
    }
}

/// A bot by whose it is and what it is called.
pub(super) type BotKey = (TenantName, BotName);

/// A bot that is to be mounted.
pub(super) struct Wanted<'a> {
    /// Whose it is.
    pub(super) tenant: &'a TenantSpec,
    /// What it is.
    pub(super) spec: &'a BotSpec,
    /// What is mounted in its name now.
    pub(super) before: Option<&'a BotSummary>,
}

impl Wanted<'_> {
    pub(super) fn key(&self) -> BotKey {
        (self.spec.tenant.clone(), self.spec.name.clone())
    }
}

/// What it takes to make a bot. Two are equal that would make the same.
#[derive(Clone, Debug)]
pub(super) struct BotRecipe {
    /// What it is to be.
    pub(super) spec: BotSpec,
    /// Host names that are to lead to it.
    hosts: Vec<String>,
    /// What its tenant may use.
    tenant: TenantState,
    /// What tells its component apart.
    digest: String,
    /// Size of its component, in bytes.
    pub(super) bytes: usize,
}

impl PartialEq for BotRecipe {
    fn eq(&self, other: &Self) -> bool {
        self.spec == other.spec && self.digest == other.digest && self.hosts == other.hosts
    }
}

/// What a look at a bot that is to be mounted says.
pub(super) enum Inspected {
    /// It is there: as it was before, or its compiled code was found.
    Ready(BotSummary),
    /// Its component is to be compiled first.
    Uncompiled(BotRecipe),
}

/// Looks at bots that are to be mounted, as far as that goes without compiling: each is there, or is to be
/// compiled, or it is said why it cannot be mounted.
pub(super) fn look(
    wanted: &[Wanted<'_>],
    shared: &Shared,
    progress: &(dyn Fn(&str) + Sync),
) -> HashMap<BotKey, Result<Inspected, Problem>> {
    let next = AtomicUsize::new(0);
    let looked = Mutex::new(HashMap::with_capacity(wanted.len()));
    let workers = thread::available_parallelism()
        .map_or(1, usize::from)
        .min(wanted.len());
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(wanted) = wanted.get(next.fetch_add(1, Ordering::Relaxed)) {
                    progress(&format!("preparing {}", wanted.spec.name));
                    let found = look_at(wanted, shared);
                    looked.lock().insert(wanted.key(), found);
                }
            });
        }
    });
    looked.into_inner()
}

fn look_at(wanted: &Wanted<'_>, shared: &Shared) -> Result<Inspected, Problem> {
    let spec = wanted.spec;
    let bytes = read(&spec.source).map_err(|unfit| unfit_bot(spec, unfit))?;
    let order = BotRecipe {
        spec: spec.clone(),
        hosts: wanted.tenant.hosts.clone(),
        tenant: shared.shared_state.tenant(wanted.tenant),
        digest: sandbox::digest(&bytes),
        bytes: bytes.len(),
    };
    if let Some(before) = wanted.before.filter(|before| before.is(&order)) {
        let bot = Arc::clone(&before.bot);
        return Ok(Inspected::Ready(order.mounted(bot)));
    }
    let found = shared.sandbox.look(&bytes, spec.limits.memory);
    match found.map_err(|error| unfit_bot(spec, described(&error)))? {
        Some(component) => order
            .made(component, wanted.before, shared)
            .map(Inspected::Ready),
        None => Ok(Inspected::Uncompiled(order)),
    }
}

impl BotRecipe {
    /// Makes the bot: compiles its component, which takes a second per megabyte and all cores.
    pub(super) fn carry_out(
        &self,
        before: Option<&BotSummary>,
        shared: &Shared,
        progress: &(dyn Fn(&str) + Sync),
    ) -> Result<BotSummary, Problem> {
        let spec = &self.spec;
        let bytes = read(&spec.source).map_err(|unfit| unfit_bot(spec, unfit))?;
        let compiling = || {
            progress(&format!(
                "compiling {} ({} KiB of WebAssembly; kept for the next start)",
                spec.name,
                bytes.len().div_ceil(1024)
            ));
        };
        let component = shared
            .sandbox
            .prepare(&bytes, spec.limits.memory, &compiling)
            .map_err(|error| unfit_bot(spec, described(&error)))?;
        self.made(component, before, shared)
    }

    /// The bot, unless it is not fit to take the place of another component.
    fn made(
        &self,
        component: Component,
        before: Option<&BotSummary>,
        shared: &Shared,
    ) -> Result<BotSummary, Problem> {
        let bundle = component.facts().bundle_bytes;
        let mut bot = assemble(self, Some(component), shared);
        if !bot.bundle.set(bundle) {
            let cause = format!("no memory is left for the {bundle} bytes behind its code");
            return Err(unfit_bot(&self.spec, Unfit { cause, hint: None }));
        }
        let bot = Arc::new(bot);
        let before = before.filter(|before| before.digest() != Some(self.digest.as_str()));
        match before.and_then(|before| trial::fails(&bot, &before.bot, &shared.runtime)) {
            Some(cause) => Err(unfit_bot(&self.spec, Unfit { cause, hint: None })),
            None => Ok(self.mounted(bot)),
        }
    }

    /// What stands in the place of the bot until it is made.
    pub(super) fn placeholder(&self, shared: &Shared) -> BotSummary {
        self.mounted(Arc::new(assemble(self, None, shared)))
    }

    /// Whether compiling it takes longer than a start should.
    pub(super) fn is_large(&self) -> bool {
        self.bytes >= sandbox::COMPILED_ALONE_BYTES
    }

    fn mounted(&self, bot: Arc<Bot>) -> BotSummary {
        BotSummary {
            bot,
            hosts: self.hosts.clone(),
            spec: self.spec.clone(),
        }
    }
}

fn assemble(order: &BotRecipe, component: Option<Component>, shared: &Shared) -> Bot {
    let BotRecipe { spec, tenant, .. } = order;
    let own = shared.shared_state.bot(spec, &order.digest);
    let limits = &spec.limits;
    let metrics = own.metrics;
    let (declaration, declared) = Declared::pending();
    let pools = [
        own.share.memory,
        Arc::clone(&tenant.share.memory),
        Arc::clone(&shared.memory),
    ];
    let secrets = Arc::new(Secrets::new(&spec.secrets, &spec.access_keys));
    let platform = Platform {
        owner: (spec.tenant.clone(), spec.name.clone()),
        journal: shared.journal.clone(),
        client: tenant.poe.client(spec.platform_key.clone()),
        declared,
        bounds: grants::platform(limits),
        pools: pools.clone(),
        metrics: metrics.clone(),
    };
    let owner = Owner {
        tenant: Arc::clone(&tenant.time),
        bot: own.time,
    };
    let computing = (owner.clone(), pools.clone());
    let store = grants::store(order, shared, computing, metrics.clone());
    Bot {
        tenant: spec.tenant.clone(),
        name: spec.name.clone(),
        route: spec.route.clone(),
        component,
        bundle: Booking::new(pools.clone()),
        platform: Arc::new(platform),
        declaration,
        synced_as: spec.poe_name.clone().filter(|_| spec.sync),
        metrics,
        keys: spec.access_keys.clone().into(),
        gate: Limiter {
            bot: own.share.places,
            tenant: Arc::clone(&tenant.share.places),
            process: Arc::clone(&shared.process),
            wait_max: limits.queue_wait,
        },
        scarcity: Arc::clone(&shared.scarcity),
        allowance: grants::allowance(order, shared, pools),
        shared_state: tenant.clone(),
        parts: own.parts,
        owner,
        pace: own.pace,
        breaker: own.breaker,
        config: spec
            .config
            .iter()
            .cloned()
            .chain(secrets.environment())
            .collect(),
        http: Arc::new(grants::access(
            spec,
            shared.egress.client(&tenant.part),
            &secrets,
        )),
        store: Arc::new(store),
        secrets,
        refusals: Refusals::default(),
        limits: limits.clone(),
    }
}

/// Why a file cannot be mounted as a bot, as far as a look at it can tell without compiling it.
pub fn unfit(path: &Path) -> Option<Unfit> {
    let sound = |bytes: Vec<u8>| sandbox::validate(&bytes).map_err(|error| described(&error));
    read(path).and_then(sound).err()
}

/// Why a bot whose file is fit is refused all the same: it begins with more memory than it may have, or needs
/// an engine that is switched off. Nothing is compiled for it.
pub fn unfit_here(spec: &BotSpec, engines: Engines) -> Option<Problem> {
    let judged = read(&spec.source).and_then(|bytes| {
        let off = EngineKind::switched_off(engines);
        sandbox::examine(&bytes)
            .and_then(|found| sandbox::engine_for(&found, spec.limits.memory, &off))
            .map_err(|error| described(&error))
    });
    judged.err().map(|unfit| unfit_bot(spec, unfit))
}

fn described(error: &ComponentError) -> Unfit {
    Unfit {
        cause: error.to_string(),
        hint: error.hint(),
    }
}

fn unfit_bot(spec: &BotSpec, unfit: Unfit) -> Problem {
    Problem {
        message: format!("bot `{}` cannot be mounted", spec.name),
        causes: vec![format!("`{}`: {}", spec.source.display(), unfit.cause)],
        place: Some(spec.place.clone()),
        hint: unfit.hint,
    }
}
