//! Samples that show what reached them: `log` and `http-request`.

use serde_json::{Value, json};

use super::{KEY, Sample, gateway, send};
use crate::harness::{FakePoe, Folder, Server};

/// The JSON in the block that is the whole reply.
fn block(said: &str) -> Value {
    let json = said
        .strip_prefix("```json\n")
        .and_then(|rest| rest.strip_suffix("\n```"));
    json.unwrap_or_else(|| panic!("no block: {said}"))
        .parse()
        .unwrap()
}

#[test]
fn log_shows_the_request_without_its_keys() {
    let poe = FakePoe::start().unwrap();
    let server = gateway(&poe, &["log"]);
    let mut query = crate::harness::query("``` hi");
    query["access_key"] = json!(KEY);
    query["from_the_future"] = json!({"a": [1]});
    let answer = send(&server, "log", &query);
    let events = answer.events();
    let names: Vec<&str> = events.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["text", "done"]);
    query["access_key"] = json!("redacted");
    query["api_key"] = json!("redacted");
    assert_eq!(block(&answer.said()), query);

    let settings = send(
        &server,
        "log",
        &json!({"version": "1.2", "type": "settings"}),
    )
    .json();
    assert_eq!(settings["allow_attachments"], true);
    assert_eq!(settings["enable_image_comprehension"], true);
}

#[test]
fn log_only_counts_a_request_that_is_too_long_to_show() {
    let server = Server::start(&Sample::in_rust("log").entry());
    let said = server.ask("log", &"x".repeat(1_000_000)).said();
    assert!(
        said.starts_with("The request has 1000") && said.ends_with("no more than 100000."),
        "{said}"
    );
}

#[test]
fn http_request_shows_headers_without_hosts_and_keys() {
    let server = Folder::with_manifest(&Sample::in_rust("http-request").entry()).up();
    let query = crate::harness::query("hi");
    let headers = [
        ("user-agent", "a test"),
        ("authorization", "Bearer secret-words"),
        ("X-Copy", "Bearer secret-words"),
        ("cookie", "secret-words"),
    ];
    let answer = server.send("http-request", &query, &headers);
    let said = answer.said();
    let shown = block(&said);
    let length = format!("content-length: {}", query.to_string().len());
    let wanted = json!([
        "host: [REDACTED_HOST]",
        length,
        "user-agent: a test",
        "x-copy: Bearer [REDACTED]"
    ]);
    assert_eq!(shown["headers"], wanted);
    assert!(!said.contains("secret"), "{said}");
    let reference = shown["reference"].as_str().unwrap();
    let record = server.wait_query("http-request");
    assert!(record.to_string().contains(reference), "{record}");
}
