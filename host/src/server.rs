//! The composition root: configuration in, a serving process out. Everything is built here and
//! nowhere else; phases, drain and stop.

pub mod auth;
pub mod body;
mod intake;
mod listen;
mod machine;
pub mod record;
mod reject;
mod routes;
mod signals;

use std::{
    io,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use crate::{
    bots::{
        Stop,
        admit::Places,
        deploy::{MountedBot as Mounted, Shared},
        deployment::Deployment,
        lasting::Lasting,
        sync::Syncing,
    },
    config::resolve::ServerSpec,
    egress::{
        Egress,
        poe::{Addresses, Connections},
    },
    memory::MemoryPool,
    report::{Problem, Problems},
    sandbox::{Capacity, EngineKind, Sandbox, SandboxError, Size},
    telemetry::Metrics,
};

use self::{
    intake::Intake,
    listen::{Front, Limits},
    machine::Machine,
    record::Recorder,
    routes::{Gateway, Phase},
    signals::Signals,
};

/// How long replies may take to say goodbye after the drain is over.
const GOODBYE: Duration = Duration::from_secs(2);

/// Scrapers are few.
const METRICS_LIMITS: Limits = Limits::of(64);

/// Hears what is being done.
pub type Progress = Arc<dyn Fn(&str) + Send + Sync>;

/// Where the server listens, and where it keeps things.
pub struct Options {
    /// Address for bots, such as `127.0.0.1:8080`; port 0 takes a free one.
    pub listen: String,
    /// Address for metrics; `None` serves none.
    pub metrics_listen: Option<String>,
    /// Where state that must survive is kept.
    pub state_dir: PathBuf,
    /// Where compiled code is kept.
    pub cache_dir: PathBuf,
    /// How long replies may go on after the first signal.
    pub drain: Duration,
    /// Told what is being done, for a person who waits.
    pub progress: Progress,
    /// Told how each query went, where that is to be kept.
    pub recorder: Option<Recorder>,
    /// Called once when a stop is asked for, before replies are waited for.
    pub stopping: Arc<dyn Fn() + Send + Sync>,
}

/// What is served, once it is.
#[derive(Clone, Debug)]
pub struct Ready {
    /// Where bots answer, without a slash at the end.
    pub url: String,
    /// Where metrics are.
    pub metrics_url: Option<String>,
    /// The bots, in the order of the configuration.
    pub bots: Vec<MountedBot>,
    /// What an operator should know, one sentence each.
    pub notes: Vec<String>,
}

/// One mounted bot.
#[derive(Clone, Debug)]
pub struct MountedBot {
    /// Whose it is.
    pub tenant: String,
    /// Its name.
    pub name: String,
    /// Its path.
    pub route: String,
    /// Where to send queries.
    pub url: String,
    /// How many keys open it; 0 means that anybody may ask it.
    pub keys: usize,
    /// Size of its component, in bytes.
    pub component_bytes: u64,
    /// How long it took to compile, or to load.
    pub compile: Duration,
    /// Whether its compiled code was found on disk.
    pub from_cache: bool,
}

fn problem(message: String, cause: &impl ToString, hint: Option<&str>) -> Problems {
    Problems(vec![Problem {
        message,
        causes: vec![cause.to_string()],
        place: None,
        hint: hint.map(str::to_owned),
    }])
}

fn bind(what: &str, address: &str) -> Result<(TcpListener, SocketAddr), Problems> {
    let bound = TcpListener::bind(address).and_then(|listener| {
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    });
    bound.map_err(|error| {
        let hint = match error.kind() {
            io::ErrorKind::AddrInUse => "another program listens there: stop it, or choose another address (port 0 takes a free one)",
            io::ErrorKind::PermissionDenied => "ports below 1024 need privileges: choose another, such as 8080",
            _ => "an address looks like 127.0.0.1:8080",
        };
        problem(format!("cannot listen on `{address}` for {what}"), &error, Some(hint))
    })
}

fn prepare_sandbox(
    spec: &ServerSpec,
    machine: &Machine,
    cache_dir: &Path,
) -> Result<(Sandbox, Size, Capacity), Problems> {
    let capacity = Capacity::of(
        machine.mappings,
        machine.descriptors,
        machine.memory_bytes / 2,
    );
    let largest = spec
        .tenants
        .iter()
        .flat_map(|tenant| &tenant.bots)
        .map(|bot| bot.limits.memory)
        .max();
    let size = Size {
        instances: capacity.instances,
        mappings: capacity.mappings,
        memory_bytes_max: largest.unwrap_or(spec.ceilings.memory),
    };
    let sandbox = Sandbox::new(size, cache_dir).map_err(|error| {
        let hint = match &error {
            SandboxError::Cache(_) => "choose a directory of your own with --cache-dir",
            SandboxError::Engine(_) | SandboxError::Ticker(_) => {
                "address space is reserved for every reply that the machine carries: raise `ulimit -v`, or allow bots less with `--limit memory=16MiB`"
            }
        };
        problem("the sandbox cannot be prepared".to_owned(), &error, Some(hint))
    })?;
    Ok((sandbox, size, capacity))
}

/// What the machine carries, in words.
fn carries(capacity: &Capacity, deployment: &Deployment) -> Vec<String> {
    let mut notes = vec![format!(
        "This machine carries {} replies at once ({}).",
        capacity.instances, capacity.because
    )];
    let engine = |mounted: &Mounted| mounted.bot.component.facts().engine;
    if deployment
        .bots()
        .iter()
        .any(|mounted| engine(mounted) != EngineKind::Small)
    {
        notes.push(format!(
            "Of these, at most {} can be of bots that are large or have tasks.",
            capacity.large()
        ));
    }
    notes
}

/// Mounts the bots and serves them until a signal.
///
/// `ready` is called once, when connections are accepted. What it is given changes the bots while
/// they are served.
///
/// # Errors
/// Everything that keeps the bots from being served, all of it at once.
pub async fn run(
    spec: ServerSpec,
    options: Options,
    ready: impl FnOnce(&Ready, &Arc<Deployment>),
) -> Result<(), Problems> {
    let signals = Signals::listen()
        .map_err(|error| problem("signals cannot be heard".to_owned(), &error, None))?;
    let (listener, address) = bind("bots", &options.listen)?;
    let metrics_listener = options
        .metrics_listen
        .as_deref()
        .map(|address| bind("metrics", address))
        .transpose()?;
    let recorder = Metrics::install()
        .map_err(|error| problem("metrics cannot be kept".to_owned(), &error, None))?;
    std::fs::create_dir_all(&options.state_dir).map_err(|error| {
        problem(
            format!(
                "the state directory `{}` cannot be made",
                options.state_dir.display()
            ),
            &error,
            None,
        )
    })?;

    let machine = Machine::look();
    let limits = Limits::new(spec.connections, machine.descriptors);
    let Options {
        cache_dir,
        progress,
        ..
    } = &options;
    let (deployment, capacity) = mount(spec, machine, cache_dir, progress).await?;
    let deployment = Arc::new(deployment);
    let bots = deployment
        .bots()
        .iter()
        .map(|mounted| describe(mounted, address))
        .collect();

    let stop = Stop::default();
    let gateway = Gateway::new(
        deployment.registry(),
        stop.clone(),
        Intake::new(machine.memory_bytes),
        options.recorder.clone(),
    );
    let front = Front::start(listener, routes::bots(Arc::clone(&gateway)), limits);
    let metrics_url = metrics_listener
        .as_ref()
        .map(|(_, address)| format!("http://{address}/metrics"));
    let metrics_front = metrics_listener
        .map(|(listener, _)| Front::start(listener, routes::metrics(recorder), METRICS_LIMITS));
    gateway.set(Phase::Ready);
    let served = Ready {
        url: format!("http://{address}"),
        metrics_url,
        bots,
        notes: carries(&capacity, &deployment),
    };
    ready(&served, &deployment);

    stop_politely(signals, &gateway, &front, &stop, &options).await;
    if let Some(front) = metrics_front {
        front.cut();
    }
    deployment.end();
    tracing::info!("stopped");
    Ok(())
}

/// Mounts the bots for whoever asks them himself, on the runtime that calls: nothing is served.
///
/// # Errors
/// Everything that keeps the bots from being mounted, all of it at once.
pub async fn mount_only(
    spec: ServerSpec,
    cache_dir: &Path,
    progress: &Progress,
) -> Result<Deployment, Problems> {
    let mounted = mount(spec, Machine::look(), cache_dir, progress).await?;
    Ok(mounted.0)
}

/// Sets up the sandbox and mounts all bots, away from the threads that serve.
async fn mount(
    spec: ServerSpec,
    machine: Machine,
    cache_dir: &Path,
    progress: &Progress,
) -> Result<(Deployment, Capacity), Problems> {
    let (sandbox, size, capacity) = prepare_sandbox(&spec, &machine, cache_dir)?;
    let addresses = Addresses {
        api: spec.poe.api.clone(),
        upload: spec.poe.upload.clone(),
    };
    let egress = Egress::new(spec.private_hosts.clone());
    let shared = Shared {
        sandbox: Arc::new(sandbox),
        memory_bytes_max: size.memory_bytes_max,
        process: Places::new(capacity.instances, capacity.instances),
        memory: MemoryPool::new(machine.memory_bytes / 2),
        lasting: Lasting::default(),
        poe: Connections::new(&egress, addresses),
        egress,
    };
    let progress = Arc::clone(progress);
    let syncing = Syncing::here();
    let start = move || Deployment::start(&spec, shared, syncing, &*progress);
    let deployment = tokio::task::spawn_blocking(start)
        .await
        .map_err(|error| problem("mounting the bots was cut short".to_owned(), &error, None))??;
    Ok((deployment, capacity))
}

fn describe(Mounted { bot, hosts, .. }: &Mounted, address: SocketAddr) -> MountedBot {
    let facts = bot.component.facts();
    let url = match hosts.first() {
        Some(host) => format!("http://{host}:{}{}", address.port(), bot.route),
        None => format!("http://{address}{}", bot.route),
    };
    MountedBot {
        tenant: bot.tenant.to_string(),
        name: bot.name.to_string(),
        route: bot.route.to_string(),
        url,
        keys: bot.keys(),
        component_bytes: facts.bytes,
        compile: facts.prepared_in,
        from_cache: facts.from_cache,
    }
}

/// Waits for the first signal, lets replies finish within `drain`, then ends the rest politely. A
/// second signal cuts everything.
async fn stop_politely(
    mut signals: Signals,
    gateway: &Gateway,
    front: &Front,
    stop: &Stop,
    options: &Options,
) {
    let drain = options.drain;
    signals.next().await;
    (options.stopping)();
    gateway.set(Phase::Draining);
    tracing::info!(
        drain_s = drain.as_secs(),
        "stopping: replies may finish; a second signal stops at once"
    );
    let politely = async {
        if tokio::time::timeout(drain, front.drained()).await.is_err() {
            stop.now();
            // Whoever has not taken his last words by then does not read.
            let _ = tokio::time::timeout(GOODBYE, front.drained()).await;
        }
    };
    tokio::select! {
        () = politely => {}
        () = signals.next() => tracing::warn!("a second signal: stopping at once"),
    }
    front.cut();
}
