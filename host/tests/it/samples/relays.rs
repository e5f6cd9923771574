//! Samples that hand on what others say: `prompt`, `all-caps` and `versus`.

use ravenry_desk::simulator::Answer;
use serde_json::json;

use super::{Sample, ask, contents, conversation, declared, gateway, send, versus};
use crate::harness::FakePoe;

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

#[test]
fn versus_shows_both_answers_as_they_grow() {
    versus::shows_both_answers_as_they_grow(&Sample::in_rust("versus"));
}

#[test]
fn versus_shows_long_answers_in_few_pages() {
    versus::shows_long_answers_in_few_pages(&Sample::in_rust("versus"));
}

#[test]
fn versus_tells_each_rival_its_own_words_only() {
    versus::tells_each_rival_its_own_words_only(&Sample::in_rust("versus"));
}

#[test]
fn versus_goes_on_with_the_one_that_is_left() {
    versus::goes_on_with_the_one_that_is_left(&Sample::in_rust("versus"));
}

#[test]
fn versus_ends_with_an_error_when_nobody_is_left() {
    versus::ends_with_an_error_when_nobody_is_left(&Sample::in_rust("versus"));
}
