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

/// What a file says, and what it is called, does nothing to the terminal of whoever tests.
#[test]
fn what_a_file_says_is_not_obeyed() {
    let evil = "\u{1b}]0;X\u{7}\u{61c}\u{202e}\u{200b}\u{2800}\u{e0041}é👩\u{200d}👧";
    let shown = r"\u{1b}]0;X\u{7}\u{61c}\u{202e}\u{200b}\u{2800}\u{e0041}é👩‍👧";
    let text = r"\u001b]0;X\u0007\u061c\u202e\u200b\u2800\U000e0041é👩‍👧";
    let conversation = format!("[[turn]]\nsay = \"hi {text}\"\nanswer = [\"{text}\"]\n");
    let bots = Bots::with("echo", "", &[(evil, &conversation)]);
    let is_hidden =
        |c: char| c != '\n' && (c.is_control() || evil.chars().skip(6).take(5).any(|it| it == c));
    let file = format!("echo/tests/{shown}.toml");
    let said = bots.test(&["echo"]).code(1);
    assert!(said.starts_with(&format!("{file} ... FAILED")), "{said}");
    assert!(said.contains(r#"-    3  { text = "\u001B]0;X"#), "{said}");
    assert!(!said.contains(is_hidden), "{said:?}");
    // What is accepted is written so that it can be read.
    bots.test(&["echo", "--update"]).code(0);
    let accepted = bots.text("echo", evil);
    assert!(!accepted.contains(is_hidden), "{accepted:?}");
    bots.test(&["echo"]).code(0);
}
