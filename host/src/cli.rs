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
mod described;
mod dev_simulator;
mod directories;
mod environment;
mod failure;
mod flag_values;
mod formatting;
mod job;
mod kept;
mod key_flags;
mod knowledge_model;
mod load;
mod network_flags;
mod process;
mod progress;
mod python;
mod python_file;
mod record;
mod reload;
mod run;
mod serving;
mod serving_flags;
mod signals;
mod simulator;
mod simulator_config;
mod source_tree;
mod table;
mod verbs;
mod watch;

use std::process::ExitCode;

use clap::{
    Arg, Command, CommandFactory as _, FromArgMatches as _, Parser, Subcommand,
    builder::{Resettable, Styles},
};

use self::{failure::Failure, run::Run};
use ravenry_base::{output, secret::without_users, worker};

/// A WebAssembly plugin gateway for chat bots that speak the Poe protocol.
#[derive(Debug, Parser)]
#[command(name = "ravenry", version, about, max_term_width = 100)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    verb: Verb,
}

// Verbs are named here and nowhere else.
/// What to do.
#[derive(Debug, Subcommand)]
enum Verb {
    /// Build and serve bots, again with every change: for a bot's author
    Up(verbs::up::Up),
    /// Serve the bots of many tenants, as an operator's file says
    Serve(verbs::serve::Serve),
    /// Make the directory of a new bot
    New(verbs::new::New),
    /// Build bots to components, and print where these are
    Build(verbs::build::Build),
    /// Talk with any bot: at a terminal, or as a filter in a pipe
    Chat(verbs::chat::Chat),
    /// Make Poe ask bots for their settings now
    Sync(verbs::sync::Sync),
    /// Look at what bots keep, change it, export it, forget a person, back it up
    Store(verbs::store::Store),
    /// List, add, remove and search the documents that bots know
    Knowledge(verbs::knowledge::Knowledge),
    /// Compare bots with recorded conversations
    Test(verbs::test::Test),
    /// Play Poe on this machine, for bots that ask others, upload and charge
    Simulate(verbs::simulate::Simulate),
    /// Show what a component imports and exports, and whether this gateway can run it
    Inspect(verbs::inspect::Inspect),
    /// Check any bot against the rules of the protocol
    Check(verbs::check::Check),
    /// Print a completion script for a shell
    Completions(verbs::completions::Completions),
    /// Compile a component, for a gateway that has started this
    #[command(hide = true)]
    Compile(verbs::worker_commands::Compile),
    /// Read a document, for a program that has started this
    #[command(hide = true)]
    DocumentText(verbs::worker_commands::DocumentText),
    /// Make vectors of texts, for a gateway that has started this
    #[command(hide = true)]
    Embed(verbs::worker_commands::Embed),
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

/// All verbs and flags. An environment variable that is empty counts as not set.
fn command() -> Command {
    let with_set_variable = |argument: Arg| {
        let value = argument.get_env().and_then(std::env::var_os);
        if value.is_some_and(|value| value.is_empty()) {
            argument.env(Resettable::Reset)
        } else {
            argument
        }
    };
    // Without colours: an escape sequence in what it says can only have come in with an argument.
    let command = Cli::command().styles(Styles::plain());
    command.mut_subcommands(|verb| {
        let verb = verb.mut_args(with_set_variable);
        verb.mut_subcommands(|verb| verb.mut_args(with_set_variable))
    })
}

/// Prints the help or the version that was asked for, or what is wrong with the arguments. Both repeat
/// arguments and values of variables: passwords in URLs are left out.
fn answer(error: &clap::Error) -> ExitCode {
    let text = without_users(&error.render().ansi().to_string());
    if error.use_stderr() {
        output::tell(text.trim_end());
        return ExitCode::from(2);
    }
    output::print(&text);
    ended(Ok(()))
}

/// The exit code of what was done. That something could not be printed is a failure, too.
fn ended(outcome: Result<(), Failure>) -> ExitCode {
    let outcome = match (outcome, output::lost()) {
        (Ok(()) | Err(Failure::Shown), Some(problem)) => Err(Failure::Failed(problem.into())),
        (outcome, _) => outcome,
    };
    outcome.map_or_else(|failure| failure.report(), |()| ExitCode::SUCCESS)
}

/// Does what the arguments ask for.
fn run(cli: &Cli) -> ExitCode {
    let verb: &dyn Run = match &cli.verb {
        Verb::Up(verb) => verb,
        Verb::Serve(verb) => verb,
        Verb::New(verb) => verb,
        Verb::Build(verb) => verb,
        Verb::Chat(verb) => verb,
        Verb::Sync(verb) => verb,
        Verb::Store(verb) => verb,
        Verb::Knowledge(verb) => verb,
        Verb::Test(verb) => verb,
        Verb::Simulate(verb) => verb,
        Verb::Inspect(verb) => verb,
        Verb::Check(verb) => verb,
        Verb::Completions(verb) => verb,
        Verb::Compile(verb) => verb,
        Verb::DocumentText(verb) => verb,
        Verb::Embed(verb) => verb,
    };
    ended(verb.run())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// Names, defaults and conflicts of all flags are consistent; clap checks that only when asked.
    #[test]
    fn the_flags_fit_together() {
        Cli::command().debug_assert();
    }

    /// What stands at the end of a help can be typed as it stands there.
    #[test]
    fn examples_are_right() {
        let mut read = 0;
        for verb in Cli::command().get_subcommands() {
            let examples = verb.get_after_help().map(ToString::to_string);
            for line in examples.iter().flat_map(|text| text.lines()).skip(1) {
                let (_, call) = line.split_once("ravenry ").unwrap();
                let call = call.split(['#', '>']).next().unwrap();
                let arguments = ["ravenry"].into_iter().chain(call.split_whitespace());
                if let Err(error) = Cli::try_parse_from(arguments) {
                    panic!("{line}: {error}");
                }
                read += 1;
            }
        }
        assert!(read > 10, "{read}");
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
        assert_eq!(up.source, Path::new("."));
    }
}
