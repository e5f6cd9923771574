//! A directory of our own: made where it is missing, for nobody else, and looked at where it is there.

use std::{
    fs::{self, DirBuilder},
    io,
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _},
    path::Path,
};

/// Who may write into it besides the user of this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writers {
    /// Nobody: whoever writes there runs code in this process.
    Nobody,
    /// Its group, as volumes of container platforms have one for the processes that they are given to.
    Group,
}

/// Why a directory is not trusted: what it is for, where it is, and what is wrong.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// It cannot be made or looked at.
    #[error("the {0} directory `{1}` cannot be used")]
    Io(&'static str, String, #[source] io::Error),
    /// It is not a directory, or a link to one.
    #[error("the {0} directory `{1}` is not a directory")]
    NotADirectory(&'static str, String),
    /// It belongs to the user with this number, who can give it to whom he likes.
    #[error("the {0} directory `{1}` belongs to another user (number {2})")]
    Foreign(&'static str, String, u32),
    /// With this mode, others may write into it.
    #[error("the {0} directory `{1}` can be written by others (mode {2:o})")]
    Writable(&'static str, String, u32),
}

/// Makes the `what` directory (mode 0700) where it is missing, and checks that nobody else can write there.
///
/// # Errors
/// It cannot be made, or is not to be trusted.
pub fn make(what: &'static str, path: &Path, writers: Writers) -> Result<(), DirectoryError> {
    let shown = || path.display().to_string();
    let fail = |error| DirectoryError::Io(what, shown(), error);
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(fail)?;
    let found = match writers {
        Writers::Nobody => fs::symlink_metadata(path),
        Writers::Group => fs::metadata(path),
    };
    let found = found.map_err(fail)?;
    if !found.is_dir() {
        return Err(DirectoryError::NotADirectory(what, shown()));
    }
    let (owner, mode) = (found.uid(), found.mode() & 0o777);
    let others = match writers {
        Writers::Nobody => 0o022,
        Writers::Group => 0o002,
    };
    if writers == Writers::Nobody && owner != rustix::process::geteuid().as_raw() {
        return Err(DirectoryError::Foreign(what, shown(), owner));
    }
    if mode & others != 0 {
        return Err(DirectoryError::Writable(what, shown(), mode));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    /// Who may read is no matter.
    #[test]
    fn who_may_write_is_what_counts() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b");
        for (mode, nobody, group) in [
            (0o700, true, true),
            (0o755, true, true),
            (0o775, false, true),
            (0o770, false, true),
            (0o757, false, false),
            (0o777, false, false),
        ] {
            make("state", &path, Writers::Group).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            for (writers, good) in [(Writers::Nobody, nobody), (Writers::Group, group)] {
                let made = make("state", &path, writers);
                let said = made.map_err(|error| error.to_string());
                let shown = format!("can be written by others (mode {mode:o})");
                match said {
                    Ok(()) => assert!(good, "{mode:o} {writers:?}"),
                    Err(said) => assert!(!good && said.ends_with(&shown), "{said}"),
                }
            }
            fs::remove_dir(&path).unwrap();
        }
    }

    #[test]
    fn what_is_missing_is_made_for_nobody_else() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("new");
        make("cache", &path, Writers::Nobody).unwrap();
        let mode = fs::metadata(&path).unwrap().mode() & 0o777;
        assert_eq!(mode, 0o700);
        let link = dir.path().join("link");
        symlink(&path, &link).unwrap();
        make("state", &link, Writers::Group).unwrap();
        let error = make("cache", &link, Writers::Nobody).unwrap_err();
        assert!(error.to_string().contains("is not a directory"));
    }
}
