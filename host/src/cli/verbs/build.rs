//! `ravenry build`: builds bots to components, and prints where these are.

use std::path::PathBuf;

use clap::Args;

use crate::cli::{components, directories, failure::Failure, load, progress::Progress, run::Run};
use ravenry_base::output;
use ravenry_config::resolve::ServerSpec;
use ravenry_gateway::telemetry;

/// What stands at the end of its help.
const EXAMPLES: &str = "\
Examples:
  ravenry build                       # all bots below this directory
  ravenry build bots/cat";

/// `ravenry build`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Build {
    /// A directory of bots, a bot's own directory, a `ravenry.toml`, or a .py file
    #[arg(value_name = "DIR|FILE", default_value = ".")]
    pub source: PathBuf,
    /// Where compiled code is kept, and what bots in Python share [default: ~/.cache/ravenry]
    #[arg(long, value_name = "DIR", env = "RAVENRY_CACHE_DIR")]
    pub cache_dir: Option<PathBuf>,
}

impl Run for Build {
    fn run(&self) -> Result<(), Failure> {
        // What a bot in Python prints as it is built, and what is said of its file.
        let _logging = telemetry::start_logging("warn,bot=info", telemetry::LogFormat::Auto)
            .map_err(|error| Failure::usage(&error))?;
        let mut spec = load::strict(&self.source, load::WITHOUT_SECRETS)?;
        let cache_dir = match &self.cache_dir {
            Some(dir) => dir.clone(),
            None => directories::cache_dir()?,
        };
        let progress = Progress::start();
        let built = components::build(&mut spec, &cache_dir, &progress);
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
