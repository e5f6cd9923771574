//! Merges core modules: all imports that one has of another become what they stand for.

use std::collections::{BTreeMap, HashMap};

use wasm_encoder::{
    CodeSection, ConstExpr, DataCountSection, DataSection, ElementSection, EntityType,
    ExportSection, FunctionSection, GlobalSection, ImportSection, MemorySection, Module, NameMap,
    NameSection, TableSection, TypeSection,
    reencode::{Error as Reencoding, Reencode, utils},
};
use wasmparser::{CustomSectionReader, KnownCustom, Name, Operator, Parser, Payload, TypeRef};

use super::{Kind, MergeError, Place};

/// What the merged module imports its functions from.
pub(super) const IMPORTS: &str = "env";

/// A module, and where its imports come from, in their order.
pub(super) struct Part<'a> {
    pub(super) module: &'a [u8],
    pub(super) imports: Vec<Imported<'a>>,
}

/// Where an import comes from.
#[derive(Clone, Copy)]
pub(super) enum Imported<'a> {
    /// From without: an import of the merged module.
    Function(u32),
    /// A part before this one, and what it is called there.
    Part(usize, &'a str),
}

/// What the merged module calls an import.
pub(super) fn import_name(at: usize) -> String {
    at.to_string()
}

/// What the merged module calls an item that the component uses.
pub(super) fn export_name((kind, index): Place) -> String {
    format!("{kind:?}{index}").to_lowercase()
}

/// Whether a module has or imports a memory.
pub(super) fn has_memory(module: &[u8]) -> Result<bool, MergeError> {
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::MemorySection(section) => return Ok(section.count() > 0),
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    if matches!(import?.ty, TypeRef::Memory(_)) {
                        return Ok(true);
                    }
                }
            }
            // What follows is large.
            Payload::CodeSectionStart { .. } => return Ok(false),
            _ => {}
        }
    }
    Ok(false)
}

/// The imports of a module: from where, and their names.
pub(super) fn imports(module: &[u8]) -> Result<Vec<(&str, &str)>, MergeError> {
    let mut imports = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        if let Payload::ImportSection(section) = payload? {
            for import in section.into_imports() {
                let import = import?;
                imports.push((import.module, import.name));
            }
            break;
        }
    }
    Ok(imports)
}

/// One module of them all. It imports so many functions, and exports what the component uses: a part's, by its name.
pub(super) fn merged(
    parts: &[Part<'_>],
    imports: usize,
    exports: &BTreeMap<Place, (usize, &str)>,
) -> Result<Vec<u8>, MergeError> {
    let mut merged = Merged {
        imported: vec![None; imports],
        functions_known: u32::try_from(imports).unwrap_or(u32::MAX),
        ..Merged::default()
    };
    for part in parts {
        merged.begin();
        for payload in Parser::new(0).parse_all(part.module) {
            merged.add(payload?, &part.imports)?;
        }
    }
    merged.finish(exports)
}

/// The merged module, as far as it is written.
#[derive(Default)]
struct Merged<'a> {
    /// The numbers that things of the part at hand have here.
    numbers: Numbers,
    /// What the parts export, and its numbers here.
    parts: Vec<HashMap<&'a str, Place>>,
    /// The type of each function that is imported.
    imported: Vec<Option<u32>>,
    /// Functions that are imported or have a type.
    functions_known: u32,
    types: TypeSection,
    functions: FunctionSection,
    tables: TableSection,
    memories: MemorySection,
    globals: GlobalSection,
    elements: ElementSection,
    code: CodeSection,
    data: DataSection,
    names: BTreeMap<u32, &'a str>,
}

impl<'a> Merged<'a> {
    /// A part begins.
    fn begin(&mut self) {
        self.parts.push(HashMap::new());
        self.numbers.functions.clear();
        self.numbers.globals.clear();
        self.numbers.types = self.types.len();
        self.numbers.elements = self.elements.len();
        self.numbers.data = self.data.len();
    }

    fn add(&mut self, payload: Payload<'a>, imports: &[Imported<'a>]) -> Result<(), MergeError> {
        let numbers = &mut self.numbers;
        match payload {
            Payload::TypeSection(section) => {
                numbers.parse_type_section(&mut self.types, section)?;
            }
            Payload::ImportSection(section) => {
                for (import, from) in section.into_imports().zip(imports) {
                    self.import(import?.ty, *from)?;
                }
            }
            Payload::FunctionSection(section) => {
                let first = self.functions_known;
                self.functions_known += section.count();
                numbers.functions.extend(first..self.functions_known);
                numbers.parse_function_section(&mut self.functions, section)?;
            }
            Payload::TableSection(section) => {
                numbers.parse_table_section(&mut self.tables, section)?;
            }
            Payload::MemorySection(section) => {
                numbers.parse_memory_section(&mut self.memories, section)?;
            }
            Payload::GlobalSection(section) => {
                for global in section {
                    let global = global?;
                    let beginning = numbers.const_expr(global.init_expr)?;
                    numbers.globals.push(self.globals.len());
                    self.globals
                        .global(numbers.global_type(global.ty)?, &beginning);
                    numbers
                        .constants
                        .push((!global.ty.mutable).then_some(beginning));
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    let number = numbers.external_index(export.kind, export.index)?;
                    let place = (Kind::try_from(export.kind)?, number);
                    if let Some(exports) = self.parts.last_mut() {
                        exports.insert(export.name, place);
                    }
                }
            }
            Payload::StartSection { .. } => {
                return Err(MergeError::Unexpected(
                    "a module runs when it is instantiated",
                ));
            }
            Payload::ElementSection(section) => {
                numbers.parse_element_section(&mut self.elements, section)?;
            }
            Payload::CodeSectionEntry(body) => {
                numbers.parse_function_body(&mut self.code, body)?;
            }
            Payload::DataSection(section) => {
                numbers.parse_data_section(&mut self.data, section)?;
            }
            Payload::CustomSection(section) => self.name(&section)?,
            _ => {}
        }
        Ok(())
    }

    /// What stands for an import.
    fn import(&mut self, ty: TypeRef, from: Imported<'_>) -> Result<(), MergeError> {
        let number = match from {
            Imported::Function(number) => {
                if let TypeRef::Func(ty) = ty
                    && let Some(imported) = self.imported.get_mut(number as usize)
                {
                    *imported = Some(self.numbers.types + ty);
                }
                number
            }
            Imported::Part(part, name) => self.exported(part, name)?.1,
        };
        match ty {
            TypeRef::Func(_) => self.numbers.functions.push(number),
            TypeRef::Global(_) => self.numbers.globals.push(number),
            // There is one of each.
            TypeRef::Memory(_) | TypeRef::Table(_) => {}
            _ => return Err(MergeError::Unexpected("a module imports a tag")),
        }
        Ok(())
    }

    /// What a part exports under this name.
    fn exported(&self, part: usize, name: &str) -> Result<Place, MergeError> {
        let found = self.parts.get(part).and_then(|exports| exports.get(name));
        let found = found.copied();
        found.ok_or(MergeError::Unexpected(
            "a module uses one that comes after it",
        ))
    }

    /// The names of functions, for whoever reads a trap.
    fn name(&mut self, section: &CustomSectionReader<'a>) -> Result<(), MergeError> {
        if let KnownCustom::Name(subsections) = section.as_known() {
            for subsection in subsections {
                if let Name::Function(names) = subsection? {
                    for name in names {
                        let name = name?;
                        let number = self.numbers.function_index(name.index)?;
                        self.names.insert(number, name.name);
                    }
                }
            }
        }
        Ok(())
    }

    fn finish(self, exports: &BTreeMap<Place, (usize, &str)>) -> Result<Vec<u8>, MergeError> {
        if self.tables.len() != 1 || self.memories.len() != 1 {
            return Err(MergeError::Unexpected(
                "there is not one table and one memory",
            ));
        }
        let mut imports = ImportSection::new();
        for (at, ty) in self.imported.iter().enumerate() {
            let ty = ty.ok_or(MergeError::Unexpected("an import is no function"))?;
            imports.import(IMPORTS, &import_name(at), EntityType::Function(ty));
        }
        let mut exported = ExportSection::new();
        for (&place, &(part, name)) in exports {
            let (kind, number) = self.exported(part, name)?;
            exported.export(&export_name(place), kind.into(), number);
        }
        let mut functions = NameMap::new();
        for (number, name) in self.names {
            functions.append(number, name);
        }
        let mut names = NameSection::new();
        names.functions(&functions);
        let mut module = Module::new();
        module
            .section(&self.types)
            .section(&imports)
            .section(&self.functions)
            .section(&self.tables)
            .section(&self.memories)
            .section(&self.globals)
            .section(&exported)
            .section(&self.elements)
            .section(&DataCountSection {
                count: self.data.len(),
            })
            .section(&self.code)
            .section(&self.data)
            .section(&names);
        Ok(module.finish())
    }
}

/// The numbers that things of a part have in the merged module.
#[derive(Default)]
struct Numbers {
    functions: Vec<u32>,
    globals: Vec<u32>,
    /// Where those of the part begin.
    types: u32,
    elements: u32,
    data: u32,
    /// The value of each global of the merged module that does not change.
    constants: Vec<Option<ConstExpr>>,
}

impl Reencode for Numbers {
    type Error = MergeError;

    fn function_index(&mut self, function: u32) -> Result<u32, Reencoding<MergeError>> {
        number(&self.functions, function)
    }

    fn global_index(&mut self, global: u32) -> Result<u32, Reencoding<MergeError>> {
        number(&self.globals, global)
    }

    fn type_index(&mut self, ty: u32) -> Result<u32, Reencoding<MergeError>> {
        Ok(self.types + ty)
    }

    fn element_index(&mut self, element: u32) -> Result<u32, Reencoding<MergeError>> {
        Ok(self.elements + element)
    }

    fn data_index(&mut self, data: u32) -> Result<u32, Reencoding<MergeError>> {
        Ok(self.data + data)
    }

    /// A global that does not change is its value: what begins with one that a module imports, and be it a part of
    /// the table, is known only when it is instantiated.
    fn const_expr(
        &mut self,
        expression: wasmparser::ConstExpr<'_>,
    ) -> Result<ConstExpr, Reencoding<MergeError>> {
        let mut operators = expression.get_operators_reader();
        if let Operator::GlobalGet { global_index } = operators.read()?
            && matches!(operators.read()?, Operator::End)
        {
            let global = self.global_index(global_index)?;
            let known = self.constants.get(global as usize).cloned().flatten();
            let unknown = MergeError::Unexpected("a module begins with what may change");
            return known.ok_or(Reencoding::UserError(unknown));
        }
        utils::const_expr(self, expression)
    }
}

fn number(numbers: &[u32], former: u32) -> Result<u32, Reencoding<MergeError>> {
    let found = numbers.get(former as usize).copied();
    let missing = MergeError::Unexpected("a module uses something that is not there");
    found.ok_or(Reencoding::UserError(missing))
}
