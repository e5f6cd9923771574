//! Verbs, flags, environment variables, and what a person at a terminal sees.
//!
//! In go the arguments; out comes an exit code: 0 for success, 1 for a failure, 2 for a mistake in
//! the arguments or in a file that a person wrote. stdout is data (URLs, tables, JSON), stderr is
//! talk (progress, errors). A verb is short and calls one concern; nothing here decides about bots.

mod addresses;
mod artifact;
mod build;
mod build_error;
mod cargo;
mod components;
mod dev_simulator;
mod directories;
mod environment;
mod failure;
mod flag_values;
mod formatting;
mod key_flags;
mod load;
mod network_flags;
mod process;
mod progress;
mod record;
mod reload;
mod serving;
mod serving_flags;
mod simulator;
mod simulator_config;
mod source_tree;
mod table;
mod verbs;
mod watch;

use std::{path::PathBuf, process::ExitCode};

use clap::{
    Arg, Args, Command, CommandFactory as _, FromArgMatches as _, Parser, Subcommand,
    builder::{PossibleValue, PossibleValuesParser, Resettable, Styles},
};

use self::{
    failure::Failure,
    progress::Progress,
    verbs::{
        chat, check, inspect, new, serve::Serve, simulate::Simulate, sync, test, test::Test,
        up::Up, worker_commands,
    },
};
use ravenry_base::{output, secret::without_users, worker};
use ravenry_config::resolve::ServerSpec;
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
        let mut spec = load::strict(&self.source, load::WITHOUT_SECRETS)?;
        let progress = Progress::start();
        let built = components::build(&mut spec, &progress);
        progress.end();
        built?;
        output::data(&list(&spec));
        Ok(())
    }
}

/// Where the components of a specification are, one path on each line.
fn list(spec: &ServerSpec) -> String {
    let bots = spec.tenants.iter().flat_map(|tenant| &tenant.bots);
    let paths: Vec<String> = bots.map(|bot| bot.source.display().to_string()).collect();
    paths.join("\n") + "\n"
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
