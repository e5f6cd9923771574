//! From specifications to mounted bots: read, check, compile or fetch from the cache, link. The one
//! path of every start and of every change; a failed step leaves what runs untouched.

use std::{
    fs, io,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

use super::{
    Bot,
    admit::{Gate, Places},
    lasting::{Lasting, Share},
};
use crate::{
    config::{
        Unfit,
        resolve::{BotSpec, TenantSpec},
    },
    egress::{Egress, poe::Connections, secrets::Secrets},
    imports::{
        http::Access,
        poe::{Declared, Platform, PlatformBounds},
    },
    memory::MemoryPool,
    report::Problem,
    sandbox::{self, Allowance, Component, ComponentError, CpuBudget, Sandbox},
};

/// What all bots of the process share.
#[derive(Debug)]
pub struct Shared {
    /// Where components run.
    pub sandbox: Arc<Sandbox>,
    /// The most memory that the sandbox has room for in one instance, in bytes.
    pub memory_bytes_max: u64,
    /// Places for replies of all tenants.
    pub process: Arc<Places>,
    /// Memory of all instances.
    pub memory: Arc<MemoryPool>,
    /// What outlives the versions of bots.
    pub lasting: Lasting,
    /// The platform's API.
    pub poe: Connections,
    /// The way out to other servers.
    pub egress: Egress,
}

/// A bot and the host names that lead to it; with none, every host does.
#[derive(Clone, Debug)]
pub struct MountedBot {
    /// The bot.
    pub bot: Arc<Bot>,
    /// Its tenant's host names.
    pub hosts: Vec<String>,
    /// What it was made from.
    pub spec: BotSpec,
}

impl MountedBot {
    /// Whether a bot with this specification and these bytes would do all as this one does.
    fn is(&self, spec: &BotSpec, bytes: &[u8]) -> bool {
        let elsewhere = BotSpec {
            source: self.spec.source.clone(),
            build: self.spec.build.clone(),
            place: self.spec.place.clone(),
            ..spec.clone()
        };
        self.spec == elsewhere && self.bot.component.facts().digest == sandbox::digest(bytes)
    }
}

/// A bot that is to be mounted.
pub(super) struct Wanted<'a> {
    /// Whose it is.
    pub(super) tenant: &'a TenantSpec,
    /// What it is.
    pub(super) spec: &'a BotSpec,
    /// What is mounted in its name now.
    pub(super) before: Option<&'a MountedBot>,
}

/// Largest component file, in bytes: a Python bot with its interpreter has about 20 MB.
pub const COMPONENT_BYTES_MAX: u64 = 128 * 1024 * 1024;

/// Makes bots ready to be mounted, in their order: each is there, or why not. One that would be as
/// it was before stays the same.
///
/// Compiling takes all cores; `progress` hears of each bot.
pub(super) fn make(
    wanted: &[Wanted<'_>],
    shared: &Shared,
    progress: &(dyn Fn(&str) + Sync),
) -> Vec<Result<MountedBot, Problem>> {
    let prepared = prepare_all(wanted, &shared.sandbox, progress);
    let mount = |(wanted, prepared): (&Wanted<'_>, Prepared)| {
        let spec = wanted.spec;
        let cut_short = || {
            let causes = vec!["preparing it was cut short".to_owned()];
            Err(unmountable(spec, causes, None))
        };
        let bot = match prepared.unwrap_or_else(cut_short)? {
            Ready::AsBefore(bot) => bot,
            Ready::Anew(component) => {
                let share = shared.lasting.tenant(wanted.tenant);
                Arc::new(assemble(spec, *component, shared, &share))
            }
        };
        Ok(MountedBot {
            bot,
            hosts: wanted.tenant.hosts.clone(),
            spec: spec.clone(),
        })
    };
    wanted.iter().zip(prepared).map(mount).collect()
}

fn assemble(spec: &BotSpec, component: Component, shared: &Shared, tenant: &Share) -> Bot {
    let (own, metrics) = shared.lasting.bot(spec);
    let limits = &spec.limits;
    let (declaration, declared) = Declared::pending();
    let pools = [
        own.memory,
        Arc::clone(&tenant.memory),
        Arc::clone(&shared.memory),
    ];
    let secrets = Arc::new(Secrets::new(&spec.secrets, &spec.access_keys));
    Bot {
        tenant: spec.tenant.clone(),
        name: spec.name.clone(),
        route: spec.route.clone(),
        component,
        platform: Arc::new(Platform {
            client: shared.poe.client(spec.platform_key.clone()),
            declared,
            bounds: PlatformBounds {
                depth: limits.ask_depth,
                open: limits.asks,
                uploads: limits.uploads,
                upload_bytes: limits.upload,
                attachment_bytes: limits.attachment,
            },
            pools: pools.clone(),
            metrics: metrics.clone(),
        }),
        declaration,
        synced_as: spec.poe_name.clone().filter(|_| spec.sync),
        metrics,
        keys: spec.access_keys.clone().into(),
        gate: Gate {
            bot: own.places,
            tenant: Arc::clone(&tenant.places),
            process: Arc::clone(&shared.process),
            wait_max: limits.queue_wait,
        },
        allowance: Allowance {
            cpu: CpuBudget {
                burst: limits.cpu,
                refill_per_second: limits.cpu_refill,
            },
            memory_bytes_max: limits.memory,
            pools,
        },
        config: spec
            .config
            .iter()
            .cloned()
            .chain(secrets.environment())
            .collect(),
        http: Arc::new(access(spec, shared, &secrets)),
        secrets,
        refusing: AtomicBool::new(false),
        limits: limits.clone(),
    }
}

/// What the bot may send to other servers, over connections of its own.
fn access(spec: &BotSpec, shared: &Shared, secrets: &Arc<Secrets>) -> Access {
    Access {
        client: shared.egress.client(),
        hosts: spec.outbound_hosts.clone(),
        secrets: Arc::clone(secrets),
        requests_max: spec.limits.outbound,
        body_bytes_max: spec.limits.outbound_body,
    }
}

/// A bot, or what it takes to make one.
enum Ready {
    AsBefore(Arc<Bot>),
    Anew(Box<Component>),
}

type Prepared = Option<Result<Ready, Problem>>;

/// Prepares all components, as many at once as there are cores, small files first: the compiler uses
/// all cores for each, and many small ones should not stand behind a large one.
fn prepare_all(
    wanted: &[Wanted<'_>],
    sandbox: &Sandbox,
    progress: &(dyn Fn(&str) + Sync),
) -> Vec<Prepared> {
    let size = |spec: &BotSpec| fs::metadata(&spec.source).map_or(0, |found| found.len());
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by_cached_key(|index| wanted.get(*index).map(|wanted| size(wanted.spec)));
    let next = AtomicUsize::new(0);
    let results: Vec<Mutex<Prepared>> = wanted.iter().map(|_| Mutex::new(None)).collect();
    let workers = thread::available_parallelism()
        .map_or(1, usize::from)
        .min(wanted.len());
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some((index, wanted)) = {
                    let turn = next.fetch_add(1, Ordering::Relaxed);
                    let index = order.get(turn).copied();
                    index.and_then(|index| wanted.get(index).map(|wanted| (index, wanted)))
                } {
                    progress(&format!("preparing {}", wanted.spec.name));
                    let prepared = prepare(wanted, sandbox, progress);
                    if let Some(slot) = results.get(index) {
                        *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(prepared);
                    }
                }
            });
        }
    });
    results
        .into_iter()
        .map(|slot| slot.into_inner().unwrap_or_else(PoisonError::into_inner))
        .collect()
}

fn prepare(
    wanted: &Wanted<'_>,
    sandbox: &Sandbox,
    progress: &(dyn Fn(&str) + Sync),
) -> Result<Ready, Problem> {
    let spec = wanted.spec;
    let unmountable = |unfit: Unfit| {
        let cause = format!("`{}`: {}", spec.source.display(), unfit.cause);
        unmountable(spec, vec![cause], unfit.hint)
    };
    let bytes = read(&spec.source).map_err(unmountable)?;
    if let Some(before) = wanted.before.filter(|before| before.is(spec, &bytes)) {
        return Ok(Ready::AsBefore(Arc::clone(&before.bot)));
    }
    sandbox
        .prepare(&bytes, spec.limits.memory, &|| {
            progress(&format!(
                "compiling {} ({} KiB of WebAssembly; kept for the next start)",
                spec.name,
                bytes.len().div_ceil(1024)
            ));
        })
        .map(|component| Ready::Anew(Box::new(component)))
        .map_err(|error| unmountable(described(&error)))
}

/// Why a file cannot be mounted as a bot, as far as a look at it can tell without compiling it.
pub fn unfit(path: &Path) -> Option<Unfit> {
    let bytes = match read(path) {
        Ok(bytes) => bytes,
        Err(unfit) => return Some(unfit),
    };
    sandbox::validate(&bytes)
        .err()
        .map(|error| described(&error))
}

fn described(error: &ComponentError) -> Unfit {
    Unfit {
        cause: error.to_string(),
        hint: error.hint(),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Unfit> {
    let checked = fs::metadata(path).and_then(|found| {
        if found.len() > COMPONENT_BYTES_MAX {
            return Err(io::Error::other(format!(
                "it has {} bytes; at most {COMPONENT_BYTES_MAX} are taken",
                found.len()
            )));
        }
        fs::read(path)
    });
    checked.map_err(|error| Unfit {
        cause: format!("it cannot be read: {error}"),
        hint: (error.kind() == io::ErrorKind::NotFound)
            .then(|| "build it first, or correct `source`".to_owned()),
    })
}

fn unmountable(spec: &BotSpec, causes: Vec<String>, hint: Option<String>) -> Problem {
    Problem {
        message: format!("bot `{}` cannot be mounted", spec.name),
        causes,
        place: Some(spec.place.clone()),
        hint,
    }
}
