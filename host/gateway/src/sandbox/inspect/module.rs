//! A core module, as far as an instance of it costs something.

use wasmparser::{ElementItems, ExternalKind, MemoryType, Payload, TypeRef};

use super::counts::{Counts, increase};

// Bytes that wasmtime 48 keeps for an instance. A test compares the sums with what it says itself.

/// The instance as such.
const INSTANCE_BYTES: u64 = 1_024;
/// An imported function.
const IMPORTED_FUNCTION_BYTES: u64 = 32;
/// A function that is referred to: one that is exported, or an element of a table.
const FUNCTION_REFERENCE_BYTES: u64 = 32;
/// A memory or a table, with the engine's own record of it.
const STORAGE_BYTES: u64 = 256;
/// A global or a tag.
const GLOBAL_BYTES: u64 = 24;
/// A segment of data.
const SEGMENT_BYTES: u64 = 16;

/// What was found of a module so far.
#[derive(Default)]
pub(super) struct Module {
    /// What one instance consists of, without its functions.
    counts: Counts,
    /// Functions, imported and defined.
    functions: u64,
    /// Those of them that are imported.
    imported: u64,
    /// Places that refer to a function.
    references: u64,
}

impl Module {
    /// Takes one section into account. Returns how many functions it defines.
    pub(super) fn take(&mut self, payload: Payload<'_>) -> wasmparser::Result<u64> {
        match payload {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    self.import(import?.ty);
                }
            }
            Payload::FunctionSection(functions) => {
                let defined = u64::from(functions.count());
                increase(&mut self.functions, defined);
                return Ok(defined);
            }
            Payload::TableSection(tables) => {
                for table in tables {
                    let elements = table?.ty.initial;
                    let counts = &mut self.counts;
                    increase(&mut counts.tables, 1);
                    increase(&mut counts.table_elements, elements);
                    counts.largest_table = counts.largest_table.max(elements);
                    self.keep(1, STORAGE_BYTES);
                    // Its elements may start with a reference.
                    increase(&mut self.references, 1);
                }
            }
            Payload::MemorySection(memories) => {
                for memory in memories {
                    let bytes = memory_bytes(&memory?);
                    increase(&mut self.counts.memories, 1);
                    increase(&mut self.counts.memory_bytes, bytes);
                    self.keep(1, STORAGE_BYTES);
                }
            }
            Payload::GlobalSection(globals) => {
                let count = u64::from(globals.count());
                self.keep(count, GLOBAL_BYTES);
                increase(&mut self.references, count);
            }
            Payload::TagSection(tags) => self.keep(u64::from(tags.count()), GLOBAL_BYTES),
            Payload::DataSection(data) => self.keep(u64::from(data.count()), SEGMENT_BYTES),
            Payload::StartSection { .. } => increase(&mut self.references, 1),
            Payload::ExportSection(exports) => {
                for export in exports {
                    let kind = export?.kind;
                    if matches!(kind, ExternalKind::Func | ExternalKind::FuncExact) {
                        increase(&mut self.references, 1);
                    }
                }
            }
            Payload::ElementSection(segments) => {
                for segment in segments {
                    let count = match segment?.items {
                        ElementItems::Functions(functions) => functions.count(),
                        ElementItems::Expressions(_, expressions) => expressions.count(),
                    };
                    increase(&mut self.references, count.into());
                }
            }
            _ => {}
        }
        Ok(0)
    }

    fn import(&mut self, ty: TypeRef) {
        match ty {
            TypeRef::Func(_) | TypeRef::FuncExact(_) => {
                increase(&mut self.functions, 1);
                increase(&mut self.imported, 1);
            }
            TypeRef::Table(_) | TypeRef::Memory(_) => self.keep(1, STORAGE_BYTES),
            TypeRef::Global(_) | TypeRef::Tag(_) => self.keep(1, GLOBAL_BYTES),
        }
    }

    fn keep(&mut self, count: u64, bytes: u64) {
        let more = count.saturating_mul(bytes);
        increase(&mut self.counts.instance_bytes, more);
    }

    /// What one instance of it consists of.
    pub(super) fn end(mut self) -> Counts {
        self.keep(1, INSTANCE_BYTES);
        self.keep(self.imported, IMPORTED_FUNCTION_BYTES);
        // However often a function is referred to, the engine keeps one reference.
        let referred = self.references.min(self.functions);
        self.keep(referred, FUNCTION_REFERENCE_BYTES);
        Counts {
            core_instances: 1,
            ..self.counts
        }
    }
}

fn memory_bytes(memory: &MemoryType) -> u64 {
    // 64 KiB pages, but for the custom-page-sizes proposal.
    let page = 1_u64
        .checked_shl(memory.page_size_log2.unwrap_or(16))
        .unwrap_or(u64::MAX);
    memory.initial.saturating_mul(page)
}
