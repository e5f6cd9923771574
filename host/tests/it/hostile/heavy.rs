//! Components that are small, and take much memory to compile: beside them a neighbour is answered as ever.

use std::{
    fmt::Write as _,
    time::{Duration, Instant},
};

use rustix::process::Signal;

use crate::harness::{Folder, Groups, HANG};

/// What the group of the server may use. A compiler in there may have 682 of it.
const GROUP_MEBIBYTES: u64 = 1024;

/// What one compiler makes in there, and what none does: branches of [`heavy`].
const LIGHT: usize = 2_000;
const TOO_HEAVY: usize = 10_000;

/// The longest that a test waits for four compilers, one after the other.
const COMPILED: Duration = HANG.saturating_mul(2);

const OPERATOR: &str = "\
    [tenant.greedy]\npath_prefix = \"/greedy\"\nmanifests = [\"greedy.toml\"]\n\
    [tenant.polite]\npath_prefix = \"/polite\"\nmanifests = [\"polite.toml\"]\n";

/// A bot with a function through whose every branch a thousand values live. What they take together is the
/// product of both; `number` makes it another component.
fn heavy(branches: usize, number: usize) -> Vec<u8> {
    const VALUES: usize = 1000;
    let read = |path: &str| {
        std::fs::read_to_string(format!("{}/tests/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
    };
    let mut core = read("hostile/text-not-utf8.wat");
    core.push_str("(core module $heavy (func");
    core.push_str(&" (param i32)".repeat(VALUES));
    let _ = write!(core, " (result i32) i32.const {number}");
    core.push_str(&" (block (br_if 0 (local.get 0)))".repeat(branches));
    for value in 0..VALUES {
        let _ = write!(core, " local.get {value} i32.add");
    }
    core.push_str("))");
    wat::parse_str(read("guests/bot.wat").replace(";; CORE", &core)).unwrap()
}

/// What four such components take at once is more than the group has. They are compiled one after the other, as
/// far as they fit into a part of it.
#[test]
fn compilers_leave_memory_to_those_who_are_served() {
    let Some(groups) = Groups::with_memory(GROUP_MEBIBYTES << 20) else {
        eprintln!("not tested: no control groups can be made here");
        return;
    };
    let home = tempfile::tempdir().unwrap();
    let server = Folder::empty()
        .file("greedy.toml", "manifest_version = 1\n")
        .manifest("polite.toml", "[bot.echo]\nsource = \"echo.wasm\"\n")
        .file("operator.toml", OPERATOR)
        .cache_dir(&home.path().join("cache"))
        .first(&groups.enter())
        .serve();
    server.wait_ready();
    let path = |name: &str| server.folder.path().join(name);
    let mut manifest = "manifest_version = 1\n".to_owned();
    for (number, branches) in [LIGHT, TOO_HEAVY, TOO_HEAVY, TOO_HEAVY]
        .into_iter()
        .enumerate()
    {
        let _ = write!(
            manifest,
            "[bot.heavy-{number}]\nsource = \"./heavy-{number}.bin.wasm\"\n"
        );
        std::fs::write(
            path(&format!("heavy-{number}.bin.wasm")),
            heavy(branches, number),
        )
        .unwrap();
    }
    std::fs::write(path("greedy.toml"), manifest).unwrap();
    server.signal(Signal::HUP);

    let refused = || {
        let log = server.log();
        let said = log
            .iter()
            .filter(|line| line.contains("takes more than 682 MiB of memory"));
        said.count()
    };
    let hang = Instant::now() + COMPILED;
    while refused() < 3 {
        assert!(Instant::now() < hang, "{:#?}", server.log());
        let answer = server.ask("polite/echo", "hi");
        assert_eq!(answer.said(), "hi", "{}", answer.show());
    }
    server.wait_text("give the server more memory");
    assert_eq!(server.ask("greedy/heavy-0", "hi").status, 200);
    for number in 1..4 {
        assert_eq!(server.get(&format!("/greedy/heavy-{number}")).status, 404);
    }
}
