//! Standard output that cannot be written, or that nobody reads; and an environment with nothing in it.

use std::{
    fs::{File, OpenOptions},
    io::pipe,
    process::{Command, Output, Stdio},
};

use rustix::process::Signal;

use crate::harness::{Folder, Server, component};

/// Every verb that says something and comes to an end, with arguments for it.
const VERBS: &[&[&str]] = &[
    &["--help"],
    &["--version"],
    &["up", "--help"],
    &["completions", "bash"],
    &["check", "--list"],
    &["inspect", "echo.wasm"],
    &["build", "ravenry.toml"],
    &["new", "cat", "--template", "python"],
    &["chat", "URL/echo", "hello"],
    &["check", "URL/echo"],
    &["test", "ravenry.toml"],
];

const MANIFEST: &str = "manifest_version = 1\n[bot.echo]\nsource = \"echo.wasm\"\n";

/// What a verb does whose standard output is this.
fn run(server: &Server, verb: &[&str], stdout: Stdio) -> Output {
    let dir = tempfile::tempdir().unwrap();
    let write = |path: &str, bytes: &[u8]| std::fs::write(dir.path().join(path), bytes).unwrap();
    write("echo.wasm", &component("echo"));
    write("ravenry.toml", MANIFEST.as_bytes());
    std::fs::create_dir(dir.path().join("tests")).unwrap();
    let conversation = "[[turn]]\nsay = \"hello\"\nanswer = [\"hello\"]\n";
    write("tests/it.toml", conversation.as_bytes());
    let url = format!("http://{}", server.address);
    Command::new(env!("CARGO_BIN_EXE_ravenry"))
        .args(verb.iter().map(|argument| argument.replace("URL", &url)))
        .current_dir(dir.path())
        .stdin(Stdio::null())
        .stdout(stdout)
        .output()
        .unwrap()
}

#[test]
fn what_cannot_be_written_is_a_failure() {
    let server = Server::with_bots(&["echo"]);
    for verb in VERBS {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = run(&server, verb, full.into());
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{verb:?}: {said}");
        for words in [
            "standard output cannot be written",
            "No space left on device",
        ] {
            assert!(said.contains(words), "{verb:?}: {said}");
        }
    }
}

#[test]
fn a_reader_who_has_had_enough_is_no_failure() {
    let server = Server::with_bots(&["echo"]);
    for verb in VERBS {
        let (reader, writer) = pipe().unwrap();
        drop(reader);
        let output = run(&server, verb, writer.into());
        let said = String::from_utf8(output.stderr).unwrap();
        let good = output.status.code();
        // That a bot breaks rules, or a test fails, is told all the same.
        assert!(good == Some(0) || verb[0] == "check", "{verb:?}: {said}");
        assert!(!said.contains("standard output"), "{verb:?}: {said}");
    }
}

/// Bots are served all the same; it is said at once, and makes a failure of the end.
#[test]
fn a_server_goes_on_without_it() {
    let folder = Folder::with_bots(&["echo"]);
    let mut child = folder
        .command(&["up", "ravenry.toml"])
        .stdin(Stdio::null())
        .stdout(File::options().write(true).open("/dev/full").unwrap())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let said = crate::harness::Lines::collect(child.stderr.take().unwrap());
    let told = said.wait(|line| {
        line.contains("standard output cannot be written")
            .then_some(())
    });
    assert!(told.is_some(), "{:?}", said.all());
    let process = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(process, Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1), "{:?}", said.all());
    let stopped = said.all().iter().any(|line| line.contains("stopped"));
    assert!(stopped, "{:?}", said.all());
}

/// As where a service's settings name all variables, with values or without.
#[test]
fn an_empty_variable_is_not_set() {
    let names = [
        "LISTEN",
        "METRICS_LISTEN",
        "STATE_DIR",
        "CACHE_DIR",
        "LIMITS",
        "POE_API",
        "POE_UPLOAD",
        "ALLOW_PRIVATE_HOSTS",
        "NAME_SERVERS",
        "DRAIN",
        "LOG_FORMAT",
        "LOG",
        "RECORD",
        "PAGE",
        "SECRETS_DIR",
    ];
    let mut folder = Folder::with_bots(&["echo"]);
    for name in names.iter().filter(|name| **name != "PAGE") {
        folder = folder.env(&format!("RAVENRY_{name}"), "");
    }
    assert_eq!(folder.up().ask("echo", "hi").said(), "hi");
    let said = Folder::empty()
        .file(
            "ravenry.toml",
            format!("{MANIFEST}poe = {{ access_key = {{ env = \"EMPTY\" }} }}\n"),
        )
        .file("echo.wasm", component("echo"))
        .env("EMPTY", "")
        .refused(&["up", "ravenry.toml"]);
    assert!(
        said.contains("environment variable `EMPTY` is not set"),
        "{said}"
    );
}
