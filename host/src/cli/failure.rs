//! Why a verb did not do what it was asked for, and the exit code that says so.

use std::{io, path::Path, process::ExitCode};

use ravenry_base::{
    output,
    report::{Problem, Problems},
};

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
    pub(super) fn usage(error: &impl ToString) -> Self {
        let message = error.to_string();
        Self::Usage(
            Problem {
                message,
                ..Problem::default()
            }
            .into(),
        )
    }

    /// A file that cannot be read at all.
    pub(super) fn unreadable(path: &Path, error: &io::Error) -> Self {
        Self::system(format!("cannot read `{}`", path.display()), error)
    }

    /// What the system refused, and why.
    pub(super) fn system(message: String, error: &io::Error) -> Self {
        Self::Failed(
            Problem {
                message,
                causes: vec![error.to_string()],
                ..Problem::default()
            }
            .into(),
        )
    }

    /// What is wrong; nothing where it was said already.
    pub(super) fn into_problems(self) -> Problems {
        match self {
            Self::Usage(problems) | Self::Failed(problems) => problems,
            Self::Shown => Problems::default(),
        }
    }

    /// Prints it on stderr, and gives the exit code.
    pub(super) fn report(&self) -> ExitCode {
        let (problems, code) = match self {
            Self::Usage(problems) => (problems, 2),
            Self::Failed(problems) => (problems, 1),
            Self::Shown => return ExitCode::from(1),
        };
        output::tell(&problems.to_string());
        ExitCode::from(code)
    }
}
