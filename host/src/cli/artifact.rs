//! Finds the component that a build command of the author's own left behind.
//!
//! Such a command (`npm run build`, a script) does not say what it wrote. So the newest component
//! below the bot's directory is taken; where two are equally new, it cannot be told which is meant,
//! and that is an error. Core modules, which toolchains leave beside the component, are not looked at.

use std::{
    fs::{self, File},
    io::Read as _,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

/// Directories deeper than this hold no result of a build that an author means.
const DEPTH_MAX: usize = 8;

/// Files and directories looked at; a project with more should name its .wasm file.
const ENTRIES_MAX: usize = 50_000;

/// Components written within this time of each other are equally new: one build made both.
const EQUALLY_NEW: Duration = Duration::from_secs(2);

/// Directories that hold parts of a build, or other people's work.
const SKIPPED: &[&str] = &["build", "deps", "examples", "incremental", "node_modules"];

/// What was found below a directory.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// No component.
    None,
    /// The newest component.
    One(PathBuf),
    /// Several that are equally new, in the order of their names.
    Several(Vec<PathBuf>),
}

/// Looks for the newest component in these directories and below them.
pub(super) fn newest_component(directories: &[&Path]) -> Found {
    let mut found = Vec::new();
    let mut budget = ENTRIES_MAX;
    for directory in directories {
        search(directory, 0, &mut budget, &mut found);
    }
    let Some(newest) = found.iter().map(|(written, _)| *written).max() else {
        return Found::None;
    };
    let mut paths: Vec<PathBuf> = found
        .into_iter()
        .filter(|(written, _)| {
            newest
                .duration_since(*written)
                .is_ok_and(|age| age < EQUALLY_NEW)
        })
        .map(|(_, path)| path)
        .collect();
    paths.sort();
    paths.dedup();
    match paths.pop() {
        Some(only) if paths.is_empty() => Found::One(only),
        Some(last) => {
            paths.push(last);
            Found::Several(paths)
        }
        None => Found::None,
    }
}

fn search(
    directory: &Path,
    depth: usize,
    budget: &mut usize,
    found: &mut Vec<(SystemTime, PathBuf)>,
) {
    // What cannot be read holds nothing for us.
    let Ok(entries) = fs::read_dir(directory) else {
        return;
    };
    for entry in entries.flatten() {
        let Some(left) = budget.checked_sub(1) else {
            return;
        };
        *budget = left;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        // `file_type` does not follow links, so that a loop of links ends here.
        let Ok(kind) = entry.file_type() else {
            continue;
        };
        if kind.is_dir() {
            // At the top, `build` is where many tools put their result; deeper, cargo its scripts.
            let result = depth == 0 && name == "build";
            let skipped = name.starts_with('.') || SKIPPED.contains(&name.as_ref());
            if (result || !skipped) && depth < DEPTH_MAX {
                search(&entry.path(), depth.saturating_add(1), budget, found);
            }
        } else if kind.is_file() && name.ends_with(".wasm") && is_component(&entry.path()) {
            let written = entry.metadata().and_then(|data| data.modified());
            found.push((written.unwrap_or(SystemTime::UNIX_EPOCH), entry.path()));
        }
    }
}

/// Whether a file starts with the header of a component: the magic number, a version, layer 1.
fn is_component(path: &Path) -> bool {
    let mut header = [0_u8; 8];
    File::open(path)
        .and_then(|mut file| file.read_exact(&mut header))
        .is_ok()
        && matches!(header, [0, b'a', b's', b'm', _, _, 1, 0])
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";
    const MODULE: &[u8] = b"\0asm\x01\0\0\0";

    fn write(path: &Path, bytes: &[u8], age: Duration) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
        let file = File::options().write(true).open(path).unwrap();
        file.set_modified(SystemTime::now() - age).unwrap();
    }

    #[test]
    fn the_newest_component_is_taken_and_modules_are_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        assert_eq!(newest_component(&[dir.path()]), Found::None);
        let (now, old) = (Duration::ZERO, Duration::from_secs(100));
        write(&path("vendor/old.wasm"), COMPONENT, old);
        write(&path("dist/bot.wasm"), COMPONENT, Duration::from_secs(10));
        write(&path("dist/bot.core.wasm"), MODULE, now);
        write(&path("node_modules/x/y.wasm"), COMPONENT, now);
        write(
            &path("target/wasm32-wasip2/release/deps/bot.wasm"),
            COMPONENT,
            now,
        );
        assert_eq!(
            newest_component(&[dir.path()]),
            Found::One(path("dist/bot.wasm"))
        );
    }

    #[test]
    fn two_of_one_build_are_ambiguous() {
        let dir = tempfile::tempdir().unwrap();
        let (a, b) = (dir.path().join("a.wasm"), dir.path().join("b.wasm"));
        write(&b, COMPONENT, Duration::from_millis(500));
        write(&a, COMPONENT, Duration::ZERO);
        assert_eq!(newest_component(&[dir.path()]), Found::Several(vec![a, b]));
    }
}
