//! Builds what is to be built, serves it, and goes on until a signal: the common part of `up` and `serve`.
//!
//! Load, build what is a directory, serve, print the table, reload on change. The order is here; the
//! work is not.

use std::{io, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use super::{
    addresses, components,
    dev_simulator::Simulated,
    failure::Failure,
    formatting::rounded,
    progress::Progress,
    reload::Reload,
    serving_flags::{LogFormat, ServingFlags},
    signals::{Hangups, Signals, Stops},
    table,
};
use ravenry_base::{output, report::Problems};
use ravenry_config::resolve::ServerSpec;
use ravenry_gateway::{
    bots::deployment::Deployment,
    server::{self, BotEvent, Listeners, Options, RefusedBot, Shutdown, record::Recorder},
    telemetry,
    walls::Walls,
};

/// Polls after which a thread that serves looks at its sockets. A poll of a guest may last a
/// millisecond; a look costs less than one.
const EVENT_INTERVAL: u32 = 8;

/// Polls after which such a thread looks at the queue that all share: what compute threads wake is there,
/// and what did not fit into its own. Where thousands of connections are busy, one that is there would
/// else wait for 60 others each time that one of them is taken.
const QUEUE_INTERVAL: u32 = 3;

/// What is printed about changes, once bots are served.
const CHANGES: &str = "What you change is built and mounted as you save it; running replies end on the version that they began with.";

/// Where components come from, and whether they are built again when their sources change.
pub(super) enum Author<'a> {
    /// Builds what is named here, and builds and mounts it again when it changes; a file in Python may have said what
    /// stands for its manifest.
    Watches(&'a Path, Option<String>),
    /// Builds what is named here, once.
    Builds(&'a Path),
    /// Has built them before: an operator's server builds nothing. It has walls around it, and reads its files again
    /// at each of these signals.
    HasBuilt(&'a Walls, (Hangups, Reread)),
}

/// Reads again what people wrote, and changes what is mounted; bots answer at the address. Blocks.
pub(super) type Reread = Arc<dyn Fn(&Arc<Deployment>, SocketAddr) + Send + Sync>;

/// Turns sources into components, and serves until a signal.
pub(super) fn serve(
    mut spec: ServerSpec,
    serving: &ServingFlags,
    author: Author<'_>,
    simulated: Option<&Arc<Simulated>>,
    recorder: Option<Recorder>,
) -> Result<(), Failure> {
    let format = match serving.log_format {
        LogFormat::Text => telemetry::LogFormat::Text,
        LogFormat::Json => telemetry::LogFormat::Json,
        LogFormat::Auto => telemetry::LogFormat::Auto,
    };
    // To the end: what is in the log by then is written when this goes.
    let _logging =
        telemetry::start_logging(&serving.log, format).map_err(|error| Failure::usage(&error))?;
    let mut notes = Vec::new();
    if let Author::HasBuilt(walls, _) = &author {
        walls.tell();
        tell_open(&spec);
        notes.push(walls.to_string());
    }
    if let Author::Watches(source, _) | Author::Builds(source) = &author {
        notes.extend(ravenry_config::unlisted(source, &spec));
    }
    let progress = Progress::logged();
    let cache = serving.directories(&spec)?.cache;
    let mut reload = match &author {
        Author::Watches(source, manifest) => {
            let own = manifest.clone();
            Reload::new((source, &cache), &serving.limits, &spec, &progress)
                .map(|reload| reload.beside(own, simulated.cloned()))
        }
        Author::Builds(_) | Author::HasBuilt(..) => None,
    };
    for refused in &spec.refused {
        progress.complain(&refused.problem.clone().into());
    }
    let prepared = match &author {
        Author::HasBuilt(..) => Ok(()),
        Author::Watches(..) | Author::Builds(_) => build(&mut spec, &cache, &progress),
    };
    let files = table::files(&spec.refused);
    if let Some(reload) = &mut reload {
        reload.built(&spec, &progress);
    }
    let outcome = prepared.and_then(|()| {
        let mut options = options(&spec, serving, &progress)?;
        options.recorder = recorder;
        options.at_desk = !matches!(author, Author::HasBuilt(..));
        // Where there is a page, its author is at work, and shown what the page shows.
        options.shows_store = options.at_desk && simulated.is_some();
        let listen = Listen::of(&spec, serving);
        let again = match author {
            Author::HasBuilt(_, again) => Some(again),
            Author::Watches(..) | Author::Builds(_) => None,
        };
        let simulated = simulated.map(AsRef::as_ref);
        let shown = (notes, files, &progress);
        run(spec, &listen, options, (reload, again), simulated, shown)
    });
    progress.end();
    outcome
}

/// Builds what is to be built. What cannot be is complained of, and others are served.
///
/// # Errors
/// Why there is nothing to serve.
fn build(spec: &mut ServerSpec, cache: &Path, progress: &Progress) -> Result<(), Failure> {
    let unbuilt = components::refuse_unbuilt(spec, cache, progress);
    if spec.is_void() {
        return Err(Failure::Failed(unbuilt));
    }
    if !unbuilt.0.is_empty() {
        progress.complain(&unbuilt);
    }
    Ok(())
}

/// Logs which bots have no access key: every client may ask them, and the tenant pays.
pub(super) fn tell_open(spec: &ServerSpec) {
    let bots = spec.tenants.iter().flat_map(|tenant| &tenant.bots);
    for bot in bots.filter(|bot| bot.access_keys.is_empty()) {
        tracing::warn!(
            tenant = bot.tenant.as_str(),
            bot = bot.name.as_str(),
            hint = "give it `poe.access_key`, unless that is meant",
            "every client may ask this bot: it has no access key"
        );
    }
}

/// How long the process waits, at its end, for work that it does not need any more.
const LAST_WORK: Duration = Duration::from_secs(1);

/// Serves, and mounts again what has changed, until a signal. `notes` are shown with what is served, and so
/// are `files` that are refused.
fn run(
    spec: ServerSpec,
    listen: &Listen,
    options: Options,
    (reload, again): (Option<Reload>, Option<(Hangups, Reread)>),
    simulated: Option<&Simulated>,
    (notes, files, progress): (Vec<String>, Vec<RefusedBot>, &Progress),
) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .event_interval(EVENT_INTERVAL)
        .global_queue_interval(QUEUE_INTERVAL)
        .build();
    let runtime = runtime
        .map_err(|error| Failure::system("the threads cannot be started".to_owned(), &error))?;
    let stopping = reload.as_ref().map(Reload::stop);
    let mut running = None;
    let served = runtime.block_on(async {
        let stops = hear(again.is_some()).map_err(|error| unheard(&error))?;
        let listeners = listen.bind(again.is_some()).map_err(Failure::Failed)?;
        let first = stops.clone();
        let shutdown = Shutdown {
            politely: async {
                first.once().await;
                if let Some(stop) = stopping {
                    stop();
                }
            },
            at_once: stops.clone().twice(),
        };
        let ready = |ready: &server::Ready, deployment: &Arc<Deployment>| {
            progress.end();
            let mut ready = ready.clone();
            ready.notes.extend(notes);
            ready.refused.extend(files);
            if let Some(simulated) = simulated {
                simulated.serve(&ready.url());
                ready.notes.extend(simulated.note());
            }
            running = reload.map(|reload| {
                ready.notes.push(CHANGES.to_owned());
                reload.run(Arc::clone(deployment), ready.address)
            });
            if let Some((hangups, again)) = again {
                let again = read_again(hangups, again, Arc::clone(deployment), ready.address);
                tokio::spawn(async {
                    tokio::select! {
                        () = stops.once() => {}
                        () = again => {}
                    }
                });
            }
            show(&ready, simulated, progress);
        };
        let served = server::run(listeners, shutdown, spec, options, ready).await;
        served.map_err(Failure::Failed)
    });
    if let Some(running) = running {
        running.end();
    }
    // What a stopped start still inspects or compiles is of no use any more.
    runtime.shutdown_timeout(LAST_WORK);
    served
}

/// Prints what is served, and tells the service manager.
fn show(ready: &server::Ready, simulated: Option<&Simulated>, progress: &Progress) {
    let page = simulated.map(Simulated::page_url);
    output::print(&table::render(ready, page.as_deref()));
    if let Some(problem) = output::lost() {
        progress.complain(&problem.into());
    }
    // A service manager may wait for this; without one, this does nothing.
    if let Err(error) = sd_notify::notify(&[sd_notify::NotifyState::Ready]) {
        tracing::warn!(%error, "the service manager cannot be told that bots are served");
    }
}

/// Hears what asks for a stop from now on: SIGHUP too, unless that asks for something else.
fn hear(rereads: bool) -> io::Result<Stops> {
    let signals = if rereads {
        Signals::without_hangup()
    } else {
        Signals::listen()
    };
    signals.map(Signals::count)
}

/// The system does not tell of signals.
pub(super) fn unheard(error: &io::Error) -> Failure {
    Failure::system("signals cannot be heard".to_owned(), error)
}

/// Has everything read again as often as that is asked for. Never returns.
async fn read_again(
    mut hangups: Hangups,
    again: Reread,
    deployment: Arc<Deployment>,
    address: SocketAddr,
) {
    loop {
        hangups.next().await;
        let (again, deployment) = (Arc::clone(&again), Arc::clone(&deployment));
        let read = tokio::task::spawn_blocking(move || again(&deployment, address)).await;
        if let Err(error) = read {
            tracing::error!(%error, "reading everything again was cut short; what ran before goes on");
        }
    }
}

/// Where to listen: a flag wins over the file, the file over the default.
struct Listen {
    bots: String,
    metrics: String,
}

impl Listen {
    fn of(spec: &ServerSpec, serving: &ServingFlags) -> Self {
        let or = |flag: &Option<String>, file: &Option<String>, default: &str| {
            let said = flag.clone().or_else(|| file.clone());
            said.unwrap_or_else(|| default.to_owned())
        };
        Self {
            bots: or(&serving.listen, &spec.listen, addresses::BOTS),
            metrics: or(
                &serving.metrics_listen,
                &spec.metrics_listen,
                addresses::METRICS,
            ),
        }
    }

    fn bind(&self, shared: bool) -> Result<Listeners, Problems> {
        let metrics = (self.metrics != "off").then_some(self.metrics.as_str());
        Listeners::bind(&self.bots, metrics, shared)
    }
}

/// What the gateway is to know besides.
fn options(
    spec: &ServerSpec,
    serving: &ServingFlags,
    progress: &Progress,
) -> Result<Options, Failure> {
    let (shown, told) = (progress.clone(), progress.clone());
    Ok(Options {
        directories: serving.directories(spec)?,
        drain: serving.drain.unwrap_or(spec.drain),
        at_desk: false,
        shows_store: false,
        progress: Arc::new(move |line: &str| shown.say(line)),
        recorder: None,
        news: Arc::new(move |news| tell(news, &told)),
    })
}

/// Says what has become of a bot that was still being compiled.
fn tell(news: BotEvent, progress: &Progress) {
    match news {
        BotEvent::Mounted(bot) => {
            let took = bot.code.map_or(Duration::ZERO, |code| code.prepared_in);
            let took = rounded(took);
            progress.tell(&format!("Compiled `{}` in {took}: {}", bot.name, bot.url));
        }
        BotEvent::Refused(problem) => progress.complain(&problem.into()),
    }
}
