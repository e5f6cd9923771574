//! How fluent the page stays with the longest reply that the platform allows: 10,000 events with
//! 512,000 characters.
//!
//! What a person would feel is a picture that comes late, because the page's thread computes too long
//! at a stretch: script, styles and layout of one picture are one stretch. The browser's own trace has
//! each of them, in computing time of that thread, so that other processes on the machine do not
//! count. It is held against what a table of so many rows costs the same browser when it is laid out at
//! once, since machines differ. `cargo test -p ravenry --test browser page::fluent -- --nocapture` prints both.

use ravenry_desk::simulator::{Answer, Chunks, Step};
use serde_json::json;

use crate::driver::Browser;
use crate::harness::{FakePoe, Script, Scripting as _};

const EVENTS: usize = 9_998;
const CHARACTERS: usize = 512_000;

/// Longest stretch, in tables of [`BASELINE`].
const STRETCH_MAX: f64 = 4.0;

/// Milliseconds that it takes to make a table of 2,000 rows and lay it out, at best.
const BASELINE: &str = "
    let best = Infinity;
    for (let turn = 0; turn < 5; turn++) {
        const begin = performance.now();
        const table = document.createElement('table');
        for (let number = 0; number < 2000; number++) {
            const row = table.insertRow();
            for (const text of ['one', 'two and more', 'three']) row.insertCell().append(text);
        }
        document.body.append(table);
        table.getBoundingClientRect();
        table.remove();
        best = Math.min(best, performance.now() - begin);
    }
    return best";

/// Has a bot say this text, each piece after what its number is given.
fn pieces(before: impl Fn(usize) -> &'static str) -> String {
    let each = CHARACTERS / EVENTS;
    let piece = |number| format!("{}{}", before(number), "word ".repeat(each))[..each].to_owned();
    (0..EVENTS).map(piece).collect()
}

/// Has a bot say a text in as many events as there may be.
fn measure(what: &str, text: &str) {
    let poe = FakePoe::start().unwrap();
    let characters: Vec<char> = text.chars().collect();
    let each = characters.len().div_ceil(EVENTS);
    let events: Vec<Step> = characters
        .chunks(each)
        .map(|piece| Step::text(&piece.iter().collect::<String>()))
        .collect();
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
    let baseline = browser.script(BASELINE, &[]).as_f64().unwrap();
    eprintln!(
        "{what}: {all:.0} ms in all, {longest:.1} ms at a stretch at most, {long} above 50 ms; \
        {baseline:.1} ms for the table of the baseline"
    );
    assert!(
        *longest < STRETCH_MAX * baseline,
        "{longest} ms at a stretch, {baseline} ms for the baseline"
    );
    let rows = browser.script("return document.querySelectorAll('#rows .row').length", &[]);
    assert!(rows.as_u64().unwrap() < 100, "all rows are nodes");
    let numbers = browser.text("#numbers");
    assert!(numbers.contains(','), "{numbers}");
    browser.is_well();
}

/// As a language model writes: paragraphs, lists, code.
#[test]
fn a_long_reply_in_markdown() {
    let text = pieces(|number| match number % 40 {
        0 => "\n\n## ",
        1 | 21 => "\n\n",
        10..14 => "\n- ",
        30 => "\n\n```rust\n",
        31..36 => "\n",
        36 => "\n```\n",
        _ => "",
    });
    measure("markdown", &text);
}

/// The worst there is: one block without an end, of each kind.
#[test]
fn a_long_reply_in_one_paragraph() {
    measure("one paragraph", &pieces(|_| ""));
}

#[test]
fn a_long_reply_in_one_list() {
    measure("one list", &pieces(|_| "\n- "));
}

#[test]
fn a_long_reply_in_one_table() {
    let rows = "|one|two and more|three|\n".repeat(9_000);
    measure("one table", &format!("|a|b|c|\n|-|-|-|\n{rows}"));
}

#[test]
fn a_long_reply_in_one_block_of_code() {
    let lines = "    let value = compute(argument, other);\n".repeat(9_000);
    measure("code", &format!("```rust\n{lines}```\n"));
}

/// As many coloured words as a piece may have.
#[test]
fn a_long_reply_in_code_of_many_words() {
    let lines = "[1,2,3,4,5,6,7,8,true,\"a\"],\n".repeat(18_000);
    measure("code of many words", &format!("```json\n{lines}```\n"));
}

#[test]
fn a_long_reply_of_many_tasks() {
    measure("tasks", &"- [ ] a\n".repeat(50_000));
}

/// All at once, in one event: it was more than a call of a function takes, and never ended.
#[test]
fn one_event_of_many_lines() {
    let poe = FakePoe::start().unwrap();
    let long = "a  \n".repeat(70_000);
    poe.bot("long", Script::text(&long));
    let browser = Browser::open(&poe.url());
    browser.choose("long");
    browser.say("go");
    browser.wait("document.querySelector('.answer .acts')");
    let breaks = browser.script("return document.querySelectorAll('.answer br').length", &[]);
    assert!(breaks.as_u64().unwrap() > 69_000, "{breaks}");
    browser.is_well();
}
