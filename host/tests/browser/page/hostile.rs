//! Whatever a bot says, nothing of it runs, and the browser has nothing to refuse.

use std::net::SocketAddr;

use ravenry_base::secret::Secret;
use ravenry_desk::{client::Target, simulator::Answer};
use serde_json::{Value, json};

use crate::driver::Browser;
use crate::harness::{Connection, FakePoe, Script, post};

/// What others have broken pages with.
const TRICKS: &[&str] = &[
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(2)>",
    "<svg onload=alert(3)><a href='javascript:alert(4)'>x</a></svg>",
    "<iframe srcdoc='<script>alert(5)</script>'></iframe>",
    "<a href=\"javascript:alert(6)\">click</a>",
    "<style>@import 'http://127.0.0.1:1/'</style>",
    "<form action='javascript:alert(7)'><button>x</button></form>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(8)>",
    "\"><script>alert(9)</script>",
    "' onmouseover='alert(10)",
    "</textarea></title><script>alert(11)</script>",
    "{{constructor.constructor('alert(12)')()}}",
    "${alert(13)}",
];

/// Links and images that are to lead somewhere else.
const LINKS: &str = "\
[a](javascript:alert(20)) [b](JAVASCRIPT:alert(21)) [c](data:text/html,<script>alert(22)</script>) \
[d](vbscript:alert(23)) [e](&#x6A;avascript:alert(24)) <javascript:alert(25)> \
![f](javascript:alert(26)) ![g](data:image/svg+xml,<svg/onload=alert(27)>) \
[h][x] ![\" onerror=alert(28) x=\"](https://127.0.0.1:1/a.png) \
[i](https://127.0.0.1:1/\"onclick=\"alert(29)) [j](file:///etc/passwd) [k](/bot/evil)\n\n\
[x]: javascript:alert(30)\n\n```\"><script>alert(31)</script>\ncode\n```\n";

fn controls(trick: &str) -> Value {
    let control = |kind: &str| {
        json!({
            "control": kind, "label": trick, "description": trick, "parameter_name": trick,
            "placeholder": trick, "default_value": trick, "min_value": trick, "max_value": trick,
            "step": trick, "options": [{"value": trick, "name": trick, "width": trick, "height": trick}],
        })
    };
    let kinds = [
        "text_field",
        "text_area",
        "drop_down",
        "toggle_switch",
        "slider",
        "aspect_ratio",
    ];
    let mut all: Vec<Value> = kinds.iter().map(|kind| control(kind)).collect();
    let odd = json!({"comparator": trick, "left": trick, "right": {"parameter_name": "__proto__"}});
    all.push(json!({"control": "condition", "condition": odd, "controls": [control("slider")]}));
    all.push(json!({"control": "__proto__"}));
    all.push(json!(null));
    json!({"api_version": trick, "sections": [
        {"name": trick, "controls": all}, {"tabs": [{"name": trick, "controls": []}, null]}, null, trick,
    ]})
}

fn answer(trick: &str) -> Answer {
    Answer::stream()
        .event(trick.replace('\n', " "), json!({"text": trick}))
        .text(trick)
        .text("\n\n")
        .text(LINKS)
        .event("text", json!({"text": trick, "index": 1}))
        .event("file", json!({"url": "javascript:alert(40)", "name": trick, "content_type": "image/png"}))
        .event("file", json!({"url": "data:text/html,<script>alert(41)</script>", "name": trick, "content_type": trick}))
        .event("file", json!({"url": "javascript:alert(42)", "name": "x", "content_type": "image/png", "inline_ref": "x"}))
        .event("suggested_reply", json!({"text": trick}))
        .event("error", json!({"text": trick}))
        .done()
}

#[test]
fn nothing_of_a_stranger_runs() {
    let poe = FakePoe::start().unwrap();
    let answers = TRICKS.iter().map(|trick| answer(trick));
    let evil = "<img src=x onerror=alert(0)>";
    poe.bot(evil, Script::in_turn(answers.collect::<Vec<_>>()));
    let browser = Browser::open(&poe.url());
    browser.wait("document.querySelector('#bot-list .name')");
    browser.click("#bot-list button");
    browser.wait("document.querySelector('.intro-card h2')");
    for trick in TRICKS {
        browser.say(trick);
        browser.wait_text(".answer .trouble", trick);
        browser.wait("!document.getElementById('send').hidden");
        assert_eq!(browser.text(".said .bubble"), *trick);
    }
    // What a person would do with it: look at it, click it.
    browser.script(
        "for (const row of document.querySelectorAll('#rows .row')) row.click()",
        &[],
    );
    browser.script(
        "for (const link of document.querySelectorAll('#talk a, #talk .no-link')) {
             link.addEventListener('click', (event) => event.preventDefault());
             link.click();
         }",
        &[],
    );
    browser.click("#tab-findings");
    browser.click("#tab-request");
    let links =
        "return [...new Set([...document.querySelectorAll('#talk a')].map((a) => a.protocol))]";
    assert_eq!(browser.script(links, &[]), json!(["https:"]));
    let strange = "return document.querySelectorAll(
        '#talk script, #talk iframe, #talk svg [onload], #talk style, #talk form, #talk [onerror], #talk [style]:not(.face)'
    ).length";
    assert_eq!(browser.script(strange, &[]), 0);
    browser.click("#suggestions .chip");
    browser.wait("!document.getElementById('send').hidden");
    browser.is_well();
}

/// Settings are a bot's words, too.
#[test]
fn settings_of_a_stranger_are_words() {
    let poe = FakePoe::start().unwrap();
    let address: SocketAddr = poe.url().trim_start_matches("http://").parse().unwrap();
    for (number, trick) in TRICKS.iter().enumerate() {
        let settings = json!({
            "response_version": 2, "introduction_message": format!("{trick}\n\n{LINKS}"),
            "cost_label": trick, "parameter_controls": controls(trick),
        });
        // A server bot that has told them once, and is gone.
        let gone = Target::parse("http://127.0.0.1:1/", Some(Secret::new("key".to_owned())));
        poe.register(&format!("evil-{number}"), gone.unwrap());
        let told = post(
            &format!("/bot/update_settings/evil-{number}/key"),
            &[],
            settings.to_string().as_bytes(),
        );
        let told = String::from_utf8(told)
            .unwrap()
            .replace("host: localhost", &format!("host: {address}"));
        assert_eq!(Connection::open(address).send(told).answer().status, 200);
    }
    let browser = Browser::open(&poe.url());
    for (number, trick) in TRICKS.iter().enumerate() {
        browser.choose(&format!("evil-{number}"));
        browser.wait_text(".cost", trick);
        browser.wait("!document.getElementById('tune').hidden");
        browser.click("#tune");
    }
    browser.is_well();
}
