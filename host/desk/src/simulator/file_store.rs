//! Files as they lie on disk: under numbers, whole or not at all, and never more than fit.
//!
//! What a file is called is kept elsewhere: no untrusted name becomes a path.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use bytes::Bytes;
use tempfile::{NamedTempFile, TempDir};

/// A directory of files.
#[derive(Debug)]
pub(super) struct FileStore {
    dir: PathBuf,
    /// Removes the directory with all that is in it, where it was made for this run alone.
    _temporary: Option<TempDir>,
}

impl FileStore {
    /// In a directory that goes when this is dropped.
    pub(super) fn temporary() -> io::Result<Self> {
        let temporary = tempfile::Builder::new()
            .prefix("ravenry-files-")
            .tempdir()?;
        Ok(Self {
            dir: temporary.path().to_owned(),
            _temporary: Some(temporary),
        })
    }

    /// In a new directory within this one, which is made where it is missing. It stays.
    pub(super) fn within(dir: &Path) -> io::Result<Self> {
        fs::create_dir_all(dir)?;
        let made = tempfile::Builder::new().prefix("files-").tempdir_in(dir)?;
        Ok(Self {
            dir: made.keep(),
            _temporary: None,
        })
    }

    /// Where the files are.
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Writes a file: it is there whole, or not at all.
    pub(super) fn put(&self, number: u64, bytes: &[u8]) -> io::Result<()> {
        let mut file = NamedTempFile::new_in(&self.dir)?;
        file.write_all(bytes)?;
        file.persist(self.path(number))?;
        Ok(())
    }

    /// Reads a file.
    pub(super) fn get(&self, number: u64) -> io::Result<Bytes> {
        fs::read(self.path(number)).map(Bytes::from)
    }

    fn path(&self, number: u64) -> PathBuf {
        self.dir.join(number.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_go_with_a_temporary_store_and_stay_on_another() {
        let store = FileStore::temporary().unwrap();
        store.put(7, b"seven").unwrap();
        assert_eq!(store.get(7).unwrap(), "seven");
        assert!(store.get(8).is_err());
        let dir = store.dir().to_owned();
        drop(store);
        assert!(!dir.exists());

        let parent = tempfile::tempdir().unwrap();
        let store = FileStore::within(&parent.path().join("deep")).unwrap();
        store.put(7, b"seven").unwrap();
        let file = store.dir().join("7");
        let second = FileStore::within(&parent.path().join("deep")).unwrap();
        assert!(second.get(7).is_err(), "a second run has files of its own");
        drop((store, second));
        assert_eq!(fs::read(file).unwrap(), b"seven");
    }
}
