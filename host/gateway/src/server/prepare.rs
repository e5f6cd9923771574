//! The half of the composition root that serves nothing: the sandbox, and what bots share.

use std::{error::Error as _, io::ErrorKind, path::Path, sync::Arc};

use tokio::runtime::Handle;

use super::{Directories, problem, resources::Machine};
use crate::{
    bots::{
        background::Background,
        concurrency::Limit,
        deployment::{self, Change, Deployment, Progress},
        mount::Shared,
        shared_state::SharedState,
    },
    charges::Journal,
    compute::Compute,
    embedding::Embedder,
    imports::collections::Collections,
    sandbox::{Capacity, EngineKind, Sandbox, SandboxError, Size},
    store::{self, SharedStore},
};
use ravenry_base::{
    directory::{self, DirectoryError, Writers},
    memory::MemoryPool,
    report::{Problem, Problems},
};
use ravenry_config::resolve::ServerSpec;
use ravenry_outbound::{Egress, poe::Addresses};
use ravenry_store::{Database, OpenError, Settings};

/// Where bots keep things, and where they compute.
pub(super) struct Place<'a> {
    /// Compiled code.
    pub(super) cache_dir: &'a Path,
    /// Charges.
    pub(super) journal: &'a Journal,
    /// What bots keep.
    pub(super) store: SharedStore,
    /// Whether the documents that bots know are put there.
    pub(super) fills: bool,
    /// The compute threads, if there are any.
    pub(super) compute: Option<Compute>,
}

/// Sets up the sandbox and what bots share.
pub(super) fn prepare(
    spec: &ServerSpec,
    machine: Machine,
    place: Place<'_>,
    news: deployment::BotEvent,
) -> Result<(Arc<Deployment>, Capacity), Problems> {
    let (sandbox, size, capacity) = prepare_sandbox(spec, &machine, place.cache_dir)?;
    let addresses = Addresses {
        api: spec.poe.api.clone(),
        upload: spec.poe.upload.clone(),
        files: spec.poe.files.clone(),
    };
    let egress = Egress::within(
        machine.descriptors.outbound,
        spec.private_hosts.clone(),
        spec.name_servers.clone(),
    );
    let embeddings = spec.embeddings.as_ref().filter(|_| place.fills);
    let embedder = embeddings.map(|embeddings| Embedder::new(embeddings, &egress));
    let shared = Shared {
        sandbox: Arc::new(sandbox),
        memory_bytes_max: size.memory_bytes_max,
        process: Limit::new(capacity.instances, capacity.instances),
        memory: MemoryPool::new(machine.memory_bytes / 2),
        scarcity: Arc::default(),
        shared_state: SharedState::new(egress.clone(), addresses),
        journal: place.journal.clone(),
        store: place.store,
        collections: Arc::new(Collections::new(embedder)),
        egress,
        guest_clock: spec.guest_clock,
        compute: place.compute,
        runtime: Handle::current(),
    };
    let background = Background::here(place.fills);
    let deployment = Deployment::new(shared, background, news);
    Ok((deployment, capacity))
}

fn prepare_sandbox(
    spec: &ServerSpec,
    machine: &Machine,
    cache_dir: &Path,
) -> Result<(Sandbox, Size, Capacity), Problems> {
    let capacity = Capacity::of(
        machine.mappings,
        machine.descriptors.readers,
        machine.memory_bytes / 2,
    );
    let largest = spec
        .tenants
        .iter()
        .flat_map(|tenant| &tenant.bots)
        .chain(&spec.aside)
        .map(|bot| bot.limits.memory)
        .max();
    let size = Size {
        instances: capacity.instances,
        mappings: capacity.mappings,
        memory_bytes_max: largest.unwrap_or(spec.ceilings.memory),
    };
    let off = EngineKind::switched_off(spec.engines);
    let files = machine.descriptors.code;
    let sandbox =
        Sandbox::new(size, (cache_dir, files), off).map_err(|error| unprepared(&error))?;
    Ok((sandbox, size, capacity))
}

/// Looks at all bots, away from the threads that serve, and mounts those that need no compiling.
///
/// # Errors
/// What is wrong with all of them, where none is left.
pub(super) async fn look(
    spec: ServerSpec,
    deployment: &Arc<Deployment>,
    progress: &Progress,
) -> Result<Change, Problems> {
    let (deployment, progress) = (Arc::clone(deployment), Arc::clone(progress));
    let begin = move || {
        let change = deployment.begin(&spec, &|_| false, &progress)?;
        if deployment.bots().is_empty() {
            return Problems(change.refused()).or(change);
        }
        Ok(change)
    };
    let looked = tokio::task::spawn_blocking(begin).await;
    looked.map_err(|error| problem("looking at the bots was cut short".to_owned(), &error, None))?
}

/// Where bots keep things: in the database that was named, or in a file.
pub(super) fn store_of(spec: &ServerSpec, state_dir: &Path) -> SharedStore {
    let database = match &spec.database {
        Some(url) => url.reveal(|url| Database::Postgres(url.to_owned())),
        None => Database::Sqlite(state_dir.join(store::FILE)),
    };
    SharedStore::new(database, Settings::default(), Handle::current())
}

/// Looks at the store, if there is one. A database that is away may come back.
///
/// # Errors
/// What is there cannot be used, now or later.
pub(super) async fn look_at_store(store: &SharedStore) -> Result<(), Problems> {
    let Err(error) = store.check().await else {
        return Ok(());
    };
    let hint = match &*error {
        OpenError::Unavailable(cause) => {
            tracing::warn!(error = %error, detail = cause.detail, "bots find no store until the database answers");
            return Ok(());
        }
        OpenError::Newer { .. } => "start a program that is as new as the one that wrote it",
        // What is missing or old is made.
        OpenError::Missing | OpenError::Older { .. } => "start it anew",
        OpenError::Damaged { .. } => {
            "nothing was changed; put a backup in its place (`ravenry store backup` makes them), or move it away to begin anew"
        }
        OpenError::Foreign { .. } => "choose another directory with --state-dir",
        OpenError::File { cause, .. } => match cause.kind() {
            ErrorKind::NotFound => {
                "is the disk that it leads to mounted? without the link, a new file is made"
            }
            ErrorKind::IsADirectory | ErrorKind::InvalidInput => {
                "move away what stands in place of the file, or choose another directory with --state-dir"
            }
            _ => "give this user the right to read and write it",
        },
        OpenError::Url { .. } => "a URL looks like postgres://user:password@host/database",
    };
    Err(problem(
        "what bots have kept cannot be used".to_owned(),
        &error,
        Some(hint),
    ))
}

/// Why there is no sandbox, and what to do.
fn unprepared(error: &SandboxError) -> Problems {
    let hint = match error {
        SandboxError::Cache(_) => "choose a directory of your own with --cache-dir",
        SandboxError::Engine(_) | SandboxError::Ticker(_) => {
            "address space is reserved for every reply that the machine carries: raise `ulimit -v`, or allow bots less with `--limit memory=16MiB`"
        }
    };
    problem(
        "the sandbox cannot be prepared".to_owned(),
        error,
        Some(hint),
    )
}

/// Makes the directories that are not there.
///
/// # Errors
/// Why one of them cannot be made, or is not to be trusted.
pub fn make_directories(Directories { state, cache }: &Directories) -> Result<(), Problems> {
    directory::make("state", state, Writers::Group)
        .map_err(|error| untrusted(&error, "--state-dir"))?;
    directory::make("cache", cache, Writers::OwnerOnly)
        .map_err(|error| untrusted(&error, "--cache-dir"))
}

/// Why a directory is not used, and what to do.
fn untrusted(error: &DirectoryError, flag: &str) -> Problems {
    let others = match error {
        DirectoryError::Writable(..) => "take them the right with `chmod go-w`, or ",
        _ => "",
    };
    let hint = format!(
        "{others}choose another one with {flag}: one that does not exist yet is made so that only you can read it"
    );
    Problem {
        message: error.to_string(),
        causes: error.source().iter().map(ToString::to_string).collect(),
        hint: Some(hint),
        ..Problem::default()
    }
    .into()
}
