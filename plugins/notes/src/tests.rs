//! What is kept of whom, and what people are told about it.

use super::{CHARACTERS_MAX, Command, HELP, KEY, NOTES_MAX, Notes, Which};
use ravenry_sdk::serde_json::{Map, json};
use ravenry_sdk::testing::{Scene, Scope, Store, Transcript};
use ravenry_sdk::{Bot, Query};

/// What Anna says, one message after the other.
fn say(store: Store, texts: &[&str]) -> Transcript {
    let mut scene = Scene::default().store(store);
    let mut last = None;
    for text in texts {
        let transcript = scene.ask(&Notes, by("anna", text));
        scene = scene.store(transcript.store.clone());
        last = Some(transcript);
    }
    last.unwrap()
}

fn by(user: &str, text: &str) -> Query {
    Query {
        user_id: user.to_owned(),
        ..Query::from(text)
    }
}

#[test]
fn words_are_understood_as_people_write_them() {
    let cases = [
        ("remember the milk", Command::Remember("the milk")),
        ("  Remember:  the milk \n", Command::Remember("the milk")),
        ("note : a: b", Command::Remember("a: b")),
        ("NOTE\ntwo\nlines", Command::Remember("two\nlines")),
        ("remember", Command::Help),
        ("remember:", Command::Help),
        ("List", Command::List),
        ("list of animals", Command::Help),
        ("forget 2", Command::Forget(Which::One(2))),
        ("forget: #12", Command::Forget(Which::One(12))),
        ("Forget Everything", Command::Forget(Which::All)),
        ("forget all", Command::Forget(Which::All)),
        ("forget", Command::Help),
        ("forget me", Command::Help),
        ("forget -1", Command::Help),
        ("forget 99999999999999999999", Command::Help),
        ("rememberé", Command::Help),
        ("", Command::Help),
    ];
    for (text, command) in cases {
        assert_eq!(Command::parse(text), command, "{text:?}");
    }
}

#[test]
fn what_is_noted_is_listed_until_it_is_forgotten() {
    let noted = say(Store::new(), &["remember milk", "note: two\nlines"]);
    assert_eq!(noted.text(), "Noted, as number 2.");
    assert_eq!(noted.suggestions(), ["list"]);
    let listed = say(noted.store, &["list"]);
    assert_eq!(listed.text(), "- **1** milk\n- **2** two lines\n");

    let forgotten = say(listed.store, &["forget 1"]);
    assert_eq!(forgotten.text(), "Forgotten: milk");
    let again = say(forgotten.store, &["forget 1"]);
    assert_eq!(again.text(), "You have no note 1.");

    // The numbers of the others stay, and none is given again.
    let listed = say(again.store, &["remember eggs", "list"]);
    assert_eq!(listed.text(), "- **2** two lines\n- **3** eggs\n");
    let forgotten = say(listed.store, &["forget everything"]);
    assert_eq!(forgotten.text(), "I have forgotten your 2 notes.");
    let empty = say(forgotten.store, &["list"]);
    assert_eq!(empty.text(), "You have no notes.");
    let next = say(empty.store, &["remember tea"]);
    assert_eq!(next.text(), "Noted, as number 4.");
    let kept = next.store.value(&Scope::user("anna"), KEY);
    assert_eq!(kept, Some(json!({ "last": 4, "notes": { "4": "tea" } })));
}

#[test]
fn nobody_sees_what_another_has_noted() {
    let noted = say(Store::new(), &["remember a secret"]);
    let scene = Scene::default().store(noted.store);
    for (text, answer) in [
        ("list", "You have no notes."),
        ("forget 1", "You have no note 1."),
        ("forget everything", "You have no notes."),
    ] {
        let bert = scene.ask(&Notes, by("bert", text));
        assert_eq!(bert.text(), answer);
        assert_eq!(say(bert.store, &["list"]).text(), "- **1** a secret\n");
    }
}

#[test]
fn a_person_has_so_many_notes_and_so_long_ones() {
    let most = "é".repeat(CHARACTERS_MAX);
    let noted = say(Store::new(), &[&format!("remember {most}")]);
    assert_eq!(noted.text(), "Noted, as number 1.");
    let refused = say(noted.store.clone(), &[&format!("remember {most}é")]);
    assert!(!refused.failure().unwrap().allow_retry);
    assert_eq!(refused.store, noted.store);

    let many: Map<_, _> = (1..=NOTES_MAX)
        .map(|number| (number.to_string(), json!("a note")))
        .collect();
    let full = Store::new().with(
        Scope::user("anna"),
        KEY,
        json!({ "last": NOTES_MAX, "notes": many }),
    );
    let refused = say(full.clone(), &["remember one more"]);
    let failure = refused.failure().unwrap();
    assert!(failure.text.as_ref().unwrap().contains("100 notes"));
    assert_eq!(refused.store, full);
    let noted = say(full, &["forget 7", "remember one more"]);
    assert_eq!(noted.text(), "Noted, as number 101.");
}

/// The gateway says what happened in the log; the person reads one sentence, and nothing is lost.
#[test]
fn who_is_nobody_is_told_politely() {
    let transcript = Scene::default().ask(&Notes, by("", "remember the milk"));
    assert!(!transcript.failure().unwrap().allow_retry);
    assert_eq!(transcript.store, Store::new());
}

#[test]
fn it_says_what_it_can_do_before_and_when_it_does_not_understand() {
    assert_eq!(Notes.settings().introduction_message.as_deref(), Some(HELP));
    let transcript = say(Store::new(), &["Good morning!"]);
    assert_eq!(transcript.text(), HELP);
    assert_eq!(transcript.suggestions(), ["remember the milk"]);
    assert_eq!(transcript.store, Store::new());
}
