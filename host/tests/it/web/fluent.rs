//! How fluent the page stays with the longest reply that the platform allows: 10,000 events with
//! 512,000 characters.
//!
//! Measured is what a person feels: the browser's own account of frames that took longer than 50 ms
//! (`long-animation-frame`, with the time that scripts, styles and layout took), and the time between
//! two pictures. `cargo test -p ravenry --test it web::fluent -- --nocapture` prints the numbers; the
//! bounds here only fail where something is badly wrong, because tests share their machine.

use ravenry::simulator::{Answer, Chunks, FakePoe, Script, Step};
use serde_json::{Value, json};

use crate::harness::Browser;

const EVENTS: usize = 9_998;
const CHARACTERS: usize = 512_000;

/// Writes down every long frame, and the time between pictures.
const MEASURE: &str = "
    window.frames_seen = { long: [], gaps: [], last: performance.now() };
    new PerformanceObserver((list) => {
        for (const frame of list.getEntries()) {
            frames_seen.long.push([frame.duration, frame.renderStart && frame.startTime + frame.duration - frame.renderStart]);
        }
    }).observe({ type: 'long-animation-frame' });
    const tick = (now) => {
        frames_seen.gaps.push(now - frames_seen.last);
        frames_seen.last = now;
        requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
";

const TOLD: &str = "
    const gaps = frames_seen.gaps.sort((a, b) => a - b);
    const at = (part) => gaps[Math.min(gaps.length - 1, Math.floor(gaps.length * part))];
    return {
        frames: gaps.length, median: at(0.5), p99: at(0.99), gap: at(1),
        long: frames_seen.long.length, longest: Math.max(0, ...frames_seen.long.map(([time]) => time)),
    };
";

fn measure(what: &str, piece: impl Fn(usize) -> String) -> Value {
    let poe = FakePoe::start().unwrap();
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
    browser.script(MEASURE, &[]);
    browser.say("go");
    browser.wait("document.querySelector('.answer .acts')");
    let told = browser.script(TOLD, &[]);
    eprintln!("{what}: {told}");
    let rows = browser.script("return document.querySelectorAll('#rows .row').length", &[]);
    assert!(rows.as_u64().unwrap() < 100, "all rows are nodes");
    let numbers = browser.text("#numbers");
    assert!(numbers.contains("10,000"), "{numbers}");
    browser.is_well();
    told
}

/// As a language model writes: paragraphs, lists, code.
#[test]
fn a_long_reply_in_markdown() {
    let each = CHARACTERS / EVENTS;
    let told = measure("markdown", |number| {
        let words = "word ".repeat(each / 5 + 1)[..each - 2].to_owned();
        match number % 40 {
            0 => format!("\n\n## {}", &words[..each - 5]),
            1 | 21 => format!("\n\n{}", &words[..each - 2]),
            10..14 => format!("\n- {}", &words[..each - 3]),
            30 => "\n\n```rust\n".to_owned(),
            31..36 => format!("{}\n", &words[..each - 2]),
            36 => "```\n".to_owned(),
            _ => words,
        }
    });
    assert!(told["longest"].as_f64().unwrap() < 1000.0, "{told}");
}

/// The worst there is: one paragraph without an end.
#[test]
fn a_long_reply_in_one_paragraph() {
    let each = CHARACTERS / EVENTS;
    let told = measure("one paragraph", |_| {
        "word ".repeat(each / 5 + 1)[..each].to_owned()
    });
    assert!(told["longest"].as_f64().unwrap() < 1000.0, "{told}");
}
