//! Requests as they come in real life: every field, odd ones, broken ones.

use serde_json::{Value, json};

use crate::harness::{Answer, Server, query};

/// What the bot `mirror` saw.
fn seen(answer: &Answer) -> Value {
    let events = answer.events();
    let (_, data) = events
        .iter()
        .find(|(name, _)| name == "json")
        .unwrap_or_else(|| panic!("{}", answer.show()));
    data.clone()
}

/// Every field that the platform sends reaches the bot typed; the request itself comes along whole.
#[test]
fn every_field_of_a_query_reaches_the_bot() {
    let server = Server::with_bots(&["mirror"]);
    let quoted = json!({
        "role": "bot", "content": "quoted", "message_id": "m-q",
        "referenced_message": { "role": "user", "content": "deeper" },
    });
    let body = json!({
        "version": "1.2", "type": "query",
        "query": [
            { "role": "system", "content": "be kind" },
            { "role": "bot", "message_type": "function_call", "content": "[]", "content_type": "text/plain" },
            {
                "role": "user", "content": "hi", "content_type": "text/markdown", "timestamp": 1_700_000_000_000_001_i64,
                "message_id": "m-3", "sender": { "id": "u-7", "name": "Ann" },
                "feedback": [{ "type": "like", "reason": null }, { "type": "dislike", "reason": "no" }],
                "attachments": [{
                    "url": "https://x.example/a", "content_type": "application/pdf", "name": "../a.pdf",
                    "inline_ref": "r1", "parsed_content": "words",
                }],
                "parameters": { "depth": 3, "odd": [null, {}] },
                "metadata": "kept", "referenced_message": quoted,
                "reactions": [{ "user_id": "u-8", "reaction": "heart" }],
                "brand_new": 1,
            },
        ],
        "user_id": "u-1", "conversation_id": "c-1", "message_id": "m-4", "metadata": "d-1",
        "temperature": 0.5, "skip_system_prompt": true, "logit_bias": { "50256": -100.0 },
        "stop_sequences": ["\n\n"], "language_code": "de-CH", "adopt_current_bot_name": false,
        "bot_query_id": "q-1", "users": [{ "id": "u-7", "name": "Ann" }, { "id": "u-8" }],
        "tools": [{ "type": "function" }], "tool_calls": [], "tool_results": null,
        "query_creation_time": 1_700_000_000_000_002_i64, "extra_params": { "a": 1 },
        "brand_new": { "b": 2 },
    });
    let headers = [
        ("x-test", "one"),
        ("X-Test", "two"),
        ("authorization", "Bearer secret-of-a-test"),
        ("cookie", "c=1"),
    ];
    let answer = server.send("mirror", &body, &headers);
    let seen = seen(&answer);
    let message = |role: &str, content: &str| {
        json!({
            "role": role, "content": content, "message-type": null, "content-type": "text/markdown",
            "timestamp": 0, "message-id": "", "sender": null, "feedback": [], "attachments": [],
            "parameters": {}, "metadata": null, "referenced-message": null, "reactions": [],
        })
    };
    let with = |mut message: Value, more: Value| {
        message
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        message
    };
    let last = with(
        message("user", "hi"),
        json!({
            "timestamp": 1_700_000_000_000_001_i64, "message-id": "m-3",
            "sender": { "id": "u-7", "name": "Ann" },
            "feedback": [
                { "feedback-type": "like", "reason": null }, { "feedback-type": "dislike", "reason": "no" },
            ],
            "attachments": [{
                "url": "https://x.example/a", "content-type": "application/pdf", "name": "../a.pdf",
                "inline-ref": "r1", "parsed-content": "words",
            }],
            "parameters": { "depth": 3, "odd": [null, {}] },
            "metadata": "kept", "referenced-message": 1,
            "reactions": [{ "user-id": "u-8", "reaction": "heart" }],
        }),
    );
    let expected = json!({
        "version": "1.2",
        "messages": [
            message("system", "be kind"),
            with(message("bot", "[]"), json!({ "message-type": "function_call", "content-type": "text/plain" })),
            last,
        ],
        "referenced-messages": [
            message("user", "deeper"),
            with(message("bot", "quoted"), json!({ "message-id": "m-q", "referenced-message": 0 })),
        ],
        "user-id": "u-1", "conversation-id": "c-1", "message-id": "m-4", "metadata": "d-1",
        "temperature": 0.5, "skip-system-prompt": true, "logit-bias": [["50256", -100.0]],
        "stop-sequences": ["\n\n"], "language-code": "de-CH", "adopt-current-bot-name": false,
        "bot-query-id": "q-1",
        "users": [{ "id": "u-7", "name": "Ann" }, { "id": "u-8", "name": null }],
        "tools": [{ "type": "function" }], "tool-calls": [], "tool-results": null,
        "query-creation-time": 1_700_000_000_000_002_i64, "extra-params": { "a": 1 },
    });
    assert_eq!(seen["query"], expected);
    assert_eq!(seen["raw"], body);
    assert_eq!(seen["x-test"], "one, two");
    assert_eq!(
        (&seen["authorization"], &seen["missing"]),
        (&Value::Null, &Value::Null)
    );
    assert!(
        !seen["headers"].to_string().contains("secret-of-a-test"),
        "{}",
        seen["headers"]
    );
    assert!(
        !seen["headers"].to_string().contains("cookie"),
        "{}",
        seen["headers"]
    );
    assert_eq!(seen["reference"], server.wait_query("mirror")["reference"]);
}

/// What the platform leaves out has its documented default, and `null` means the same.
#[test]
fn absent_and_null_mean_the_default() {
    let server = Server::with_bots(&["mirror"]);
    let absent = json!({ "type": "query", "query": [{ "role": "user", "content": "hi" }] });
    let null = json!({
        "version": null, "type": "query", "user_id": null, "user": null, "conversation_id": null, "message_id": null,
        "metadata": null, "temperature": null, "skip_system_prompt": null, "logit_bias": null,
        "stop_sequences": null, "language_code": null, "adopt_current_bot_name": null,
        "bot_query_id": null, "users": null, "tools": null, "tool_calls": null,
        "tool_results": null, "query_creation_time": null, "extra_params": null,
        "query": [null, {
            "role": "user", "content": "hi", "message_type": null, "content_type": null, "timestamp": null,
            "message_id": null, "sender": null, "sender_id": null, "feedback": null, "attachments": null,
            "parameters": null, "metadata": null, "referenced_message": null, "reactions": null,
        }],
    });
    let absent = &seen(&server.send("mirror", &absent, &[]))["query"];
    let null = &seen(&server.send("mirror", &null, &[]))["query"];
    assert_eq!(null, absent);
    assert_eq!(absent["language-code"], "en");
    assert_eq!(absent["messages"][0]["content-type"], "text/markdown");
}

/// Access keys that clients put into the body are not for the bot.
#[test]
fn access_keys_in_the_body_do_not_reach_the_bot() {
    let server = Server::with_bots(&["mirror"]);
    let mut body = query("hi");
    body["access_key"] = json!("key-in-the-body");
    body["api_key"] = json!("other-key-in-the-body");
    let answer = server.send("mirror", &body, &[]);
    assert_eq!(seen(&answer)["raw"]["access_key"], "");
    assert!(
        !answer.text().contains("key-in-the-body"),
        "{}",
        answer.text()
    );
}

/// The status for each body, and the place that a complaint names. Never a 5xx, never a crash.
#[test]
fn odd_bodies_get_a_reply_or_a_complaint_that_names_the_place() {
    let server = Server::with_bots(&["mirror"]);
    let message = |inner: &str| {
        format!(r#"{{"type":"query","query":[{{"role":"user","content":"hi",{inner}}}]}}"#)
    };
    let nested = |depth: usize| {
        let open = r#"{"role":"user","content":"x","referenced_message":"#.repeat(depth);
        format!(
            r#"{{"type":"query","query":[{open}null{}]}}"#,
            "}".repeat(depth)
        )
    };
    let many = |count: usize| {
        let messages = vec![r#"{"role":"user","content":"x"}"#; count].join(",");
        format!(r#"{{"type":"query","query":[{messages}]}}"#)
    };
    let cases: Vec<(Vec<u8>, u16, &str)> = vec![
        (b"".to_vec(), 400, "JSON"),
        (b"{".to_vec(), 400, "line 1"),
        (b"[]".to_vec(), 400, "object"),
        (b"null".to_vec(), 400, "object"),
        (b"\"query\"".to_vec(), 400, "object"),
        (b"{}".to_vec(), 400, "`type`"),
        (br#"{"type":1}"#.to_vec(), 400, "`type`"),
        (br#"{"type":"dance"}"#.to_vec(), 501, "dance"),
        (br#"{"type":"query"}"#.to_vec(), 400, "`query`"),
        (br#"{"type":"query","query":{}}"#.to_vec(), 400, "`query`"),
        (
            br#"{"type":"query","query":[{"role":"user"}]}"#.to_vec(),
            400,
            "`query[0].content`",
        ),
        (
            br#"{"type":"query","query":[{"content":"x"}]}"#.to_vec(),
            400,
            "`query[0].role`",
        ),
        (
            br#"{"type":"query","query":[{"role":"user","content":7}]}"#.to_vec(),
            400,
            "`query[0].content`",
        ),
        (
            message(r#""attachments":[{"name":"x"}]"#).into(),
            400,
            "`query[0].attachments[0].url`",
        ),
        (
            message(r#""parameters":[]"#).into(),
            400,
            "`query[0].parameters`",
        ),
        (
            message(r#""timestamp":1e999"#).into(),
            400,
            "`query[0].timestamp`",
        ),
        (message(r#""unread":1e999"#).into(), 200, ""),
        (b"\xff\xfe{}".to_vec(), 400, "UTF-8"),
        (
            b"{\"type\":\"query\",\"query\":[{\"role\":\"user\",\"content\":\"\xc3\x28\"}]}"
                .to_vec(),
            400,
            "UTF-8",
        ),
        (message(r#""metadata":"\ud800""#).into(), 200, ""),
        (message(r#""metadata":"a\u0000b""#).into(), 200, ""),
        (
            message(r#""timestamp":1e30"#).into(),
            400,
            "`query[0].timestamp`",
        ),
        (
            br#"{"type":"dance","type":"query","query":[]}"#.to_vec(),
            200,
            "",
        ),
        (br#"{"type":"query","query":[]}"#.to_vec(), 200, ""),
        (
            br#"{"type":"query","query":[{"role":"wizard"},{"role":"user","content":"hi"}]}"#
                .to_vec(),
            200,
            "",
        ),
        (
            message(r#""content_type":"text/x-odd","feedback":[{"type":"shrug"}]"#).into(),
            200,
            "",
        ),
        (
            message(r#""timestamp":12.75,"message_id":7"#).into(),
            200,
            "",
        ),
        (
            "\u{feff}{\"type\":\"query\",/* why not */\"query\":[],}// end".into(),
            200,
            "",
        ),
        (nested(100).into(), 200, ""),
        (nested(200).into(), 400, ""),
        ("[".repeat(1_000_000).into(), 400, ""),
        (many(20_000).into(), 200, ""),
        (
            format!(
                r#"{{"type":"query","query":[],"user_id":"{}"}}"#,
                "u".repeat(5_000)
            )
            .into(),
            400,
            "`user_id`",
        ),
        (
            format!(r#"{{"type":"{}"}}"#, "x".repeat(100_000)).into(),
            501,
            "xxx",
        ),
    ];
    for (body, status, place) in cases {
        let shown = String::from_utf8_lossy(&body[..body.len().min(120)]).into_owned();
        let answer = server.post("mirror", &body, &[]);
        assert_eq!(
            answer.status,
            status,
            "{shown}: {}",
            &answer.text()[..answer.text().len().min(300)]
        );
        if status == 200 {
            let events = answer.events();
            assert_eq!(events.last().unwrap().0, "done", "{shown}");
        } else {
            let error = answer.json()["error"].as_str().unwrap().to_owned();
            assert!(
                error.contains(place) && error.len() < 500,
                "{shown}: {error}"
            );
        }
    }
    server.wait_running("mirror", 0.0);
    assert_eq!(server.ask("mirror", "hi").said(), "mirrored");
}

/// Half a character, and a number out of range, in every place: where it is read, in a name, and in a
/// member that nobody knows. What the bot reads of the request as a whole is JSON, too.
#[test]
fn half_a_character_is_a_replacement_character() {
    let server = Server::with_bots(&["mirror"]);
    let body = br#"{
        "type": "query", "version": "1.2", "message_id": "m-\ud83d\ude00\udc00",
        "query": [{ "role": "user", "content": "cut \ud83d", "parameters": { "\ude00": [1e400, "1e400"] } }],
        "metadata": "\uD83D\\\uDE00", "brand_new": [-1e400, "\ud83d"]
    }"#;
    let seen = seen(&server.post("mirror", body, &[]));
    let query = &seen["query"];
    let message = &query["messages"][0];
    assert_eq!(message["content"], "cut \u{fffd}", "{seen}");
    assert_eq!(query["message-id"], "m-😀\u{fffd}");
    assert_eq!(query["metadata"], "\u{fffd}\\\u{fffd}");
    let raw = &seen["raw"];
    assert_eq!(raw["brand_new"], json!([-1e308, "\u{fffd}"]));
    assert_eq!(
        raw["query"][0]["parameters"],
        json!({ "\u{fffd}": [1e308, "1e400"] })
    );
}

/// A repaired request is answered, and the operator can see that it was repaired.
#[test]
fn a_repaired_request_leaves_a_line_in_the_log() {
    let server = Server::with_bots(&["mirror"]);
    assert_eq!(
        server
            .post("mirror", br#"{"type":"query","query":[],}"#, &[])
            .said(),
        "mirrored"
    );
    let record = server.wait_log(|record| {
        record["message"]
            .as_str()
            .is_some_and(|text| text.contains("repaired"))
    });
    assert_eq!(
        record["reference"],
        server.wait_query("mirror")["reference"]
    );
}
