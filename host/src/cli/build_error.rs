//! Why a bot could not be built, in one sentence each, and what to do about it.

use std::path::PathBuf;

use thiserror::Error;

/// Why a bot could not be built.
#[derive(Clone, Debug, Error)]
pub(crate) enum BuildError {
    /// The directory is not there or cannot be read.
    #[error("cannot read the directory `{path}`: {why}")]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What the system says.
        why: String,
    },
    /// A directory that cargo cannot build, and no command that could.
    #[error("`{path}` is no crate: it has no Cargo.toml that names a package")]
    NoCrate {
        /// The directory.
        path: PathBuf,
    },
    /// A program is missing.
    #[error("cannot run `{program}`: {why}")]
    NoProgram {
        /// Its name.
        program: String,
        /// What the system says.
        why: String,
    },
    /// The target is missing and could not be installed.
    #[error("the Rust target `wasm32-wasip2` is not installed and cannot be added")]
    NoTarget {
        /// What rustc, rustup or the system says.
        output: String,
    },
    /// Cargo does not understand the crate.
    #[error("cargo cannot read `{path}`")]
    Unreadable {
        /// Its Cargo.toml.
        path: PathBuf,
        /// What cargo says.
        output: String,
    },
    /// A crate that builds to something else.
    #[error("the crate `{name}` builds to no component")]
    NotACdylib {
        /// Its name.
        name: String,
    },
    /// The build failed.
    #[error("`{command}` failed in `{directory}` ({status})")]
    Failed {
        /// What was run.
        command: String,
        /// How it ended.
        status: String,
        /// Where it was run.
        directory: PathBuf,
        /// The last lines of what it said.
        output: String,
    },
    /// A file cannot be written.
    #[error("cannot write `{path}`: {why}")]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        why: String,
    },
    /// What a tool, or an interpreter, says of the bot: the author's traceback, say.
    #[error("{0}")]
    Refused(String),
    /// The build went well but left nothing behind.
    #[error("the build left no component (.wasm) below `{directory}`")]
    NoArtifact {
        /// Where was looked.
        directory: PathBuf,
    },
    /// The build left several components behind.
    #[error("the build left several components that are equally new: {}", listed(.paths))]
    Ambiguous {
        /// All of them.
        paths: Vec<PathBuf>,
    },
}

impl BuildError {
    /// What a tool says of the bot, in one line or several.
    pub(super) fn refused(said: impl Into<String>) -> Self {
        Self::Refused(said.into().trim_end().to_owned())
    }

    /// What the program said that failed, in several lines: to be shown as it is, before the error.
    pub(crate) fn output(&self) -> Option<&str> {
        match self {
            Self::NoTarget { output }
            | Self::Unreadable { output, .. }
            | Self::Failed { output, .. } => Some(output),
            _ => None,
        }
    }

    /// What a tool says of the bot, where that is more than a line: to be shown before the error, whose cause is the
    /// first of them.
    pub(crate) fn lines(&self) -> Option<&str> {
        match self {
            Self::Refused(said) if said.contains('\n') => Some(said),
            _ => None,
        }
    }

    /// What to do about it, where there is something to do.
    pub(crate) fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NoCrate { .. } => Some(
                "name a crate directory or a .wasm file as `source`, or a `build.command` that makes one",
            ),
            Self::NoProgram { program, .. } if program == "python3" => Some(
                "install Python 3.11 or later with venv (Debian, Ubuntu: apt install python3-venv)",
            ),
            Self::NoProgram { .. } => Some("install Rust from https://rustup.rs"),
            Self::Unwritable { .. } => Some(
                "a bot is built into `dist` beside its file: make room there, or let this user write",
            ),
            Self::NoTarget { .. } => Some("run `rustup target add wasm32-wasip2`"),
            Self::NotACdylib { .. } => {
                Some("put `[lib]` and `crate-type = [\"cdylib\"]` into its Cargo.toml")
            }
            Self::NoArtifact { .. } | Self::Ambiguous { .. } => {
                Some("name the .wasm file itself as `source`, and build it before")
            }
            Self::Directory { .. }
            | Self::Unreadable { .. }
            | Self::Failed { .. }
            | Self::Refused(_) => None,
        }
    }
}

fn listed(paths: &[PathBuf]) -> String {
    let names: Vec<String> = paths
        .iter()
        .map(|path| format!("`{}`", path.display()))
        .collect();
    names.join(", ")
}
