//! Opening a store: looks at what is there, makes what is missing, starts the writer.

use std::{path::Path, time::Duration};

use sqlx::{AnyConnection, Connection as _, any::AnyConnectOptions};
use tokio::time::timeout;

use crate::{
    error::OpenError,
    pools::{Engine, Pools, late},
    reads::Reads,
    schema,
    settings::{Database, Settings, Tables},
    sqlite_file::{self, Access},
    store::Store,
    writer::{LANES, Writer},
};

impl Store {
    /// Opens a database, makes a file or tables where there are none, and brings older ones to this version; or, as
    /// [`Settings::tables`] says, does not.
    /// What cannot be used is left as it is. Must be called on a tokio runtime, which runs the writer.
    pub async fn open(database: &Database, settings: Settings) -> Result<Self, OpenError> {
        sqlx::any::install_default_drivers();
        let wait = settings.wait_for(database);
        let (pools, file) = match database {
            Database::Sqlite(path) => {
                let file = |cause| OpenError::File {
                    path: path.clone(),
                    cause,
                };
                sqlite_file::look(path).map_err(file)?;
                let path = sqlite_file::resolve(path).map_err(file)?;
                match settings.tables {
                    Tables::Made => sqlite_file::create(&path).await?,
                    Tables::AsTheyAre if !path.exists() => return Err(OpenError::Missing),
                    Tables::AsTheyAre => {}
                }
                sqlite_file::inspect(&path, wait).await?;
                let options = sqlite_file::options(&path, Access::Write).map_err(file)?;
                prepare(&options, Engine::Sqlite, settings.tables, wait).await?;
                (Pools::sqlite(&options, wait), Some(path))
            }
            Database::Postgres(url) => {
                let options = postgres_options(url)?;
                prepare(&options, Engine::Postgres, settings.tables, wait).await?;
                let pools = Pools::postgres(&options, wait, settings.connections, LANES);
                (pools, None)
            }
        };
        Ok(Self {
            writer: Writer::start(&pools, &settings.clock),
            reads: Reads::default(),
            pools,
            clock: settings.clock,
            file,
        })
    }

    /// The file of the database, with all links resolved; `None` with PostgreSQL.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }
}

/// How sqlx is told where the server is.
fn postgres_options(url: &str) -> Result<AnyConnectOptions, OpenError> {
    let refuse = |detail: String| OpenError::Url { detail };
    let parsed = url::Url::parse(url).map_err(|error| refuse(error.to_string()))?;
    if !matches!(parsed.scheme(), "postgres" | "postgresql") {
        return Err(refuse("it does not begin with `postgres://`".to_owned()));
    }
    url.parse()
        .map_err(|error: sqlx::Error| refuse(error.to_string()))
}

/// Makes or migrates the tables, or looks at them, on a connection of its own.
async fn prepare(
    options: &AnyConnectOptions,
    engine: Engine,
    tables: Tables,
    wait: Duration,
) -> Result<(), OpenError> {
    let connected = timeout(wait, AnyConnection::connect_with(options)).await;
    let connected = connected.map_err(|_| late())?;
    let mut connection = connected.map_err(|error| engine.unavailable(&error))?;
    match tables {
        Tables::Made => schema::migrate(&mut connection, engine).await?,
        Tables::AsTheyAre => schema::look(&mut connection, engine).await?,
    }
    // All is done, whatever comes of closing.
    let _ = connection.close().await;
    Ok(())
}
