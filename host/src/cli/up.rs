//! `ravenry up`, `serve` and `build`: from what a person wrote to what is served.
//!
//! Load, build what is a directory, serve, print the table, reload on change. The order is here; the
//! work is not.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::progress::Progress;
use super::reload::Reload;
use super::{Failure, LogFormat, Serving, components, table};
use crate::bots::deploy;
use crate::bots::deployment::Deployment;
use crate::config;
use crate::config::World;
use crate::config::resolve::ServerSpec;
use crate::report::Problem;
use crate::server::record::Recorder;
use crate::server::{self, Options};
use crate::telemetry;

/// Where bots are served when nobody says anything: this machine only.
const LISTEN: &str = "127.0.0.1:8080";

/// Where metrics are served when nobody says anything: this machine only, beside the bots.
const METRICS_LISTEN: &str = "127.0.0.1:9090";

/// What a person should know who changes his bots.
const CHANGES: &str = "What you change is built and mounted as you save it; running replies end on the version that they began with.";

/// Loads what an author names: a directory, a manifest, or a component.
///
/// # Errors
/// All mistakes of its files, at once.
pub(super) fn load(source: &Path, limits: &[(String, String)]) -> Result<ServerSpec, Failure> {
    config::load_path(source, limits, WORLD).map_err(Failure::Usage)
}

/// Loads an operator's file with the manifests that it names.
///
/// # Errors
/// All mistakes of all files, at once.
pub(super) fn load_operator(
    file: &Path,
    limits: &[(String, String)],
) -> Result<ServerSpec, Failure> {
    config::load_operator(file, limits, WORLD).map_err(Failure::Usage)
}

/// The world that files are read in.
pub(super) const WORLD: World<'static> = World {
    variable: &variable,
    unfit: &deploy::unfit,
    stand_in: None,
};

/// An environment variable; one that is not UTF-8 holds no key and no setting.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Where components come from, and what happens when their sources change.
pub(super) enum Author<'a> {
    /// Builds what is named here, and builds and mounts it again when it changes.
    Watches(&'a Path),
    /// Builds, once.
    Builds,
    /// Has built: an operator's server builds nothing.
    HasBuilt,
}

/// Turns sources into components, and serves until a signal.
pub(super) fn serve(
    mut spec: ServerSpec,
    serving: &Serving,
    author: &Author<'_>,
    recorder: Option<Recorder>,
) -> Result<(), Failure> {
    let format = match serving.log_format {
        LogFormat::Text => telemetry::LogFormat::Text,
        LogFormat::Json => telemetry::LogFormat::Json,
        LogFormat::Auto => telemetry::LogFormat::Auto,
    };
    telemetry::start_logging(&serving.log, format).map_err(|error| Failure::usage(&error))?;
    let progress = Progress::logged();
    let mut reload = match author {
        Author::Watches(source) => Reload::new(source, &serving.limits, &spec, &progress),
        Author::Builds | Author::HasBuilt => None,
    };
    let prepared = match author {
        Author::HasBuilt => components::only_components(&spec),
        Author::Watches(_) | Author::Builds => components::build(&mut spec, &progress),
    };
    if let Some(reload) = &mut reload {
        reload.built(&spec, &progress);
    }
    let outcome = prepared.and_then(|()| {
        let mut options = options(&spec, serving, &progress)?;
        options.recorder = recorder;
        if let Some(reload) = &reload {
            options.stopping = reload.stop();
        }
        run(spec, options, reload, &progress)
    });
    progress.end();
    outcome
}

/// Serves, and mounts again what has changed, until a signal.
fn run(
    spec: ServerSpec,
    options: Options,
    reload: Option<Reload>,
    progress: &Progress,
) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let runtime = runtime.map_err(|error| failed("the threads cannot be started", &error))?;
    let mut running = None;
    let ready = |ready: &server::Ready, deployment: &Arc<Deployment>| {
        progress.end();
        let mut ready = ready.clone();
        running = reload.map(|reload| {
            ready.notes.push(CHANGES.to_owned());
            reload.run(Arc::clone(deployment), ready.url.clone())
        });
        print(&table::render(&ready));
    };
    let served = runtime.block_on(server::run(spec, options, ready));
    if let Some(running) = running {
        running.end();
    }
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
    let shown = progress.clone();
    Ok(Options {
        listen: or(&serving.listen, &spec.listen, LISTEN),
        metrics_listen: (metrics != "off").then_some(metrics),
        state_dir: match serving.state_dir.as_ref().or(spec.state_dir.as_ref()) {
            Some(dir) => dir.clone(),
            None => home_dir("XDG_STATE_HOME", ".local/state", "--state-dir")?,
        },
        cache_dir: match serving.cache_dir.as_ref().or(spec.cache_dir.as_ref()) {
            Some(dir) => dir.clone(),
            None => cache_dir()?,
        },
        drain: serving.drain.unwrap_or(spec.drain),
        progress: Arc::new(move |line: &str| shown.say(line)),
        recorder: None,
        stopping: Arc::new(|| {}),
    })
}

/// Where compiled code is kept when nobody says anything.
pub(super) fn cache_dir() -> Result<PathBuf, Failure> {
    home_dir("XDG_CACHE_HOME", ".cache", "--cache-dir")
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

/// Data for stdout. A reader that has gone away is no failure of ours.
pub(super) fn print(text: &str) {
    let mut stdout = io::stdout().lock();
    let _ = stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush());
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
