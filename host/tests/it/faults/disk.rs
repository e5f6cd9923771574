//! A disk without room, where no money is concerned: what cannot be kept is told, and bots are served.

use std::fs;

use crate::harness::{Folder, SmallDisk, component, wait_until};

/// Compiled code finds no room, not even for one component: the next start will compile again, and that is all.
#[test]
fn compiled_code_that_finds_no_room_is_run_all_the_same() {
    let Some(disk) = SmallDisk::new() else { return };
    let server = Folder::with_bots(&["puppet"])
        .small_disk(&disk, 64)
        .cache_dir(&disk.path().join("cache"))
        .up();
    assert_eq!(server.ask("puppet", "hi").said(), "hi");
    let record = server.wait_log(|record| {
        let message = record["message"].as_str().unwrap_or_default();
        message.starts_with("compiled code cannot be kept")
    });
    assert_eq!(record["level"], "WARN");
    let error = record["error"].as_str().unwrap();
    assert!(error.contains("No space left on device"), "{error}");
    let left = fs::read_dir(disk.of(&server).join("cache"))
        .unwrap()
        .count();
    assert_eq!(left, 0, "nothing half-written is left");
    // The same for a change.
    let path = |name: &str| server.folder.path().join(name);
    fs::write(path("unfinished"), component("says-nothing")).unwrap();
    fs::rename(path("unfinished"), path("puppet.wasm")).unwrap();
    server.wait_text("Reloaded `puppet`");
    assert_ne!(server.ask("puppet", "hi").said(), "hi");
}

/// A conversation that finds no room is left out, and the next one that does is kept.
#[test]
fn a_conversation_that_finds_no_room_is_left_out() {
    let Some(disk) = SmallDisk::new() else { return };
    let server = Folder::with_bots(&["puppet"])
        .small_disk(&disk, 64)
        .flag("--record")
        .flag(disk.path().join("recorded").to_str().unwrap())
        .up();
    disk.fill(&server);
    assert_eq!(server.ask("puppet", "hi").said(), "hi");
    server.wait_text("a conversation could not be recorded");
    let names = || {
        let entries = fs::read_dir(disk.of(&server).join("recorded")).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.collect::<Vec<_>>()
    };
    assert_eq!(names(), Vec::<String>::new());
    disk.empty(&server);
    assert_eq!(server.ask("puppet", "hi").said(), "hi");
    wait_until("it is recorded", || names().len() == 1);
    wait_until("it has its name", || {
        names()[0].contains(".toml") && !names()[0].starts_with('.')
    });
}
