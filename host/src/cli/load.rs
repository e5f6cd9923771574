//! Reads the bots that a person names: a directory of them, a manifest, or a component.

use std::path::Path;

use super::{environment, failure::Failure};
use ravenry_config::{self as config, World, resolve::ServerSpec};
use ravenry_gateway::bots::mount;

/// What files are read with: the variables of this process, and what this gateway can mount.
pub(super) const WORLD: World<'static> = World {
    variable: &environment::variable,
    unfit: &mount::unfit,
    stand_in: None,
};

/// The same for verbs that use no key and no secret: none is read, and none is missing.
pub(super) const WITHOUT_SECRETS: World<'static> = World {
    stand_in: Some("no-secret-but-a-stand-in"),
    ..WORLD
};

/// Reads all bots, or none.
///
/// # Errors
/// All mistakes of its files, at once.
pub(super) fn strict(source: &Path, world: World<'_>) -> Result<ServerSpec, Failure> {
    let loaded = config::load_path(source, &[], world).and_then(ServerSpec::whole);
    loaded.map_err(Failure::Usage)
}

/// Reads the bots that are right; the others are in [`ServerSpec::refused`]. `manifest` is what a file in Python says of
/// itself, if it says so.
///
/// # Errors
/// Mistakes that leave no bot at all.
pub(super) fn lenient(
    source: &Path,
    manifest: Option<&str>,
    limits: &[(String, String)],
) -> Result<ServerSpec, Failure> {
    let loaded = match manifest {
        Some(text) => {
            // Errors name lines of it, and it is nowhere else to be seen.
            let name = source.file_name().unwrap_or_default().to_string_lossy();
            let path = source.with_file_name(format!("ravenry.toml made of {name}"));
            config::load_written(&path, text, limits, WORLD)
        }
        None => config::load_path(source, limits, WORLD),
    };
    loaded.map_err(Failure::Usage)
}
