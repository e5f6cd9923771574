//! Makes the bundle of a bot: calls `pack` of the interpreter that it is written for. See `wit/packer.wit`.
//!
//! In go an interpreter, once, and files; out comes a component. The author's code may be run meanwhile: in the
//! sandbox, where it reaches nothing.

use std::{io, path::Path, pin::pin, sync::Arc, time::Duration};

use tokio::{
    runtime::{Builder, Runtime},
    time::timeout,
};

pub use crate::sandbox::PackFile;
use crate::{
    imports::{
        Call,
        http::Access,
        log::{BotLog, Origin},
        rehearsal::RunContext,
        request::Received,
    },
    sandbox::{self, Allowance, Component, ComponentError, CpuBudget, RunError, Sandbox, Size},
    secrets::Secrets,
};
use ravenry_base::{
    memory::{Booking, MemoryPool},
    secret::Mask,
};
use ravenry_config::ids::{BotName, TenantName};
use ravenry_outbound::Egress;
use ravenry_protocol::Reference;

/// Most computing time for packing one bot. Sixteen thousand lines take four seconds.
const CPU_MAX: Duration = Duration::from_secs(20);

/// After so long, the caller hears that a bot takes long.
const SLOW: Duration = Duration::from_secs(3);

/// Bytes that a bot may print while it is packed.
const LOG_BYTES_MAX: u64 = 64 * 1024;

/// Why there is no bundle.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// The interpreter cannot be run here.
    #[error("the interpreter cannot be run")]
    Interpreter(#[from] ComponentError),
    /// A thread cannot be started.
    #[error("packing cannot be started")]
    System(#[from] io::Error),
    /// What the interpreter says of the files: for the author, in several lines perhaps.
    #[error("{0}")]
    Refused(String),
    /// The interpreter, or what it ran, has come to no end.
    #[error("the bot fails when it is imported")]
    Failed(#[from] RunError),
    /// It is too large.
    #[error("its files have {0} bytes when they are packed, and {max} are the most", max = sandbox::BUNDLE_BYTES_MAX)]
    TooLarge(usize),
}

/// What comes of packing.
#[derive(Debug)]
pub enum Packed {
    /// The bot.
    Component(Vec<u8>),
    /// Paths of files that are wanted besides, relative to the bot's directory; of a directory, all below it.
    Wants(Vec<String>),
}

/// An interpreter, ready to pack.
#[derive(Debug)]
pub struct Packer {
    interpreter: Vec<u8>,
    component: Component,
    memory_bytes_max: u64,
    runtime: Runtime,
}

impl Packer {
    /// Takes this component as the interpreter. Its compiled code is kept in `cache_dir`, where a gateway finds it;
    /// `compiling` is called before it is compiled. A bot is packed in so much memory, which is part of that code: as much
    /// as the gateway gives to bots, and what is compiled here is compiled for it.
    ///
    /// # Errors
    /// It is no component that can be run here.
    pub fn new(
        interpreter: Vec<u8>,
        cache_dir: &Path,
        memory_bytes_max: u64,
        compiling: &dyn Fn(),
    ) -> Result<Self, PackError> {
        let size = Size {
            instances: 1,
            mappings: u64::MAX,
            memory_bytes_max,
        };
        let sandbox =
            Sandbox::new(size, (cache_dir, 1), Vec::new()).map_err(ComponentError::Sandbox)?;
        let component = sandbox.prepare(&interpreter, memory_bytes_max, compiling)?;
        let runtime = Builder::new_current_thread().enable_all().build()?;
        Ok(Self {
            interpreter,
            component,
            memory_bytes_max,
            runtime,
        })
    }

    /// The component of this bot, which finds these variables in its environment, whose files these are, and which
    /// begins with `entry`; or which files it wants besides. `slow` is called once where that takes long: mostly,
    /// what the author's code does when it is imported.
    ///
    /// # Errors
    /// What is wrong with the files.
    pub fn pack(
        &self,
        (bot, variables): (&BotName, &[(String, String)]),
        entry: &str,
        files: Vec<PackFile>,
        slow: &dyn Fn(),
    ) -> Result<Packed, PackError> {
        let pools = std::array::from_fn(|_| MemoryPool::new(self.memory_bytes_max));
        let allowance = Allowance {
            cpu: CpuBudget {
                burst: CPU_MAX,
                refill_per_second: Duration::ZERO,
            },
            memory_bytes_max: self.memory_bytes_max,
            pools: pools.clone(),
            holders: Arc::default(),
            compute: None,
            clock: Duration::from_nanos(1),
        };
        let call = (call(bot, variables), Booking::new(pools));
        let packed = self.runtime.block_on(async {
            let entry = entry.to_owned();
            let mut packing = pin!(self.component.pack(&allowance, call, entry, files));
            if let Ok(packed) = timeout(SLOW, packing.as_mut()).await {
                return packed;
            }
            slow();
            packing.await
        });
        let bundle = match packed?.map_err(PackError::Refused)? {
            sandbox::Packed::Bundle(bundle) => bundle,
            sandbox::Packed::Wants(paths) => return Ok(Packed::Wants(paths)),
        };
        if bundle.len() > sandbox::BUNDLE_BYTES_MAX {
            return Err(PackError::TooLarge(bundle.len()));
        }
        Ok(Packed::Component(sandbox::packed(
            &self.interpreter,
            &bundle,
        )))
    }
}

/// A call that reaches nothing.
fn call(bot: &BotName, variables: &[(String, String)]) -> Call {
    let reference = Reference::unique();
    let egress = Egress::new(Vec::new());
    let secrets = Arc::new(Secrets::new(&[], &[]));
    let origin = Origin {
        tenant: TenantName::local(),
        bot: bot.clone(),
        reference,
        mask: Mask::default(),
    };
    Call {
        reply: None,
        poe: None,
        buckets: None,
        received: Received::new("{}".to_owned(), std::iter::empty(), reference),
        log: BotLog::new(origin, LOG_BYTES_MAX, LOG_BYTES_MAX),
        http: Arc::new(Access {
            client: egress.client(&egress.part()),
            hosts: Vec::new(),
            secrets,
            requests_max: 0,
            body_bytes_max: 0,
        }),
        circumstances: RunContext::default(),
        config: variables.into(),
    }
}
