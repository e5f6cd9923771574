//! Writes a component anew, with the merged module in it.

use std::collections::BTreeMap;

use wasm_encoder::{
    Alias, CanonicalFunctionSection, Component, ComponentAliasSection, ComponentSectionId,
    ExportKind, InstanceSection, ModuleArg, RawSection,
    reencode::{Error as Reencoding, Reencode, ReencodeComponent, RoundtripReencoder},
};
use wasmparser::{CanonicalFunction, ComponentAlias, Instance};

use super::{
    Kind, MergeError, Place,
    layout::{Item, Layout},
    module,
    plan::Plan,
};

/// The component, as far as it is written.
pub(super) struct Writer<'l, 'a> {
    layout: &'l Layout<'a>,
    plan: &'l Plan<'a>,
    component: Component,
    numbers: Numbers,
    /// How much is read of each core index space.
    read: BTreeMap<Kind, u32>,
    /// The instance of the merged module, once it is there.
    merged: Option<u32>,
}

impl<'l, 'a> Writer<'l, 'a> {
    pub(super) fn new(layout: &'l Layout<'a>, plan: &'l Plan<'a>) -> Self {
        Self {
            layout,
            plan,
            component: Component::new(),
            numbers: Numbers::default(),
            read: BTreeMap::new(),
            merged: None,
        }
    }

    pub(super) fn write(mut self) -> Result<Vec<u8>, MergeError> {
        for item in &self.layout.items {
            match item {
                Item::Module(number, module) if !self.plan.modules.contains(number) => {
                    self.module(module);
                    self.numbers.add(Space::Module, Some(*number));
                }
                Item::Module(..) => {}
                Item::Instance(instance) if self.plan.is_gone(*instance) => {}
                Item::Instance(instance) => self.instance(*instance)?,
                Item::Alias(alias) => self.alias(alias)?,
                Item::Canonical(function) => self.canonical(function)?,
                Item::Section(id, data) => {
                    self.component.section(&RawSection { id: *id, data });
                }
            }
            if self.merged.is_none() && self.has_imports() {
                self.merged()?;
            }
        }
        Ok(self.component.finish())
    }

    fn module(&mut self, module: &[u8]) {
        let id = ComponentSectionId::CoreModule.into();
        self.component.section(&RawSection { id, data: module });
    }

    /// Whether all is there that the merged module imports. It comes as early as it can: others wait for its memory.
    fn has_imports(&self) -> bool {
        let mut imports = self.plan.imports.iter();
        imports.all(|&(kind, index)| self.numbers.get(Space::Core(kind), index).is_ok())
    }

    /// The merged module, its instance, and what is used of it that came before.
    fn merged(&mut self) -> Result<(), MergeError> {
        self.module(&self.plan.module);
        let module = self.numbers.add(Space::Module, None);
        let mut instances = InstanceSection::new();
        let imports = self.plan.imports.iter().enumerate();
        let imports = imports.map(|(at, &(kind, index))| {
            let index = self.numbers.get(Space::Core(kind), index)?;
            Ok((module::import_name(at), ExportKind::from(kind), index))
        });
        let imports = imports.collect::<Result<Vec<_>, MergeError>>()?;
        instances.export_items(imports);
        let imports = self.numbers.add(Space::Instance, None);
        instances.instantiate(module, [(module::IMPORTS, ModuleArg::Instance(imports))]);
        self.merged = Some(self.numbers.add(Space::Instance, None));
        self.component.section(&instances);
        let plan = self.plan;
        for &place in plan.exports.keys() {
            if self.is_read(place) {
                self.alias_of_merged(place)?;
            }
        }
        Ok(())
    }

    fn is_read(&self, (kind, index): Place) -> bool {
        self.read.get(&kind).is_some_and(|read| index < *read)
    }

    fn instance(&mut self, number: u32) -> Result<(), MergeError> {
        let mut instances = InstanceSection::new();
        match self.layout.instance(number)? {
            Instance::Instantiate { module_index, args } => {
                let module = self.numbers.get(Space::Module, *module_index)?;
                let arguments = args.iter().map(|argument| {
                    let instance = self.numbers.get(Space::Instance, argument.index)?;
                    Ok((argument.name, ModuleArg::Instance(instance)))
                });
                let arguments = arguments.collect::<Result<Vec<_>, MergeError>>()?;
                instances.instantiate(module, arguments);
            }
            Instance::FromExports(exports) => {
                let exports = exports.iter().map(|export| {
                    let kind = Kind::try_from(export.kind)?;
                    let index = self.numbers.get(Space::Core(kind), export.index)?;
                    Ok((export.name, ExportKind::from(kind), index))
                });
                let exports = exports.collect::<Result<Vec<_>, MergeError>>()?;
                instances.export_items(exports);
            }
        }
        self.component.section(&instances);
        self.numbers.add(Space::Instance, Some(number));
        Ok(())
    }

    fn alias(&mut self, alias: &ComponentAlias<'a>) -> Result<(), MergeError> {
        let mut aliases = ComponentAliasSection::new();
        let ComponentAlias::CoreInstanceExport {
            kind,
            instance_index,
            name,
        } = *alias
        else {
            let alias = RoundtripReencoder.component_alias(alias.clone());
            let alias = alias.map_err(|error| MergeError::Unwritable(error.to_string()))?;
            aliases.alias(alias);
            self.component.section(&aliases);
            return Ok(());
        };
        let kind = Kind::try_from(kind)?;
        let place = self.next(kind);
        if self.plan.part_of(instance_index).is_none() {
            aliases.alias(Alias::CoreInstanceExport {
                instance: self.numbers.get(Space::Instance, instance_index)?,
                kind: kind.into(),
                name,
            });
            self.component.section(&aliases);
            self.numbers.add(Space::Core(kind), Some(place.1));
        } else if self.merged.is_some() && self.plan.exports.contains_key(&place) {
            self.alias_of_merged(place)?;
        }
        Ok(())
    }

    fn alias_of_merged(&mut self, place: Place) -> Result<(), MergeError> {
        let instance = self.merged;
        let instance = instance.ok_or(MergeError::Unexpected("it is used before it is there"))?;
        let mut aliases = ComponentAliasSection::new();
        aliases.alias(Alias::CoreInstanceExport {
            instance,
            kind: place.0.into(),
            name: &module::export_name(place),
        });
        self.component.section(&aliases);
        self.numbers.add(Space::Core(place.0), Some(place.1));
        Ok(())
    }

    fn canonical(&mut self, function: &CanonicalFunction) -> Result<(), MergeError> {
        let mut functions = CanonicalFunctionSection::new();
        self.numbers
            .parse_component_canonical(&mut functions, function.clone())?;
        self.component.section(&functions);
        if !matches!(function, CanonicalFunction::Lift { .. }) {
            let (kind, index) = self.next(Kind::Function);
            self.numbers.add(Space::Core(kind), Some(index));
        }
        Ok(())
    }

    /// The place of the next item that is read.
    fn next(&mut self, kind: Kind) -> Place {
        let read = self.read.entry(kind).or_default();
        *read += 1;
        (kind, *read - 1)
    }
}

/// What the component counts.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Space {
    Module,
    Instance,
    Core(Kind),
}

/// The numbers that things had, and have.
#[derive(Default)]
struct Numbers {
    now: BTreeMap<(Space, u32), u32>,
    written: BTreeMap<Space, u32>,
}

impl Numbers {
    fn get(&self, space: Space, former: u32) -> Result<u32, MergeError> {
        let found = self.now.get(&(space, former)).copied();
        found.ok_or(MergeError::Unexpected(
            "something is used before it is there",
        ))
    }

    /// Counts one that is written, which had this number if it is not new.
    fn add(&mut self, space: Space, former: Option<u32>) -> u32 {
        let written = self.written.entry(space).or_default();
        let number = *written;
        *written += 1;
        if let Some(former) = former {
            self.now.insert((space, former), number);
        }
        number
    }

    fn core(&self, kind: Kind, former: u32) -> Result<u32, Reencoding<MergeError>> {
        let found = self.get(Space::Core(kind), former);
        found.map_err(Reencoding::UserError)
    }
}

impl Reencode for Numbers {
    type Error = MergeError;

    fn function_index(&mut self, former: u32) -> Result<u32, Reencoding<MergeError>> {
        self.core(Kind::Function, former)
    }

    fn memory_index(&mut self, former: u32) -> Result<u32, Reencoding<MergeError>> {
        self.core(Kind::Memory, former)
    }
}

impl ReencodeComponent for Numbers {}
