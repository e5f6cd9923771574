//! Places to look for the files of a bot, and which of them count.

use std::{
    fs,
    path::{Path, PathBuf},
};

use globset::GlobMatcher;

use super::DEPTH_MAX;
use crate::cli::cargo;
use ravenry_config::MANIFEST;

/// A place to look for files, and which of them count.
#[derive(Clone, Debug)]
pub(in crate::cli) struct Root {
    /// A directory, or with [`Which::Itself`] a file, links resolved. Need not be there.
    pub(super) path: PathBuf,
    /// The same as it was named.
    pub(super) named: PathBuf,
    pub(super) which: Which,
}

/// Which files below a root count.
#[derive(Clone, Debug)]
pub(super) enum Which {
    /// The root is the file.
    Itself,
    /// All of a crate.
    Crate,
    /// All of a project in another language, without what its tools leave behind.
    Project,
    /// Those that fit the pattern, which is relative to the root.
    Matching(GlobMatcher),
    /// Those that make a directory a bot: manifests, crates and components, two levels deep.
    Bots,
}

/// Entries that are no sources in any project.
pub(super) const NEVER: &[&str] = &["node_modules", "__pycache__", "__pypackages__"];

/// Entries that tools leave at the top of a project.
const LEFT_BEHIND: &[&str] = &["build", "dist", "out", "venv"];

impl Root {
    pub(super) fn new(path: &Path, which: Which) -> Self {
        Self {
            path: resolved(path),
            named: path.to_owned(),
            which,
        }
    }

    /// The same where its links lead now.
    pub(super) fn now(&self) -> Self {
        Self {
            path: resolved(&self.named),
            ..self.clone()
        }
    }

    /// Where bots are declared: a manifest, or a directory.
    pub(in crate::cli) fn of_declarations(source: &Path) -> Self {
        let which = if source.is_dir() {
            Which::Bots
        } else {
            Which::Itself
        };
        Self::new(source, which)
    }
}

fn resolved(path: &Path) -> PathBuf {
    let absolute = fs::canonicalize(path).or_else(|_| std::path::absolute(path));
    absolute.unwrap_or_else(|_| path.to_owned())
}

impl Root {
    pub(super) fn depth_max(&self) -> usize {
        if matches!(self.which, Which::Bots) {
            1
        } else {
            DEPTH_MAX
        }
    }

    /// Whether a directory of this root is what tools leave behind.
    pub(super) fn leaves_out(&self, name: &str, depth: usize) -> bool {
        let left_behind = depth == 0 && LEFT_BEHIND.contains(&name);
        matches!(self.which, Which::Project) && (left_behind || name == "target")
    }

    /// Whether a link counts: as what it leads to, or because a build may read through it. Components
    /// that a build writes are no links.
    pub(super) fn minds(&self, path: &Path, name: &str) -> bool {
        match self.which {
            Which::Matching(_) => self.takes(path, name),
            Which::Bots => self.takes(path, name) || path.is_dir(),
            Which::Itself | Which::Crate | Which::Project => true,
        }
    }

    pub(super) fn takes(&self, path: &Path, name: &str) -> bool {
        match &self.which {
            Which::Itself | Which::Crate => true,
            Which::Project => !cargo::has_wasm_extension(path),
            Which::Matching(matcher) => path
                .strip_prefix(&self.path)
                .is_ok_and(|below| matcher.is_match(below)),
            Which::Bots => {
                name == MANIFEST || name == "Cargo.toml" || cargo::has_wasm_extension(path)
            }
        }
    }
}
