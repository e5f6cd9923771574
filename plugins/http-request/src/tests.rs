//! What is shown of the headers, and what is not.

use super::HttpRequest;
use ravenry_sdk::serde_json::{Value, json};
use ravenry_sdk::testing::Scene;

fn ask(headers: &[(&str, &str)]) -> String {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let scene = Scene {
        headers: headers.iter().map(owned).collect(),
        reference: "K7Q2MX9D".to_owned(),
        ..Scene::default()
    };
    scene.ask(&HttpRequest, "hi").text()
}

fn shown(text: &str) -> Value {
    let json = text
        .strip_prefix("```json\n")
        .unwrap()
        .strip_suffix("\n```")
        .unwrap();
    json.parse().unwrap()
}

#[test]
fn headers_are_shown_in_their_order() {
    let text = ask(&[("user-agent", "aiohttp"), ("accept", "a"), ("accept", "b")]);
    let headers = ["user-agent: aiohttp", "accept: a", "accept: b"];
    assert_eq!(
        shown(&text),
        json!({ "reference": "K7Q2MX9D", "headers": headers })
    );
}

#[test]
fn hosts_and_keys_are_not() {
    let text = ask(&[
        ("host", "bots.example.org"),
        ("x-forwarded-host", "bots.example.org"),
        ("authorization", "Bearer secret-key"),
        ("x-original-authorization", "bearer secret-key"),
        ("cookie", "secret-key"),
        ("x-note", "bear"),
    ]);
    assert_eq!(
        shown(&text)["headers"],
        json!([
            "host: [REDACTED_HOST]",
            "x-forwarded-host: [REDACTED_HOST]",
            "x-original-authorization: Bearer [REDACTED]",
            "x-note: bear",
        ])
    );
    assert!(
        !text.contains("secret") && !text.contains("example.org"),
        "{text}"
    );
}

#[test]
fn nothing_in_a_header_ends_the_block() {
    let text = ask(&[("```", "```"), ("é", "€uro\"\\")]);
    assert_eq!(
        text.lines()
            .filter(|line| line.trim_start().starts_with("```"))
            .count(),
        2
    );
    assert_eq!(shown(&text)["headers"], json!(["```: ```", "é: €uro\"\\"]));
}
