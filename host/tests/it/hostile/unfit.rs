//! Files that cannot be mounted: one clear error each, and nothing is served.

use crate::harness::{Folder, component};

/// A component that starts with more memory than it may have is not mounted at all.
#[test]
fn too_much_memory_is_refused_before_the_start() {
    for (name, limit) in [
        ("huge-minimum-memory", "64MiB"),
        ("hundred-memories", "64MiB"),
        ("text-not-utf8", "1MiB"),
    ] {
        let manifest = format!(
            "[bot.hostile]\nsource = \"{name}.wasm\"\nlimits = {{ memory = \"{limit}\" }}\n"
        );
        let said = Folder::with_manifest(&manifest).refused(&["up", "ravenry.toml"]);
        assert!(said.contains("hostile") && said.contains("memor"), "{said}");
        assert!(said.contains("ravenry.toml:2"), "{said}");
    }
}

/// Files that are no bots are all named at once, each with its fault; nothing is served.
#[test]
fn files_that_are_no_bots_are_refused_all_at_once() {
    let whole = component("echo");
    let mut damaged = whole.clone();
    let middle = damaged.len() / 2;
    damaged[middle..middle + 64].fill(0xff);
    let other_world =
        r#"(component (import "wasi:nn/inference@0.2.0" (instance (export "load" (func)))))"#;
    let bots = ["empty", "text", "core", "truncated", "damaged", "other"];
    let manifest: String = bots
        .iter()
        .map(|bot| format!("[bot.{bot}]\nsource = \"./{bot}.bin.wasm\"\n"))
        .collect();
    let said = Folder::empty()
        .file("ravenry.toml", format!("manifest_version = 1\n{manifest}"))
        .file("empty.bin.wasm", b"")
        .file("text.bin.wasm", b"(component)")
        .file("core.bin.wasm", wat::parse_str("(module)").unwrap())
        .file("truncated.bin.wasm", &whole[..whole.len() / 3])
        .file("damaged.bin.wasm", damaged)
        .file("other.bin.wasm", wat::parse_str(other_world).unwrap())
        .refused(&["up", "ravenry.toml"]);
    for (index, bot) in bots.iter().enumerate() {
        assert!(
            said.contains(&format!("`{bot}`")),
            "{bot} is not named in\n{said}"
        );
        assert!(
            said.contains(&format!("ravenry.toml:{}:", 2 + 2 * index)),
            "the line of {bot} is not named in\n{said}"
        );
    }
    for words in [
        "empty",
        "text format",
        "core module",
        "truncated",
        "damaged",
    ] {
        assert!(said.contains(words), "{words} in\n{said}");
    }
}

/// What a bot needs and this gateway does not have is named.
#[test]
fn a_missing_import_is_named() {
    let frame = String::from_utf8(
        std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/guests/bot.wat")).unwrap(),
    )
    .unwrap();
    let core = std::fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/hostile/text-not-utf8.wat"
    ))
    .unwrap();
    let import = r#"(import "wasi:nn/inference@0.2.0" (instance (export "load" (func))))"#;
    let bot =
        frame
            .replace(";; CORE", &core)
            .replacen("(component", &format!("(component {import}"), 1);
    let said = Folder::empty()
        .file(
            "ravenry.toml",
            "manifest_version = 1\n[bot.model]\nsource = \"model.wasm\"\n",
        )
        .file("model.wasm", wat::parse_str(bot).unwrap())
        .refused(&["up", "ravenry.toml"]);
    assert!(
        said.contains("wasi:nn/inference@0.2.0") && said.contains("`model`"),
        "{said}"
    );
}

/// What is not there at all is named, with its line, wherever else something is wrong.
#[test]
fn a_missing_component_is_named_beside_other_faults() {
    let said = Folder::empty()
        .file(
            "ravenry.toml",
            "manifest_version = 1\n[bot.one]\nsource = \"one.wasm\"\n[bot.two]\nsource = \"two.wasm\"\n\
             [bot.three]\nsource = \"three.wasm\"\nlimits = { memmory = \"1MiB\" }\n",
        )
        .file("three.wasm", component("echo"))
        .refused(&["up", "ravenry.toml"]);
    for words in [
        "`one`",
        "`two`",
        "ravenry.toml:3:",
        "ravenry.toml:5:",
        "`memmory`",
        "ravenry.toml:8:",
    ] {
        assert!(said.contains(words), "{words} in\n{said}");
    }
}
