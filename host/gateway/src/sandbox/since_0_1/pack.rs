//! The export `packer` of a component that is an interpreter.

use wasmtime::{
    Store,
    component::{ComponentType, Lift, Lower},
};

use super::BotPre;
use crate::sandbox::instance::StoreData;

/// The interface, as components name it.
const PACKER: &str = "ravenry:bot/packer@0.1.0";

/// A file of a bot.
#[derive(Clone, Debug, ComponentType, Lower)]
#[component(record)]
pub struct PackFile {
    /// Its path, relative to the bot's directory.
    pub path: String,
    /// Its bytes; `None` where it was wanted and is not there, or is a directory.
    pub bytes: Option<Vec<u8>>,
}

/// What comes of packing.
#[derive(Clone, Debug, ComponentType, Lift)]
#[component(variant)]
pub enum Packed {
    /// The bundle.
    #[component(name = "bundle")]
    Bundle(Vec<u8>),
    /// Paths of more files that are wanted.
    #[component(name = "wants")]
    Wants(Vec<String>),
}

/// What `pack` takes, and what it gives back.
type Pack<'a> = (&'a str, &'a [PackFile]);
type PackResult = (Result<Packed, String>,);

/// Calls `pack` in a fresh instance.
pub(crate) async fn pack(
    pre: &BotPre,
    mut store: Store<StoreData>,
    entry: &str,
    files: &[PackFile],
) -> wasmtime::Result<Result<Packed, String>> {
    let component = pre.all.instance_pre().component();
    let index = component
        .get_export_index(None, PACKER)
        .and_then(|packer| component.get_export_index(Some(&packer), "pack"))
        .ok_or_else(|| wasmtime::Error::msg("it is no interpreter: it exports no `pack`"))?;
    let instance = pre.all.instance_pre().instantiate_async(&mut store).await?;
    let pack = instance.get_typed_func::<Pack<'_>, PackResult>(&mut store, &index)?;
    let (packed,) = pack.call_async(&mut store, (entry, files)).await?;
    Ok(packed)
}
