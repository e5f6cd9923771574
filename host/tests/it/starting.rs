//! A start does not wait for a component that takes long to compile: the others answer meanwhile, and
//! it says that it is starting. The same on a change.

mod bounds;
mod refused;

use std::{
    io::Write as _,
    os::unix::process::ExitStatusExt as _,
    process::{Command, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::harness::{Folder, Lines, Server, component, wait_until, wait_worker};

const ECHO: &str = "[bot.echo]\nsource = \"echo.wasm\"\n";
const LARGE: &str = "[bot.large]\nsource = \"./large.bin.wasm\"\n";

/// Functions that are compiled for nothing: some seconds of it on any machine, against milliseconds
/// that the questions take which are asked meanwhile.
const FUNCTIONS: usize = 8_000;

/// As many as fit into a component that is not large: the start waits for it.
const FEW_FUNCTIONS: usize = 1_600;

/// The same component with a module that nothing uses behind it. It is compiled all the same.
pub fn enlarged(component: &[u8]) -> Vec<u8> {
    with_functions(component, FUNCTIONS)
}

fn with_functions(component: &[u8], functions: usize) -> Vec<u8> {
    let steps =
        "local.get 0 i32.const 77777 i32.mul i32.const 12345 i32.xor local.set 0 ".repeat(25);
    let function = format!("(func (param i32) (result i32) {steps} local.get 0)");
    let module = wat::parse_str(format!("(module {})", function.repeat(functions))).unwrap();
    with_module(component, &module)
}

/// The same component with this module behind it.
fn with_module(component: &[u8], module: &[u8]) -> Vec<u8> {
    let mut length = Vec::new();
    let mut rest = module.len();
    while rest > 0x7f {
        length.push(u8::try_from(rest & 0x7f).unwrap() | 0x80);
        rest >>= 7;
    }
    length.push(u8::try_from(rest).unwrap());
    // Section 1 of a component: a core module.
    [component, &[1], &length, module].concat()
}

/// A bot that is whole, and wants of the gateway what no version of it has: only linking tells.
pub fn unfit() -> Vec<u8> {
    let read = |path: &str| {
        std::fs::read_to_string(format!("{}/tests/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
    };
    let frame = read("guests/bot.wat")
        .replace(";; CORE", &read("hostile/text-not-utf8.wat"))
        .replacen(
            "(case \"gone\")",
            "(case \"gone\") (case \"of-the-future\")",
            1,
        );
    wat::parse_str(frame).unwrap()
}

/// A folder with these bots and a cache of its own, so that there is something to compile.
fn folder(manifest: &str, large: &[u8], cache: &tempfile::TempDir) -> Folder {
    Folder::empty()
        .file("large.bin.wasm", large)
        .manifest("ravenry.toml", manifest)
        .cache_dir(&cache.path().join("cache"))
}

fn ready(server: &Server) -> u16 {
    server.get("/readyz").status
}

#[test]
fn small_bots_answer_while_a_large_one_is_compiled() {
    let cache = tempfile::tempdir().unwrap();
    let manifest = format!("{ECHO}{LARGE}");
    let server = folder(&manifest, &enlarged(&component("echo")), &cache).up();
    assert_eq!(server.ask("echo", "at once").said(), "at once");
    insta::assert_snapshot!(server.ask("large", "hi").show(), @r#"
    error {"allow_retry":true,"text":"The bot is starting; please try again in a moment (reference [REF])."}
    done {}
    "#);
    let settings = json!({"version": "1.2", "type": "settings"});
    let refused = server.send("large", &settings, &[]);
    assert_eq!(
        (refused.status, refused.header("retry-after")),
        (503, Some("5"))
    );
    assert!(refused.text().contains("the bot is starting"));
    assert!(server.get("/large").text().contains("and it is starting"));
    assert_eq!(ready(&server), 503, "not all bots answer yet");
    assert_eq!(server.ask("echo", "still").said(), "still");
    let output = server.output();
    assert!(output.contains("Being compiled: `large`"), "{output}");
    let told = server
        .log()
        .iter()
        .filter(|line| line.contains("Compiled `large`"))
        .count();
    assert_eq!(
        told, 0,
        "the questions above came too late to show anything"
    );

    server.wait_text("Compiled `large`");
    assert_eq!(server.ask("large", "here").said(), "here");
    server.wait_ready();
    drop(server);
    // From the cache it is there at once.
    let server = folder(&manifest, &enlarged(&component("echo")), &cache).up();
    assert!(!server.output().contains("Being compiled"));
    assert_eq!(server.ask("large", "here").said(), "here");
    assert_eq!(ready(&server), 200);
}

/// The old version answers until the new one is there, and other changes do not wait for it.
#[test]
fn a_change_does_not_wait_for_a_large_bot() {
    let cache = tempfile::tempdir().unwrap();
    let manifest = format!("{ECHO}{LARGE}");
    let server = folder(&manifest, &component("echo"), &cache).up();
    let write = |file: &str, content: &[u8]| {
        let path = |name: &str| server.folder.path().join(name);
        std::fs::write(path(".unfinished"), content).unwrap();
        std::fs::rename(path(".unfinished"), path(file)).unwrap();
    };
    write("large.bin.wasm", &enlarged(&component("says-nothing")));
    server.wait_text("Compiling `large`: it is mounted when that is done");
    assert_eq!(server.ask("large", "the old one").said(), "the old one");
    write("echo.wasm", &component("says-nothing"));
    server.wait_text("Reloaded `echo`");
    assert_eq!(server.ask("large", "the old one").said(), "the old one");
    assert_eq!(ready(&server), 200, "all bots answer");

    server.wait_text("Compiled `large`");
    assert_ne!(server.ask("large", "the new one").said(), "the new one");
}

/// A bot that was built and is being compiled is not said to be the same.
#[test]
fn what_is_being_compiled_is_not_the_same_as_before() {
    let cache = tempfile::tempdir().unwrap();
    let manifest = "manifest_version = 1\n[bot.large]\nsource = \"made.wasm\"\nbuild = { command = \"cp large.bin made.wasm\", watch = [\"large.bin\"] }\n";
    let server = Folder::empty()
        .file("ravenry.toml", manifest)
        .file("large.bin", component("echo"))
        .cache_dir(&cache.path().join("cache"))
        .up();
    let path = |name: &str| server.folder.path().join(name);
    std::fs::write(path("large.new"), enlarged(&component("says-nothing"))).unwrap();
    std::fs::rename(path("large.new"), path("large.bin")).unwrap();
    server.wait_text("Compiled `large`");
    let log = server.log().join("\n");
    assert!(log.contains("Compiling `large`"), "{log}");
    assert!(!log.contains("the same as before"), "{log}");
}

/// What only compiling tells of one bot keeps no other from being served.
#[test]
fn a_bot_that_does_not_fit_is_reported_and_the_others_are_served() {
    let cache = tempfile::tempdir().unwrap();
    let server = folder(&format!("{ECHO}{LARGE}"), &unfit(), &cache).up();
    server.wait_text("bot `large` cannot be mounted");
    assert_eq!(server.ask("echo", "hi").said(), "hi");
    assert_eq!(server.ask("large", "hi").status, 404);
    server.wait_ready();
    drop(server);

    let server = folder(&format!("{ECHO}{LARGE}"), &enlarged(&unfit()), &cache).up();
    assert_eq!(server.ask("echo", "hi").said(), "hi");
    server.wait_text("bot `large` cannot be mounted");
    assert_eq!(server.ask("large", "hi").status, 404);
    server.wait_ready();
}

/// Where nothing is left to be served, the start has failed, sooner or later.
#[test]
fn a_start_without_any_bot_fails() {
    for large in [unfit(), enlarged(&unfit())] {
        let cache = tempfile::tempdir().unwrap();
        let said = folder(LARGE, &large, &cache).refused(&["up", "ravenry.toml"]);
        assert!(said.contains("bot `large` cannot be mounted"), "{said}");
        assert!(said.contains("ravenry.toml:2"), "{said}");
    }
}

/// What a look tells waits for no compiler, however much there is.
#[test]
fn what_a_look_tells_is_told_before_anything_is_compiled() {
    let cache = tempfile::tempdir().unwrap();
    let damaged = [&enlarged(&component("echo"))[..], b"more"].concat();
    let said = folder(LARGE, &damaged, &cache).refused(&["up", "ravenry.toml"]);
    assert!(
        said.contains("`large`") && !said.contains("compiling"),
        "{said}"
    );
}

/// The compiler is a process of its own: it sees no secret, and its end is not that of the server.
#[test]
fn a_compiler_that_is_killed_costs_its_bot_alone() {
    let cache = tempfile::tempdir().unwrap();
    let manifest = format!("{ECHO}{LARGE}poe = {{ access_key = {{ env = \"LARGE_KEY\" }} }}\n");
    let server = folder(&manifest, &enlarged(&component("echo")), &cache)
        .env("LARGE_KEY", "the-key-that-no-compiler-may-see")
        .up();
    let compiler = wait_worker(server.id());
    // Nothing but what its allocator is told.
    assert_eq!(
        std::fs::read_to_string(format!("/proc/{compiler}/environ")).unwrap(),
        "MIMALLOC_DISALLOW_ARENA_ALLOC=1\0"
    );
    kill_process(Pid::from_raw(compiler).unwrap(), Signal::KILL).unwrap();
    server.wait_text("the compiler was killed, as a rule because memory ran out");
    assert_eq!(server.ask("echo", "still here").said(), "still here");
    assert_eq!(server.ask("large", "hi").status, 404);
}

/// No compiler is left behind, however its server ends. Here a shell stands for the server, and the
/// component never comes to its end, so the compiler has no other reason to go.
#[test]
fn a_compiler_ends_with_its_server() {
    let mut server = Command::new("sh")
        .args([
            "-c",
            "\"$0\" compile large:1:100:1048576:60:4294967296; true",
        ])
        .arg(env!("CARGO_BIN_EXE_ravenry"))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let _component = server.stdin.take();
    let compiler = wait_worker(server.id());
    server.kill().unwrap();
    server.wait().unwrap();
    // What is left of it may stay where the system's first process does not wait for it.
    let state = || std::fs::read_to_string(format!("/proc/{compiler}/stat"));
    wait_until("it is gone", || {
        state().map_or(true, |state| state.contains(") Z"))
    });
}

/// A signal is obeyed while components are looked at and compiled, too.
#[test]
fn a_start_can_be_stopped_at_once() {
    let cache = tempfile::tempdir().unwrap();
    let slow = with_functions(&component("echo"), FEW_FUNCTIONS);
    assert!(slow.len() < 1024 * 1024, "{} bytes are large", slow.len());
    let folder = folder(LARGE, &slow, &cache);
    for signal in [Signal::TERM, Signal::INT] {
        let mut server = folder
            .command(&["up", "ravenry.toml"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let said = Lines::collect(server.stderr.take().unwrap());
        let compiling = said.wait(|line| line.contains("compiling large").then_some(()));
        assert!(compiling.is_some(), "{:?}", said.all());
        let compiler = wait_worker(server.id());
        kill_process(Pid::from_child(&server), signal).unwrap();
        said.wait(|_| None::<()>);
        assert!(said.closed(), "it does not stop");
        assert!(server.wait().unwrap().success(), "{:?}", said.all());
        let heard = |line: &String| line.contains("stopped before the start was complete");
        assert!(said.all().iter().any(heard), "{:?}", said.all());
        let gone = || !std::fs::exists(format!("/proc/{compiler}/exe")).unwrap_or(false);
        wait_until("its compiler is gone", gone);
    }
}

/// A component that no compiler takes is compiled once, and not again at each start.
#[test]
fn what_cannot_be_compiled_is_remembered() {
    let cache = tempfile::tempdir().unwrap();
    let manifest = format!("{ECHO}{LARGE}");
    // Types that this gateway's engine does not have, in a module that nothing uses.
    let module = wat::parse_str("(module (type (struct (field i32))))").unwrap();
    let component = with_module(&component("echo"), &module);
    let start = || folder(&manifest, &component, &cache).up();
    let server = start();
    server.wait_text("bot `large` cannot be mounted");
    let said = |server: &Server| server.log().join("\n") + &server.output();
    assert!(!said(&server).contains("found before"), "{}", said(&server));
    assert!(
        said(&server).contains("compiling large"),
        "{}",
        said(&server)
    );
    drop(server);
    let server = start();
    server.wait_text("found before; to have it tried again, remove");
    assert!(
        !said(&server).contains("compiling large"),
        "{}",
        said(&server)
    );
    assert_eq!(server.ask("echo", "hi").said(), "hi");
    drop(server);
    let entries = std::fs::read_dir(cache.path().join("cache")).unwrap();
    let files = entries.map(|entry| entry.unwrap().path());
    let kept: Vec<_> = files
        .filter(|path| path.extension().is_some_and(|it| it == "refused"))
        .collect();
    assert_eq!(kept.len(), 1);
    std::fs::remove_file(&kept[0]).unwrap();
    start().wait_text("compiling large");
}
