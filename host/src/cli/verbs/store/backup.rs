//! `ravenry store backup`: a copy of all that is kept at one moment, in a new file, also while a server writes.

use std::{error::Error as _, fs, path::PathBuf};

use bytesize::ByteSize;
use clap::Args;

use crate::cli::{failure::Failure, kept::place::PlaceFlags, signals::Signals};
use ravenry_base::{output, report::Problem};
use ravenry_store::BackupError;

/// `ravenry store backup`
#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// The file to write; it must not be there yet
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

impl Backup {
    pub(super) async fn run(&self, place: &PlaceFlags) -> Result<(), Failure> {
        let found = place.find(None)?;
        if found.is_postgres() {
            return Err(refused(&BackupError::Postgres));
        }
        let opened = found.open().await?;
        let mut signals = Signals::listen().map_err(|error| Failure::usage(&error))?;
        // What was begun goes with the runtime, and takes the half file with it.
        let copied = tokio::select! {
            copied = opened.store.backup(&self.file) => copied,
            () = signals.next() => {
                return Err(Failure::usage(&"stopped by a signal: no backup was made"));
            }
        };
        copied.map_err(|error| refused(&error))?;
        let size = fs::metadata(&self.file).map(|file| file.len());
        let size = size.map_err(|error| Failure::unreadable(&self.file, &error))?;
        let file = self.file.display();
        output::print(&format!("Wrote `{file}`: {}\n", ByteSize::b(size)));
        Ok(())
    }
}

/// Why there is no backup, and what to do.
fn refused(error: &BackupError) -> Failure {
    let (hint, cause) = match error {
        BackupError::Exists { .. } => ("name a file that is not there yet", None),
        BackupError::Postgres => (
            "`pg_dump --format=custom --file=FILE URL`; `pg_restore` puts it back",
            None,
        ),
        BackupError::File { .. } => (
            "name a file in a directory that this user may write",
            error.source().map(ToString::to_string),
        ),
        BackupError::Unavailable(cause) => (
            "no file was left; try again where there is room on the disk",
            Some(cause.detail.clone()),
        ),
    };
    let problem = Problem {
        message: "no backup was made".to_owned(),
        causes: [error.to_string()].into_iter().chain(cause).collect(),
        hint: Some(hint.to_owned()),
        ..Problem::default()
    };
    match error {
        BackupError::Exists { .. } => Failure::Usage(problem.into()),
        _ => Failure::Failed(problem.into()),
    }
}
