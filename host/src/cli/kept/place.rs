//! Where the store is, chosen as the serving verbs choose it, and opened if it is there.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::Args;

use super::refusal;
use crate::cli::{
    directories::state_dir, failure::Failure, flag_values::Unrepeated, load::WORLD,
    serving_flags::database_url,
};
use ravenry_base::{report::Problem, secret::Secret};
use ravenry_config::{self as config, World, ids::TenantName, resolve::ServerSpec};
use ravenry_gateway::store::FILE;
use ravenry_store::{Database, Settings, Store, Tables};

/// Longest wait for the database. A server that writes much goes first, and nobody waits for this in a chat.
const WAIT: Duration = Duration::from_secs(10);

/// One is enough: nothing is done here at the same time.
const CONNECTIONS: u32 = 1;

/// Below the state directory, tenants that are served alone have their own.
const TENANTS: &str = "tenants";

/// Where what bots keep is. A flag wins over its variable, both win over the file; a database wins over a
/// directory.
#[derive(Debug, Args)]
pub(crate) struct PlaceFlags {
    /// The state directory of the server [default: ~/.local/state/ravenry]
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "RAVENRY_STATE_DIR",
        help_heading = "Where it is"
    )]
    pub state_dir: Option<PathBuf>,
    /// URL of the PostgreSQL database of the server; better in the variable, which others cannot see
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "RAVENRY_DATABASE",
        hide_env_values = true,
        value_parser = Unrepeated(database_url),
        help_heading = "Where it is"
    )]
    pub database: Option<Secret>,
    /// The operator's file, which says both, and what bots may keep
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "RAVENRY_CONFIG",
        help_heading = "Where it is"
    )]
    pub config: Option<PathBuf>,
}

/// Where the store is, and what the operator's file says.
pub(crate) struct Found {
    database: Database,
    /// The operator's file; with one tenant named, nothing of others.
    pub spec: Option<ServerSpec>,
}

/// A store, opened.
pub(crate) struct Opened {
    pub store: Store,
    pub spec: Option<ServerSpec>,
    /// Where it is, as a person reads it.
    pub place: String,
}

impl PlaceFlags {
    /// Opens the store.
    ///
    /// # Errors
    /// There is none, or it cannot be used.
    pub(in crate::cli) async fn open(&self, only: Option<&TenantName>) -> Result<Opened, Failure> {
        self.find(only)?.open().await
    }

    /// Looks where it is. One in PostgreSQL is not asked.
    ///
    /// # Errors
    /// There is none; or the operator's file is wrong.
    pub(in crate::cli) fn find(&self, only: Option<&TenantName>) -> Result<Found, Failure> {
        let spec = self.spec(only)?;
        let of_file = spec.as_ref().and_then(|spec| spec.database.as_ref());
        if let Some(url) = self.database.as_ref().or(of_file) {
            let database = url.reveal(|url| Database::Postgres(url.to_owned()));
            return Ok(Found { database, spec });
        }
        let of_file = spec.as_ref().and_then(|spec| spec.state_dir.as_ref());
        let state = self.state_dir.as_ref().or(of_file);
        let state = state.map_or_else(state_dir, |dir| Ok(dir.clone()))?;
        let file = state.join(FILE);
        // A link that leads nowhere is not nothing: opening it says what it is.
        match fs::symlink_metadata(&file) {
            Ok(_) => Ok(Found {
                database: Database::Sqlite(file),
                spec,
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(nowhere(&state, &file, only))
            }
            Err(error) => Err(Failure::unreadable(&file, &error)),
        }
    }

    /// What the operator's file says. Keys and secrets that are missing keep nobody from looking; components are
    /// not looked at.
    fn spec(&self, only: Option<&TenantName>) -> Result<Option<ServerSpec>, Failure> {
        let Some(file) = &self.config else {
            return Ok(None);
        };
        let world = World {
            unfit: &|_| None,
            ..WORLD
        };
        let loaded = match only {
            Some(only) => config::load_tenant(file, only, &[], world)
                .or_else(|problems| without(file, only, world).ok_or(problems)),
            None => config::load_operator(file, &[], world),
        };
        loaded.map(Some).map_err(Failure::Usage)
    }
}

impl Found {
    /// Whether it is in PostgreSQL.
    pub(in crate::cli) fn is_postgres(&self) -> bool {
        matches!(self.database, Database::Postgres(_))
    }

    /// Opens it.
    ///
    /// # Errors
    /// It cannot be used.
    pub(in crate::cli) async fn open(self) -> Result<Opened, Failure> {
        let settings = Settings {
            wait: Some(WAIT),
            connections: CONNECTIONS,
            tables: Tables::AsTheyAre,
            ..Settings::default()
        };
        let place = match &self.database {
            Database::Sqlite(file) => file.display().to_string(),
            // The URL may hold a password.
            Database::Postgres(_) => "the PostgreSQL database".to_owned(),
        };
        let opened = Store::open(&self.database, settings).await;
        let store = opened.map_err(|error| refusal::unopened(&error, &place))?;
        Ok(Opened {
            store,
            spec: self.spec,
            place,
        })
    }
}

/// What the operator's file says, where it has no such tenant: what is kept of one that it had is there still.
fn without(file: &Path, only: &TenantName, world: World<'_>) -> Option<ServerSpec> {
    let spec = config::load_operator(file, &[], world).ok()?;
    let is_declared = spec.tenants.iter().any(|tenant| tenant.name == *only);
    (!is_declared).then_some(spec)
}

/// There is no store. A server makes one when a bot first keeps something; this never does.
fn nowhere(state: &Path, file: &Path, only: Option<&TenantName>) -> Failure {
    let hint = alone(state, only).map_or_else(
        || {
            "name the state directory of the server with --state-dir, or its database with --database; \
             a server makes the file when a bot first keeps something"
                .to_owned()
        },
        |own| {
            let own = own.display();
            format!("a tenant that is served alone has its own: --state-dir {own}")
        },
    );
    let file = file.display();
    Failure::Failed(
        Problem {
            message: format!("no bot has kept anything here: there is no `{file}`"),
            hint: Some(hint),
            ..Problem::default()
        }
        .into(),
    )
}

/// The state directory of this tenant, or else of the first one, that is served alone and keeps something.
fn alone(state: &Path, only: Option<&TenantName>) -> Option<PathBuf> {
    let all = state.join(TENANTS);
    let mut directories: Vec<PathBuf> = match only {
        Some(tenant) => vec![all.join(tenant.as_str())],
        None => fs::read_dir(all)
            .ok()?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .collect(),
    };
    directories.sort();
    directories.into_iter().find(|own| own.join(FILE).exists())
}
