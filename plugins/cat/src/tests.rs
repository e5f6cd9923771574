//! Whole replies, event by event, to every word that the cat knows and to words that meet.

use super::{Cat, MARKDOWN};
use ravenry_sdk::testing::{Event, Scene, Transcript};
use ravenry_sdk::{Bot, Feedback, Message, Query, Reaction, testing};
use std::time::Duration;

const META: &str = r#"meta {"content_type":"text/markdown","suggested_replies":true,"linkify":true,"refetch_settings":false}"#;
const META_PLAIN: &str = r#"meta {"content_type":"text/plain","suggested_replies":true,"linkify":true,"refetch_settings":false}"#;
const META_DOG: &str = r#"meta {"content_type":"text/markdown","suggested_replies":false,"linkify":true,"refetch_settings":false}"#;
const META_PLAIN_DOG: &str = r#"meta {"content_type":"text/plain","suggested_replies":false,"linkify":true,"refetch_settings":false}"#;

const ZZZ: &str = r#"text {"text":"zzz"}"#;
const CRUNCH: &str = r#"text {"text":"crunch "}
text {"text":"crunch"}"#;
const MEOW: &str = r#"text {"text":"meow "}
text {"text":"meow"}
suggested_reply {"text":"feed the cat"}"#;
const PEEK: &str = r#"text {"text":"peek "}
wait 1s"#;
const SQUARE: &str = r#"error {"text":"Square snacks are not tasty.","allow_retry":true}"#;
const CUBE: &str = r#"error {"text":"Cube snacks are even less tasty.","allow_retry":false}"#;

fn ask(text: &str) -> Transcript {
    testing::ask(&Cat, text)
}

/// Asserts the whole reply: these lines, and then `done`.
#[track_caller]
fn check(text: &str, lines: &[&str]) {
    let expected = format!("{}\ndone {{}}\n", lines.join("\n"));
    assert_eq!(ask(text).to_string(), expected, "{text:?}");
}

fn counting(pause: &str) -> String {
    let line = |number| format!("replace_response {{\"text\":\"{number}\"}}{pause}");
    (1..=10).map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_cat_mostly_sleeps() {
    check("hello", &[META, ZZZ]);
    check("", &[META, ZZZ]);
}

#[test]
fn cardboard_crunches() {
    check("I have CardBoard here", &[META, CRUNCH]);
}

#[test]
fn the_kitchen_makes_it_meow() {
    for text in ["to the kitchen", "a meal", "Food!"] {
        check(text, &[META, MEOW]);
    }
}

#[test]
fn a_stranger_is_watched_for_ten_seconds() {
    check("a stranger", &[[META].as_slice(), &[PEEK; 10]].concat());
    assert_eq!(ask("a stranger").took, Duration::from_secs(10));
}

#[test]
fn squares_and_cubes_are_refused() {
    check("a square", &[META, SQUARE]);
    check("a cube", &[META, CUBE]);
}

#[test]
fn counting_replaces_and_takes_ten_seconds() {
    check("count", &[META, &counting("\nwait 1s")]);
    assert_eq!(ask("count").text(), "10");
}

#[test]
fn counting_quickly_takes_no_time() {
    check("count quickly", &[META, &counting("")]);
    assert_eq!(ask("count quickly").took, Duration::ZERO);
}

#[test]
fn quickly_alone_means_nothing() {
    check("quickly", &[META, ZZZ]);
    check(
        "a stranger came quickly",
        &[[META].as_slice(), &[PEEK; 10]].concat(),
    );
}

#[test]
fn plain_and_dog_change_how_the_reply_is_shown() {
    check("plain", &[META_PLAIN, ZZZ]);
    check("dog", &[META_DOG, ZZZ]);
    check("Plain dog FOOD", &[META_PLAIN_DOG, MEOW]);
}

#[test]
fn the_first_word_of_the_list_wins() {
    check("cardboard in the kitchen", &[META, CRUNCH]);
    check("a stranger with food", &[META, MEOW]);
    check(
        "a square stranger",
        &[[META].as_slice(), &[PEEK; 10]].concat(),
    );
    check("a square cube", &[META, SQUARE]);
    check("count the cubes", &[META, CUBE]);
}

#[test]
fn words_are_found_inside_words() {
    check("countless", &[META, &counting("\nwait 1s")]);
    check("explaining", &[META_PLAIN, ZZZ]);
}

/// The sample of Markdown comes first, and then what the cat would have said without it.
#[test]
fn markdown_does_not_end_the_reply() {
    for (text, rest) in [("markdown", "zzz"), ("Markdown cardboard", "crunch crunch")] {
        let transcript = ask(text);
        let chunks = transcript.events[1..].iter().zip(MARKDOWN);
        assert_eq!(
            chunks
                .filter(|(event, chunk)| **event == Event::text(*chunk))
                .count(),
            15
        );
        assert_eq!(transcript.text(), MARKDOWN.concat() + rest);
    }
    assert_eq!(
        ask("markdown dog").meta().unwrap().suggested_replies,
        Some(false)
    );
    assert_eq!(ask("plain markdown food").suggestions(), ["feed the cat"]);
}

#[test]
fn what_was_said_before_an_error_stays() {
    let transcript = ask("a markdown cube");
    assert_eq!(transcript.text(), MARKDOWN.concat());
    assert!(!transcript.failure().unwrap().allow_retry);
    assert_eq!(transcript.events.len(), 17);
}

/// Counting replaces the sample, as replacing does.
#[test]
fn counting_replaces_the_markdown_too() {
    let transcript = ask("count quickly in markdown");
    assert_eq!(
        (transcript.text().as_str(), transcript.events.len()),
        ("10", 26)
    );
}

#[test]
fn only_the_last_message_counts() {
    let conversation = vec![
        Message::user("food"),
        Message::bot("meow meow"),
        Message::user("hi"),
    ];
    assert_eq!(testing::ask(&Cat, conversation).text(), "zzz");
    assert_eq!(testing::ask(&Cat, Query::default()).text(), "zzz");
}

#[test]
fn a_reader_who_leaves_ends_the_watch() {
    let scene = Scene {
        leaves_after: Some(4),
        ..Scene::default()
    };
    let transcript = scene.ask(&Cat, "a stranger");
    assert_eq!(transcript.took, Duration::from_secs(3));
    assert_eq!(transcript.failure(), None);
}

#[test]
fn the_settings_allow_files_and_forgetting() {
    let settings = Cat.settings();
    assert_eq!(settings.allow_attachments, Some(true));
    assert_eq!(
        settings.extra.get("allow_user_context_clear"),
        Some(&true.into())
    );
    assert_eq!(settings.extra.len(), 1);
}

/// Reports make a line in the log and nothing else; here, that they do not fall over.
#[test]
fn reports_are_taken() {
    Cat.on_feedback(&Feedback {
        feedback_type: "like\n".to_owned(),
        ..Feedback::default()
    });
    Cat.on_reaction(&Reaction {
        reaction: "heart".to_owned(),
        ..Reaction::default()
    });
}
