//! The verbs that the gateway starts itself, for work in a process of its own; not for people.

use clap::Args;

use crate::cli::failure::Failure;
use ravenry_base::output;
use ravenry_gateway::sandbox::compiler::{self, Job};

/// `ravenry compile`
#[derive(Debug, Args)]
pub(crate) struct Compile {
    /// What code is made for: ENGINE:INSTANCES:MAPPINGS:MEMORY:SECONDS:COMPILER-MEMORY
    #[arg(value_name = "JOB")]
    pub job: Job,
}

/// What became of the work, in the words of the worker.
pub(in crate::cli) fn told(done: Result<(), String>) -> Result<(), Failure> {
    done.map_err(|words| {
        // Bare: the one who asked says where it belongs.
        output::tell(&words);
        Failure::Shown
    })
}

impl Compile {
    /// A component comes in on stdin, its code goes out on stdout.
    pub(in crate::cli) fn run(&self) -> Result<(), Failure> {
        let compiled = compiler::run(self.job).map_err(|error| Failure::usage(&error))?;
        told(compiled)
    }
}
