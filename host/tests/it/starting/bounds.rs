//! What a compiler may take: memory, time, and how both are seen.

use std::process::Command;

use super::*;
use crate::harness::Groups;

/// A few kilobytes that make a compiler take all memory there is: one of thousands of branches may be
/// taken, each with a thousand values.
fn memory_bomb() -> Vec<u8> {
    const BRANCHES: usize = 5_000;
    const VALUES: usize = 1_000;
    let targets: String = (0..BRANCHES).map(|target| format!(" {target}")).collect();
    let module = format!(
        "(module (type $values (func (result {}))) (func (param i32) {} {} local.get 0 br_table {targets} {} {}))",
        "i32 ".repeat(VALUES),
        "(block (type $values)".repeat(BRANCHES),
        "local.get 0 ".repeat(VALUES),
        ")".repeat(BRANCHES),
        "drop ".repeat(VALUES),
    );
    with_module(&component("echo"), &wat::parse_str(module).unwrap())
}

/// The compiler's memory is bounded, and it is said that this was too little.
#[test]
fn a_compiler_has_its_memory() {
    let cache = tempfile::tempdir().unwrap();
    let bomb = memory_bomb();
    let server = folder(&format!("{ECHO}{LARGE}"), &bomb, &cache).up();
    server.wait_text("compiling it takes more than ");
    assert_eq!(server.ask("echo", "still here").said(), "still here");
    assert_eq!(server.ask("large", "hi").status, 404);
    drop(server);
    let server = folder(&format!("{ECHO}{LARGE}"), &bomb, &cache).up();
    server.wait_text(" MiB of memory (found before");
}

/// The compiler that a server starts has bounds: time by the size of the component, and memory.
#[test]
fn a_compiler_has_bounds_of_its_own() {
    let cache = tempfile::tempdir().unwrap();
    let large = enlarged(&component("echo"));
    let megabytes = large.len().div_ceil(1024 * 1024);
    let server = folder(&format!("{ECHO}{LARGE}"), &large, &cache).up();
    let compiler = wait_worker(server.id());
    let bound = |name: &str| {
        let limits = std::fs::read_to_string(format!("/proc/{compiler}/limits")).unwrap();
        let line = limits.lines().find(|line| line.starts_with(name)).unwrap();
        let soft = line[name.len()..].split_whitespace().next().unwrap();
        soft.parse::<usize>().ok()
    };
    wait_until("it gets its bounds", || bound("Max data size").is_some());
    assert_eq!(bound("Max cpu time"), Some(30 + 10 * megabytes));
    // A quarter of what the server may use, but no less than a bot in Python takes.
    let memory = bound("Max data size").unwrap();
    assert!(((704 << 20)..=(4 << 30)).contains(&memory), "{memory}");
}

/// A component that takes its compiler too long is given up.
#[test]
fn a_compiler_has_its_time() {
    let mut compiler = Command::new(env!("CARGO_BIN_EXE_ravenry"))
        .args(["compile", "large:1:100:1048576:1:4294967296"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = compiler.stdin.take().unwrap();
    stdin.write_all(&enlarged(&component("echo"))).unwrap();
    drop(stdin);
    let status = compiler.wait().unwrap();
    assert_eq!(status.signal(), Some(Signal::XCPU.as_raw()), "{status}");
}

/// What the group around that of the process allows is what the machine carries. Only where groups can be
/// made; everywhere else the unit tests have to do.
#[test]
fn memory_is_what_the_control_groups_allow() {
    let Some(groups) = Groups::with_memory(512 << 20) else {
        eprintln!("not tested: no control groups can be made here");
        return;
    };
    let server = Folder::with_bots(&["puppet"]).first(&groups.enter()).up();
    let output = server.output();
    // As many as that fits, with what the bot books for each.
    let between = |before: &str, after: &str| {
        let (_, rest) = output.split_once(before)?;
        rest.split_once(after)?.0.parse::<u64>().ok()
    };
    let replies = between(
        "carries up to ",
        " replies at once (256 MiB for instances, ",
    );
    let each_kib = between("at least ", " KiB for each).");
    let (Some(replies), Some(each_kib)) = (replies, each_kib) else {
        panic!("{output}");
    };
    assert!(each_kib > 112 && replies > 0, "{output}");
    assert!((replies + 1) * each_kib >= 256 << 10, "{output}");
    assert!(replies * (each_kib - 1) <= 256 << 10, "{output}");
}
