//! The verbs that the gateway starts itself, for work in a process of its own; not for people.

use clap::Args;

use crate::cli::{failure::Failure, run::Run};
use ravenry_base::output;
use ravenry_desk::simulator::pdf;
use ravenry_gateway::sandbox::compiler::{self, Job};

/// `ravenry compile`: a component comes in on stdin, its code goes out on stdout.
#[derive(Debug, Args)]
pub(crate) struct Compile {
    /// What code is made for: ENGINE:INSTANCES:MAPPINGS:MEMORY:SECONDS:COMPILER-MEMORY
    #[arg(value_name = "JOB")]
    pub job: Job,
}

/// `ravenry pdf-text`: a PDF comes in on stdin, its text goes out on stdout.
#[derive(Debug, Args)]
pub(crate) struct PdfText;

impl Run for Compile {
    fn run(&self) -> Result<(), Failure> {
        let compiled = compiler::run(self.job).map_err(|error| Failure::usage(&error))?;
        told(compiled)
    }
}

impl Run for PdfText {
    fn run(&self) -> Result<(), Failure> {
        told(pdf::run())
    }
}

/// What became of the work, in the words of the worker.
fn told(done: Result<(), String>) -> Result<(), Failure> {
    done.map_err(|words| {
        // Without `error:`: the process that started this one says where the words belong.
        output::tell(&words);
        Failure::Shown
    })
}
