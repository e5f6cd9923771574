//! Registered bots: asked as the platform asks, cut where it cuts, and told what was wrong.

use std::time::Duration;

use ravenry_base::secret::Secret;
use ravenry_desk::client::Target;
use ravenry_desk::simulator::{
    Answer, BotRequest, Ending, Mode, Options, PERSON_KEY, ReplyLimits, Step,
};
use serde_json::{Value, json};

use super::{client, json_of, post};
use crate::harness::{Answered as _, FakePoe, Script, Scripting as _};

/// The platform as `ravenry simulate` plays it.
pub fn strict(limits: ReplyLimits) -> FakePoe {
    let options = Options {
        mode: Mode::Strict,
        limits,
        ..Options::default()
    };
    FakePoe::with(options).unwrap()
}

/// Registers the bot that `host` plays under this name; its key is `NAME-key`.
pub fn register(poe: &FakePoe, host: &FakePoe, name: &str) {
    let key = Secret::new(format!("{name}-key"));
    poe.register(name, Target::parse(&host.ask_url(name), Some(key)).unwrap());
}

/// Has a bot send its settings.
pub async fn settings(poe: &FakePoe, name: &str, settings: Value) {
    let url = format!("{}/bot/update_settings/{name}/{name}-key/1.2", poe.url());
    let sending = client().post(url).body(settings.to_string());
    assert_eq!(sending.send().await.unwrap().status(), 200);
}

/// What a person hears who asks.
pub async fn heard(poe: &FakePoe, bot: &str, body: &Value) -> String {
    let authorization = format!("Bearer {PERSON_KEY}");
    let answer = post(poe, bot, &authorization, &body.to_string()).await;
    assert_eq!(answer.status(), 200);
    answer.text().await.unwrap()
}

/// The next query that a bot has got; the platform asks for its settings before.
pub async fn next(host: &FakePoe, bot: &str) -> BotRequest {
    loop {
        let asked = host.next_query(bot).await.unwrap();
        if asked.body["type"] == "query" {
            return asked;
        }
    }
}

pub fn query(content: &str) -> Value {
    json!({"version": "1.2", "type": "query", "message_id": "m-1", "bot_query_id": "q-1",
        "access_key": "never", "query": [{"role": "user", "content": content}]})
}

#[tokio::test]
async fn what_takes_too_long_is_cut_and_reported() {
    let host = FakePoe::start().unwrap();
    let poe = strict(ReplyLimits {
        first_event: Duration::from_millis(200),
        ..ReplyLimits::default()
    });
    host.bot("Late", Answer::stream().comment("soon").hold());
    host.bot("Silent", Answer::silence());
    for bot in ["Late", "Silent"] {
        register(&poe, &host, bot);
        let said = heard(&poe, bot, &query("hi")).await;
        assert!(
            said.contains("the first event did not come within 200ms")
                && said.ends_with("event: done\ndata: {}\n\n"),
            "{said}"
        );
        let asked = next(&host, bot).await;
        assert_eq!(asked.ended().await, Ok(Ending::HungUp));
        assert_eq!(asked.key(), Some(format!("{bot}-key").as_str()));
    }
    let report = host
        .until("a report", |host| host.reports().pop())
        .await
        .unwrap();
    assert_eq!(report.body["type"], "report_error");
    assert_eq!(report.body["metadata"]["message_id"], "m-1");
    let message = report.body["message"].as_str().unwrap();
    assert!(message.starts_with("L1 "), "{message}");
}

/// A bot that breaks JSON with the end of a line is read as broken by whoever asks it.
#[tokio::test]
async fn ends_of_lines_in_data_are_passed_on() {
    let host = FakePoe::start().unwrap();
    let poe = strict(ReplyLimits::default());
    let broken = "event: text\ndata: {\"text\":\"a\ndata: b\"}\n\nevent: done\ndata: {}\n\n";
    host.bot("Broken", Answer::stream().raw(broken));
    register(&poe, &host, "Broken");
    let said = heard(&poe, "Broken", &query("hi")).await;
    assert!(said.contains("data: {\"text\":\"a\ndata: b\"}\n"), "{said}");
}

#[tokio::test]
async fn what_is_too_much_is_cut() {
    let host = FakePoe::start().unwrap();
    let poe = strict(ReplyLimits {
        whole: Duration::from_secs(20),
        characters: 10,
        events: 20,
        files: 1,
        ..ReplyLimits::default()
    });
    let file = json!({"url": "http://127.0.0.1/x", "name": "x", "content_type": "text/plain"});
    let long = Answer::stream().text("12345").text("67890");
    host.bot("Fits", long.clone().done());
    host.bot("Long", long.text("!").done());
    host.bot(
        "Endless",
        Answer::stream().endless([Step::event("data", json!({"metadata": "x"}))]),
    );
    let files = [Step::event("file", file.clone()), Step::event("file", file)];
    host.bot("Files", Answer::stream().together(files).text("x").done());
    for (bot, ending) in [
        ("Fits", ""),
        ("Long", "more than 10 characters"),
        ("Endless", "more than 20 events"),
        ("Files", "more than 1 files"),
    ] {
        register(&poe, &host, bot);
        let said = heard(&poe, bot, &query("hi")).await;
        assert!(said.contains(ending), "{bot}: {said}");
        assert_eq!(
            said.contains("event: error"),
            !ending.is_empty(),
            "{bot}: {said}"
        );
        assert!(said.ends_with("event: done\ndata: {}\n\n"), "{bot}: {said}");
    }
}

/// An event with a fault, and no `done`: the caller hears what came, the bot hears of its faults.
#[tokio::test]
async fn broken_rules_are_told_to_the_bot() {
    let host = FakePoe::start().unwrap();
    let poe = strict(ReplyLimits::default());
    host.bot(
        "Odd",
        Answer::stream()
            .text("hi")
            .event("text", json!({"text": 3})),
    );
    register(&poe, &host, "Odd");
    let said = heard(&poe, "Odd", &query("hi")).await;
    assert_eq!(
        said,
        "event: text\ndata: {\"text\":\"hi\"}\n\nevent: text\ndata: {\"text\":3}\n\n"
    );
    let messages: Vec<String> = host
        .reports()
        .iter()
        .map(|report| report.body["message"].as_str().unwrap()[..2].to_owned())
        .collect();
    assert_eq!(messages, ["J1", "E4"]);
}

#[tokio::test]
async fn whoever_is_no_bot_is_told_apart() {
    let host = FakePoe::start().unwrap();
    let poe = strict(ReplyLimits::default());
    host.bot("Shut", Answer::status(401));
    host.bot("Broken", Answer::stream().text("a").cut());
    register(&poe, &host, "Shut");
    register(&poe, &host, "Broken");
    poe.register(
        "Away",
        Target::parse("http://127.0.0.1:1/bot", None).unwrap(),
    );
    for (bot, why) in [
        ("Shut", "the bot refuses the access key (status 401)"),
        ("Broken", "the bot broke off"),
        ("Away", "http://127.0.0.1:1/bot does not answer"),
    ] {
        let said = heard(&poe, bot, &query("hi")).await;
        assert!(
            said.contains(why) && said.contains("event: done"),
            "{bot}: {said}"
        );
    }
}

/// Whoever hangs up on the platform hangs up on the bot that it asks for him.
#[tokio::test]
async fn a_caller_who_hangs_up_hangs_up_on_the_bot() {
    let host = FakePoe::start().unwrap();
    let poe = strict(ReplyLimits::default());
    host.bot("Hold", Answer::stream().text("a").hold());
    register(&poe, &host, "Hold");
    let authorization = format!("Bearer {PERSON_KEY}");
    let mut answer = post(&poe, "Hold", &authorization, &query("hi").to_string()).await;
    assert!(answer.chunk().await.unwrap().is_some());
    drop(answer);
    let asked = next(&host, "Hold").await;
    assert_eq!(asked.ended().await, Ok(Ending::HungUp));
    let asked = next(&poe, "Hold").await;
    assert_eq!(asked.ended().await, Ok(Ending::HungUp));
}

/// A query of the asked bot's own: fitted to its settings, without the caller's keys.
#[tokio::test]
async fn a_query_is_made_to_fit_the_settings() {
    let host = FakePoe::start().unwrap();
    let poe = strict(ReplyLimits::default());
    host.bot("Reader", Script::text("read"));
    register(&poe, &host, "Reader");
    let page = poe
        .attachment("page.html", "<p>Hello <b>there</b></p>")
        .unwrap();
    let image = poe.attachment("cat.png", "not text").unwrap();
    let attached = |url: &str, kind: &str| json!({"url": url, "content_type": kind, "name": "x"});
    let mut body = query("first");
    let files = json!([attached(&page, "text/html"), attached(&image, "image/png")]);
    body["query"][0]["attachments"] = files;
    let second = json!({"role": "user", "content": "second"});
    body["query"].as_array_mut().unwrap().push(second);

    poe.skip(Duration::from_mins(9));
    heard(&poe, "Reader", &body).await;
    let asked = next(&host, "Reader").await.body;
    assert_ne!(asked["bot_query_id"], "q-1");
    assert_eq!(asked.get("access_key"), None);
    assert_eq!(asked["query"].as_array().unwrap().len(), 2);
    let file = &asked["query"][0]["attachments"][0];
    assert_eq!(
        file["parsed_content"].as_str().unwrap().trim(),
        "Hello there"
    );
    assert_eq!(
        asked["query"][0]["attachments"][1]["parsed_content"],
        Value::Null
    );
    // What was good for one minute more is good for ten again.
    poe.skip(Duration::from_mins(2));
    let fetch = |url: &str| client().get(url).send();
    assert_eq!(fetch(&page).await.unwrap().status(), 403);
    let fresh = file["url"].as_str().unwrap();
    assert_eq!(fetch(fresh).await.unwrap().status(), 200);

    let alone = json!({"response_version": 2, "allow_attachments": false,
        "enforce_author_role_alternation": true});
    settings(&poe, "Reader", alone).await;
    heard(&poe, "Reader", &body).await;
    let asked = next(&host, "Reader").await.body;
    assert_eq!(
        asked["query"],
        json!([{"role": "user", "content": "first\n\nsecond", "attachments": []}])
    );
}

/// A bot that asks another is held to what its settings declare, query by query.
#[tokio::test]
async fn calls_between_bots_are_counted() {
    let host = FakePoe::start().unwrap();
    let poe = strict(ReplyLimits::default());
    host.bot("Asker", Script::text("x"));
    host.bot("Asked", Script::text("fine"));
    register(&poe, &host, "Asker");
    register(&poe, &host, "Asked");
    let ask = async |body: Value| {
        let answer = post(&poe, "Asked", "Bearer Asker-key", &body.to_string()).await;
        answer.text().await.unwrap()
    };
    let refused = ask(query("hi")).await;
    assert!(
        refused
            .contains("Message m-1 called on bot that has 0 or undefined call count in settings."),
        "{refused}"
    );
    let declared = json!({"response_version": 2, "server_bot_dependencies": {"Asked": 2}});
    settings(&poe, "Asker", declared).await;
    for (id, fine) in [("q-1", true), ("q-1", true), ("q-1", false), ("q-2", true)] {
        let mut body = query("hi");
        body["bot_query_id"] = json!(id);
        let said = ask(body).await;
        assert_eq!(said.contains("fine"), fine, "{said}");
    }
}

/// A registered bot that asks itself in a circle is stopped, whatever its settings allow.
#[tokio::test]
async fn a_circle_of_bots_ends() {
    let poe = strict(ReplyLimits::default());
    // Whoever asks for it asks this door again, with its own key.
    let door = Target::parse(
        &poe.ask_url("Circle"),
        Some(Secret::new("Circle-key".to_owned())),
    );
    poe.register("Circle", door.unwrap());
    let declared = json!({"response_version": 2, "server_bot_dependencies": {"Circle": 100}});
    settings(&poe, "Circle", declared).await;
    let said = heard(&poe, "Circle", &query("hi")).await;
    assert!(
        said.contains("More than 16 bots ask one another."),
        "{said}"
    );
    assert_eq!(poe.queries("Circle").len(), 18);
}

/// The platform asks a bot for its settings when it is told to.
#[tokio::test]
async fn settings_are_fetched_from_the_bot() {
    let poe = strict(ReplyLimits::default());
    let host = FakePoe::start().unwrap();
    host.bot("cat", Script::text("x"));
    register(&poe, &host, "cat");
    let fetch = |key: &str| {
        let url = format!("{}/bot/fetch_settings/cat/{key}/1.2", poe.url());
        client().post(url).send()
    };
    assert_eq!(fetch("other-key").await.unwrap().status(), 401);
    // One bot's key says nothing about any other name, and a person's nothing about bots.
    for name in ["fetch_settings/GPT-4o", "update_settings/nobody"] {
        for key in ["cat-key", PERSON_KEY] {
            let url = format!("{}/bot/{name}/{key}/1.2", poe.url());
            let answer = client().post(url).body("{}").send().await.unwrap();
            assert_eq!(answer.status(), 401, "{name} {key}");
        }
    }
    let answer = fetch("cat-key").await.unwrap();
    assert_eq!(answer.status(), 502);
    let told = json_of(answer).await;
    assert_eq!(told["detail"], "the bot answers with status 501");
    assert_eq!(host.queries("cat")[0].body["type"], "settings");
}
