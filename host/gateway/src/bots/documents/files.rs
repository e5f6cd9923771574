//! The files that are documents of a bot: found by the patterns of its manifest, each with its identifier.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use globset::{GlobBuilder, GlobMatcher};

use ravenry_config::documents::{self, DocumentFiles};
use ravenry_documents::Kind;

/// Most documents of a bot that its manifest names.
pub(super) const FILES_MAX: usize = 20_000;

/// Directories deeper than this below the beginning of a pattern hold no documents that an author means.
const DEPTH_MAX: usize = 24;

/// A file that is a document.
#[derive(Debug)]
pub(super) struct DocumentFile {
    /// Where it is.
    pub(super) path: PathBuf,
    /// How it is read.
    pub(super) kind: Kind,
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// By identifier: the path from the manifest's directory.
    pub(super) files: BTreeMap<String, DocumentFile>,
    /// What is wrong with a pattern, or with a file that it names.
    pub(super) complaints: Vec<String>,
    /// There are more than [`FILES_MAX`].
    is_cut: bool,
}

/// Looks for the files of a bot. Hidden ones are named, or are none.
pub(super) fn find(wanted: &DocumentFiles) -> Found {
    let mut found = Found::default();
    for pattern in &wanted.patterns {
        let (start, rest) = documents::parts(pattern);
        let before = found.files.len();
        let path = named(wanted.base.join(&start));
        if rest.is_empty() {
            match fs::metadata(&path) {
                Ok(there) if there.is_file() => found.take(wanted, &start, path, true),
                Ok(_) => found.complaints.push(format!(
                    "`{pattern}` is no file; write `{pattern}/**/*` for all that is in it"
                )),
                Err(error) => found.complaints.push(format!("`{pattern}`: {error}")),
            }
            continue;
        }
        // It was checked when it was read.
        let Ok(glob) = GlobBuilder::new(&rest).literal_separator(true).build() else {
            continue;
        };
        let walk = Walk {
            wanted,
            matcher: glob.compile_matcher(),
            start: &start,
        };
        walk.directory(&path, Path::new(""), 0, &mut found);
        if found.files.len() == before {
            let none = format!("`{pattern}` fits no file below `{}`", path.display());
            found.complaints.push(none);
        }
    }
    if found.is_cut {
        let many = format!("there are more than {FILES_MAX} documents; the rest is left out");
        found.complaints.push(many);
    }
    found
}

impl Found {
    /// Takes a file in, unless it is outside the fence or no document; `named`: by its very name.
    fn take(&mut self, wanted: &DocumentFiles, relative: &Path, path: PathBuf, named: bool) {
        let id = relative.to_string_lossy().into_owned();
        if !is_within(wanted.fence.as_deref(), &path) {
            self.complaints
                .push(format!("`{id}` leads out of the directory of the tenant"));
            return;
        }
        if relative.to_str().is_none() {
            let odd = format!("`{id}` is not UTF-8, and can be no identifier");
            self.complaints.push(odd);
            return;
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let Some(kind) = Kind::of_name(&name) else {
            if named {
                self.complaints.push(format!(
                    "`{id}` is no document: Markdown, HTML, PDF and text are read, by the ending of the name"
                ));
            }
            return;
        };
        if self.files.len() >= FILES_MAX && !self.files.contains_key(&id) {
            self.is_cut = true;
            return;
        }
        self.files.insert(id, DocumentFile { path, kind });
    }
}

/// One pattern, as it is looked for.
struct Walk<'a> {
    wanted: &'a DocumentFiles,
    matcher: GlobMatcher,
    /// Where it begins, from the manifest's directory.
    start: &'a Path,
}

impl Walk<'_> {
    /// Looks through a directory, which is `below` the beginning of the pattern. Links to directories are not
    /// followed: they may lead in a circle.
    fn directory(&self, path: &Path, below: &Path, depth: usize, found: &mut Found) {
        let Ok(entries) = fs::read_dir(path) else {
            return;
        };
        for entry in entries.flatten() {
            let (name, Ok(kind)) = (entry.file_name(), entry.file_type()) else {
                continue;
            };
            if name.to_string_lossy().starts_with('.') || found.is_cut {
                continue;
            }
            let below = below.join(&name);
            if kind.is_dir() {
                if depth < DEPTH_MAX {
                    self.directory(&entry.path(), &below, depth.saturating_add(1), found);
                }
            } else if self.matcher.is_match(&below) && entry.path().is_file() {
                found.take(self.wanted, &self.start.join(&below), entry.path(), false);
            }
        }
    }
}

/// A directory as it can be read: that of a manifest without a directory in its name has none itself.
fn named(directory: PathBuf) -> PathBuf {
    if directory.as_os_str().is_empty() {
        return PathBuf::from(".");
    }
    directory
}

/// Whether a file is where a tenant may have files.
fn is_within(fence: Option<&Path>, path: &Path) -> bool {
    let Some(fence) = fence else {
        return true;
    };
    let fence = named(fence.to_owned());
    match (fs::canonicalize(fence), fs::canonicalize(path)) {
        (Ok(fence), Ok(path)) => path.starts_with(fence),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn files(base: &Path, patterns: &[&str], fence: Option<&Path>) -> Found {
        find(&DocumentFiles {
            base: base.to_owned(),
            patterns: patterns.iter().map(ToString::to_string).collect(),
            fence: fence.map(Path::to_owned),
        })
    }

    #[test]
    fn patterns_find_documents_and_say_what_they_do_not_find() {
        let dir = tempfile::tempdir().unwrap();
        let base = dir.path();
        fs::create_dir_all(base.join("bot/docs/deep/.git")).unwrap();
        for name in [
            "README.md",
            "bot/docs/a.md",
            "bot/docs/deep/b.HTML",
            "bot/docs/deep/c.png",
            "bot/docs/deep/.git/d.md",
            "bot/e.pdf",
        ] {
            fs::write(base.join(name), name).unwrap();
        }
        symlink("..", base.join("bot/docs/circle")).unwrap();
        let bot = base.join("bot");
        let wanted = [
            "docs/**/*",
            "e.pdf",
            "../README.md",
            "none.md",
            "x/*.md",
            "docs",
        ];
        let found = files(&bot, &wanted, None);
        let ids: Vec<&str> = found.files.keys().map(String::as_str).collect();
        assert_eq!(
            ids,
            ["../README.md", "docs/a.md", "docs/deep/b.HTML", "e.pdf"]
        );
        assert_eq!(found.files["e.pdf"].kind, Kind::Pdf);
        assert_eq!(found.complaints.len(), 3, "{:?}", found.complaints);
        assert!(found.complaints[0].starts_with("`none.md`: "));
        assert!(found.complaints[1].starts_with("`x/*.md` fits no file"));
        assert!(found.complaints[2].contains("`docs/**/*`"));
    }

    #[test]
    fn nothing_outside_the_fence_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let base = dir.path();
        fs::create_dir(base.join("tenant")).unwrap();
        fs::write(base.join("secret.md"), "of another").unwrap();
        symlink("../secret.md", base.join("tenant/link.md")).unwrap();
        let tenant = base.join("tenant");
        let found = files(&tenant, &["*.md", "../secret.md"], Some(&tenant));
        assert!(found.files.is_empty());
        assert!(found.complaints.iter().any(|it| it.contains("leads out")));
    }
}
