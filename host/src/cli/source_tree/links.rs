//! Links on the way to a file: pointing one elsewhere changes what is found there, without writing a file.

use std::{
    collections::VecDeque,
    ffi::OsString,
    fs,
    path::{Component, Path, PathBuf},
};

/// Links that one path may lead over, as for the kernel.
const LINKS_MAX: usize = 40;

/// A link: where it lies, and where it leads as it is written there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Link {
    /// Its place, with its directory resolved.
    pub(super) path: PathBuf,
    target: PathBuf,
}

impl Link {
    /// The link at a path whose directory is resolved, if one is there.
    pub(super) fn at(path: PathBuf) -> Option<Self> {
        let target = fs::read_link(&path).ok()?;
        Some(Self { path, target })
    }

    /// What stands for it among files: another one as soon as it leads elsewhere.
    pub(super) fn entry(&self) -> PathBuf {
        let mut entry = OsString::from(&self.path);
        entry.push(" -> ");
        entry.push(&self.target);
        entry.into()
    }
}

/// All links that a path leads over, those that others lead to among them.
pub(super) fn on_the_way(path: &Path) -> Vec<Link> {
    let mut links = Vec::new();
    let Ok(path) = std::path::absolute(path) else {
        return links;
    };
    let mut left: VecDeque<OsString> = parts(&path).collect();
    let mut resolved = PathBuf::new();
    while let Some(part) = left.pop_front() {
        if part == ".." {
            resolved.pop();
            continue;
        }
        // The root takes the place of all before it.
        let next = resolved.join(&part);
        match Link::at(next.clone()) {
            Some(link) if links.len() < LINKS_MAX => {
                for part in parts(&link.target).collect::<Vec<_>>().into_iter().rev() {
                    left.push_front(part);
                }
                links.push(link);
            }
            _ => resolved = next,
        }
    }
    links
}

fn parts(path: &Path) -> impl Iterator<Item = OsString> + '_ {
    path.components()
        .filter(|part| *part != Component::CurDir)
        .map(|part| part.as_os_str().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn names(path: &Path) -> Vec<String> {
        let name = |link: Link| {
            link.path
                .file_name()
                .unwrap()
                .to_string_lossy()
                .into_owned()
        };
        on_the_way(path).into_iter().map(name).collect()
    }

    #[test]
    fn links_to_links_are_found_and_circles_end() {
        let dir = tempfile::tempdir().unwrap();
        let dir = fs::canonicalize(dir.path()).unwrap();
        fs::create_dir_all(dir.join("rel/v1/w")).unwrap();
        fs::create_dir(dir.join("bots")).unwrap();
        symlink("v1", dir.join("rel/stable")).unwrap();
        symlink(dir.join("rel/stable"), dir.join("current")).unwrap();
        symlink("../current/w", dir.join("bots/w")).unwrap();
        symlink("round", dir.join("round")).unwrap();
        assert_eq!(
            names(&dir.join("bots/w/bot.wasm")),
            ["w", "current", "stable"]
        );
        assert_eq!(names(&dir.join("bots/../current/w")), ["current", "stable"]);
        assert_eq!(names(&dir.join("rel/v1/w/none")), [""; 0]);
        assert_eq!(names(&dir.join("round")).len(), LINKS_MAX);
    }
}
