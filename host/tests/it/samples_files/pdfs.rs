//! The sample that counts pages: PDFs of a whole conversation, some of them gone, some of them hostile.

use ravenry_desk::simulator::Answer;
use serde_json::{Value, json};

use super::{entry, gateway, send, settings};
use crate::harness::{self, FakePoe, Scripting as _, Server};

const BEGIN: &str = "Iterating over the pdfs uploaded in this conversation ...";
const FAILED: &str = "Failed to retrieve the document.\n";

/// The bot with the limits of its own manifest.
fn counter(poe: &FakePoe) -> Server {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../plugins/pdf-counter/ravenry.toml"
    );
    let text = std::fs::read_to_string(path).unwrap();
    let limits = text
        .lines()
        .find(|line| line.starts_with("limits"))
        .unwrap();
    gateway(poe, &format!("{}{limits}\n", entry("pdf-counter")))
}

fn pdf(pages: u32) -> Vec<u8> {
    format!(
        "%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n\
         2 0 obj\n<</Type/Pages/Count {pages}/Kids[]>>\nendobj\ntrailer\n<</Root 1 0 R>>\n"
    )
    .into_bytes()
}

/// A message with files: name and URL.
fn message(files: &[(&str, &str)]) -> Value {
    let file = |(name, url): &(&str, &str)| json!({ "url": url, "content_type": "application/pdf", "name": name });
    let files: Vec<Value> = files.iter().map(file).collect();
    json!({ "role": "user", "content": "How many?", "attachments": files })
}

fn ask(server: &Server, messages: &[Value]) -> harness::Answer {
    let mut query = harness::query("");
    query["query"] = messages.iter().cloned().collect();
    send(server, "pdf-counter", &query)
}

#[test]
fn pdfs_of_the_whole_conversation_are_counted_from_the_newest() {
    let poe = FakePoe::start().unwrap();
    let server = counter(&poe);
    let old = poe.attachment("old.pdf", pdf(3)).unwrap();
    let new = poe.attachment("new.pdf", pdf(12)).unwrap();
    let gone = poe.scripted_attachment("gone.pdf", Answer::status(404));
    let answer = ask(
        &server,
        &[
            message(&[("old.pdf", &old)]),
            json!({ "role": "bot", "content": "old.pdf has 3 pages." }),
            message(&[("gone.pdf", &gone), ("new.pdf", &new)]),
        ],
    );
    let text = |text: &str| ("text".to_owned(), json!({ "text": text }));
    assert_eq!(
        answer.events(),
        [
            text(BEGIN),
            text(FAILED),
            text("new.pdf has 12 pages.\n"),
            text("old.pdf has 3 pages.\n"),
            ("done".to_owned(), json!({})),
        ]
    );
    assert_eq!(settings(&server, "pdf-counter")["allow_attachments"], true);
}

/// As large as it may be, and of the worst that there is: each is a document that failed, and the bot
/// goes on within its limits.
#[test]
fn hostile_pdfs_end_in_a_sentence() {
    const SIZE: usize = 16 << 20;
    let poe = FakePoe::start().unwrap();
    let server = counter(&poe);
    let good = poe.attachment("good.pdf", pdf(1)).unwrap();
    let filled = |text: &str| {
        let mut file = b"%PDF-1.4\n".to_vec();
        file.extend(text.bytes().cycle().take(SIZE - file.len()));
        file
    };
    for (case, file) in [
        ("depth", filled("<<[")),
        ("elements", filled("/")),
        ("strings", filled("((")),
        ("objects", filled("1 0 obj<</Type/Pages/Count 1>>")),
        ("other objects", filled("1 0 obj<</Type/Pages/A(")),
        ("too large", vec![b' '; SIZE + 1]),
    ] {
        let url = poe.attachment("a.pdf", file).unwrap();
        let answer = ask(&server, &[message(&[("a.pdf", &url), ("good.pdf", &good)])]);
        let said = answer.said();
        assert_eq!(
            said,
            format!("{BEGIN}{FAILED}good.pdf has 1 pages.\n"),
            "{case}"
        );
    }
}

/// Wherever an answer to the fetch breaks off, the next document is read.
#[test]
fn a_fetch_that_fails_is_one_document_that_failed() {
    let poe = FakePoe::start().unwrap();
    let server = counter(&poe);
    let good = poe.attachment("good.pdf", pdf(1)).unwrap();
    for (case, answer) in [
        ("refused", Answer::status(403)),
        ("down", Answer::status(500)),
        ("a page", Answer::html(200, "<h1>Sign in</h1>")),
        ("cut", Answer::stream().raw("%PDF-1.4").cut()),
    ] {
        let url = poe.scripted_attachment("bad.pdf", answer);
        let answer = ask(
            &server,
            &[message(&[("bad.pdf", &url), ("good.pdf", &good)])],
        );
        let said = answer.said();
        assert_eq!(
            said,
            format!("{BEGIN}{FAILED}good.pdf has 1 pages.\n"),
            "{case}"
        );
    }
}
