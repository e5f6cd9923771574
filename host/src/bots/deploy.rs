//! From specifications to mounted bots: read, check, compile or fetch from the cache, link. The one
//! path of every start; a failed step leaves what runs untouched.

use std::{
    fs, io,
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
    config::resolve::{BotSpec, ServerSpec, TenantSpec},
    metrics::BotMetrics,
    report::{Problem, Problems},
    sandbox::{Allowance, Component, ComponentError, CpuBudget, MemoryPool, Sandbox},
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
    Bot {
        tenant: spec.tenant.clone(),
        name: spec.name.clone(),
        route: spec.route.clone(),
        component,
        metrics: BotMetrics::new(spec.tenant.as_str(), spec.name.as_str()),
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
            pools: [
                MemoryPool::new(limits.live_memory),
                Arc::clone(memory),
                Arc::clone(&shared.memory),
            ],
        },
        config: spec.config.clone().into(),
        refusing: AtomicBool::new(false),
        limits: limits.clone(),
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
                    let prepared = prepare(spec, sandbox);
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

fn prepare(spec: &BotSpec, sandbox: &Sandbox) -> Result<Component, Problem> {
    let bytes = read(spec)?;
    sandbox
        .prepare(&bytes, spec.limits.memory)
        .map_err(|error| {
            let hint = match &error {
                ComponentError::Inspect(error) => error.hint().map(str::to_owned),
                ComponentError::Missing(_) => Some(format!(
                    "`ravenry inspect {}` lists all that it imports",
                    spec.source.display()
                )),
                ComponentError::Unfit(_) => {
                    Some("build it again, against the WIT of this gateway's version; `ravenry inspect` shows what it is".to_owned())
                }
                ComponentError::TooMuchMemory { .. } => {
                    Some("raise `limits.memory` of the bot".to_owned())
                }
            };
            unmountable(
                spec,
                vec![format!("`{}`: {error}", spec.source.display())],
                hint,
            )
        })
}

fn read(spec: &BotSpec) -> Result<Vec<u8>, Problem> {
    let path = &spec.source;
    let checked = fs::metadata(path).and_then(|found| {
        if found.len() > COMPONENT_BYTES_MAX {
            return Err(io::Error::other(format!(
                "it has {} bytes; at most {COMPONENT_BYTES_MAX} are taken",
                found.len()
            )));
        }
        fs::read(path)
    });
    checked.map_err(|error| {
        let hint = match error.kind() {
            io::ErrorKind::NotFound => Some(
                "build it first, or correct `source`; a path is relative to its manifest"
                    .to_owned(),
            ),
            _ => None,
        };
        unmountable(
            spec,
            vec![format!("`{}` cannot be read: {error}", path.display())],
            hint,
        )
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
