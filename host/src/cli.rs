//! Verbs, flags, environment variables, and what a person at a terminal sees.
//!
//! In go the arguments; out comes an exit code: 0 for success, 1 for a failure, 2 for a mistake in
//! the arguments or in a file that a person wrote. stdout is data (URLs, tables, JSON), stderr is
//! talk (progress, errors). A verb is short and calls one concern; nothing here decides about bots.

mod artifact;
pub(crate) mod build;
mod build_error;
mod cargo;
mod chat;
mod check;
mod components;
mod dev_simulator;
pub(crate) mod inspect;
mod key;
pub(crate) mod network_flags;
mod new;
mod process;
mod progress;
mod record;
mod reload;
pub(crate) mod serve;
pub(crate) mod simulate;
mod simulator_config;
mod source_tree;
pub(crate) mod sync;
pub(crate) mod table;
pub(crate) mod test;
pub(crate) mod up;
mod watch;
mod worker_commands;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use clap::{
    Arg, Args, Command, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum,
    builder::{PossibleValue, PossibleValuesParser, Resettable, Styles},
};

use self::{
    network_flags::Outside, progress::Progress, serve::Serve, simulate::Simulate, test::Test,
    up::Up,
};
use ravenry_base::{
    output,
    report::{Problem, Problems},
    secret::without_users,
    worker,
};
use ravenry_config::limits;
use ravenry_desk::simulator::pdf;

/// A WebAssembly plugin gateway for chat bots that speak the Poe protocol.
#[derive(Debug, Parser)]
#[command(name = "ravenry", version, about, max_term_width = 100)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Build bots, mount them and serve them: the loop of a bot's author
    Up(Up),
    /// Serve the tenants and bots of an operator's file
    Serve(Serve),
    /// Make the directory of a new bot
    New(New),
    /// Build bots to components, and print where these are
    Build(Build),
    /// Talk with a bot, here or anywhere: at a terminal, or as a filter
    Chat(chat::Chat),
    /// Have Poe ask bots for their settings, now
    Sync(sync::Sync),
    /// Hold bots against recorded conversations
    Test(Test),
    /// Play Poe on this machine: for bots that ask, upload and charge, and to talk to them
    Simulate(Simulate),
    /// Show what a component imports and exports, and whether this gateway can run it
    Inspect(inspect::Inspect),
    /// Hold any bot against the rules of the protocol
    Check(check::Check),
    /// Print a completion script for a shell
    Completions(Completions),
    /// Compile a component, for a gateway that has started this
    #[command(hide = true)]
    Compile(worker_commands::Compile),
    /// Read a PDF, for a played platform that has started this
    #[command(hide = true)]
    PdfText,
}

/// `ravenry new`
#[derive(Debug, Args)]
pub(crate) struct New {
    /// The directory to make; its last part names the bot
    #[arg(value_name = "NAME")]
    pub directory: PathBuf,
    /// What to make it of
    #[arg(long, value_name = "TEMPLATE", default_value = "rust", value_parser = templates())]
    pub template: String,
    /// Where `ravenry-sdk` is: a checkout of Ravenry, the crate itself, or the URL of a git
    /// repository [default: the checkout around the new bot, or a copy in the bot's directory]
    #[arg(long, value_name = "PATH|URL")]
    pub sdk: Option<String>,
}

/// The names of the templates, each with what it is.
fn templates() -> PossibleValuesParser {
    let values = new::names().map(|(name, about)| PossibleValue::new(name).help(about));
    values.collect::<Vec<_>>().into()
}

/// `ravenry build`
#[derive(Debug, Args)]
pub(crate) struct Build {
    /// A directory of bots, a bot's own directory, or a `ravenry.toml`
    #[arg(value_name = "DIR|FILE", default_value = ".")]
    pub source: PathBuf,
}

/// `ravenry completions`
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

/// What `up` and `serve` have in common. A flag wins over its variable, both win over a file.
#[derive(Clone, Debug, Args)]
pub(crate) struct Serving {
    /// Where bots are served; port 0 takes a free one [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR", env = "RAVENRY_LISTEN")]
    pub listen: Option<String>,
    /// Where metrics are served, or `off` [default: 127.0.0.1:9090]
    #[arg(long, value_name = "ADDR", env = "RAVENRY_METRICS_LISTEN")]
    pub metrics_listen: Option<String>,
    /// Where state is kept [default: ~/.local/state/ravenry]
    #[arg(long, value_name = "DIR", env = "RAVENRY_STATE_DIR")]
    pub state_dir: Option<PathBuf>,
    /// Where compiled code is kept [default: ~/.cache/ravenry]
    #[arg(long, value_name = "DIR", env = "RAVENRY_CACHE_DIR")]
    pub cache_dir: Option<PathBuf>,
    /// A limit for all bots, such as `memory=32MiB`; may be given several times
    #[arg(
        long = "limit",
        value_name = "NAME=VALUE",
        env = "RAVENRY_LIMITS",
        value_delimiter = ',',
        value_parser = pair,
        long_help = limits_help()
    )]
    pub limits: Vec<(String, String)>,
    /// What is outside.
    #[command(flatten)]
    pub outside: Outside,
    /// How long running replies may go on after a stop signal [default: 30s]
    #[arg(long, value_name = "DURATION", env = "RAVENRY_DRAIN",
          value_parser = humantime::parse_duration)]
    pub drain: Option<Duration>,
    /// How logs are written
    #[arg(
        long,
        value_name = "FORMAT",
        env = "RAVENRY_LOG_FORMAT",
        default_value = "auto"
    )]
    pub log_format: LogFormat,
    /// Which logs are written: a level, or `level,target=level`
    #[arg(
        long,
        value_name = "LEVEL",
        env = "RAVENRY_LOG",
        default_value = "info"
    )]
    pub log: String,
}

/// `NAME=VALUE`; what names and values there are is for `config` to say.
fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text
        .split_once('=')
        .ok_or("write NAME=VALUE, as in memory=32MiB")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

fn limits_help() -> String {
    let rows = limits::help();
    format!(
        "A limit for all bots, as NAME=VALUE; may be given several times. Names, defaults:\n\n{rows}"
    )
}

/// How logs are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// Lines for people
    Text,
    /// One JSON object per line
    Json,
    /// Text on a terminal, JSON otherwise
    Auto,
}

/// Why a verb did not do what it was asked for.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A mistake in the arguments, or in a file that a person wrote: exit code 2.
    Usage(Problems),
    /// Everything else: exit code 1.
    Failed(Problems),
    /// Said already, as part of the output: exit code 1.
    Shown,
}

impl Failure {
    /// A mistake in the arguments.
    fn usage(error: &impl ToString) -> Self {
        let message = error.to_string();
        Self::Usage(
            Problem {
                message,
                ..Problem::default()
            }
            .into(),
        )
    }

    /// What is wrong; nothing where it was said already.
    fn into_problems(self) -> Problems {
        match self {
            Self::Usage(problems) | Self::Failed(problems) => problems,
            Self::Shown => Problems::default(),
        }
    }

    /// Tells it on stderr, and gives the exit code.
    fn report(&self) -> ExitCode {
        let (problems, code) = match self {
            Self::Usage(problems) => (problems, 2),
            Self::Failed(problems) => (problems, 1),
            Self::Shown => return ExitCode::from(1),
        };
        output::tell(&problems.to_string());
        ExitCode::from(code)
    }
}

/// The whole program: reads the arguments of the process and does what they ask for.
pub(crate) fn main() -> ExitCode {
    worker::enable();
    let matches = command().try_get_matches();
    match matches.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => run(&cli),
        Err(error) => answer(&error),
    }
}

/// What may be asked for. A variable that is empty is one that is not set.
fn command() -> Command {
    let heard = |argument: Arg| {
        let value = argument.get_env().and_then(std::env::var_os);
        if value.is_some_and(|value| value.is_empty()) {
            argument.env(Resettable::Reset)
        } else {
            argument
        }
    };
    // Without colours: an escape sequence in what it says is somebody's argument.
    let command = Cli::command().styles(Styles::plain());
    command.mut_subcommands(|verb| verb.mut_args(heard))
}

/// The help or the version that was asked for, or what is wrong with the arguments. Both repeat arguments, or
/// the values of variables.
fn answer(error: &clap::Error) -> ExitCode {
    let text = without_users(&error.render().ansi().to_string());
    if error.use_stderr() {
        output::tell(text.trim_end());
        return ExitCode::from(2);
    }
    output::print(&text);
    ended(Ok(()))
}

/// The exit code of what was done; what could not be written is told, too.
fn ended(outcome: Result<(), Failure>) -> ExitCode {
    let outcome = match (outcome, output::lost()) {
        (Ok(()) | Err(Failure::Shown), Some(problem)) => Err(Failure::Failed(problem.into())),
        (outcome, _) => outcome,
    };
    outcome.map_or_else(|failure| failure.report(), |()| ExitCode::SUCCESS)
}

/// Does what the arguments ask for.
pub(crate) fn run(cli: &Cli) -> ExitCode {
    let outcome = match &cli.verb {
        Verb::Up(verb) => verb.run(),
        Verb::Serve(verb) => verb.run(),
        Verb::New(verb) => verb.run(),
        Verb::Build(verb) => verb.run(),
        Verb::Chat(verb) => verb.run(),
        Verb::Sync(verb) => sync::run(verb),
        Verb::Test(verb) => test::run(verb),
        Verb::Simulate(verb) => verb.run(),
        Verb::Inspect(verb) => verb.run(),
        Verb::Check(verb) => check::run(verb),
        Verb::Compile(verb) => verb.run(),
        Verb::PdfText => worker_commands::told(pdf::run()),
        Verb::Completions(verb) => {
            verb.run();
            Ok(())
        }
    };
    ended(outcome)
}

impl New {
    fn run(&self) -> Result<(), Failure> {
        let unknown = || Failure::usage(&format!("there is no template `{}`", self.template));
        let template = new::named(&self.template).ok_or_else(unknown)?;
        let made = new::make(&self.directory, template, self.sdk.as_deref())?;
        output::print(&made.text(&new::this_program()));
        Ok(())
    }
}

impl Build {
    fn run(&self) -> Result<(), Failure> {
        let mut spec = up::load(&self.source, up::WITHOUT_SECRETS)?;
        let progress = Progress::start();
        let built = components::build(&mut spec, &progress);
        progress.end();
        built?;
        output::data(&up::list(&spec));
        Ok(())
    }
}

impl Completions {
    fn run(&self) {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "ravenry", &mut script);
        output::data(&String::from_utf8_lossy(&script));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names, defaults and conflicts of all flags are consistent; clap checks that only when asked.
    #[test]
    fn the_flags_fit_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn limits_are_separated_by_commas_and_flags() {
        let arguments = [
            "ravenry",
            "up",
            "--limit",
            "cpu=1s,memory=32MiB",
            "--limit",
            "text=10",
        ];
        let Verb::Up(up) = Cli::try_parse_from(arguments).unwrap().verb else {
            panic!("another verb");
        };
        let names: Vec<&str> = up
            .serving
            .limits
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(names, ["cpu", "memory", "text"]);
        assert_eq!(up.serving.limits[1].1, "32MiB");
        assert!(Cli::try_parse_from(["ravenry", "up", "--limit", "cpu"]).is_err());
        assert_eq!(up.source, PathBuf::from("."));
    }
}
