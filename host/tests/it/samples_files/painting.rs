//! The sample that has images painted: the seconds go by while the painter paints, and the image takes
//! their place.

use ravenry_desk::simulator::{Answer, Endpoint};
use serde_json::{Value, json};

use super::{Api, Sample, assert_kept, folder_with_api, open, settings};
use crate::harness::{self, FakePoe, Folder, Server, Stream};

const IMAGE: &[u8] = b"\xff\xd8\xff\xe0 an image, as far as anybody looks \xff\xd9";

fn painter(poe: &FakePoe, api: &Api) -> Folder {
    folder_with_api(
        poe,
        &Sample::in_rust("image"),
        api,
        ("FIREWORKS_API_KEY", "FIREWORKS_BASE_URL"),
    )
}

fn jpeg() -> Vec<u8> {
    let length = IMAGE.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: image/jpeg\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    );
    [head.as_bytes(), IMAGE].concat()
}

fn seconds(seconds: u32) -> Value {
    json!({ "text": format!("Generating image... ({seconds} seconds)") })
}

/// The reply up to the first of the seconds.
fn begun(server: &Server) -> Stream {
    let mut stream = open(server, "image", &harness::query("a cat")).stream();
    let meta = ("meta".to_owned(), json!({ "suggested_replies": false }));
    assert_eq!(stream.next_event(), Some(meta));
    let first = ("replace_response".to_owned(), seconds(0));
    assert_eq!(stream.next_event(), Some(first));
    stream
}

/// What is said after the last of the seconds.
fn outcome(stream: Stream) -> Vec<(String, Value)> {
    let progress = |data: &Value| data["text"].to_string().contains("Generating image...");
    let events = stream.rest().events().into_iter();
    events.filter(|(_, data)| !progress(data)).collect()
}

#[test]
fn the_seconds_give_way_to_the_image() {
    let (poe, api) = (FakePoe::start().unwrap(), Api::start());
    let server = painter(&poe, &api).up();
    let mut stream = begun(&server);
    let mut asked = api.next();
    let path = "/v1/image_generation/accounts/fireworks/models/stable-diffusion-xl-1024-v1-0";
    assert!(
        asked.head.starts_with(&format!("POST {path} HTTP/1.1\r\n")),
        "{}",
        asked.head
    );
    assert!(
        asked.head.contains("accept: image/jpeg\r\n"),
        "{}",
        asked.head
    );
    asked.assert_secret();
    assert!(asked.body["seed"].take().is_u64());
    assert_eq!(
        asked.body,
        json!({ "prompt": "a cat", "steps": 50, "seed": null, "aspect_ratio": "1:1" })
    );
    // The request is under way, and the clock goes on.
    let second = ("replace_response".to_owned(), seconds(1));
    assert_eq!(stream.next_event(), Some(second));
    asked.answer(jpeg());
    let events = outcome(stream);
    let [file, image, done] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!((file.0.as_str(), done.0.as_str()), ("file", "done"));
    let uploads = poe.uploads();
    assert_eq!(uploads.len(), 1);
    assert_eq!(&uploads[0].bytes[..], IMAGE);
    let label = file.1["inline_ref"].as_str().unwrap();
    assert_eq!(
        file.1,
        json!({
            "url": uploads[0].attachment_url,
            "content_type": "image/jpeg",
            "name": "image.jpg",
            "inline_ref": label,
        })
    );
    let shown = json!({ "text": format!("![image.jpg][{label}]") });
    assert_eq!(*image, ("replace_response".to_owned(), shown));
    assert_kept(&server, &[]);
}

#[test]
fn what_goes_wrong_is_told_and_may_be_tried_again() {
    let (poe, api) = (FakePoe::start().unwrap(), Api::start());
    let server = painter(&poe, &api).up();
    let status = |status: &str| {
        format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").into_bytes()
    };
    let page = b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 6\r\nconnection: close\r\n\r\n<html>";
    let half = jpeg()[..jpeg().len() - 5].to_vec();
    let unpainted = "Error generating image.";
    let unexpected = "The bot ran into an unexpected error.";
    for (case, answer, text, refers) in [
        ("no key", status("401 Unauthorized"), unpainted, false),
        ("too many", status("429 Too Many Requests"), unpainted, true),
        ("down", status("500 Internal Server Error"), unpainted, true),
        ("a page", page.to_vec(), unpainted, false),
        ("half an image", half, unexpected, true),
        ("no answer", Vec::new(), unexpected, true),
    ] {
        let stream = begun(&server);
        api.next().answer(answer);
        assert_error(outcome(stream), text, refers, case);
    }
    assert_eq!(poe.uploads().len(), 0);
    assert_kept(&server, &[]);
}

#[test]
fn an_image_that_the_platform_does_not_take_is_an_error() {
    let (poe, api) = (FakePoe::start().unwrap(), Api::start());
    let server = painter(&poe, &api).up();
    poe.instead(Endpoint::Uploads, Answer::status(400));
    let stream = begun(&server);
    api.next().answer(jpeg());
    let text = "Error uploading image to Poe.";
    assert_error(outcome(stream), text, true, "the platform refuses it");
}

/// An error with these words, and the reference of the query where a server has failed, and nothing but it.
fn assert_error(mut said: Vec<(String, Value)>, text: &str, refers: bool, case: &str) {
    let words = said.first_mut().and_then(|(_, data)| data.get_mut("text"));
    let words = words.unwrap_or_else(|| panic!("{case}: no error"));
    let plain = words
        .as_str()
        .map(|words| match words.split_once(" (reference ") {
            Some((before, reference)) => (format!("{before}{}", &reference[9..]), true),
            None => (words.to_owned(), false),
        });
    let (plain, has_reference) = plain.unwrap_or_default();
    assert_eq!(has_reference, refers, "{case}: {words}");
    *words = plain.into();
    let error = (
        "error".to_owned(),
        json!({ "text": text, "allow_retry": true }),
    );
    assert_eq!(said, [error, ("done".to_owned(), json!({}))], "{case}");
}

#[test]
fn a_painter_who_never_ends_is_left_when_the_time_is_up() {
    let (poe, api) = (FakePoe::start().unwrap(), Api::start());
    let server = painter(&poe, &api).flag("--limit=wall_time=2s").up();
    let stream = begun(&server);
    let asked = api.next();
    let events = outcome(stream);
    assert!(
        events[0].1["text"]
            .to_string()
            .contains("The bot took too long"),
        "{events:?}"
    );
    assert_eq!(events[1].0, "done");
    asked.until_closed();
}

#[test]
fn a_reader_who_leaves_stops_the_painter() {
    let (poe, api) = (FakePoe::start().unwrap(), Api::start());
    let server = painter(&poe, &api).up();
    let stream = begun(&server);
    let asked = api.next();
    drop(stream);
    asked.until_closed();
    server.wait_running("image", 0.0);
    assert_eq!(poe.uploads().len(), 0);
}

#[test]
fn messages_of_other_bots_are_wanted() {
    let (poe, api) = (FakePoe::start().unwrap(), Api::start());
    let server = painter(&poe, &api).up();
    assert_eq!(
        settings(&server, "image")["enable_multi_entity_prompting"],
        true
    );
}
