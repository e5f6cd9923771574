//! `ravenry up --record` of a bot that keeps things: what it found and what it left is in the file, which passes by
//! itself. And what the log says of operations, for whoever wants to see them.

use std::fs;

use serde_json::{Value, json};

use super::{KEEPER, Person, keepers, told};
use crate::replay::{bots::Bots, record::recorded};

const ZOE: Person<'_> = Person("u-zoe-secret", "c-zoe-secret");

#[test]
fn what_was_found_and_left_is_recorded_and_passes() {
    let server = keepers(KEEPER).flag("--record").flag("recorded").up();
    let before = json!([
        ["set", "user", "name", "\"Zoe\""],
        [
            "set",
            "user",
            "by u-zoe-secret",
            "{\"who\":\"u-zoe-secret\"}"
        ],
        [
            "set-many",
            "bot",
            [["a", "1"], ["b", "two"], ["old", "{\"deep\":[true,null]}"]]
        ],
        ["add", "conversation", "n", 2],
    ]);
    told(&server, "keeper", ZOE, &before);
    let query = json!([
        ["get", "user", "name"],
        ["get", "user", "none"],
        ["get", "user", "by u-zoe-secret"],
        ["exists", "bot", "b"],
        ["get-many", "bot", ["old", "a"]],
        ["keys", "bot", null],
        ["delete", "bot", "old"],
        ["swap", "bot", "a", "\"one\""],
        ["stale", "bot", "a", "3"],
        ["add", "conversation", "n", 5],
        ["set", "conversation", "zeros", 3],
    ]);
    told(&server, "keeper", ZOE, &query);
    let files = recorded(&server.folder.path().join("recorded"), 2);
    let texts: Vec<_> = files
        .iter()
        .map(|file| fs::read_to_string(file).unwrap())
        .collect();
    assert!(!texts[0].contains("\n[store"), "{}", texts[0]);
    let kept = |text: &str| -> String {
        let plain = |line: &&str| !line.starts_with("began") && !line.starts_with("say");
        let lines = text
            .lines()
            .filter(plain)
            .filter(|line| !line.starts_with("  {"));
        lines.collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(kept(&texts[0]), @r#"
    # Recorded from a live bot. Read it before you share it: what people said is in it.
    bot = "keeper"
    times = "rough"

    [[turn]]
    answer = [
    ]

    [turn.store.bot]
    a = 1
    b = { text = "two" }
    old = { json = '{"deep":[true,null]}' }

    [turn.store.user]
    "by u-00000000000000000000000000000001" = { who = "u-00000000000000000000000000000001" }
    name = "Zoe"

    [turn.store.conversation]
    n = 2
    "#);
    insta::assert_snapshot!(kept(&texts[1]), @r#"
    # Recorded from a live bot. Read it before you share it: what people said is in it.
    # Values that the bot saw only the keys of are not known; they are empty here.
    bot = "keeper"
    times = "rough"

    [store.bot]
    a = 1
    b = { text = "" }
    old = { json = '{"deep":[true,null]}' }

    [store.user]
    "by u-00000000000000000000000000000001" = { who = "u-00000000000000000000000000000001" }
    name = "Zoe"

    [store.conversation]
    n = 2

    [[turn]]
    answer = [
    ]

    [turn.store.bot]
    a = { text = "meanwhile" }
    old = { gone = true }

    [turn.store.conversation]
    n = 7
    zeros = { text = "000" }
    "#);
    let bots = Bots::with("keeper", "", &[("one", &texts[0]), ("two", &texts[1])]);
    // Who asked, and where, has another name there, also in what is kept under it.
    assert!(!texts.concat().contains("zoe-secret"), "{texts:?}");
    bots.test(&["."]).code(0);
}

#[test]
fn operations_are_logged_for_whoever_asks_for_them() {
    let server = keepers(KEEPER).flag("--log").flag("store=debug").up();
    let steps = json!([
        ["set", "user", "name", "of zoe"],
        ["get", "user", "name"],
        ["get-many", "bot", ["a", "b\u{1b}"]],
        ["set-many", "bot", [["a", "1"], ["b", "2"]]],
        ["set", "bot", "large", 1_048_577],
    ]);
    told(&server, "keeper", ZOE, &steps);
    server.wait_text("refused");
    let log = server.log();
    let operation = |line: &String| {
        let record: Value = serde_json::from_str(line).ok()?;
        let words = ["bucket", "keys", "bytes", "outcome"].map(|name| record[name].to_string());
        let message = record["message"].as_str()?.strip_prefix("the store: ")?;
        Some(format!("{message} {}", words.join(" ")))
    };
    let operations: Vec<_> = log.iter().filter_map(operation).collect();
    insta::assert_snapshot!(operations.join("\n"), @r#"
    set "user" "name" 6 "done"
    get "user" "name" 6 "done"
    get-many "bot" "a, b\\u{1b}" 0 "done"
    set-many "bot" "a, b" 4 "done"
    set "bot" "large" 0 "refused"
    "#);
    let log = log.concat();
    assert!(
        !log.contains("of zoe") && !log.contains("zoe-secret"),
        "{log}"
    );
}
