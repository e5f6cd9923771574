//! `ravenry up`, `serve` and `build`: from what a person wrote to what is served.
//!
//! Load, build what is a directory, serve, print the table. The order is here; the work is not.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::build::{Caller, Job, build_all};
use super::progress::Progress;
use super::{Failure, LogFormat, Serving, table};
use crate::bots::deploy;
use crate::config;
use crate::config::World;
use crate::config::resolve::{BotSpec, ServerSpec};
use crate::report::{Place, Problem, Problems};
use crate::server::{self, Options};
use crate::telemetry;

/// Where bots are served when nobody says anything: this machine only.
const LISTEN: &str = "127.0.0.1:8080";

/// Where metrics are served when nobody says anything: this machine only, beside the bots.
const METRICS_LISTEN: &str = "127.0.0.1:9090";

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
const WORLD: World<'static> = World {
    variable: &variable,
    unfit: &deploy::unfit,
};

/// An environment variable; one that is not UTF-8 holds no key and no setting.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Turns sources into components with `prepare`, and serves until a signal.
pub(super) fn serve(
    mut spec: ServerSpec,
    serving: &Serving,
    prepare: impl FnOnce(&mut ServerSpec, &Progress) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let format = match serving.log_format {
        LogFormat::Text => telemetry::LogFormat::Text,
        LogFormat::Json => telemetry::LogFormat::Json,
        LogFormat::Auto => telemetry::LogFormat::Auto,
    };
    telemetry::start_logging(&serving.log, format).map_err(|error| Failure::usage(&error))?;
    let progress = Progress::logged();
    let outcome = prepare(&mut spec, &progress).and_then(|()| {
        let options = options(&spec, serving, &progress)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build();
        let runtime = runtime.map_err(|error| failed("the threads cannot be started", &error))?;
        let shown = progress.clone();
        let ready = move |ready: &server::Ready, _: &_| {
            shown.end();
            print(&table::render(ready));
        };
        runtime
            .block_on(server::run(spec, options, ready))
            .map_err(Failure::Failed)
    });
    progress.end();
    outcome
}

/// Takes bots only as components: an operator's server builds nothing, because a build runs
/// whatever commands its author wrote.
///
/// # Errors
/// All bots whose source is a directory, at once.
pub(super) fn only_components(spec: &mut ServerSpec, _: &Progress) -> Result<(), Failure> {
    let bots = spec.tenants.iter().flat_map(|tenant| &tenant.bots);
    let unbuilt = bots.filter(|bot| bot.source.is_dir()).map(|bot| Problem {
        message: format!("bot `{}` is not built", bot.name),
        causes: vec![format!(
            "its source is the directory `{}`, and `serve` builds nothing",
            bot.source.display()
        )],
        place: Some(bot.place.clone()),
        hint: Some("build it with `ravenry build`, and name the .wasm file as `source`".to_owned()),
    });
    Problems(unbuilt.collect()).or(()).map_err(Failure::Usage)
}

/// Builds every bot whose source is a directory, and puts the component in its place.
///
/// # Errors
/// All bots that cannot be built, at once.
pub(super) fn build(spec: &mut ServerSpec, progress: &Progress) -> Result<(), Failure> {
    let bots = spec.tenants.iter_mut().flat_map(|tenant| &mut tenant.bots);
    let mut wanted: Vec<&mut BotSpec> = bots
        .filter(|bot| bot.source.is_dir() || bot.build.is_some())
        .collect();
    let jobs: Vec<Job<'_>> = wanted
        .iter()
        .map(|bot| Job {
            source: &bot.source,
            command: bot.build.as_ref().map(|build| build.command.as_str()),
            home: home(&bot.place),
        })
        .collect();
    let caller = Caller {
        progress: &|line| progress.say(line),
        interrupt: None,
    };
    let built = build_all(&jobs, &caller);
    let mut problems = Problems::default();
    for (bot, result) in wanted.iter_mut().zip(built) {
        match result {
            Ok(path) => bot.source = path,
            Err(error) => {
                // Several crates of one workspace fail with the same words: once is enough.
                let same = |problem: &Problem| problem.causes.contains(&error.to_string());
                if let Some(output) = error.output().filter(|_| !problems.0.iter().any(same)) {
                    progress.keep(output);
                }
                problems.0.push(Problem {
                    message: format!("bot `{}` cannot be built", bot.name),
                    causes: vec![error.to_string()],
                    place: Some(bot.place.clone()),
                    hint: error.hint().map(str::to_owned),
                });
            }
        }
    }
    problems.or(()).map_err(Failure::Failed)
}

/// The directory of the file that declares a bot.
fn home(place: &Place) -> &Path {
    let directory = Path::new(&place.file).parent().unwrap_or(Path::new("."));
    // `ravenry.toml` alone has the parent "", which is no directory to be in.
    if directory == Path::new("") {
        Path::new(".")
    } else {
        directory
    }
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

/// What cannot be read at all.
pub(super) fn unreadable(path: &Path, error: &io::Error) -> Failure {
    failed(&format!("cannot read `{}`", path.display()), error)
}
