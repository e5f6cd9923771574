//! A component, as far as an instance of it costs something: its index spaces, and what is made of them.
//!
//! The engine follows every instantiation when it compiles, so a component whose inner ones instantiate
//! one another twice costs twice as much with each of them. Here each definition is counted once, when it
//! ends, and added wherever it is instantiated. That works because definitions come before their use and
//! are named, never handed over: see [`Handed`].
//!
//! An index that is out of bounds counts for nothing: the file is refused when it is validated.

use wasmparser::{
    CanonicalFunction, CanonicalOption, ComponentAlias, ComponentExport, ComponentExternalKind,
    ComponentImport, ComponentInstance, ComponentOuterAliasKind, ComponentType, ExternalKind,
    Instance,
};

use super::counts::{Counts, increase};

/// Bytes that the engine keeps for an instance of a component.
const INSTANCE_BYTES: u64 = 256;
/// Bytes for a function between component and core: the reference, what is called, its options.
const CANONICAL_BYTES: u64 = 96;
/// Bytes for a function that one component calls of another: in addition, what copies its values.
const FUSED_BYTES: u64 = 1_024;
/// Bytes for a type of resources.
const RESOURCE_BYTES: u64 = 16;

/// Something that no toolchain writes: a definition that is handed over. What is made of it is then
/// known only when the component runs, like a function that gets functions, and grows as fast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Handed {
    /// What is handed over.
    pub(super) what: &'static str,
    /// How.
    pub(super) how: &'static str,
}

impl Handed {
    /// `Err` for a component or module.
    fn refuse(kind: ComponentExternalKind, how: &'static str) -> Result<(), Self> {
        let what = match kind {
            ComponentExternalKind::Component => "components",
            ComponentExternalKind::Module => "core modules",
            ComponentExternalKind::Func
            | ComponentExternalKind::Value
            | ComponentExternalKind::Type
            | ComponentExternalKind::Instance => return Ok(()),
        };
        Err(Self { what, how })
    }
}

/// What a component or a core module comes to, once it has ended.
#[derive(Clone, Copy, Default)]
pub(super) struct Definition {
    /// What one instance of it consists of.
    pub(super) counts: Counts,
    /// What an instance of it exports: see [`Held::weight`].
    weight: u64,
}

/// By its place among all definitions of the file.
pub(super) type DefinitionIndex = usize;

impl From<Counts> for Definition {
    fn from(counts: Counts) -> Self {
        Self { counts, weight: 1 }
    }
}

/// An instance in the index space of a component.
#[derive(Clone, Copy, Default)]
struct Held {
    /// Entries that the compiler copies when it is passed on: those of the instance, and of those in it.
    weight: u64,
    /// Whether its functions are those of the gateway.
    of_host: bool,
}

/// What was found of a component so far.
#[derive(Default)]
pub(super) struct Scope {
    /// Whether it is the outermost one, which gets its imports from the gateway.
    outermost: bool,
    /// What one instance consists of.
    counts: Counts,
    /// What one instance exports.
    weight: u64,
    components: Vec<DefinitionIndex>,
    modules: Vec<DefinitionIndex>,
    instances: Vec<Held>,
    /// For each function: whether it is one of the gateway.
    functions: Vec<bool>,
    /// For each core instance: whether it is one of a module, and no collection of other things.
    core_instances: Vec<bool>,
    /// For each core function: whether it belongs to a core instance of a module.
    core_functions: Vec<bool>,
}

impl Scope {
    /// An empty component.
    pub(super) fn new(outermost: bool) -> Self {
        Self {
            outermost,
            weight: 1,
            counts: Counts {
                component_instances: 1,
                instance_bytes: INSTANCE_BYTES,
                ..Counts::default()
            },
            ..Self::default()
        }
    }

    /// What it comes to.
    pub(super) fn end(self) -> Definition {
        Definition {
            counts: self.counts,
            weight: self.weight,
        }
    }

    /// Notes that the compiler takes this many steps more.
    pub(super) fn items(&mut self, count: u64) {
        increase(&mut self.counts.items, count);
    }

    /// A component that is defined in this one, or one of those around it.
    pub(super) fn component(&mut self, definition: DefinitionIndex) {
        self.components.push(definition);
    }

    /// The same for a core module.
    pub(super) fn module(&mut self, definition: DefinitionIndex) {
        self.modules.push(definition);
    }

    /// What an alias from inside means: a definition by its place in an index space of this component.
    pub(super) fn outer(
        &self,
        kind: ComponentOuterAliasKind,
        index: u32,
    ) -> Option<DefinitionIndex> {
        match kind {
            ComponentOuterAliasKind::Component => at(&self.components, index),
            ComponentOuterAliasKind::CoreModule => at(&self.modules, index),
            ComponentOuterAliasKind::CoreType | ComponentOuterAliasKind::Type => None,
        }
    }

    pub(super) fn import(&mut self, import: &ComponentImport<'_>) -> Result<(), Handed> {
        let kind = import.ty.kind();
        Handed::refuse(kind, "as imports")?;
        match kind {
            ComponentExternalKind::Func => self.functions.push(self.outermost),
            ComponentExternalKind::Instance => self.instances.push(Held {
                weight: 1,
                of_host: self.outermost,
            }),
            _ => {}
        }
        Ok(())
    }

    /// An export makes a new entry of what is exported.
    pub(super) fn export(&mut self, export: &ComponentExport<'_>) {
        let index = export.index;
        let mut weight = 1;
        match export.kind {
            ComponentExternalKind::Func => self.functions.push(is(&self.functions, index)),
            ComponentExternalKind::Instance => {
                let held = at(&self.instances, index).unwrap_or_default();
                weight = held.weight;
                self.items(weight);
                self.instances.push(held);
            }
            ComponentExternalKind::Component => {
                self.components.extend(at(&self.components, index));
            }
            ComponentExternalKind::Module => {
                self.modules.extend(at(&self.modules, index));
            }
            ComponentExternalKind::Value | ComponentExternalKind::Type => {}
        }
        increase(&mut self.weight, weight);
    }

    /// All aliases but those to what is outside: see [`Self::outer`].
    pub(super) fn alias(&mut self, alias: &ComponentAlias<'_>) -> Result<(), Handed> {
        match *alias {
            ComponentAlias::InstanceExport {
                kind,
                instance_index,
                ..
            } => {
                Handed::refuse(kind, "by instances")?;
                // What is in it is no larger than all of it.
                let held = at(&self.instances, instance_index).unwrap_or_default();
                match kind {
                    ComponentExternalKind::Func => self.functions.push(held.of_host),
                    ComponentExternalKind::Instance => {
                        self.items(held.weight);
                        self.instances.push(held);
                    }
                    _ => {}
                }
            }
            ComponentAlias::CoreInstanceExport {
                kind: ExternalKind::Func | ExternalKind::FuncExact,
                instance_index,
                ..
            } => {
                let of_module = is(&self.core_instances, instance_index);
                self.core_functions.push(of_module);
            }
            ComponentAlias::CoreInstanceExport { .. } | ComponentAlias::Outer { .. } => {}
        }
        Ok(())
    }

    pub(super) fn core_instance(&mut self, instance: &Instance<'_>, all: &[Definition]) {
        let module = match instance {
            Instance::Instantiate { module_index, .. } => Some(*module_index),
            Instance::FromExports(exports) => {
                self.items(exports.len().try_into().unwrap_or(u64::MAX));
                None
            }
        };
        self.core_instances.push(module.is_some());
        let definition = module.and_then(|index| at(&self.modules, index));
        if let Some(definition) = definition.and_then(|index| all.get(index)) {
            self.counts.add(&definition.counts);
        }
    }

    pub(super) fn instance(
        &mut self,
        instance: &ComponentInstance<'_>,
        all: &[Definition],
    ) -> Result<(), Handed> {
        let mut handed: u64 = 0;
        let weight = match instance {
            ComponentInstance::Instantiate {
                component_index,
                args,
            } => {
                for arg in args {
                    Handed::refuse(arg.kind, "as arguments")?;
                    increase(&mut handed, self.weight_of(arg.kind, arg.index));
                }
                let index = at(&self.components, *component_index);
                let found = index.and_then(|index| all.get(index));
                let definition = found.copied().unwrap_or_default();
                self.counts.add(&definition.counts);
                definition.weight
            }
            ComponentInstance::FromExports(exports) => {
                for export in exports {
                    increase(&mut handed, self.weight_of(export.kind, export.index));
                }
                handed.saturating_add(1)
            }
        };
        self.items(handed);
        self.instances.push(Held {
            weight,
            of_host: false,
        });
        Ok(())
    }

    fn weight_of(&self, kind: ComponentExternalKind, index: u32) -> u64 {
        match kind {
            ComponentExternalKind::Instance => {
                at(&self.instances, index).unwrap_or_default().weight
            }
            _ => 1,
        }
    }

    pub(super) fn ty(&mut self, ty: &ComponentType<'_>) {
        if let ComponentType::Resource { .. } = ty {
            increase(&mut self.counts.instance_bytes, RESOURCE_BYTES);
        }
    }

    pub(super) fn canonical(&mut self, function: &CanonicalFunction) {
        use CanonicalFunction as F;
        increase(&mut self.counts.instance_bytes, CANONICAL_BYTES);
        match function {
            F::Lift {
                core_func_index,
                options,
                ..
            } => {
                self.refers_to(*core_func_index);
                self.options(options);
                self.functions.push(false);
            }
            F::Lower {
                func_index,
                options,
            } => {
                self.options(options);
                if !is(&self.functions, *func_index) {
                    increase(&mut self.counts.fused, 1);
                    increase(&mut self.counts.instance_bytes, FUSED_BYTES);
                }
                self.core_functions.push(false);
            }
            _ => self.core_functions.push(false),
        }
    }

    fn options(&mut self, options: &[CanonicalOption]) {
        for option in options {
            if let CanonicalOption::Realloc(function)
            | CanonicalOption::PostReturn(function)
            | CanonicalOption::Callback(function) = option
            {
                self.refers_to(*function);
            }
        }
    }

    fn refers_to(&mut self, core_function: u32) {
        if !is(&self.core_functions, core_function) {
            increase(&mut self.counts.chained, 1);
        }
    }
}

/// An entry of an index space.
fn at<T: Copy>(space: &[T], index: u32) -> Option<T> {
    let index = usize::try_from(index).ok()?;
    space.get(index).copied()
}

/// What an index space says of an entry.
fn is(space: &[bool], index: u32) -> bool {
    at(space, index).unwrap_or(false)
}
