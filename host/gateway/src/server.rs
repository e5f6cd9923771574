//! The composition root: configuration in, a serving process out. Everything is built here and
//! nowhere else; phases, drain and stop. What asks for a stop, and the addresses, the caller brings along.

mod add_document;
mod auth;
mod backstop;
mod body;
mod bot_page;
mod connection;
mod descriptors;
mod drain;
mod head;
mod idle;
mod listen;
mod open;
mod patience;
mod places;
mod prepare;
pub mod record;
mod reject;
mod request_body;
mod resources;
mod routes;
mod seat;
mod show;
mod socket;
mod stream;
mod summary;

use std::{
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    pin::{Pin, pin},
    sync::Arc,
    time::Duration,
};

use parking_lot::Mutex;
use tokio::runtime::Handle;

pub use self::open::Listeners;
pub use self::prepare::make_directories;
pub use self::summary::BotEvent;
pub use self::summary::BotSummary;
pub use self::summary::Code;
pub use self::summary::Ready;
pub use self::summary::RefusedBot;
pub use self::summary::url;
use self::{
    backstop::Backstop,
    drain::stop_politely,
    listen::Crowd,
    prepare::{Place, look, look_at_store, prepare, store_of},
    record::Recorder,
    request_body::Intake,
    resources::Machine,
    routes::Gateway,
    socket::Entrance,
    summary::{carries, describe, refused, telling},
};
use crate::{
    bots::{
        Stop, charge_report,
        deployment::{Applied, Change, Deployment, Progress},
        mount::BotSummary as Mounted,
    },
    charges::{Journal, RECORDS_MAX},
    compute::Compute,
    sandbox::Capacity,
    store::SharedStore,
    telemetry::Metrics,
};
use ravenry_base::{
    directory::{self, Writers},
    report::{Problem, Problems},
};
use ravenry_config::resolve::ServerSpec;
use ravenry_store::Settings;

/// How the server serves, and where it keeps things.
pub struct Options {
    /// Where things are kept.
    pub directories: Directories,
    /// How long replies may go on after a stop was asked for.
    pub drain: Duration,
    /// Whether they are served on their author's own machine: wrong paths get a hint there, and web pages
    /// of others no answer of a bot without a key.
    pub at_desk: bool,
    /// Whether who asks a bot on this machine may be shown what it finds in its store and leaves there.
    pub shows_store: bool,
    /// Told what is being done, for a person who waits.
    pub progress: Progress,
    /// Told how each query went, where that is to be kept.
    pub recorder: Option<Recorder>,
    /// Told what becomes of bots whose components are still being compiled when others are served.
    pub news: Arc<dyn Fn(BotEvent) + Send + Sync>,
}

/// When the server stops.
pub struct Shutdown<Politely, AtOnce> {
    /// From then on nothing new is taken, and replies may finish.
    pub politely: Politely,
    /// Then whatever is left is cut. Not looked at before.
    pub at_once: AtOnce,
}

/// Where the server keeps things.
#[derive(Clone, Debug)]
pub struct Directories {
    /// State that must survive.
    pub state: PathBuf,
    /// Compiled code.
    pub cache: PathBuf,
}

fn problem(message: String, cause: &impl ToString, hint: Option<&str>) -> Problems {
    Problems(vec![Problem {
        message,
        causes: vec![cause.to_string()],
        place: None,
        hint: hint.map(str::to_owned),
    }])
}

/// Mounts the bots and serves them until the shutdown.
///
/// Connections are accepted as soon as every bot was looked at: one that is still being compiled says
/// that it is starting. `ready` is called once, when that is true of large ones only, and not at all
/// where the shutdown comes before. What it is given changes the bots while they are served.
///
/// # Errors
/// Everything that a look at the bots finds wrong, all of it at once, where none is left to be served; what
/// only compiling tells, where none is.
pub async fn run(
    listeners: Listeners,
    shutdown: Shutdown<impl Future<Output = ()>, impl Future<Output = ()>>,
    spec: ServerSpec,
    options: Options,
    ready: impl FnOnce(&Ready, &Arc<Deployment>),
) -> Result<(), Problems> {
    let failed = |what: &str, error: &dyn std::error::Error| problem(what.to_owned(), &error, None);
    let Shutdown { politely, at_once } = shutdown;
    let mut politely = pin!(politely);
    // Before anything is counted. Without a listener for metrics, nothing is: what is kept would only grow.
    let recorder = listeners.metrics.as_ref().map(|_| Metrics::install());
    let recorder = recorder.transpose();
    let recorder = recorder.map_err(|error| failed("metrics cannot be kept", &error))?;
    make_directories(&options.directories)?;

    let machine = look_at_machine(&spec)?;
    let journal = Journal::here(&options.directories.state, machine.descriptors.records);
    let told = look_for_open_charges(&journal);
    if unless_stopped(politely.as_mut(), told).await?.is_none() {
        return Ok(());
    }

    let store = store_of(&spec, &options.directories.state);
    let opened = look_at_store(&store);
    if unless_stopped(politely.as_mut(), opened).await?.is_none() {
        return Ok(());
    }

    let news = telling(&options.news, listeners.bots.address);
    let compute = Compute::start().map_err(|error| failed("no more threads can be had", &error))?;
    let crowd = Crowd::at(compute.handle());
    let place = Place {
        cache_dir: &options.directories.cache,
        journal: &journal,
        store: store.clone(),
        fills: true,
        compute: Some(compute),
    };
    let (deployment, capacity) = prepare(&spec, machine, place, news)?;
    let backstop = Backstop::start(machine, &deployment);
    let _backstop = backstop.map_err(|error| failed("memory cannot be watched", &error))?;
    let looked = look(spec, &deployment, &options.progress);
    let Some(change) = unless_stopped(politely.as_mut(), looked).await? else {
        return Ok(());
    };
    let inside = Services {
        deployment: &deployment,
        store: store.clone(),
        capacity: &capacity,
        machine,
        crowd,
        recorder,
    };
    let shutdown = Shutdown { politely, at_once };
    serve(listeners, shutdown, inside, change, &options, ready).await?;
    deployment.end();
    journal.settled().await;
    store.close().await;
    tracing::info!("stopped");
    Ok(())
}

/// What serves.
struct Services<'a> {
    deployment: &'a Arc<Deployment>,
    store: SharedStore,
    capacity: &'a Capacity,
    machine: Machine,
    crowd: Crowd,
    recorder: Option<Metrics>,
}

/// Serves what is mounted, and what is compiled meanwhile, until the shutdown.
async fn serve(
    Listeners { bots, metrics }: Listeners,
    shutdown: Shutdown<Pin<&mut impl Future<Output = ()>>, impl Future<Output = ()>>,
    inside: Services<'_>,
    change: Change,
    options: &Options,
    ready: impl FnOnce(&Ready, &Arc<Deployment>),
) -> Result<(), Problems> {
    let Services {
        deployment,
        store,
        capacity,
        machine,
        crowd,
        recorder,
    } = inside;
    let Shutdown {
        mut politely,
        at_once,
    } = shutdown;
    let stop = Stop::default();
    let gateway = Gateway::new(
        (deployment.registry(), store),
        stop.clone(),
        Intake::new(machine.memory_bytes),
        options,
        crowd.clone(),
    );
    let readers = machine.descriptors.readers;
    let serve = |entrance| open::serve_bots(entrance, readers, &crowd, &gateway);
    // While another process answers, no client is to wait for what this one still has to compile.
    let (first, second) = match bots.entrance {
        Entrance::Open(_) => (Some(bots.entrance), None),
        Entrance::Beside(_) => (None, Some(bots.entrance)),
    };
    let mut front = first.map(serve).transpose()?;
    let metrics = metrics.zip(recorder);
    let metrics = metrics.map(|(bound, recorder)| open::serve_metrics(bound, recorder));
    let metrics = metrics.transpose()?;
    let started = async {
        compile_small_ones(change, deployment, &gateway, options).await?;
        if let Some(second) = second {
            deployment.complete().await?;
            gateway.complete();
            front = Some(serve(second)?);
        }
        Ok(())
    };
    if unless_stopped(politely.as_mut(), started).await?.is_some() {
        let url = metrics.as_ref().map(|(url, _)| url.clone());
        ready(&served(deployment, capacity, bots.address, url), deployment);
        tokio::select! {
            () = politely => {}
            problems = in_vain(deployment, &gateway) => return Err(problems),
        }
    }
    // The next process may have this port at once.
    if let Some((_, front)) = metrics {
        front.cut();
    }
    if let Some(front) = front {
        stop_politely(at_once, &gateway, front, &stop, options.drain).await;
    }
    Ok(())
}

/// Mounts the bots for a caller that asks them itself, on the runtime that calls: nothing is served, and all
/// are there when it returns.
///
/// # Errors
/// Everything that keeps a bot from being mounted, all of it at once.
pub async fn mount_only(
    spec: ServerSpec,
    cache_dir: &Path,
    progress: &Progress,
) -> Result<Arc<Deployment>, Problems> {
    // What is charged there is no money; its records go as they come.
    let records = cache_dir.join("rehearsals");
    let journal = Journal::here(&records, RECORDS_MAX);
    let late: Arc<Mutex<Vec<Problem>>> = Arc::default();
    let noted = Arc::clone(&late);
    let news = move |made: Result<Mounted, Problem>| noted.lock().extend(made.err());
    let machine = look_at_machine(&spec)?;
    let place = Place {
        cache_dir,
        journal: &journal,
        store: SharedStore::temporary(Settings::default(), Handle::current()),
        fills: false,
        compute: None,
    };
    let (deployment, _) = prepare(&spec, machine, place, Arc::new(news))?;
    // After the cache, which makes its own directory for this user alone. A bot that charges nothing does
    // not need this one; one that does is told that nothing can be noted.
    let _ = directory::make("rehearsals", &records, Writers::OwnerOnly);
    let change = look(spec, &deployment, progress).await?;
    Problems(change.refused()).or(())?;
    let applied = settled(change).await?;
    deployment.complete().await?;
    let mut refused: Vec<_> = applied.refused.into_values().collect();
    refused.append(&mut late.lock());
    Problems(refused).or(deployment)
}

/// What is served now.
fn served(
    deployment: &Deployment,
    capacity: &Capacity,
    address: SocketAddr,
    metrics_url: Option<String>,
) -> Ready {
    let bots = deployment.bots();
    Ready {
        address,
        metrics_url,
        bots: bots.iter().map(|bot| describe(bot, address)).collect(),
        refused: refused(deployment),
        notes: carries(capacity, &bots),
    }
}

/// Does one step of a start; `None` where the shutdown came meanwhile.
async fn unless_stopped<T>(
    politely: Pin<&mut impl Future<Output = ()>>,
    step: impl Future<Output = Result<T, Problems>>,
) -> Result<Option<T>, Problems> {
    tokio::select! {
        () = politely => {
            tracing::info!("stopped before the start was complete");
            Ok(None)
        }
        done = step => done.map(Some),
    }
}

/// What the machine has to give, if that is enough.
fn look_at_machine(spec: &ServerSpec) -> Result<Machine, Problems> {
    Machine::look(spec.connections).map_err(|few| {
        let hint = "raise `ulimit -n` (`LimitNOFILE` of a unit, `--ulimit nofile` of a container)";
        problem("too few files can be open".to_owned(), &few, Some(hint))
    })
}

/// Tells of money that a process before this one has left open. Where the records cannot be looked
/// through, replies that charge nothing go on.
async fn look_for_open_charges(journal: &Journal) -> Result<(), Problems> {
    let journal = journal.clone();
    let told = tokio::task::spawn_blocking(move || charge_report::tell_left_open(&journal)).await;
    if let Err(error) = told.map_err(io::Error::other).flatten() {
        tracing::error!(
            %error,
            hint = "make the directory `charges` in the state directory readable, and start again",
            "whether charges were left open cannot be told"
        );
    }
    Ok(())
}

/// Waits until all but large components are compiled. What is wrong with one stops the start only
/// where nothing else is left.
async fn compile_small_ones(
    change: Change,
    deployment: &Deployment,
    gateway: &Gateway,
    options: &Options,
) -> Result<(), Problems> {
    let applied = settled(change).await?;
    if applied.compiling.is_empty() {
        if deployment.complete().await.is_err() {
            return Err(Problems(applied.refused.into_values().collect()));
        }
        gateway.complete();
    }
    for problem in applied.refused.into_values() {
        (options.news)(BotEvent::Refused(problem));
    }
    Ok(())
}

/// Waits until what is small is compiled.
async fn settled(change: Change) -> Result<Applied, Problems> {
    let settled = tokio::task::spawn_blocking(move || change.settle()).await;
    settled.map_err(|error| problem("compiling was cut short".to_owned(), &error, None))
}

/// Waits until every bot is mounted or was refused, and says so. Returns only if none is mounted.
async fn in_vain(deployment: &Deployment, gateway: &Gateway) -> Problems {
    if let Err(problems) = deployment.complete().await {
        return problems;
    }
    gateway.complete();
    std::future::pending().await
}
