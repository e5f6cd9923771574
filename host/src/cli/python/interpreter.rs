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
use sha2::{Digest as _, Sha256};

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

/// The name of the interpreter in its directory.
const COMPONENT: &str = "interpreter.wasm";

/// The interpreter, a component.
pub(super) fn component(cache: &Path, caller: &Caller<'_>) -> Result<Vec<u8>, BuildError> {
    let home = home(cache, caller)?;
    let component = home.join(COMPONENT);
    if !component.is_file() {
        caller.say("making the interpreter of Python (once)");
        let mut command = tool(&home, "runtime");
        command.arg("--out").arg(&component);
        run(&mut command, caller)?;
    }
    fs::read(&component).map_err(|error| unwritable(&component, &error))
}

/// The interpreter with the packages that a file of requirements names, for the bot that begins with a file. What
/// is made on the way lies beside `built`.
pub(super) fn with_packages(
    cache: &Path,
    (requirements, bot): (&Path, &Path),
    built: &Path,
    caller: &Caller<'_>,
) -> Result<Vec<u8>, BuildError> {
    let home = home(cache, caller)?;
    let component = built.with_extension(format!("interpreter-{}", std::process::id()));
    let mut command = tool(&home, "packaged");
    command.arg("--requirements").arg(requirements);
    command.arg("--bot").arg(bot).arg("--out").arg(&component);
    let read = run(&mut command, caller)
        .and_then(|()| fs::read(&component).map_err(|error| unwritable(&component, &error)));
    // Whether it was made or not.
    let _ = fs::remove_file(&component);
    read
}

/// What a bot's file says of itself, as one JSON object. The file is read, and not run.
pub(super) fn described(
    cache: &Path,
    bot: &Path,
    caller: &Caller<'_>,
) -> Result<String, BuildError> {
    let home = home(cache, caller)?;
    let mut facts = String::new();
    let mut command = tool(&home, "describe");
    command.arg("--bot").arg(bot);
    run_and_hear(&mut command, caller, &mut |line| {
        if let Line::Out(text) = line {
            facts.push_str(text);
        }
    })?;
    Ok(facts)
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
    let digest: [u8; 32] = hasher.finalize().into();
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    let name = format!("{:016x}", u64::from_be_bytes(first));
    directory::make("cache", cache, Writers::Nobody).map_err(|error| {
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
    let mut has_failed = false;
    run_and_hear(command, caller, &mut |line| {
        let (Line::Out(text) | Line::Err(text)) = line;
        has_failed |= text.starts_with("error: ");
        if !has_failed {
            caller.say(text);
        }
    })
}

/// Runs it to its end, and hands over what it says.
fn run_and_hear(
    command: &mut Command,
    caller: &Caller<'_>,
    each: &mut dyn FnMut(&Line),
) -> Result<(), BuildError> {
    let ended = process::run(command, caller.interrupt, each);
    let ended = ended.map_err(|error| BuildError::NoProgram {
        program: "python3".to_owned(),
        why: error.to_string(),
    })?;
    if ended.status.success() {
        return Ok(());
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
