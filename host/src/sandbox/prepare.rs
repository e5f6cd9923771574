//! From a file to a component that can be called: looked at, compiled or found in the cache, linked.

use std::{
    sync::{Arc, PoisonError},
    time::Instant,
};

use sha2::{Digest as _, Sha256};

use super::{
    Component, ComponentError, EngineKind, Facts, Sandbox, cache,
    compiler::{self, Failure},
    engine,
    handler::Handler,
    inspect::{self, World},
    offered,
    runtime::Runtime,
};
/// Components from this size on are compiled one after the other.
///
/// Each uses all cores already; and of several bots with the same file, the second finds what the
/// first has compiled. A Rust component has less than half of it. What is smaller takes about a second.
pub const COMPILED_ALONE_BYTES: usize = 1024 * 1024;

/// A component on its way.
struct Plan<'a> {
    bytes: &'a [u8],
    found: inspect::Inspection,
    kind: EngineKind,
    runtime: &'a Runtime,
    digest: [u8; 32],
    begun: Instant,
}

impl Sandbox {
    /// Looks at all of a component, and loads and links it where its compiled code is on disk.
    /// `None`: it is to be compiled.
    pub fn look(
        &self,
        bytes: &[u8],
        memory_bytes_max: u64,
    ) -> Result<Option<Component>, ComponentError> {
        let plan = self.plan(bytes, memory_bytes_max)?;
        match plan.runtime.cache.load(&plan.runtime.engine, &plan.digest) {
            Some(code) => self.link(plan, &code, true).map(Some),
            None => validate(bytes).map(|()| None),
        }
    }

    /// Checks a component, compiles it or loads its compiled code, and links it.
    ///
    /// `compiling` is called before the code is compiled, which takes about a second per megabyte
    /// and as many cores as there are: not for a thread that serves.
    pub fn prepare(
        &self,
        bytes: &[u8],
        memory_bytes_max: u64,
        compiling: &dyn Fn(),
    ) -> Result<Component, ComponentError> {
        let plan = self.plan(bytes, memory_bytes_max)?;
        let (code, from_cache) = self.code(&plan, compiling)?;
        self.link(plan, &code, from_cache)
    }

    fn plan<'a>(
        &'a self,
        bytes: &'a [u8],
        memory_bytes_max: u64,
    ) -> Result<Plan<'a>, ComponentError> {
        let found = examine(bytes)?;
        if found.counts.memory_bytes > memory_bytes_max {
            return Err(ComponentError::TooMuchMemory {
                declared: found.counts.memory_bytes,
                allowed: memory_bytes_max,
            });
        }
        let begun = Instant::now();
        let kind = EngineKind::of(&found, memory_bytes_max);
        if self.switched_off.contains(&kind) {
            return Err(ComponentError::SwitchedOff(kind));
        }
        Ok(Plan {
            bytes,
            found,
            kind,
            runtime: self.runtime(kind)?,
            digest: Sha256::digest(bytes).into(),
            begun,
        })
    }

    fn link(
        &self,
        plan: Plan<'_>,
        code: &wasmtime::component::Component,
        from_cache: bool,
    ) -> Result<Component, ComponentError> {
        let Plan { found, kind, .. } = plan;
        let world = found.world.unwrap_or(World::Bot);
        let handler = plan
            .runtime
            .linker
            .instantiate_pre(code)
            .and_then(|pre| Handler::check(world, pre))
            .map_err(unfit)?;
        Ok(Component {
            engine: plan.runtime.engine.clone(),
            handler,
            mappings: Arc::clone(&self.mappings),
            ticker: Arc::clone(&self.ticker),
            facts: Facts {
                bytes: found.size,
                initial_memory_bytes: found.counts.memory_bytes,
                prepared_in: plan.begun.elapsed(),
                from_cache,
                digest: cache::hex(&plan.digest),
                engine: kind,
                mappings: kind.mappings(&found),
            },
        })
    }

    /// The compiled form, and whether it was found on disk. What is compiled is kept there.
    fn code(
        &self,
        plan: &Plan<'_>,
        compiling: &dyn Fn(),
    ) -> Result<(wasmtime::component::Component, bool), ComponentError> {
        let Plan { bytes, digest, .. } = plan;
        let Runtime { engine, cache, .. } = plan.runtime;
        let alone = bytes.len() >= COMPILED_ALONE_BYTES;
        let _turn = alone.then(|| {
            self.compiling
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
        });
        if let Some(component) = cache.load(engine, digest) {
            return Ok((component, true));
        }
        if let Some((refusal, file)) = cache.refusal(digest) {
            return Err(refusal.again(&file));
        }
        compiling();
        let code = match compiler::compile(plan.kind, self.size, bytes) {
            Ok(code) => code,
            Err(failure) => {
                if let Failure::OfComponent(refusal) = &failure
                    && let Err(error) = cache.refuse(digest, refusal)
                {
                    tracing::warn!(%error, "that it cannot be compiled cannot be kept; the next start will try again");
                }
                return Err(failure.into());
            }
        };
        if let Err(error) = cache.store(digest, &code) {
            tracing::warn!(%error, "compiled code cannot be kept; the next start will compile again");
        }
        // Mapped from the file it takes a fraction of the memory that a copy takes.
        let component = match cache.load(engine, digest) {
            Some(component) => component,
            None => cache::copy(engine, &code).map_err(unfit)?,
        };
        Ok((component, false))
    }
}

#[expect(clippy::needless_pass_by_value, reason = "what `map_err` hands over")]
fn unfit(error: wasmtime::Error) -> ComponentError {
    ComponentError::Unfit(format!("{error:#}"))
}

/// Looks at a component without compiling it: whether it is one, of our world, and whether all that
/// it imports is offered.
pub fn examine(bytes: &[u8]) -> Result<inspect::Inspection, ComponentError> {
    let found = inspect::inspect(bytes)?;
    let missing = found.missing(&offered);
    if !missing.is_empty() {
        return Err(ComponentError::Missing(missing));
    }
    match engine::LARGE.exceeded(&found) {
        Some(what) => Err(ComponentError::TooLarge(what)),
        None => Ok(found),
    }
}

/// Looks at all of a component without compiling it: what [`examine`] finds, and damaged code.
pub fn validate(bytes: &[u8]) -> Result<(), ComponentError> {
    examine(bytes)?;
    // Whether this gateway has a feature, compiling tells; here only what no engine could run counts.
    wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all())
        .validate_all(bytes)
        .map(|_| ())
        .map_err(|error| ComponentError::Unfit(error.to_string()))
}
