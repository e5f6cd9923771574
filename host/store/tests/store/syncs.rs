//! How often the disk is asked to keep what was written: at least once for each write that was acknowledged
//! before the next began, and together for those that wait together. Counted by strace.

use std::{fs, process::Command};

use ravenry_store::Database;

use crate::{
    bench::say,
    child::{Work, command},
};

#[test]
fn writes_are_synced_and_share_their_syncs() {
    let Some(none) = syncs(Work::OneByOne(0)) else {
        say("left out: counting syncs (strace is not installed, or must not watch)");
        return;
    };
    let one_by_one = syncs(Work::OneByOne(50)).unwrap() - none;
    assert!(
        one_by_one >= 50,
        "{one_by_one} syncs for 50 writes, one by one"
    );
    let together = syncs(Work::Together(64)).unwrap() - none;
    assert!(
        (1..32).contains(&together),
        "{together} syncs for 64 writes at once"
    );
}

/// How often a process that does this syncs; `None`: it cannot be counted here.
fn syncs(work: Work) -> Option<usize> {
    let directory = tempfile::tempdir().unwrap();
    let database = Database::Sqlite(directory.path().join("state"));
    let log = directory.path().join("log");
    Command::new("strace").arg("--version").output().ok()?;
    let watch = [
        "strace",
        "-f",
        "-qq",
        "-e",
        "trace=fsync,fdatasync",
        "-o",
        log.to_str().unwrap(),
    ];
    let done = command(&database, work, &watch).output().unwrap();
    if !done.status.success() {
        return None;
    }
    let log = fs::read_to_string(log).unwrap();
    // A call that another thread interrupts stands on two lines, and begins on one of them.
    let calls = log
        .lines()
        .filter(|line| line.contains("fsync(") || line.contains("fdatasync("));
    Some(calls.count())
}
