//! A bot that looks at an attached image, and has another one painted: `outfit`.

use ravenry_desk::simulator::{Answer, Endpoint};
use serde_json::{Value, json};

use super::{Sample, ask, contents, declared, failures::Chain, gateway, send, with_image};
use crate::harness::{self, FakePoe, Script, Server, unreferred};

/// What it has said before it asks for a painting, where the advice is a hat.
pub const BEFORE_THE_PAINTING: &str = "A hat\n\nGenerating an example image...";

/// Its questions when all goes well.
pub fn chain(sample: Sample) -> Chain {
    Chain {
        sample,
        query: |poe| with_image(poe, "go"),
        steps: vec![
            ("Claude-3.5-Sonnet", Answer::stream().text("A hat").done()),
            ("Imagen3-Fast", painter()),
        ],
    }
}

fn painter() -> Answer {
    let file = json!({"url": "https://painter.test/top.png", "content_type": "image/png", "name": "top.png"});
    Answer::stream().text("Painting").event("file", file).done()
}

pub fn recommends_and_shows_a_top(sample: &Sample) {
    let poe = FakePoe::start().unwrap();
    let adviser = Answer::stream().text("A red ").text("shirt").done();
    poe.bot("Claude-3.5-Sonnet", adviser);
    poe.bot("Imagen3-Fast", painter());
    let server = gateway(&poe, &[sample]);
    let query = with_image(&poe, "What suits me?");
    let events = send(&server, &sample.bot, &query).events();
    let names: Vec<&str> = events.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["text", "text", "text", "file", "text", "done"]);
    let texts: Vec<&str> = events
        .iter()
        .filter_map(|(_, data)| data["text"].as_str())
        .collect();
    let upload = &poe.uploads()[0];
    let file = &events[3].1;
    let label = file["inline_ref"].as_str().unwrap();
    let last = format!("\n\nHere's an image of the recommended top![new_top][{label}]");
    assert_eq!(
        texts,
        [
            "A red ",
            "shirt",
            "\n\nGenerating an example image...",
            &last
        ]
    );
    assert_eq!(file["name"], "top.png");
    assert_eq!(upload.status, 200);
    assert!(
        file["url"].as_str().unwrap().starts_with(&poe.url()),
        "{file}"
    );

    let image = |query: &Value| query["query"][0]["attachments"][0]["url"].clone();
    let looked_at = &poe.queries("Claude-3.5-Sonnet")[0].body;
    assert_eq!(image(looked_at), image(&query));
    let wanted = "Please create an image of a A red shirt only. White background.";
    assert_eq!(contents(&poe, "Imagen3-Fast"), [[wanted]]);
    assert_eq!(
        declared(&server, &sample.bot),
        json!({"Claude-3.5-Sonnet": 1, "Imagen3-Fast": 1})
    );
}

/// The text of the error of a reply, and whether it may be tried again.
fn error(server: &Server, sample: &Sample, query: &Value) -> (Value, Value) {
    let events = send(server, &sample.bot, query).events();
    let mut errors = events.into_iter().filter(|(name, _)| name == "error");
    let (_, data) = errors.next().unwrap();
    (data["text"].clone(), data["allow_retry"].clone())
}

pub fn says_what_is_missing(sample: &Sample) {
    let poe = FakePoe::start().unwrap();
    let server = gateway(&poe, &[sample]);
    let said = "Please attach an image of your outfit so I can suggest a new top!";
    assert_eq!(ask(&server, &sample.bot, "hi").said(), said);
    let mut text = harness::query("hi");
    text["query"][0]["attachments"] =
        json!([{ "url": "https://x.test/a", "content_type": "text/plain", "name": "a" }]);
    assert_eq!(send(&server, &sample.bot, &text).said(), said);

    poe.bot("Claude-3.5-Sonnet", Script::text(" "));
    let query = with_image(&poe, "hi");
    let told = |text: &str| (json!(text), json!(true));
    let nothing = told("I was unable to get a clothing recommendation from Claude.");
    assert_eq!(error(&server, sample, &query), nothing);

    poe.bot("Claude-3.5-Sonnet", Script::text("A hat"));
    poe.bot("Imagen3-Fast", Script::text("No."));
    let nothing = told("The Imagen3-Fast bot did not return an image of the top.");
    assert_eq!(error(&server, sample, &query), nothing);

    // The last step: the platform does not take the file.
    poe.bot("Imagen3-Fast", painter());
    for _ in 0..2 {
        poe.instead(Endpoint::Uploads, Answer::status(500));
    }
    let (text, allow_retry) = error(&server, sample, &query);
    let broken = "Something this bot relies on did not answer.";
    assert_eq!(unreferred(&text), broken);
    assert_eq!(allow_retry, true);
}

/// The newest image of a person counts, and it goes along with the question although the last message has no file;
/// what the adviser replaces is neither shown nor painted.
pub fn takes_the_newest_image_and_the_last_word(sample: &Sample) {
    let poe = FakePoe::start().unwrap();
    let adviser = Answer::stream()
        .text("Thinking")
        .event("replace_response", json!({"text": "A hat"}));
    poe.bot("Claude-3.5-Sonnet", adviser.done());
    poe.bot("Imagen3-Fast", painter());
    let server = gateway(&poe, &[sample]);
    let url = poe.attachment("b.png", "a person").unwrap();
    let file = |url: &str| json!([{ "url": url, "content_type": "image/png", "name": "b.png" }]);
    let mut query = harness::query("");
    query["query"] = json!([
        { "role": "user", "content": "old", "attachments": file("https://x.test/old.png") },
        { "role": "user", "content": "me", "attachments": file(&url) },
        { "role": "bot", "content": "look", "attachments": file("https://x.test/bot.png") },
        { "role": "user", "content": "and now?" },
    ]);
    let said = send(&server, &sample.bot, &query).said();
    assert!(said.starts_with(BEFORE_THE_PAINTING), "{said}");
    let asked = &poe.queries("Claude-3.5-Sonnet")[0].body["query"];
    assert_eq!(asked.as_array().unwrap().len(), 1);
    assert_eq!(asked[0]["attachments"][0]["url"], url);
    let wanted = "Please create an image of a A hat only. White background.";
    assert_eq!(
        contents(&poe, "Imagen3-Fast"),
        [["old", "me", "look", wanted]]
    );
}
