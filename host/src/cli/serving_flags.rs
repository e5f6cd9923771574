//! Flags that `up` and `serve` have in common. A flag wins over its variable, both win over a file.

use std::{path::PathBuf, time::Duration};

use clap::{Args, ValueEnum};

use super::{
    directories::{cache_dir, state_dir},
    failure::Failure,
    flag_values::pair,
    network_flags::NetworkFlags,
};
use ravenry_config::{limits, resolve::ServerSpec};
use ravenry_gateway::server::Directories;

/// What `up` and `serve` have in common. A flag wins over its variable, both win over a file.
#[derive(Clone, Debug, Args)]
pub(crate) struct ServingFlags {
    /// Where bots are served; port 0 takes a free one [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR", env = "RAVENRY_LISTEN")]
    pub listen: Option<String>,
    /// Where metrics are served, or `off` [default: 127.0.0.1:9090]
    #[arg(long, value_name = "ADDR", env = "RAVENRY_METRICS_LISTEN")]
    pub metrics_listen: Option<String>,
    /// Where state is kept [default: ~/.local/state/ravenry]
    #[arg(long, value_name = "DIR", env = "RAVENRY_STATE_DIR")]
    pub state_dir: Option<PathBuf>,
    /// Where compiled code is kept [default: ~/.cache/ravenry]
    #[arg(long, value_name = "DIR", env = "RAVENRY_CACHE_DIR")]
    pub cache_dir: Option<PathBuf>,
    /// A limit for all bots, such as `memory=32MiB`; may be given several times
    #[arg(
        long = "limit",
        value_name = "NAME=VALUE",
        env = "RAVENRY_LIMITS",
        value_delimiter = ',',
        value_parser = pair,
        long_help = limits_help()
    )]
    pub limits: Vec<(String, String)>,
    /// Where other servers are.
    #[command(flatten)]
    pub network: NetworkFlags,
    /// How long running replies may go on after a stop signal [default: 30s]
    #[arg(long, value_name = "DURATION", env = "RAVENRY_DRAIN",
          value_parser = humantime::parse_duration)]
    pub drain: Option<Duration>,
    /// How logs are written
    #[arg(
        long,
        value_name = "FORMAT",
        env = "RAVENRY_LOG_FORMAT",
        default_value = "auto"
    )]
    pub log_format: LogFormat,
    /// Which logs are written: a level, or `level,target=level`
    #[arg(
        long,
        value_name = "LEVEL",
        env = "RAVENRY_LOG",
        default_value = "info"
    )]
    pub log: String,
}

impl ServingFlags {
    /// Where things are kept: a flag wins over the file, the file over the default.
    ///
    /// # Errors
    /// None of them names a directory.
    pub(super) fn directories(&self, spec: &ServerSpec) -> Result<Directories, Failure> {
        let state = self.state_dir.as_ref().or(spec.state_dir.as_ref());
        let cache = self.cache_dir.as_ref().or(spec.cache_dir.as_ref());
        Ok(Directories {
            state: state.map_or_else(state_dir, |dir| Ok(dir.clone()))?,
            cache: cache.map_or_else(cache_dir, |dir| Ok(dir.clone()))?,
        })
    }
}

fn limits_help() -> String {
    let rows = limits::help();
    format!(
        "A limit for all bots, as NAME=VALUE; may be given several times. Names, defaults:\n\n{rows}"
    )
}

/// How logs are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// Lines for people
    Text,
    /// One JSON object per line
    Json,
    /// Text on a terminal, JSON otherwise
    Auto,
}
