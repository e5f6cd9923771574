//! An engine with everything around it, and what it offers to components.

use wasmtime::component::Linker;

use super::{
    cache::{Cache, CacheRoom},
    engine::{self, EngineKind, Size},
    environment, inspect,
    instance::StoreData,
    keyvalue, request_bounds, since_0_1,
    ticker::Ticker,
};

/// One engine, what it offers to guests, and where its compiled code is kept.
pub(super) struct Runtime {
    pub(super) engine: wasmtime::Engine,
    pub(super) linker: Linker<StoreData>,
    pub(super) cache: Cache,
}

impl Runtime {
    pub(super) fn new(
        kind: EngineKind,
        size: Size,
        room: CacheRoom,
        ticker: &Ticker,
    ) -> wasmtime::Result<Self> {
        let engine = wasmtime::Engine::new(&engine::config(kind, size))?;
        ticker.add(&engine);
        let cache = Cache::of(&engine, room);
        let linker = linker(kind, &engine)?;
        Ok(Self {
            engine,
            linker,
            cache,
        })
    }
}

/// What an engine of this kind offers.
fn linker(kind: EngineKind, engine: &wasmtime::Engine) -> wasmtime::Result<Linker<StoreData>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
    if kind == EngineKind::Async {
        wasmtime_wasi::p3::add_to_linker(&mut linker)?;
        wasmtime_wasi_http::p3::add_to_linker(&mut linker)?;
    }
    environment::add_to_linker(&mut linker, kind == EngineKind::Async)?;
    request_bounds::add_to_linker(&mut linker, kind == EngineKind::Async)?;
    since_0_1::add_to_linker(&mut linker)?;
    keyvalue::add_to_linker(&mut linker)?;
    Ok(linker)
}

/// Whether an interface of this name, with its version, is offered to components.
///
/// WASI interfaces match within 0.2: wasmtime serves every 0.2.x with the newest it knows. Those of
/// 0.3 are there for components with tasks, and only such import them.
pub fn offered(name: &str) -> bool {
    const WASI: [&str; 8] = [
        "wasi:cli/",
        "wasi:clocks/",
        "wasi:filesystem/",
        "wasi:http/outgoing-handler@",
        "wasi:http/types@",
        "wasi:io/",
        "wasi:random/",
        "wasi:sockets/",
    ];
    /// Drafts match to the letter.
    const KEYVALUE: [&str; 6] = [
        "wasi:keyvalue/store@0.2.0-draft2",
        "wasi:keyvalue/atomics@0.2.0-draft2",
        "wasi:keyvalue/batch@0.2.0-draft2",
        "wasi:keyvalue/store@0.2.0-draft",
        "wasi:keyvalue/atomics@0.2.0-draft",
        "wasi:keyvalue/batch@0.2.0-draft",
    ];
    const OURS: [&str; 6] = [
        "ravenry:bot/bundle@0.1.0",
        "ravenry:bot/knowledge@0.1.0",
        "ravenry:bot/types@0.1.0",
        "ravenry:bot/request@0.1.0",
        "ravenry:bot/reply@0.1.0",
        "ravenry:bot/poe@0.1.0",
    ];
    const WASI_0_3: [&str; 7] = [
        "wasi:cli/",
        "wasi:clocks/",
        "wasi:filesystem/",
        "wasi:http/client@",
        "wasi:http/types@",
        "wasi:random/",
        "wasi:sockets/",
    ];
    let of = |known: &[&str]| known.iter().any(|known| name.starts_with(known));
    let wasi_0_2 = name
        .rsplit_once('@')
        .is_some_and(|(_, version)| version.starts_with("0.2."));
    let named = OURS.contains(&name) || KEYVALUE.contains(&name);
    named || (wasi_0_2 && of(&WASI)) || (inspect::is_wasi_0_3(name) && of(&WASI_0_3))
}
