//! The verbs that the gateway starts itself, for work in a process of its own; not for people.

use std::path::PathBuf;

use clap::Args;

use crate::cli::{failure::Failure, run::Run};
use ravenry_base::output;
use ravenry_documents::{self as documents, Kind};
use ravenry_gateway::{
    embedding::worker,
    sandbox::compiler::{self, Job},
};

/// `ravenry compile`: a component comes in on stdin, its code goes out on stdout.
#[derive(Debug, Args)]
pub(crate) struct Compile {
    /// What code is made for: ENGINE:INSTANCES:MAPPINGS:MEMORY:SECONDS:COMPILER-MEMORY
    #[arg(value_name = "JOB")]
    pub job: Job,
}

/// `ravenry document-text`: a document comes in on stdin, its text goes out on stdout.
#[derive(Debug, Args)]
pub(crate) struct DocumentText {
    /// What it is: html or pdf
    #[arg(long)]
    pub kind: Kind,
}

/// `ravenry embed`: texts come in on stdin, their vectors go out on stdout, call after call until stdin is closed.
#[derive(Debug, Args)]
pub(crate) struct Embed {
    /// The model, as the `sentence-transformers` library saves it
    #[arg(long, value_name = "DIR")]
    pub model: PathBuf,
}

impl Run for Compile {
    fn run(&self) -> Result<(), Failure> {
        let compiled = compiler::run(self.job).map_err(|error| Failure::usage(&error))?;
        told(compiled)
    }
}

impl Run for DocumentText {
    fn run(&self) -> Result<(), Failure> {
        told(documents::run(self.kind))
    }
}

impl Run for Embed {
    fn run(&self) -> Result<(), Failure> {
        told(worker::run(&self.model))
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
