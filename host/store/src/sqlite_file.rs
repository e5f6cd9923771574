//! The file of a SQLite database: made whole or not at all, and looked at before anything writes to it.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    os::unix::fs::FileTypeExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use sqlx::{AnyConnection, Connection as _, Row as _, any::AnyConnectOptions};
use tokio::{task, time::timeout};

use crate::{
    draft::Draft,
    error::{OpenError, Reason},
    pools::{Engine, late},
    schema,
};

/// Up to this size a file is read as a whole when it is opened, to find damage before anybody relies on it:
/// a fraction of a second. What a larger one hides shows when it is read.
const CHECK_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// How a file may be used.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Access {
    Read,
    Write,
}

/// Refuses what stands in the place of a file and is none. Opening it would say too little, or wait for ever; and
/// nothing is made through a link whose end is not there: a disk that is not mounted would be hidden.
///
/// The kind of the error tells them apart: `NotFound` for such a link, `IsADirectory`, else `InvalidInput`.
pub(crate) fn look(path: &Path) -> io::Result<()> {
    let named = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        named => named?.file_type(),
    };
    let kind = match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && named.is_symlink() => {
            let end = end_of_link(path);
            let why = format!(
                "it is a link to `{}`, and there is no such file",
                end.display()
            );
            return Err(io::Error::new(error.kind(), why));
        }
        found => found?.file_type(),
    };
    if kind.is_file() {
        return Ok(());
    }
    let (error, what) = if kind.is_dir() {
        (io::ErrorKind::IsADirectory, "a directory")
    } else if kind.is_fifo() {
        (io::ErrorKind::InvalidInput, "a named pipe")
    } else if kind.is_socket() {
        (io::ErrorKind::InvalidInput, "a socket")
    } else {
        (io::ErrorKind::InvalidInput, "a device")
    };
    Err(io::Error::new(error, format!("it is {what}, and no file")))
}

/// Where a link leads, and those that it leads to.
fn end_of_link(link: &Path) -> PathBuf {
    let mut end = link.to_owned();
    // As many as the system follows.
    for _ in 0..40 {
        let Ok(next) = fs::read_link(&end) else { break };
        // It stays as it is where it is no relative one.
        end = end.parent().unwrap_or(Path::new("")).join(next);
    }
    end
}

/// A file with all names resolved. It need not be there; its directory must.
pub(crate) fn resolve(path: &Path) -> io::Result<PathBuf> {
    match fs::canonicalize(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        resolved => return resolved,
    }
    let (Some(directory), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it names no file",
        ));
    };
    let directory = if directory.as_os_str().is_empty() {
        Path::new(".")
    } else {
        directory
    };
    Ok(fs::canonicalize(directory)?.join(name))
}

/// How sqlx is told to open a file that is there.
pub(crate) fn options(path: &Path, access: Access) -> io::Result<AnyConnectOptions> {
    let text = path
        .to_str()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "its path is not Unicode"))?;
    let mode = match access {
        Access::Read => "ro",
        Access::Write => "rw",
    };
    let path = utf8_percent_encode(text, NON_ALPHANUMERIC);
    let url = format!("sqlite:{path}?mode={mode}");
    url.parse().map_err(io::Error::other)
}

/// Makes the file where there is none, with all tables. Another process may do the same at the same time:
/// one of the two files stays, and both use it.
pub(crate) async fn create(path: &Path) -> Result<(), OpenError> {
    let file = |cause| OpenError::File {
        path: path.to_owned(),
        cause,
    };
    if path.try_exists().map_err(file)? {
        return Ok(());
    }
    let draft = Draft::new(path).map_err(file)?;
    let options = options(draft.path(), Access::Write).map_err(file)?;
    let connected = AnyConnection::connect_with(&options).await;
    let unavailable = |error: sqlx::Error| Engine::Sqlite.unavailable(&error);
    let mut connection = connected.map_err(unavailable)?;
    let log = sqlx::raw_sql("PRAGMA synchronous = FULL; PRAGMA journal_mode = WAL");
    log.execute(&mut connection).await.map_err(unavailable)?;
    schema::migrate(&mut connection, Engine::Sqlite).await?;
    connection.close().await.map_err(unavailable)?;
    let path = path.to_owned();
    let published = task::spawn_blocking(move || draft.publish(&path)).await;
    match published.map_err(io::Error::other).and_then(|done| done) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(file(error)),
        _ => Ok(()),
    }
}

/// Looks at a file without writing to it: whether it is whole, ours, and not newer than this program.
pub(crate) async fn inspect(path: &Path, wait: Duration) -> Result<(), OpenError> {
    let file = |cause| OpenError::File {
        path: path.to_owned(),
        cause,
    };
    let bytes = fs::metadata(path).map_err(file)?.len();
    if let Some(detail) = cut(path, bytes).map_err(file)? {
        return Err(OpenError::Damaged {
            path: path.to_owned(),
            detail: detail.to_owned(),
        });
    }
    let failed = |error: sqlx::Error| open_error(path, &error);
    let options = options(path, Access::Read).map_err(file)?;
    let connected = timeout(wait, AnyConnection::connect_with(&options)).await;
    let mut connection = connected.map_err(|_| late())?.map_err(failed)?;
    let found = schema::found(&mut connection, Engine::Sqlite).await;
    let found = found.map_err(failed)?;
    if found == 0 {
        return Err(OpenError::Foreign {
            path: path.to_owned(),
        });
    }
    schema::missing(found)?;
    if bytes <= CHECK_BYTES_MAX {
        let check = sqlx::query("PRAGMA quick_check(1)");
        let row = check.fetch_one(&mut connection).await.map_err(failed)?;
        let verdict: String = row.try_get(0).map_err(failed)?;
        if verdict != "ok" {
            return Err(OpenError::Damaged {
                path: path.to_owned(),
                detail: verdict,
            });
        }
    }
    connection.close().await.map_err(failed)
}

/// What is wrong with the length of a file. SQLite does not look: it takes an empty file for a new database,
/// and what is missing of a last page for zeros.
fn cut(path: &Path, bytes: u64) -> io::Result<Option<&'static str>> {
    if bytes == 0 {
        return Ok(Some("the file is empty"));
    }
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    if fs::metadata(log).is_ok_and(|log| log.len() > 0) {
        // What is missing may be there.
        return Ok(None);
    }
    let mut header = [0; 32];
    let read = File::open(path)?.read_exact(&mut header);
    if read.is_err() {
        return Ok(Some("the file ends in its header"));
    }
    // By <https://sqlite.org/fileformat.html>, 1.3; in numbers with the highest byte first.
    let [.., p0, p1, _, _, _, _, _, _, _, _, _, _, n0, n1, n2, n3] = header;
    let page_bytes = match u16::from_be_bytes([p0, p1]) {
        1 => 65_536,
        bytes => u64::from(bytes),
    };
    let pages = u64::from(u32::from_be_bytes([n0, n1, n2, n3]));
    let is_cut = bytes < pages.saturating_mul(page_bytes);
    Ok(is_cut.then_some("the end of the file is missing"))
}

/// Why a file cannot be opened, in terms of opening.
fn open_error(path: &Path, error: &sqlx::Error) -> OpenError {
    let unavailable = Engine::Sqlite.unavailable(error);
    if unavailable.reason == Reason::Damaged {
        return OpenError::Damaged {
            path: path.to_owned(),
            detail: unavailable.detail,
        };
    }
    unavailable.into()
}
