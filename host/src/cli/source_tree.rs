//! Which files a bot is made of, and what is in them.
//!
//! In go bots as they are declared; out come roots to look below, and the fingerprints of the files there:
//! path and digest. Two sets of them tell what has changed, whatever a file system reports in between.
//! Never looked at: hidden entries, what cargo builds, what package managers fetch. Nothing is built
//! or watched here.

mod links;
mod root;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs::{self, File, Metadata},
    io::{self, Read as _},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use globset::GlobBuilder;
use sha2::{Digest as _, Sha256};

pub(super) use self::root::Root;
use self::{
    links::Link,
    root::{NEVER, Which},
};
use super::{cargo, components::home, process::Caller};
use ravenry_config::{
    documents::{self, DocumentFiles},
    is_python,
    resolve::BotSpec,
};

/// Directories deeper than this below a root hold no sources that an author means.
const DEPTH_MAX: usize = 24;

/// Files of one root; a project with more should name what to watch.
const FILES_MAX: usize = 20_000;

/// Files that are read whole. Of larger ones, only size and time of writing tell a change.
const READ_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// A file written this recently may be written again without a change of its time of writing: file
/// systems count in steps of up to two seconds.
const RECENT: Duration = Duration::from_secs(2);

/// What a file holds, as SHA-256.
type Digest = [u8; 32];

/// Files by path, with what they hold.
pub(super) type Fingerprints = BTreeMap<PathBuf, Digest>;

/// Where the files of a bot are, and what is wrong with its patterns. `known` are the workspaces that
/// cargo was asked about; more are added.
pub(super) fn roots_of(
    bot: &BotSpec,
    known: &mut Vec<cargo::Metadata>,
    caller: &Caller<'_>,
) -> (Vec<Root>, Vec<String>) {
    let base = if bot.source.is_dir() {
        &bot.source
    } else {
        home(&bot.place)
    };
    match &bot.build {
        None if is_python(&bot.source) => {
            let directory = match bot.source.parent() {
                Some(parent) if parent != Path::new("") => parent,
                _ => Path::new("."),
            };
            (vec![Root::new(directory, Which::Project)], Vec::new())
        }
        None if !bot.source.is_dir() => (vec![Root::new(&bot.source, Which::Itself)], Vec::new()),
        Some(build) if !build.watch.is_empty() => {
            let (mut roots, mut wrong) = (Vec::new(), Vec::new());
            for pattern in &build.watch {
                match matching(base, pattern) {
                    Ok(root) => roots.push(root),
                    Err(error) => wrong.push(format!(
                        "`{pattern}` in `watch` of bot `{}` is no pattern: {error}",
                        bot.name
                    )),
                }
            }
            (roots, wrong)
        }
        Some(_) if !base.join("Cargo.toml").is_file() => {
            (vec![Root::new(base, Which::Project)], Vec::new())
        }
        _ => (of_crate(base, known, caller), Vec::new()),
    }
}

/// Where the files are that a bot knows. Its patterns were checked when they were read.
pub(super) fn documents_of(bot: &BotSpec) -> Vec<Root> {
    let DocumentFiles { base, patterns, .. } = &bot.documents;
    let roots = patterns.iter().map(|pattern| matching(base, pattern));
    roots.filter_map(Result::ok).collect()
}

/// A crate, the crates beside it that it needs, and what their workspaces say for all of them.
fn of_crate(directory: &Path, known: &mut Vec<cargo::Metadata>, caller: &Caller<'_>) -> Vec<Root> {
    let mut roots = vec![Root::new(directory, Which::Crate)];
    let mut workspaces = BTreeSet::new();
    let mut next = 0;
    while let Some(Root { path, .. }) = roots.get(next) {
        next = next.saturating_add(1);
        let manifest = path.join("Cargo.toml");
        if !known.iter().any(|found| found.package(&manifest).is_some()) {
            // What cargo cannot read is seen when it is corrected.
            known.extend(cargo::metadata(&manifest, caller));
        }
        let found = known
            .iter()
            .find_map(|found| Some((found, found.package(&manifest)?)));
        let Some((workspace, package)) = found else {
            continue;
        };
        workspaces.insert(workspace.workspace_root.clone());
        for path in package
            .dependencies
            .iter()
            .filter_map(|needed| needed.path.as_deref())
        {
            let root = Root::new(path, Which::Crate);
            if roots.iter().all(|known| known.path != root.path) {
                roots.push(root);
            }
        }
    }
    for workspace in workspaces {
        let files = [
            "Cargo.toml",
            LOCK,
            "rust-toolchain.toml",
            ".cargo/config.toml",
        ];
        roots.extend(files.map(|name| Root::new(&workspace.join(name), Which::Itself)));
    }
    roots
}

/// What cargo resolved; builds write it.
const LOCK: &str = "Cargo.lock";

/// A pattern as the directory that it starts in, and what counts below.
fn matching(base: &Path, pattern: &str) -> Result<Root, globset::Error> {
    let (start, rest) = documents::parts(pattern);
    let start = base.join(start);
    if rest.is_empty() {
        let which = if start.is_dir() {
            Which::Project
        } else {
            Which::Itself
        };
        return Ok(Root::new(&start, which));
    }
    let glob = GlobBuilder::new(&rest).literal_separator(true).build()?;
    Ok(Root::new(&start, Which::Matching(glob.compile_matcher())))
}

/// A file that was read: read again only when one of these has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    bytes: u64,
    written: SystemTime,
    inode: u64,
}

/// Looks at files, and remembers what is in those that have not been written since.
#[derive(Debug, Default)]
pub(super) struct Scanner {
    read: HashMap<PathBuf, (Stamp, Digest)>,
}

/// What there is below some roots.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// The files that count, and the links to them and among them.
    pub(super) files: Fingerprints,
    /// Beginnings of paths whose changes count.
    pub(super) wanted: Vec<PathBuf>,
    /// The directories that were looked into, and those that the roots themselves are in.
    pub(super) directories: BTreeSet<PathBuf>,
}

impl Scanner {
    /// Looks below these roots. What cannot be read is not there.
    pub(super) fn look(&mut self, roots: &[Root]) -> Seen {
        let mut seen = Seen::default();
        for root in roots {
            let root = root.now();
            for link in links::on_the_way(&root.named) {
                seen.link(&link);
            }
            seen.directories
                .extend(root.path.parent().map(Path::to_owned));
            seen.wanted.push(root.path.clone());
            let mut left = FILES_MAX;
            match root.which {
                Which::Itself => self.file(&root.path, &mut seen),
                _ => self.directory(&root.path, &root, 0, &mut left, &mut seen),
            }
        }
        seen
    }

    fn directory(
        &mut self,
        path: &Path,
        root: &Root,
        depth: usize,
        left: &mut usize,
        seen: &mut Seen,
    ) {
        let Ok(entries) = fs::read_dir(path) else {
            return;
        };
        seen.directories.insert(path.to_owned());
        let is_crate = path.join("Cargo.toml").is_file();
        for entry in entries.flatten() {
            let (name, path) = (entry.file_name(), entry.path());
            let name = name.to_string_lossy();
            let Ok(kind) = entry.file_type() else {
                continue;
            };
            let never = name.starts_with('.') || NEVER.contains(&name.as_ref());
            if kind.is_symlink() && !never && root.minds(&path, &name) {
                self.links_to(&path, root, depth, left, seen);
            }
            if kind.is_dir() {
                let built = (is_crate && name == "target") || path.join("CACHEDIR.TAG").is_file();
                if !never && !built && depth < root.depth_max() && !root.leaves_out(&name, depth) {
                    self.directory(&path, root, depth.saturating_add(1), left, seen);
                }
            } else if !never && root.takes(&path, &name) {
                let Some(rest) = left.checked_sub(1) else {
                    return;
                };
                *left = rest;
                self.file(&path, seen);
            }
        }
    }

    /// A link among the files of a root. Links to directories are followed only where bots are
    /// declared, one level deep, so that a loop of links ends.
    fn links_to(
        &mut self,
        path: &Path,
        root: &Root,
        depth: usize,
        left: &mut usize,
        seen: &mut Seen,
    ) {
        for link in links::on_the_way(path) {
            seen.link(&link);
        }
        let Ok(target) = fs::canonicalize(path) else {
            return;
        };
        if target.is_dir() {
            if matches!(root.which, Which::Bots) && depth < root.depth_max() {
                seen.wanted.push(target.clone());
                self.directory(&target, root, depth.saturating_add(1), left, seen);
            }
        } else if root.takes(
            path,
            &path.file_name().unwrap_or_default().to_string_lossy(),
        ) {
            seen.directories.extend(target.parent().map(Path::to_owned));
            seen.wanted.push(target);
        }
    }

    fn file(&mut self, path: &Path, seen: &mut Seen) {
        let found = fs::metadata(path).ok().filter(Metadata::is_file);
        if let Some(digest) = found.and_then(|found| self.digest(path, &found).ok()) {
            seen.files.insert(path.to_owned(), digest);
        }
    }

    fn digest(&mut self, path: &Path, found: &Metadata) -> io::Result<Digest> {
        let stamp = Stamp {
            bytes: found.len(),
            written: found.modified()?,
            inode: found.ino(),
        };
        if let Some((_, digest)) = self.read.get(path).filter(|(known, _)| *known == stamp) {
            return Ok(*digest);
        }
        let digest = if stamp.bytes > READ_BYTES_MAX {
            Sha256::digest(format!("{stamp:?}")).into()
        } else {
            let mut bytes = Vec::new();
            File::open(path)?
                .take(READ_BYTES_MAX)
                .read_to_end(&mut bytes)?;
            Sha256::digest(&bytes).into()
        };
        if stamp.written.elapsed().is_ok_and(|age| age > RECENT) {
            self.read.insert(path.to_owned(), (stamp, digest));
        } else {
            self.read.remove(path);
        }
        Ok(digest)
    }
}

impl Seen {
    fn link(&mut self, link: &Link) {
        self.files.insert(link.entry(), Digest::default());
        self.directories
            .extend(link.path.parent().map(Path::to_owned));
        self.wanted.push(link.path.clone());
    }
}

/// Takes over what a build has written by itself, so that it does not call for another build.
pub(super) fn take_over_locks(picture: &mut Fingerprints, now: &Fingerprints) {
    picture.retain(|path, _| !path.ends_with(LOCK));
    let locks = now.iter().filter(|(path, _)| path.ends_with(LOCK));
    picture.extend(locks.map(|(path, digest)| (path.clone(), *digest)));
}

#[cfg(test)]
mod tests;
