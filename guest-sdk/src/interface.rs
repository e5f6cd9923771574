//! The interface of the gateway as generated code, and what a bot says and asks in its words.
//!
//! A generated type in a public signature would tie every bot to one version of the interface. So
//! the bindings live here, out of sight, and `convert` turns them into the plain structs of this crate.

mod convert;
#[cfg(test)]
mod tests;

pub(crate) use bindings::wasi::keyvalue;
pub(crate) use convert::object;

/// What `wit-bindgen` makes of the interface; `export!` names it.
#[doc(hidden)]
pub mod bindings {
    #![allow(
        unsafe_code,
        unreachable_pub,
        clippy::all,
        clippy::pedantic,
        clippy::allow_attributes_without_reason,
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        clippy::cast_sign_loss,
        clippy::indexing_slicing,
        clippy::unwrap_used,
        dead_code,
        reason = "generated code, whose unsafe parts are the calls across the component's border"
    )]

    // What can be waited for is the same type for this package and for WASI, so that one
    // executor waits for both. Natively there is nothing to wait for.
    #[cfg(not(target_family = "wasm"))]
    wit_bindgen::generate!({
        path: "../wit",
        world: "bot",
        pub_export_macro: true,
        export_macro_name: "export_symbols",
        default_bindings_module: "ravenry_sdk::__export::bindings",
        runtime_path: "wit_bindgen::rt",
        generate_all,
    });
    #[cfg(target_family = "wasm")]
    wit_bindgen::generate!({
        path: "../wit",
        world: "bot",
        pub_export_macro: true,
        export_macro_name: "export_symbols",
        default_bindings_module: "ravenry_sdk::__export::bindings",
        runtime_path: "wit_bindgen::rt",
        with: { "wasi:io/poll@0.2.0": wasip2::io::poll },
        generate_all,
    });
}
