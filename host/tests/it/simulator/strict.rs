//! The platform where it minds: keys, names that nobody has, money, files, and who may come in.

use std::time::Duration;

use ravenry_desk::simulator::{Mode, Options, PERSON_KEY, ReplyLimits, URL_TIME};
use serde_json::{Value, json};

use super::registered::{heard, next, query, register, strict};
use super::{client, json_of, post};
use crate::harness::{FakePoe, Script};

#[tokio::test]
async fn a_wrong_key_is_told_what_to_do() {
    let poe = strict(ReplyLimits::default());
    let body = json!({"type": "query", "query": []}).to_string();
    let answer = post(&poe, "GPT-4o", "Bearer wrong", &body).await;
    assert_eq!(answer.status(), 401);
    insta::assert_snapshot!(json_of(answer).await["detail"].as_str().unwrap(), @"Invalid access key: no bot that is registered here has it. Register the bot under its key, or ask as a person, with the key `simulated-person`");
    for key in ["bearer simulated-person", "Bearer "] {
        assert_eq!(
            post(&poe, "GPT-4o", key, &body).await.status(),
            401,
            "{key}"
        );
    }
}

async fn asked(poe: &FakePoe, bot: &str, more: Value) -> String {
    let mut body = json!({"type": "query", "query": [
        {"role": "system", "content": "All your replies are haikus."},
        {"role": "user", "content": "How is the weather in Paris?"},
    ]});
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    let key = format!("Bearer {PERSON_KEY}");
    let answer = post(poe, bot, &key, &body.to_string()).await;
    answer.text().await.unwrap()
}

#[tokio::test]
async fn a_stand_in_answers_for_names_that_nobody_has() {
    let poe = strict(ReplyLimits::default());
    insta::assert_snapshot!(asked(&poe, "Claude-3-Haiku", json!({})).await, @r#"
    event: meta
    data: {"content_type":"text/markdown"}

    event: text
    data: {"text":"Claude-3-Haiku is played by a stand-in here. It was told: “All your replies are haikus.” It was asked: “How is the weather in Paris?”"}

    event: done
    data: {}
    "#);
    let parameters = json!({"type": "object", "required": ["location", "unit", "days", "exact"],
    "properties": {
        "location": {"type": "string"}, "unit": {"enum": ["celsius", "fahrenheit"]},
        "days": {"type": "integer"}, "exact": {"type": "boolean"}, "more": {"type": "string"},
    }});
    let tools = json!([{"type": "function", "function":
        {"name": "get_weather", "description": "x", "parameters": parameters}}]);
    insta::assert_snapshot!(asked(&poe, "GPT-4o", json!({"tools": tools})).await, @r#"
    event: json
    data: {"choices":[{"index":0,"delta":{"role":"assistant","tool_calls":[{"index":0,"id":"call_get_weather","type":"function","function":{"name":"get_weather","arguments":""}}]},"finish_reason":null}]}

    event: json
    data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"location\":\"How is the weather in Paris?\",\"unit\":\"celsius\",\"days\":0,\"exact\":false}"}}]},"finish_reason":null}]}

    event: json
    data: {"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}

    event: done
    data: {}
    "#);
    let results =
        json!([{"role": "tool", "name": "get_weather", "tool_call_id": "1", "content": "22"}]);
    let more = json!({"tools": tools, "tool_results": results});
    let said = asked(&poe, "GPT-4o", more).await;
    assert!(said.contains("Its tool said: 22"), "{said}");
}

/// Who paints attaches a drawing, which can be fetched.
#[tokio::test]
async fn a_stand_in_paints() {
    let poe = strict(ReplyLimits::default());
    let said = asked(&poe, "Imagen3-Fast", json!({})).await;
    let data = said
        .lines()
        .find_map(|line| line.strip_prefix("data: {\"url\":\""))
        .unwrap();
    let url = data.split('"').next().unwrap();
    let drawing = client().get(url).send().await.unwrap();
    assert_eq!(drawing.headers()["content-type"], "image/svg+xml");
    assert!(drawing.text().await.unwrap().contains("weather in Paris?"));
}

/// What is captured was authorized before, and nothing is captured twice.
#[tokio::test]
async fn only_what_was_authorized_is_captured() {
    let poe = FakePoe::with(Options {
        mode: Mode::Strict,
        balance: 100,
        ..Options::default()
    });
    let (poe, host) = (poe.unwrap(), FakePoe::start().unwrap());
    for bot in ["cat", "dog"] {
        host.bot(bot, Script::text("x"));
        register(&poe, &host, bot);
    }
    let bill = async |key: &str, id: &str, verb: &str, amount: u64| {
        let body = json!({"access_key": key, "amounts": [{"amount_usd_milli_cents": amount}]});
        let url = format!("{}/bot/cost/{id}/{verb}", poe.url());
        let answer = client()
            .post(url)
            .body(body.to_string())
            .send()
            .await
            .unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    heard(&poe, "cat", &query("hi")).await;
    let given = next(&host, "cat").await.body["bot_query_id"].clone();
    let given = given.as_str().unwrap();
    // Made up, the asker's own, and somebody else's.
    for (key, id) in [
        ("cat-key", "q-1"),
        ("cat-key", "m-1"),
        ("cat-key", ""),
        ("dog-key", given),
    ] {
        for verb in ["authorize", "capture"] {
            let (status, text) = bill(key, id, verb, 1).await;
            assert_eq!(status, 404, "{key} {id} {verb}: {text}");
        }
    }
    let charge = async |verb: &str, amount: u64| bill("cat-key", given, verb, amount).await;
    for (verb, amount, status, said) in [
        (
            "capture",
            1,
            400,
            "of what was authorized for this query 0 are left",
        ),
        ("authorize", 60, 200, "success"),
        ("authorize", 41, 200, "insufficient_funds"),
        ("capture", 61, 400, "60 are left"),
        ("capture", 50, 200, "success"),
        ("capture", 50, 400, "10 are left"),
        ("capture", 10, 200, "success"),
        ("capture", 1, 400, "0 are left"),
    ] {
        let (answered, text) = charge(verb, amount).await;
        assert_eq!(answered, status, "{verb} {amount}: {text}");
        assert!(text.contains(said), "{verb} {amount}: {text}");
    }
    let url = format!("{}/simulator/ledger", poe.url());
    let ledger = json_of(client().get(url).send().await.unwrap()).await;
    let tab = json!({"bot_query_id": given, "bots": ["cat"], "authorized": 60, "captured": 60});
    assert_eq!(ledger, json!({"balance": 40, "tabs": [tab]}));
}

#[tokio::test]
async fn a_url_is_good_for_ten_minutes() {
    let poe = FakePoe::start().unwrap();
    let url = poe.attachment("../../etc/passwd", "mine").unwrap();
    let fetch = |url: &str| client().get(url).send();
    assert_eq!(fetch(&url).await.unwrap().text().await.unwrap(), "mine");
    poe.skip(URL_TIME.saturating_sub(Duration::from_secs(5)));
    assert_eq!(fetch(&url).await.unwrap().status(), 200);
    poe.skip(Duration::from_secs(10));
    let late = fetch(&url).await.unwrap();
    assert_eq!(late.status(), 403);
    let told = json_of(late).await;
    assert!(
        told["detail"].as_str().unwrap().contains("no longer good"),
        "{told}"
    );
}

/// A page in a browser, and a name of somebody else's that leads here, get nothing.
#[tokio::test]
async fn only_this_machine_comes_in() {
    let poe = strict(ReplyLimits::default());
    let url = format!("{}/simulator/ledger", poe.url());
    let address = poe.url().trim_start_matches("http://").to_owned();
    let port = address.rsplit(':').next().unwrap().to_owned();
    let with = async |name: &str, value: &str| {
        let answer = client().get(&url).header(name, value).send().await.unwrap();
        answer.status().as_u16()
    };
    for host in ["evil.example", "evil.example:80", "127.0.0.1:1", "0.0.0.0"] {
        assert_eq!(with("host", host).await, 403, "{host}");
    }
    for host in [format!("localhost:{port}"), address.clone()] {
        assert_eq!(with("host", &host).await, 200, "{host}");
    }
    for origin in [
        "http://evil.example",
        "null",
        "https://127.0.0.1",
        "http://127.0.0.1:1",
    ] {
        assert_eq!(with("origin", origin).await, 403, "{origin}");
    }
    assert_eq!(with("origin", &poe.url()).await, 200);
}
