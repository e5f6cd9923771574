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
        resolve::{BotSpec, ServerSpec, TenantSpec},
    },
    report::Problem,
    sandbox::{self, Allowance, Component, ComponentError, CpuBudget, MemoryPool, Sandbox},
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
}

/// A bot and the host names that lead to it; with none, every host does.
#[derive(Clone, Debug)]
pub struct MountedBot {
    /// The bot.
    pub bot: Arc<Bot>,
    /// Its tenant's host names.
    pub hosts: Vec<String>,
}

/// Largest component file, in bytes: a Python bot with its interpreter has about 20 MB.
pub const COMPONENT_BYTES_MAX: u64 = 128 * 1024 * 1024;

/// Makes every bot of a configuration ready to be mounted, in its order: each is there, or why not.
///
/// Compiling takes all cores; `progress` hears of each bot.
pub(super) fn make(
    spec: &ServerSpec,
    shared: &Shared,
    progress: &(dyn Fn(&str) + Sync),
) -> Vec<Result<MountedBot, Problem>> {
    let wanted: Vec<(&TenantSpec, &BotSpec)> = spec
        .tenants
        .iter()
        .flat_map(|tenant| tenant.bots.iter().map(move |bot| (tenant, bot)))
        .collect();
    let prepared = prepare_all(&wanted, &shared.sandbox, progress);
    let mount = |((tenant, spec), prepared): (&(&TenantSpec, &BotSpec), Prepared)| {
        let cut_short = || {
            Err(unmountable(
                spec,
                vec!["preparing it was cut short".to_owned()],
                None,
            ))
        };
        let component = prepared.unwrap_or_else(cut_short)?;
        let share = shared.lasting.tenant(tenant);
        Ok(MountedBot {
            bot: Arc::new(assemble(spec, component, shared, &share)),
            hosts: tenant.hosts.clone(),
        })
    };
    wanted.iter().zip(prepared).map(mount).collect()
}

fn assemble(spec: &BotSpec, component: Component, shared: &Shared, tenant: &Share) -> Bot {
    let (own, metrics) = shared.lasting.bot(spec);
    let limits = &spec.limits;
    Bot {
        tenant: spec.tenant.clone(),
        name: spec.name.clone(),
        route: spec.route.clone(),
        component,
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
            pools: [
                own.memory,
                Arc::clone(&tenant.memory),
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
    let unmountable = |unfit: Unfit| {
        let cause = format!("`{}`: {}", spec.source.display(), unfit.cause);
        unmountable(spec, vec![cause], unfit.hint)
    };
    let bytes = read(&spec.source).map_err(unmountable)?;
    sandbox
        .prepare(&bytes, spec.limits.memory)
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
