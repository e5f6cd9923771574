//! What is shown of a request, and what is not.

use super::{Log, SHOWN_BYTES_MAX};
use ravenry_sdk::Bot;
use ravenry_sdk::serde_json::{Value, json};
use ravenry_sdk::testing::{Event, Scene};

fn ask(raw: impl Into<String>) -> String {
    let scene = Scene {
        raw: raw.into(),
        ..Scene::default()
    };
    let transcript = scene.ask(&Log, "hi");
    match &transcript.events[..] {
        [Event::Text { text, .. }] => text.clone(),
        other => panic!("{other:?}"),
    }
}

/// The JSON in the block.
fn shown(text: &str) -> Value {
    let json = text
        .strip_prefix("```json\n")
        .unwrap()
        .strip_suffix("\n```")
        .unwrap();
    json.parse().unwrap()
}

#[test]
fn all_of_the_request_is_shown_but_keys() {
    let mut query = json!({
        "version": "1.2",
        "type": "query",
        "query": [{ "role": "user", "content": "hi", "never_heard_of": [1] }],
        "access_key": "",
        "another": null,
    });
    let text = ask(query.to_string());
    query["access_key"] = "redacted".into();
    query["api_key"] = "redacted".into();
    assert_eq!(shown(&text), query);
    assert!(text.contains("\n  \"version\": \"1.2\",\n"), "{text}");
}

#[test]
fn nothing_in_the_request_ends_the_block() {
    let text = ask(json!({ "content": "```\n# escaped?\n```" }).to_string());
    assert_eq!(shown(&text)["content"], "```\n# escaped?\n```");
    let fences = text
        .lines()
        .filter(|line| line.trim_start().starts_with("```"));
    assert_eq!(fences.count(), 2);
}

#[test]
fn a_long_request_is_only_counted() {
    let text = ask(json!("x".repeat(SHOWN_BYTES_MAX - 1)).to_string());
    assert_eq!(
        text,
        "The request has 100001 bytes, and I show no more than 100000."
    );
}

#[test]
fn what_indenting_would_swell_is_not_indented() {
    let deep = |items: usize| "[".repeat(60) + &"[],".repeat(items) + "[]" + &"]".repeat(60);
    let long = ask(deep(30_000));
    assert_eq!(long, format!("```json\n{}\n```", deep(30_000)));
    let short = ask(deep(300));
    assert!(short.lines().count() > 300, "{short}");
}

#[test]
fn the_settings_allow_files_and_images() {
    let settings = Log.settings();
    assert_eq!(settings.allow_attachments, Some(true));
    assert_eq!(settings.enable_image_comprehension, Some(true));
}
