//! The walls around the process of `serve`: they stand around all that it is made of, and it does its work
//! behind them. That each refuses what it is for is tested where it is built, in `walls`.

use std::{fs, os::unix::fs::symlink, path::Path};

use serde_json::json;

use crate::egress::upstream::Upstream;
use crate::harness::{Folder, Server, Terminator, component, wait_until, wait_worker};
use crate::starting::enlarged;

const OPERATOR: &str = "[tenant.acme]\nmanifests = [\"acme.toml\"]\n";

/// A gateway that serves this manifest for one tenant.
fn folder(manifest: &str) -> Folder {
    Folder::empty()
        .manifest("acme.toml", manifest)
        .file("operator.toml", OPERATOR)
}

/// What `/proc` says of the walls of each thread: `no_new_privs`, seccomp, as numbers.
fn threads(process: u32) -> Vec<[String; 2]> {
    let tasks = fs::read_dir(format!("/proc/{process}/task")).unwrap();
    let statuses =
        tasks.filter_map(|task| fs::read_to_string(task.unwrap().path().join("status")).ok());
    statuses
        .map(|status| {
            ["NoNewPrivs:", "Seccomp:"].map(|name| {
                let line = status.lines().find_map(|line| line.strip_prefix(name));
                line.unwrap().trim().to_owned()
            })
        })
        .collect()
}

/// What the start says of the walls. An old kernel has a part of Landlock; that is good enough here.
fn says(server: &Server, walls: &str) {
    let said = server.output().replace(" (in part: an old kernel)", "");
    let line = format!("Walls around the process: {walls}.");
    assert!(said.contains(&line), "{said}");
}

fn all_have(server: &Server, no_new_privs: &str, seccomp: &str) {
    let found = threads(server.id());
    assert!(found.len() > 3, "threads that serve and compute");
    for thread in found {
        assert_eq!(thread, [no_new_privs, seccomp]);
    }
}

/// With nothing in the cache, so that all of a start is done behind them.
#[test]
fn they_stand_around_every_thread() {
    let cache = tempfile::tempdir().unwrap();
    let server = folder("[bot.echo]\nsource = \"echo.wasm\"\n")
        .cache_dir(&cache.path().join("cache"))
        .serve();
    assert_eq!(server.ask("echo", "hi").said(), "hi");
    all_have(&server, "1", "2");
    says(&server, "no-new-privs, landlock, seccomp");
    for wall in ["no-new-privs", "landlock", "seccomp"] {
        server.wait_log(|line| {
            let message = line["message"].as_str().unwrap_or_default();
            message.starts_with("wall raised") && line["wall"] == wall
        });
    }
}

#[test]
fn each_can_be_switched_off() {
    let echo = "[bot.echo]\nsource = \"echo.wasm\"\n";
    let server = folder(echo).flag("--without=seccomp").serve();
    all_have(&server, "1", "0");
    says(&server, "no-new-privs, landlock, seccomp switched off");
    let server = folder(echo)
        .env("RAVENRY_WITHOUT", "no-new-privs,landlock,seccomp")
        .serve();
    all_have(&server, "0", "0");
    assert_eq!(server.ask("echo", "hi").said(), "hi");
    let verb = ["serve", "--config", "operator.toml"];
    let said = folder(echo)
        .flag("--without=no-new-privs,seccomp")
        .refused(&verb);
    insta::assert_snapshot!(said, @r"
    error: landlock cannot stand without no-new-privs
    hint: write `--without no-new-privs,landlock,seccomp`
    ");
}

/// `up` builds bots with whatever commands their author wrote: it has none.
#[test]
fn there_are_none_around_an_author() {
    let server = Server::with_bots(&["echo"]);
    all_have(&server, "0", "0");
}

/// The compiler is another process, behind the same walls, and still the first to go. The component lies
/// behind a link, as where releases are changed by one.
#[test]
fn components_are_compiled_behind_them() {
    let cache = tempfile::tempdir().unwrap();
    let manifest = "[bot.echo]\nsource = \"echo.wasm\"\n\
                    [bot.large]\nsource = \"./large.bin.wasm\"\n";
    let folder = Folder::empty()
        .file("large.bin.wasm", "")
        .file("releases/real.wasm", enlarged(&component("echo")))
        .manifest("acme.toml", manifest)
        .file("operator.toml", OPERATOR);
    let link = folder.path().join("large.bin.wasm");
    fs::remove_file(&link).unwrap();
    symlink("releases/real.wasm", &link).unwrap();
    let own = |id: &str| fs::read_to_string(format!("/proc/{id}/oom_score_adj")).unwrap();
    let before = own("self");
    let server = folder.cache_dir(&cache.path().join("cache")).serve();
    let compiler = wait_worker(server.id());
    assert_eq!(threads(compiler.try_into().unwrap())[0], ["1", "2"]);
    // For a moment, whenever it starts one, the server stands there itself.
    let id = server.id().to_string();
    wait_until("the server stands where it stood", || own(&id) == before);
    server.wait_ready();
    assert_eq!(server.ask("large", "here").said(), "here");
}

/// What TLS trusts is read when it is first needed, behind the walls: the file that was named at the start.
/// Where its name leads to another one by then, that is out of reach, unless nobody wanted that wall.
#[test]
fn files_that_were_not_named_are_out_of_reach() {
    let upstream = Upstream::saying("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nmeow");
    let terminator = Terminator::before(upstream.address);
    let ask = |flag: &str, move_away: bool| {
        let named = tempfile::tempdir().unwrap();
        let other = tempfile::tempdir().unwrap();
        let link = named.path().join("trusted.pem");
        let lead = |to: &Path| {
            let _ = fs::remove_file(&link);
            fs::write(to, &terminator.certificate).unwrap();
            symlink(to, &link).unwrap();
        };
        lead(&named.path().join("real.pem"));
        let server = folder(&format!(
            "[bot.fetcher]\nsource = \"fetcher.wasm\"\nallowed_outbound_hosts = [\"{}\"]\n",
            terminator.url
        ))
        .env("SSL_CERT_FILE", link.to_str().unwrap())
        .flag("--allow-private-host=localhost")
        .flag(flag)
        .serve();
        if move_away {
            lead(&other.path().join("real.pem"));
        }
        let steps = json!([
            ["request", "GET", terminator.url],
            ["send"],
            ["head"],
            ["rest"]
        ]);
        server.ask("fetcher", &steps.to_string()).said()
    };
    let fetched = ask("--without=seccomp", false);
    assert!(fetched.contains("meow"), "{fetched}");
    let fetched = ask("--without=landlock", true);
    assert!(fetched.contains("meow"), "{fetched}");
    let fetched = ask("--without=seccomp", true);
    assert!(!fetched.contains("meow"), "{fetched}");
}
