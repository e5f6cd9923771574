//! A bot that remembers: `notes`.

use std::{path::Path, thread};

use rustix::process::Signal;
use serde_json::json;

use super::Sample;
use crate::harness::{Folder, Server, query};

/// What a person is told by a bot.
fn told(server: &Server, sample: &Sample, user: &str, text: &str) -> String {
    let mut body = query(text);
    body["user_id"] = json!(user);
    server.send(&sample.bot, &body, &[]).said()
}

fn served(sample: &Sample, state: &Path) -> Server {
    let server = Folder::with_manifest(&sample.entry()).state_dir(state).up();
    server.wait_ready();
    server
}

/// Two people, apart from each other; what was said is there after a kill.
pub fn keeps_what_each_person_says(sample: &Sample) {
    let state = tempfile::tempdir().unwrap();
    let mut server = served(sample, state.path());
    for (user, text, said) in [
        ("ann", "remember the milk", "Noted, as number 1."),
        ("ann", "Note: tea\nfor two", "Noted, as number 2."),
        ("ben", "list", "You have no notes."),
        ("ben", "forget everything", "You have no notes."),
        ("ben", "remember a secret", "Noted, as number 1."),
    ] {
        assert_eq!(told(&server, sample, user, text), said, "{user}: {text}");
    }
    server.signal(Signal::KILL);
    server.wait();
    let server = served(sample, state.path());
    for (user, text, said) in [
        ("ann", "list", "- **1** the milk\n- **2** tea for two\n"),
        ("ann", "forget 1", "Forgotten: the milk"),
        ("ann", "forget 1", "You have no note 1."),
        ("ann", "remember eggs", "Noted, as number 3."),
        ("ann", "list", "- **2** tea for two\n- **3** eggs\n"),
        ("ann", "forget all", "I have forgotten your 2 notes."),
        ("ann", "remember more", "Noted, as number 4."),
        ("ann", "forget everything", "I have forgotten your note."),
        ("ben", "list", "- **1** a secret\n"),
    ] {
        assert_eq!(told(&server, sample, user, text), said, "{user}: {text}");
    }
}

/// One person writes on sixteen devices at once: each note is there, under a number of its own.
pub fn loses_no_note(sample: &Sample) {
    let state = tempfile::tempdir().unwrap();
    let server = served(sample, state.path());
    thread::scope(|scope| {
        for device in 0..16 {
            let server = &server;
            scope.spawn(move || {
                for number in 0..4 {
                    let text = format!("remember {device}.{number}");
                    let said = told(server, sample, "ann", &text);
                    assert!(said.starts_with("Noted, as number "), "{said}");
                }
            });
        }
    });
    let list = told(&server, sample, "ann", "list");
    let mut kept: Vec<&str> = list
        .lines()
        .map(|line| line.rsplit(' ').next().unwrap())
        .collect();
    assert!(
        list.lines().last().unwrap().starts_with("- **64** "),
        "{list}"
    );
    kept.sort_unstable();
    let mut all: Vec<String> = (0..64).map(|at| format!("{}.{}", at / 4, at % 4)).collect();
    all.sort_unstable();
    assert_eq!(kept, all);
}
