//! A bot that shows two answers on one page, which is replaced as they grow: `versus`.

use ravenry_desk::simulator::{Answer, Ending};
use serde_json::json;

use super::failures::{check_error, failures};
use super::{Sample, ask, contents, conversation, declared, gateway, open, send, wait};
use crate::harness::{self, Answered as _, FakePoe, Script, Scripting as _};

const RIVALS: [&str; 2] = ["GPT-3.5-Turbo", "Claude-3.5-Haiku"];

/// Which one is first is the gates' choice; each page is what both have said by then.
pub fn shows_both_answers_as_they_grow(sample: &Sample) {
    let poe = FakePoe::start().unwrap();
    let gpt = Answer::stream()
        .event("meta", json!({"content_type": "text/plain"}))
        .text("one")
        .gate("two is there")
        .text(" more")
        .event("suggested_reply", json!({"text": "And?"}))
        .done();
    poe.bot("GPT-3.5-Turbo", gpt);
    let claude = Answer::stream()
        .gate("one is there")
        .event("replace_response", json!({"text": "two"}));
    poe.bot("Claude-3.5-Haiku", claude.done());
    let server = gateway(&poe, &[sample]);
    let mut stream = open(&server, &sample.bot, &harness::query("hi")).stream();
    let mut shown = Vec::new();
    while let Some((name, data)) = stream.next_event() {
        let text = data["text"].as_str().unwrap_or_default().to_owned();
        if text.ends_with("one\n\n**Claude-3.5-Haiku** says:\n") {
            poe.release("one is there");
        }
        if text.ends_with("two") {
            poe.release("two is there");
        }
        shown.push((name, text));
    }
    let page = |gpt: &str, claude: &str| {
        let text =
            format!("**Gpt-3.5-Turbo** says:\n{gpt}\n\n**Claude-3.5-Haiku** says:\n{claude}");
        ("replace_response".to_owned(), text)
    };
    assert_eq!(
        shown,
        [
            (
                "replace_response".to_owned(),
                "**Gpt-3.5-Turbo** says:\n".to_owned()
            ),
            page("", ""),
            page("one", ""),
            page("one", "two"),
            page("one more", "two"),
            ("suggested_reply".to_owned(), "And?".to_owned()),
            ("done".to_owned(), String::new()),
        ]
    );
    let both = json!({"GPT-3.5-Turbo": 1, "Claude-3.5-Haiku": 1});
    assert_eq!(declared(&server, &sample.bot), both);
}

pub fn tells_each_rival_its_own_words_only(sample: &Sample) {
    let poe = FakePoe::start().unwrap();
    poe.bot("GPT-3.5-Turbo", Script::text("1"));
    poe.bot("Claude-3.5-Haiku", Script::text("2"));
    let server = gateway(&poe, &[sample]);
    let earlier = ask(&server, &sample.bot, "hi").said();
    assert_eq!(
        earlier,
        "**Gpt-3.5-Turbo** says:\n1\n\n**Claude-3.5-Haiku** says:\n2"
    );
    let talk = conversation(&[("user", "hi"), ("bot", &earlier), ("user", "go on")]);
    send(&server, &sample.bot, &talk);
    assert_eq!(contents(&poe, "GPT-3.5-Turbo")[1], ["hi", "1", "go on"]);
    assert_eq!(contents(&poe, "Claude-3.5-Haiku")[1], ["hi", "2", "go on"]);
}

/// Whoever fails, and however: the other half stays, and the reply ends well.
pub fn goes_on_with_the_one_that_is_left(sample: &Sample) {
    let poe = FakePoe::start().unwrap();
    let server = gateway(&poe, &[sample]);
    for (name, failure) in failures() {
        poe.bot("GPT-3.5-Turbo", failure.answer);
        poe.bot("Claude-3.5-Haiku", Script::text("two"));
        let answer = ask(&server, &sample.bot, "hi");
        let ends = "**Gpt-3.5-Turbo** ran into an error\n\n**Claude-3.5-Haiku** says:\ntwo";
        assert_eq!(answer.said(), ends, "{name}");
        assert!(
            answer.events().iter().all(|(event, _)| event != "error"),
            "{name}"
        );
    }
}

pub fn ends_with_an_error_when_nobody_is_left(sample: &Sample) {
    let poe = FakePoe::start().unwrap();
    let server = gateway(&poe, &[sample]);
    for (name, failure) in failures() {
        for bot in RIVALS {
            poe.bot(bot, failure.answer.clone());
        }
        check_error(&ask(&server, &sample.bot, "hi"), &name, &failure);
    }
}

/// A page that grew by every word would take more characters than a reply may have.
pub fn shows_long_answers_in_few_pages(sample: &Sample) {
    let poe = FakePoe::start().unwrap();
    for (bot, word) in RIVALS.into_iter().zip(["one ", "two "]) {
        let words = (0..2_000).fold(Answer::stream(), |answer, _| answer.text(word));
        poe.bot(bot, words.done());
    }
    let server = gateway(&poe, &[sample]);
    let answer = ask(&server, &sample.bot, "hi");
    let (one, two) = ("one ".repeat(2_000), "two ".repeat(2_000));
    assert_eq!(
        answer.said(),
        format!("**Gpt-3.5-Turbo** says:\n{one}\n\n**Claude-3.5-Haiku** says:\n{two}")
    );
}

/// A reader who leaves hangs up on both.
pub fn who_leaves_hangs_up_on_both(sample: &Sample) {
    let poe = FakePoe::start().unwrap();
    for rival in RIVALS {
        poe.bot(rival, Answer::stream().text("early").hold());
    }
    let server = gateway(&poe, &[sample]);
    let connection = open(&server, &sample.bot, &harness::query("hi"));
    let asked = RIVALS.map(|rival| wait(poe.next_query(rival)));
    drop(connection);
    for asked in asked {
        assert_eq!(wait(asked.ended()), Ending::HungUp, "{}", asked.bot);
    }
    server.wait_running(&sample.bot, 0.0);
}
