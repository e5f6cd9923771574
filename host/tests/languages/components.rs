//! Bots in other languages than Rust: built by the command of the gateway, as an author builds them.
//!
//! What a build leaves behind (tools, components) stays where it is made, so that the next test run
//! has nothing to do: for samples in their own directories, for templates below the target directory.

use std::{
    collections::HashMap,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Output},
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use crate::sample_tests::Sample;

const REPOSITORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// The version that all that is said of the reference library was seen with.
const REFERENCE_LIBRARY: &str = "fastapi_poe==0.0.83";

/// A file of the repository.
pub fn repository(path: &str) -> PathBuf {
    Path::new(REPOSITORY).join(path)
}

/// Python with the reference library, made once for all test runs.
pub fn reference_library() -> PathBuf {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    let make = || environment("fastapi_poe-0.0.83", &[REFERENCE_LIBRARY]);
    MADE.get_or_init(make).clone()
}

/// Python with these packages, in an environment of this name that is made once for all test runs.
pub fn environment(name: &str, packages: &[&str]) -> PathBuf {
    let run = |command: &mut Command| {
        let output = command.output().unwrap();
        assert!(
            output.status.success(),
            "{command:?}: this test needs Python 3.11 or later with venv, and PyPI\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
    };
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let (python, made) = (dir.join("bin/python"), dir.join("made"));
    if !made.exists() {
        run(Command::new("python3").args(["-m", "venv"]).arg(&dir));
        run(Command::new(&python)
            .args(["-m", "pip", "install", "--quiet"])
            .args(packages));
        fs::write(made, "").unwrap();
    }
    python
}

/// A sample that is not in Rust, such as `cat-python`.
pub fn sample(bot: &str) -> Sample {
    let language = ["python", "javascript"]
        .into_iter()
        .find(|language| bot.ends_with(&format!("-{language}")));
    let source = if let Some(language) = language {
        let built = samples_in(language);
        let component = built.get(bot);
        component
            .unwrap_or_else(|| panic!("no {bot} in {built:?}"))
            .clone()
    } else {
        once(bot, || build(&repository("plugins").join(bot)))
    };
    let bot = bot.to_owned();
    Sample { bot, source }
}

/// The components of the samples in a language, by the names of their bots: they have one manifest, and are built
/// together.
fn samples_in(language: &str) -> HashMap<String, String> {
    let paths = once(language, || {
        build_all(&repository("plugins").join(language)).join("\n")
    });
    let name = |path: &str| {
        let name = Path::new(path).file_stem()?.to_str()?;
        // A file is called as its author likes it.
        let end = format!("-{language}");
        Some(name.strip_suffix(&end).unwrap_or(name).to_owned() + &end)
    };
    paths
        .lines()
        .filter_map(|path| Some((name(path)?, path.to_owned())))
        .collect()
}

/// The component of a new bot whose own code is replaced by this file, such as `bot.py`.
pub fn from_template(template: &str, code: &Path) -> String {
    let name = format!("{template}-other-code");
    once(&name, || {
        // Not the template's code in between: it would be built, and look new.
        let file = code.file_name().unwrap();
        let directory = new_bot_but(template, &name, file);
        put(code, &directory.join(file));
        build(&directory)
    })
}

/// The bot that one file in Python is.
pub fn from_file(code: &Path) -> Sample {
    let bot = code.file_stem().unwrap().to_str().unwrap().to_owned();
    let source = once(&bot, || {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("files");
        let file = directory.join(code.file_name().unwrap());
        put(code, &file);
        build(&file)
    });
    Sample { bot, source }
}

/// Each is built once; who needs it meanwhile waits, and nobody else does.
fn once(name: &str, build: impl FnOnce() -> String) -> String {
    type Built = HashMap<String, Arc<OnceLock<String>>>;
    static BUILT: Mutex<Option<Built>> = Mutex::new(None);
    let cell = {
        let mut cells = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
        let cells = cells.get_or_insert_default();
        Arc::clone(cells.entry(name.to_owned()).or_default())
    };
    cell.get_or_init(build).clone()
}

/// Where the component of the only bot in a directory is.
pub fn build(directory: &Path) -> String {
    let paths = build_all(directory);
    let [path] = &paths[..] else {
        panic!("one bot is built: {paths:?}");
    };
    path.clone()
}

/// `ravenry build DIRECTORY`, where what gateways compile is kept, too. What it needs and does not find is for its
/// own message to say.
pub fn ravenry_build(directory: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ravenry"))
        .arg("build")
        .arg(directory)
        .env("RAVENRY_CACHE_DIR", compiled())
        .output()
        .unwrap()
}

/// Where the gateways of all tests keep compiled code.
pub fn compiled() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled")
}

/// Where the components of all bots in a directory are.
fn build_all(directory: &Path) -> Vec<String> {
    let output = ravenry_build(directory);
    assert!(
        output.status.success(),
        "`ravenry build {}` failed; these tests need Python 3.11 or later with venv, Node 20 or later \
         with npm, and their registries\n{}",
        directory.display(),
        String::from_utf8_lossy(&output.stderr)
    );
    let paths = String::from_utf8(output.stdout).unwrap();
    let path = |line: &str| fs::canonicalize(line).unwrap().into_os_string();
    paths
        .lines()
        .map(|line| path(line).into_string().unwrap())
        .collect()
}

/// What `ravenry new` makes, in a directory that survives the test run with all that was built there.
pub fn new_bot(template: &str, directory: &str) -> PathBuf {
    new_bot_but(template, directory, OsStr::new(""))
}

/// The same without one file.
fn new_bot_but(template: &str, directory: &str, without: &OsStr) -> PathBuf {
    let made = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_ravenry"))
        .args(["new", "new-bot", "--template", template])
        .current_dir(made.path())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let to = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("new-bots")
        .join(directory);
    let made = made.path().join("new-bot");
    if !without.is_empty() {
        fs::remove_file(made.join(without)).unwrap();
    }
    put_all(&made, &to);
    to
}

fn put_all(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let to = to.join(path.file_name().unwrap());
        if path.is_dir() {
            put_all(&path, &to);
        } else {
            put(&path, &to);
        }
    }
}

/// Writes a file if it has changed: a build looks at the time of it.
fn put(from: &Path, to: &Path) {
    let text = fs::read(from).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
    if fs::read(to).is_ok_and(|there| there == text) {
        return;
    }
    fs::create_dir_all(to.parent().unwrap()).unwrap();
    fs::write(to, text).unwrap();
}

/// A bot of the reference library as a process. Dropping it kills it.
pub struct ReferenceBot(pub Child);

impl Drop for ReferenceBot {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
