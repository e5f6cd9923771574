//! Why a file cannot be mounted as a bot, in one sentence each, and what to do about it.
//!
//! The sentences have no subject: the caller that prints them puts the file or the bot before them.
//! What an untrusted file says is escaped and cut.

use std::fmt::Write as _;

use thiserror::Error;

use super::{over_limit, scope::Handed};
use ravenry_protocol::shown::Escaped;

/// Why bytes cannot be mounted as a bot.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum InspectError {
    /// The file is larger than the bound.
    #[error("is {size} bytes long, more than the {max} that a component may have")]
    TooLarge {
        /// Its size in bytes.
        size: u64,
        /// The bound in bytes.
        max: u64,
    },
    /// There is nothing in the file.
    #[error("is empty")]
    Empty,
    /// The file starts like no WebAssembly.
    #[error("is not WebAssembly: it starts with {first}")]
    NotWasm {
        /// The first bytes, printable.
        first: String,
    },
    /// The file holds the text format.
    #[error("is WebAssembly in its text format")]
    Text,
    /// The file ends in the middle.
    #[error("is truncated: it ends after {size} bytes, in the middle of a section")]
    Truncated {
        /// Its size in bytes.
        size: u64,
    },
    /// The file is a module without the component layer.
    #[error("is a core module, not a component")]
    CoreModule,
    /// The header names a layer or version that is unknown.
    #[error("is WebAssembly of an unknown version ({version})")]
    UnknownVersion {
        /// Bytes 4 to 7 in hexadecimal.
        version: String,
    },
    /// The bytes contradict the format.
    #[error("is damaged at byte {at}: {what}")]
    Malformed {
        /// Offset from the start of the file, in bytes.
        at: u64,
        /// What the reader says.
        what: String,
    },
    /// It passes a limit of WebAssembly itself.
    #[error("is too large: {what} (at byte {at})")]
    OverLimit {
        /// Offset from the start of the file, in bytes.
        at: u64,
        /// What there is too much of, and the limit.
        what: String,
    },
    /// Components nest deeper than any toolchain does, or have more names.
    #[error("has more {what} than the {max} that are looked at")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// The bound.
        max: usize,
    },
    /// It is put together in a way that makes counting it a tower.
    #[error(
        "is put together of {what} that are handed over {how}, as no toolchain does it: \
         what comes of that cannot be counted"
    )]
    HandedOver {
        /// What is handed over.
        what: &'static str,
        /// How.
        how: &'static str,
    },
    /// A component, but not a bot.
    #[error("is a component for another world: it exports {exports}, not `ravenry:bot/handler`")]
    OtherWorld {
        /// What it exports, for a sentence.
        exports: String,
    },
    /// A bot for a gateway that is older or newer.
    #[error("was built against `ravenry:bot@{version}`; this gateway serves {served}")]
    VersionNotServed {
        /// What it was built against.
        version: String,
        /// What there is, for a sentence.
        served: String,
    },
    /// A bot with threads.
    #[error("uses threads of the component model, which this gateway does not run")]
    Threads,
}

impl From<Handed> for InspectError {
    fn from(Handed { what, how }: Handed) -> Self {
        Self::HandedOver { what, how }
    }
}

impl InspectError {
    /// The same of a file of this size: what passes a limit is not damaged.
    pub(super) fn of_a_file(self, file_bytes: u64) -> Self {
        match self {
            Self::Malformed { at, what } => match over_limit::passed(&what, file_bytes) {
                Some(what) => Self::OverLimit { at, what },
                None => Self::Malformed { at, what },
            },
            error => error,
        }
    }

    /// What to do about it, where there is something to do.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Empty | Self::Truncated { .. } | Self::Malformed { .. } => {
                Some("build it again, or copy it again in full")
            }
            Self::NotWasm { .. } => Some(
                "`source` names a crate directory or a .wasm file built with `--target wasm32-wasip2`",
            ),
            Self::Text => Some("translate it with `wasm-tools parse FILE.wat -o FILE.wasm`"),
            Self::CoreModule => Some(
                "build for wasm32-wasip2, as in `cargo build --release --target wasm32-wasip2`",
            ),
            Self::OtherWorld { .. } => Some(
                "a bot exports `ravenry:bot/handler`; in Rust, `ravenry_sdk::export!` does that",
            ),
            Self::VersionNotServed { .. } => {
                Some("build it against a version that is served, or run another release of Ravenry")
            }
            Self::Threads => Some("build it for one thread: the world `bot`, or `bot-async`"),
            Self::HandedOver { .. } => Some(
                "compose components with `wac plug`: it hands over instances and functions only",
            ),
            Self::UnknownVersion { .. }
            | Self::TooLarge { .. }
            | Self::OverLimit { .. }
            | Self::TooMany { .. } => None,
        }
    }
}

/// Up to five names for a sentence.
pub(super) fn listed(names: &[String]) -> String {
    const SHOWN: usize = 5;
    const BYTES_MAX: usize = 100;
    let mut text = String::new();
    for (index, name) in names.iter().take(SHOWN).enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        let kept = name
            .get(..name.floor_char_boundary(BYTES_MAX))
            .unwrap_or(name);
        let dots = if kept.len() < name.len() { "…" } else { "" };
        // Writing into a `String` cannot fail.
        let _ = write!(text, "{comma}`{}{dots}`", Escaped(kept));
    }
    match names.len().checked_sub(SHOWN) {
        _ if names.is_empty() => "nothing".to_owned(),
        Some(more) if more > 0 => format!("{text} and {more} more"),
        _ => text,
    }
}

/// Bytes of an untrusted file, escaped and cut for a message.
pub(super) fn printable(bytes: &[u8], max: usize) -> String {
    let shown = bytes.get(..max).unwrap_or(bytes);
    let dots = if shown.len() < bytes.len() { "…" } else { "" };
    format!("{}{dots}", shown.escape_ascii())
}
