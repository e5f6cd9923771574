//! The import `bundle`: reads what is packed behind the component's code.

use wasmtime::{StoreContextMut, component::Linker};

use crate::sandbox::instance::StoreData;

/// What is packed behind the code is the store's.
pub(super) fn add_to_linker(linker: &mut Linker<StoreData>) -> wasmtime::Result<()> {
    let mut bundle = linker.instance("ravenry:bot/bundle@0.1.0")?;
    bundle.func_wrap(
        "size",
        |store: StoreContextMut<'_, StoreData>, ()| -> wasmtime::Result<(u64,)> {
            Ok((store.data().bundle.len() as u64,))
        },
    )?;
    bundle.func_wrap(
        "read",
        |store: StoreContextMut<'_, StoreData>,
         (offset, length): (u64, u32)|
         -> wasmtime::Result<(Vec<u8>,)> {
            let bundle = &store.data().bundle;
            let start = usize::try_from(offset)
                .unwrap_or(usize::MAX)
                .min(bundle.len());
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            let end = start.saturating_add(length).min(bundle.len());
            Ok((bundle.get(start..end).unwrap_or_default().to_vec(),))
        },
    )
}
