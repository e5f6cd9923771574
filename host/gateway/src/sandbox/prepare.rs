//! From a file to a component that can be called: looked at, compiled or found in the cache, linked.

use std::{
    sync::{Arc, Weak},
    time::Instant,
};

use sha2::{Digest as _, Sha256};

use super::{
    Component, ComponentError, EngineKind, Facts, LoadedCode, Sandbox, bundle,
    cache::{self, Code},
    compiler::{self, Failure},
    digest, engine,
    handler::Handler,
    inspect::{self, InspectError, World},
    meter, offered,
    runtime::Runtime,
};
/// Components from this size on are compiled one after the other.
///
/// Each uses all cores already; and of several bots with the same file, the second finds what the
/// first has compiled. A Rust component has less than half of it. What is smaller takes about a second.
pub const COMPILED_ALONE_BYTES: usize = 1024 * 1024;

/// A component on its way.
struct Plan<'a> {
    /// Of the whole file.
    digest: String,
    /// What is compiled.
    code: &'a [u8],
    code_digest: [u8; 32],
    bundle: &'a [u8],
    found: inspect::Inspection,
    kind: EngineKind,
    runtime: &'a Runtime,
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
        if let Some(code) = self.loaded(&plan) {
            return Ok(Some(self.component(plan, code, true)));
        }
        match plan
            .runtime
            .cache
            .load(&plan.runtime.engine, &plan.code_digest)
        {
            Some(code) => self.link(plan, code, true).map(Some),
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
        if let Some(code) = self.loaded(&plan) {
            return Ok(self.component(plan, code, true));
        }
        let (code, from_cache) = self.code(&plan, compiling).map_err(|error| match error {
            ComponentError::Unfit(_) => sound(bytes).err().map_or(error, Into::into),
            error => error,
        })?;
        self.link(plan, code, from_cache)
    }

    fn plan<'a>(
        &'a self,
        bytes: &'a [u8],
        memory_bytes_max: u64,
    ) -> Result<Plan<'a>, ComponentError> {
        let found = examine(bytes)?;
        let begun = Instant::now();
        let kind = engine_for(&found, memory_bytes_max, &self.switched_off)?;
        let (code, bundle) = bundle::split(bytes);
        if bundle.len() > bundle::BYTES_MAX {
            let (packed, max) = (bundle.len(), bundle::BYTES_MAX);
            let said = format!("{packed} bytes packed behind its code; a component may have {max}");
            return Err(ComponentError::TooLarge(said));
        }
        Ok(Plan {
            digest: digest(bytes),
            code,
            code_digest: Sha256::digest(code).into(),
            bundle,
            found,
            kind,
            runtime: self.runtime(kind)?,
            begun,
        })
    }

    fn link(
        &self,
        plan: Plan<'_>,
        code: Code,
        from_cache: bool,
    ) -> Result<Component, ComponentError> {
        let world = plan.found.world.unwrap_or(World::Bot);
        let handler = plan
            .runtime
            .linker
            .instantiate_pre(&code.component)
            .and_then(|pre| Handler::check(world, pre))
            .map_err(unfit)?;
        let code = Arc::new(LoadedCode {
            handler,
            _kept: code.kept,
        });
        let mut loaded = self.all_loaded();
        loaded.retain(|_, code| code.strong_count() > 0);
        loaded.insert((plan.kind, plan.code_digest), Arc::downgrade(&code));
        drop(loaded);
        Ok(self.component(plan, code, from_cache))
    }

    /// Code that another component has already.
    fn loaded(&self, plan: &Plan<'_>) -> Option<Arc<LoadedCode>> {
        let key = (plan.kind, plan.code_digest);
        self.all_loaded().get(&key).and_then(Weak::upgrade)
    }

    fn component(&self, plan: Plan<'_>, code: Arc<LoadedCode>, from_cache: bool) -> Component {
        let Plan { found, kind, .. } = plan;
        Component {
            engine: plan.runtime.engine.clone(),
            code,
            bundle: plan.bundle.into(),
            mappings: Arc::clone(&self.mappings),
            ticker: Arc::clone(&self.ticker),
            touched: (kind == EngineKind::Large).then(Arc::default),
            facts: Facts {
                bytes: found.size,
                initial_bytes: meter::initial_bytes(&found.counts, kind),
                flat_bytes: kind.flat_bytes(&found.counts),
                prepared_in: plan.begun.elapsed(),
                from_cache,
                digest: plan.digest,
                engine: kind,
                mappings: kind.mappings(&found),
                bundle_bytes: plan.bundle.len() as u64,
            },
        }
    }

    /// The compiled form, and whether it was found on disk. What is compiled is kept there.
    fn code(&self, plan: &Plan<'_>, compiling: &dyn Fn()) -> Result<(Code, bool), ComponentError> {
        let Plan {
            code: bytes,
            code_digest: digest,
            ..
        } = plan;
        let Runtime { engine, cache, .. } = plan.runtime;
        let alone = bytes.len() >= COMPILED_ALONE_BYTES;
        let _turn = alone.then(|| self.compiling.lock());
        if let Some(code) = cache.load(engine, digest) {
            return Ok((code, true));
        }
        if let Some((refusal, file)) = cache.refusal(digest)
            && refusal.holds_for(self.compilers)
        {
            return Err(refusal.again(&file));
        }
        compiling();
        let code = match compiler::compile((plan.kind, self.size), self.compilers, bytes) {
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
        let code = match cache.load(engine, digest) {
            Some(code) => code,
            None => cache::copy(engine, &code).map_err(unfit)?,
        };
        Ok((code, false))
    }
}

#[expect(clippy::needless_pass_by_value, reason = "what `map_err` hands over")]
fn unfit(error: wasmtime::Error) -> ComponentError {
    ComponentError::Unfit(format!("{error:#}"))
}

/// Looks at a component without compiling it: whether it is one, of our world, and whether all that
/// it imports is offered.
pub fn examine(bytes: &[u8]) -> Result<inspect::Inspection, ComponentError> {
    let found = read(bytes)?;
    if let Some(what) = engine::LARGE.exceeded(&found) {
        return Err(ComponentError::TooLarge(what));
    }
    if let Err(error) = fits(&found) {
        // What a damaged file says of itself means nothing.
        return Err(sound(bytes).err().map_or(error, Into::into));
    }
    Ok(found)
}

/// Which engine a component runs on that may have so much memory, where these engines are switched off.
pub fn engine_for(
    found: &inspect::Inspection,
    memory_bytes_max: u64,
    switched_off: &[EngineKind],
) -> Result<EngineKind, ComponentError> {
    if found.counts.memory_bytes > memory_bytes_max {
        return Err(ComponentError::TooMuchMemory {
            declared: found.counts.memory_bytes,
            allowed: memory_bytes_max,
        });
    }
    let kind = EngineKind::of(found, memory_bytes_max);
    if switched_off.contains(&kind) {
        return Err(ComponentError::SwitchedOff(kind));
    }
    Ok(kind)
}

/// Reads any component, whatever it is for.
pub fn read(bytes: &[u8]) -> Result<inspect::Inspection, InspectError> {
    inspect::read(bytes, inspect::SIZE_MAX).map_err(|error| match error {
        // No toolchain does this, but damage does.
        InspectError::HandedOver { .. } => sound(bytes).err().unwrap_or(error),
        error => error,
    })
}

/// Checks that a component is of a world that is served, and that all that it imports is offered.
fn fits(found: &inspect::Inspection) -> Result<(), ComponentError> {
    found.serves_as_bot()?;
    let missing = found.missing(&offered);
    if missing.is_empty() {
        Ok(())
    } else {
        Err(ComponentError::Missing(missing))
    }
}

/// Looks at all of a component without compiling it: what [`examine`] finds, and damaged code.
pub fn validate(bytes: &[u8]) -> Result<(), ComponentError> {
    examine(bytes)?;
    Ok(sound(bytes)?)
}

/// Checks that bytes are WebAssembly throughout: damage is told with its place, and which limit is passed.
pub fn sound(bytes: &[u8]) -> Result<(), InspectError> {
    // Whether this gateway has a feature, compiling tells; here only what no engine could run counts.
    wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all())
        .validate_all(bytes)
        .map(|_| ())
        .map_err(|error| inspect::refused(error, bytes.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever bit of a file is turned: it is told as damage, or it is sound WebAssembly of another kind.
    #[test]
    fn damage_is_told_with_its_place() {
        let whole = wat::parse_str(
            r#"(component
                 (import "ravenry:bot/reply@0.1.0" (instance (export "text" (func (param "text" string)))))
                 (core module (memory 1) (func (result i32) i32.const 7) (export "f" (func 0)))
                 (instance $handler)
                 (export "ravenry:bot/handler@0.1.0" (instance $handler)))"#,
        )
        .unwrap();
        validate(&whole).unwrap();
        let mut told = 0;
        for (at, bit) in (8..whole.len()).flat_map(|at| (0..8).map(move |bit| (at, 1 << bit))) {
            let mut damaged = whole.clone();
            damaged[at] ^= bit;
            match validate(&damaged) {
                Err(ComponentError::Inspect(InspectError::Malformed { .. })) => told += 1,
                Err(ComponentError::Unfit(words)) => panic!("{words}"),
                _ if sound(&damaged).is_ok() => {}
                Err(ComponentError::Inspect(InspectError::Truncated { .. })) => {}
                other => panic!("byte {at}: {other:?}"),
            }
        }
        assert!(told > 100, "{told}");
        let wrong = wat::parse_str(
            r#"(component
                 (core module (func (result i32) i64.const 7))
                 (instance $handler)
                 (export "ravenry:bot/handler@0.1.0" (instance $handler)))"#,
        );
        let said = validate(&wrong.unwrap()).unwrap_err().to_string();
        assert!(said.starts_with("is damaged at byte "), "{said}");
    }
}
