//! A bad component in the place of a good one, while the good one is asked all the time: nobody who asks notices.

use std::fs;

use rustix::process::Signal;

use super::{count, write};
use crate::{
    drain::handover::under_load,
    harness::{Folder, Server, component},
    starting::unfit,
};

const PUPPET: &str = "[bot.puppet]\nsource = \"puppet.wasm\"\n";

/// A bot that traps there, and nowhere else.
fn trapping(place: &str) -> Vec<u8> {
    let read = |path: &str| {
        fs::read_to_string(format!("{}/tests/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
    };
    let core = read("hostile/start-loop.wat");
    let core = match place {
        "start" => core.replace("(loop $for-ever (br $for-ever))", "unreachable"),
        _ => core.replace("(start $start)", "").replace(
            "(export \"settings\") (result i32) (i32.const 64)",
            "(export \"settings\") (result i32) unreachable",
        ),
    };
    assert!(core.contains("unreachable"));
    wat::parse_str(read("guests/bot.wat").replace(";; CORE", &core)).unwrap()
}

/// Puts each of them there, and a good one at last. `tell` has the gateway look.
fn change_under_load(server: &Server, bot: &str, tell: &dyn Fn(&Server)) {
    let good = component("puppet");
    let other_world =
        r#"(component (import "wasi:nn/inference@0.2.0" (instance (export "load" (func)))))"#;
    let bad = [
        ("text", b"no component".to_vec()),
        ("empty", Vec::new()),
        ("half", good[..good.len() / 2].to_vec()),
        ("core", wat::parse_str("(module)").unwrap()),
        ("other world", wat::parse_str(other_world).unwrap()),
        ("only linking tells", unfit()),
        ("traps as it begins", trapping("start")),
        ("traps in its settings", trapping("settings")),
    ];
    under_load(server.address, bot, |some_are_answered| {
        for (number, (kind, bytes)) in bad.iter().enumerate() {
            some_are_answered();
            write(server, "puppet.wasm", bytes);
            tell(server);
            server.wait_times("What ran before goes on", number + 1);
            assert!(
                count(server, "bot `puppet` cannot be mounted") > number,
                "{kind}"
            );
        }
        some_are_answered();
        fs::remove_file(server.folder.path().join("puppet.wasm")).unwrap();
        tell(server);
        server.wait_times("What ran before goes on", bad.len() + 1);
        some_are_answered();
        // Another one that says the same: it has something behind it that nothing reads.
        let custom = [&good[..], &[0, 3, 1, b'x', 1]].concat();
        write(server, "puppet.wasm", custom);
        tell(server);
        server.wait_text("Reloaded `puppet`");
        some_are_answered();
    });
}

#[test]
fn a_bad_component_is_noticed_by_nobody_who_asks() {
    change_under_load(&Server::start(PUPPET), "puppet", &|_| ());
}

#[test]
fn nor_where_an_operator_asks_for_it() {
    let operator = "[tenant.acme]\nmanifests = [\"acme.toml\"]\n";
    let folder = Folder::empty().manifest("acme.toml", PUPPET);
    let server = folder.file("operator.toml", operator).serve();
    change_under_load(&server, "puppet", &|server| server.signal(Signal::HUP));
}

/// What was built and cannot be mounted has changed, whatever else is said of it.
#[test]
fn what_is_built_and_refused_is_not_the_same_as_before() {
    let manifest = "manifest_version = 1\n[bot.b]\nsource = \"made.wasm\"\nbuild = { command = \"cp b.bin made.wasm\", watch = [\"b.bin\"] }\n";
    let server = Folder::empty()
        .file("ravenry.toml", manifest)
        .file("b.bin", component("echo"))
        .up();
    write(&server, "b.bin", trapping("settings"));
    server.wait_text("bot `b` cannot be mounted");
    let log = server.log().join("\n");
    assert!(!log.contains("the same as before"), "{log}");
}
