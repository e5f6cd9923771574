//! The chat page in a real browser: whole conversations, and what bots and other sites try with it.

mod doors;
mod fluent;
mod hostile;
mod kept;
mod remembered;
mod shown;

use std::{fs, future::Future, path::Path, process::Command};

use ravenry_desk::simulator::{Answer, Ending, Step, Wait};
use serde_json::{Value, json};

use crate::driver::{Browser, ENTER, ESCAPE};
use crate::harness::{Answered as _, FakePoe, Folder, Script, Server, waits::eventually};

/// Waits for the fake platform, which speaks async.
fn wait<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(future)
}

/// A gateway with a page for these bots, and where the page is.
fn up(names: &[&str]) -> (Server, String) {
    let manifest: String = names
        .iter()
        .map(|name| format!("[bot.{name}]\nsource = \"{name}.wasm\"\n"))
        .collect();
    let server = Folder::with_manifest(&manifest)
        .env("RAVENRY_PAGE", "127.0.0.1:0")
        .up();
    let page = server.wait_output(|line| {
        let (_, page) = line.split_once("Talk to your bots in a browser: ")?;
        Some(page.to_owned())
    });
    (server, page)
}

/// What the first command of the README leads to: a cat, and everything that can be done with it.
#[test]
fn a_whole_conversation() {
    let (server, page) = up(&["cat"]);
    let browser = Browser::open(&page);
    browser.choose("cat");
    browser.say("food");
    browser.wait_text(".answer .text", "meow meow");
    browser.wait_text("#suggestions .chip", "feed the cat");
    browser.click("#suggestions .chip");
    browser.wait_text(".said .bubble", "feed the cat");
    browser.wait_text(".answer .text", "zzz");

    browser.say("count quickly");
    browser.wait_text(".answer .text", "10");
    browser.say("markdown");
    browser.wait("document.querySelector('.answer:last-of-type .text table td')");
    assert_eq!(browser.text(".answer h3"), "All about me");
    let link = "const a = document.querySelector('.answer a'); return [a.href, a.rel, a.target]";
    let expected = json!(["https://poe.com/", "noopener noreferrer nofollow", "_blank"]);
    assert_eq!(browser.script(link, &[]), expected);
    browser.say("plain markdown");
    browser.wait_text(".answer .plain", "| cat    | 10     |");

    browser.say("square");
    browser.wait_text(".answer .trouble", "Square snacks are not tasty.");
    browser.click(".answer:last-of-type .trouble .chip");
    browser.wait("document.querySelector('.answer:last-of-type .acts')");
    browser.wait_text(".answer .trouble", "Square snacks are not tasty.");
    browser.say("cube");
    browser.wait_text(".answer .trouble", "Cube snacks");
    browser.wait("!document.getElementById('send').hidden");
    let retry = "return document.querySelector('.answer:last-of-type .trouble .chip')";
    assert_eq!(browser.script(retry, &[]), Value::Null);

    browser.click(".answer:last-of-type [aria-label=Like]");
    server.wait_text("gave \\\"like\\\"");
    browser.click(".answer:last-of-type [aria-label=React]");
    browser.click(".answer:last-of-type [aria-label=heart]");
    server.wait_text("reacted with \\\"heart\\\"");
    browser.is_well();
}

/// What was said can be kept as a file for `ravenry test`.
#[test]
fn a_conversation_becomes_a_test() {
    let (_server, page) = up(&["cat"]);
    let browser = Browser::open(&page);
    browser.choose("cat");
    let downloads = tempfile::tempdir().unwrap();
    browser.devtools(&json!({"cmd": "Browser.setDownloadBehavior",
        "params": {"behavior": "allow", "downloadPath": downloads.path()}}));
    browser.click("#record");
    browser.wait_text("#toast", "nothing was answered yet");
    browser.say("food");
    browser.wait_text("#suggestions .chip", "feed the cat");
    browser.say("square");
    browser.wait_text(".answer .trouble", "Square snacks are not tasty.");
    browser.click(".answer:last-of-type .trouble .chip");
    browser.wait("document.querySelector('.answer:last-of-type .acts')");
    browser.wait_text(".answer .trouble", "Square snacks are not tasty.");
    browser.wait("!document.getElementById('send').hidden");
    browser.click("#record");
    let kept = downloaded(&downloads.path().join("cat.toml"));
    assert_eq!(kept.matches("[[turn]]").count(), 2, "{kept}");
    for line in [
        "bot = \"cat\"",
        "say = \"food\"",
        "text = \"meow \"",
        "suggested_reply = \"feed the cat\"",
    ] {
        assert!(kept.contains(line), "{kept}");
    }
    browser.is_well();
}

/// What the browser has put there, as soon as it has.
fn downloaded(file: &Path) -> String {
    let text = || fs::read_to_string(file).ok();
    eventually(
        || "something is saved".to_owned(),
        || text().filter(|text| !text.is_empty()),
    )
}

/// Beside the conversation stands what went over the wire; the copied command asks the same again.
#[test]
fn the_panel_shows_the_wire() {
    let (_server, page) = up(&["cat"]);
    let browser = Browser::open(&page);
    browser.choose("cat");
    browser.say("food");
    browser.wait("document.querySelectorAll('#rows .row').length === 5");
    let names =
        "return [...document.querySelectorAll('#rows .event')].map((row) => row.textContent)";
    let expected = json!(["meta", "text", "text", "suggested_reply", "done"]);
    assert_eq!(browser.script(names, &[]), expected);
    browser.click("#rows .row:nth-of-type(3)");
    browser.wait_text("#detail pre", "meow ");
    browser.click("#tab-request");
    let body = browser.text("#body");
    let query: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(query["query"][0]["content"], "food");
    browser.click("#copy-curl");
    let command = browser.wait("window.copied");
    let said = Command::new("sh")
        .arg("-c")
        .arg(command.as_str().unwrap())
        .output();
    let said = String::from_utf8(said.unwrap().stdout).unwrap();
    assert!(
        said.contains("meow") && said.contains("event: done"),
        "{said}"
    );
    browser.click("#tab-findings");
    browser.wait_text("#finding-list", "No rule was broken.");
    browser.is_well();
}

/// Whatever breaks a rule is said while the answer still runs.
#[test]
fn findings_come_as_they_happen() {
    let poe = FakePoe::start().unwrap();
    let odd = Answer::stream()
        .text("a")
        .event("banana", json!({}))
        .step(Step::Wait(Wait::Gate("later".to_owned())))
        .text("b");
    poe.bot("odd", odd);
    let browser = Browser::open(&poe.url());
    browser.choose("odd");
    browser.say("hi");
    browser.click("#tab-findings");
    browser.wait_text("#finding-list", "E7");
    assert!(!browser.text("#finding-list").contains("E4"));
    poe.release("later");
    browser.wait_text("#finding-list", "`done` is the last event");
    browser.is_well();
}

/// A stop hangs up on the bot; what it had said by then stays, also for the bot.
#[test]
fn a_stop_hangs_up() {
    let poe = FakePoe::start().unwrap();
    let endless = Answer::stream()
        .text("as long as")
        .step(Step::Wait(Wait::Forever));
    let short = Answer::stream().text("well").done();
    poe.bot(
        "endless",
        Script::in_turn([endless.clone(), endless, short]),
    );
    let browser = Browser::open(&poe.url());
    browser.choose("endless");
    browser.say("how long?");
    browser.wait_text(".answer .text", "as long as");
    browser.press(ESCAPE);
    let query = wait(poe.next_query("endless")).unwrap();
    assert_eq!(wait(query.ended()).unwrap(), Ending::HungUp);
    browser.wait_text(".answer .after", "stopped");
    // Once more, and this time by the button.
    browser.click(".answer [aria-label='Ask again']");
    let query = wait(poe.next_query("endless")).unwrap();
    assert_eq!(query.body["query"].as_array().unwrap().len(), 1);
    browser.wait_text(".answer .text", "as long as");
    browser.click("#stop");
    assert_eq!(wait(query.ended()).unwrap(), Ending::HungUp);
    browser.say("thanks");
    browser.wait_text(".answer .text", "well");
    let query = wait(poe.next_query("endless")).unwrap();
    let said: Vec<&str> = query.body["query"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| message["content"].as_str().unwrap())
        .collect();
    assert_eq!(said, ["how long?", "as long as", "thanks"]);
    browser.is_well();
}

/// Several people speak, and the bot knows who does.
#[test]
fn two_people_take_part() {
    let poe = FakePoe::start().unwrap();
    poe.bot("host", Script::text("welcome"));
    let browser = Browser::open(&poe.url());
    browser.choose("host");
    browser.say("I am first");
    browser.wait_text(".answer .text", "welcome");
    browser.keys("#person", "A");
    browser.keys("#join-name", "Ben");
    browser.press(ENTER);
    browser.wait("document.getElementById('person').selectedOptions[0].text === 'Ben'");
    browser.say("I am second");
    browser.wait_text(".said .who", "Ben");
    wait(poe.next_query("host")).unwrap();
    let query = wait(poe.next_query("host")).unwrap().body;
    let names: Vec<&Value> = query["users"]
        .as_array()
        .unwrap()
        .iter()
        .map(|user| &user["name"])
        .collect();
    assert_eq!(names, ["You", "Ben"]);
    assert_eq!(query["user_id"], query["users"][1]["id"]);
    assert_eq!(query["query"][2]["sender"]["name"], "Ben");
    browser.is_well();
}
