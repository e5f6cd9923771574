//! Builds bots in Python: a file, and what it needs, becomes a component.
//!
//! The files become the bundle of the interpreter that all such bots share: no tool is run for that, and it takes
//! a moment. A bot with packages gets an interpreter that has them imported. It is made when what it is made from
//! changes; all that is not needed a second time is kept where compiled code is.

mod interpreter;
mod merge;
mod wanted;

use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use parking_lot::Mutex;

use self::wanted::Wanted;
use super::{build_error::BuildError, job::Job, process::Caller};
use ravenry_config::limits::Limits;
use ravenry_gateway::packer::{Packed, Packer};

/// Where the packages of a bot are listed, as pip reads it.
pub(super) const REQUIREMENTS: &str = "requirements.txt";

/// What the interpreter has, and need not be installed, by the names that pip knows.
const BUILT_IN: [&str; 4] = ["fastapi-poe", "modal", "openai", "ravenry"];

/// Calls of the interpreter for one bot: each goes one import deeper.
const CALLS_MAX: usize = 32;

/// The interpreter that was used last, and where its code is kept.
static PACKER: Mutex<Option<(PathBuf, Arc<Packer>)>> = Mutex::new(None);

/// Builds the bot that begins with this file. Compiled code, and what all bots in Python share, is in `cache`.
pub(super) fn build(
    job: &Job<'_>,
    cache: &Path,
    caller: &Caller<'_>,
) -> Result<PathBuf, BuildError> {
    let entry = job.source;
    let directory = match entry.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let built = directory.join("dist").join(format!("{}.wasm", job.name));
    let requirements = directory.join(REQUIREMENTS);
    let packer = if needs_packages(&requirements) {
        let interpreter = interpreter::with_packages(cache, &requirements, entry, caller)?;
        Arc::new(made(interpreter, cache, caller)?)
    } else {
        shared(cache, caller)?
    };
    let component = pack(&packer, job, directory, caller)?;
    replace(&built, &component)?;
    Ok(built)
}

/// The files of the packages for Python that this program carries, by their paths from where modules are looked for.
pub(super) fn packages() -> impl Iterator<Item = (PathBuf, &'static [u8])> {
    let below = |(path, bytes): (PathBuf, &'static [u8])| {
        let path = path.strip_prefix("guest-sdk/python/src").ok()?.to_owned();
        Some((path, bytes))
    };
    interpreter::carried().into_iter().filter_map(below)
}

/// What a bot's file says of itself, as one JSON object: for the directory that is made of it.
pub(super) fn described(cache: &Path, bot: &Path) -> Result<String, BuildError> {
    let caller = Caller {
        progress: &|_| {},
        interrupt: None,
    };
    interpreter::described(cache, bot, &caller)
}

/// Whether a file lists packages that the interpreter does not have.
fn needs_packages(requirements: &Path) -> bool {
    let text = fs::read(requirements).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines = text.lines().map(str::trim);
    lines.filter(|line| !line.is_empty()).any(|line| {
        // These lead to packages that are listed elsewhere; other options say how they are installed.
        let elsewhere = ["-r", "--requirement", "-e", "--editable"];
        let leads = elsewhere.iter().any(|option| line.starts_with(option));
        leads || package(line).is_some_and(|name| !is_built_in(&name))
    })
}

/// The package of a line of requirements, as pip compares names. `None`: it is an option, or a comment.
pub(super) fn package(line: &str) -> Option<String> {
    let end = line.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)));
    let name = line.get(..end.unwrap_or(line.len())).unwrap_or_default();
    let is_one = !line.starts_with(['#', '-']);
    is_one.then(|| name.to_ascii_lowercase().replace(['_', '.'], "-"))
}

/// Whether the interpreter has a package, so that it need not be installed.
pub(super) fn is_built_in(package: &str) -> bool {
    BUILT_IN.contains(&package)
}

/// The interpreter of all bots without packages, ready to pack.
fn shared(cache: &Path, caller: &Caller<'_>) -> Result<Arc<Packer>, BuildError> {
    let mut kept = PACKER.lock();
    if let Some((at, packer)) = &*kept
        && at == cache
    {
        return Ok(Arc::clone(packer));
    }
    let interpreter = interpreter::component(cache, caller)?;
    let packer = Arc::new(made(interpreter, cache, caller)?);
    *kept = Some((cache.to_owned(), Arc::clone(&packer)));
    Ok(packer)
}

/// An interpreter, ready to pack.
fn made(interpreter: Vec<u8>, cache: &Path, caller: &Caller<'_>) -> Result<Packer, BuildError> {
    let compiling = || caller.say("compiling the interpreter of Python (kept for the next build)");
    let memory = Limits::default().memory;
    Packer::new(interpreter, cache, memory, &compiling).map_err(|error| refused(&error))
}

/// Has the interpreter pack the bot's file, and all that it wants besides.
fn pack(
    packer: &Packer,
    job: &Job<'_>,
    directory: &Path,
    caller: &Caller<'_>,
) -> Result<Vec<u8>, BuildError> {
    let entry = job.source;
    let mut wanted = Wanted::below(directory)?;
    wanted.add(&entry.file_name().unwrap_or_default().to_string_lossy())?;
    let entry = entry.to_string_lossy();
    for _ in 0..CALLS_MAX {
        let slow = || {
            let waits = if wanted.is_outdated() {
                ": what you have saved meanwhile is built after it"
            } else {
                ""
            };
            caller.say(&format!("the import of {} takes long{waits}", job.name));
        };
        match packer.pack((&job.name, &job.variables), &entry, wanted.files(), &slow) {
            Ok(Packed::Component(component)) => return Ok(component),
            Ok(Packed::Wants(paths)) => {
                for path in paths {
                    wanted.add(&path)?;
                }
            }
            Err(error) => return Err(refused(&error)),
        }
    }
    let said = format!("its files import one another more than {CALLS_MAX} deep");
    Err(BuildError::refused(said))
}

/// What an error says, with its causes.
fn refused(error: &dyn Error) -> BuildError {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        said = format!("{said}: {error}");
        cause = error.source();
    }
    BuildError::refused(said)
}

/// Puts a component in the place of the former one, whole or not at all.
fn replace(path: &Path, component: &[u8]) -> Result<(), BuildError> {
    let directory = path.parent().unwrap_or(Path::new("."));
    let new = path.with_extension(format!("wasm.new-{}", std::process::id()));
    let written = fs::create_dir_all(directory)
        .and_then(|()| fs::write(&new, component))
        .and_then(|()| fs::rename(&new, path));
    written.map_err(|error| {
        // What was begun is ours alone.
        let _ = fs::remove_file(&new);
        BuildError::Unwritable {
            path: path.to_owned(),
            why: error.to_string(),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_packages_that_the_interpreter_lacks_are_needed() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join(REQUIREMENTS);
        assert!(!needs_packages(&file));
        for (text, needed) in [
            ("", false),
            (
                "# jinja2\n\nfastapi_poe==0.0.48\nmodal\nopenai>=1 ; python_version > '3'\n",
                false,
            ),
            ("FastAPI.Poe~=0.0\n", false),
            ("fastapi-poe\njinja2\n", true),
            ("fastapi\n", true),
            ("--hash=sha256:00\n", false),
            ("-r more.txt\n", true),
            ("--requirement more.txt\n", true),
        ] {
            fs::write(&file, text).unwrap();
            assert_eq!(needs_packages(&file), needed, "{text:?}");
        }
    }
}
