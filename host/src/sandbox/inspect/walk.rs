//! One pass over the bytes of a component: sections in, an [`Inspection`] out.
//!
//! Linear in the size of the file, with bounded nesting. Reads what it needs and skips the rest; it
//! neither validates nor compiles.

use wasmparser::{
    CanonicalFunction, CanonicalOption, Chunk, Encoding, Instance, MemoryType, Parser, Payload,
};

use super::{Inspection, malformed, to_u64, unfit::InspectError};

/// Components and modules inside each other, counted from the file itself.
///
/// Toolchains nest two or three deep; the bound keeps a hostile file from costing memory per byte.
const NESTING_MAX: usize = 32;

/// Imports, and exports, that one component may have.
///
/// A bot of any toolchain has fewer than 60. More would only make error texts long.
const NAMES_MAX: usize = 1_000;

/// One pass over a file: what was found so far, and where it is in the nesting.
struct Walk {
    found: Inspection,
    /// Each open component or module: its parser, and the offset at which it ends.
    open: Vec<(Parser, usize)>,
}

/// What a file holds, before its last judgement.
pub(super) fn walk(bytes: &[u8]) -> Result<Inspection, InspectError> {
    let mut walk = Walk {
        found: Inspection {
            size: to_u64(bytes.len()),
            ..Inspection::default()
        },
        open: Vec::new(),
    };
    walk.run(bytes)?;
    Ok(walk.found)
}

impl Walk {
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
                self.enter(parser, range.end, file)
            }
            Payload::ComponentSection {
                parser,
                unchecked_range: range,
            } => self.enter(parser, range.end, file),
            Payload::End(_) => {
                self.open.pop();
                Ok(())
            }
            Payload::ComponentImportSection(imports) if outermost => {
                for import in imports {
                    let name = import.map_err(malformed)?.name.name;
                    add(&mut self.found.imports, name, "imports")?;
                }
                Ok(())
            }
            Payload::ComponentExportSection(exports) if outermost => {
                for export in exports {
                    let name = export.map_err(malformed)?.name.name;
                    add(&mut self.found.exports, name, "exports")?;
                }
                Ok(())
            }
            // A component never holds the header of a module, nor the reverse: a parser knows what
            // it was opened for, but the outermost one takes what it finds.
            Payload::Version {
                encoding: Encoding::Module,
                ..
            } if outermost => Err(InspectError::CoreModule),
            payload => self.count(payload).map_err(malformed),
        }
    }

    /// Counts what an instance will need of its engine.
    fn count(&mut self, payload: Payload<'_>) -> wasmparser::Result<()> {
        let found = &mut self.found;
        match payload {
            Payload::MemorySection(memories) => {
                for memory in memories {
                    let bytes = memory_bytes(&memory?);
                    found.memories = found.memories.saturating_add(1);
                    found.initial_memory = found.initial_memory.saturating_add(bytes);
                }
            }
            Payload::TableSection(tables) => {
                for table in tables {
                    found.tables = found.tables.saturating_add(1);
                    found.table_elements = found.table_elements.max(table?.ty.initial);
                }
            }
            Payload::FunctionSection(functions) => {
                let count = u64::from(functions.count());
                found.functions = found.functions.saturating_add(count);
            }
            Payload::InstanceSection(instances) => {
                for instance in instances {
                    if let Instance::Instantiate { .. } = instance? {
                        found.core_instances = found.core_instances.saturating_add(1);
                    }
                }
            }
            Payload::ComponentCanonicalSection(functions) => {
                for function in functions {
                    match needs(&function?) {
                        Needs::Nothing => {}
                        Needs::Tasks(what) => found.concurrency = found.concurrency.or(Some(what)),
                        Needs::Threads => found.threads = true,
                    }
                }
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

/// What a canonical function needs of the engine.
enum Needs {
    Nothing,
    /// Concurrency of the component model; in words, which part of it.
    Tasks(&'static str),
    Threads,
}

fn needs(function: &CanonicalFunction) -> Needs {
    use CanonicalFunction as F;
    match function {
        F::Lift { options, .. } | F::Lower { options, .. } => {
            if options.contains(&CanonicalOption::Async) {
                Needs::Tasks("an async function")
            } else {
                Needs::Nothing
            }
        }
        F::ResourceNew { .. } | F::ResourceDrop { .. } | F::ResourceRep { .. } => Needs::Nothing,
        F::StreamNew { .. } | F::StreamRead { .. } | F::StreamWrite { .. } => {
            Needs::Tasks("streams")
        }
        F::FutureNew { .. } | F::FutureRead { .. } | F::FutureWrite { .. } => {
            Needs::Tasks("futures")
        }
        F::ThreadSpawnRef { .. }
        | F::ThreadSpawnIndirect { .. }
        | F::ThreadAvailableParallelism
        | F::ThreadIndex
        | F::ThreadNewIndirect { .. }
        | F::ThreadResumeLater
        | F::ThreadSuspend { .. } => Needs::Threads,
        // All others belong to tasks, and what is added later most likely too: the engine that runs
        // tasks runs everything else as well.
        _ => Needs::Tasks("async tasks"),
    }
}
