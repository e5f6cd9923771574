//! Bounds of what the host keeps of a request that a bot puts together, where wasmtime has none.
//!
//! Headers have one. A path may have 64 KiB there, though, authority and method may be as long as a call can
//! bring, and a bot may hold hundreds of requests. So the functions that set them are wrapped:
//! what is too long is refused as what makes no sense is, and nothing of it is kept.

use wasmtime::{
    StoreContextMut,
    component::{Linker, Resource},
};
use wasmtime_wasi_http::WasiHttpView as _;

use super::instance::StoreData;

/// Longest authority, in bytes: a host name has 253, and there may be a user before it.
const AUTHORITY_BYTES_MAX: usize = 1024;

/// Longest method, in bytes. Those that are registered have 17 at most.
const METHOD_BYTES_MAX: usize = 64;

/// What a function that sets something gives back.
type SetResult = wasmtime::Result<(Result<(), ()>,)>;

const REFUSED: SetResult = Ok((Err(()),));

/// Wraps the functions of WASI 0.2, and those of 0.3 where `tasks` are offered.
pub(super) fn add_to_linker(linker: &mut Linker<StoreData>, tasks: bool) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
    wrap_0_2(linker)?;
    if tasks {
        wrap_0_3(linker)?;
    }
    linker.allow_shadowing(false);
    Ok(())
}

fn is_long(text: Option<&str>, bytes_max: usize) -> bool {
    text.is_some_and(|text| text.len() > bytes_max)
}

/// Writes the function that wraps one version's setters: they have the same shape, and types of their own.
macro_rules! wrap {
    ($name:ident, $interface:literal, $resource:literal, $($types:tt)+) => {
        fn $name(linker: &mut Linker<StoreData>) -> wasmtime::Result<()> {
            use wasmtime_wasi_http::$($types)+;
            type Text = (Resource<Request>, Option<String>);

            let mut types = linker.instance($interface)?;
            types.func_wrap(
                concat!("[method]", $resource, ".set-authority"),
                |mut store: StoreContextMut<'_, StoreData>, (request, authority): Text| -> SetResult {
                    if is_long(authority.as_deref(), AUTHORITY_BYTES_MAX) {
                        return REFUSED;
                    }
                    Ok((store.data_mut().http().set_authority(request, authority)?,))
                },
            )?;
            types.func_wrap(
                concat!("[method]", $resource, ".set-path-with-query"),
                |mut store: StoreContextMut<'_, StoreData>, (request, path): Text| -> SetResult {
                    // As long as all headers together may be.
                    let bytes_max = store.data_mut().fields_bytes_max();
                    if is_long(path.as_deref(), bytes_max) {
                        return REFUSED;
                    }
                    Ok((store.data_mut().http().set_path_with_query(request, path)?,))
                },
            )?;
            types.func_wrap(
                concat!("[method]", $resource, ".set-method"),
                |mut store: StoreContextMut<'_, StoreData>,
                 (request, method): (Resource<Request>, Method)|
                 -> SetResult {
                    if matches!(&method, Method::Other(name) if name.len() > METHOD_BYTES_MAX) {
                        return REFUSED;
                    }
                    Ok((store.data_mut().http().set_method(request, method)?,))
                },
            )
        }
    };
}

wrap!(
    wrap_0_2,
    "wasi:http/types@0.2.12",
    "outgoing-request",
    p2::{
        bindings::http::types::{HostOutgoingRequest as _, Method},
        types::HostOutgoingRequest as Request,
    }
);
wrap!(
    wrap_0_3,
    "wasi:http/types@0.3.0",
    "request",
    p3::bindings::http::types::{HostRequest as _, Method, Request}
);
