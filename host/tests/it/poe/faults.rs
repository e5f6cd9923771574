//! Another bot, or the platform, that does not do what it should: each ends in a clear error or in a
//! documented retry, and frees what it held.

use std::time::Duration;

use ravenry_desk::simulator::{Answer, Chunks, Framing, LineEnd, Step};
use serde_json::json;

use super::{
    KEY, ask,
    fault_table::{Heard, breaks, errors, refusals},
    folder, gateway, open, wait,
};
use crate::harness::{Answered as _, FakePoe, Script, Scripting as _};
use crate::{
    egress::upstream::Upstream,
    harness::{self, Folder},
};

#[test]
fn every_fault_of_another_bot_ends_clearly() {
    let poe = FakePoe::start().unwrap();
    // 64 MiB are read on the bot's account, in an unoptimized build.
    let server = folder(&poe, "").flag("--limit=cpu=30s").up();
    for (row, answers, taken, heard) in refusals().into_iter().chain(breaks()).chain(errors()) {
        poe.bot("helper", Script::in_turn(answers));
        let before = poe.queries("helper").len();
        {
            let answer = ask(&server, "relay helper");
            let events = answer.events();
            assert_eq!(events.last().unwrap().0, "done", "{row}");
            let error = events.iter().find(|(name, _)| name == "error");
            let said = answer.said();
            match heard {
                Heard::Well(text) => {
                    assert_eq!(said, text, "{row}");
                    assert_eq!(error, None, "{row}");
                }
                Heard::Badly(text, log) => {
                    assert_eq!(said, text, "{row}");
                    let error = error.unwrap_or_else(|| panic!("{row}: no error"));
                    assert!(
                        error.1["text"].as_str().unwrap().contains("did not answer")
                            || error.1["text"].as_str().unwrap().contains("too large"),
                        "{row}: {error:?}"
                    );
                    server.wait_text(log);
                }
                Heard::Said(text, sentence) => {
                    assert_eq!(said, text, "{row}");
                    let text = &error.unwrap().1["text"];
                    assert_eq!(harness::unreferred(text), sentence, "{row}");
                }
            }
        }
        assert_eq!(
            poe.queries("helper").len() - before,
            taken,
            "{row}: attempts"
        );
    }
    server.wait_running("asker", 0.0);
    assert!(
        !server.log().join("\n").contains(super::KEY),
        "no key in the log"
    );
}

/// Events that nobody sees are no answer, and the reader is told so (rule E3).
#[test]
fn an_answer_that_shows_nothing_is_none() {
    let poe = FakePoe::start().unwrap();
    let server = gateway(&poe, "");
    for shown in [
        "data: {}\n\n",
        "event: replace_response\ndata: {\"text\": \"\"}\n\n",
        "event: text\ndata: {\"text\": \"\"}\n\n",
        "event: banana\ndata: {\"text\": \"unseen\"}\n\n",
        "event: text\ndata: {\"text\": \"gone again\"}\n\nevent: replace_response\ndata: {\"text\": \"\"}\n\n",
    ] {
        poe.bot(
            "helper",
            Script::in_turn([Answer::stream().raw(shown).done()]),
        );
        for way in ["relay", "pass"] {
            let events = ask(&server, &format!("{way} helper")).events();
            let (name, data) = &events[events.len() - 2];
            assert_eq!(name, "error", "{way} {shown}: {events:?}");
            let said = data["text"].as_str().unwrap();
            assert!(
                said.starts_with("The bot gave no answer"),
                "{way} {shown}: {said}"
            );
        }
    }
    let told = poe.reports();
    let told = told
        .iter()
        .filter(|it| it.body["message"] == "Bot returned no text in response");
    assert_eq!(told.count(), 10);
}

/// What another bot says may be the key of the one that asks.
#[test]
fn a_relayed_answer_tells_no_key() {
    let poe = FakePoe::start().unwrap();
    poe.bot(
        "helper",
        Answer::events([
            ("text", json!({"text": format!("your key is {KEY}")})),
            ("json", json!({KEY: [KEY]})),
            ("file", json!({"url": format!("https://x.example/{KEY}"), "content_type": "a/b", "name": KEY})),
            ("banana", json!({"a": KEY})),
            ("suggested_reply", json!({"text": KEY})),
            ("error", json!({"text": KEY, "error_type": KEY})),
        ]),
    );
    let server = gateway(&poe, "");
    let answer = ask(&server, "relay helper");
    assert!(!answer.text().contains(KEY), "{}", answer.text());
    assert_eq!(answer.said(), "your key is ***");
    assert!(
        answer.text().matches("***").count() >= 8,
        "{}",
        answer.text()
    );
}

/// The other side hears what was wrong with its answer, in the reference client's words.
#[test]
fn faults_of_the_protocol_are_reported() {
    let poe = FakePoe::start().unwrap();
    poe.bot(
        "helper",
        Script::in_turn([
            Answer::stream().event("text", json!({"text": 1})).text("x"),
            Answer::stream()
                .event("suggested_reply", json!({"text": "?"}))
                .done(),
        ]),
    );
    let server = gateway(&poe, "");
    ask(&server, "try relay helper\nrelay helper");
    let mut messages: Vec<String> = poe
        .reports()
        .iter()
        .map(|report| report.body["message"].as_str().unwrap().to_owned())
        .collect();
    messages.sort();
    assert_eq!(
        messages,
        [
            "Bot exited without sending 'done' event",
            "Bot returned no text in response",
            "Expected string in 'text' field for 'text' event",
        ]
    );
}

/// Framing as other servers write it, cut anywhere.
#[test]
fn an_answer_is_read_however_it_is_framed() {
    let poe = FakePoe::start().unwrap();
    let server = gateway(&poe, "");
    for line_end in [LineEnd::Lf, LineEnd::CrLf, LineEnd::Cr] {
        let framing = Framing {
            line_end,
            ..Framing::default()
        };
        let answer = Answer::stream()
            .framing(framing)
            .chunks(Chunks::Every(std::num::NonZeroUsize::new(1).unwrap()))
            .text("caf\u{e9} ")
            .comment("still here")
            .text("\u{1f431}")
            .done();
        poe.bot("helper", Script::in_turn([answer]));
        assert_eq!(
            ask(&server, "relay helper").said(),
            "caf\u{e9} \u{1f431}",
            "{line_end:?}"
        );
    }
}

/// An upstream that never answers, or drips: the reply's own time ends it, and frees it.
#[test]
fn who_never_answers_is_left_when_time_is_over() {
    for answer in [
        Answer::silence(),
        Answer::stream().text("early").hold(),
        Answer::stream()
            .pace(Duration::from_millis(20))
            .chunks(Chunks::Every(std::num::NonZeroUsize::new(1).unwrap()))
            .endless([Step::text("drip")]),
    ] {
        let poe = FakePoe::start().unwrap();
        poe.bot("helper", Script::in_turn([answer]));
        let server = gateway(&poe, "[bot.asker.limits]\nwall_time = \"1s\"\n");
        let events = ask(&server, "relay helper").events();
        let (name, data) = &events[events.len() - 2];
        assert_eq!(
            (name.as_str(), &data["allow_retry"]),
            ("error", &json!(true))
        );
        assert!(
            data["text"].as_str().unwrap().contains("took too long"),
            "{data}"
        );
        let asked = wait(poe.next_query("helper")).unwrap();
        assert_eq!(
            wait(asked.ended()).unwrap(),
            ravenry_desk::simulator::Ending::HungUp
        );
        server.wait_running("asker", 0.0);
    }
}

/// A platform that is not there.
#[test]
fn a_platform_that_is_away_ends_in_an_error() {
    let poe = FakePoe::start().unwrap();
    let server = gateway(&poe, "");
    drop(poe);
    let events = ask(&server, "relay helper").events();
    assert_eq!(events[0].0, "error");
    server.wait_text("the reply was given up");
}

/// A platform that sends interim answers without end, and no answer.
#[test]
fn interim_answers_without_end_are_no_answer() {
    let flood = Upstream::start(|mut talk| {
        talk.request();
        talk.say_for_ever(&b"HTTP/1.1 103 Early Hints\r\n\r\n".repeat(1_000));
    });
    let manifest = "[bot.asker]\nsource = \"asker.wasm\"\n\
                    poe = { access_key = { env = \"ASKER_KEY\" } }\n";
    let server = Folder::with_manifest(manifest)
        .env("ASKER_KEY", KEY)
        .flag(&format!("--poe-api={}", flood.url()))
        .up();
    let events = ask(&server, "relay helper").events();
    assert_eq!(events[0].0, "error");
    server.wait_text("interim answers (status 1xx) came without end");
}

/// Its stream is more than a reply may hold: the reply ends politely, and the other bot is hung up.
#[test]
fn a_relay_keeps_the_bounds_of_the_reply() {
    let poe = FakePoe::start().unwrap();
    let answer = Answer::stream().endless([Step::text("more and more ")]);
    poe.bot("helper", Script::in_turn([answer]));
    let server = gateway(&poe, "");
    let stream = open(&server, "relay helper");
    let events = stream.rest().events();
    assert!(events.len() <= 10_002, "{}", events.len());
    let (name, data) = &events[events.len() - 2];
    assert_eq!(name, "error");
    assert!(
        data["text"]
            .as_str()
            .unwrap()
            .contains("more than a reply may hold")
    );
    let asked = wait(poe.next_query("helper")).unwrap();
    assert_eq!(
        wait(asked.ended()).unwrap(),
        ravenry_desk::simulator::Ending::HungUp
    );
}
