//! The environment of a guest: the settings of its bot, of which all instances read one copy.
//!
//! WASI's own keeps a copy for each instance: 128 KiB of settings in 10,000 replies are more than a gigabyte.

use std::sync::Arc;

use wasmtime::{StoreContextMut, component::Linker};

use super::instance::StoreData;

type Variables = Arc<[(String, String)]>;

/// Takes the place of WASI's own in 0.2, and in 0.3 where `tasks` are offered.
pub(super) fn add_to_linker(linker: &mut Linker<StoreData>, tasks: bool) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
    let versions = ["0.2.12", "0.3.0"];
    for version in versions.into_iter().take(if tasks { 2 } else { 1 }) {
        let mut environment = linker.instance(&format!("wasi:cli/environment@{version}"))?;
        environment.func_wrap(
            "get-environment",
            |store: StoreContextMut<'_, StoreData>, ()| -> wasmtime::Result<(Variables,)> {
                Ok((Arc::clone(&store.data().call.config),))
            },
        )?;
    }
    linker.allow_shadowing(false);
    Ok(())
}
