//! What the other bot is asked, and that its whole answer arrives as it was said.

use super::{MODEL, Prompt, SYSTEM};
use ravenry_sdk::testing::{Event, Scene, Script};
use ravenry_sdk::{Bot, Failure, File, Message, Meta, poe::PoeError};

#[test]
fn the_sentence_stands_above_the_conversation() {
    let conversation = vec![
        Message::user("hi"),
        Message::bot("Old pond"),
        Message::user("more"),
    ];
    let transcript = Scene::default()
        .bot(MODEL, "Frog")
        .ask(&Prompt, conversation.clone());
    let sent = transcript.asked[0].messages();
    assert_eq!(sent[0], Message::system(SYSTEM));
    assert_eq!(sent[1..], conversation);
    assert_eq!(transcript.asked.len(), 1);
}

#[test]
fn everything_is_handed_on_but_hidden_data() {
    let meta = Event::Meta(Meta {
        content_type: Some("text/plain".to_owned()),
        suggested_replies: Some(false),
        ..Meta::default()
    });
    let file = Event::File(File {
        url: "https://files.test/a".to_owned(),
        content_type: "image/png".to_owned(),
        name: "a.png".to_owned(),
        inline_ref: None,
    });
    let script = Script::new()
        .event(meta.clone())
        .event(Event::replace("..."))
        .event(Event::replace("Old "))
        .text("pond")
        .event(file.clone())
        .event(Event::Data("theirs".to_owned()))
        .event(Event::Suggest("frog?".to_owned()));
    let transcript = Scene::default().bot(MODEL, script).ask(&Prompt, "hi");
    let said = [
        meta,
        Event::replace("..."),
        Event::replace("Old "),
        Event::text("pond"),
        file,
        Event::Suggest("frog?".to_owned()),
    ];
    assert_eq!(transcript.events, said);
}

#[test]
fn the_failure_of_the_other_bot_is_shown_as_it_said_it() {
    let failure = Failure::new("Out of words.").no_retry();
    let script = Script::new().text("Old").fail(failure.clone());
    let transcript = Scene::default().bot(MODEL, script).ask(&Prompt, "hi");
    assert_eq!(
        transcript.events,
        [Event::text("Old"), Event::Error(failure)]
    );
}

#[test]
fn a_bot_that_breaks_off_ends_the_reply_with_an_error() {
    let script = Script::new()
        .text("Old")
        .breaks(PoeError::Broken("reset".to_owned()));
    let transcript = Scene::default().bot(MODEL, script).ask(&Prompt, "hi");
    assert_eq!(transcript.text(), "Old");
    assert!(transcript.failure().unwrap().allow_retry);
}

#[test]
fn the_settings_declare_one_call() {
    let declared = Prompt.settings().server_bot_dependencies;
    assert_eq!(declared, [(MODEL.to_owned(), 1)].into());
}
