//! `ravenry completions`: prints a script that completes verbs and flags in a shell.

use clap::{Args, CommandFactory as _};

use crate::cli::{Cli, failure::Failure, run::Run};
use ravenry_base::output;

/// What stands at the end of its help.
const EXAMPLES: &str = "\
Examples:
  ravenry completions bash > ~/.local/share/bash-completion/completions/ravenry";

/// `ravenry completions`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

impl Run for Completions {
    fn run(&self) -> Result<(), Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "ravenry", &mut script);
        output::data(&String::from_utf8_lossy(&script));
        Ok(())
    }
}
