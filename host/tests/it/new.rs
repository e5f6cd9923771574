//! `ravenry new`: what it makes can be built, tested, served and changed; nothing is overwritten.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::harness::{Folder, without_outer_cargo};

/// Where this project is.
fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

fn ravenry(directory: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ravenry"));
    command
        .args(arguments)
        .current_dir(directory)
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// The whole output, without what this machine adds to it.
#[test]
fn it_says_what_it_made_and_how_to_go_on() {
    let dir = tempfile::tempdir().unwrap();
    let made = ravenry(dir.path(), &["new", "bots/parrot"]);
    assert!(made.status.success(), "{}", text(&made.stderr));
    let program = std::fs::canonicalize(env!("CARGO_BIN_EXE_ravenry")).unwrap();
    let said = text(&made.stdout).replace(&*program.to_string_lossy(), "[RAVENRY]");
    let lines: Vec<String> = said
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    Made the bot `parrot` in bots/parrot:

    cd bots/parrot
    cargo test # asks the bot, without WebAssembly
    [RAVENRY] test # compares the component with its conversations
    [RAVENRY] up # builds and serves it, and again on each change
    ");
    let sdk = dir.path().join("bots/parrot/sdk");
    assert!(sdk.join("guest-sdk/LICENSE-MIT").is_file());
    std::fs::remove_dir_all(sdk).unwrap();
    let mut files: Vec<_> = walk(&dir.path().join("bots"));
    files.sort();
    assert_eq!(
        files,
        [
            ".gitignore",
            "Cargo.toml",
            "README.md",
            "hello.toml",
            "lib.rs",
            "ravenry.toml"
        ]
    );
}

fn walk(directory: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            names.extend(walk(&entry.path()));
        } else {
            names.push(entry.file_name().into_string().unwrap());
        }
    }
    names
}

/// A program that was installed needs no checkout: its bots have the SDK that it carries, also where they
/// are moved to. Crates come from what this machine has.
#[test]
fn an_installed_program_makes_bots_that_are_built() {
    let dir = tempfile::tempdir().unwrap();
    let installed = dir.path().join("bin/ravenry");
    std::fs::create_dir(dir.path().join("bin")).unwrap();
    std::fs::copy(env!("CARGO_BIN_EXE_ravenry"), &installed).unwrap();
    let run = |arguments: &[&str]| {
        let mut command = Command::new(&installed);
        without_outer_cargo(&mut command);
        command
            .args(arguments)
            .env("CARGO_NET_OFFLINE", "true")
            .env("CARGO_TARGET_DIR", new_target())
            .current_dir(dir.path());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout).to_owned()
    };
    let name = unique("traveller");
    run(&["new", &name]);
    let bot = dir.path().join(&name);
    let manifest = std::fs::read_to_string(bot.join("Cargo.toml")).unwrap();
    assert!(manifest.contains("ravenry-sdk = { path = \"sdk/guest-sdk\" }"));
    std::fs::copy(checkout().join("Cargo.lock"), bot.join("Cargo.lock")).unwrap();
    std::fs::rename(&bot, dir.path().join("moved")).unwrap();
    run(&["build", "moved"]);
    let tested = run(&["test", "moved"]);
    assert!(tested.contains("1 passed, 0 failed"), "{tested}");
}

/// Files, directories with something in them, and links to nowhere stay as they are.
#[test]
fn nothing_is_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    std::fs::write(path("file"), "mine").unwrap();
    std::fs::create_dir(path("full")).unwrap();
    std::fs::write(path("full/mine"), "mine").unwrap();
    std::os::unix::fs::symlink("nowhere", path("link")).unwrap();
    for name in ["file", "full", "link"] {
        let refused = ravenry(dir.path(), &["new", name]);
        assert_eq!(refused.status.code(), Some(2));
        assert_eq!(
            text(&refused.stderr),
            format!(
                "error: `{name}` is there already\n  caused by: nothing is overwritten\nhint: choose another name, or move away what is there\n"
            )
        );
    }
    assert_eq!(walk(dir.path()).len(), 3, "no rests");
    std::fs::create_dir(path("empty")).unwrap();
    assert!(ravenry(dir.path(), &["new", "empty"]).status.success());
}

#[test]
fn what_cannot_be_a_bot_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    for (arguments, words) in [
        (&["new", "My Bot"][..], "`My Bot` cannot name a bot"),
        (&["new", ".."], "`..` cannot name a bot"),
        (
            &["new", "bot", "--template", "cobol"],
            "[possible values: rust",
        ),
        (
            &["new", "bot", "--sdk", "nowhere"],
            "hint: name a checkout of Ravenry",
        ),
    ] {
        let refused = ravenry(dir.path(), arguments);
        assert_eq!(refused.status.code(), Some(2), "{arguments:?}");
        assert!(
            text(&refused.stderr).contains(words),
            "{}",
            text(&refused.stderr)
        );
    }
    assert!(walk(dir.path()).is_empty());
}

/// Where the bots of these tests are built: what they share is built once.
fn new_target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("new")
}

/// A name of its own for each run: builds of several share a directory of dependencies.
fn unique(name: &str) -> String {
    format!("{name}-{}", std::process::id())
}

/// From nothing to a served bot, with the commands that are printed: it is tested, built, asked; its
/// source is changed, broken and mended while it serves.
#[test]
fn the_rust_template_is_built_served_and_changed() {
    let name = unique("parrot");
    let target = new_target();
    let folder = Folder::empty().env("CARGO_TARGET_DIR", target.to_str().unwrap());
    let sdk = checkout().join("guest-sdk");
    let made = ravenry(
        folder.path(),
        &["new", &name, "--sdk", sdk.to_str().unwrap()],
    );
    assert!(made.status.success(), "{}", text(&made.stderr));
    let bot = folder.path().join(&name);
    // The versions that the project itself was tested with, which are on this machine.
    std::fs::copy(checkout().join("Cargo.lock"), bot.join("Cargo.lock")).unwrap();

    let mut cargo = Command::new("cargo");
    without_outer_cargo(&mut cargo);
    cargo
        .args(["test", "--quiet"])
        .env("CARGO_TARGET_DIR", &target)
        .current_dir(&bot);
    let tested = cargo.output().unwrap();
    assert!(tested.status.success(), "{}", text(&tested.stderr));
    assert!(
        text(&tested.stdout).contains("1 passed"),
        "{}",
        text(&tested.stdout)
    );
    let mut build = Command::new(env!("CARGO_BIN_EXE_ravenry"));
    build
        .arg("build")
        .env("CARGO_TARGET_DIR", &target)
        .current_dir(&bot);
    assert!(build.status().unwrap().success());
    let mut test = Command::new(env!("CARGO_BIN_EXE_ravenry"));
    test.arg("test")
        .env("CARGO_TARGET_DIR", &target)
        .current_dir(&bot);
    assert_eq!(
        text(&test.output().unwrap().stdout),
        "tests/hello.toml ... ok\n\n1 passed, 0 failed\n"
    );

    let server = folder.up_all();
    assert_eq!(server.ask(&name, "hello").said(), "You said: hello");
    let source = bot.join("src/lib.rs");
    let code = std::fs::read_to_string(&source).unwrap();
    std::fs::write(&source, code.replace("\": \"", "\" - \"")).unwrap();
    server.wait_text(&format!("Reloaded `{name}`"));
    assert_eq!(server.ask(&name, "hello").said(), "You said - hello");

    std::fs::write(&source, code.replace("\": \"", "not_defined")).unwrap();
    server.wait_text("What ran before goes on");
    server.wait_text("cannot find value `not_defined`");
    server.wait_text(&format!("bot `{name}` cannot be built"));
    assert_eq!(server.ask(&name, "hello").said(), "You said - hello");

    std::fs::write(&source, code.replace("\": \"", "\" = \"")).unwrap();
    server.wait_times(&format!("Reloaded `{name}`"), 2);
    assert_eq!(server.ask(&name, "hello").said(), "You said = hello");
}
