//! A bot of the reference library, behind the simulator: what it asks, uploads and charges with its own
//! client arrives. Needs Python with venv, and its registry.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use rustix::process::Signal;
use serde_json::json;

use crate::components::{ReferenceBot, reference_library, repository};
use crate::harness::{
    Lines, query,
    simulate::{Simulate, ask, get, said, upload},
};

#[test]
fn a_bot_of_the_reference_library_is_at_home_here() {
    let key = "k".repeat(32);
    let mut child = Command::new(reference_library())
        .arg(repository("host/tests/languages/reference_client.py"))
        .env("BOT_KEY", &key)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = Lines::collect(child.stdout.take().unwrap());
    let mut input = child.stdin.take().unwrap();
    let _bot = ReferenceBot(child);
    let url = output.wait(|line| line.starts_with("http").then(|| line.to_owned()));
    let bot = format!("helper={}", url.expect("the bot starts"));
    let simulate = ["--bot", &bot, "--key", "helper=BOT_KEY"];
    let mut simulate = Simulate::start_with(&simulate, &[("BOT_KEY", &key)]);
    writeln!(input, "{}", simulate.url).unwrap();

    let attachment = upload(&simulate.url, "poem.txt", "An old pond");
    let mut body = query("frogs");
    body["message_id"] = json!("m-1");
    body["query"][0]["attachments"] =
        json!([{"url": attachment, "name": "poem.txt", "content_type": "text/plain"}]);
    let answer = ask(&simulate.url, "helper", &body);
    assert_eq!(
        said(&answer),
        "Claude-3-Haiku is played by a stand-in here. It was asked: “frogs” Seen: ['An old pond']",
        "{answer}"
    );
    assert!(
        answer.contains("event: file") && answer.contains("notes.txt"),
        "{answer}"
    );
    let ledger = get(&simulate.url, "/simulator/ledger");
    assert_eq!(ledger["balance"], 10_000_000 - 50);
    assert_eq!(
        (
            &ledger["tabs"][0]["authorized"],
            &ledger["tabs"][0]["captured"]
        ),
        (&json!(50), &json!(50))
    );
    simulate.signal(Signal::INT);
    let bill = simulate.last_words();
    assert!(
        bill.contains("$0.00050 captured for 1 message; $99.99950 left"),
        "{bill}"
    );
}
