//! Calls cargo, rustc, rustup and the shell, and understands what cargo answers.
//!
//! In go directories and packages; out come what cargo knows of them, and where it put components.
//! What belongs to the build of the gateway itself is kept out of the environment.

use std::{
    collections::{BTreeMap, HashMap},
    ffi::OsString,
    io,
    path::{Path, PathBuf},
    process::Command,
};

use serde::Deserialize;

use super::{
    build_error::BuildError,
    process::{Caller, Ended, Line, run, without_foreign_variables},
};

/// The target of every bot in Rust: WASI 0.2 as a component.
const TARGET: &str = "wasm32-wasip2";

/// The stack that a bot in Rust is built with, in bytes.
///
/// It lies at the beginning of the bot's memory, and the gateway overwrites what a call has used with
/// zeros before the next one: with a megabyte, as it is without this, most of a quick call's time.
/// JSON that is nested 128 deep needs less than half of it.
const STACK_BYTES: u32 = 128 * 1024;

/// Below cargo's own target directory: where bots are built.
pub(super) const TARGET_SUBDIRECTORY: &str = "ravenry-wasm";

/// What `cargo metadata` says of a workspace.
#[derive(Deserialize)]
pub(super) struct Metadata {
    pub(super) packages: Vec<Package>,
    pub(super) workspace_root: PathBuf,
    pub(super) target_directory: PathBuf,
}

impl Metadata {
    /// The package of this Cargo.toml, as cargo writes the path.
    pub(super) fn package(&self, manifest: &Path) -> Option<&Package> {
        let mut packages = self.packages.iter();
        packages.find(|package| package.manifest_path == manifest)
    }
}

/// A package of a workspace.
#[derive(Deserialize)]
pub(super) struct Package {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) manifest_path: PathBuf,
    pub(super) targets: Vec<Target>,
    #[serde(default)]
    pub(super) dependencies: Vec<Dependency>,
}

/// What a package needs.
#[derive(Deserialize)]
pub(super) struct Dependency {
    /// The directory of a package that lies beside it; all others have none.
    #[serde(default)]
    pub(super) path: Option<PathBuf>,
}

/// What a package builds to.
#[derive(Deserialize)]
pub(super) struct Target {
    pub(super) crate_types: Vec<String>,
}

/// A message of `cargo build --message-format=json`; of most kinds only the reason is of interest.
#[derive(Deserialize)]
struct Message {
    reason: String,
    #[serde(default)]
    manifest_path: PathBuf,
    #[serde(default)]
    filenames: Vec<PathBuf>,
}

/// Asks cargo for a small stack, unless the author's own configuration names one.
fn small_stack(root: &Path) -> Vec<String> {
    let own = std::fs::read_to_string(root.join(".cargo/config.toml"));
    if own.is_ok_and(|text| text.contains("stack-size")) {
        return Vec::new();
    }
    let flags = format!("target.{TARGET}.rustflags=[\"-Clink-arg=-zstack-size={STACK_BYTES}\"]");
    vec!["--config".to_owned(), flags]
}

/// One call of cargo for several packages of one workspace.
pub(super) fn build(
    root: &Path,
    target: &Path,
    packages: &BTreeMap<String, PathBuf>,
    built: &mut HashMap<PathBuf, PathBuf>,
    caller: &Caller<'_>,
) -> Result<(), BuildError> {
    let mut command = Command::new(cargo());
    without_foreign_variables(&mut command)
        .current_dir(root)
        .env("CARGO_TARGET_DIR", target.join(TARGET_SUBDIRECTORY))
        .args([
            "build",
            "--release",
            "--lib",
            "--target",
            TARGET,
            "--keep-going",
        ])
        .arg("--message-format=json-render-diagnostics")
        .args(small_stack(root));
    for id in packages.keys() {
        command.args(["--package", id]);
    }
    let ended = listen(&mut command, "cargo", caller, &mut |line| {
        // Lines that are no messages are what a build script prints; they are not for us.
        let Ok(message) = serde_json::from_str::<Message>(line) else {
            return;
        };
        let wasm = message
            .filenames
            .into_iter()
            .find(|path| has_wasm_extension(path));
        if let ("compiler-artifact", Some(wasm)) = (message.reason.as_str(), wasm) {
            built.insert(message.manifest_path, wasm);
        }
    })?;
    failed(
        &ended,
        &format!("cargo build --release --target {TARGET}"),
        root,
    )
}

/// Runs a line for the shell in a directory. `target` is where a cargo called by it builds.
pub(super) fn shell(
    directory: &Path,
    text: &str,
    target: Option<&Path>,
    caller: &Caller<'_>,
) -> Result<(), BuildError> {
    if text.contains(TARGET) {
        ensure_target(directory, caller)?;
    }
    let mut command = Command::new("sh");
    without_foreign_variables(&mut command)
        .args(["-c", text])
        .current_dir(directory);
    if let Some(target) = target {
        command.env("CARGO_TARGET_DIR", target);
    }
    let ended = listen(&mut command, "sh", caller, &mut |line| caller.say(line))?;
    failed(&ended, text, directory)
}

/// Installs the target where the toolchain of this directory does not have it.
pub(super) fn ensure_target(directory: &Path, caller: &Caller<'_>) -> Result<(), BuildError> {
    let mut libraries = PathBuf::new();
    let mut command = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    without_foreign_variables(&mut command)
        .current_dir(directory)
        .args(["--print", "target-libdir", "--target", TARGET]);
    let asked = listen(&mut command, "rustc", &caller.silent(), &mut |line| {
        libraries = line.into();
    })?;
    if !asked.status.success() {
        return Err(BuildError::NoTarget { output: asked.tail });
    }
    if libraries.is_dir() {
        return Ok(());
    }
    caller.say(&format!("installing the Rust target {TARGET}"));
    let mut command = Command::new("rustup");
    without_foreign_variables(&mut command)
        .current_dir(directory)
        .args(["target", "add", TARGET]);
    let added = listen(&mut command, "rustup", caller, &mut |_| {}).map_err(|error| {
        BuildError::NoTarget {
            output: error.to_string(),
        }
    })?;
    if added.status.success() {
        Ok(())
    } else {
        Err(BuildError::NoTarget { output: added.tail })
    }
}

/// What cargo knows of a crate and its workspace. Dependencies are not looked at: no network.
pub(super) fn metadata(manifest: &Path, caller: &Caller<'_>) -> Result<Metadata, BuildError> {
    let mut text = String::new();
    let mut command = Command::new(cargo());
    // The surroundings stay as they are: a target directory that the user chose holds here too.
    command.args([
        "metadata",
        "--format-version",
        "1",
        "--no-deps",
        "--manifest-path",
    ]);
    command.arg(manifest);
    let ended = listen(&mut command, "cargo", &caller.silent(), &mut |line| {
        text.push_str(line);
    })?;
    let unreadable = |output| BuildError::Unreadable {
        path: manifest.to_owned(),
        output,
    };
    if !ended.status.success() {
        return Err(unreadable(ended.tail));
    }
    serde_json::from_str(&text).map_err(|error| unreadable(error.to_string()))
}

/// Runs a program: its stderr goes to the caller, its stdout to `out`.
fn listen(
    command: &mut Command,
    program: &str,
    caller: &Caller<'_>,
    out: &mut dyn FnMut(&str),
) -> Result<Ended, BuildError> {
    let heard = run(command, caller.interrupt, &mut |line| match line {
        Line::Out(text) => out(text),
        Line::Err(text) => caller.say(text.trim_end()),
    });
    let program = program.to_owned();
    heard.map_err(|error: io::Error| BuildError::NoProgram {
        program,
        why: error.to_string(),
    })
}

fn failed(ended: &Ended, command: &str, directory: &Path) -> Result<(), BuildError> {
    if ended.status.success() {
        return Ok(());
    }
    Err(BuildError::Failed {
        command: command.to_owned(),
        status: ended.status.to_string(),
        directory: directory.to_owned(),
        output: ended.tail.clone(),
    })
}

/// The cargo that started the gateway, if one did; else the one in the path.
fn cargo() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

pub(super) fn has_wasm_extension(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension == "wasm")
}
