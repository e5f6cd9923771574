//! A store that is full, or cannot be used: what a bot with an SDK makes of it, and what a person reads.

use std::fs;

use ravenry_protocol::store_error::{FULL, UNAVAILABLE};
use serde_json::Value;

use crate::harness::{Answer, Folder};

/// The sample that remembers, which passes errors of the store on with `?`.
fn notes(limits: &str) -> Folder {
    Folder::with_manifest(&format!("[bot.notes]\nsource = \"notes.wasm\"\n{limits}"))
}

/// The error that an answer ends with.
fn error(answer: &Answer) -> Value {
    let errors = answer
        .events()
        .into_iter()
        .filter(|(name, _)| name == "error");
    let mut errors: Vec<_> = errors.map(|(_, data)| data).collect();
    assert_eq!(errors.len(), 1, "{}", answer.show());
    errors.remove(0)
}

#[test]
fn a_full_store_is_none_to_try_again() {
    let server = notes("limits = { store_keys = 0 }\n").up();
    let said = error(&server.ask("notes", "remember the milk"));
    assert_eq!(said["allow_retry"], false);
    let text = said["text"].as_str().unwrap();
    assert!(
        text.contains("no room left for what it is to remember"),
        "{text}"
    );
    server
        .wait_text("the reply was given up: the store: the store is full: no more than 0 entries");
}

#[test]
fn a_store_that_cannot_be_used_now_is_one_to_try_again() {
    let state = tempfile::tempdir().unwrap();
    let server = notes("").state_dir(state.path()).up();
    // It is made when a bot first keeps something: by then, there is something else.
    fs::write(state.path().join("store.sqlite"), b"no database").unwrap();
    let said = error(&server.ask("notes", "remember the milk"));
    assert_eq!(said["allow_retry"], true);
    let text = said["text"].as_str().unwrap();
    assert!(
        text.contains("cannot get at what it remembers right now"),
        "{text}"
    );
    server.wait_text("the reply was given up: the store: the store is unavailable");
}

/// The package for Python cannot use the crate in which the texts are.
#[test]
fn both_sdks_know_the_same_beginnings() {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../guest-sdk/python/src/ravenry/failure.py"
    );
    let python = fs::read_to_string(file).unwrap();
    for (beginning, kind) in [(FULL, "full"), (UNAVAILABLE, "unavailable")] {
        let line = format!("    \"{beginning}\": \"{kind}\",\n");
        assert!(python.contains(&line), "{line}");
    }
}
