//! What came of each conversation: said at once in a word, and at the end in full.

use std::{
    io::{self, Write as _},
    path::Path,
};

use tempfile::NamedTempFile;

use super::{discover::Found, log};
use crate::cli::failure::Failure;
use ravenry_base::output;
use ravenry_desk::replay::compare::{Difference, accepted};
use ravenry_protocol::shown::Escaped;

/// What has come of conversations so far.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Whether differences are accepted.
    update: bool,
    passed: usize,
    updated: usize,
    failed: usize,
    /// Whether some of what failed could be accepted.
    is_acceptable: bool,
    /// What is shown at the end.
    details: Vec<String>,
}

impl Tally {
    pub(super) fn new(update: bool) -> Self {
        Self {
            update,
            ..Self::default()
        }
    }

    /// Takes what came of one conversation, and what was logged meanwhile. A file is accepted as a
    /// whole: half of it would hold what came of a mistake. One that cannot be written counts as failed.
    pub(super) fn enter(&mut self, found: &Found, differences: &[Difference], logged: &[String]) {
        let script = &found.script;
        let mut unwritten = None;
        let error = differences.iter().find_map(Difference::new_error);
        let word = if differences.is_empty() {
            self.passed = self.passed.saturating_add(1);
            "ok".to_owned()
        } else if self.update && differences.iter().all(Difference::can_be_accepted) {
            unwritten = write(&found.file, &accepted(script, differences)).err();
            let count = match &unwritten {
                None => &mut self.updated,
                Some(_) => &mut self.failed,
            };
            *count = count.saturating_add(1);
            match (&unwritten, error) {
                (Some(_), _) => "FAILED".to_owned(),
                (None, None) => "updated".to_owned(),
                (None, Some(error)) => format!("updated, and expects an error now: {error}"),
            }
        } else {
            self.failed = self.failed.saturating_add(1);
            let mut acceptable = differences.iter().map(Difference::can_be_accepted);
            self.is_acceptable |= acceptable.any(|acceptable| acceptable);
            "FAILED".to_owned()
        };
        output::print(&format!("{} ... {word}\n", Escaped(&script.name)));
        self.details
            .extend(differences.iter().map(ToString::to_string));
        if let Some(error) = unwritten {
            let name = Escaped(&script.name);
            self.details.push(format!("cannot write `{name}`: {error}"));
        } else if word == "FAILED" || error.is_some() {
            self.details.extend(log::shown(&script.name, logged));
        }
    }

    /// Says all of it.
    ///
    /// # Errors
    /// Not all is as it should be.
    pub(super) fn end(self) -> Result<(), Failure> {
        for detail in &self.details {
            output::print(&format!("\n{detail}\n"));
        }
        let more = if self.update {
            format!(", {} updated", self.updated)
        } else {
            String::new()
        };
        output::print(&format!(
            "\n{} passed, {} failed{more}\n",
            self.passed, self.failed
        ));
        if self.is_acceptable && !self.update {
            output::print("If that is how it should be: `ravenry test --update`\n");
        }
        if self.failed == 0 {
            Ok(())
        } else {
            Err(Failure::Shown)
        }
    }
}

/// Writes a file whole or not at all. One that a link leads to is written where it is, and stays as
/// open to others as it was.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let path = path.canonicalize()?;
    let mut file = NamedTempFile::new_in(path.parent().unwrap_or(&path))?;
    file.as_file()
        .set_permissions(path.metadata()?.permissions())?;
    file.write_all(text.as_bytes())?;
    file.persist(&path)?;
    Ok(())
}
