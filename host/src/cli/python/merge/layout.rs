//! What a component consists of, in its order.

use std::collections::BTreeMap;

use wasmparser::{
    CanonicalFunction, CanonicalOption, ComponentAlias, Instance, KnownCustom, Parser, Payload,
};

use super::{Kind, MergeError, Place};

/// One thing that a component says.
pub(super) enum Item<'a> {
    Module(u32, &'a [u8]),
    Instance(u32),
    Alias(ComponentAlias<'a>),
    Canonical(CanonicalFunction),
    /// What has to do with no core item: the section's number, and what it holds.
    Section(u8, &'a [u8]),
}

/// Where an item of a core index space comes from.
#[derive(Clone, Copy)]
pub(super) enum Origin<'a> {
    /// An instance, and what it is called there.
    Export(u32, &'a str),
    /// A function of the component model.
    Canonical,
}

/// The component.
#[derive(Default)]
pub(super) struct Layout<'a> {
    pub(super) items: Vec<Item<'a>>,
    pub(super) instances: Vec<Instance<'a>>,
    modules: Vec<&'a [u8]>,
    origins: BTreeMap<Place, Origin<'a>>,
    sizes: BTreeMap<Kind, u32>,
}

impl<'a> Layout<'a> {
    pub(super) fn read(component: &'a [u8]) -> Result<Self, MergeError> {
        let mut layout = Self::default();
        let mut depth = 0_u32;
        for payload in Parser::new(0).parse_all(component) {
            let payload = payload?;
            let is_outermost = depth == 0;
            match &payload {
                Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
                Payload::End(_) => depth = depth.saturating_sub(1),
                _ => {}
            }
            if is_outermost {
                layout.add(payload, component)?;
            }
        }
        Ok(layout)
    }

    fn add(&mut self, payload: Payload<'a>, component: &'a [u8]) -> Result<(), MergeError> {
        match payload {
            Payload::ModuleSection {
                unchecked_range, ..
            } => {
                let module = component.get(unchecked_range).unwrap_or_default();
                let number = count(&self.modules);
                self.items.push(Item::Module(number, module));
                self.modules.push(module);
            }
            Payload::InstanceSection(section) => {
                for instance in section {
                    self.items.push(Item::Instance(count(&self.instances)));
                    self.instances.push(instance?);
                }
            }
            Payload::ComponentAliasSection(section) => {
                for alias in section {
                    let alias = alias?;
                    if let ComponentAlias::CoreInstanceExport {
                        kind,
                        instance_index,
                        name,
                    } = alias
                    {
                        self.define(kind.try_into()?, Origin::Export(instance_index, name));
                    }
                    self.items.push(Item::Alias(alias));
                }
            }
            Payload::ComponentCanonicalSection(section) => {
                for function in section {
                    let function = function?;
                    if !matches!(function, CanonicalFunction::Lift { .. }) {
                        self.define(Kind::Function, Origin::Canonical);
                    }
                    self.items.push(Item::Canonical(function));
                }
            }
            // It would name other things than it does.
            Payload::CustomSection(section)
                if matches!(section.as_known(), KnownCustom::ComponentName(_)) => {}
            other => {
                if let Some((id, range)) = other.as_section() {
                    let data = component.get(range).unwrap_or_default();
                    self.items.push(Item::Section(id, data));
                }
            }
        }
        Ok(())
    }

    fn define(&mut self, kind: Kind, origin: Origin<'a>) {
        let size = self.sizes.entry(kind).or_default();
        self.origins.insert((kind, *size), origin);
        *size += 1;
    }

    pub(super) fn origin(&self, place: Place) -> Result<Origin<'a>, MergeError> {
        let found = self.origins.get(&place).copied();
        found.ok_or(MergeError::Unexpected("an item is used that is not there"))
    }

    pub(super) fn instance(&self, number: u32) -> Result<&Instance<'a>, MergeError> {
        let found = self.instances.get(number as usize);
        found.ok_or(MergeError::Unexpected(
            "an instance is used that is not there",
        ))
    }

    /// The module of an instance, unless it only bundles items of others.
    pub(super) fn module_of(&self, instance: u32) -> Option<(u32, &'a [u8])> {
        match self.instance(instance).ok()? {
            Instance::Instantiate { module_index, .. } => {
                let module = self.modules.get(*module_index as usize)?;
                Some((*module_index, module))
            }
            Instance::FromExports(_) => None,
        }
    }

    /// What an instance that bundles items has under a name.
    pub(super) fn bundled(&self, instance: u32, name: &str) -> Result<Place, MergeError> {
        let Instance::FromExports(exports) = self.instance(instance)? else {
            return Err(MergeError::Unexpected(
                "a module imports one that has no memory",
            ));
        };
        let found = exports.iter().find(|export| export.name == name);
        let found = found.ok_or(MergeError::Unexpected("an import is not there"))?;
        Ok((found.kind.try_into()?, found.index))
    }

    /// The core items that something uses which the component says.
    pub(super) fn uses(&self, item: &Item<'_>) -> Result<Vec<Place>, MergeError> {
        let mut places = Vec::new();
        let options = match item {
            Item::Instance(instance) => {
                if let Instance::FromExports(exports) = self.instance(*instance)? {
                    for export in exports {
                        places.push((export.kind.try_into()?, export.index));
                    }
                }
                return Ok(places);
            }
            Item::Canonical(CanonicalFunction::Lift {
                core_func_index,
                options,
                ..
            }) => {
                places.push((Kind::Function, *core_func_index));
                options
            }
            Item::Canonical(CanonicalFunction::Lower { options, .. }) => options,
            _ => return Ok(places),
        };
        for option in options {
            match *option {
                CanonicalOption::Memory(memory) => places.push((Kind::Memory, memory)),
                CanonicalOption::Realloc(function) | CanonicalOption::PostReturn(function) => {
                    places.push((Kind::Function, function));
                }
                _ => {}
            }
        }
        Ok(places)
    }
}

/// How many there are. A component has fewer than 2^32 of anything: each takes a byte of it.
fn count<T>(items: &[T]) -> u32 {
    u32::try_from(items.len()).unwrap_or(u32::MAX)
}
