//! Builds what is to be built, serves it, and goes on until a signal: the common part of `up` and `serve`.
//!
//! Load, build what is a directory, serve, print the table, reload on change. The order is here; the
//! work is not.

use std::{path::Path, sync::Arc, time::Duration};

use super::{
    addresses, components,
    dev_simulator::Simulated,
    failure::Failure,
    formatting::rounded,
    progress::Progress,
    reload::Reload,
    serving_flags::{LogFormat, ServingFlags},
    table,
};
use ravenry_base::output;
use ravenry_config::resolve::ServerSpec;
use ravenry_gateway::{
    bots::deployment::Deployment,
    server::{self, BotEvent, Options, RefusedBot, record::Recorder},
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
    /// Builds what is named here, and builds and mounts it again when it changes.
    Watches(&'a Path),
    /// Builds, once.
    Builds,
    /// Has built them before: an operator's server builds nothing. It has walls around it, and reads its files again
    /// when it is asked to.
    HasBuilt(&'a Walls, server::Reload),
}

/// Turns sources into components, and serves until a signal.
pub(super) fn serve(
    mut spec: ServerSpec,
    serving: &ServingFlags,
    author: &Author<'_>,
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
    if let Author::HasBuilt(walls, _) = author {
        walls.tell();
        tell_open(&spec);
        notes.push(walls.to_string());
    }
    let progress = Progress::logged();
    let mut reload = match author {
        Author::Watches(source) => Reload::new(source, &serving.limits, &spec, &progress)
            .map(|reload| reload.beside(simulated.cloned())),
        Author::Builds | Author::HasBuilt(..) => None,
    };
    for refused in &spec.refused {
        progress.complain(&refused.problem.clone().into());
    }
    let prepared = match author {
        Author::HasBuilt(..) => Ok(()),
        Author::Watches(_) | Author::Builds => build(&mut spec, &progress),
    };
    let files = table::files(&spec.refused);
    if let Some(reload) = &mut reload {
        reload.built(&spec, &progress);
    }
    let outcome = prepared.and_then(|()| {
        let mut options = options(&spec, serving, &progress)?;
        options.recorder = recorder;
        options.at_desk = !matches!(author, Author::HasBuilt(..));
        if let Author::HasBuilt(_, again) = author {
            options.reload = Some(Arc::clone(again));
            options.shared = true;
        }
        if let Some(reload) = &reload {
            options.stopping = reload.stop();
        }
        let simulated = simulated.map(AsRef::as_ref);
        run(spec, options, reload, simulated, (notes, files, &progress))
    });
    progress.end();
    outcome
}

/// Builds what is to be built. What cannot be is complained of, and others are served.
///
/// # Errors
/// Why there is nothing to serve.
fn build(spec: &mut ServerSpec, progress: &Progress) -> Result<(), Failure> {
    let unbuilt = components::refuse_unbuilt(spec, progress);
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
    options: Options,
    reload: Option<Reload>,
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
    let mut running = None;
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
        let page = simulated.as_ref().map(|simulated| simulated.page_url());
        output::print(&table::render(&ready, page.as_deref()));
        if let Some(problem) = output::lost() {
            progress.complain(&problem.into());
        }
        // A service manager may wait for this; without one, this does nothing.
        if let Err(error) = sd_notify::notify(&[sd_notify::NotifyState::Ready]) {
            tracing::warn!(%error, "the service manager cannot be told that bots are served");
        }
    };
    let served = runtime.block_on(server::run(spec, options, ready));
    if let Some(running) = running {
        running.end();
    }
    // What a stopped start still inspects or compiles is of no use any more.
    runtime.shutdown_timeout(LAST_WORK);
    served.map_err(Failure::Failed)
}

/// A flag wins over the file, the file over the default.
fn options(
    spec: &ServerSpec,
    serving: &ServingFlags,
    progress: &Progress,
) -> Result<Options, Failure> {
    let or = |flag: &Option<String>, file: &Option<String>, default: &str| {
        flag.clone()
            .or_else(|| file.clone())
            .unwrap_or_else(|| default.to_owned())
    };
    let metrics = or(
        &serving.metrics_listen,
        &spec.metrics_listen,
        addresses::METRICS,
    );
    let (shown, told) = (progress.clone(), progress.clone());
    let directories = serving.directories(spec)?;
    Ok(Options {
        listen: or(&serving.listen, &spec.listen, addresses::BOTS),
        metrics_listen: (metrics != "off").then_some(metrics),
        directories,
        drain: serving.drain.unwrap_or(spec.drain),
        at_desk: false,
        progress: Arc::new(move |line: &str| shown.say(line)),
        recorder: None,
        news: Arc::new(move |news| tell(news, &told)),
        stopping: Arc::new(|| {}),
        shared: false,
        reload: None,
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
