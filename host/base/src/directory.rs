//! A directory of our own: made where it is missing, for this user alone, and looked at where it is there. A
//! link to it is followed where no other user can point it elsewhere.

use std::{
    fs::{self, DirBuilder},
    io,
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _},
    path::{Path, PathBuf},
};

/// Links that may lead from one to the next, as for the kernel.
const LINKS_MAX: usize = 40;

/// Who may write into it besides the user of this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writers {
    /// No other user: what is written there may run as code in this process.
    OwnerOnly,
    /// Its group, as volumes of container platforms have one for the processes that they are given to.
    Group,
}

/// Why a directory is not trusted: what it is for, where it is, and what is wrong.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// It cannot be made or looked at.
    #[error("the {0} directory `{1}` cannot be used")]
    Io(&'static str, String, #[source] io::Error),
    /// It is something else.
    #[error("the {0} directory `{1}` is not a directory")]
    NotADirectory(&'static str, String),
    /// A link on the way to it belongs to the user with this number, who can point it elsewhere.
    #[error("the {0} directory cannot be `{1}`: the link belongs to another user (number {2})")]
    ForeignLink(&'static str, String, u32),
    /// It belongs to the user with this number, who can give it to whom he likes.
    #[error("the {0} directory `{1}` belongs to another user (number {2})")]
    Foreign(&'static str, String, u32),
    /// With this mode, others may write into it.
    #[error("the {0} directory `{1}` can be written by others (mode {2:o})")]
    Writable(&'static str, String, u32),
}

/// Makes the `what` directory (mode 0700) where it is missing, and checks that no other user can write there.
///
/// # Errors
/// It cannot be made, or is not to be trusted.
pub fn make(what: &'static str, path: &Path, writers: Writers) -> Result<(), DirectoryError> {
    let path = &followed(what, path)?;
    let shown = || path.display().to_string();
    let fail = |error| DirectoryError::Io(what, shown(), error);
    let created = DirBuilder::new().recursive(true).mode(0o700).create(path);
    match created {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(DirectoryError::NotADirectory(what, shown()));
        }
        created => created.map_err(fail)?,
    }
    let found = fs::symlink_metadata(path).map_err(fail)?;
    if !found.is_dir() {
        return Err(DirectoryError::NotADirectory(what, shown()));
    }
    let (owner, mode) = (found.uid(), found.mode() & 0o777);
    let others = match writers {
        Writers::OwnerOnly => 0o022,
        Writers::Group => 0o002,
    };
    if writers == Writers::OwnerOnly && owner != rustix::process::geteuid().as_raw() {
        return Err(DirectoryError::Foreign(what, shown(), owner));
    }
    if mode & others != 0 {
        return Err(DirectoryError::Writable(what, shown(), mode));
    }
    Ok(())
}

/// Where a path ends that may be a link, to what is there or is to be made. Links of this user and of root
/// alone count: another user could point them somewhere else tomorrow.
fn followed(what: &'static str, path: &Path) -> Result<PathBuf, DirectoryError> {
    // Behind a slash at its end, the link itself would not be seen.
    let mut path: PathBuf = path.components().collect();
    let us = [rustix::process::geteuid().as_raw(), 0];
    for _ in 0..LINKS_MAX {
        let shown = || path.display().to_string();
        let owner = match fs::symlink_metadata(&path) {
            Ok(found) if found.is_symlink() => found.uid(),
            _ => break,
        };
        if !us.contains(&owner) {
            return Err(DirectoryError::ForeignLink(what, shown(), owner));
        }
        let target = fs::read_link(&path);
        let target = target.map_err(|error| DirectoryError::Io(what, shown(), error))?;
        path = path.parent().unwrap_or(Path::new("")).join(target);
        path = path.components().collect();
    }
    Ok(path)
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
        for (mode, owner, group) in [
            (0o700, true, true),
            (0o755, true, true),
            (0o775, false, true),
            (0o770, false, true),
            (0o757, false, false),
            (0o777, false, false),
        ] {
            make("state", &path, Writers::Group).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            for (writers, good) in [(Writers::OwnerOnly, owner), (Writers::Group, group)] {
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
    fn what_is_missing_is_made_for_this_user_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("new");
        make("cache", &path, Writers::OwnerOnly).unwrap();
        let mode = fs::metadata(&path).unwrap().mode() & 0o777;
        assert_eq!(mode, 0o700);
        let file = dir.path().join("file");
        fs::write(&file, "").unwrap();
        let error = make("cache", &file, Writers::OwnerOnly).unwrap_err();
        assert!(error.to_string().ends_with("file` is not a directory"));
    }

    /// What is looked at is the directory itself.
    #[test]
    fn a_link_is_followed_to_what_counts() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        symlink("to/../real", path("link")).unwrap();
        fs::create_dir(path("to")).unwrap();
        symlink(path("link"), path("further")).unwrap();
        symlink("round", path("round")).unwrap();
        for writers in [Writers::OwnerOnly, Writers::Group] {
            make("cache", &path("further/"), writers).unwrap();
            assert_eq!(fs::metadata(path("real")).unwrap().mode() & 0o777, 0o700);
            make("cache", &path("link"), writers).unwrap();
            fs::set_permissions(path("real"), fs::Permissions::from_mode(0o777)).unwrap();
            let error = make("cache", &path("link"), writers).unwrap_err();
            let said = "real` can be written by others (mode 777)";
            assert!(error.to_string().ends_with(said), "{error}");
            fs::remove_dir(path("real")).unwrap();
            make("cache", &path("round"), writers).unwrap_err();
        }
    }

    /// The owner of the link decides what is found behind it, however good that is.
    #[test]
    fn a_link_of_another_user_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let link = dir.path().join("link");
        symlink(".", &link).unwrap();
        let other = rustix::fs::Uid::from_raw(65_534);
        let flags = rustix::fs::AtFlags::SYMLINK_NOFOLLOW;
        // Only root can give it away.
        if rustix::fs::chownat(rustix::fs::CWD, &link, Some(other), None, flags).is_err() {
            return;
        }
        for writers in [Writers::OwnerOnly, Writers::Group] {
            let error = make("state", &link, writers).unwrap_err();
            let said = "link belongs to another user (number 65534)";
            assert!(error.to_string().ends_with(said), "{error}");
        }
    }
}
