//! What is wrong with some of an author's bots, and `up` serves the others: what is refused is told, and
//! mounted once it is mended.

use std::fs;

use serde_json::json;

use crate::harness::{Folder, Server, component};

const HEAD: &str = "manifest_version = 1\n";
const KEYLESS: &str = "[bot.keyless]\nsource = \"../well.wasm\"\npoe = { access_key = { env = \"NOBODY_SETS_THIS\" } }\n";
const GONE: &str = "[bot.gone]\nsource = \"gone.bin.wasm\"\nlimits = { memory = \"96MiB\" }\n";
const UNBUILT: &str = "[bot.unbuilt]\nsource = \"made.wasm\"\nbuild = { command = \"sh make.sh\", watch = [\"make.sh\"] }\nlimits = { memory = \"128MiB\" }\n";

fn put(folder: &Folder, file: &str, content: impl AsRef<[u8]>) {
    let path = |name: &str| folder.path().join(name);
    fs::create_dir_all(path(file).parent().unwrap()).unwrap();
    fs::write(path(".unfinished"), content).unwrap();
    fs::rename(path(".unfinished"), path(file)).unwrap();
}

/// A directory of bots with one that is well.
fn folder() -> Folder {
    let folder = Folder::empty();
    put(&folder, "well.wasm", component("echo"));
    put(&folder, "damaged.wasm", &component("echo")[..10_000]);
    put(&folder, "keyless/ravenry.toml", format!("{HEAD}{KEYLESS}"));
    put(&folder, "gone/ravenry.toml", format!("{HEAD}{GONE}"));
    put(&folder, "torn/ravenry.toml", format!("{HEAD}[bot.torn\n"));
    put(&folder, "unbuilt/ravenry.toml", format!("{HEAD}{UNBUILT}"));
    put(&folder, "unbuilt/make.sh", "exit 7\n");
    folder
}

/// What is said of each of them, in an error.
const WRONG: [(&str, &str); 5] = [
    ("damaged", "bot `damaged` cannot be mounted"),
    ("keyless", "bot `keyless` cannot have its access key"),
    ("gone", "gone.bin.wasm` cannot be read"),
    ("torn", "torn/ravenry.toml` is not valid TOML"),
    ("unbuilt", "bot `unbuilt` cannot be built"),
];

/// How often an error says so.
fn told(server: &Server, text: &str) -> usize {
    let log = server.log();
    let is_error = |line: &&String| line.contains("ERROR") && line.contains(text);
    log.iter().filter(is_error).count()
}

fn refused(server: &Server) -> serde_json::Value {
    let ready = server.get("/readyz");
    assert_eq!(ready.status, 200);
    ready.json()["refused"].clone()
}

#[test]
fn a_bot_that_is_wrong_stops_no_other_until_it_is_mended() {
    let server = folder().up_all();
    server.wait_ready();
    assert_eq!(server.ask("well", "hi").said(), "hi");
    assert_eq!(refused(&server), json!(5));
    let output = server.output();
    for (name, error) in WRONG {
        assert_eq!(server.ask(name, "hi").status, 404, "{name}");
        assert_eq!(told(&server, error), 1, "{error}: {:?}", server.log());
        let row = |line: &str| line.contains(name) && line.contains(" refused");
        assert!(output.lines().any(row), "{name}: {output}");
    }
    let keyless = server.wait_log(|record| record["message"].to_string().contains("`keyless`"));
    let said = keyless.to_string();
    assert!(
        keyless["hint"].is_string() && said.contains("NOBODY_SETS_THIS"),
        "{said}"
    );

    let declared =
        |name: &str| format!("{HEAD}[bot.{name}]\nsource = \"../well.wasm\"\n").into_bytes();
    let mended = [
        ("damaged.wasm", component("echo")),
        ("gone/gone.bin.wasm", component("echo")),
        ("unbuilt/make.sh", b"cp ../well.wasm made.wasm\n".to_vec()),
        ("torn/ravenry.toml", declared("torn")),
        ("keyless/ravenry.toml", declared("keyless")),
    ];
    for (left, (file, content)) in (0..mended.len()).rev().zip(mended) {
        let name = file.split(['/', '.']).next().unwrap();
        put(&server.folder, file, content);
        server.wait_text(&format!("Added `{name}`"));
        assert_eq!(server.ask(name, "hi").said(), "hi");
        let expected = if left > 0 { json!(left) } else { json!(null) };
        assert_eq!(refused(&server), expected, "with {name}");
    }
    for (_, error) in WRONG {
        assert_eq!(told(&server, error), 1, "it is told once: {error}");
    }
}

/// One that runs goes on as it was when its declaration is wrong, and changes of the others are taken over.
#[test]
fn a_bot_that_becomes_wrong_holds_no_change_up() {
    let folder = Folder::empty();
    put(&folder, "one.wasm", component("echo"));
    put(&folder, "two/two.bin.wasm", component("echo"));
    let two = |more: &str| format!("{HEAD}[bot.two]\nsource = \"two.bin.wasm\"\n{more}");
    put(&folder, "two/ravenry.toml", two(""));
    let server = folder.up_all();
    let declare = |more: &str| put(&server.folder, "two/ravenry.toml", two(more));
    declare("rout = \"/x\"\n");
    server.wait_text("unknown key `rout`");
    server.wait_text("What ran before goes on");
    put(&server.folder, "one.wasm", component("says-nothing"));
    server.wait_text("Reloaded `one`");
    assert_eq!(server.ask("two", "as before").said(), "as before");
    let ready = json!({ "status": "ready", "former": 1 });
    assert_eq!(server.get("/readyz").json(), ready);
    assert_eq!(told(&server, "unknown key `rout`"), 1);

    // A mistake that is saved again is told again.
    declare("rout = \"/y\"\n");
    server.wait_times("unknown key `rout`", 2);
    declare("route = \"/y\"\n");
    server.wait_text("New settings of `two`");
    assert_eq!(server.ask("y", "moved").said(), "moved");
}

/// Where none is left there is nothing to serve, whatever it is that is wrong.
#[test]
fn without_any_bot_nothing_is_served() {
    let all_but = |one: &str| {
        let folder = folder();
        fs::remove_file(folder.path().join("well.wasm")).unwrap();
        fs::remove_dir_all(folder.path().join(one)).unwrap();
        let output = folder.command(&["up", "."]).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        (output.status.code(), said)
    };
    let (code, said) = all_but("unbuilt");
    assert_eq!(code, Some(2), "{said}");
    for (_, error) in &WRONG[..4] {
        assert_eq!(said.matches(error).count(), 1, "{error}: {said}");
    }
    let (code, said) = all_but("torn");
    assert_eq!(code, Some(1), "{said}");
    assert_eq!(said.matches(WRONG[4].1).count(), 1, "{said}");
}

/// Whoever builds wants all of it.
#[test]
fn a_build_is_of_all_or_none() {
    let output = folder().output(&["build", "."]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    for (bot, error) in &WRONG[..4] {
        // A key is nothing that is built.
        assert_eq!(said.contains(error), *bot != "keyless", "{error}: {said}");
    }
    assert!(output.stdout.is_empty());
}

/// Keys and secrets are for whoever serves: a build reads none, and misses none.
#[test]
fn a_build_needs_no_secrets() {
    let folder = Folder::empty();
    put(&folder, "well.wasm", component("echo"));
    let secret = "allowed_outbound_hosts = [\"https://a.example\"]\n\
        [bot.keyless.secrets]\nAPI = { file = \"nowhere\", host = \"https://a.example\" }\n";
    let manifest = format!("{HEAD}{KEYLESS}{secret}");
    put(&folder, "keyless/ravenry.toml", manifest);
    let output = folder.output(&["build", "keyless"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    let built = String::from_utf8(output.stdout).unwrap();
    assert_eq!(built, "keyless/../well.wasm\n");
}
