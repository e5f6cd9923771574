//! Two answers on one page: in which order they grow, what each rival is told, and who may fail.

use super::page::NEW_SHARE;
use super::{RIVALS, Versus};
use ravenry_sdk::poe::PoeError;
use ravenry_sdk::testing::{Event, Scene, Script, Transcript};
use ravenry_sdk::{Bot, Failure, Message, Meta};
use std::time::Duration;

const GPT: &str = "GPT-3.5-Turbo";
const CLAUDE: &str = "Claude-3.5-Haiku";

fn ask(gpt: impl Into<Script>, claude: impl Into<Script>) -> Transcript {
    Scene::default()
        .bot(GPT, gpt)
        .bot(CLAUDE, claude)
        .ask(&Versus, "hi")
}

fn second() -> Duration {
    Duration::from_secs(1)
}

fn page(gpt: &str, claude: &str) -> String {
    format!("**Gpt-3.5-Turbo** says:\n{gpt}\n\n**Claude-3.5-Haiku** says:\n{claude}")
}

#[test]
fn both_answers_grow_at_once() {
    let gpt = Script::new()
        .wait(second())
        .text("one")
        .wait(second() * 2)
        .text(" more");
    let claude = Script::new().wait(second() * 2).text("two");
    let transcript = ask(gpt, claude);
    let pages = [
        (0, "**Gpt-3.5-Turbo** says:\n".to_owned()),
        (0, page("", "")),
        (1, page("one", "")),
        (2, page("one", "two")),
        (3, page("one more", "two")),
    ];
    let pages = pages.map(|(time, text)| (second() * time, Event::replace(text)));
    let timed = transcript
        .timed()
        .map(|(time, event)| (time, event.clone()));
    assert_eq!(timed.collect::<Vec<_>>(), pages);
    // Together, not one after the other.
    assert_eq!(transcript.took, second() * 3);
}

#[test]
fn a_replacement_replaces_its_own_half() {
    let gpt = Script::new()
        .text("thinking")
        .wait(second())
        .event(Event::replace("done"));
    assert_eq!(ask(gpt, "two").text(), page("done", "two"));
}

#[test]
fn suggestions_pass_and_looks_do_not() {
    let gpt = Script::new()
        .event(Event::Meta(Meta::default()))
        .text("one")
        .event(Event::Suggest("more".to_owned()));
    let transcript = ask(gpt, "two");
    assert_eq!(transcript.suggestions(), ["more"]);
    assert_eq!(transcript.meta(), None);
}

/// Each rival sees what it said itself, and not what the other one did.
#[test]
fn each_rival_knows_its_own_words() {
    let answers = [
        (
            page("I am GPT.", "I am Claude."),
            "I am GPT.",
            "I am Claude.",
        ),
        (
            "**Gpt-3.5-Turbo** says:\nalone\n\n**Claude-3.5-Haiku** ran into an error".to_owned(),
            "alone",
            "**Gpt-3.5-Turbo** says:\nalone\n\n**Claude-3.5-Haiku** ran into an error",
        ),
        (
            "something else".to_owned(),
            "something else",
            "something else",
        ),
    ];
    for (answer, gpt, claude) in answers {
        let conversation = vec![
            Message::user(page("quoted", "by a person")),
            Message::bot(answer),
            Message::user("go on"),
        ];
        let scene = Scene::default().bot(GPT, "1").bot(CLAUDE, "2");
        let transcript = scene.ask(&Versus, conversation.clone());
        for (asked, own) in transcript.asked.iter().zip([gpt, claude]) {
            let messages = asked.messages();
            assert_eq!(messages[1], Message::bot(own), "{}", asked.bot);
            assert_eq!(
                (&messages[0], &messages[2]),
                (&conversation[0], &conversation[2])
            );
        }
        assert_eq!(transcript.asked.len(), 2);
    }
}

#[test]
fn one_that_fails_leaves_the_other_alone() {
    for fails in [
        Script::new().text("half").fail(Failure::new("no")),
        Script::new().breaks(PoeError::Broken("reset".to_owned())),
    ] {
        let transcript = ask(fails, Script::new().wait(second()).text("two"));
        let shown = "**Gpt-3.5-Turbo** ran into an error\n\n**Claude-3.5-Haiku** says:\ntwo";
        assert_eq!(transcript.text(), shown);
        assert_eq!(transcript.failure(), None);
    }
}

#[test]
fn both_that_fail_fail_the_reply() {
    let failure = Failure::new("no").no_retry();
    let transcript = ask(
        Script::new().fail(failure.clone()),
        Script::new().breaks(PoeError::Broken(String::new())),
    );
    assert_eq!(transcript.failure(), Some(&failure));
}

#[test]
fn who_leaves_hangs_up_on_both() {
    let scene = Scene {
        leaves_after: Some(3),
        ..Scene::default()
    };
    let slow = Script::new().wait(second() * 100).text("late");
    let transcript = scene
        .bot(GPT, Script::new().text("a").wait(second()).text("b"))
        .bot(CLAUDE, slow)
        .ask(&Versus, "hi");
    assert_eq!((transcript.took, transcript.failure()), (second(), None));
}

/// Shown anew for each word, a page of 24,000 characters would take millions.
#[test]
fn long_answers_stay_within_the_reply() {
    let words = |word: &str| {
        let word = format!("{word} ");
        (0..3_000).fold(Script::new(), |script, _| script.text(&word))
    };
    let transcript = ask(words("one"), words("two"));
    assert_eq!(transcript.failure(), None);
    assert_eq!(transcript.refused, []);
    assert_eq!(
        transcript.text(),
        page(&"one ".repeat(3_000), &"two ".repeat(3_000))
    );
    let spent: usize = transcript
        .events
        .iter()
        .map(|event| event.to_string().len())
        .sum();
    assert!(spent < 24_000 * (NEW_SHARE + 2), "{spent}");
}

#[test]
fn the_settings_declare_both() {
    let declared = Versus.settings().server_bot_dependencies;
    assert_eq!(
        declared,
        RIVALS.map(|rival| (rival.bot.to_owned(), 1)).into()
    );
}
