//! The files that people write, read into what they mean.
//!
//! In go paths, the values of the `--limit` flags, and a function that looks up environment
//! variables; out comes a [`ServerSpec`] without a missing or invalid setting in it. What is wrong with bots
//! is said in it, at once and each with its place, and leaves the others in it. No error holds a secret.
//!
//! Two steps: `manifest` and `operator` hold what was typed, [`resolve`] what it means. Never done
//! here: building, reading a component, asking the environment: what the world says, the caller hands
//! in as a [`World`]. Knows what every part stands on, and none of the other crates.

mod access_keys;
pub mod database;
mod discover;
pub mod documents;
pub mod embeddings;
pub mod engines;
mod fence;
pub mod ids;
pub mod limits;
mod limits_table;
mod loader;
mod manifest;
mod operator;
mod outbound;
pub mod platform;
pub mod refused;
pub mod resolve;
mod rules;
pub mod scripts;
mod secret_source;
pub mod source_file;
pub mod store;
mod tenant;
pub mod toml_table;
mod units;

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use self::{
    engines::Engines,
    limits::BYTES_MAX,
    loader::{Frame, Loader},
    platform::PoeUrls,
    resolve::{DRAIN, GUEST_CLOCK, GUEST_CLOCK_EXACT, ServerSpec, TENANT_WEIGHT, TenantSpec},
    rules::Rules,
    secret_source::Vault,
    tenant::Totals,
};
use crate::ids::TenantName;
pub use discover::{MANIFEST, is_python, unlisted};
use ravenry_base::report::{Problem, Problems};
pub use secret_source::SECRETS_DIR;

/// Looks up an environment variable.
type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What a load asks of the world outside the files.
#[derive(Clone, Copy)]
pub struct World<'a> {
    /// Looks up an environment variable.
    pub variable: Env<'a>,
    /// Says why a component file cannot be mounted, if it cannot.
    pub unfit: &'a dyn Fn(&Path) -> Option<Unfit>,
    /// What every key and secret is, where the real ones are not to be read.
    pub stand_in: Option<&'a str>,
}

/// Why a component file cannot be mounted.
#[derive(Clone, Debug)]
pub struct Unfit {
    /// What is wrong with it.
    pub cause: String,
    /// What to do.
    pub hint: Option<String>,
}

/// Loads what a path names: a directory, a `.wasm` file, a file in Python, or else a manifest.
///
/// `flags` are names and values of limits for all bots. They take the place of the defaults, and
/// a manifest may only go below them.
///
/// # Errors
/// What is wrong with the flags. What is wrong with bots alone is in [`ServerSpec::refused`], as with
/// [`load_operator`]; [`ServerSpec::whole`] makes an error of it.
pub fn load_path(
    path: &Path,
    flags: &[(String, String)],
    world: World<'_>,
) -> Result<ServerSpec, Problems> {
    if path.is_dir() {
        load_directory(path, flags, world)
    } else if discover::is_wasm(path) || is_python(path) {
        load_component(path, flags, world)
    } else {
        load_manifest(path, flags, world)
    }
}

/// Loads an author's manifest: all its bots belong to one tenant `local`.
pub fn load_manifest(
    path: &Path,
    flags: &[(String, String)],
    world: World<'_>,
) -> Result<ServerSpec, Problems> {
    local(flags, world, |loader| loader.manifest(path, None))
}

/// Loads the text of an author's manifest that is in no file: as if it were at this path, which errors name.
pub fn load_written(
    path: &Path,
    text: &str,
    flags: &[(String, String)],
    world: World<'_>,
) -> Result<ServerSpec, Problems> {
    local(flags, world, |loader| loader.written(path, text))
}

/// Loads the bots of a directory, with or without a manifest: all belong to one tenant `local`.
pub fn load_directory(
    dir: &Path,
    flags: &[(String, String)],
    world: World<'_>,
) -> Result<ServerSpec, Problems> {
    local(flags, world, |loader| loader.directory(dir))
}

/// Loads one `.wasm` file, or one in Python, as a bot with the name of the file.
pub fn load_component(
    path: &Path,
    flags: &[(String, String)],
    world: World<'_>,
) -> Result<ServerSpec, Problems> {
    local(flags, world, |loader| loader.component(path))
}

/// Loads an operator's file with the manifests of all its tenants.
///
/// # Errors
/// What is wrong with the operator's file; then all of it is said, with what is wrong with tenants. That
/// alone is no error: it is in [`ServerSpec::refused`], and everybody else is served.
pub fn load_operator(
    path: &Path,
    flags: &[(String, String)],
    world: World<'_>,
) -> Result<ServerSpec, Problems> {
    load_operated(path, None, flags, world)
}

/// Loads an operator's file with the manifests of one tenant. Nothing of the others is read.
pub fn load_tenant(
    path: &Path,
    only: &TenantName,
    flags: &[(String, String)],
    world: World<'_>,
) -> Result<ServerSpec, Problems> {
    load_operated(path, Some(only), flags, world)
}

fn load_operated(
    path: &Path,
    only: Option<&TenantName>,
    flags: &[(String, String)],
    world: World<'_>,
) -> Result<ServerSpec, Problems> {
    let (mut operator, mut problems) = operator::load(path);
    if let Some(only) = only {
        problems.extend(operator::retain(&mut operator.tenants, only, path));
    }
    let (rules, wrong) = Rules::of_operator(&operator.limits, &operator.store).with_flags(flags);
    problems.extend(wrong);
    let ceilings = rules.ceilings().clone();
    let dir = path.parent().unwrap_or(Path::new("")).to_owned();
    let secrets = operator.secrets_dir.map(|path| dir.join(path));
    let secrets = secrets_dir(world).or(secrets);
    let (database, embeddings) = (operator.database, operator.embeddings);
    let of_database = database.as_ref();
    let of_database = of_database.and_then(|it| it.file(&dir, secrets.as_deref()));
    let of_embeddings = embeddings.as_ref();
    let of_embeddings = of_embeddings.and_then(|it| it.file(&dir, secrets.as_deref()));
    let database = database.map(|it| it.resolve(&dir, secrets.clone(), world));
    let database = database.and_then(|it| it.map_err(|problem| problems.push(problem)).ok());
    let embeddings = embeddings.map(|it| it.resolve(&dir, secrets.clone(), world));
    let embeddings = embeddings.and_then(|it| it.map_err(|problem| problems.push(problem)).ok());
    let vault = Vault::Operator(secrets);
    let mut read = tenant::directories(&operator.tenants, &dir);
    read.extend(vault.read_by(only));
    read.extend(of_database.into_iter().chain(of_embeddings));
    let mut loader = Loader::new(rules, vault, operator.allowed, world);
    let tenants = operator
        .tenants
        .into_iter()
        .map(|tenant| loader.tenant(tenant, &dir))
        .collect();
    let Loader { refused, aside, .. } = loader;
    if !problems.is_empty() {
        problems.extend(refused.into_iter().map(|refused| refused.problem));
        return Err(Problems(in_order(problems, |problem| problem)));
    }
    let poe = PoeUrls::default();
    Ok(ServerSpec {
        listen: operator.listen,
        metrics_listen: operator.metrics_listen,
        state_dir: operator.state_dir.map(|path| dir.join(path)),
        database,
        embeddings,
        cache_dir: operator.cache_dir.map(|path| dir.join(path)),
        connections: operator.connections,
        drain: operator.drain.unwrap_or(DRAIN),
        guest_clock: operator.guest_clock.unwrap_or(GUEST_CLOCK),
        engines: operator.engines.unwrap_or(Engines::ALL),
        ceilings,
        poe: PoeUrls {
            api: operator.poe_api.unwrap_or(poe.api),
            upload: operator.poe_upload.unwrap_or(poe.upload),
            files: poe.files,
        },
        private_hosts: operator.private_hosts,
        name_servers: Vec::new(),
        read,
        tenants,
        refused: in_order(refused, |refused| &refused.problem),
        aside,
    })
}

/// One tenant, one author, no operator.
fn local(
    flags: &[(String, String)],
    world: World<'_>,
    load: impl FnOnce(&mut Loader<'_>),
) -> Result<ServerSpec, Problems> {
    let (rules, mut problems) = Rules::of_author().with_flags(flags);
    let defaults = rules.defaults().clone();
    let vault = Vault::Author(secrets_dir(world));
    let mut loader = Loader::new(rules, vault, None, world);
    load(&mut loader);
    let mut tenant = loader.finish(Frame {
        name: TenantName::local(),
        hosts: Vec::new(),
        prefix: None,
        totals: Totals {
            memory: BYTES_MAX,
            ..Totals::default()
        },
        weight: TENANT_WEIGHT,
        allowed: None,
    });
    let Loader { refused, aside, .. } = loader;
    if !problems.is_empty() {
        problems.extend(refused.into_iter().map(|refused| refused.problem));
        return Err(Problems(in_order(problems, |problem| problem)));
    }
    widen(&mut tenant);
    Ok(ServerSpec {
        listen: None,
        metrics_listen: None,
        state_dir: None,
        database: None,
        embeddings: None,
        cache_dir: None,
        connections: None,
        drain: DRAIN,
        guest_clock: GUEST_CLOCK_EXACT,
        engines: Engines::ALL,
        ceilings: tenant
            .bots
            .iter()
            .fold(defaults, |highest, bot| highest.at_least(&bot.limits)),
        poe: PoeUrls::default(),
        private_hosts: Vec::new(),
        name_servers: Vec::new(),
        read: Vec::new(),
        tenants: vec![tenant],
        refused: in_order(refused, |refused| &refused.problem),
        aside,
    })
}

/// No totals were set, so they must not narrow what a bot was given: what one bot has, the tenant has. What bots
/// keep stays when they are idle: of that, the tenant has what all of them have.
fn widen(tenant: &mut TenantSpec) {
    let least = Totals::default();
    tenant.running = least.running;
    tenant.queue = least.queue;
    tenant.memory = least.memory;
    let (mut store, mut store_keys) = (0_u64, 0_u32);
    for bot in &tenant.bots {
        tenant.running = tenant.running.max(bot.limits.running);
        tenant.queue = tenant.queue.max(bot.limits.queue);
        tenant.memory = tenant.memory.max(bot.limits.live_memory);
        store = store.saturating_add(bot.limits.store);
        store_keys = store_keys.saturating_add(bot.limits.store_keys);
    }
    tenant.store = least.store.max(store);
    tenant.store_keys = least.store_keys.max(store_keys);
}

/// The directory of secrets that the environment names.
fn secrets_dir(world: World<'_>) -> Option<PathBuf> {
    (world.variable)(SECRETS_DIR)
        .filter(|path| !path.is_empty())
        .map(PathBuf::from)
}

/// What has gone wrong by file, in the order in which the files were met, and by line within a file.
fn in_order<T>(wrong: Vec<T>, problem: impl Fn(&T) -> &Problem) -> Vec<T> {
    let mut files: HashMap<String, usize> = HashMap::new();
    let mut ranked: Vec<_> = wrong
        .into_iter()
        .map(|wrong| {
            let rank = problem(&wrong).place.as_ref().map_or((0, 0, 0), |place| {
                let next = files.len().saturating_add(1);
                (
                    *files.entry(place.file.clone()).or_insert(next),
                    place.line,
                    place.column,
                )
            });
            (rank, wrong)
        })
        .collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, wrong)| wrong).collect()
}

#[cfg(test)]
mod tests;
