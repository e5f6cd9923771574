//! Which events become loud, which pass as they are, and how the reply ends when the other bot fails.

use super::{AllCaps, MODEL};
use ravenry_sdk::testing::{Event, Scene, Script};
use ravenry_sdk::{Bot, Failure, File, Message, Meta, poe::PoeError};

fn hear(script: Script) -> Vec<Event> {
    Scene::default()
        .bot(MODEL, script)
        .ask(&AllCaps, "hi")
        .events
}

#[test]
fn texts_replacements_and_suggestions_become_loud() {
    let script = Script::new()
        .text("Hello, ")
        .text("straße é")
        .event(Event::replace("no, wait"))
        .event(Event::Suggest("Why?".to_owned()));
    let said = [
        Event::text("HELLO, "),
        Event::text("STRASSE É"),
        Event::replace("NO, WAIT"),
        Event::Suggest("WHY?".to_owned()),
    ];
    assert_eq!(hear(script), said);
}

#[test]
fn numbered_answers_keep_their_numbers() {
    let text = |text: &str| Event::Text {
        index: Some(2),
        text: text.to_owned(),
    };
    assert_eq!(hear(Script::new().event(text("a"))), [text("A")]);
}

#[test]
fn what_is_no_text_passes_as_it_is() {
    let meta = Event::Meta(Meta {
        content_type: Some("text/plain".to_owned()),
        ..Meta::default()
    });
    let file = Event::File(File {
        url: "https://files.test/a".to_owned(),
        content_type: "image/png".to_owned(),
        name: "a.png".to_owned(),
        inline_ref: Some("label".to_owned()),
    });
    let script = Script::new().event(meta.clone()).event(file.clone());
    assert_eq!(hear(script), [meta, file]);
}

#[test]
fn the_very_same_conversation_is_asked() {
    let conversation = vec![Message::user("a"), Message::bot("B"), Message::user("c")];
    let transcript = Scene::default().bot(MODEL, "d").ask(&AllCaps, conversation);
    assert!(transcript.asked[0].body.is_empty());
    assert_eq!(transcript.text(), "D");
}

#[test]
fn what_came_before_a_failure_stays() {
    let failure = Failure::new("Out of words.");
    let said = [Event::text("HEL"), Event::Error(failure.clone())];
    assert_eq!(hear(Script::new().text("hel").fail(failure)), said);

    let broken = hear(
        Script::new()
            .text("hel")
            .breaks(PoeError::Broken(String::new())),
    );
    assert_eq!(broken[0], Event::text("HEL"));
    assert!(matches!(&broken[1], Event::Error(failure) if failure.allow_retry));
}

#[test]
fn the_settings_declare_one_call() {
    let declared = AllCaps.settings().server_bot_dependencies;
    assert_eq!(declared, [(MODEL.to_owned(), 1)].into());
}
