//! Money where the disk is full, or may not be written: nothing is charged that cannot be noted, and replies that
//! charge nothing go on.

use std::{
    fs,
    path::PathBuf,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use super::{crash::paid, folder, send};
use crate::harness::{FakePoe, Server, SmallDisk, is_installed_or_told, wait_until};

const REFUSED: &str = "charges are refused, because they cannot be noted";

/// Each way of a disk to be of no use, and to be of use again.
type Ways = [(
    fn(&SmallDisk, &Server),
    fn(&SmallDisk, &Server),
    &'static str,
); 2];
const WAYS: Ways = [
    (SmallDisk::fill, SmallDisk::empty, "No space left on device"),
    (
        |disk, server| disk.remount(server, "ro"),
        |disk, server| disk.remount(server, "rw"),
        "Read-only file system",
    ),
];

#[test]
fn a_disk_that_takes_nothing_refuses_charges_alone() {
    let Some(disk) = SmallDisk::new() else { return };
    let poe = FakePoe::start().unwrap();
    let server = folder(&poe, "")
        .small_disk(&disk, 64)
        .state_dir(&disk.path().join("state"))
        .up();
    let said = |lines: &str| send(&server, &paid(lines)).said();
    let settled = || {
        let records = || fs::read_dir(disk.of(&server).join("state/charges")).unwrap();
        wait_until("no record is left", || records().count() == 0);
        // One that is still open takes its room as long.
        let open = || fs::read_dir(format!("/proc/{}/fd", server.id())).unwrap();
        let is_record = |file: PathBuf| file.to_string_lossy().contains("/charges/");
        let links = || open().filter_map(|entry| fs::read_link(entry.unwrap().path()).ok());
        wait_until("no record is open", || !links().any(is_record));
    };
    let charges = "authorize 300\ncapture 300\nthanks";
    for (episode, (spoil, mend, why)) in WAYS.into_iter().enumerate() {
        assert_eq!(said(charges), "thanks");
        // Its record would leave room when it goes.
        settled();
        let bills = poe.bills().len();
        spoil(&disk, &server);
        for _ in 0..3 {
            assert_eq!(said("free of charge"), "free of charge");
            for charge in ["authorize", "capture"] {
                let said = said(&format!("try {charge} 300\nstill here"));
                assert!(said.ends_with("still here"), "{said}");
                assert!(said.len() > "still here".len(), "the bot is told: {said}");
            }
        }
        assert_eq!(poe.bills().len(), bills, "nothing was sent");
        // Said once, with the reason.
        let record = server.wait_log(|record| {
            let error = record["error"].as_str().unwrap_or_default();
            record["message"]
                .as_str()
                .unwrap_or_default()
                .starts_with(REFUSED)
                && error.contains(why)
        });
        assert_eq!(record["level"], "ERROR");
        mend(&disk, &server);
        assert_eq!(said(charges), "thanks");
        server.wait_times(REFUSED, episode + 1);
        let times = server
            .log()
            .iter()
            .filter(|line| line.contains(REFUSED))
            .count();
        assert_eq!(times, episode + 1);
    }
    // No half of a record is left for the next start to tell of.
    settled();
}

/// Becomes a gateway for which all that goes to the disk is there five seconds late.
const SLOW: &str = "exec strace -D -f -qq --seccomp-bpf -o /dev/null \
    -e trace=fdatasync -e inject=fdatasync:delay_enter=5s \"$0\" \"$@\"";

/// Those who charge wait for the disk, however many they are, and nobody else does.
#[test]
fn a_slow_disk_keeps_those_waiting_who_charge() {
    const CHARGES: usize = 64;
    if !is_installed_or_told("strace", "strace") {
        return;
    }
    let poe = FakePoe::start().unwrap();
    let server = folder(&poe, "").first(SLOW).up();
    let charged = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..CHARGES {
            scope.spawn(|| {
                let said = send(&server, &paid("authorize 300\nthanks")).said();
                assert_eq!(said, "thanks");
                charged.fetch_add(1, Ordering::Relaxed);
            });
        }
        server.wait_running("asker", 64.0);
        for _ in 0..20 {
            let said = send(&server, &paid("free of charge")).said();
            assert_eq!(said, "free of charge");
        }
        let charged = charged.load(Ordering::Relaxed);
        assert_eq!(charged, 0, "who charges waits for the disk");
        assert_eq!(poe.bills().len(), 0, "and nothing is sent before");
    });
    assert_eq!(poe.bills().len(), CHARGES);
}
