//! Components, checked, compiled and ready to be instantiated; and runs of them.
//!
//! The only module that knows wasmtime. A [`Component`] is immutable and shared; each call of it
//! gets a [`Run`] with a store of its own, so that nothing of one query is left for the next.

mod bundle;
mod cache;
mod capacity;
mod clocks;
pub mod compiler;
mod compilers;
mod cpu_meter;
mod engine;
mod environment;
mod handler;
pub mod inspect;
mod instance;
mod keyvalue;
mod meter;
mod prepare;
mod request_bounds;
mod resources;
mod run_error;
mod runtime;
mod since_0_1;
mod since_0_1_async;
mod ticker;
mod touched;

use std::{
    collections::HashMap,
    fmt, io,
    path::Path,
    sync::{Arc, OnceLock, Weak},
    time::Duration,
};

use parking_lot::{Mutex, MutexGuard};

pub use self::{
    bundle::{BYTES_MAX as BUNDLE_BYTES_MAX, packed},
    capacity::Capacity,
    cpu_meter::CpuBudget,
    engine::{EngineKind, Size},
    instance::{Allowance, Cost, Meter, Run},
    prepare::{COMPILED_ALONE_BYTES, engine_for, examine, read, sound, validate},
    run_error::RunError,
    runtime::offered,
    since_0_1::{PackFile, Packed},
};
use self::{
    cache::{CacheRoom, PinnedFile},
    compilers::Compilers,
    handler::Handler,
    meter::Mappings,
    runtime::Runtime,
    ticker::Ticker,
    touched::Touched,
};
use ravenry_base::directory::DirectoryError;
use sha2::{Digest, Sha256};

/// Why the sandbox cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// wasmtime refused the settings, or the machine refused the memory for the pools.
    #[error("the sandbox cannot be set up on this machine: {0}")]
    Engine(String),
    /// The thread that keeps time cannot be started.
    #[error("the thread that keeps time for the bots cannot be started")]
    Ticker(#[source] io::Error),
    /// The directory of compiled code cannot be trusted.
    #[error(transparent)]
    Cache(#[from] DirectoryError),
}

/// Why a component cannot be mounted.
#[derive(Debug, thiserror::Error)]
pub enum ComponentError {
    /// What `inspect` finds without compiling.
    #[error(transparent)]
    Inspect(#[from] inspect::InspectError),
    /// It imports interfaces that this gateway does not offer.
    #[error("it imports {}, which this gateway does not offer", quoted(.0))]
    Missing(Vec<String>),
    /// An interface is there, but not in the shape that it wants; or compiling it failed.
    #[error("it does not fit this gateway: {0}")]
    Unfit(String),
    /// The compiler did not get to its end.
    #[error("it could not be compiled: {0}")]
    Compiler(String),
    /// Compiling it takes more memory than a compiler may have.
    #[error("it could not be compiled: {said}")]
    CompilerMemory {
        /// How much that was.
        said: String,
        /// Whether it would be more with more memory.
        more_helps: bool,
    },
    /// The engine that it needs is not among those that there are to be.
    #[error("it needs the engine `{0}`, which is switched off here")]
    SwitchedOff(EngineKind),
    /// It consists of more than one component may.
    #[error("it has {0}")]
    TooLarge(String),
    /// The engine that it needs cannot be set up.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// Its memories are larger than it may have.
    #[error("its memories start at {declared} bytes, and it may have {allowed}")]
    TooMuchMemory {
        /// What it declares.
        declared: u64,
        /// Its limit.
        allowed: u64,
    },
}

impl ComponentError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Inspect(error) => error.hint().map(str::to_owned),
            Self::Missing(_) => Some("`ravenry inspect` with the file lists all that it imports".to_owned()),
            Self::Unfit(_) => Some(
                "build it again, against the WIT of this gateway's version; `ravenry inspect` shows what it is".to_owned(),
            ),
            Self::SwitchedOff(engine) => Some(format!(
                "whoever runs the server can add \"{engine}\" to `engines` in [server] of the operator's file"
            )),
            Self::CompilerMemory { more_helps: true, .. } => Some(
                "give the server more memory: a compiler may have a quarter of it, and 4 GiB at most".to_owned(),
            ),
            Self::CompilerMemory { .. } | Self::TooLarge(_) | Self::Compiler(_) | Self::Sandbox(_) => None,
            Self::TooMuchMemory { .. } => Some("raise `limits.memory` of the bot".to_owned()),
        }
    }
}

fn quoted(names: &[String]) -> String {
    names
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// What tells code apart: its engine, and its SHA-256.
type CodeKey = (EngineKind, [u8; 32]);

/// The engines, what they offer to guests, and the cache of compiled code.
pub struct Sandbox {
    size: Size,
    compilers: Compilers,
    switched_off: Vec<EngineKind>,
    room: CacheRoom,
    small: OnceLock<Result<Runtime, String>>,
    large: OnceLock<Result<Runtime, String>>,
    asynchronous: OnceLock<Result<Runtime, String>>,
    mappings: Arc<Mappings>,
    ticker: Arc<Ticker>,
    /// Code that components have now, by engine and digest.
    loaded: Mutex<HashMap<CodeKey, Weak<LoadedCode>>>,
    /// Held while a large component is compiled: see [`COMPILED_ALONE_BYTES`].
    compiling: Mutex<()>,
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Sandbox")
            .field("size", &self.size)
            .field("room", &self.room)
            .finish_non_exhaustive()
    }
}

/// A component that can be called.
pub struct Component {
    engine: wasmtime::Engine,
    code: Arc<LoadedCode>,
    /// What is packed behind its code.
    bundle: Arc<[u8]>,
    mappings: Arc<Mappings>,
    ticker: Arc<Ticker>,
    /// Where a memory begins as an image: a place that is made beforehand keeps its pages.
    touched: Option<Arc<Touched>>,
    facts: Facts,
}

/// Code that can be called. Components that differ in their bundles alone have the same.
struct LoadedCode {
    handler: Handler,
    /// Its file on disk stays as long as it may be called.
    _kept: Option<PinnedFile>,
}

/// What is known of a component.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Size of the file, in bytes.
    pub bytes: u64,
    /// What its memories and tables start with, in bytes.
    pub initial_bytes: u64,
    /// What the host keeps for an instance besides, in bytes, at most: by its engine.
    pub flat_bytes: u64,
    /// How long it took to compile, or to load.
    pub prepared_in: Duration,
    /// Whether compiled code was found in the cache.
    pub from_cache: bool,
    /// SHA-256 of the file, in hexadecimal.
    pub digest: String,
    /// The engine that it runs on.
    pub engine: EngineKind,
    /// Memory mappings that a live instance takes.
    pub mappings: u64,
    /// What is packed behind its code and kept in memory, in bytes.
    pub bundle_bytes: u64,
}

impl Facts {
    /// What is booked for an instance before there is one, in bytes.
    pub fn admission_bytes(&self) -> u64 {
        self.initial_bytes.saturating_add(self.flat_bytes)
    }
}

impl fmt::Debug for Component {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Component")
            .field("facts", &self.facts)
            .finish_non_exhaustive()
    }
}

impl Sandbox {
    /// A sandbox for instances of this size, with compiled code in `cache_dir`, of which so many files may
    /// stay open. Components that need an engine which is switched off are refused.
    ///
    /// Engines are set up when the first component needs them.
    pub fn new(
        size: Size,
        (cache_dir, files_max): (&Path, u32),
        switched_off: Vec<EngineKind>,
    ) -> Result<Self, SandboxError> {
        let room = CacheRoom::open(cache_dir, files_max)?;
        Ok(Self {
            size,
            compilers: Compilers::here(),
            switched_off,
            room,
            small: OnceLock::new(),
            large: OnceLock::new(),
            asynchronous: OnceLock::new(),
            mappings: Mappings::new(size.mappings),
            ticker: Ticker::start().map_err(SandboxError::Ticker)?,
            loaded: Mutex::default(),
            compiling: Mutex::new(()),
        })
    }

    /// How many components are compiled at once.
    pub fn compilers_at_once(&self) -> usize {
        self.compilers.at_once
    }

    /// Code that components have now.
    fn all_loaded(&self) -> MutexGuard<'_, HashMap<CodeKey, Weak<LoadedCode>>> {
        self.loaded.lock()
    }

    fn runtime(&self, kind: EngineKind) -> Result<&Runtime, SandboxError> {
        let slot = match kind {
            EngineKind::Small => &self.small,
            EngineKind::Large => &self.large,
            EngineKind::Async => &self.asynchronous,
        };
        slot.get_or_init(|| {
            Runtime::new(kind, self.size, self.room.clone(), &self.ticker)
                .map_err(|error| format!("{error:#}"))
        })
        .as_ref()
        .map_err(|error| SandboxError::Engine(error.clone()))
    }
}

/// What tells components apart: SHA-256 of the file, in hexadecimal. See [`Facts::digest`].
pub fn digest(bytes: &[u8]) -> String {
    let digest: [u8; 32] = Sha256::digest(bytes).into();
    cache::hex(&digest)
}

impl Component {
    /// What is known of it.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn why_an_engine_cannot_be_set_up_is_said_once() {
        let dir = tempfile::tempdir().unwrap();
        // More address space than a process has.
        let size = Size {
            instances: 1 << 24,
            mappings: u64::MAX,
            memory_bytes_max: 256 << 20,
        };
        let sandbox = Sandbox::new(size, (&dir.path().join("cache"), 1), Vec::new()).unwrap();
        let error = sandbox.runtime(EngineKind::Small).err().unwrap();
        let said = error.to_string();
        assert_eq!(said.matches("cannot be set up").count(), 1, "{said}");
        assert!(matches!(error, SandboxError::Engine(_)), "{said}");
    }
}
