//! `ravenry build`: builds bots to components, and prints where these are.

use std::path::PathBuf;

use clap::Args;

use crate::cli::{components, failure::Failure, load, progress::Progress, run::Run};
use ravenry_base::output;
use ravenry_config::resolve::ServerSpec;

/// What stands at the end of its help.
const EXAMPLES: &str = "\
Examples:
  ravenry build                       # all bots below this directory
  ravenry build bots/cat";

/// `ravenry build`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Build {
    /// A directory of bots, a bot's own directory, or a `ravenry.toml`
    #[arg(value_name = "DIR|FILE", default_value = ".")]
    pub source: PathBuf,
}

impl Run for Build {
    fn run(&self) -> Result<(), Failure> {
        let mut spec = load::strict(&self.source, load::WITHOUT_SECRETS)?;
        let progress = Progress::start();
        let built = components::build(&mut spec, &progress);
        progress.end();
        built?;
        output::data(&list(&spec));
        Ok(())
    }
}

/// Where the components of a specification are, one path on each line.
fn list(spec: &ServerSpec) -> String {
    let bots = spec.tenants.iter().flat_map(|tenant| &tenant.bots);
    let paths: Vec<String> = bots.map(|bot| bot.source.display().to_string()).collect();
    paths.join("\n") + "\n"
}
