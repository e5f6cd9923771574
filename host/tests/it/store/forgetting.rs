//! `ravenry store forget`: a person, or a conversation, and nobody else.

use serde_json::{Value, json};

use super::command::{filled, printed, run};
use super::{ANN, BEN, ok, one};
use crate::harness::Terminal;

#[test]
fn a_person_is_forgotten_by_all_bots_or_by_one() {
    let state = tempfile::tempdir().unwrap();
    let server = filled(state.path());
    let state = state.path();
    let output = run(state, &["forget", "--user", "u-ann", "--bot", "other"]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        said.starts_with("Removed 2 entries of user `u-ann`: bot `other` of tenant `local`\n"),
        "{said}"
    );
    assert!(
        said.contains("ravenry store forget --conversation ID"),
        "{said}"
    );
    // The log has no id.
    let logged = String::from_utf8(output.stderr).unwrap();
    let record: Value = serde_json::from_str(&logged).unwrap();
    assert_eq!(record["target"], "store");
    assert_eq!(
        (&record["tenant"], &record["entries"]),
        (&json!("local"), &json!(2))
    );
    assert!(!logged.contains("u-ann"), "{logged}");

    assert_eq!(
        one(&server, "keeper", ANN, &json!(["get", "user", "name"])),
        ok("u-ann")
    );
    let said = printed(state, &["forget", "--user", "u-ann"]);
    assert!(
        said.starts_with("Removed 2 entries of user `u-ann`: all bots"),
        "{said}"
    );
    assert_eq!(
        one(&server, "keeper", ANN, &json!(["get", "user", "name"])),
        ok(json!(null))
    );
    assert_eq!(
        one(&server, "keeper", BEN, &json!(["get", "user", "name"])),
        ok("u-ben")
    );
    let said = printed(state, &["forget", "--conversation", "c-1"]);
    assert_eq!(
        said,
        "Removed 2 entries of conversation `c-1`: all bots of tenant `local`\n"
    );
    let said = printed(state, &["forget", "--user", "u-nobody"]);
    assert!(said.starts_with("Removed 0 entries"), "{said}");
    // What the bot keeps for all is there.
    assert_eq!(
        one(&server, "other", ANN, &json!(["get", "bot", "visits"])),
        ok("3")
    );
}

#[test]
fn at_a_terminal_forgetting_is_asked_for() {
    let state = tempfile::tempdir().unwrap();
    let _server = filled(state.path());
    let forget = ["store", "forget", "--user", "u-ann"];
    let question = "Remove 4 entries of user `u-ann`, kept by 2 bots of tenant `local`? [y/N]";
    let mut terminal = Terminal::start(state.path(), &forget);
    terminal.shows(question);
    terminal.press("\r");
    let (code, screen) = terminal.end();
    assert_eq!(code, 1);
    assert!(screen.contains("Nothing was removed"), "{screen}");
    let mut terminal = Terminal::start(state.path(), &forget);
    terminal.shows(question);
    terminal.press("y\r");
    let (code, screen) = terminal.end();
    assert_eq!(code, 0, "{screen}");
    assert!(screen.contains("Removed 4 entries"), "{screen}");
    let terminal = Terminal::start(state.path(), &[&forget[..], &["--yes"]].concat());
    let (_, screen) = terminal.end();
    assert!(
        screen.contains("Removed 0 entries") && !screen.contains("[y/N]"),
        "{screen}"
    );
}
