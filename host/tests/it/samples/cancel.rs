//! Readers who leave, at each step of each sample: whoever was asked is hung up, and nothing runs on.

use ravenry_desk::simulator::{Answer, Ending};

use super::{failing::samples, gateway, open, wait};
use crate::harness::{self, Answered as _, FakePoe, Scripting as _};

/// An answer that begins and never ends.
fn endless() -> Answer {
    Answer::stream().text("early").hold()
}

#[test]
fn who_leaves_at_any_step_hangs_up_on_the_bot_that_was_asked() {
    let poe = FakePoe::start().unwrap();
    let bots: Vec<&str> = samples().iter().map(|sample| sample.bot).collect();
    let server = gateway(&poe, &bots);
    for sample in samples() {
        for (step, (bot, _)) in sample.steps.iter().enumerate() {
            sample.cast(&poe, step, &endless());
            let last = poe.queries(bot).len() + sample.questions(bot, step) - 1;
            let connection = open(&server, sample.bot, &(sample.query)(&poe));
            let asked = wait(poe.until("the last question", |poe| {
                poe.queries(bot).get(last).cloned()
            }));
            drop(connection);
            let case = format!("{}, step {step}", sample.bot);
            assert_eq!(wait(asked.ended()), Ending::HungUp, "{case}");
            server.wait_running(sample.bot, 0.0);
        }
    }
}

#[test]
fn who_leaves_hangs_up_on_both_rivals() {
    let poe = FakePoe::start().unwrap();
    let rivals = ["GPT-3.5-Turbo", "Claude-3.5-Haiku"];
    for rival in rivals {
        poe.bot(rival, endless());
    }
    let server = gateway(&poe, &["versus"]);
    let connection = open(&server, "versus", &harness::query("hi"));
    let asked = rivals.map(|rival| wait(poe.next_query(rival)));
    drop(connection);
    for asked in asked {
        assert_eq!(wait(asked.ended()), Ending::HungUp, "{}", asked.bot);
    }
    server.wait_running("versus", 0.0);
}
