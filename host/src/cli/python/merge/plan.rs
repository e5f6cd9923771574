//! Which instances become one, and what goes in and out of it.

use std::collections::{BTreeMap, BTreeSet};

use wasmparser::Instance;

use super::{
    Kind, MergeError, Place,
    layout::{Item, Layout, Origin},
    module::{self, Imported, Part},
};

/// What becomes of a component.
pub(super) struct Plan<'a> {
    /// The instances that become one, in their order.
    parts: Vec<u32>,
    /// Their modules.
    pub(super) modules: BTreeSet<u32>,
    /// Instances that only bundle items for those.
    needless: BTreeSet<u32>,
    /// The functions that the merged module imports.
    pub(super) imports: Vec<Place>,
    /// What is used of it: which part has it under which name.
    pub(super) exports: BTreeMap<Place, (usize, &'a str)>,
    pub(super) module: Vec<u8>,
}

impl<'a> Plan<'a> {
    pub(super) fn new(layout: &Layout<'a>) -> Result<Self, MergeError> {
        let mut parts = Vec::new();
        let mut modules = BTreeSet::new();
        for instance in (0..).take(layout.instances.len()) {
            if let Some((number, module)) = layout.module_of(instance)
                && module::has_memory(module)?
            {
                parts.push(instance);
                modules.insert(number);
            }
        }
        if modules.len() != parts.len() {
            return Err(MergeError::Unexpected("a module is instantiated twice"));
        }
        let mut plan = Self {
            needless: needless(layout, &parts)?,
            parts,
            modules,
            imports: Vec::new(),
            exports: BTreeMap::new(),
            module: Vec::new(),
        };
        plan.exports = plan.used(layout)?;
        let parts = plan.parts.clone().into_iter();
        let parts = parts.map(|instance| plan.part(layout, instance));
        let parts = parts.collect::<Result<Vec<_>, _>>()?;
        plan.module = module::merged(&parts, plan.imports.len(), &plan.exports)?;
        Ok(plan)
    }

    /// Which part an instance is.
    pub(super) fn part_of(&self, instance: u32) -> Option<usize> {
        self.parts.iter().position(|&part| part == instance)
    }

    /// Whether an instance is no more.
    pub(super) fn is_gone(&self, instance: u32) -> bool {
        self.needless.contains(&instance) || self.part_of(instance).is_some()
    }

    fn used(&self, layout: &Layout<'a>) -> Result<BTreeMap<Place, (usize, &'a str)>, MergeError> {
        let mut used = BTreeMap::new();
        for item in &layout.items {
            if matches!(item, Item::Instance(instance) if self.is_gone(*instance)) {
                continue;
            }
            for place in layout.uses(item)? {
                if let Origin::Export(instance, name) = layout.origin(place)?
                    && let Some(part) = self.part_of(instance)
                {
                    used.insert(place, (part, name));
                }
            }
        }
        Ok(used)
    }

    /// A module of those that become one, with where its imports come from.
    fn part(&mut self, layout: &Layout<'a>, instance: u32) -> Result<Part<'a>, MergeError> {
        let (Instance::Instantiate { args, .. }, Some((_, module))) =
            (layout.instance(instance)?, layout.module_of(instance))
        else {
            return Err(MergeError::Unexpected("a module is not there"));
        };
        let mut imports = Vec::new();
        for (from, name) in module::imports(module)? {
            let from = args.iter().find(|argument| argument.name == from);
            let from = from.ok_or(MergeError::Unexpected("an import is not there"))?;
            if let Some(part) = self.part_of(from.index) {
                imports.push(Imported::Part(part, name));
                continue;
            }
            let place = layout.bundled(from.index, name)?;
            let inside = match layout.origin(place)? {
                Origin::Export(instance, name) => self.part_of(instance).map(|part| (part, name)),
                Origin::Canonical => None,
            };
            imports.push(match inside {
                Some((part, name)) => Imported::Part(part, name),
                None => Imported::Function(self.import(place)?),
            });
        }
        Ok(Part { module, imports })
    }

    /// Which import of the merged module stands for this function.
    fn import(&mut self, place: Place) -> Result<u32, MergeError> {
        if place.0 != Kind::Function {
            return Err(MergeError::Unexpected(
                "more than functions comes from without",
            ));
        }
        let found = self.imports.iter().position(|&import| import == place);
        let at = found.unwrap_or_else(|| {
            self.imports.push(place);
            self.imports.len() - 1
        });
        Ok(u32::try_from(at).unwrap_or(u32::MAX))
    }
}

/// The instances that bundle items for these alone.
fn needless(layout: &Layout<'_>, parts: &[u32]) -> Result<BTreeSet<u32>, MergeError> {
    let (mut of_parts, mut of_others) = (BTreeSet::new(), BTreeSet::new());
    for instance in (0..).take(layout.instances.len()) {
        if let Instance::Instantiate { args, .. } = layout.instance(instance)? {
            let is_part = parts.contains(&instance);
            let users = if is_part {
                &mut of_parts
            } else {
                &mut of_others
            };
            users.extend(args.iter().map(|argument| argument.index));
        }
    }
    let bundles = of_parts.difference(&of_others).copied();
    Ok(bundles
        .filter(|instance| layout.module_of(*instance).is_none())
        .collect())
}
