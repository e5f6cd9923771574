//! Seconds while the painter paints, the image in their place, and what may go wrong on the way.

use super::{FIREWORKS, IMAGE_BYTES_MAX, Image, MODEL};
use ravenry_sdk::Bot;
use ravenry_sdk::http::HttpError;
use ravenry_sdk::serde_json::{self, Value, json};
use ravenry_sdk::testing::{Scene, Transcript, Upstream};
use std::time::Duration;

fn image() -> Image {
    Image::new(|name| (name == "FIREWORKS_API_KEY").then(|| "placeholder".to_owned()))
}

fn jpeg() -> Upstream {
    Upstream::new(200).header("content-type", "image/jpeg")
}

fn scene(answer: Upstream) -> Scene {
    Scene::default().upstream(FIREWORKS, move |_| answer.clone())
}

fn ask(answer: Upstream) -> Transcript {
    scene(answer).ask(&image(), "a cat")
}

#[test]
fn seconds_go_by_until_the_image_is_there() {
    let slow = jpeg()
        .wait(Duration::from_millis(2500))
        .body("half")
        .wait(Duration::from_secs(1))
        .body(" an image");
    let transcript = ask(slow);
    assert_eq!(
        transcript.to_string(),
        r#"meta {"suggested_replies":false}
replace_response {"text":"Generating image... (0 seconds)"}
wait 1s
replace_response {"text":"Generating image... (1 seconds)"}
wait 1s
replace_response {"text":"Generating image... (2 seconds)"}
wait 1s
replace_response {"text":"Generating image... (3 seconds)"}
wait 500ms
file {"url":"https://files.test/1","content_type":"image/jpeg","name":"image.jpg","inline_ref":"ref00001"}
replace_response {"text":"![image.jpg][ref00001]"}
done {}
"#
    );
    let [upload] = &transcript.uploads[..] else {
        panic!("{:?}", transcript.uploads)
    };
    assert_eq!(upload.bytes.as_deref(), Some(b"half an image".as_slice()));
}

#[test]
fn the_painter_is_told_the_last_message() {
    let transcript = ask(jpeg().body("x"));
    let [request] = &transcript.requests[..] else {
        panic!("{:?}", transcript.requests)
    };
    assert_eq!(request.url, format!("{FIREWORKS}/{MODEL}"));
    for header in [
        ("accept", "image/jpeg"),
        ("authorization", "Bearer placeholder"),
    ] {
        let header = (header.0.to_owned(), header.1.to_owned());
        assert!(request.headers.contains(&header), "{header:?}");
    }
    let mut sent: Value = serde_json::from_slice(&request.body).unwrap();
    let seed = sent["seed"].take();
    assert!(seed.as_u64().is_some_and(|seed| seed < 1 << 32), "{seed}");
    assert_eq!(
        sent,
        json!({ "prompt": "a cat", "steps": 50, "seed": null, "aspect_ratio": "1:1" })
    );
}

#[test]
fn what_goes_wrong_is_told_and_may_be_tried_again() {
    let html = Upstream::new(200)
        .header("content-type", "text/html")
        .body("<h1>Login</h1>");
    let cut = || HttpError::Broken("cut".to_owned());
    let unpainted = "Error generating image.";
    let unexpected = "The bot ran into an unexpected error.";
    for (case, answer, text) in [
        ("no key", Upstream::new(401), unpainted),
        ("too many", Upstream::new(429), unpainted),
        ("down", Upstream::new(500), unpainted),
        ("a page", html, unpainted),
        ("huge", jpeg().body(vec![0; IMAGE_BYTES_MAX + 1]), unpainted),
        ("cut", jpeg().body("half").breaks(cut()), unexpected),
        ("unreachable", Upstream::unreachable(cut()), unexpected),
    ] {
        let transcript = ask(answer);
        let failure = transcript.failure().unwrap_or_else(|| panic!("{case}"));
        assert_eq!(failure.text.as_deref(), Some(text), "{case}");
        assert!(
            failure.allow_retry && transcript.uploads.is_empty(),
            "{case}"
        );
    }
}

/// Nobody is there to read one.
#[test]
fn who_leaves_hears_of_no_error() {
    let scene = Scene {
        leaves_after: Some(2),
        ..scene(jpeg().wait(Duration::from_secs(60)).body("late"))
    };
    let transcript = scene.ask(&image(), "a cat");
    assert_eq!(transcript.failure(), None);
    assert_eq!(transcript.took, Duration::from_secs(1));
}

#[test]
fn without_a_key_nobody_is_asked_and_the_operator_is_told() {
    let transcript = Scene::default().ask(&Image::new(|_| None), "a cat");
    assert!(transcript.requests.is_empty());
    let failure = transcript.failure().unwrap();
    assert!(failure.text.as_ref().unwrap().contains("FIREWORKS_API_KEY"));
    assert!(!failure.allow_retry);
}

#[test]
fn other_bots_may_be_heard() {
    let settings = Bot::settings(&image());
    assert_eq!(settings.enable_multi_entity_prompting, Some(true));
}
