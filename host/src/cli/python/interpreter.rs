//! The interpreters that bots in Python are packed with: made once for each version of this program, and for each
//! set of packages, and kept.
//!
//! This program carries the package for Python and the script that makes the interpreter from it; the script
//! fetches what it needs from `PyPI`. All of it is in a directory of its own, named by what goes into it.

use std::{
    error::Error as _,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process::Command,
};

use include_dir::{Dir, DirEntry, include_dir};
use parking_lot::Mutex;
use rustix::{
    io::Errno,
    process::{Pid, test_kill_process},
};
use sha2::{Digest as _, Sha256};

use super::merge;
use crate::cli::{
    build_error::BuildError,
    process::{self, Caller, Line, without_foreign_variables},
};
use ravenry_base::directory::{self, Writers};

/// What is carried, by its place below the directory: as in a checkout.
const CARRIED: [(&str, Dir<'static>); 2] = [
    (
        "guest-sdk/python",
        include_dir!("$CARGO_MANIFEST_DIR/../guest-sdk/python"),
    ),
    ("wit", include_dir!("$CARGO_MANIFEST_DIR/../wit")),
];

/// Kinds of files that are carried; beside them lies what tools leave behind.
const KINDS: [&str; 4] = ["py", "wit", "txt", "typed"];

/// What merges the modules: another version of it makes another interpreter.
const MERGE: [&str; 5] = [
    include_str!("merge.rs"),
    include_str!("merge/layout.rs"),
    include_str!("merge/module.rs"),
    include_str!("merge/plan.rs"),
    include_str!("merge/writer.rs"),
];

/// The name of the interpreter in its directory.
const COMPONENT: &str = "interpreter.wasm";

/// Held while an interpreter with packages is merged: several bots may want the same one.
static MERGING: Mutex<()> = Mutex::new(());

/// The interpreter, a component.
pub(super) fn component(cache: &Path, caller: &Caller<'_>) -> Result<Vec<u8>, BuildError> {
    let home = home(cache, caller)?;
    let component = home.join(COMPONENT);
    clear(&home);
    if component.is_file() {
        return read(&component);
    }
    caller.say("making the interpreter of Python (once)");
    let linked = home.join(format!("linked-{}.wasm", std::process::id()));
    let mut command = tool(&home, "runtime");
    command.arg("--out").arg(&linked);
    let made = run(&mut command, caller).and_then(|()| read(&linked));
    // Whether it was made or not; and before it is merged, which takes long enough to be killed in.
    let _ = fs::remove_file(&linked);
    merged(&made?, &component)
}

/// The interpreter with the packages that a file of requirements names, for the bot that begins with a file.
pub(super) fn with_packages(
    cache: &Path,
    requirements: &Path,
    bot: &Path,
    caller: &Caller<'_>,
) -> Result<Vec<u8>, BuildError> {
    let home = home(cache, caller)?;
    let mut command = tool(&home, "packaged");
    command.arg("--requirements").arg(requirements);
    command.arg("--bot").arg(bot);
    let linked = PathBuf::from(output(&mut command, caller)?.trim_end());
    let version = home.file_name().unwrap_or_default().to_string_lossy();
    let component = linked.with_file_name(format!("merged-{version}.wasm"));
    clear(linked.parent().unwrap_or(&home));
    let _merging = MERGING.lock();
    if component.is_file() {
        return read(&component);
    }
    merged(&read(&linked)?, &component)
}

fn read(path: &Path) -> Result<Vec<u8>, BuildError> {
    fs::read(path).map_err(|error| unwritable(path, &error))
}

/// An interpreter with its modules merged, which goes into a file.
fn merged(linked: &[u8], component: &Path) -> Result<Vec<u8>, BuildError> {
    let merged = merge::merged(linked).map_err(|error| super::refused(&error))?;
    super::replace(component, &merged)?;
    Ok(merged)
}

/// Removes what processes have left in a directory that ended while they made an interpreter: it is as large as one.
fn clear(directory: &Path) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let name = entry.file_name();
        if maker(&name.to_string_lossy()).is_some_and(is_gone) {
            // What cannot be removed is in nobody's way.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// The process that writes a file of this name, if that is one on the way to an interpreter.
fn maker(name: &str) -> Option<Pid> {
    let begun = name.trim_start_matches('.').strip_prefix("linked-");
    let id = match begun {
        Some(rest) => rest.split('.').next()?,
        None => name.split_once(".new-")?.1,
    };
    Pid::from_raw(id.parse().ok()?)
}

/// Whether there is no such process.
fn is_gone(process: Pid) -> bool {
    matches!(test_kill_process(process), Err(Errno::SRCH))
}

/// What a bot's file says of itself, as one JSON object. The file is read, and not run.
pub(super) fn described(
    cache: &Path,
    bot: &Path,
    caller: &Caller<'_>,
) -> Result<String, BuildError> {
    let home = home(cache, caller)?;
    let mut command = tool(&home, "describe");
    command.arg("--bot").arg(bot);
    output(&mut command, caller)
}

/// The directory with what this program carries. Made where it is not there.
fn home(cache: &Path, caller: &Caller<'_>) -> Result<PathBuf, BuildError> {
    let files = carried();
    let mut hasher = Sha256::new();
    for (path, bytes) in &files {
        hasher.update(path.to_string_lossy().as_bytes());
        hasher.update((bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    }
    for source in MERGE {
        hasher.update(source);
    }
    let digest: [u8; 32] = hasher.finalize().into();
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    let name = format!("{:016x}", u64::from_be_bytes(first));
    directory::make("cache", cache, Writers::OwnerOnly).map_err(|error| {
        let said = match error.source() {
            Some(cause) => format!("{error}: {cause}"),
            None => error.to_string(),
        };
        BuildError::refused(said)
    })?;
    let python = cache.join("python");
    let home = python.join(&name);
    if home.is_dir() {
        return Ok(home);
    }
    caller.say("unpacking what bots in Python need");
    let new = python.join(format!(".{name}.new-{}", std::process::id()));
    let written = write(&new, &files).and_then(|()| match fs::rename(&new, &home) {
        // Somebody else was quicker.
        Err(_) if home.is_dir() => fs::remove_dir_all(&new),
        moved => moved,
    });
    written.map_err(|error| {
        // What was begun is ours alone.
        let _ = fs::remove_dir_all(&new);
        unwritable(&home, &error)
    })?;
    Ok(home)
}

/// What is carried, by its path, in order.
pub(super) fn carried() -> Vec<(PathBuf, &'static [u8])> {
    let mut files = Vec::new();
    for (place, directory) in &CARRIED {
        collect(Path::new(place), directory.entries(), &mut files);
    }
    files.sort();
    files
}

fn collect(
    place: &Path,
    entries: &'static [DirEntry<'static>],
    files: &mut Vec<(PathBuf, &'static [u8])>,
) {
    for entry in entries {
        let is_part = |kind: &str| entry.path().extension().is_some_and(|found| found == kind);
        match entry {
            DirEntry::Dir(directory) if !directory.path().ends_with("tests") => {
                collect(place, directory.entries(), files);
            }
            DirEntry::File(file) if KINDS.into_iter().any(is_part) => {
                files.push((place.join(file.path()), file.contents()));
            }
            _ => {}
        }
    }
}

fn write(directory: &Path, files: &[(PathBuf, &[u8])]) -> io::Result<()> {
    for (path, bytes) in files {
        let path = directory.join(path);
        fs::create_dir_all(path.parent().unwrap_or(directory))?;
        fs::write(path, bytes)?;
    }
    File::open(directory)?.sync_all()
}

/// A call of the script for what it can make.
fn tool(home: &Path, what: &str) -> Command {
    let mut command = Command::new("python3");
    without_foreign_variables(&mut command)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .arg("-I")
        .arg(home.join("guest-sdk/python/build.py"))
        .arg(what)
        .arg("--cache")
        .arg(home.with_file_name("tools"));
    command
}

/// Runs it to its end, and tells what it says, but for the error at its end: that is what is given back.
fn run(command: &mut Command, caller: &Caller<'_>) -> Result<(), BuildError> {
    output(command, caller).map(drop)
}

/// The same, with what it prints.
fn output(command: &mut Command, caller: &Caller<'_>) -> Result<String, BuildError> {
    let mut printed = String::new();
    let mut has_failed = false;
    let ended = process::run(command, caller.interrupt, &mut |line| match line {
        Line::Out(text) => printed.push_str(text),
        Line::Err(text) => {
            has_failed |= text.starts_with("error: ");
            if !has_failed {
                caller.say(text);
            }
        }
    });
    let ended = ended.map_err(|error| BuildError::NoProgram {
        program: "python3".to_owned(),
        why: error.to_string(),
    })?;
    if ended.status.success() {
        return Ok(printed);
    }
    // Its last words begin with the reason.
    let said = ended
        .tail
        .rsplit_once("error: ")
        .map_or(&*ended.tail, |(_, said)| said);
    Err(BuildError::refused(said.to_owned()))
}

fn unwritable(path: &Path, error: &io::Error) -> BuildError {
    BuildError::Unwritable {
        path: path.to_owned(),
        why: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_build_has_left_behind_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        let mut ended = Command::new("true").spawn().unwrap();
        ended.wait().unwrap();
        let (ended, own) = (ended.id(), std::process::id());
        let kept = [
            "interpreter.wasm".to_owned(),
            format!("interpreter.wasm.new-{own}"),
            format!("linked-{own}.wasm"),
            "merged-0123.wasm".to_owned(),
        ];
        let left = [
            format!(".linked-{ended}.wasm.{own}"),
            format!("interpreter.wasm.new-{ended}"),
            format!("linked-{ended}.wasm"),
        ];
        for name in kept.iter().chain(&left) {
            fs::write(dir.path().join(name), "").unwrap();
        }
        clear(dir.path());
        let found = fs::read_dir(dir.path()).unwrap().flatten();
        let mut found: Vec<_> = found
            .map(|entry| entry.file_name().into_string().unwrap())
            .collect();
        found.sort();
        assert_eq!(found, kept);
        clear(&dir.path().join("nowhere"));
    }
}
