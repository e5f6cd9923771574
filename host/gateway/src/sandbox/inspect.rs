//! What a component needs and offers, read from its bytes before anything is compiled.
//!
//! In go the bytes of a file that is not trusted; out comes an [`Inspection`], or one
//! sentence saying why these bytes are no bot. The work is linear in the size of the file, nesting
//! is bounded, and nothing is executed, compiled or validated: a file that passes here can still be
//! refused by the compiler. Never names the engine.

mod counts;
mod module;
mod over_limit;
mod scope;
mod unfit;
mod walk;

use std::fmt;

use self::unfit::{listed, printable};
pub use self::{counts::Counts, unfit::InspectError};

/// Entries of index spaces, as written and as instantiated. See [`Counts::items`].
pub(super) const ITEMS_MAX: u64 = walk::ITEMS_MAX;

/// Largest file that is looked at, unless the caller says otherwise, in bytes.
///
/// Four times the largest component known to be of use (a Python interpreter with its libraries,
/// 19 MB built, about 60 MB with large packages inside).
pub const SIZE_MAX: u64 = 256 * 1024 * 1024;

/// Versions of the package `ravenry:bot` that this gateway serves, as `major.minor`.
///
/// Within one of them a component may have been built against any patch version.
pub const SERVED: &[&str] = &["0.1"];

/// A world of `ravenry:bot`: which handler a component exports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum World {
    /// `bot`: plain functions.
    Bot,
    /// `bot-async`: `async` functions.
    BotAsync,
}

impl World {
    const ALL: [Self; 2] = [Self::Bot, Self::BotAsync];

    /// The interface of `ravenry:bot` that a component of this world exports.
    fn handler(self) -> &'static str {
        match self {
            Self::Bot => "handler",
            Self::BotAsync => "handler-async",
        }
    }
}

/// The name as WIT has it.
impl fmt::Display for World {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Bot => "bot",
            Self::BotAsync => "bot-async",
        })
    }
}

/// What a component imports, exports and starts with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inspection {
    /// Names of imports in the order of the file, such as `wasi:cli/environment@0.2.3`.
    pub imports: Vec<String>,
    /// Names of exports in the order of the file, such as `ravenry:bot/handler@0.1.0`.
    pub exports: Vec<String>,
    /// The world that it was built for, by the handler that it exports; `bot` where it exports both.
    pub world: Option<World>,
    /// The version of `ravenry:bot` that it was built against, from the handler that it exports, else
    /// from its imports `reply` and `request`. `None` for a component of another world.
    pub bot_version: Option<String>,
    /// Size of the file in bytes.
    pub size: u64,
    /// Functions that the core modules define.
    pub functions: u64,
    /// Core modules inside, at any depth.
    pub core_modules: u64,
    /// What one instance consists of.
    pub counts: Counts,
    /// What it uses of the component model's own concurrency, such as `an async function`. `None`
    /// for a component of plain functions.
    pub concurrency: Option<&'static str>,
    /// Whether it uses threads, which no engine here has.
    pub threads: bool,
}

/// Reads a component and checks that it is a bot which this gateway can serve.
///
/// # Errors
/// Everything that [`read`] refuses, a component for another world, a version of `ravenry:bot` that
/// is not served, and a component that uses threads.
pub fn inspect(bytes: &[u8]) -> Result<Inspection, InspectError> {
    let inspection = read(bytes, SIZE_MAX)?;
    inspection.serves_as_bot()?;
    Ok(inspection)
}

/// Reads any component, whatever it is for, of at most `size_max` bytes.
///
/// # Errors
/// When the bytes are too many, no WebAssembly, a core module, truncated, or damaged.
pub fn read(bytes: &[u8], size_max: u64) -> Result<Inspection, InspectError> {
    let size = to_u64(bytes.len());
    if size > size_max {
        return Err(InspectError::TooLarge {
            size,
            max: size_max,
        });
    }
    check_header(bytes)?;
    let mut found = walk::walk(bytes).map_err(|error| error.of_a_file(size))?;
    found.world = World::ALL.into_iter().find(|world| {
        let exports = &mut found.exports.iter();
        exports.any(|name| bot_version(name, world.handler()).is_some())
    });
    found.bot_version = version_of(&found);
    if found.concurrency.is_none() && found.imports.iter().any(|name| is_wasi_0_3(name)) {
        found.concurrency = Some("WASI 0.3");
    }
    Ok(found)
}

impl Inspection {
    /// The imports for which `offered` says no, in the order of the file.
    pub fn missing(&self, offered: &dyn Fn(&str) -> bool) -> Vec<String> {
        self.imports
            .iter()
            .filter(|name| !offered(name))
            .cloned()
            .collect()
    }

    /// Checks that this component is a bot of a version that is served.
    ///
    /// # Errors
    /// [`InspectError::OtherWorld`], [`InspectError::VersionNotServed`] or
    /// [`InspectError::Threads`].
    pub fn serves_as_bot(&self) -> Result<(), InspectError> {
        let (Some(_), Some(version)) = (self.world, &self.bot_version) else {
            return Err(InspectError::OtherWorld {
                exports: listed(&self.exports),
            });
        };
        if !SERVED.iter().any(|line| is_of_line(version, line)) {
            let served: Vec<String> = SERVED.iter().map(|line| format!("{line}.x")).collect();
            return Err(InspectError::VersionNotServed {
                version: printable(version.as_bytes(), 40),
                served: served.join(", "),
            });
        }
        if self.threads {
            return Err(InspectError::Threads);
        }
        Ok(())
    }

    /// Whether it needs an engine with the component model's concurrency.
    pub fn needs_tasks(&self) -> bool {
        self.concurrency.is_some() || self.world == Some(World::BotAsync)
    }
}

fn check_header(bytes: &[u8]) -> Result<(), InspectError> {
    const MAGIC: &[u8] = b"\0asm";
    let size = to_u64(bytes.len());
    if bytes.is_empty() {
        return Err(InspectError::Empty);
    }
    if !bytes.starts_with(MAGIC) {
        if MAGIC.starts_with(bytes) {
            return Err(InspectError::Truncated { size });
        }
        let start = bytes.trim_ascii_start();
        return Err(
            if start.starts_with(b"(module") || start.starts_with(b"(component") {
                InspectError::Text
            } else {
                InspectError::NotWasm {
                    first: printable(bytes, 16),
                }
            },
        );
    }
    match bytes.get(4..8) {
        Some([1 | 13, 0, 0 | 1, 0]) => Ok(()),
        Some(version) => Err(InspectError::UnknownVersion {
            version: version.escape_ascii().to_string(),
        }),
        None => Err(InspectError::Truncated { size }),
    }
}

/// The version in `ravenry:bot/INTERFACE@VERSION`, for one interface.
fn bot_version<'a>(name: &'a str, interface: &str) -> Option<&'a str> {
    name.strip_prefix("ravenry:bot/")?
        .strip_prefix(interface)?
        .strip_prefix('@')
}

fn version_of(found: &Inspection) -> Option<String> {
    let exported = found.world.and_then(|world| {
        let exports = &mut found.exports.iter();
        exports.find_map(|name| bot_version(name, world.handler()))
    });
    let imported = || {
        let of = |name| bot_version(name, "reply").or_else(|| bot_version(name, "request"));
        found.imports.iter().find_map(|name| of(name))
    };
    exported.or_else(imported).map(str::to_owned)
}

/// Whether this is the name of an interface of WASI 0.3.
pub(super) fn is_wasi_0_3(name: &str) -> bool {
    name.starts_with("wasi:")
        && name
            .rsplit_once('@')
            .is_some_and(|(_, version)| is_of_line(version, "0.3"))
}

/// Whether `0.1.7` is of the line `0.1`. Versions with anything beyond three numbers are not.
fn is_of_line(version: &str, line: &str) -> bool {
    let patch = version
        .strip_prefix(line)
        .and_then(|rest| rest.strip_prefix('.'));
    patch.is_some_and(|patch| patch.parse::<u32>().is_ok())
}

/// What the reader says of a file of this size as a whole.
pub(super) fn refused(error: wasmparser::BinaryReaderError, file: usize) -> InspectError {
    malformed(error).of_a_file(to_u64(file))
}

/// For `map_err`, which hands over the error itself.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the form that `map_err` asks for"
)]
pub(super) fn malformed(error: wasmparser::BinaryReaderError) -> InspectError {
    InspectError::Malformed {
        at: to_u64(error.offset()),
        what: error.message().to_owned(),
    }
}

/// Offsets and sizes in memory always fit; a wider machine would only see a wrong number in a text.
fn to_u64(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod count_tests;
#[cfg(test)]
mod tests;
