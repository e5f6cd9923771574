//! What a component needs and offers, read from its bytes before anything is compiled.
//!
//! In go the bytes of a file that a stranger may have written; out comes an [`Inspection`], or one
//! sentence saying why these bytes are no bot. The work is linear in the size of the file, nesting
//! is bounded, and nothing is executed, compiled or validated: a file that passes here can still be
//! refused by the compiler. Never names the engine.

mod unfit;

use wasmparser::{
    CanonicalFunction, CanonicalOption, Chunk, Encoding, MemoryType, Parser, Payload,
};

pub use self::unfit::InspectError;
use self::unfit::{listed, printable};

/// Largest file that is looked at, unless the caller says otherwise, in bytes.
///
/// Four times the largest component known to be of use (a Python interpreter with its libraries,
/// 19 MB built, about 60 MB with large packages inside).
pub const SIZE_MAX: u64 = 256 * 1024 * 1024;

/// Versions of the package `ravenry:bot` that this gateway serves, as `major.minor`.
///
/// Within one of them a component may have been built against any patch version.
pub const SERVED: &[&str] = &["0.1"];

/// Components and modules inside each other, counted from the file itself.
///
/// Toolchains nest two or three deep; the bound keeps a hostile file from costing memory per byte.
const NESTING_MAX: usize = 32;

/// Imports, and exports, that one component may have.
///
/// A bot of any toolchain has fewer than 60. More would only make error texts long.
const NAMES_MAX: usize = 1_000;

/// What a component imports, exports and starts with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// Names of imports in the order of the file, such as `wasi:cli/environment@0.2.3`.
    pub imports: Vec<String>,
    /// Names of exports in the order of the file, such as `ravenry:bot/handler@0.1.0`.
    pub exports: Vec<String>,
    /// The version of `ravenry:bot` that it was built against, from its export `handler`, else from
    /// its imports `reply` and `request`. `None` for a component of another world.
    pub bot_version: Option<String>,
    /// Size of the file in bytes.
    pub size: u64,
    /// Memory that one instance has from its start, in bytes: the declared minimum of every linear
    /// memory in the file, summed. Saturates at `u64::MAX`, which a hostile file can reach.
    pub initial_memory: u64,
    /// Functions that the core modules define.
    pub functions: u64,
    /// Core modules inside, at any depth.
    pub core_modules: u64,
    /// What it uses of the component model's own concurrency, such as `an async function`. `None`
    /// for a component of plain functions.
    pub concurrency: Option<&'static str>,
}

/// Reads a component and checks that it is a bot which this gateway can serve.
///
/// # Errors
/// Everything that [`read`] refuses, a component for another world, a version of `ravenry:bot` that
/// is not served, and a component that needs concurrency.
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
    let mut walk = Walk::new(size);
    walk.run(bytes)?;
    Ok(walk.found)
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
    /// [`InspectError::Concurrency`].
    pub fn serves_as_bot(&self) -> Result<(), InspectError> {
        let handler = self
            .exports
            .iter()
            .any(|name| bot_version(name, "handler").is_some());
        let version = match &self.bot_version {
            Some(version) if handler => version,
            _ => {
                return Err(InspectError::OtherWorld {
                    exports: listed(&self.exports),
                });
            }
        };
        if !SERVED.iter().any(|line| is_of_line(version, line)) {
            let served: Vec<String> = SERVED.iter().map(|line| format!("{line}.x")).collect();
            return Err(InspectError::VersionNotServed {
                version: printable(version.as_bytes(), 40),
                served: served.join(", "),
            });
        }
        match self.concurrency {
            Some(what) => Err(InspectError::Concurrency { what }),
            None => Ok(()),
        }
    }
}

/// One pass over a file: what was found so far, and where it is in the nesting.
struct Walk {
    found: Inspection,
    /// Each open component or module: its parser, and the offset at which it ends.
    open: Vec<(Parser, usize)>,
}

impl Walk {
    fn new(size: u64) -> Self {
        let found = Inspection {
            imports: Vec::new(),
            exports: Vec::new(),
            bot_version: None,
            size,
            initial_memory: 0,
            functions: 0,
            core_modules: 0,
            concurrency: None,
        };
        Self {
            found,
            open: Vec::new(),
        }
    }

    fn run(&mut self, bytes: &[u8]) -> Result<(), InspectError> {
        let mut at = 0_usize;
        self.open.push((Parser::new(0), bytes.len()));
        while let Some((parser, end)) = self.open.last_mut() {
            let end = *end;
            let rest = bytes.get(at..end).unwrap_or_default();
            let chunk = parser.parse(rest, rest.is_empty()).map_err(malformed)?;
            let Chunk::Parsed { consumed, payload } = chunk else {
                return Err(ends_early(at, end, bytes.len()));
            };
            at = at.saturating_add(consumed);
            self.take(payload, bytes.len())?;
        }
        self.found.bot_version = version_of(&self.found);
        Ok(())
    }

    /// Takes one step of the file into account. `file` is the size of the file.
    fn take(&mut self, payload: Payload<'_>, file: usize) -> Result<(), InspectError> {
        let outermost = self.open.len() == 1;
        match payload {
            Payload::ModuleSection {
                parser,
                unchecked_range: range,
            } => {
                self.found.core_modules = self.found.core_modules.saturating_add(1);
                self.enter(parser, range.end, file)?;
            }
            Payload::ComponentSection {
                parser,
                unchecked_range: range,
            } => {
                self.enter(parser, range.end, file)?;
            }
            Payload::End(_) => {
                self.open.pop();
            }
            Payload::MemorySection(memories) => {
                for memory in memories {
                    let bytes = memory_bytes(&memory.map_err(malformed)?);
                    self.found.initial_memory = self.found.initial_memory.saturating_add(bytes);
                }
            }
            Payload::FunctionSection(functions) => {
                self.found.functions = self
                    .found
                    .functions
                    .saturating_add(u64::from(functions.count()));
            }
            Payload::ComponentImportSection(imports) if outermost => {
                for import in imports {
                    add(
                        &mut self.found.imports,
                        import.map_err(malformed)?.name.name,
                        "imports",
                    )?;
                }
            }
            Payload::ComponentExportSection(exports) if outermost => {
                for export in exports {
                    add(
                        &mut self.found.exports,
                        export.map_err(malformed)?.name.name,
                        "exports",
                    )?;
                }
            }
            Payload::ComponentCanonicalSection(functions) => {
                for function in functions {
                    let used = concurrency(&function.map_err(malformed)?);
                    self.found.concurrency = self.found.concurrency.or(used);
                }
            }
            // A component never holds the header of a module, nor the reverse: a parser knows what
            // it was opened for, but the outermost one takes what it finds.
            Payload::Version {
                encoding: Encoding::Module,
                ..
            } if outermost => {
                return Err(InspectError::CoreModule);
            }
            _ => {}
        }
        Ok(())
    }

    fn enter(&mut self, parser: Parser, end: usize, file: usize) -> Result<(), InspectError> {
        let outer = self.open.last().map_or(file, |(_, end)| *end);
        if end > outer {
            return Err(ends_early(outer, outer, file));
        }
        if self.open.len() >= NESTING_MAX {
            return Err(InspectError::TooMany {
                what: "levels of nesting",
                max: NESTING_MAX,
            });
        }
        self.open.push((parser, end));
        Ok(())
    }
}

/// The end of what was to be read came too soon: of the file, or of a part of it.
fn ends_early(at: usize, end: usize, file: usize) -> InspectError {
    if end == file {
        InspectError::Truncated { size: to_u64(file) }
    } else {
        let what = "a part of it ends in the middle of a section".to_owned();
        InspectError::Malformed {
            at: to_u64(at),
            what,
        }
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

fn add(names: &mut Vec<String>, name: &str, what: &'static str) -> Result<(), InspectError> {
    if names.len() >= NAMES_MAX {
        return Err(InspectError::TooMany {
            what,
            max: NAMES_MAX,
        });
    }
    names.push(name.to_owned());
    Ok(())
}

fn memory_bytes(memory: &MemoryType) -> u64 {
    // 64 KiB pages, but for the custom-page-sizes proposal.
    let page = 1_u64
        .checked_shl(memory.page_size_log2.unwrap_or(16))
        .unwrap_or(u64::MAX);
    memory.initial.saturating_mul(page)
}

/// What of the component model's concurrency a canonical function belongs to.
fn concurrency(function: &CanonicalFunction) -> Option<&'static str> {
    use CanonicalFunction as F;
    match function {
        F::Lift { options, .. } | F::Lower { options, .. } => options
            .contains(&CanonicalOption::Async)
            .then_some("an async function"),
        F::StreamNew { .. } | F::StreamRead { .. } | F::StreamWrite { .. } => Some("streams"),
        F::FutureNew { .. } | F::FutureRead { .. } | F::FutureWrite { .. } => Some("futures"),
        F::TaskReturn { .. } | F::SubtaskDrop | F::SubtaskCancel { .. } => Some("async tasks"),
        F::WaitableSetNew | F::WaitableSetWait { .. } | F::WaitableSetPoll { .. } => {
            Some("waitable sets")
        }
        F::ThreadSpawnRef { .. } | F::ThreadSpawnIndirect { .. } | F::ThreadNewIndirect { .. } => {
            Some("threads")
        }
        _ => None,
    }
}

/// The version in `ravenry:bot/INTERFACE@VERSION`, for one interface.
fn bot_version<'a>(name: &'a str, interface: &str) -> Option<&'a str> {
    name.strip_prefix("ravenry:bot/")?
        .strip_prefix(interface)?
        .strip_prefix('@')
}

fn version_of(found: &Inspection) -> Option<String> {
    let exported = found
        .exports
        .iter()
        .find_map(|name| bot_version(name, "handler"));
    let imported = || {
        let of = |name| bot_version(name, "reply").or_else(|| bot_version(name, "request"));
        found.imports.iter().find_map(|name| of(name))
    };
    exported.or_else(imported).map(str::to_owned)
}

/// Whether `0.1.7` is of the line `0.1`. Versions with anything beyond three numbers are not.
fn is_of_line(version: &str, line: &str) -> bool {
    let patch = version
        .strip_prefix(line)
        .and_then(|rest| rest.strip_prefix('.'));
    patch.is_some_and(|patch| patch.parse::<u32>().is_ok())
}

/// For `map_err`, which hands over the error itself.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the form that `map_err` asks for"
)]
fn malformed(error: wasmparser::BinaryReaderError) -> InspectError {
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
mod tests;
