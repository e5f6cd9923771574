//! `ravenry check URL`: checks any bot against the numbered rules of the protocol.
//!
//! Exit code 0: all rules that must be kept are kept; 1: one is broken; 2: nothing was checked,
//! because there is no bot, or it refuses the key.

use std::{
    io::{IsTerminal as _, stdout},
    time::Duration,
};

use clap::{Args, ValueEnum};

use crate::cli::{
    environment, failure::Failure, key_flags::KeyFlags, progress::Progress, run::Run,
};
use ravenry_base::{output, report::Problem, secret::without_users};
use ravenry_desk::{
    check::{
        self, PATIENCE_MIN, json, junit,
        report_text::{self, Look},
    },
    client::Target,
};
use ravenry_protocol::shown;

/// What stands at the end of its help.
const EXAMPLES: &str = "\
Examples:
  ravenry check http://127.0.0.1:8080/cat
  ravenry check https://example.com/bot --key-env BOT_KEY --format json";

/// `ravenry check`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Check {
    /// The bot's URL, as in `http://127.0.0.1:8080/cat`
    #[arg(value_name = "URL", required_unless_present = "list")]
    pub url: Option<String>,
    /// Its access key.
    #[command(flatten)]
    pub key: KeyFlags,
    /// How the report is written
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub format: Format,
    /// How long one answer may take; more than the 5s that the platform waits for a first event
    #[arg(long, value_name = "DURATION", default_value = "1m", value_parser = patience)]
    pub patience: Duration,
    /// Print all rules with their sources, and check no bot
    #[arg(long, conflicts_with = "url")]
    pub list: bool,
}

/// How a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Human,
    /// One JSON object
    Json,
    /// JUnit XML, for servers that run tests
    Junit,
}

fn patience(text: &str) -> Result<Duration, String> {
    let patience = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    if patience < PATIENCE_MIN {
        return Err("a bot has 5 s for its first event: give it 6s or more".to_owned());
    }
    Ok(patience)
}

impl Run for Check {
    fn run(&self) -> Result<(), Failure> {
        let look = Look {
            colours: stdout().is_terminal() && environment::variable("NO_COLOR").is_none(),
        };
        let Some(url) = &self.url else {
            output::painted(&match self.format {
                Format::Json => json::list(),
                Format::Human | Format::Junit => report_text::list(look),
            });
            return Ok(());
        };
        let target = Target::parse(url, self.key.read()?).map_err(|error| {
            Failure::Usage(
                Problem {
                    hint: Some(error.hint()),
                    message: error.to_string(),
                    ..Problem::default()
                }
                .into(),
            )
        })?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::usage(&error))?;
        let progress = Progress::start();
        progress.say(&format!(
            "Checking {}: 9 queries, more where one fails",
            without_users(target.url.as_str())
        ));
        let report = runtime.block_on(check::check(&target, self.patience));
        progress.end();
        let report = report.map_err(|problem| Failure::Usage((*problem).into()))?;
        match self.format {
            Format::Human => output::painted(&report_text::page(&report, look)),
            Format::Json => output::print(&shown::json(&json::page(&report))),
            Format::Junit => {
                output::print(&junit::page(&report).map_err(|error| Failure::usage(&error))?);
            }
        }
        if report.is_good() {
            Ok(())
        } else {
            Err(Failure::Shown)
        }
    }
}
