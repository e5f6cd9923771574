//! What a bot read and wrote in its store, below its answer.

use serde_json::{Value, json};

use super::up;
use crate::driver::Browser;

/// Keys and words, as they are read there.
const SHOWN: &str = "return [...document.querySelectorAll('.answer:last-of-type .store dl > div')]\
    .map((row) => [row.querySelector('dt').textContent, row.querySelector('dd').textContent, row.className])";

#[test]
fn what_was_read_and_written_stands_below_the_answer() {
    let (_server, page) = up(&["keeper", "echo"]);
    let browser = Browser::open(&page);
    browser.choose("keeper");
    browser.say(r#"[["add", "bot", "visits", 3]]"#);
    browser.wait_text(".store summary", "Store: 1 changed");
    let trick = "<img src=x onerror=alert(1)>\u{202e}";
    let steps = json!([
        ["add", "bot", "visits", 1],
        ["get", "user", "none"],
        ["set", "user", "trick", trick]
    ]);
    browser.say(&steps.to_string());
    browser.wait_text(
        ".answer:last-of-type .store summary",
        "Store: 2 changed, 1 read",
    );
    let expected = json!([
        ["bot.visits", "3 → 4", "changed"],
        [
            "user.trick",
            "→ <img src=x onerror=alert(1)>\\u{202e}",
            "changed"
        ],
        ["user.none", "read, not there", ""],
    ]);
    assert_eq!(browser.script(SHOWN, &[]), expected);
    // Many of them are folded up, and can be unfolded.
    browser.say(r#"[["fill", "user", "k", 150, "v"]]"#);
    browser.wait_text(
        ".answer:last-of-type .store summary",
        "Store: 100 changed, 50 more",
    );
    let is_open = "return document.querySelector('.answer:last-of-type .store').open";
    assert_eq!(browser.script(is_open, &[]), json!(false));
    browser.click(".answer:last-of-type .store summary");
    assert_eq!(browser.script(is_open, &[]), json!(true));
    // A bot that keeps nothing has none.
    browser.choose("echo");
    browser.say("hi");
    browser.wait("document.querySelector('.answer .acts')");
    let none = "return document.querySelector('.store')";
    assert_eq!(browser.script(none, &[]), Value::Null);
    browser.is_well();
}
