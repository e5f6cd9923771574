//! What `ravenry test` shows of the log.

use std::fs;

use super::Bots;

/// Of a conversation that fails, its author sees what the bot printed and why it broke off.
#[test]
fn a_conversation_that_fails_shows_what_was_printed() {
    let bots = Bots::with(
        "panic-in-the-middle",
        "",
        &[("one", "[[turn]]\nsay = \"hi\"\nanswer = [\"fine\"]\n")],
    );
    bots.add(
        "puppet",
        "puppet",
        "manifest_version = 1\n[bot.puppet]\nsource = \".\"\n",
    );
    for (name, answer) in [("good", "ok"), ("bad", "no")] {
        let text = format!("[[turn]]\nsay = \"log 1 3\\nok\"\nanswer = [\"{answer}\"]\n");
        fs::write(bots.conversation("puppet", name), text).unwrap();
    }
    let said = bots.test(&["."]).code(1);
    let printed = said.split(": its log").count() - 1;
    assert_eq!(printed, 2, "{said}");
    assert!(
        said.contains("puppet/tests/bad.toml: its log\n  | xxx\n"),
        "{said}"
    );
    assert!(said.contains("the words of the panic"), "{said}");
    let logged: Vec<&str> = said
        .lines()
        .filter(|line| line.starts_with("  | "))
        .collect();
    assert!(logged.len() < 10 && !said.contains("rust_"), "{said}");
    assert!(
        logged.iter().any(|line| line.contains("wasm trap")),
        "{said}"
    );
}
