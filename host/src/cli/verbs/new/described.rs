//! What a bot's file in Python says of itself, as the script beside the package for Python finds it.

use std::path::Path;

use serde::Deserialize;

use crate::cli::{build_error::BuildError, failure::Failure, python};
use ravenry_base::report::Problem;
use ravenry_config::ids::BotName;

/// What a file says of itself, as the script gives it.
#[derive(Debug, Deserialize)]
pub(super) struct Described {
    /// The file's name.
    pub(super) file: String,
    /// Its bots, at least one.
    pub(super) bots: Vec<DescribedBot>,
    /// Variables, each with what the bot finds in it.
    pub(super) config: serde_json::Map<String, serde_json::Value>,
    /// Variables that hold secrets, each with the hosts that these are for.
    pub(super) secrets: serde_json::Map<String, serde_json::Value>,
    /// Hosts that the file asks.
    pub(super) hosts: Vec<String>,
    /// Hosts that it may only show.
    pub(super) unsure_hosts: Vec<String>,
    /// Variables whose values are not in the file.
    pub(super) variables: Vec<Variable>,
    /// Lines of `requirements.txt`.
    pub(super) packages: Vec<String>,
    /// Files beside it that are the bot's, too.
    pub(super) files: Vec<String>,
    /// What is left to do by hand, a sentence each.
    pub(super) notes: Vec<String>,
}

/// One bot of a file.
#[derive(Debug, Deserialize)]
pub(super) struct DescribedBot {
    /// Its name here.
    pub(super) name: String,
    /// Where it answers, if that is not at its name.
    pub(super) route: Option<String>,
    /// Its path, where that tells it from other bots of the file.
    pub(super) path: Option<String>,
    /// Its name at Poe.
    pub(super) poe_name: Option<String>,
    /// The variable with its access key.
    pub(super) access_key: Option<String>,
}

/// A variable that the file reads.
#[derive(Debug, Deserialize)]
pub(super) struct Variable {
    pub(super) name: String,
    /// Whether its name is that of a secret.
    pub(super) is_secret: bool,
    /// Where it is read.
    pub(super) line: u64,
}

impl Described {
    /// Has a file read, by what is kept in `cache`.
    ///
    /// # Errors
    /// It is not there, is no text, or is not Python; Python itself is missing.
    pub(super) fn of(file: &Path, cache: &Path) -> Result<Self, Failure> {
        let facts = python::described(cache, file).map_err(|error| refused(file, &error))?;
        serde_json::from_str(&facts).map_err(|error| {
            let error = BuildError::refused(format!("what was read of it is no JSON: {error}"));
            refused(file, &error)
        })
    }

    /// The names of the bots.
    pub(super) fn names(&self) -> Result<Vec<BotName>, Failure> {
        let names = self.bots.iter().map(|bot| BotName::parse(&bot.name));
        let names: Result<Vec<_>, _> = names.collect();
        names.map_err(|error| Failure::usage(&format!("`{}`: {error}", self.file)))
    }
}

fn refused(file: &Path, error: &BuildError) -> Failure {
    let problem = Problem {
        message: format!("no bot can be made of `{}`", file.display()),
        causes: vec![error.to_string()],
        hint: error.hint().map(str::to_owned),
        ..Problem::default()
    };
    match error {
        BuildError::Refused(_) => Failure::Usage(problem.into()),
        _ => Failure::Failed(problem.into()),
    }
}
