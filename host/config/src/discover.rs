//! Bots in a directory, where no file lists them.
//!
//! - `DIR/ravenry.toml`, if it is there, says it all.
//! - A directory that is a crate itself is one bot with the name of the directory.
//! - Otherwise each sub-directory with its own `ravenry.toml` gives the bots of that file; each
//!   that is a crate, or holds one `.wasm` file, is a bot with the name of the sub-directory; each
//!   `.wasm` file is a bot with its own name.
//!
//! Hidden entries and `target` are passed over, and so are sub-directories whose manifest says
//! `only_when_named = true`: their bots are for those who name the directory or the file itself.

use std::{
    io,
    path::{Path, PathBuf},
};

use super::source_file::{FILE_BYTES_MAX, excerpt, read};
use crate::{ids::BotName, resolve::ServerSpec};
use ravenry_base::report::{Place, Problem};

/// Name of the author's file.
pub const MANIFEST: &str = "ravenry.toml";

/// Key of a manifest whose bots are left out where only the directory above it is named.
pub(super) const ONLY_WHEN_NAMED: &str = "only_when_named";

/// Entries of a directory that are looked at: ten times the bots that a process is built for.
const ENTRIES_MAX: usize = 10_000;

/// Sub-directories that are named at once as those whose bots are not listed.
const UNLISTED_MAX: usize = 3;

/// Where the components of bots in Python are built, beside their files.
const BUILT: &str = "dist";

/// Something in a directory that gives bots.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A manifest.
    Manifest(PathBuf),
    /// A bot without one.
    Bot {
        /// From the name of the directory or file.
        name: BotName,
        /// The crate, or the `.wasm` file.
        source: PathBuf,
    },
}

/// What is in a directory, sorted by name. Problems are noted; what is well goes on.
pub(super) fn discover(dir: &Path, problems: &mut Vec<Problem>) -> Vec<Found> {
    if dir.join(MANIFEST).is_file() {
        return vec![Found::Manifest(dir.join(MANIFEST))];
    }
    if is_crate(dir) {
        return bot(dir, dir, problems).into_iter().collect();
    }
    let before = problems.len();
    let entries = match entries(dir) {
        Ok(entries) => entries,
        Err(error) => {
            let message = format!("directory `{}` cannot be read", dir.display());
            problems.push(Problem {
                message,
                causes: vec![error.to_string()],
                ..Problem::default()
            });
            return Vec::new();
        }
    };
    let mut found = Vec::new();
    let in_python = entries.iter().find(|path| is_python(path)).cloned();
    for path in entries {
        if path.is_dir() {
            found.extend(sub_directory(&path, problems));
        } else if is_wasm(&path) {
            found.extend(bot(&path.with_extension(""), &path, problems));
        }
    }
    if found.is_empty() && problems.len() == before {
        problems.push(Problem {
            message: format!("no bots in `{}`", dir.display()),
            causes: vec![format!("it holds neither `{MANIFEST}`, nor a crate, nor a .wasm file, and no sub-directory does")],
            hint: Some(match in_python {
                Some(file) => format!(
                    "a bot in Python is served by its file, as `{}`, or from a `{MANIFEST}`",
                    file.display()
                ),
                None => format!("name a directory that holds bots, or a `{MANIFEST}`"),
            }),
            ..Problem::default()
        });
    }
    found
}

/// What to say of sub-directories that hold bots, where the manifest of their directory has others alone: whoever
/// adds a bot there looks for it in vain. `None` where there is no manifest, or nothing to say.
pub fn unlisted(dir: &Path, spec: &ServerSpec) -> Option<String> {
    if !dir.is_dir() || !dir.join(MANIFEST).is_file() {
        return None;
    }
    let bots = spec.tenants.iter().flat_map(|tenant| &tenant.bots);
    let sources = bots.chain(&spec.aside).map(|bot| &bot.source);
    let sources: Vec<_> = sources
        .filter_map(|path| path.canonicalize().ok())
        .collect();
    let is_listed = |found: &Path| {
        let found = found.canonicalize().unwrap_or_default();
        sources.iter().any(|source| source.starts_with(&found))
    };
    let found = entries(dir).unwrap_or_default();
    let found = found.into_iter().filter(|path| holds_bots(path));
    let names: Vec<_> = found.filter(|path| !is_listed(path)).collect();
    let first = names.first()?;
    let shown = names.iter().take(UNLISTED_MAX);
    let shown = shown.map(|path| format!("`{}`", path.file_name().unwrap_or_default().display()));
    let mut shown = shown.collect::<Vec<_>>().join(", ");
    let more = names.len().saturating_sub(UNLISTED_MAX);
    if more > 0 {
        shown = format!("{shown} and {more} more");
    }
    Some(format!(
        "Not served: {shown}. `{MANIFEST}` lists others: name them there, or serve one by \
         itself: `ravenry up {}`",
        first.display()
    ))
}

/// Whether a sub-directory is there for a bot: more than a crate, which may be a library.
fn holds_bots(dir: &Path) -> bool {
    if !dir.is_dir() || dir.ends_with(BUILT) {
        return false;
    }
    let manifest = dir.join(MANIFEST);
    if manifest.is_file() {
        return !is_only_when_named(&manifest);
    }
    let cargo = read(&dir.join("Cargo.toml"), FILE_BYTES_MAX).unwrap_or_default();
    let is_component = toml_span::parse(&cargo).is_ok_and(|value| {
        let kinds = value.pointer("/lib/crate-type");
        let kinds = kinds.and_then(toml_span::Value::as_array);
        kinds.is_some_and(|kinds| kinds.iter().any(|kind| kind.as_str() == Some("cdylib")))
    });
    let mut files = entries(dir).unwrap_or_default().into_iter();
    is_component || files.any(|path| is_wasm(&path) && path.is_file())
}

fn sub_directory(dir: &Path, problems: &mut Vec<Problem>) -> Option<Found> {
    let manifest = dir.join(MANIFEST);
    if manifest.is_file() {
        return (!is_only_when_named(&manifest)).then_some(Found::Manifest(manifest));
    }
    if is_crate(dir) {
        return bot(dir, dir, problems);
    }
    // A directory that cannot be read may hold anything, or nothing of ours.
    let mut components = entries(dir).unwrap_or_default();
    components.retain(|path| is_wasm(path) && path.is_file());
    match components.as_slice() {
        [] => None,
        [only] => bot(dir, only, problems),
        several => {
            problems.push(Problem {
                message: format!("`{}` holds {} .wasm files", dir.display(), several.len()),
                place: Some(Place::whole(dir.display().to_string())),
                hint: Some(format!(
                    "say in `{}` which of them are bots",
                    dir.join(MANIFEST).display()
                )),
                ..Problem::default()
            });
            None
        }
    }
}

/// Whether a manifest keeps its bots out where only the directory above it is named.
fn is_only_when_named(manifest: &Path) -> bool {
    let Ok(text) = read(manifest, FILE_BYTES_MAX) else {
        return false;
    };
    // What cannot be parsed, or is neither true nor false, is complained about where it is read.
    toml_span::parse(&text).is_ok_and(|value| {
        let said = value.pointer(&format!("/{ONLY_WHEN_NAMED}"));
        said.and_then(toml_span::Value::as_bool).unwrap_or(false)
    })
}

/// A bot with the name of a path.
pub(super) fn bot(named: &Path, source: &Path, problems: &mut Vec<Problem>) -> Option<Found> {
    // `.` and `..` have no name of their own.
    let full = if named.file_name().is_some() {
        Ok(named.to_owned())
    } else {
        named.canonicalize()
    };
    let name = full.ok().and_then(|path| {
        path.file_name()
            .map(|name| name.to_string_lossy().into_owned())
    });
    let name = name.unwrap_or_default();
    match BotName::parse(&name) {
        Ok(name) => Some(Found::Bot {
            name,
            source: source.to_owned(),
        }),
        Err(error) => {
            problems.push(Problem {
                message: format!("`{}` cannot name a bot", excerpt(&name)),
                causes: vec![error.to_string()],
                place: Some(Place::whole(source.display().to_string())),
                hint: Some(format!("rename it, or name the bot in a `{MANIFEST}`")),
            });
            None
        }
    }
}

/// Visible entries, sorted by name.
fn entries(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in dir.read_dir()? {
        let name = entry?.file_name();
        let shown = name.to_string_lossy();
        if shown.starts_with('.') || shown == "target" {
            continue;
        }
        if paths.len() == ENTRIES_MAX {
            return Err(io::Error::other(format!(
                "it has more than {ENTRIES_MAX} entries"
            )));
        }
        paths.push(dir.join(name));
    }
    paths.sort();
    Ok(paths)
}

/// Whether a path has the name of a component.
pub(super) fn is_wasm(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension == "wasm")
}

/// Whether a path has the name of a file in Python.
pub fn is_python(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "py")
}

/// Whether a directory is a crate: its `Cargo.toml` has a package. One of a workspace alone has none.
pub(super) fn is_crate(dir: &Path) -> bool {
    let Ok(text) = read(&dir.join("Cargo.toml"), FILE_BYTES_MAX) else {
        return false;
    };
    // What cannot be read here is for cargo to complain about.
    toml_span::parse(&text).map_or(true, |value| value.has_key("package"))
}
