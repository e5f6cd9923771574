//! Flags that `up` and `serve` have in common. A flag wins over its variable, both win over a file.

use std::{path::PathBuf, time::Duration};

use clap::{Args, ValueEnum};

use super::{
    directories::{cache_dir, state_dir},
    failure::Failure,
    flag_values::{Unrepeated, pair},
    knowledge_model::KnowledgeModelFlag,
    network_flags::NetworkFlags,
};
use ravenry_base::secret::Secret;
use ravenry_config::{database, limits, resolve::ServerSpec};
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
    /// URL of the PostgreSQL database in which bots keep things [default: SQLite in the state directory]
    ///
    /// It begins with `postgres://` or `postgresql://`. Everybody on this machine sees the arguments of a
    /// process: set the variable where a password is in it.
    #[arg(
        long,
        value_name = "URL",
        env = "RAVENRY_DATABASE",
        hide_env_values = true,
        value_parser = Unrepeated(database_url)
    )]
    pub database: Option<Secret>,
    /// What makes vectors.
    #[command(flatten)]
    pub model: KnowledgeModelFlag,
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
    /// Puts the flags in place of what the files say of others: the platform, name servers, a database,
    /// a model.
    pub(super) fn apply(&self, spec: &mut ServerSpec) {
        self.network.apply(spec);
        if let Some(database) = &self.database {
            spec.database = Some(database.clone());
        }
        spec.embeddings = self.model.or(spec.embeddings.as_ref());
    }

    /// Where compiled code is kept, as far as no file says so.
    ///
    /// # Errors
    /// Nothing names a directory.
    pub(super) fn cache_dir(&self) -> Result<PathBuf, Failure> {
        self.cache_dir.clone().map_or_else(cache_dir, Ok)
    }

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

pub(super) fn database_url(text: &str) -> Result<Secret, String> {
    database::url(text).map_err(|error| format!("it {error}: {}", error.hint()))
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

#[cfg(test)]
mod tests {
    use std::fs;

    use clap::{CommandFactory as _, Parser};

    use super::*;
    use ravenry_config::{World, embeddings::EmbeddingsSpec, load_operator};

    #[derive(Parser)]
    struct Flags {
        #[command(flatten)]
        serving: ServingFlags,
    }

    /// The flag wins over the file; without it the file holds.
    #[test]
    fn the_database_of_the_flag_wins_over_that_of_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("o.toml");
        let text = "[server]\ndatabase = \"postgres://file\"\n[tenant.a]\nmanifests = []\n";
        fs::write(&file, text).unwrap();
        let world = World {
            variable: &|_| None,
            unfit: &|_| None,
            stand_in: None,
        };
        for (arguments, database) in [
            (&["test"] as &[_], "postgres://file"),
            (
                &["test", "--database=postgresql://u:p@flag/x"],
                "postgresql://u:p@flag/x",
            ),
        ] {
            let flags = Flags::try_parse_from(arguments).unwrap();
            let mut spec = load_operator(&file, &[], world).unwrap();
            flags.serving.apply(&mut spec);
            assert!(spec.database.unwrap().matches(database.as_bytes()));
        }
    }

    /// So it is with a model, also where the file names a server.
    #[test]
    fn the_model_of_the_flag_wins_over_that_of_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("o.toml");
        let text = "[knowledge]\nembeddings = { url = \"http://a\", model = \"m\" }\n[tenant.a]\nmanifests = []\n";
        fs::write(&file, text).unwrap();
        let world = World {
            variable: &|_| None,
            unfit: &|_| None,
            stand_in: None,
        };
        let mut spec = load_operator(&file, &[], world).unwrap();
        let file = spec.embeddings.clone();
        assert!(matches!(file, Some(EmbeddingsSpec::Url { .. })));
        let flags = Flags::try_parse_from(["test"]).unwrap();
        flags.serving.apply(&mut spec);
        assert_eq!(spec.embeddings, file);
        let flags = Flags::try_parse_from(["test", "--knowledge-model=mini"]).unwrap();
        flags.serving.apply(&mut spec);
        let mini = EmbeddingsSpec::Directory("mini".into());
        assert_eq!(spec.embeddings, Some(mini));
    }

    /// Neither what is wrong with a URL nor the help repeats the password in it.
    #[test]
    fn passwords_of_a_database_are_not_repeated() {
        for (url, why) in [
            ("mysql://me:planted@host/x", "is not a URL with the scheme"),
            ("me:planted@host", "is not a URL with the scheme"),
            (
                "postgres://me:plan ted@host",
                "has blanks or other characters",
            ),
            (
                "postgres://me:planted@host:port",
                "is not a URL with the scheme",
            ),
        ] {
            let Err(error) = Flags::try_parse_from(["test", "--database", url]) else {
                panic!("{url} was taken")
            };
            let said = error.to_string();
            assert!(said.contains("--database") && said.contains(why), "{said}");
            assert!(!said.contains("plan") && !said.contains("ted@"), "{said}");
        }
        let command = Flags::command();
        let mut flags = command.get_arguments();
        let flag = flags.find(|flag| flag.get_id() == "database").unwrap();
        assert!(flag.is_hide_env_values_set());
        assert_eq!(flag.get_env().unwrap(), "RAVENRY_DATABASE");
    }
}
