//! Whose image is looked at, what is painted, where the painting stands, and who may fail.

use super::{ADVISER, Outfit, PAINTER, TASK};
use ravenry_sdk::testing::{Event, Scene, Script};
use ravenry_sdk::{Attachment, Bot, Failure, File, Message, Query, poe::PoeError};

fn attached(name: &str, content_type: &str) -> Attachment {
    Attachment {
        url: format!("https://files.test/{name}"),
        content_type: content_type.to_owned(),
        name: name.to_owned(),
        ..Attachment::default()
    }
}

fn with(text: &str, attachments: Vec<Attachment>) -> Message {
    Message {
        attachments,
        ..Message::user(text)
    }
}

fn me() -> Message {
    with("hi", vec![attached("me.jpg", "image/jpeg")])
}

fn painted(name: &str) -> Event {
    Event::File(File {
        url: format!("https://painter.test/{name}"),
        content_type: "image/png".to_owned(),
        name: name.to_owned(),
        inline_ref: None,
    })
}

fn painter() -> Script {
    Script::new()
        .text("Painting...")
        .event(painted("draft.png"))
        .event(painted("top.png"))
}

#[test]
fn a_top_is_recommended_and_shown() {
    let scene = Scene::default()
        .bot(ADVISER, Script::new().text("A red ").text("shirt. "))
        .bot(PAINTER, painter());
    let transcript = scene.ask(&Outfit, vec![me()]);
    assert_eq!(
        transcript.to_string(),
        r#"text {"text":"A red "}
text {"text":"shirt. "}
text {"text":"\n\nGenerating an example image..."}
file {"url":"https://files.test/1","content_type":"application/octet-stream","name":"top.png","inline_ref":"ref00001"}
text {"text":"\n\nHere's an image of the recommended top![new_top][ref00001]"}
done {}
"#
    );
    assert_eq!(
        transcript.uploads[0].from_url.as_deref(),
        Some("https://painter.test/top.png")
    );
    let advised = transcript.asked[0].messages();
    assert_eq!(advised, [with(TASK, me().attachments)]);
    let wanted = "Please create an image of a A red shirt. only. White background.";
    assert_eq!(
        transcript.asked[1].messages(),
        [with(wanted, me().attachments)]
    );
}

#[test]
fn the_newest_image_of_a_person_counts() {
    let pair = with(
        "two",
        vec![
            attached("notes.txt", "text/plain"),
            attached("b.png", "image/png"),
            attached("c.png", "image/png"),
        ],
    );
    let bots = Message {
        attachments: vec![attached("bots.png", "image/png")],
        ..Message::bot("look")
    };
    let conversation = vec![me(), pair, bots, Message::user("and now?")];
    let scene = Scene::default()
        .bot(ADVISER, "A hat")
        .bot(PAINTER, painter());
    let transcript = scene.ask(&Outfit, conversation.clone());
    // It goes along with the question, although the last message has no file.
    let seen = &transcript.asked[0].messages()[0].attachments;
    assert_eq!(seen, &[attached("b.png", "image/png")]);
    // The painter knows the conversation.
    assert_eq!(transcript.asked[1].messages()[..3], conversation[..3]);
}

#[test]
fn no_image_is_told_so() {
    let text = with("hi", vec![attached("notes.txt", "text/plain")]);
    for query in [Query::from("hi"), Query::default(), Query::from(vec![text])] {
        let transcript = Scene::default().ask(&Outfit, query);
        let said = "Please attach an image of your outfit so I can suggest a new top!";
        assert_eq!(transcript.events, [Event::text(said)]);
        assert_eq!(transcript.asked, []);
    }
}

#[test]
fn a_replaced_recommendation_is_the_one_that_is_painted() {
    let adviser = Script::new()
        .text("Thinking")
        .event(Event::replace("A hat"));
    let scene = Scene::default()
        .bot(ADVISER, adviser)
        .bot(PAINTER, painter());
    let transcript = scene.ask(&Outfit, vec![me()]);
    assert!(
        transcript.text().starts_with("A hat\n\nGenerating"),
        "{transcript}"
    );
    assert!(
        transcript.asked[1].messages()[0]
            .content
            .contains(" a A hat only")
    );
}

#[test]
fn nothing_recommended_or_painted_is_an_error_that_may_be_retried() {
    let quiet = Scene::default().bot(ADVISER, Script::new().text(" \n"));
    let transcript = quiet.ask(&Outfit, vec![me()]);
    let failure = Failure::new("I was unable to get a clothing recommendation from Claude.");
    assert_eq!(transcript.failure(), Some(&failure));
    assert_eq!(transcript.asked.len(), 1);

    let blind = Scene::default()
        .bot(ADVISER, "A hat")
        .bot(PAINTER, "I cannot paint that.");
    let transcript = blind.ask(&Outfit, vec![me()]);
    let failure = Failure::new("The Imagen3-Fast bot did not return an image of the top.");
    assert_eq!(transcript.failure(), Some(&failure));
    assert_eq!(transcript.text(), "A hat\n\nGenerating an example image...");
}

#[test]
fn a_bot_that_fails_at_either_step_ends_the_reply() {
    let failure = Failure::new("Out of words.").no_retry();
    for (script, retry) in [
        (Script::new().text("A").fail(failure.clone()), false),
        (
            Script::new()
                .text("A")
                .breaks(PoeError::Broken("reset".to_owned())),
            true,
        ),
    ] {
        let first = Scene::default().bot(ADVISER, script.clone());
        let second = Scene::default().bot(ADVISER, "A hat").bot(PAINTER, script);
        for (questions, scene) in [(1, first), (2, second)] {
            let transcript = scene.ask(&Outfit, vec![me()]);
            assert_eq!(transcript.failure().unwrap().allow_retry, retry);
            assert_eq!(
                (transcript.asked.len(), transcript.uploads.len()),
                (questions, 0)
            );
        }
    }
}

#[test]
fn the_settings_allow_files_and_declare_both_bots() {
    let settings = Outfit.settings();
    assert_eq!(settings.allow_attachments, Some(true));
    let declared = [(ADVISER.to_owned(), 1), (PAINTER.to_owned(), 1)];
    assert_eq!(settings.server_bot_dependencies, declared.into());
}
