//! Other bots that fail, at each step of a sample, and readers who leave: the reply ends with one clear error and
//! `done`, what was said before stays, and nobody is asked in vain.

use ravenry_desk::simulator::{Answer, Ending};
use serde_json::{Value, json};

use super::{KEY, Sample, gateway, open, send, wait};
use crate::harness::{self, Answered as _, FakePoe, Script, Scripting as _};

/// How an answer goes wrong.
pub struct Failure {
    pub answer: Answer,
    /// How often it is asked for: the gateway repeats what may help before the first event.
    attempts: usize,
    /// What the reader is told; without it, that something did not answer.
    told: Option<&'static str>,
}

const UNDECLARED: &str =
    "Message m-1 called on bot that has 0 or undefined call count in settings.";

/// What a reader is told of somebody who did not answer.
const SILENT: &str = "Something this bot relies on did not answer.";

/// All ways to fail, with a name for each.
pub fn failures() -> Vec<(String, Failure)> {
    let error =
        |text: &str, allow_retry| ("error", json!({"text": text, "allow_retry": allow_retry}));
    let said = |first: Answer, text: &'static str, allow_retry: bool, attempts| Failure {
        answer: {
            let (name, data) = error(text, allow_retry);
            first.event(name, data).done()
        },
        attempts,
        told: Some(text),
    };
    let broken = |answer, attempts| Failure {
        answer,
        attempts,
        told: None,
    };
    let rows = [
        ("key refused", broken(Answer::status(401), 1)),
        (
            "no such bot",
            broken(Answer::json(404, &json!({"detail": "?"})), 1),
        ),
        ("out of order", broken(Answer::status(500), 2)),
        ("undeclared", said(Answer::stream(), UNDECLARED, false, 1)),
        (
            "error first",
            said(Answer::stream(), "Out of words.", true, 2),
        ),
        (
            "error in the middle",
            said(Answer::stream().text("ea"), "Out of words.", true, 1),
        ),
        ("cut first", broken(Answer::stream().cut(), 2)),
        (
            "cut in the middle",
            broken(Answer::stream().text("ea").cut(), 1),
        ),
    ];
    rows.into_iter()
        .map(|(name, failure)| (name.to_owned(), failure))
        .collect()
}

/// Asserts that a reply ends with one error, the one that this failure deserves.
pub fn check_error(answer: &harness::Answer, case: &str, failure: &Failure) {
    let events = answer.events();
    let names: Vec<&str> = events.iter().map(|(name, _)| name.as_str()).collect();
    assert!(
        names.ends_with(&["error", "done"]),
        "{case}: {}",
        answer.show()
    );
    assert_eq!(
        names.iter().filter(|name| **name == "error").count(),
        1,
        "{case}"
    );
    let text = &events[events.len() - 2].1["text"];
    let told = failure.told.unwrap_or(SILENT);
    assert_eq!(harness::unreferred(text), told, "{case}");
}

/// A sample that asks one bot after another: what it is asked, and whom it asks, step by step, when all goes well.
pub struct Chain {
    pub sample: Sample,
    pub query: fn(&FakePoe) -> Value,
    pub steps: Vec<(&'static str, Answer)>,
}

impl Chain {
    /// Casts the bots of the platform: all goes well up to this step, which is as given.
    pub fn cast(&self, poe: &FakePoe, step: usize, answer: &Answer) {
        for (bot, _) in &self.steps {
            let own = self
                .steps
                .iter()
                .enumerate()
                .filter(|(_, (name, _))| name == bot);
            let own = own.take_while(|(place, _)| *place <= step);
            let answers = own.map(|(place, (_, well))| if place == step { answer } else { well });
            poe.bot(bot, Script::in_turn(answers.cloned().collect::<Vec<_>>()));
        }
    }

    /// How often this bot is asked up to this step, and with it.
    fn questions(&self, bot: &str, step: usize) -> usize {
        let asked = self.steps.iter().take(step + 1);
        asked.filter(|(name, _)| *name == bot).count()
    }
}

/// A gateway with all of these.
fn gateway_of(poe: &FakePoe, chains: &[Chain]) -> harness::Server {
    let samples: Vec<&Sample> = chains.iter().map(|chain| &chain.sample).collect();
    gateway(poe, &samples)
}

/// A failure at any step ends the reply with one clear error.
pub fn any_failure_is_one_error(chains: &[Chain]) {
    let poe = FakePoe::start().unwrap();
    let server = gateway_of(&poe, chains);
    for chain in chains {
        let sample = chain.sample.bot.as_str();
        for step in 0..chain.steps.len() {
            for (name, failure) in failures() {
                let case = format!("{sample}, step {step}: {name}");
                let (bot, _) = chain.steps[step];
                let before = poe.queries(bot).len();
                chain.cast(&poe, step, &failure.answer);
                let answer = send(&server, sample, &(chain.query)(&poe));
                check_error(&answer, &case, &failure);
                let asked = poe.queries(bot).len() - before;
                let due = chain.questions(bot, step) - 1 + failure.attempts;
                assert_eq!(asked, due, "{case}: questions");
            }
        }
        server.wait_running(sample, 0.0);
    }
    let log = server.log().join("\n");
    assert!(!log.contains(KEY), "no key in the log");
}

/// What was said before the last step, which fails, is still there.
pub fn what_was_said_stays(chain: &Chain, said: &str) {
    let poe = FakePoe::start().unwrap();
    let server = gateway(&poe, &[&chain.sample]);
    let cut = Answer::stream().text("half").cut();
    chain.cast(&poe, chain.steps.len() - 1, &cut);
    let answer = send(&server, &chain.sample.bot, &(chain.query)(&poe));
    assert!(answer.said().ends_with(said), "{}", answer.show());
}

/// A reader who leaves at any step hangs up on the bot that was asked, and nothing runs on.
pub fn who_leaves_hangs_up(chains: &[Chain]) {
    let poe = FakePoe::start().unwrap();
    let server = gateway_of(&poe, chains);
    let endless = Answer::stream().text("early").hold();
    for chain in chains {
        let sample = chain.sample.bot.as_str();
        for (step, (bot, _)) in chain.steps.iter().enumerate() {
            chain.cast(&poe, step, &endless);
            let last = poe.queries(bot).len() + chain.questions(bot, step) - 1;
            let connection = open(&server, sample, &(chain.query)(&poe));
            let asked = wait(poe.until("the last question", |poe| {
                poe.queries(bot).get(last).cloned()
            }));
            drop(connection);
            let case = format!("{sample}, step {step}");
            assert_eq!(wait(asked.ended()), Ending::HungUp, "{case}");
            server.wait_running(sample, 0.0);
        }
    }
}

/// Samples mount without keys and without the platform. Those that need it say so in an error that a person can
/// read, and that may be retried: the platform may come back. The others work.
pub fn mount_without_the_platform(with_platform: &[Sample], alone: &[Sample]) {
    let poe = FakePoe::start().unwrap();
    let url = poe.url();
    drop(poe);
    let all = || with_platform.iter().chain(alone);
    let manifest: String = all().map(Sample::entry).collect();
    let server = harness::Folder::with_manifest(&manifest)
        .flag("--poe-api")
        .flag(&url)
        .up();
    for sample in all() {
        let bot = sample.bot.as_str();
        let events = server.send(bot, &image_elsewhere(), &[]).events();
        let failed: Vec<_> = events.iter().filter(|(name, _)| name == "error").collect();
        if alone.iter().any(|sample| sample.bot == bot) {
            assert!(failed.is_empty(), "{bot}: {events:?}");
        } else {
            assert_eq!(failed.len(), 1, "{bot}: {events:?}");
            let error = &failed[0].1;
            assert_eq!(harness::unreferred(&error["text"]), SILENT, "{bot}");
            assert_eq!(error["allow_retry"], true, "{bot}");
        }
        assert_eq!(events.last().unwrap().0, "done", "{bot}");
    }
}

fn image_elsewhere() -> Value {
    let mut query = harness::query("hi");
    query["query"][0]["attachments"] = json!([{ "url": "http://127.0.0.1:1/me.jpg", "content_type": "image/jpeg", "name": "me.jpg" }]);
    query
}
