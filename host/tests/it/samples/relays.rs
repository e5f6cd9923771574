//! Samples that hand on what others say: `prompt`, `all-caps` and `versus`.

use ravenry_desk::simulator::Answer;
use serde_json::json;

use super::{ask, contents, conversation, declared, gateway, send};
use crate::harness::{FakePoe, Script, Scripting as _};

/// An answer with an event of every kind.
fn every_kind() -> Answer {
    Answer::events([
        (
            "meta",
            json!({"content_type": "text/plain", "suggested_replies": false}),
        ),
        ("text", json!({"text": "Old p"})),
        ("text", json!({"text": "ond"})),
        ("replace_response", json!({"text": "Café "})),
        ("text", json!({"text": "frog"})),
        (
            "file",
            json!({"url": "https://x.test/a.png", "content_type": "image/png", "name": "a.png"}),
        ),
        ("data", json!({"metadata": "theirs"})),
        ("suggested_reply", json!({"text": "More?"})),
        ("done", json!({})),
    ])
}

#[test]
fn prompt_asks_below_its_sentence_and_hands_on_the_answer() {
    let poe = FakePoe::start().unwrap();
    poe.bot("Claude-3-Haiku", every_kind());
    let server = gateway(&poe, &["prompt"]);
    let talk = conversation(&[("user", "hi"), ("bot", "ho"), ("user", "a frog")]);
    assert_eq!(
        send(&server, "prompt", &talk).show(),
        r#"meta {"content_type":"text/plain","suggested_replies":false}
text {"text":"Old p"}
text {"text":"ond"}
replace_response {"text":"Café "}
text {"text":"frog"}
file {"url":"https://x.test/a.png","content_type":"image/png","name":"a.png","inline_ref":null}
suggested_reply {"text":"More?"}
done {}
"#
    );
    let asked = poe.queries("Claude-3-Haiku");
    assert_eq!(asked[0].body["query"][0]["role"], "system");
    let sent = ["All your replies are Haikus.", "hi", "ho", "a frog"];
    assert_eq!(contents(&poe, "Claude-3-Haiku"), [sent]);
    assert_eq!(declared(&server, "prompt"), json!({"Claude-3-Haiku": 1}));
}

#[test]
fn all_caps_hands_on_the_answer_in_capitals() {
    let poe = FakePoe::start().unwrap();
    poe.bot("GPT-3.5-Turbo", every_kind());
    let server = gateway(&poe, &["all-caps"]);
    assert_eq!(
        ask(&server, "all-caps", "a frog").show(),
        r#"meta {"content_type":"text/plain","suggested_replies":false}
text {"text":"OLD P"}
text {"text":"OND"}
replace_response {"text":"CAFÉ "}
text {"text":"FROG"}
file {"url":"https://x.test/a.png","content_type":"image/png","name":"a.png","inline_ref":null}
suggested_reply {"text":"MORE?"}
done {}
"#
    );
    assert_eq!(contents(&poe, "GPT-3.5-Turbo"), [["a frog"]]);
    assert_eq!(declared(&server, "all-caps"), json!({"GPT-3.5-Turbo": 1}));
}

/// Which one is first is the gates' choice; each page is what both have said by then.
#[test]
fn versus_shows_both_answers_as_they_grow() {
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
    let server = gateway(&poe, &["versus"]);
    let mut stream = super::open(&server, "versus", &crate::harness::query("hi")).stream();
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
    assert_eq!(declared(&server, "versus"), both);
}

#[test]
fn versus_tells_each_rival_its_own_words_only() {
    let poe = FakePoe::start().unwrap();
    poe.bot("GPT-3.5-Turbo", Script::text("1"));
    poe.bot("Claude-3.5-Haiku", Script::text("2"));
    let server = gateway(&poe, &["versus"]);
    let earlier = ask(&server, "versus", "hi").said();
    assert_eq!(
        earlier,
        "**Gpt-3.5-Turbo** says:\n1\n\n**Claude-3.5-Haiku** says:\n2"
    );
    let talk = conversation(&[("user", "hi"), ("bot", &earlier), ("user", "go on")]);
    send(&server, "versus", &talk);
    assert_eq!(contents(&poe, "GPT-3.5-Turbo")[1], ["hi", "1", "go on"]);
    assert_eq!(contents(&poe, "Claude-3.5-Haiku")[1], ["hi", "2", "go on"]);
}

/// Whoever fails, and however: the other half stays, and the reply ends well.
#[test]
fn versus_goes_on_with_the_one_that_is_left() {
    let poe = FakePoe::start().unwrap();
    let server = gateway(&poe, &["versus"]);
    for (name, failure) in super::failing::failures() {
        poe.bot("GPT-3.5-Turbo", failure.answer);
        poe.bot("Claude-3.5-Haiku", Script::text("two"));
        let answer = ask(&server, "versus", "hi");
        let ends = "**Gpt-3.5-Turbo** ran into an error\n\n**Claude-3.5-Haiku** says:\ntwo";
        assert_eq!(answer.said(), ends, "{name}");
        assert!(
            answer.events().iter().all(|(event, _)| event != "error"),
            "{name}"
        );
    }
}

#[test]
fn versus_ends_with_an_error_when_nobody_is_left() {
    let poe = FakePoe::start().unwrap();
    let server = gateway(&poe, &["versus"]);
    for (name, failure) in super::failing::failures() {
        for bot in ["GPT-3.5-Turbo", "Claude-3.5-Haiku"] {
            poe.bot(bot, failure.answer.clone());
        }
        super::failing::check_error(&ask(&server, "versus", "hi"), &name, &failure);
    }
}
