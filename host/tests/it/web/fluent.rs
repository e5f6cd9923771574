//! How fluent the page stays with the longest reply that the platform allows: 10,000 events with
//! 512,000 characters.
//!
//! What a person would feel is a picture that comes late, because the page's thread computes too long
//! at a stretch: script, styles and layout of one picture are one stretch. The browser's own trace has
//! each of them, in computing time of that thread, so that other processes on the machine do not
//! count. `cargo test -p ravenry --test it web::fluent -- --nocapture` prints the numbers; the bound
//! here only fails where something is badly wrong.

use ravenry::simulator::{Answer, Chunks, FakePoe, Script, Step};
use serde_json::json;

use crate::harness::Browser;

const EVENTS: usize = 9_998;
const CHARACTERS: usize = 512_000;

/// Longest stretch, in milliseconds. A hundred are felt; the rest is for machines that are not ours.
const STRETCH_MAX: f64 = 300.0;

/// Has a bot say that much, each piece after what its number is given.
fn measure(what: &str, before: impl Fn(usize) -> &'static str) {
    let poe = FakePoe::start().unwrap();
    let each = CHARACTERS / EVENTS;
    let piece = |number| format!("{}{}", before(number), "word ".repeat(each))[..each].to_owned();
    let events = (0..EVENTS).map(|number| Step::text(&piece(number)));
    let meta = Step::event("meta", json!({"content_type": "text/markdown"}));
    let steps: Vec<Step> = std::iter::once(meta).chain(events).collect();
    let answer = steps
        .into_iter()
        .fold(Answer::stream(), Answer::step)
        .chunks(Chunks::Steps)
        .done();
    poe.bot("long", Script::from(answer));
    let browser = Browser::open(&poe.url());
    browser.choose("long");
    browser.script("performance.mark('begin')", &[]);
    browser.say("go");
    browser.wait("document.querySelector('.answer .acts')");
    browser.script("performance.mark('end')", &[]);
    let mut stretches = browser.stretches();
    stretches.sort_by(f64::total_cmp);
    let (all, longest) = (stretches.iter().sum::<f64>(), stretches.last().unwrap());
    let long = stretches.iter().filter(|stretch| **stretch > 50.0).count();
    eprintln!(
        "{what}: {all:.0} ms in all, {longest:.1} ms at a stretch at most, {long} above 50 ms"
    );
    assert!(*longest < STRETCH_MAX, "{longest} ms at a stretch");
    let rows = browser.script("return document.querySelectorAll('#rows .row').length", &[]);
    assert!(rows.as_u64().unwrap() < 100, "all rows are nodes");
    let numbers = browser.text("#numbers");
    assert!(numbers.contains("10,000"), "{numbers}");
    browser.is_well();
}

/// As a language model writes: paragraphs, lists, code.
#[test]
fn a_long_reply_in_markdown() {
    measure("markdown", |number| match number % 40 {
        0 => "\n\n## ",
        1 | 21 => "\n\n",
        10..14 => "\n- ",
        30 => "\n\n```rust\n",
        31..36 => "\n",
        36 => "\n```\n",
        _ => "",
    });
}

/// The worst there is: one paragraph without an end.
#[test]
fn a_long_reply_in_one_paragraph() {
    measure("one paragraph", |_| "");
}
