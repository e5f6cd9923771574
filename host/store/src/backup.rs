//! A copy of the database while it serves.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use sqlx::{AnyConnection, Connection as _};
use tokio::task;

use crate::{
    draft::Draft,
    error::Unavailable,
    pools::Engine,
    sqlite_file::{self, Access},
    store::Store,
};

/// Why there is no backup. No file of that name was made or changed.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// There is such a file already.
    #[error("`{}` is there already", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// PostgreSQL makes backups of its own.
    #[error("the database is PostgreSQL: make a backup with `pg_dump`")]
    Postgres,
    /// The file cannot be written.
    #[error("the backup `{}` cannot be written", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The database cannot be read, or the copy not be written.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl Store {
    /// Writes all that is committed at one moment into a new file, which [`Store::open`] opens. Others read
    /// and write meanwhile. The file has its name only once all of it is on the disk.
    ///
    /// Takes as long as it takes, and goes on when the caller goes away. A process that is killed leaves a file
    /// `.<name>.<process>-<number>.draft` beside, and one of the same name with `-lock` behind it: the next backup
    /// to the same place removes them.
    pub async fn backup(&self, path: &Path) -> Result<(), BackupError> {
        let source = self.file.clone().ok_or(BackupError::Postgres)?;
        let failed = |source| BackupError::File {
            path: path.to_owned(),
            source,
        };
        let target = sqlite_file::resolve(path).map_err(failed)?;
        // A link that leads nowhere is there, too.
        if fs::symlink_metadata(&target).is_ok() {
            return Err(BackupError::Exists {
                path: path.to_owned(),
            });
        }
        let copying = tokio::spawn(copy(source, target));
        let copied = copying.await.map_err(|error| failed(error.into()))?;
        match copied {
            Err(BackupError::File { source, .. })
                if source.kind() == io::ErrorKind::AlreadyExists =>
            {
                Err(BackupError::Exists {
                    path: path.to_owned(),
                })
            }
            copied => copied,
        }
    }
}

async fn copy(source: PathBuf, target: PathBuf) -> Result<(), BackupError> {
    let failed = |source| BackupError::File {
        path: target.clone(),
        source,
    };
    let draft = Draft::new(&target).map_err(failed)?;
    let name = draft.path().to_str().map(str::to_owned);
    let name = name.ok_or_else(|| failed(io::Error::other("its path is not Unicode")))?;
    let options = sqlite_file::options(&source, Access::Write).map_err(failed)?;
    let unavailable = |error: sqlx::Error| Engine::Sqlite.unavailable(&error);
    let connected = AnyConnection::connect_with(&options).await;
    let mut connection = connected.map_err(unavailable)?;
    let copied = sqlx::query("VACUUM INTO $1").bind(name);
    let copied = copied.execute(&mut connection).await;
    copied.map_err(unavailable)?;
    connection.close().await.map_err(unavailable)?;
    let path = target.clone();
    let published = task::spawn_blocking(move || draft.publish(&path)).await;
    let published = published.map_err(io::Error::other).and_then(|done| done);
    published.map_err(failed)
}
