//! From specifications to mounted bots: read, check, compile or fetch from the cache, link. The one
//! path of every start; a failed step leaves what runs untouched.

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
    Bot, Table,
    admit::{Gate, Places},
};
use crate::{
    config::{
        Unfit,
        resolve::{BotSpec, ServerSpec, TenantSpec},
    },
    egress::{Egress, poe::Connections, secrets::Secrets},
    imports::{
        http::Access,
        poe::{Declared, Platform, PlatformBounds},
    },
    memory::MemoryPool,
    metrics::BotMetrics,
    report::{Problem, Problems},
    sandbox::{self, Allowance, Component, ComponentError, CpuBudget, Sandbox},
};

/// What all bots of the process share.
#[derive(Debug)]
pub struct Shared {
    /// Where components run.
    pub sandbox: Arc<Sandbox>,
    /// Places for replies of all tenants.
    pub process: Arc<Places>,
    /// Memory of all instances.
    pub memory: Arc<MemoryPool>,
    /// The platform's API.
    pub poe: Connections,
    /// The way out to other servers.
    pub egress: Egress,
}

/// The result of mounting.
#[derive(Debug)]
pub struct Mounted {
    /// Finds them.
    pub table: Table,
    /// All of them, in the order of the configuration.
    pub bots: Vec<MountedBot>,
}

/// A bot and the host names that lead to it; with none, every host does.
#[derive(Debug)]
pub struct MountedBot {
    /// The bot.
    pub bot: Arc<Bot>,
    /// Its tenant's host names.
    pub hosts: Vec<String>,
}

/// Largest component file, in bytes: a Python bot with its interpreter has about 20 MB.
pub const COMPONENT_BYTES_MAX: u64 = 128 * 1024 * 1024;

/// Mounts every bot of a configuration.
///
/// Compiling takes all cores; `progress` hears of each bot.
///
/// # Errors
/// Every bot that cannot be mounted, each with its place and a hint; nothing is mounted then.
pub fn mount(
    spec: &ServerSpec,
    shared: &Shared,
    progress: &(dyn Fn(&str) + Sync),
) -> Result<Mounted, Problems> {
    let wanted: Vec<(&TenantSpec, &BotSpec)> = spec
        .tenants
        .iter()
        .flat_map(|tenant| tenant.bots.iter().map(move |bot| (tenant, bot)))
        .collect();
    let prepared = prepare_all(&wanted, &shared.sandbox, progress);

    let mut problems = Vec::new();
    let mut table = Table::default();
    let mut bots = Vec::new();
    let mut prepared = prepared.into_iter();
    for tenant in &spec.tenants {
        let places = Places::new(tenant.running, tenant.queue);
        let memory = MemoryPool::new(tenant.memory);
        for spec in &tenant.bots {
            match prepared.next().flatten() {
                Some(Ok(component)) => {
                    let bot = Arc::new(assemble(spec, component, shared, &places, &memory));
                    table.add(&tenant.hosts, &bot);
                    bots.push(MountedBot {
                        bot,
                        hosts: tenant.hosts.clone(),
                    });
                }
                Some(Err(problem)) => problems.push(problem),
                None => problems.push(unmountable(
                    spec,
                    vec!["preparing it was cut short".to_owned()],
                    None,
                )),
            }
        }
    }
    if problems.is_empty() {
        Ok(Mounted { table, bots })
    } else {
        Err(Problems(problems))
    }
}

fn assemble(
    spec: &BotSpec,
    component: Component,
    shared: &Shared,
    tenant: &Arc<Places>,
    memory: &Arc<MemoryPool>,
) -> Bot {
    let limits = &spec.limits;
    let metrics = BotMetrics::new(spec.tenant.as_str(), spec.name.as_str());
    let (declaration, declared) = Declared::pending();
    let pools = [
        MemoryPool::new(limits.live_memory),
        Arc::clone(memory),
        Arc::clone(&shared.memory),
    ];
    let secrets = Arc::new(Secrets::new(&spec.secrets, &spec.access_keys));
    Bot {
        tenant: spec.tenant.clone(),
        name: spec.name.clone(),
        route: spec.route.clone(),
        component,
        platform: Arc::new(Platform {
            client: shared.poe.client(spec.access_keys.first().cloned()),
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
            bot: Places::new(limits.running, limits.queue),
            tenant: Arc::clone(tenant),
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

type Prepared = Option<Result<Component, Problem>>;

/// Prepares all components, as many at once as there are cores.
fn prepare_all(
    wanted: &[(&TenantSpec, &BotSpec)],
    sandbox: &Sandbox,
    progress: &(dyn Fn(&str) + Sync),
) -> Vec<Prepared> {
    let next = AtomicUsize::new(0);
    let results: Vec<Mutex<Prepared>> = wanted.iter().map(|_| Mutex::new(None)).collect();
    let workers = thread::available_parallelism()
        .map_or(1, usize::from)
        .min(wanted.len());
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some((index, (_, spec))) = {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    wanted.get(index).map(|wanted| (index, wanted))
                } {
                    progress(&format!("preparing {}", spec.name));
                    let prepared = prepare(spec, sandbox, progress);
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
    spec: &BotSpec,
    sandbox: &Sandbox,
    progress: &(dyn Fn(&str) + Sync),
) -> Result<Component, Problem> {
    let unmountable = |unfit: Unfit| {
        let cause = format!("`{}`: {}", spec.source.display(), unfit.cause);
        unmountable(spec, vec![cause], unfit.hint)
    };
    let bytes = read(&spec.source).map_err(unmountable)?;
    sandbox
        .prepare(&bytes, spec.limits.memory, &|| {
            progress(&format!(
                "compiling {} ({} KiB of WebAssembly; kept for the next start)",
                spec.name,
                bytes.len().div_ceil(1024)
            ));
        })
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
