//! Real builds of very small crates, and what is said of directories that build to no bot.

use std::{fs, path::Path};

use super::*;
use ravenry_config::ids::BotName;

fn job(source: &Path) -> Job<'_> {
    Job {
        name: BotName::parse("bot").unwrap(),
        source,
        variables: Vec::new(),
        command: None,
        home: source,
    }
}

/// A crate without dependencies, so that its build needs no network and takes a second.
fn write_crate(directory: &Path, name: &str, crate_type: &str, code: &str) {
    fs::create_dir_all(directory.join("src")).unwrap();
    let manifest = format!(
        "[package]\nname = \"{name}\"\nedition = \"2024\"\n[lib]\ncrate-type = [\"{crate_type}\"]\n"
    );
    fs::write(directory.join("Cargo.toml"), manifest).unwrap();
    fs::write(directory.join("src/lib.rs"), code).unwrap();
}

/// Only bots in Python leave something there.
fn no_cache() -> &'static Path {
    Path::new("no-cache")
}

/// Hears nothing, and ends nothing.
const QUIET: Caller<'static> = Caller {
    progress: &|_| {},
    interrupt: None,
};

/// Builds one bot, and hears each step.
fn build(
    source: &Path,
    command: Option<&str>,
    progress: &dyn Fn(&str),
) -> Result<PathBuf, BuildError> {
    let caller = Caller {
        progress,
        interrupt: None,
    };
    let job = Job {
        command,
        ..job(source)
    };
    build_all(&[job], no_cache(), &caller).pop().unwrap()
}

fn silent(source: &Path, command: Option<&str>) -> Result<PathBuf, BuildError> {
    build(source, command, &|_| {})
}

/// Two crates of one workspace, one of them broken: the good one is built, the other one's error
/// shows what the compiler said, and a crate elsewhere does not notice.
#[test]
fn a_broken_crate_does_not_stop_its_neighbours() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    fs::write(
        path("Cargo.toml"),
        "[workspace]\nresolver = \"3\"\nmembers = [\"good\", \"bad\"]\n",
    )
    .unwrap();
    write_crate(&path("good"), "good-bot", "cdylib", "pub fn good() {}");
    write_crate(
        &path("bad"),
        "bad-bot",
        "cdylib",
        "pub fn bad() { not_defined }",
    );
    let (good, bad) = (path("good"), path("bad"));
    let results = build_all(&[job(&good), job(&bad), job(&good)], no_cache(), &QUIET);
    let [Ok(first), Err(error), Ok(again)] = results.as_slice() else {
        panic!("{results:?}");
    };
    assert_eq!(first, again);
    assert!(
        first.ends_with("ravenry-wasm/wasm32-wasip2/release/good_bot.wasm"),
        "{first:?}"
    );
    assert!(fs::read(first).unwrap().starts_with(b"\0asm\x0d\0\x01\0"));
    assert!(matches!(error, BuildError::Failed { .. }), "{error}");
    let output = error.output().unwrap();
    assert!(
        output.contains("cannot find value `not_defined`"),
        "{output}"
    );
}

/// Where the author names the component itself, the command runs beside the manifest.
#[test]
fn a_command_can_make_the_file_that_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("out/bot.wasm");
    let with = |command| Job {
        command: Some(command),
        home: dir.path(),
        ..job(&file)
    };
    let made = with("mkdir -p out && echo > out/bot.wasm");
    assert_eq!(
        *build_all(&[made], no_cache(), &QUIET)[0].as_ref().unwrap(),
        file
    );
    fs::remove_file(&file).unwrap();
    assert!(matches!(
        build_all(&[with("true")], no_cache(), &QUIET)[0],
        Err(BuildError::NoArtifact { .. })
    ));
}

#[test]
fn what_builds_to_no_bot_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    assert!(matches!(
        silent(&path("nowhere"), None),
        Err(BuildError::Directory { .. })
    ));
    assert!(matches!(
        silent(dir.path(), None),
        Err(BuildError::NoCrate { .. })
    ));
    fs::create_dir(path("virtual")).unwrap();
    fs::write(path("virtual/Cargo.toml"), "[workspace]\n").unwrap();
    assert!(matches!(
        silent(&path("virtual"), None),
        Err(BuildError::NoCrate { .. })
    ));
    fs::create_dir(path("odd")).unwrap();
    fs::write(path("odd/Cargo.toml"), "[package\n").unwrap();
    assert!(matches!(
        silent(&path("odd"), None),
        Err(BuildError::Unreadable { .. })
    ));
    write_crate(&path("library"), "library", "rlib", "");
    let error = silent(&path("library"), None).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the crate `library` builds to no component"
    );
}

/// A command of the author's own runs in the bot's directory; what it says and leaves is used.
#[test]
fn a_command_of_the_authors_own_is_run() {
    let dir = tempfile::tempdir().unwrap();
    let make = r"mkdir -p dist && printf '\000asm\015\000\001\000' > dist/bot.wasm && echo made";
    let said = std::cell::RefCell::new(Vec::new());
    let built = build(dir.path(), Some(make), &|line| {
        said.borrow_mut().push(line.to_owned());
    });
    assert_eq!(
        built.unwrap(),
        dir.path().canonicalize().unwrap().join("dist/bot.wasm")
    );
    assert_eq!(said.into_inner(), ["made"]);

    let error = silent(dir.path(), Some("echo it broke >&2; exit 7")).unwrap_err();
    assert!(error.to_string().contains("exit status: 7"), "{error}");
    assert_eq!(error.output(), Some("it broke"));
    fs::remove_dir_all(dir.path().join("dist")).unwrap();
    assert!(matches!(
        silent(dir.path(), Some("true")),
        Err(BuildError::NoArtifact { .. })
    ));
}
