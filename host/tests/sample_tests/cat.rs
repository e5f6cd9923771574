//! A bot with every kind of event: the cat in another language says what the cat in Rust says.

use std::{
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::Sample;
use crate::harness::Server;

/// A gateway with the cat in Rust and in another language.
fn cats(other: &Sample) -> Server {
    let server = Server::start(&(Sample::in_rust("cat").entry() + &other.entry()));
    server.wait_ready();
    server
}

/// All words, words inside words, words that meet, capitals, and nothing at all.
const QUICK: [&str; 24] = [
    "hello",
    "",
    "I have CardBoard here",
    "to the kitchen",
    "a meal",
    "Food!",
    "a square",
    "a cube",
    "count quickly",
    "quickly",
    "plain",
    "dog",
    "Plain dog FOOD",
    "cardboard in the kitchen",
    "a square cube",
    "explaining",
    "markdown",
    "Markdown cardboard",
    "markdown dog",
    "plain markdown food",
    "a markdown cube",
    "count quickly in markdown",
    "İSTANBUL FOOD",
    "Straße 🐈 KITCHEN",
];

/// Every answer is the same to the byte, and so are the settings and the lines in the log.
pub fn is_the_same_cat(other: &Sample) {
    let server = cats(other);
    let other = other.bot.as_str();
    for text in QUICK {
        let [same, ours] = ["cat", other].map(|bot| server.ask(bot, text).body);
        assert_eq!(
            String::from_utf8(ours).unwrap(),
            String::from_utf8(same).unwrap(),
            "{text:?}"
        );
    }
    let conversation = json!({
        "version": "1.2", "type": "query", "user_id": "u", "conversation_id": "c", "message_id": "m",
        "query": [{ "role": "user", "content": "food" }, { "role": "bot", "content": "meow meow" },
            { "role": "user", "content": "hi" }],
    });
    let nothing = json!({ "version": "1.2", "type": "query", "query": [],
        "user_id": "u", "conversation_id": "c", "message_id": "m" });
    let settings = json!({ "version": "1.2", "type": "settings" });
    let report = |more: Value| {
        let mut body = json!({ "version": "1.2", "message_id": "m\n\"9", "user_id": "u-9", "conversation_id": "c" });
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        body
    };
    // Queries last: what was printed is in the log when the end of one is.
    let bodies = [
        settings,
        report(json!({ "type": "report_feedback", "feedback_type": "like" })),
        report(json!({ "type": "report_reaction", "reaction": "heart" })),
        conversation,
        nothing,
    ];
    for body in bodies {
        let [same, ours] = ["cat", other].map(|bot| server.send(bot, &body, &[]).text().to_owned());
        assert_eq!(ours, same, "{body}");
    }
    server.wait_times("u-9", 4);
    let printed = server.printed("cat");
    assert_eq!(printed.len(), 2, "{printed:?}");
    assert_eq!(server.printed(other), printed);
}

/// A cat that peeks or counts says everything, waits in between, and computes next to nothing.
pub fn waits_like_the_cat(other: &Sample) {
    let server = &cats(other);
    let other = other.bot.as_str();
    let ask = |bot: &str, text: &str| {
        let start = Instant::now();
        (server.ask(bot, text).body, start.elapsed())
    };
    thread::scope(|scope| {
        for text in ["a square stranger", "countless"] {
            let same = scope.spawn(move || ask("cat", text));
            let ours = scope.spawn(move || ask(other, text));
            let ((same, _), (ours, took)) = (same.join().unwrap(), ours.join().unwrap());
            assert_eq!(ours, same, "{text:?}");
            assert!(took >= Duration::from_secs(10), "{took:?}");
        }
    });
}

/// A reader who leaves in the middle of a wait ends it: the place is free at once.
pub fn a_reader_who_leaves_ends_it(other: &Sample) {
    let server = cats(other);
    let other = other.bot.as_str();
    let mut stream = server.open(other, "a stranger");
    for name in ["meta", "text"] {
        assert_eq!(stream.next_event().unwrap().0, name);
    }
    server.wait_running(other, 1.0);
    drop(stream);
    server.wait_running(other, 0.0);
    assert_eq!(server.wait_query(other)["outcome"], "reader_gone");
}
