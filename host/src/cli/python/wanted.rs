//! The files of a bot that its interpreter wants, read from the bot's directory and from nowhere else.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Component, Path, PathBuf},
};

use crate::cli::build_error::BuildError;
use ravenry_gateway::{packer::PackFile, sandbox::BUNDLE_BYTES_MAX};

/// Files that a bot may have.
const FILES_MAX: usize = 2_000;

/// Bytes of all of them: as much as a bundle may have.
const BYTES_MAX: usize = BUNDLE_BYTES_MAX;

/// Directories deeper than this below a wanted one are no part of a bot.
const DEPTH_MAX: usize = 16;

/// What was wanted so far.
#[derive(Debug)]
pub(super) struct Wanted {
    /// The bot's directory, links resolved.
    directory: PathBuf,
    files: BTreeMap<String, Option<Vec<u8>>>,
    bytes: usize,
}

impl Wanted {
    /// Nothing yet, of the files below this directory.
    pub(super) fn below(directory: &Path) -> Result<Self, BuildError> {
        let unreadable = |error: io::Error| BuildError::Directory {
            path: directory.to_owned(),
            why: error.to_string(),
        };
        Ok(Self {
            directory: fs::canonicalize(directory).map_err(unreadable)?,
            files: BTreeMap::new(),
            bytes: 0,
        })
    }

    /// Reads what is at a path: a file, or all files below a directory. What is not there is noted as that, and so is
    /// what lies outside of the bot's directory.
    pub(super) fn add(&mut self, path: &str) -> Result<(), BuildError> {
        if self.files.contains_key(path) {
            return Ok(());
        }
        let inside = |part| matches!(part, Component::Normal(_));
        let found = Path::new(path)
            .components()
            .all(inside)
            .then(|| fs::canonicalize(self.directory.join(path)).ok())
            .flatten()
            .filter(|found| found.starts_with(&self.directory));
        match found {
            Some(found) if found.is_dir() => {
                self.files.insert(path.to_owned(), None);
                self.directory(&found, path, 0)
            }
            Some(found) => self.file(&found, path),
            None => {
                self.files.insert(path.to_owned(), None);
                Ok(())
            }
        }
    }

    fn directory(&mut self, found: &Path, path: &str, depth: usize) -> Result<(), BuildError> {
        let Ok(entries) = fs::read_dir(found) else {
            return Ok(());
        };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let (Some(name), Ok(kind)) = (name.to_str(), entry.file_type()) else {
                continue;
            };
            if name.starts_with('.') || name == "__pycache__" {
                continue;
            }
            let path = format!("{}/{name}", path.trim_end_matches('/'));
            if kind.is_dir() && depth < DEPTH_MAX {
                self.directory(&entry.path(), &path, depth.saturating_add(1))?;
            } else if kind.is_file() {
                self.file(&entry.path(), &path)?;
            }
        }
        Ok(())
    }

    fn file(&mut self, found: &Path, path: &str) -> Result<(), BuildError> {
        let size = fs::metadata(found).map_or(0, |data| data.len());
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let bytes = self.bytes.saturating_add(size);
        if bytes > BYTES_MAX || self.files.len() >= FILES_MAX {
            return Err(BuildError::refused(format!(
                "its files are too many or too large with `{path}`: a bot may have {FILES_MAX} files, and {} MB",
                BYTES_MAX / 1_000_000
            )));
        }
        let read = fs::read(found).map_err(|error| BuildError::Directory {
            path: found.to_owned(),
            why: error.to_string(),
        })?;
        self.bytes = bytes;
        self.files.insert(path.to_owned(), Some(read));
        Ok(())
    }

    /// Whether a file is another one by now than it was when it was read.
    pub(super) fn is_outdated(&self) -> bool {
        let mut files = self
            .files
            .iter()
            .filter_map(|(path, read)| Some((path, read.as_ref()?)));
        // An editor may be writing one: what is away for a moment is about to be another.
        files.any(|(path, read)| fs::read(self.directory.join(path)).ok().as_ref() != Some(read))
    }

    /// All that was wanted.
    pub(super) fn files(&self) -> Vec<PackFile> {
        let files = self.files.iter().map(|(path, bytes)| PackFile {
            path: path.clone(),
            bytes: bytes.clone(),
        });
        files.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_saved_after_it_was_read_is_noticed() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("data")).unwrap();
        let (bot, data) = (dir.path().join("bot.py"), dir.path().join("data/a.txt"));
        fs::write(&bot, "x = 1").unwrap();
        fs::write(&data, "a").unwrap();
        let mut wanted = Wanted::below(dir.path()).unwrap();
        for path in ["bot.py", "data", "nothing.py"] {
            wanted.add(path).unwrap();
        }
        assert!(!wanted.is_outdated());
        fs::write(&bot, "x = 1").unwrap();
        assert!(!wanted.is_outdated());
        fs::write(&data, "b").unwrap();
        assert!(wanted.is_outdated());
    }

    #[test]
    fn nothing_outside_of_the_directory_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let bot = dir.path().join("bot");
        fs::create_dir_all(bot.join("data/deep")).unwrap();
        for (path, text) in [
            ("secret", "no"),
            ("bot/bot.py", "yes"),
            ("bot/data/a.txt", "a"),
            ("bot/data/deep/b.txt", "b"),
            ("bot/data/.hidden", "no"),
        ] {
            fs::write(dir.path().join(path), text).unwrap();
        }
        std::os::unix::fs::symlink("../secret", bot.join("link")).unwrap();
        let mut wanted = Wanted::below(&bot).unwrap();
        let absolute = dir.path().join("secret").display().to_string();
        for path in [
            "bot.py",
            "../secret",
            "link",
            &absolute,
            "data/",
            "nothing.py",
            "./bot.py",
        ] {
            wanted.add(path).unwrap();
        }
        let files = wanted.files();
        let found: Vec<&str> = files
            .iter()
            .filter(|file| file.bytes.is_some())
            .map(|file| file.path.as_str())
            .collect();
        assert_eq!(found, ["bot.py", "data/a.txt", "data/deep/b.txt"]);
        assert!(
            files
                .iter()
                .any(|file| file.path == "nothing.py" && file.bytes.is_none())
        );
    }
}
