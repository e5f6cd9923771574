//! What is packed behind a component's code: each bot finds its own, and the code is compiled once for all of them.

use ravenry_gateway::sandbox::{BUNDLE_BYTES_MAX, packed};

use crate::harness::{Folder, Server, component};

/// A server with bots of the same code: `one`, `two`, and `bare`, which has nothing packed.
fn packed_bots(cache: &std::path::Path) -> Server {
    let code = component("bundled");
    let bots = ["one", "two", "bare"];
    let bots = bots.map(|bot| format!("[bot.{bot}]\nsource = \"./{bot}.wasm\"\n"));
    Folder::empty()
        .file("one.wasm", packed(&code, b"the first"))
        .file("two.wasm", packed(&code, "häppchen".as_bytes()))
        .file("bare.wasm", &code)
        .manifest("ravenry.toml", &bots.concat())
        .cache_dir(cache)
        .up()
}

#[test]
fn each_bot_reads_its_own_bundle_and_the_code_is_compiled_once() {
    let cache = tempfile::tempdir().unwrap();
    let server = packed_bots(cache.path());
    server.wait_ready();
    for (bot, asked, said) in [
        ("one", "", "9 of 9: the first"),
        ("two", "", "9 of 9: häppchen"),
        ("bare", "", "0 of 0: "),
        ("one", "4 5", "5 of 9: first"),
        ("one", "4 500", "5 of 9: first"),
        ("one", "9 1", "0 of 9: "),
        ("one", "18446744073709551615 4294967295", "0 of 9: "),
        ("bare", "0 10", "0 of 0: "),
    ] {
        assert_eq!(server.ask(bot, asked).said(), said, "{bot} {asked}");
    }
    let compiled = std::fs::read_dir(cache.path()).unwrap().flatten();
    let compiled = compiled.filter(|file| file.path().extension().is_some_and(|it| it == "cwasm"));
    assert_eq!(compiled.count(), 1);
}

/// The whole of a bundle is in memory: it has a bound.
#[test]
fn what_is_too_large_is_refused_by_its_size() {
    let code = component("bundled");
    let refused = Folder::empty()
        .file("fits.wasm", packed(&code, &vec![b'x'; BUNDLE_BYTES_MAX]))
        .file(
            "large.wasm",
            packed(&code, &vec![b'x'; BUNDLE_BYTES_MAX + 1]),
        )
        .manifest(
            "ravenry.toml",
            "[bot.fits]\nsource = \"./fits.wasm\"\n[bot.large]\nsource = \"./large.wasm\"\n",
        );
    let server = refused.up();
    server.wait_text("15000001 bytes packed behind its code; a component may have 15000000");
    server.wait_ready();
    assert_eq!(server.ask("fits", "14999999 10").said(), "1 of 15000000: x");
}
