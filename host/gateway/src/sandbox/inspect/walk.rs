//! One pass over the bytes of a component: sections in, an [`Inspection`] out.
//!
//! Linear in the size of the file, with bounded nesting. Reads what it needs and skips the rest; it
//! neither validates nor compiles.

use wasmparser::{
    CanonicalFunction, CanonicalOption, Chunk, ComponentAlias, ComponentOuterAliasKind, Encoding,
    FromReader, Parser, Payload, SectionLimited,
};

use super::{
    Inspection,
    counts::increase,
    malformed,
    module::Module,
    scope::{Definition, Scope},
    to_u64,
    unfit::InspectError,
};

/// Components and modules inside each other, counted from the file itself.
///
/// Toolchains nest two or three deep, and each composition of what they make adds one level; the bound
/// keeps a hostile file from costing memory per byte.
const NESTING_MAX: usize = 8;

/// Imports, and exports, that one component may have.
///
/// A bot of any toolchain has fewer than 60. More would only make error texts long.
const NAMES_MAX: usize = 1_000;

/// Entries of index spaces of all components in a file, and those that the compiler goes through for an
/// instance.
///
/// A Python bot has 1,900. The compiler remembers each.
pub(super) const ITEMS_MAX: u64 = 20_000;

/// What is open.
enum Inside {
    Component(Scope),
    Module(Module),
}

/// An open component or module.
struct Open {
    parser: Parser,
    /// Where it ends, from the start of the file.
    end: usize,
    inside: Inside,
}

/// One pass over a file: what was found so far, and where it is in the nesting.
struct Walk {
    found: Inspection,
    open: Vec<Open>,
    /// All components and modules that have ended.
    definitions: Vec<Definition>,
    /// Entries of index spaces so far, of all components, instantiated or not.
    written: u64,
}

/// What a file holds, before its last judgement.
pub(super) fn walk(bytes: &[u8]) -> Result<Inspection, InspectError> {
    let mut walk = Walk {
        found: Inspection {
            size: to_u64(bytes.len()),
            ..Inspection::default()
        },
        open: Vec::new(),
        definitions: Vec::new(),
        written: 0,
    };
    walk.run(bytes)?;
    Ok(walk.found)
}

impl Walk {
    fn run(&mut self, bytes: &[u8]) -> Result<(), InspectError> {
        let mut at = 0_usize;
        self.open.push(Open {
            parser: Parser::new(0),
            end: bytes.len(),
            inside: Inside::Component(Scope::new(true)),
        });
        while let Some(Open { parser, end, .. }) = self.open.last_mut() {
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
        match payload {
            Payload::ModuleSection {
                parser,
                unchecked_range: range,
            } => {
                increase(&mut self.found.core_modules, 1);
                self.enter(parser, range.end, file, Inside::Module(Module::default()))
            }
            Payload::ComponentSection {
                parser,
                unchecked_range: range,
            } => {
                let scope = Scope::new(false);
                self.enter(parser, range.end, file, Inside::Component(scope))
            }
            Payload::End(_) => {
                self.leave();
                Ok(())
            }
            // A component never holds the header of a module, nor the reverse: a parser knows what
            // it was opened for, but the outermost one takes what it finds.
            Payload::Version {
                encoding: Encoding::Module,
                ..
            } if self.open.len() == 1 => Err(InspectError::CoreModule),
            payload => self.section(payload),
        }
    }

    fn enter(
        &mut self,
        parser: Parser,
        end: usize,
        file: usize,
        inside: Inside,
    ) -> Result<(), InspectError> {
        let outer = self.open.last().map_or(file, |open| open.end);
        if end > outer {
            return Err(ends_early(outer, outer, file));
        }
        if self.open.len() >= NESTING_MAX {
            return Err(InspectError::TooMany {
                what: "levels of nesting",
                max: NESTING_MAX,
            });
        }
        self.write(1)?;
        self.open.push(Open {
            parser,
            end,
            inside,
        });
        Ok(())
    }

    /// What has ended is a definition of the component around it; the outermost one is the result.
    fn leave(&mut self) {
        let Some(Open { inside, .. }) = self.open.pop() else {
            return;
        };
        let index = self.definitions.len();
        let outer = self.open.last_mut().map(|open| &mut open.inside);
        match (inside, outer) {
            (Inside::Component(scope), Some(Inside::Component(outer))) => {
                outer.items(1);
                outer.component(index);
                self.definitions.push(scope.end());
            }
            (Inside::Module(module), Some(Inside::Component(outer))) => {
                outer.items(1);
                outer.module(index);
                self.definitions.push(module.end().into());
            }
            (Inside::Component(scope), _) => self.found.counts = scope.end().counts,
            (Inside::Module(_), _) => {}
        }
    }

    /// Takes one section of what is open into account.
    fn section(&mut self, payload: Payload<'_>) -> Result<(), InspectError> {
        match self.open.last_mut().map(|open| &mut open.inside) {
            Some(Inside::Module(module)) => {
                let functions = module.take(payload).map_err(malformed)?;
                increase(&mut self.found.functions, functions);
                Ok(())
            }
            Some(Inside::Component(_)) => self.component_section(payload),
            None => Ok(()),
        }
    }

    fn component_section(&mut self, payload: Payload<'_>) -> Result<(), InspectError> {
        let outermost = self.open.len() == 1;
        match payload {
            Payload::ComponentImportSection(imports) => self.each(imports, |walk, import| {
                if outermost {
                    add(&mut walk.found.imports, import.name.name, "imports")?;
                }
                Ok(walk.scope().map_or(Ok(()), |scope| scope.import(&import))?)
            }),
            Payload::ComponentExportSection(exports) => self.each(exports, |walk, export| {
                if outermost {
                    add(&mut walk.found.exports, export.name.name, "exports")?;
                }
                if let Some(scope) = walk.scope() {
                    scope.export(&export);
                }
                Ok(())
            }),
            Payload::ComponentAliasSection(aliases) => {
                self.each(aliases, |walk, alias| walk.alias(&alias))
            }
            Payload::InstanceSection(instances) => self.each(instances, |walk, instance| {
                if let Some((scope, all)) = walk.scope_and_definitions() {
                    scope.core_instance(&instance, all);
                }
                Ok(())
            }),
            Payload::ComponentInstanceSection(instances) => {
                self.each(instances, |walk, instance| {
                    let found = walk.scope_and_definitions();
                    Ok(found.map_or(Ok(()), |(scope, all)| scope.instance(&instance, all))?)
                })
            }
            Payload::ComponentTypeSection(types) => self.each(types, |walk, ty| {
                if let Some(scope) = walk.scope() {
                    scope.ty(&ty);
                }
                Ok(())
            }),
            Payload::CoreTypeSection(types) => self.each(types, |_, _| Ok(())),
            Payload::ComponentCanonicalSection(functions) => {
                self.each(functions, |walk, function| {
                    let found = &mut walk.found;
                    match needs(&function) {
                        Needs::Nothing => {}
                        Needs::Tasks(what) => found.concurrency = found.concurrency.or(Some(what)),
                        Needs::Threads => found.threads = true,
                    }
                    if let Some(scope) = walk.scope() {
                        scope.canonical(&function);
                    }
                    Ok(())
                })
            }
            _ => Ok(()),
        }
    }

    /// Goes through the entries of a section.
    fn each<'a, T: FromReader<'a>>(
        &mut self,
        section: SectionLimited<'a, T>,
        mut take: impl FnMut(&mut Self, T) -> Result<(), InspectError>,
    ) -> Result<(), InspectError> {
        for item in section {
            let item = item.map_err(malformed)?;
            self.write(1)?;
            if let Some(scope) = self.scope() {
                scope.items(1);
            }
            take(self, item)?;
        }
        Ok(())
    }

    fn alias(&mut self, alias: &ComponentAlias<'_>) -> Result<(), InspectError> {
        let ComponentAlias::Outer { kind, count, index } = *alias else {
            return Ok(self.scope().map_or(Ok(()), |scope| scope.alias(alias))?);
        };
        let outwards = usize::try_from(count).unwrap_or(usize::MAX);
        let outer = self.open.iter().rev().nth(outwards);
        let definition = outer.and_then(|open| match &open.inside {
            Inside::Component(scope) => scope.outer(kind, index),
            Inside::Module(_) => None,
        });
        if let (Some(definition), Some(scope)) = (definition, self.scope()) {
            match kind {
                ComponentOuterAliasKind::Component => scope.component(definition),
                _ => scope.module(definition),
            }
        }
        Ok(())
    }

    /// The component that is open.
    fn scope(&mut self) -> Option<&mut Scope> {
        self.scope_and_definitions().map(|(scope, _)| scope)
    }

    fn scope_and_definitions(&mut self) -> Option<(&mut Scope, &[Definition])> {
        match &mut self.open.last_mut()?.inside {
            Inside::Component(scope) => Some((scope, &self.definitions)),
            Inside::Module(_) => None,
        }
    }

    /// Notes that there are more entries.
    fn write(&mut self, count: u64) -> Result<(), InspectError> {
        increase(&mut self.written, count);
        if self.written > ITEMS_MAX {
            return Err(InspectError::TooMany {
                what: "items",
                max: usize::try_from(ITEMS_MAX).unwrap_or(usize::MAX),
            });
        }
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
