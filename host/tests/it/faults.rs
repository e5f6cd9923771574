//! Faults of the world around the gateway: a clock that somebody sets, a disk without room, too few descriptors,
//! names of files with line ends. What they do to money is in `poe`.

mod disk;
mod names;

use std::{
    fs,
    path::PathBuf,
    process::Command,
    time::{Duration, Instant},
};

use crate::harness::{Folder, component, post, query};

/// Stands before the C library: the clock on the wall, and no other, goes by as many seconds as a file says.
const CLOCK: &str = r#"
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *at) {
    int failed = (int)syscall(SYS_clock_gettime, clock, at);
    int wall = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
    int file = wall && !failed ? open(getenv("CLOCK_IS_AHEAD"), O_RDONLY | O_CLOEXEC) : -1;
    char seconds[32] = {0};
    if (file >= 0 && read(file, seconds, sizeof seconds - 1) > 0) at->tv_sec += atol(seconds);
    if (file >= 0) close(file);
    return failed;
}
"#;

/// A clock that a test sets.
struct Clock {
    dir: tempfile::TempDir,
}

impl Clock {
    /// Made by the compiler that links Rust programs, too.
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Self { dir };
        fs::write(clock.path("clock.c"), CLOCK).unwrap();
        clock.set(0);
        let mut cc = Command::new("cc");
        cc.args(["-shared", "-fPIC", "-o"])
            .args([clock.path("clock.so"), clock.path("clock.c")]);
        assert!(cc.status().unwrap().success());
        clock
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Sets it so many years ahead, or back. In one step: nobody finds half of a number.
    fn set(&self, years: i64) {
        let seconds = years * 365 * 24 * 3600;
        fs::write(self.path("unfinished"), seconds.to_string()).unwrap();
        fs::rename(self.path("unfinished"), self.path("ahead")).unwrap();
    }

    fn before(&self, folder: Folder) -> Folder {
        let text = |path: PathBuf| path.to_str().unwrap().to_owned();
        folder
            .env("LD_PRELOAD", &text(self.path("clock.so")))
            .env("CLOCK_IS_AHEAD", &text(self.path("ahead")))
    }
}

/// Somebody sets the clock by years, forth and back: nobody is cut off or kept waiting for that.
#[test]
fn a_clock_that_jumps_moves_no_deadline() {
    let clock = Clock::new();
    let manifest = "[bot.puppet]\nsource = \"puppet.wasm\"\n\
         [bot.short]\nsource = \"puppet.wasm\"\nlimits = { wall_time = \"3s\" }\n\
         [bot.full]\nsource = \"puppet.wasm\"\nlimits = { running = 1, queue = 1, queue_wait = \"2s\" }\n";
    let server = clock.before(Folder::with_manifest(manifest)).up();
    let year = |bot: &str| {
        let record = server.wait_query(bot);
        record["timestamp"].as_str().unwrap()[..4]
            .parse::<i64>()
            .unwrap()
    };
    let mut kept = server.connect();
    let mut ask_again = || {
        let request = post("/puppet", &[], query("hi").to_string().as_bytes());
        assert_eq!(kept.send(request).answer().said(), "hi");
    };
    ask_again();
    let now = year("puppet");
    let first = |bot: &str, then: &str| {
        let mut stream = server.open(bot, &format!("before\n{then}"));
        assert_eq!(stream.next_event().unwrap().1["text"], "before");
        stream
    };
    let began = Instant::now();
    let patient = first("puppet", "sleep 4000\nthe end");
    let short = first("short", "sleep 100000000");
    let _running = first("full", "sleep 100000000");
    let mut waiting = server.connect();
    waiting.send(post("/full", &[], query("hi").to_string().as_bytes()));
    server.wait_metric("ravenry_waiting_queries", &[("tenant", "local")], 1.0);

    for years in [10, -10, 40] {
        clock.set(years);
        ask_again();
        assert_eq!(server.ask("puppet", "hi").said(), "hi");
    }
    let busy = waiting.answer().show();
    assert!(busy.contains("The bot is busy"), "{busy}");
    assert!(began.elapsed() > Duration::from_secs(2), "it has waited");
    let short = short.rest().show();
    assert!(
        short.contains("error") && short.ends_with("done {}\n"),
        "{short}"
    );
    assert!(began.elapsed() > Duration::from_secs(3), "it had its time");
    assert!(patient.rest().said().ends_with("the end"));
    let took = began.elapsed();
    assert!(took > Duration::from_secs(4), "it slept");
    assert!(took < Duration::from_secs(30), "{took:?}");
    // It did jump.
    assert!(year("short") > now + 35);
}

/// Where not even the files of bots could be opened, nothing is begun.
#[test]
fn a_start_with_too_few_descriptors_is_refused() {
    let folder = Folder::with_bots(&["puppet"]).first("ulimit -n 100");
    let output = folder.command(&["up", "ravenry.toml"]).output().unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("100 files open at once, and a gateway needs 112"),
        "{said}"
    );
    assert!(said.contains("raise `ulimit -n`"), "{said}");
}

/// The code of each bot is a file, where it is not the code of another one. A hundred of them leave the part of the
/// readers to these, and the last bot is as good as the first.
#[test]
fn more_bots_than_descriptors_keep_no_reader_out() {
    let puppet = component("puppet");
    // A custom section of this name, and a number in it: other code to whoever compiles it.
    let other = |number: u8| [&*puppet, &[0, 3, 1, b'n', number]].concat();
    let bot = |name: &str| format!("[bot.{name}]\nsource = \"./{name}.wasm\"\n");
    let names = (0..100).map(|number| format!("n{number}"));
    let manifest: String = names
        .chain(["puppet".to_owned()])
        .map(|name| bot(&name))
        .collect();
    let folder = (0..100).fold(
        Folder::empty().file("puppet.wasm", &puppet),
        |folder, number| folder.file(&format!("n{number}.wasm"), other(number)),
    );
    let folder = folder.manifest("ravenry.toml", &manifest);
    let server = folder.first("ulimit -n 256").up();
    server.wait_ready();
    let mut waiting: Vec<_> = (0..90)
        .map(|_| server.open("puppet", "before\nsleep 60000"))
        .collect();
    for reply in &mut waiting {
        assert_eq!(reply.next_event().unwrap().1["text"], "before");
    }
    for bot in ["n0", "n99"] {
        assert_eq!(server.ask(bot, "hi").said(), "hi");
    }
    let log = server.log().join("\n");
    assert_eq!(log.matches("runs from copies").count(), 1, "{log}");
    assert!(!log.contains("cannot be accepted"), "{log}");
}
