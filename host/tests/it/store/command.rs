//! `ravenry store`, as an operator types it while a gateway serves the same file.

use std::{
    io::Write as _,
    path::Path,
    process::{Command, Output, Stdio},
};

use serde_json::{Value, json};

use super::{ANN, BEN, KEEPER, keepers, ok, one, told};
use crate::harness::{Folder, Server};

/// What the command does with the store of this state directory, and these bytes as its standard input.
pub(super) fn with_input(state: &Path, arguments: &[&str], input: &[u8]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ravenry"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("RAVENRY_") {
            command.env_remove(name);
        }
    }
    command.arg("store").args(arguments);
    command.arg("--state-dir").arg(state);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    // It may end without reading.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

/// The same without input.
pub(super) fn run(state: &Path, arguments: &[&str]) -> Output {
    with_input(state, arguments, b"")
}

/// What it prints where all goes well.
#[track_caller]
pub(super) fn printed(state: &Path, arguments: &[&str]) -> String {
    let output = run(state, arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

/// What it complains of, with this exit code.
#[track_caller]
pub(super) fn complaint(state: &Path, arguments: &[&str], code: i32) -> String {
    let output = run(state, arguments);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
    assert!(output.stdout.is_empty(), "{arguments:?}");
    said
}

/// Lines of JSON.
pub(super) fn lines(text: &str) -> Vec<Value> {
    let lines = text.lines().map(serde_json::from_str);
    lines.collect::<Result<_, _>>().unwrap()
}

/// A gateway with two bots that keep something of two people.
pub(super) fn filled(state: &Path) -> Server {
    let other = "[bot.other]\nsource = \"keeper.wasm\"\nstore.user.ttl = \"90d\"\n";
    let server = keepers(&format!("{KEEPER}{other}")).state_dir(state).up();
    for (bot, person) in [("keeper", ANN), ("keeper", BEN), ("other", ANN)] {
        let steps = json!([
            ["set", "bot", "visits", "3"],
            ["set", "user", "name", person.0],
            ["set", "user", "colour", "blue"],
            ["set", "conversation", "topic", "tea"],
        ]);
        let done = told(&server, bot, person, &steps);
        assert!(done.iter().all(|one| *one == ok("set")), "{done:?}");
    }
    server
}

#[test]
fn bots_and_keys_are_listed_while_a_gateway_serves() {
    let state = tempfile::tempdir().unwrap();
    let _server = filled(state.path());
    let table = printed(state.path(), &["ls"]);
    let words: Vec<Vec<&str>> = table
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(words[0], ["bot", "keys", "size"]);
    assert_eq!(words[2][..2], ["keeper", "7"], "{table}");
    assert_eq!(words[3][..2], ["other", "4"], "{table}");
    let found = lines(&printed(state.path(), &["ls", "--json"]));
    assert_eq!(found[1]["tenant"], "local");
    assert_eq!(found[1]["bot"], "other");
    assert_eq!(found[1]["keys"], 4);
    assert!(found[1]["bytes"].as_u64() > Some(4 * 128), "{found:?}");

    let table = printed(state.path(), &["ls", "--bot", "keeper"]);
    assert!(
        table.contains("user u-ann") && table.contains("conversation c-2"),
        "{table}"
    );
    assert!(
        table.contains("visits") && table.contains("never"),
        "{table}"
    );
    // A person's, of all bots, from a beginning on; one of the bots says how long.
    let found = lines(&printed(
        state.path(),
        &["ls", "--user", "u-ann", "--json", "na"],
    ));
    let keys: Vec<_> = found
        .iter()
        .map(|line| (&line["bot"], &line["id"], &line["key"]))
        .collect();
    let (id, key) = (json!("u-ann"), json!("name"));
    assert_eq!(
        keys,
        [(&json!("keeper"), &id, &key), (&json!("other"), &id, &key)]
    );
    assert_eq!(found[0]["expires"], Value::Null);
    assert!(
        found[1]["expires"].as_str().unwrap().ends_with('Z'),
        "{found:?}"
    );
    let table = printed(state.path(), &["ls", "--conversation", "c-1"]);
    assert!(table.lines().next().unwrap().contains("bot"), "{table}");
    assert_eq!(table.matches("topic").count(), 2, "{table}");
    let none = run(state.path(), &["ls", "--bot", "keeper", "zzz"]);
    assert!(none.status.success() && none.stdout.is_empty());
}

#[test]
fn values_are_read_set_and_removed_beside_the_bot() {
    let state = tempfile::tempdir().unwrap();
    let server = filled(state.path());
    let state = state.path();
    assert_eq!(printed(state, &["get", "--bot", "keeper", "visits"]), "3");
    let of_ann = ["--bot", "keeper", "--user", "u-ann"];
    let with = |verb: &[&'static str], rest: &[&'static str]| {
        let all = verb.iter().chain(&of_ann).chain(rest).copied();
        all.collect::<Vec<_>>()
    };
    assert_eq!(printed(state, &with(&["get"], &["name"])), "u-ann");
    assert_eq!(printed(state, &with(&["set"], &["name", "-7"])), "");
    let get = json!(["get", "user", "name"]);
    assert_eq!(one(&server, "keeper", ANN, &get.clone()), ok("-7"));
    assert_eq!(one(&server, "keeper", BEN, &get), ok("u-ben"));

    let bytes: Vec<u8> = (0..=255).collect();
    let set = with_input(state, &with(&["set"], &["bytes", "-"]), &bytes);
    assert!(set.status.success());
    assert_eq!(run(state, &with(&["get"], &["bytes"])).stdout, bytes);

    let gone = printed(state, &with(&["rm"], &["bytes", "colour"]));
    assert_eq!(gone, "Removed 2 keys\n");
    let said = complaint(state, &with(&["get"], &["colour"]), 1);
    let expected = "error: bot `keeper` of tenant `local` keeps no key `colour` in the bucket of user `u-ann`\n";
    assert_eq!(said, expected);
    let half = run(state, &with(&["rm"], &["name", "colour"]));
    assert_eq!(half.status.code(), Some(1));
    assert_eq!(half.stdout, b"Removed 1 key\n");
    assert_eq!(half.stderr, expected.as_bytes());
}

#[test]
fn a_value_is_bounded_as_for_the_bot() {
    let limits = "limits = { store_value = \"1KiB\", store_keys = 2 }\n[bot.keeper.store]\nuser = { ttl = \"1h\" }\n";
    let operator = "[server]\nstate_dir = \"state\"\ncache_dir = \"cache\"\n\
        [tenant.acme]\nmanifests = [\"acme.toml\"]\npath_prefix = \"/acme\"\n\
        [tenant.globex]\nmanifests = [\"globex.toml\"]\npath_prefix = \"/globex\"\n";
    let folder = Folder::empty()
        .manifest("acme.toml", &format!("{KEEPER}{limits}"))
        .manifest("globex.toml", KEEPER)
        .file("operator.toml", operator);
    let server = folder.directories_of_files().serve();
    told(
        &server,
        "acme/keeper",
        ANN,
        &json!([["set", "bot", "k", "of acme"]]),
    );
    told(
        &server,
        "globex/keeper",
        ANN,
        &json!([["set", "bot", "k", "of globex"]]),
    );
    let root = server.folder.path();
    let store = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ravenry"));
        command.arg("store").args(arguments).current_dir(root);
        command
            .env("RAVENRY_CONFIG", "operator.toml")
            .env_remove("RAVENRY_STATE_DIR");
        command.env_remove("RAVENRY_DATABASE").stdin(Stdio::null());
        let output = command.output().unwrap();
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        (output.status.code(), said)
    };
    let acme = ["--bot", "keeper", "--tenant", "acme"];
    let (code, table) = store(&["ls"]);
    assert_eq!(code, Some(0), "{table}");
    assert!(
        table.contains("tenant") && table.contains("acme") && table.contains("globex"),
        "{table}"
    );
    assert_eq!(
        store(&[&["get"], &acme[..], &["k"]].concat()),
        (Some(0), "of acme".to_owned())
    );
    let (code, said) = store(&["get", "--bot", "keeper", "k"]);
    assert_eq!(code, Some(2));
    assert!(
        said.contains("name one with --tenant: `acme`, `globex`"),
        "{said}"
    );

    let (code, said) = store(&[&["set"], &acme[..], &["large", &"x".repeat(1025)]].concat());
    assert_eq!(code, Some(2));
    assert!(said.contains("a value has at most 1024 bytes"), "{said}");
    let user = ["--user", "u-1"];
    assert_eq!(
        store(&[&["set"], &acme[..], &user, &["a", "v"]].concat()),
        (Some(0), String::new())
    );
    let (_, line) = store(&[&["ls", "--json"], &acme[..], &user].concat());
    assert!(lines(&line)[0]["expires"].is_string(), "{line}");
    let (code, said) = store(&[&["set"], &acme[..], &user, &["b", "v"]].concat());
    assert_eq!(code, Some(1));
    assert!(
        said.contains("no more than 2 entries of the bot are kept"),
        "{said}"
    );
    let (code, said) = store(&["set", "--bot", "kepper", "--tenant", "acme", "a", "v"]);
    assert_eq!(code, Some(2));
    assert!(
        said.contains("has no bot `kepper` of tenant `acme`"),
        "{said}"
    );
}

#[test]
fn an_export_has_every_value_also_those_that_are_no_text() {
    let state = tempfile::tempdir().unwrap();
    let _server = filled(state.path());
    let state = state.path();
    let set = ["set", "--bot", "keeper", "--user", "u-ann", "bytes", "-"];
    assert!(with_input(state, &set, b"\xff\0\x1b").status.success());
    let exported = printed(state, &["export", "--user", "u-ann"]);
    assert_eq!(exported.lines().count(), 5, "{exported}");
    let found = lines(&exported);
    let first = json!({
        "tenant": "local", "bot": "keeper", "bucket": "user", "id": "u-ann", "key": "bytes",
        "value": "/wAb", "encoding": "base64", "expires": null,
    });
    assert_eq!(found[0], first);
    assert_eq!(found[1]["value"], "blue");
    assert_eq!(found[1]["encoding"], "utf-8");
    assert!(found.iter().all(|line| line["id"] == "u-ann"));
    assert_eq!(lines(&printed(state, &["export"])).len(), 12);
    assert_eq!(
        lines(&printed(state, &["export", "--bot", "other"])).len(),
        4
    );
}
