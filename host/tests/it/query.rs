//! What goes over the wire when all is well: the first conversation, every event, every request type.

use serde_json::{Value, json};

use crate::harness::{Folder, Server, post, query};

/// The conversation that the README promises, byte for byte: old key names, trailing commas.
#[test]
fn the_capital_of_nepal_is_kathmandu() {
    let server = Server::start("[bot.capitals]\nroute = \"/llm\"\nsource = \"capitals.wasm\"\n");
    let request = r#"{
    "version": "1.0",
    "type": "query",
    "query": [
        {
            "role": "user",
            "content": "What is the capital of Nepal?",
            "content_type": "text/markdown",
            "timestamp": 1678299819427621,
        }
    ],
    "user": "u-1234abcd5678efgh",
    "conversation": "c-jklm9012nopq3456",
}
"#;
    let answer = server.post(
        "llm",
        request.as_bytes(),
        &[("content-type", "application/json")],
    );
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.header("content-type"),
        Some("text/event-stream; charset=utf-8")
    );
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("x-accel-buffering"), Some("no"));
    assert_eq!(answer.header("content-encoding"), None);
    let expected = concat!(
        "event: meta\ndata: {\"content_type\": \"text/markdown\", \"linkify\": true}\n\n",
        "event: text\ndata: {\"text\": \"The\"}\n\n",
        "event: text\ndata: {\"text\": \" capital of Nepal is\"}\n\n",
        "event: text\ndata: {\"text\": \" Kathmandu.\"}\n\n",
        "event: done\ndata: {}\n\n",
    );
    assert_eq!(answer.text(), expected);
}

/// The echo says what was said last, whatever characters that has; the cat meows.
#[test]
fn the_samples_answer() {
    let server = Server::with_bots(&["echo", "cat"]);
    let text = "Grüße, 世界 🐈‍⬛\r\n\u{2028}\u{0}\"quoted\" \\ </script>\u{feff}";
    assert_eq!(server.ask("echo", text).said(), text);
    assert_eq!(
        server.ask("cat", "in the kitchen").show(),
        r#"meta {"content_type":"text/markdown","linkify":true,"suggested_replies":true,"refetch_settings":false}
text {"text":"meow "}
text {"text":"meow"}
suggested_reply {"text":"feed the cat"}
done {}
"#
    );
    let settings = server
        .send("cat", &json!({ "version": "1.2", "type": "settings" }), &[])
        .json();
    assert_eq!(settings["allow_attachments"], true);
}

/// Every kind of event arrives as the protocol wants it, in the order of the calls; what makes no
/// sense is refused to the bot and the reader never hears of it.
#[test]
fn every_event_arrives_as_it_was_said() {
    let server = Server::with_bots(&["every-event"]);
    let answer = server.ask("every-event", "hi");
    assert_eq!(
        answer.show(),
        r#"meta {"content_type":"text/plain","linkify":false,"suggested_replies":true,"refetch_settings":false}
text {"text":"naïve 🐈 \"quoted\"\n"}
text {"text":"second","index":2}
replace_response {"text":"instead"}
replace_response {"text":"","index":2}
file {"url":"https://example.com/cat.png","content_type":"image/png","name":"cat.png","inline_ref":null}
file {"url":"https://example.com/cat.png","content_type":"image/png","name":"cat.png","inline_ref":"cat1"}
data {"metadata":"remember me"}
json {"choices":[{"delta":{"content":"é"}}]}
brand_new {"n":1}
text {"text":"by name"}
suggested_reply {"text":"And then?"}
done {}
"#
    );
    let printed = server.printed("every-event");
    let refused: Vec<&str> = printed
        .iter()
        .filter(|line| !line.ends_with(": ok"))
        .map(String::as_str)
        .collect();
    let names: Vec<&str> = refused
        .iter()
        .map(|line| line.split_once(": ").unwrap().0)
        .collect();
    let expected = [
        "late meta",
        "array as json",
        "not json",
        "done by name",
        "ping by name",
        "bad name",
    ];
    assert_eq!(names, expected);
    assert!(
        refused.iter().all(|line| line.contains(": invalid: ")),
        "{refused:?}"
    );
}

/// A bot that gives up says so in its own words; one without words gets a sentence of the gateway's.
#[test]
fn a_failure_is_shown_below_what_was_said() {
    let server = Server::with_bots(&["gives-up", "says-nothing"]);
    let shown = server.ask("gives-up", "Too poor.").show();
    assert_eq!(
        shown,
        r#"text {"text":"so far"}
error {"allow_retry":false,"text":"Too poor.","error_type":"insufficient_fund"}
done {}
"#
    );
    assert_eq!(server.wait_query("gives-up")["outcome"], "failed");
    let shown = server.ask("gives-up", "").show();
    assert_eq!(
        shown,
        r#"text {"text":"so far"}
error {"allow_retry":true,"text":"The bot could not answer (reference [REF])."}
done {}
"#
    );
    let shown = server.ask("says-nothing", "hi").show();
    assert_eq!(
        shown,
        r#"error {"allow_retry":true,"text":"The bot gave no answer (reference [REF])."}
done {}
"#
    );
}

/// Settings arrive as the platform's JSON; what a bot leaves out is left out, but for the version
/// without which the platform would drop the controls.
#[test]
fn settings_are_answered_as_json() {
    let server = Server::with_bots(&["full-settings", "says-nothing"]);
    let ask = json!({ "version": "1.2", "type": "settings" });
    let answer = server.send("full-settings", &ask, &[]);
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let expected = json!({
        "response_version": 2,
        "server_bot_dependencies": { "GPT-4o": 2, "Claude-3-Haiku": 1 },
        "allow_attachments": true,
        "expand_text_attachments": false,
        "enable_image_comprehension": true,
        "introduction_message": "Miaow, **you**",
        "enforce_author_role_alternation": true,
        "enable_multi_entity_prompting": false,
        "rate_card": "[usd_milli_cents=10] each",
        "cost_label": "from extra",
        "parameter_controls": {
            "api_version": "2",
            "sections": [{
                "name": "Mood",
                "controls": [
                    { "control": "divider" },
                    {
                        "control": "slider", "label": "Purr", "parameter_name": "purr",
                        "default_value": 3, "min_value": 0, "max_value": 10, "step": 1,
                    },
                ],
            }],
        },
        "brand_new": true,
    });
    assert_eq!(answer.json(), expected);
    assert_eq!(
        server.send("says-nothing", &ask, &[]).json(),
        json!({ "response_version": 2 })
    );
}

/// Feedback, reactions and error reports reach the bot, kinds unknown today among them.
#[test]
fn reports_reach_the_bot() {
    let server = Server::with_bots(&["prints-reports"]);
    let report = |more: Value| {
        let mut body = json!({
            "version": "1.2", "message_id": "m-9", "user_id": "u-9", "conversation_id": "c-9",
        });
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let answer = server.send("prints-reports", &body, &[]);
        assert_eq!((answer.status, answer.json()), (200, json!({})), "{body}");
    };
    report(json!({ "type": "report_feedback", "feedback_type": "like" }));
    report(json!({ "type": "report_feedback", "feedback_type": "shrug" }));
    report(json!({ "type": "report_reaction", "reaction": "heart" }));
    report(json!({ "type": "report_error", "message": "bad event", "metadata": { "n": 1 } }));
    server.ask("prints-reports", "hi");
    assert_eq!(
        server.printed("prints-reports"),
        [
            "feedback like by u-9 on m-9 in c-9",
            "feedback shrug by u-9 on m-9 in c-9",
            "reaction heart by u-9 on m-9 in c-9",
            r#"error report bad event with {"n":1}"#,
        ]
    );
}

/// The words of the manifest's `config` are the environment of the bot, and nothing else is.
#[test]
fn a_bot_sees_its_own_config_and_nothing_else() {
    let server = Folder::with_manifest(
        "[bot.one]\nsource = \"looks-for-leftovers.wasm\"\nconfig = { GREETING = \"hello\" }\n\
         [bot.two]\nsource = \"looks-for-leftovers.wasm\"\npoe = { access_key = { env = \"TWO_KEY\" } }\n",
    )
    .env("TWO_KEY", "00000000000000000000000000000002")
    .env("GREETING", "from outside")
    .up();
    let one = r#"calls 1, dirty bytes 0, environment ["GREETING=hello"], arguments []"#;
    let two = "calls 1, dirty bytes 0, environment [], arguments []";
    for _ in 0..5 {
        assert_eq!(server.ask("one", "hi").said(), one);
        let key = ("authorization", "Bearer 00000000000000000000000000000002");
        assert_eq!(server.send("two", &query("hi"), &[key]).said(), two);
    }
}

/// A reply of any age keeps its connection; the next query uses it again.
#[test]
fn a_connection_serves_many_queries() {
    let server = Server::with_bots(&["echo"]);
    let mut connection = server.connect();
    for round in 0..20 {
        let text = format!("round {round}");
        let body = query(&text).to_string();
        connection.send(post("/echo", &[], body.as_bytes()));
        assert_eq!(connection.answer().said(), text);
    }
    // Pipelined: all are sent before the first is read.
    for round in 0..5 {
        let body = query(&format!("pipelined {round}")).to_string();
        connection.send(post("/echo", &[], body.as_bytes()));
    }
    for round in 0..5 {
        assert_eq!(connection.answer().said(), format!("pipelined {round}"));
    }
}
