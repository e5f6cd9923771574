//! The same for an operator's server, which reads its files again at SIGHUP, behind its walls.

use std::{
    fs,
    process::{Child, Stdio},
    thread,
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use super::write;
use crate::{
    drain::handover::under_load,
    harness::{Folder, Lines, Server, component, query, wait_until},
};

const PUPPET: &str = "manifest_version = 1\n[bot.puppet]\nsource = \"puppet.wasm\"\n";
const ACME: &str = "[tenant.acme]\nmanifests = [\"acme/m.toml\"]\npath_prefix = \"/acme\"\n";
const GLOBEX: &str =
    "[tenant.globex]\nmanifests = [\"globex/m.toml\"]\npath_prefix = \"/globex\"\n";
const SECRETS: &str = "[secrets]\ndir = \"secrets\"\n";

/// A server of one tenant, `acme`, whose files lie in a directory of its own; there is another one.
fn folder() -> Folder {
    let folder = Folder::empty().file("operator.toml", format!("{SECRETS}{ACME}"));
    for tenant in ["acme", "globex"] {
        let path = |name: &str| folder.path().join(name);
        fs::create_dir(path(tenant)).unwrap();
        fs::create_dir_all(path("secrets").join(tenant)).unwrap();
        fs::write(path(tenant).join("m.toml"), PUPPET).unwrap();
        fs::write(path(tenant).join("puppet.wasm"), component("puppet")).unwrap();
    }
    folder
}

fn declare(server: &Server, acme: &str) {
    write(server, "acme/m.toml", format!("{PUPPET}{acme}"));
}

const READ: &str = "Read the settings again";

fn hang_up(server: &Server) {
    server.signal(Signal::HUP);
}

/// Components, settings, keys and tenants change with the files; a running reply ends on the version that it
/// began with, and what is not asked for is not looked at.
#[test]
fn everything_is_read_again_when_that_is_asked_for() {
    let server = folder().serve();
    let mut running = server.open("acme/puppet", "before\nsleep 1000\nthe end of the old one");
    assert_eq!(running.next_event().unwrap().1["text"], "before");
    hang_up(&server);
    server.wait_text(READ);
    write(&server, "acme/puppet.wasm", component("says-nothing"));
    write(&server, "operator.toml", format!("{SECRETS}{ACME}{GLOBEX}"));
    assert_eq!(server.ask("acme/puppet", "as before").said(), "as before");
    assert_eq!(server.get("/globex/puppet").status, 404);
    hang_up(&server);
    server.wait_text("Reloaded `puppet`");
    server.wait_text("Added `puppet`");
    assert_eq!(server.ask("globex/puppet", "hi").said(), "hi");
    assert_ne!(server.ask("acme/puppet", "hi").said(), "hi");
    assert!(running.rest().show().contains("the end of the old one"));

    // A key, and another one in its place.
    declare(&server, "poe = { access_key = { secret = \"key\" } }\n");
    for key in ["k".repeat(32), "l".repeat(32)] {
        write(&server, "secrets/acme/key", &key);
        hang_up(&server);
        wait_until("nobody else may ask it", || {
            server.ask("acme/puppet", "hi").status == 401
        });
        let bearer = format!("Bearer {key}");
        let headers = [("authorization", bearer.as_str())];
        wait_until("the key opens it", || {
            server.send("acme/puppet", &query("hi"), &headers).status == 200
        });
    }
    let bearer = format!("Bearer {}", "k".repeat(32));
    let settings = json!({"version": "1.2", "type": "settings"});
    let old = server.send("acme/puppet", &settings, &[("authorization", &bearer)]);
    assert_eq!(old.status, 401);

    write(&server, "operator.toml", format!("{SECRETS}{GLOBEX}"));
    hang_up(&server);
    server.wait_text("Removed `puppet`");
    assert_eq!(server.get("/acme/puppet").status, 404);
}

/// All of them are told, none of it is taken over, and nobody who asks meanwhile notices.
#[test]
fn mistakes_change_nothing() {
    let server = folder().serve();
    under_load(server.address, "acme/puppet", |some_are_answered| {
        some_are_answered();
        declare(
            &server,
            "route = \"/moved\"\nsauce = \"a\"\n[bot.other]\nsauce = \"puppet.wasm\"\n[bot.third]\nsource = \"nowhere.wasm\"\n",
        );
        hang_up(&server);
        server.wait_text("unknown key `sauce`");
        server.wait_text("nowhere.wasm` cannot be read");
        server.wait_text("What ran before goes on");
        // Two bots were never there, and of the third the former version answers.
        let counted = json!({ "status": "ready", "refused": 2, "former": 1 });
        assert_eq!(server.get("/readyz").json(), counted);
        some_are_answered();
        write(&server, "acme/puppet.wasm", "no component");
        declare(&server, "");
        hang_up(&server);
        server.wait_text("bot `puppet` cannot be mounted");
        server.wait_times("What ran before goes on", 2);
        let counted = json!({ "status": "ready", "former": 1 });
        assert_eq!(server.get("/readyz").json(), counted);
        some_are_answered();
        write(
            &server,
            "acme/m.toml",
            "manifest_version = 1\n[bot.puppet\n",
        );
        hang_up(&server);
        server.wait_times("What ran before goes on", 3);
        assert_eq!(server.get("/readyz").json(), counted);
        some_are_answered();
        write(&server, "acme/puppet.wasm", component("puppet"));
        declare(&server, "limits = { text = 5 }\n");
        hang_up(&server);
        server.wait_text("New settings of `puppet`");
        some_are_answered();
    });
    assert_eq!(server.get("/readyz").json(), json!({ "status": "ready" }));
    let log = server.log().join("\n");
    assert!(!log.contains("the same as before"), "{log}");
    assert_eq!(server.get("/acme/moved").status, 404);
}

/// A bot of a tenant with host names is told of by one of them, as at the start.
#[test]
fn what_is_added_is_named_with_its_host() {
    let server = folder().serve();
    let globex =
        "[tenant.globex]\nmanifests = [\"globex/m.toml\"]\nhosts = [\"bots.globex.example\"]\n";
    write(&server, "operator.toml", format!("{SECRETS}{ACME}{globex}"));
    hang_up(&server);
    let port = server.address.port();
    let url = format!("http://bots.globex.example:{port}/puppet");
    server.wait_log(|record| {
        let message = record["message"].as_str().unwrap_or_default();
        message.starts_with("Added `puppet`") && message.ends_with(&url)
    });
}

/// What a process has for good stays, and that is said.
#[test]
fn what_is_read_at_the_start_only_stays() {
    let server = folder().serve();
    server.wait_log(|record| {
        let message = record["message"].as_str().unwrap_or_default();
        message.starts_with("every client may ask this bot") && record["bot"] == "puppet"
    });
    let changed = format!("[server]\ndrain = \"7s\"\nlisten = \"127.0.0.1:1\"\n{SECRETS}{ACME}");
    write(&server, "operator.toml", changed);
    hang_up(&server);
    for setting in ["listen", "drain"] {
        server.wait_log(|record| {
            record["setting"] == setting && record["hint"] == "stop the gateway and start it again"
        });
    }
    server.wait_text(READ);
    assert_eq!(server.ask("acme/puppet", "hi").said(), "hi");
}

/// The walls stand for good: what lies behind them is for the next start.
#[test]
fn what_lies_behind_the_walls_asks_for_a_restart() {
    let elsewhere = tempfile::tempdir().unwrap();
    fs::write(elsewhere.path().join("m.toml"), PUPPET).unwrap();
    let server = folder().serve();
    let globex = GLOBEX.replace(
        "globex/m.toml",
        elsewhere.path().join("m.toml").to_str().unwrap(),
    );
    write(&server, "operator.toml", format!("{SECRETS}{ACME}{globex}"));
    hang_up(&server);
    let record = server.wait_log(|record| record["level"] == "ERROR");
    assert!(record["hint"].as_str().unwrap().ends_with("start it again"));
    assert_eq!(server.ask("acme/puppet", "hi").said(), "hi");
}

/// One tenant alone reads its own files again. Of the operator's file it reads the one that it was given.
#[test]
fn one_tenant_reads_its_own_files_again() {
    let folder = folder();
    let both = format!("{SECRETS}{ACME}{GLOBEX}");
    fs::write(folder.path().join("operator.toml"), &both).unwrap();
    let server = folder.flag("--only=acme").serve();
    write(&server, "acme/puppet.wasm", component("says-nothing"));
    hang_up(&server);
    server.wait_text("Reloaded `puppet`");
    write(&server, "operator.toml", &both);
    hang_up(&server);
    let record = server.wait_log(|record| record["level"] == "ERROR");
    assert!(record["hint"].as_str().unwrap().contains("was given alone"));
    assert_ne!(server.ask("acme/puppet", "hi").said(), "hi");
}

/// Whether a process has a handler for this signal, by the kernel's mask.
fn catches(child: &Child, signal: Signal) -> bool {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal.as_raw() - 1) & 1 == 1)
}

/// While files are read for the first time, SIGHUP is caught and SIGTERM, which may end the process, not yet.
/// That is over soon: it is tried until it was seen.
#[test]
fn a_reload_that_is_asked_for_too_early_ends_nothing() {
    let folder = folder();
    for _ in 0..20 {
        let mut child = folder
            .command(&["serve", "--config", "operator.toml"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        while !catches(&child, Signal::HUP) {
            assert_eq!(child.try_wait().unwrap(), None, "it does not start");
            thread::yield_now();
        }
        let is_early = !catches(&child, Signal::TERM);
        kill_process(Pid::from_child(&child), Signal::HUP).unwrap();
        let output = Lines::collect(child.stdout.take().unwrap());
        let serves = output.wait(|line| line.starts_with("Stop with").then_some(()));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(serves.is_some(), "{}", output.all().join("\n"));
        if is_early {
            return;
        }
    }
    panic!("SIGHUP was never caught before everything was read");
}
