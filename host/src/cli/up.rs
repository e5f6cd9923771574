//! `ravenry up`, `serve` and `build`: from what a person wrote to what is served.
//!
//! Load, build what is a directory, serve, print the table, reload on change. The order is here; the
//! work is not.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use clap::Args;

use super::{
    Failure, LogFormat, Serving, components, dev_simulator::Simulated, progress::Progress, record,
    reload::Reload, simulate::LISTEN as SIMULATE, table,
};
use ravenry_base::{output, report::Problem};
use ravenry_config::{self as config, World, resolve::ServerSpec};
use ravenry_gateway::{
    bots::{deployment::Deployment, mount},
    server::{self, BotEvent, Directories, Options, RefusedBot, record::Recorder},
    telemetry,
    walls::Walls,
};

/// Where bots are served when nobody says anything: this machine only.
pub(super) const LISTEN: &str = "127.0.0.1:8080";

/// Where metrics are served when nobody says anything: this machine only, beside the bots.
const METRICS_LISTEN: &str = "127.0.0.1:9090";

/// Polls after which a thread that serves looks at its sockets. A poll of a guest may last a
/// millisecond; a look costs less than one.
const EVENT_INTERVAL: u32 = 8;

/// Polls after which such a thread looks at the queue that all share: what compute threads wake is there,
/// and what did not fit into its own. Where thousands of connections are busy, one that is there would
/// else wait for 60 others each time that one of them is taken.
const QUEUE_INTERVAL: u32 = 3;

/// What a person should know who changes his bots.
const CHANGES: &str = "What you change is built and mounted as you save it; running replies end on the version that they began with.";

/// `ravenry up`
#[derive(Debug, Args)]
pub(crate) struct Up {
    /// A directory of bots, a bot's own directory, a `ravenry.toml`, or a .wasm file
    #[arg(value_name = "DIR|FILE", default_value = ".")]
    pub source: PathBuf,
    /// Do not build and mount again what changes
    #[arg(long)]
    pub no_watch: bool,
    /// Play Poe beside the bots, so that they can ask others, upload and charge without Poe and
    /// without keys; port 0 takes a free one [default, where no address is given: 127.0.0.1:8081]
    #[arg(
        long,
        value_name = "ADDR",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = SIMULATE
    )]
    pub simulate: Option<String>,
    /// Where the page is on which a person talks to the bots, on this machine, or `off`; port 0 takes a
    /// free one. With `--simulate` it is where Poe is played [default: 127.0.0.1:8081, or a free port
    /// if that is taken]
    #[arg(long, value_name = "ADDR", env = "RAVENRY_PAGE")]
    pub page: Option<String>,
    /// A file with more bots for the played Poe: their URLs and keys, or nothing but their replies
    #[arg(long, value_name = "FILE", requires = "simulate")]
    pub scripts: Option<PathBuf>,
    /// Write each query, its answer and what the bot asked of others to a file of its own, for
    /// `ravenry test`
    #[arg(long, value_name = "DIR", env = "RAVENRY_RECORD")]
    pub record: Option<PathBuf>,
    /// How to serve.
    #[command(flatten)]
    pub serving: Serving,
}

impl Up {
    /// Builds, serves and looks after changes, until a signal.
    pub(super) fn run(&self) -> Result<(), Failure> {
        let mut spec = read(&self.source, &self.serving.limits)?;
        if spec.is_void() {
            spec = spec.whole().map_err(Failure::Usage)?;
        }
        self.serving.outside.apply(&mut spec);
        let simulated = match (&self.simulate, self.page.as_deref()) {
            (Some(listen), _) => Some(Simulated::start(listen, self.scripts.as_deref())?),
            (None, Some("off")) => None,
            (None, listen) => Some(Simulated::page(listen)?),
        };
        let simulated = simulated.map(Arc::new);
        if let Some(simulated) = &simulated {
            simulated.prepare(&mut spec);
        }
        let author = if self.no_watch {
            Author::Builds
        } else {
            Author::Watches(&self.source)
        };
        let recorder = self.record.as_deref().map(record::recorder).transpose()?;
        // To the end: what was said last is written when the writer goes.
        let (recorder, _writer) = recorder.unzip();
        serve(spec, &self.serving, &author, simulated.as_ref(), recorder)
    }
}

/// Loads what an author names: a directory, a manifest, or a component.
///
/// # Errors
/// All mistakes of its files, at once.
pub(super) fn load(source: &Path, world: World<'_>) -> Result<ServerSpec, Failure> {
    let loaded = config::load_path(source, &[], world).and_then(ServerSpec::whole);
    loaded.map_err(Failure::Usage)
}

/// Loads the same; what is wrong with bots leaves the others in it.
pub(super) fn read(source: &Path, limits: &[(String, String)]) -> Result<ServerSpec, Failure> {
    config::load_path(source, limits, WORLD).map_err(Failure::Usage)
}

/// The world that files are read in.
pub(super) const WORLD: World<'static> = World {
    variable: &variable,
    unfit: &mount::unfit,
    stand_in: None,
};

/// The same for whoever uses no key and no secret: none is read, and none is missing.
pub(super) const WITHOUT_SECRETS: World<'static> = World {
    stand_in: Some("no-secret-but-a-stand-in"),
    ..WORLD
};

/// An environment variable; one that is not UTF-8 holds no key and no setting, and one that is empty is not set.
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Where components come from, and what happens when their sources change.
pub(super) enum Author<'a> {
    /// Builds what is named here, and builds and mounts it again when it changes.
    Watches(&'a Path),
    /// Builds, once.
    Builds,
    /// Has built: an operator's server builds nothing. It has walls around it, and reads its files again
    /// when it is asked to.
    HasBuilt(&'a Walls, server::Reload),
}

/// Turns sources into components, and serves until a signal.
pub(super) fn serve(
    mut spec: ServerSpec,
    serving: &Serving,
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

/// Says which bots anybody may ask, at the cost of whoever has them served.
pub(super) fn tell_open(spec: &ServerSpec) {
    let bots = spec.tenants.iter().flat_map(|tenant| &tenant.bots);
    for bot in bots.filter(|bot| bot.access_keys.is_empty()) {
        tracing::warn!(
            tenant = bot.tenant.as_str(),
            bot = bot.name.as_str(),
            hint = "give it `poe.access_key`, unless that is meant",
            "anybody may ask this bot: it has no access key"
        );
    }
}

/// How long the process waits for work that it does not need any more.
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
    let runtime = runtime.map_err(|error| failed("the threads cannot be started", &error))?;
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
        // Who started this as a service may wait for it; without a service manager, nobody is told.
        if let Err(error) = sd_notify::notify(&[sd_notify::NotifyState::Ready]) {
            tracing::warn!(%error, "the service manager cannot be told that bots are served");
        }
    };
    let served = runtime.block_on(server::run(spec, options, ready));
    if let Some(running) = running {
        running.end();
    }
    // What a start that was stopped is still looking at, or has compiled, is nobody's any more.
    runtime.shutdown_timeout(LAST_WORK);
    served.map_err(Failure::Failed)
}

/// A flag wins over the file, the file over the default.
fn options(spec: &ServerSpec, serving: &Serving, progress: &Progress) -> Result<Options, Failure> {
    let or = |flag: &Option<String>, file: &Option<String>, default: &str| {
        flag.clone()
            .or_else(|| file.clone())
            .unwrap_or_else(|| default.to_owned())
    };
    let metrics = or(
        &serving.metrics_listen,
        &spec.metrics_listen,
        METRICS_LISTEN,
    );
    let (shown, told) = (progress.clone(), progress.clone());
    let directories = directories(spec, serving)?;
    Ok(Options {
        listen: or(&serving.listen, &spec.listen, LISTEN),
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

/// Where things are kept: a flag wins over the file, the file over the default.
pub(super) fn directories(spec: &ServerSpec, serving: &Serving) -> Result<Directories, Failure> {
    let state = serving.state_dir.as_ref().or(spec.state_dir.as_ref());
    let cache = serving.cache_dir.as_ref().or(spec.cache_dir.as_ref());
    Ok(Directories {
        state: state.map_or_else(state_dir, |dir| Ok(dir.clone()))?,
        cache: cache.map_or_else(cache_dir, |dir| Ok(dir.clone()))?,
    })
}

/// Says what has become of a bot that was still being compiled.
fn tell(news: BotEvent, progress: &Progress) {
    match news {
        BotEvent::Mounted(bot) => {
            let took = bot.code.map_or(Duration::ZERO, |code| code.prepared_in);
            let took = table::rounded(took);
            progress.tell(&format!("Compiled `{}` in {took}: {}", bot.name, bot.url));
        }
        BotEvent::Refused(problem) => progress.complain(&problem.into()),
    }
}

/// Where compiled code is kept when nobody says anything.
pub(super) fn cache_dir() -> Result<PathBuf, Failure> {
    home_dir("XDG_CACHE_HOME", ".cache", "--cache-dir")
}

/// Where state is kept when nobody says anything.
pub(super) fn state_dir() -> Result<PathBuf, Failure> {
    home_dir("XDG_STATE_HOME", ".local/state", "--state-dir")
}

/// A directory of the user's own, by the rules of freedesktop.org: relative values do not count.
fn home_dir(variable: &str, below_home: &str, flag: &str) -> Result<PathBuf, Failure> {
    let absolute = |name: &str| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|p| p.is_absolute())
    };
    let base = absolute(variable).or_else(|| Some(absolute("HOME")?.join(below_home)));
    base.map(|base| base.join("ravenry")).ok_or_else(|| {
        let message = format!("neither {variable} nor HOME names a directory");
        let hint = Some(format!("choose one with {flag}"));
        Failure::Usage(
            Problem {
                message,
                hint,
                ..Problem::default()
            }
            .into(),
        )
    })
}

/// Where the components of a specification are, one path on each line.
pub(super) fn list(spec: &ServerSpec) -> String {
    let bots = spec.tenants.iter().flat_map(|tenant| &tenant.bots);
    let paths: Vec<String> = bots.map(|bot| bot.source.display().to_string()).collect();
    paths.join("\n") + "\n"
}

fn failed(what: &str, error: &io::Error) -> Failure {
    let (message, causes) = (what.to_owned(), vec![error.to_string()]);
    Failure::Failed(
        Problem {
            message,
            causes,
            ..Problem::default()
        }
        .into(),
    )
}

/// What cannot be written.
pub(super) fn unwritable(path: &Path, error: &io::Error) -> Failure {
    failed(&format!("cannot write `{}`", path.display()), error)
}

/// What cannot be read at all.
pub(super) fn unreadable(path: &Path, error: &io::Error) -> Failure {
    failed(&format!("cannot read `{}`", path.display()), error)
}
