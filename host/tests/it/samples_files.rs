//! Samples that reach out of the platform: to models and painters of others, with a secret, and to
//! files. Real components in a real gateway, a fake platform, and servers that each test plays itself.

mod models;
mod painting;
mod pdfs;

use ravenry_desk::simulator::{Answer, Endpoint};

use crate::harness::{self, FakePoe, Folder, Server};
use crate::sample_tests::{
    KEY, Sample, api::Api, assert_kept, folder_with_api, models as model_tests, open, send,
    settings,
};

/// Samples that need no more than the platform.
fn gateway(poe: &FakePoe, manifest: &str) -> Server {
    let folder = Folder::with_manifest(manifest).env("SAMPLES_KEY", KEY);
    let folder = folder.flag("--poe-api").flag(&poe.url());
    folder.flag("--poe-upload").flag(&poe.upload_url()).up()
}

fn entry(bot: &str) -> String {
    Sample::in_rust(bot).keyed_entry()
}

/// The manifests of the samples, as they are in the repository, where nobody has set anything.
#[test]
fn samples_are_mounted_without_any_key_and_say_what_is_missing() {
    let plugins = concat!(env!("CARGO_MANIFEST_DIR"), "/../plugins");
    let keyed = [
        ("wrapper", "OPENAI_API_KEY"),
        ("chat-cat", "OPENAI_API_KEY"),
        ("image", "FIREWORKS_API_KEY"),
    ];
    let names = keyed.map(|(bot, _)| bot).into_iter().chain(["pdf-counter"]);
    let manifest: String = names
        .map(|bot| {
            let text = std::fs::read_to_string(format!("{plugins}/{bot}/ravenry.toml")).unwrap();
            let text = text.replace("manifest_version = 1\n", "");
            text.replace("source = \".\"", &format!("source = \"{bot}.wasm\""))
        })
        .collect();
    let server = Server::start(&manifest);
    for (bot, variable) in keyed {
        model_tests::without_its_secret_it_says_what_is_missing(&server, bot, variable);
    }
    let said = server.ask("pdf-counter", "hi").said();
    assert_eq!(
        said,
        "Iterating over the pdfs uploaded in this conversation ..."
    );
}

#[test]
fn an_image_on_the_web_is_shown_by_its_address() {
    let server = Server::with_bots(&["image-response"]);
    let events = server.ask("image-response", "hi").events();
    let [text, done] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!((text.0.as_str(), done.0.as_str()), ("text", "done"));
    let text = text.1["text"].as_str().unwrap();
    assert!(text.starts_with("This is a test image. ![leopard](https://images.pexels.com/"));
}

#[test]
fn a_video_is_uploaded_and_then_announced() {
    let poe = FakePoe::start().unwrap();
    let server = gateway(&poe, &entry("video"));
    let events = send(&server, "video", &harness::query("hi")).events();
    let names: Vec<&str> = events.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["file", "text", "done"]);
    assert_eq!(events[0].1["content_type"], "video/mp4");
    assert_eq!(events[0].1["name"], "tiger.mp4");
    assert_eq!(events[1].1["text"], "Attached a video.");
    let uploads = poe.uploads();
    assert_eq!(uploads.len(), 1);
    assert_eq!(uploads[0].bytes.get(4..12), Some(b"ftypisom".as_slice()));
    assert_eq!(events[0].1["url"], uploads[0].attachment_url);
}

#[test]
fn a_video_that_cannot_be_uploaded_is_not_announced() {
    let poe = FakePoe::start().unwrap();
    let server = gateway(&poe, &entry("video"));
    poe.instead(Endpoint::Uploads, Answer::status(400));
    let events = send(&server, "video", &harness::query("hi")).events();
    let names: Vec<&str> = events.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["error", "done"]);
}
