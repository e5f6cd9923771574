//! The author's loop: what changes is mounted while the gateway serves, what is wrong changes
//! nothing, and replies end on the version that they began with.

mod links;
mod served;
mod unfit;

use std::path::Path;

use rustix::process::Signal;

use crate::harness::{Folder, Server, component, wait_until};

/// A puppet that may say much.
const PUPPET: &str = "[bot.puppet]\nsource = \"puppet.wasm\"\nlimits = { text = 400000000, events = 400000, running = 1, queue = 1, queue_wait = \"1ms\" }\n";

/// A bot that a shell makes: the component that `which` names.
const MADE: &str = r#"[bot.made]
source = "made.wasm"
build = { command = "sh make.sh", watch = ["make.sh", "which"] }
"#;

/// Puts a file there in one step: nobody sees half of it.
fn write(server: &Server, file: &str, content: impl AsRef<[u8]>) {
    let path = |name: &str| server.folder.path().join(name);
    std::fs::write(path(".unfinished"), content).unwrap();
    std::fs::rename(path(".unfinished"), path(file)).unwrap();
}

fn read(server: &Server, file: &str) -> String {
    std::fs::read_to_string(server.folder.path().join(file)).unwrap_or_default()
}

/// The manifest, with the line of its version.
fn declare(server: &Server, bots: &str) {
    write(
        server,
        "ravenry.toml",
        format!("manifest_version = 1\n{bots}"),
    );
}

fn count(server: &Server, text: &str) -> usize {
    server
        .log()
        .iter()
        .filter(|line| line.contains(text))
        .count()
}

/// A server whose only bot is made by this script from `which`, at first the echo.
fn made_by(script: &str) -> Server {
    // The harness would look for a guest `made`, if it knew the manifest for one.
    Folder::empty()
        .file("ravenry.toml", format!("manifest_version = 1\n{MADE}"))
        .file("echo.wasm", component("echo"))
        .file("mirror.wasm", component("mirror"))
        .file("says-nothing.wasm", component("says-nothing"))
        .file("which", "echo.wasm")
        .file("make.sh", script)
        .up()
}

const COPY: &str = "cp $(cat which) made.wasm\n";

/// The reply of the old version goes on while the new one answers, and ends in its own words. Its
/// place and its share of the metrics are the bot's: the new version has no second one.
#[test]
fn a_running_reply_ends_on_the_version_that_it_began_with() {
    // 20 MB are said, in an unoptimized build.
    let folder = Folder::with_manifest(PUPPET);
    let server = folder.flag("--limit=cpu=30s").up();
    // More than all buffers hold: it runs until somebody reads.
    let running = server.open("puppet", "say 20000 1000\nthe end of the old one");
    server.wait_running("puppet", 1.0);
    write(&server, "puppet.wasm", component("echo"));
    server.wait_text("Reloaded `puppet`");
    server.wait_running("puppet", 1.0);
    let busy = server.ask("puppet", "hold 1").show();
    assert!(busy.contains("The bot is busy"), "{busy}");

    let old = running.rest();
    assert!(old.said().ends_with("the end of the old one"));
    assert!(old.show().ends_with("done {}\n"));
    server.wait_running("puppet", 0.0);
    assert_eq!(
        server.ask("puppet", "hold 1").said(),
        "hold 1",
        "the new one"
    );
    let ended = server.metric(
        "ravenry_replies_total",
        &[("bot", "puppet"), ("outcome", "finished")],
    );
    assert_eq!(ended, Some(2.0), "one count for both versions");
}

/// Nothing of the file that cannot be mounted is taken over, and the next one is.
#[test]
fn a_component_that_cannot_be_mounted_changes_nothing() {
    let server = Server::with_bots(&["puppet"]);
    write(&server, "puppet.wasm", "no component");
    server.wait_text("bot `puppet` cannot be mounted");
    server.wait_text("What ran before goes on");
    assert_eq!(server.ask("puppet", "still here").said(), "still here");
    write(&server, "puppet.wasm", component("says-nothing"));
    server.wait_text("Reloaded `puppet`");
    assert_ne!(server.ask("puppet", "still here").said(), "still here");
}

/// The same content again is no change, and neither is another file beside.
#[test]
fn what_is_only_touched_is_not_built() {
    let server = made_by(&format!("echo built >> builds\n{COPY}"));
    write(&server, "which", "echo.wasm");
    write(&server, "beside", "something");
    write(&server, "which", "mirror.wasm");
    server.wait_text("Reloaded `made`");
    assert_eq!(read(&server, "builds"), "built\nbuilt\n");
}

/// What the build said and the bot's name are shown once; the old version answers meanwhile.
#[test]
fn a_build_that_fails_changes_nothing_and_is_shown_once() {
    let server = made_by(COPY);
    write(&server, "make.sh", "echo it broke here >&2; exit 7\n");
    server.wait_text("What ran before goes on");
    server.wait_text("bot `made` cannot be built");
    assert_eq!(count(&server, "it broke here"), 1);
    assert_eq!(server.ask("made", "still").said(), "still");

    // A change that mends nothing is told again, another bot's change is not held up.
    write(&server, "make.sh", "echo and there >&2; exit 7\n");
    server.wait_times("What ran before goes on", 2);
    write(&server, "puppet.wasm", component("puppet"));
    declare(
        &server,
        &format!("{MADE}[bot.puppet]\nsource = \"puppet.wasm\"\n"),
    );
    server.wait_text("Added `puppet`");
    assert_eq!(count(&server, "bot `made` cannot be built"), 2);
    assert_eq!(server.ask("puppet", "hi").said(), "hi");
    assert_eq!(server.ask("made", "still").said(), "still");

    write(&server, "which", "says-nothing.wasm");
    write(&server, "make.sh", COPY);
    server.wait_text("Reloaded `made`");
    assert_ne!(server.ask("made", "still").said(), "still");
}

/// While a build runs, fifty changes come: one more build sees the last of them.
#[test]
fn changes_during_a_build_make_one_more() {
    let script = "bot=$(cat which); echo $bot >> builds\n\
         while [ $bot = mirror.wasm ] && [ ! -e go ]; do sleep 0.05; done\n\
         cp $bot made.wasm\n";
    let server = made_by(script);
    write(&server, "which", "mirror.wasm");
    wait_until("the build begins", || {
        read(&server, "builds").contains("mirror")
    });
    for _ in 0..50 {
        write(&server, "which", "echo.wasm");
        write(&server, "which", "says-nothing.wasm");
    }
    write(&server, "go", "");
    server.wait_times("Reloaded `made`", 2);
    assert_eq!(
        read(&server, "builds"),
        "echo.wasm\nmirror.wasm\nsays-nothing.wasm\n"
    );
}

/// Ctrl-C ends a build with all that it started, and the gateway.
#[test]
fn a_stop_ends_the_build_that_runs() {
    let script = "if [ $(cat which) = echo.wasm ]; then cp echo.wasm made.wasm; else\n\
                  sleep 1000000 & echo $! > pid; mv pid sleeping; wait; fi\n";
    let mut server = made_by(script);
    write(&server, "which", "none");
    wait_until("the build begins", || !read(&server, "sleeping").is_empty());
    let sleeping = format!("/proc/{}/cmdline", read(&server, "sleeping").trim());
    server.signal(Signal::INT);
    assert!(server.wait().success());
    wait_until("the sleep ends", || {
        std::fs::read_to_string(&sleeping).map_or(true, |command| !command.starts_with("sleep"))
    });
    assert_eq!(count(&server, "cannot be built"), 0, "nobody's mistake");
}

/// Bots come, go and move with the manifest; so do their settings.
#[test]
fn a_manifest_is_taken_over_as_a_whole() {
    let server =
        Server::start("[bot.puppet]\nsource = \"puppet.wasm\"\nconfig = { mood = \"good\" }\n");
    assert_eq!(server.ask("puppet", "env mood").said(), "good");
    write(&server, "mirror.wasm", component("mirror"));
    let second = "[bot.second]\nsource = \"puppet.wasm\"\nroute = \"/somewhere/else\"\n";
    declare(
        &server,
        &format!(
            "[bot.puppet]\nsource = \"puppet.wasm\"\nconfig = {{ mood = \"better\" }}\nlimits = {{ text = 5 }}\n{second}"
        ),
    );
    server.wait_text("Added `second`");
    assert_eq!(
        server
            .ask("puppet", "env mood")
            .show()
            .matches("error")
            .count(),
        1,
        "six letters are too many"
    );
    assert_eq!(server.ask("somewhere/else", "hi").said(), "hi");

    declare(
        &server,
        "[bot.second]\nsource = \"puppet.wasm\"\nconfig = { mood = \"best\" }\n",
    );
    server.wait_text("Removed `puppet`");
    assert_eq!(server.get("/puppet").status, 404);
    assert_eq!(server.get("/somewhere/else").status, 404);
    assert_eq!(server.ask("second", "env mood").said(), "best");

    declare(
        &server,
        "[bot.second]\nsource = \"puppet.wasm\"\nconfig = { mood = \"worse\" }\n",
    );
    server.wait_times("New settings of `second`", 2);
    assert_eq!(server.ask("second", "env mood").said(), "worse");
}

/// Every mistake is told, with its place; nothing of the file is taken over.
#[test]
fn a_manifest_with_mistakes_changes_nothing() {
    let server = Server::with_bots(&["puppet"]);
    declare(
        &server,
        "[bot.puppet]\nsource = \"nowhere.wasm\"\nroute = \"/moved\"\n[bot.other]\nsauce = \"puppet.wasm\"\n",
    );
    server.wait_text("nowhere.wasm` cannot be read");
    server.wait_text("unknown key `sauce`");
    server.wait_text("What ran before goes on");
    assert_eq!(server.ask("puppet", "still here").said(), "still here");
    assert_eq!(server.get("/moved").status, 404);
    declare(
        &server,
        "[bot.puppet]\nsource = \"puppet.wasm\"\nroute = \"/moved\"\n",
    );
    server.wait_text("New settings of `puppet`");
    assert_eq!(server.ask("moved", "hi").said(), "hi");
}

/// Room for memory is reserved when the process starts: more is for the next start.
#[test]
fn more_memory_than_there_is_room_for_asks_for_a_restart() {
    let server =
        Server::start("[bot.puppet]\nsource = \"puppet.wasm\"\nlimits = { memory = \"16MiB\" }\n");
    declare(
        &server,
        "[bot.puppet]\nsource = \"puppet.wasm\"\nlimits = { memory = \"32MiB\" }\n",
    );
    let record = server.wait_log(|record| record["level"] == "ERROR");
    assert_eq!(
        record["message"],
        "`memory` of bot `puppet` is 32MiB; this process has room for 16MiB"
    );
    assert_eq!(
        record["hint"],
        "stop the gateway and start it again, or ask for less"
    );
    assert_eq!(server.ask("puppet", "hi").said(), "hi");
    declare(
        &server,
        "[bot.puppet]\nsource = \"puppet.wasm\"\nlimits = { memory = \"8MiB\" }\n",
    );
    server.wait_text("New settings of `puppet`");
    let said = server.ask("puppet", "hold 10").said();
    assert!(said.starts_with("refused after"), "{said}");
}

/// In a directory of bots, what is put there is mounted, and what is taken away is not any more.
#[test]
fn a_directory_is_read_again() {
    let server = Folder::empty().file("one.wasm", component("echo")).up_all();
    write(&server, "two.wasm", component("mirror"));
    server.wait_text("Added `two`");
    let inner = server.folder.path().join("three");
    std::fs::create_dir(&inner).unwrap();
    std::fs::write(inner.join("three.wasm"), component("puppet")).unwrap();
    server.wait_text("Added `three`");
    assert_eq!(server.ask("three", "hi").said(), "hi");
    std::fs::remove_file(server.folder.path().join("one.wasm")).unwrap();
    server.wait_text("Removed `one`");
    assert_eq!(server.get("/one").status, 404);
}

/// Who does not want it, and an operator's server, have no watcher at all.
#[test]
fn without_the_loop_nothing_is_watched() {
    let manifest = "[bot.puppet]\nsource = \"puppet.wasm\"\n";
    assert!(Server::start(manifest).watches_files());
    assert!(
        !Folder::with_manifest(manifest)
            .flag("--no-watch")
            .up()
            .watches_files()
    );
    let operated = Folder::with_manifest(manifest).file(
        "operator.toml",
        "[tenant.main]\nmanifests = [\"ravenry.toml\"]\n",
    );
    assert!(!operated.serve().watches_files());
    assert!(
        Path::new("/proc/self/fd").exists(),
        "or nothing is seen here"
    );
}

/// What a compiler points at stays under what it means, also where nobody's terminal is.
#[test]
fn the_carets_of_a_compiler_keep_their_places() {
    let server = made_by(COPY);
    write(
        &server,
        "make.sh",
        "printf 'error: no\\n   |\\n 7 |  let a\\n   |      ^\\n' >&2; exit 1\n",
    );
    server.wait_log(|record| record["message"] == "   |      ^");
}

/// Two gateways that look after one bot do not build it at the same time: its command does not expect
/// that.
#[test]
fn one_bot_is_built_once_at_a_time() {
    let folder = Folder::empty()
        .file("ravenry.toml", format!("manifest_version = 1\n{MADE}"))
        .file("echo.wasm", component("echo"))
        .file("which", "echo.wasm")
        .file(
            "make.sh",
            "mkdir busy || exit 1; sleep 0.3; cp $(cat which) made.wasm; rmdir busy\n",
        );
    let build = || {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_ravenry"));
        command.args(["build", "."]).current_dir(folder.path());
        command.stdout(std::process::Stdio::null()).spawn().unwrap()
    };
    let mut builds: Vec<_> = (0..3).map(|_| build()).collect();
    for build in &mut builds {
        assert!(build.wait().unwrap().success());
    }
}
