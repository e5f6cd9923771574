//! What a bot's file in Python says of itself, as the script beside the package for Python finds it.

pub(super) mod manifest;

use std::path::Path;

use serde::Deserialize;

use super::{build_error::BuildError, failure::Failure, python};
use ravenry_base::report::Problem;
use ravenry_config::ids::BotName;

/// What a file says of itself, as the script gives it.
#[derive(Debug, Deserialize)]
pub(in crate::cli) struct Described {
    /// The file's name.
    pub(in crate::cli) file: String,
    /// Its bots, at least one.
    pub(in crate::cli) bots: Vec<DescribedBot>,
    /// Variables, each with what the bot finds in it.
    pub(in crate::cli) config: serde_json::Map<String, serde_json::Value>,
    /// Variables that hold secrets, each with the hosts that these are for.
    pub(in crate::cli) secrets: serde_json::Map<String, serde_json::Value>,
    /// Hosts that the file asks.
    pub(in crate::cli) hosts: Vec<String>,
    /// Hosts that it may only show.
    pub(in crate::cli) unsure_hosts: Vec<String>,
    /// Variables whose values are not in the file.
    pub(in crate::cli) variables: Vec<Variable>,
    /// Lines of `requirements.txt`.
    pub(in crate::cli) packages: Vec<String>,
    /// Files beside it that are the bot's, too.
    pub(in crate::cli) files: Vec<String>,
    /// What is left to do by hand, a sentence each.
    pub(in crate::cli) notes: Vec<String>,
}

/// One bot of a file.
#[derive(Debug, Deserialize)]
pub(in crate::cli) struct DescribedBot {
    /// Its name here.
    pub(in crate::cli) name: String,
    /// Where it answers, if that is not at its name.
    pub(in crate::cli) route: Option<String>,
    /// Its path, where that tells it from other bots of the file.
    pub(in crate::cli) path: Option<String>,
    /// Its name at Poe.
    pub(in crate::cli) poe_name: Option<String>,
    /// The variable with its access key.
    pub(in crate::cli) access_key: Option<String>,
}

/// A variable that the file reads.
#[derive(Debug, Deserialize)]
pub(in crate::cli) struct Variable {
    pub(in crate::cli) name: String,
    /// Whether its name is that of a secret.
    pub(in crate::cli) is_secret: bool,
    /// Where it is read.
    pub(in crate::cli) line: u64,
}

impl Described {
    /// Has a file read, by what is kept in `cache`.
    ///
    /// # Errors
    /// It is not there, is no text, or is not Python; Python itself is missing.
    pub(in crate::cli) fn of(file: &Path, cache: &Path) -> Result<Self, Failure> {
        let facts = python::described(cache, file).map_err(|error| refused(file, &error))?;
        serde_json::from_str(&facts).map_err(|error| {
            let error = BuildError::refused(format!("what was read of it is no JSON: {error}"));
            refused(file, &error)
        })
    }

    /// The names of the bots.
    pub(in crate::cli) fn names(&self) -> Result<Vec<BotName>, Failure> {
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
