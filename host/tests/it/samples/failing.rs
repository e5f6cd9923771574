//! Other bots that fail, at each step of each sample: the reply ends with one clear error and `done`,
//! what was said before stays, and nobody is asked in vain.

use ravenry_desk::simulator::Answer;
use serde_json::{Value, json};

use super::{KEY, ask, entry, gateway, send, tools, with_image};
use crate::harness::{self, FakePoe, Folder, Script, Scripting as _};

/// How an answer goes wrong.
pub(super) struct Failure {
    pub(super) answer: Answer,
    /// How often it is asked for: the gateway repeats what may help before the first event.
    attempts: usize,
    /// What the reader is told; without it, that something did not answer.
    told: Option<&'static str>,
}

const UNDECLARED: &str =
    "Message m-1 called on bot that has 0 or undefined call count in settings.";

/// All ways to fail, with a name for each.
pub(super) fn failures() -> Vec<(String, Failure)> {
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
pub(super) fn check_error(answer: &harness::Answer, case: &str, failure: &Failure) {
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
    let told = failure
        .told
        .unwrap_or("Something this bot relies on did not answer.");
    assert_eq!(harness::unreferred(text), told, "{case}");
}

/// A sample, what it is asked, and whom it asks, step by step, when all goes well.
pub(super) struct Sample {
    pub(super) bot: &'static str,
    pub(super) query: fn(&FakePoe) -> Value,
    pub(super) steps: Vec<(&'static str, Answer)>,
}

impl Sample {
    /// Casts the bots of the platform: all goes well up to this step, which is as given.
    pub(super) fn cast(&self, poe: &FakePoe, step: usize, answer: &Answer) {
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
    pub(super) fn questions(&self, bot: &str, step: usize) -> usize {
        let asked = self.steps.iter().take(step + 1);
        asked.filter(|(name, _)| *name == bot).count()
    }
}

/// All samples that ask one bot after another.
pub(super) fn samples() -> Vec<Sample> {
    let says = |text: &str| Answer::stream().text(text).done();
    let plain = |_: &FakePoe| harness::query("go");
    let file =
        json!({"url": "https://x.test/top.png", "content_type": "image/png", "name": "top.png"});
    let sample = |bot, query, steps| Sample { bot, query, steps };
    vec![
        sample("prompt", plain, vec![("Claude-3-Haiku", says("Old pond"))]),
        sample("all-caps", plain, vec![("GPT-3.5-Turbo", says("hi"))]),
        sample(
            "weather",
            plain,
            vec![
                (
                    "GPT-3.5-Turbo",
                    tools::calls(&[("get_current_weather", r#"{"location": "Paris"}"#)]),
                ),
                ("GPT-3.5-Turbo", says("22")),
            ],
        ),
        sample(
            "weather-loop",
            plain,
            vec![
                ("GPT-4o", tools::calls(&[("get_weather", "{}")])),
                ("GPT-4o", tools::calls(&[("get_weather", "{}")])),
                ("GPT-4o", says("22")),
            ],
        ),
        sample(
            "coder",
            plain,
            vec![
                ("Claude-3.5-Sonnet", says("print(x)")),
                ("Python", says("NameError: x")),
                ("Claude-3.5-Sonnet", says("print(1)")),
                ("Python", says("1")),
                ("Claude-3.5-Sonnet", says("One.")),
            ],
        ),
        sample(
            "outfit",
            |poe| with_image(poe, "go"),
            vec![
                ("Claude-3.5-Sonnet", says("A hat")),
                ("Imagen3-Fast", Answer::stream().event("file", file).done()),
            ],
        ),
    ]
}

#[test]
fn a_failure_at_any_step_ends_the_reply_with_one_clear_error() {
    let poe = FakePoe::start().unwrap();
    let bots: Vec<&str> = samples().iter().map(|sample| sample.bot).collect();
    let server = gateway(&poe, &bots);
    for sample in samples() {
        for step in 0..sample.steps.len() {
            for (name, failure) in failures() {
                let case = format!("{}, step {step}: {name}", sample.bot);
                let (bot, _) = sample.steps[step];
                let before = poe.queries(bot).len();
                sample.cast(&poe, step, &failure.answer);
                let answer = send(&server, sample.bot, &(sample.query)(&poe));
                check_error(&answer, &case, &failure);
                let asked = poe.queries(bot).len() - before;
                let due = sample.questions(bot, step) - 1 + failure.attempts;
                assert_eq!(asked, due, "{case}: questions");
            }
        }
        server.wait_running(sample.bot, 0.0);
    }
    let log = server.log().join("\n");
    assert!(!log.contains(KEY), "no key in the log");
}

/// What was said before the step that failed is still there.
#[test]
fn a_failure_leaves_what_was_said_before() {
    let poe = FakePoe::start().unwrap();
    let server = gateway(&poe, &["coder", "outfit"]);
    let cut = Answer::stream().text("half").cut();
    for sample in samples() {
        let last = sample.steps.len() - 1;
        sample.cast(&poe, last, &cut);
        let said = match sample.bot {
            "coder" => "Summarizing the final output...\nhalf",
            "outfit" => "A hat\n\nGenerating an example image...",
            _ => continue,
        };
        let answer = send(&server, sample.bot, &(sample.query)(&poe));
        assert!(answer.said().ends_with(said), "{}", answer.show());
    }
}

/// All samples mount on a machine without keys and without the platform. Those that need it say so in
/// an error that a person can read; the others work.
#[test]
fn samples_mount_without_keys_and_without_the_platform() {
    let poe = FakePoe::start().unwrap();
    let url = poe.url();
    drop(poe);
    let with_platform: Vec<&str> = samples().iter().map(|sample| sample.bot).collect();
    let alone = ["http-request", "log"];
    let bots = [&with_platform[..], &["versus"], &alone].concat();
    let manifest: String = bots.iter().map(|bot| entry(bot)).collect();
    let server = Folder::with_manifest(&manifest)
        .flag("--poe-api")
        .flag(&url)
        .up();
    for bot in bots {
        // A reply that is an error here may be retried: the platform may come back.
        let query = if bot == "outfit" {
            image_elsewhere()
        } else {
            harness::query("hi")
        };
        let events = server.send(bot, &query, &[]).events();
        let failed: Vec<_> = events.iter().filter(|(name, _)| name == "error").collect();
        if alone.contains(&bot) {
            assert!(failed.is_empty(), "{bot}: {events:?}");
        } else {
            let told = "Something this bot relies on did not answer.";
            assert_eq!(failed.len(), 1, "{bot}: {events:?}");
            let error = &failed[0].1;
            assert_eq!(harness::unreferred(&error["text"]), told, "{bot}");
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

/// The reader of a sample that is mounted without a key is not asked for one.
#[test]
fn the_wrong_key_is_told_before_anybody_is_asked() {
    let poe = FakePoe::start().unwrap();
    poe.bot("Claude-3-Haiku", Script::text("Old pond"));
    let server = gateway(&poe, &["prompt"]);
    assert_eq!(server.ask("prompt", "hi").status, 401);
    assert_eq!(poe.queries("Claude-3-Haiku").len(), 0);
    assert_eq!(ask(&server, "prompt", "hi").said(), "Old pond");
    assert_eq!(poe.queries("Claude-3-Haiku")[0].key(), Some(KEY));
}
