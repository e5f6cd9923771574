//! The other ways into the fake platform: files, bills, settings.

use ravenry_base::hosts::PrivateHost;
use ravenry_desk::simulator::{
    Answer, Charge, Downloads, Ending, Endpoint, FILE_BYTES_MAX, Options, Origin, SettingsVerb,
    Step,
};
use reqwest::{
    RequestBuilder, Response,
    multipart::{Form, Part},
};
use serde_json::{Value, json};

use super::{client, json_of};
use crate::egress::upstream::Upstream;
use crate::harness::{Answered as _, FakePoe, Scripting as _};

fn uploading(poe: &FakePoe) -> RequestBuilder {
    client()
        .post(poe.upload_url())
        .header("authorization", "key")
}

async fn upload(poe: &FakePoe, name: &str, bytes: Vec<u8>) -> Response {
    let part = Part::bytes(bytes).file_name(name.to_owned());
    let form = Form::new().part("file", part);
    uploading(poe).multipart(form).send().await.unwrap()
}

async fn upload_url(poe: &FakePoe, form: &[(&str, &str)]) -> Response {
    uploading(poe).form(form).send().await.unwrap()
}

async fn fetch(url: &str) -> Response {
    client().get(url).send().await.unwrap()
}

#[tokio::test]
async fn an_uploaded_file_can_be_fetched() {
    let poe = FakePoe::start().unwrap();
    let bytes: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let answer = upload(&poe, "a/tiger né.png", bytes.clone()).await;
    assert_eq!(answer.status(), 200);
    let told = json_of(answer).await;
    assert_eq!(told["mime_type"], "image/png");
    let url = told["attachment_url"].as_str().unwrap();
    assert!(url.starts_with(&format!("{}/attachments/", poe.url())));
    let file = fetch(url).await;
    assert_eq!(file.headers()["content-type"], "image/png");
    assert_eq!(file.bytes().await.unwrap(), bytes);

    let uploads = poe.uploads();
    assert_eq!(uploads[0].name, "a/tiger né.png");
    assert_eq!(uploads[0].bytes, bytes);
    assert_eq!(
        (uploads[0].status, &uploads[0].origin),
        (200, &Origin::Part)
    );
    assert!(uploads[0].key.matches(b"key"));
    assert_eq!(poe.fetched().len(), 1);
    let gone = fetch(&url.replace("tiger", "lion")).await;
    assert_eq!(gone.status(), 404);
}

#[tokio::test]
async fn nothing_is_fetched_for_an_upload_by_url_unless_it_is_allowed() {
    let poe = FakePoe::start().unwrap();
    let url = poe.attachment("cat.txt", "miau").unwrap();
    let sent = [("download_url", url.as_str())];
    let stored = |answer: Value| answer["attachment_url"].as_str().unwrap().to_owned();

    let answer = json_of(upload_url(&poe, &sent).await).await;
    assert_eq!(answer["mime_type"], "text/plain");
    assert!(poe.fetched().is_empty());
    let text = fetch(&stored(answer)).await.text().await.unwrap();
    assert_eq!(text, format!("a file from {url}\n"));

    let private =
        Upstream::saying("HTTP/1.1 200 OK\r\ncontent-length: 4\r\nconnection: close\r\n\r\nmiau");
    poe.downloads(Downloads::Fetched(Vec::new()));
    let named = [sent[0], ("download_filename", "dog.md")];
    let answer = json_of(upload_url(&poe, &named).await).await;
    assert_eq!(answer["mime_type"], "text/markdown");
    assert_eq!(fetch(&stored(answer)).await.text().await.unwrap(), "miau");

    let spaced = poe.attachment("my cat, né.txt", "miau").unwrap();
    upload_url(&poe, &[("download_url", &spaced)]).await;
    let upload = poe.uploads().pop().unwrap();
    assert_eq!(upload.name, "my cat, né.txt", "{spaced}");

    // Of what is served here, attachments alone are files: the page has a token in it.
    let here = |path: &str| format!("{}{path}", poe.url());
    let gone = here("/attachments/99/x");
    for url in [
        &here("/"),
        &here("/simulator/ledger"),
        &here("/attachments/../page/main.js"),
        &here("/attachments/%2e%2e/"),
        "http://192.0.2.1/",
        &private.url(),
        "http://0x7f.1:1/",
        "http://localhost/",
        "https://127.0.0.1/",
        "file:///etc/passwd",
        "nothing",
        &gone,
    ] {
        let answer = upload_url(&poe, &[("download_url", url)]).await;
        assert_eq!(answer.status(), 400, "{url}");
    }
    let upload = poe.uploads().pop().unwrap();
    assert_eq!((upload.status, upload.origin), (400, Origin::Url(gone)));
    assert_eq!(private.connections(), 0, "a private address was fetched");
    let url = private.url();
    let host = PrivateHost::parse(url.trim_start_matches("http://")).unwrap();
    poe.downloads(Downloads::Fetched(vec![host]));
    let answer = upload_url(&poe, &[("download_url", &url)]).await;
    assert_eq!((answer.status().as_u16(), private.connections()), (200, 1));
}

#[tokio::test]
async fn an_unfit_upload_is_refused_and_kept_in_the_record() {
    let poe = FakePoe::start().unwrap();
    let part = || Form::new().part("file", Part::bytes(vec![1]).file_name("x"));
    let with = |key: &str| {
        let asking = client().post(poe.upload_url()).header("authorization", key);
        asking.multipart(part()).send()
    };
    // Any key will do, but never none, and never with a scheme before it.
    assert_eq!(with("Bearer key").await.unwrap().status(), 401);
    assert_eq!(with("").await.unwrap().status(), 401);
    assert_eq!(with("key").await.unwrap().status(), 200);
    for form in [
        Form::new().part("file", Part::bytes(vec![1])),
        Form::new().part("other", Part::bytes(vec![1]).file_name("x")),
    ] {
        let answer = uploading(&poe).multipart(form).send().await.unwrap();
        assert_eq!(answer.status(), 400);
    }
    assert_eq!(
        upload_url(&poe, &[("download_url", "")]).await.status(),
        400
    );
    let statuses: Vec<_> = poe.uploads().iter().map(|upload| upload.status).collect();
    assert_eq!(statuses, [401, 401, 200, 400, 400, 400]);
}

#[tokio::test]
async fn a_file_may_have_50_megabytes_and_not_one_byte_more() {
    let poe = FakePoe::start().unwrap();
    for (bytes, status) in [(FILE_BYTES_MAX, 200), (FILE_BYTES_MAX + 1, 413)] {
        let answer = upload(&poe, "large", vec![0; bytes]).await;
        assert_eq!(answer.status(), status);
    }
}

/// A client that tries again must send the whole file again.
#[tokio::test]
async fn a_door_can_fail_once_and_then_work() {
    let poe = FakePoe::start().unwrap();
    poe.instead(Endpoint::Uploads, Answer::status(500));
    poe.instead(Endpoint::Uploads, Answer::json(200, &json!({"no": "url"})));
    for status in [500, 200, 200] {
        assert_eq!(upload(&poe, "x", vec![7; 9]).await.status(), status);
    }
    let uploads = poe.uploads();
    assert!(uploads.iter().all(|upload| upload.bytes == [7; 9][..]));
    let stored = uploads
        .iter()
        .map(|upload| upload.attachment_url.is_empty());
    assert_eq!(stored.collect::<Vec<_>>(), [true, true, false]);
}

/// What is open when a reply ends must be hung up, not only queries.
#[tokio::test]
async fn a_caller_who_hangs_up_is_seen_at_every_door() {
    let poe = FakePoe::start().unwrap();
    for door in [Endpoint::Uploads, Endpoint::Costs, Endpoint::Settings] {
        poe.instead(door, Answer::silence());
    }
    let post = |path: &str| client().post(format!("{}{path}", poe.url()));
    let form = [("download_url", "http://127.0.0.1/x")];
    let asking = [
        uploading(&poe).form(&form),
        post("/bot/cost/q/capture").body("{}"),
        post("/bot/update_settings/cat/key/1.2").body("{}"),
    ]
    .map(|asking| tokio::spawn(asking.send()));
    let upload = poe.until("an upload", |poe| poe.uploads().pop());
    let bill = poe.until("a bill", |poe| poe.bills().pop());
    let call = poe.until("settings", |poe| poe.settings().pop());
    let (upload, bill, call) = tokio::join!(upload, bill, call);
    let courses = [
        upload.unwrap().course,
        bill.unwrap().course,
        call.unwrap().course,
    ];
    for (asking, course) in asking.iter().zip(courses) {
        assert_eq!(course.ending(), None);
        asking.abort();
        assert_eq!(course.ended().await, Ok(Ending::HungUp));
    }
    let works = post("/bot/update_settings/cat/key/1.2").body("{}");
    assert_eq!(works.send().await.unwrap().status(), 200);
    let course = poe.settings().pop().unwrap().course;
    assert_eq!(course.ending(), Some(Ending::Complete));
}

#[tokio::test]
async fn an_attachment_can_be_scripted() {
    let poe = FakePoe::start().unwrap();
    let endless = Answer::stream().endless([Step::Bytes(vec![0; 1000])]);
    let url = poe.scripted_attachment("large.bin", endless);
    let mut answer = fetch(&url).await;
    let mut bytes = 0;
    while bytes < 1_000_000 {
        bytes += answer.chunk().await.unwrap().unwrap().len();
    }
    let gone = poe.scripted_attachment("gone", Answer::status(410));
    assert_eq!(fetch(&gone).await.status(), 410);
    assert_eq!(poe.fetched().len(), 2);
}

async fn charge(poe: &FakePoe, what: &str, amounts: Value) -> (u16, String) {
    let body = json!({"amounts": amounts, "access_key": "key"});
    let url = format!("{}/bot/cost/q-1/{what}", poe.url());
    let asking = client().post(url).body(body.to_string());
    let answer = asking.send().await.unwrap();
    assert_eq!(
        answer.headers()["content-type"],
        "text/event-stream; charset=utf-8"
    );
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test]
async fn money_is_taken_by_capture_alone_and_only_while_there_is_some() {
    let poe = FakePoe::with(Options {
        balance: 100,
        ..Options::default()
    });
    let poe = poe.unwrap();
    let of = |amount: u64| json!([{"amount_usd_milli_cents": amount, "description": null}]);
    let said = |status: &str| {
        let event = format!("event: result\r\ndata: {{\"status\": \"{status}\"}}\r\n\r\n");
        (200, event)
    };
    for (what, amount, status, balance) in [
        ("authorize", 100, "success", 100),
        ("authorize", 101, "insufficient_funds", 100),
        ("capture", 60, "success", 40),
        ("capture", 41, "insufficient_funds", 40),
        ("capture", 40, "success", 0),
        ("capture", 0, "success", 0),
        ("capture", u64::MAX, "insufficient_funds", 0),
    ] {
        assert_eq!(charge(&poe, what, of(amount)).await, said(status));
        assert_eq!(poe.ledger().balance, balance, "{what} {amount}");
    }
    let both = json!([
        {"amount_usd_milli_cents": u64::MAX, "description": "a"},
        {"amount_usd_milli_cents": 1},
    ]);
    assert_eq!(
        charge(&poe, "authorize", both).await,
        said("insufficient_funds")
    );
    let bills = poe.bills();
    assert_eq!(bills[2].charge, Charge::Capture);
    assert_eq!(bills[2].amounts[0].milli_cents, 60);
    assert_eq!(
        (bills[2].bot_query_id.as_str(), bills[2].status),
        ("q-1", 200)
    );
    assert!(bills[2].key.matches(b"key"));
    assert_eq!(bills[7].amounts[0].description.as_deref(), Some("a"));
}

#[tokio::test]
async fn an_amount_is_a_whole_number_from_zero_up() {
    let poe = FakePoe::start().unwrap();
    for amounts in [
        json!([{"amount_usd_milli_cents": -1}]),
        json!([{"amount_usd_milli_cents": 1.5}]),
        json!([{"amount_usd_milli_cents": 25.0}]),
        json!([{"amount_usd_milli_cents": true}]),
        json!([{"amount_usd_milli_cents": "1"}]),
        json!([{"amount_usd_milli_cents": 1}, {}]),
        json!([{"amount_usd_milli_cents": 1, "description": 1}]),
        json!({"amount_usd_milli_cents": 1}),
        Value::Null,
    ] {
        let (status, said) = charge(&poe, "capture", amounts.clone()).await;
        assert_eq!(status, 400, "{amounts}");
        assert!(said.contains("\"message\": \"`amounts"), "{said}");
    }
    assert_eq!(charge(&poe, "refund", json!([])).await.0, 404);
    let bills = poe.bills();
    assert_eq!(bills.len(), 9);
    assert!(bills.iter().all(|bill| bill.result.is_empty()));
}

async fn settings(poe: &FakePoe, path: &str, body: &str) -> u16 {
    let asking = client().post(format!("{}/bot/{path}", poe.url()));
    let answer = asking.body(body.to_owned()).send().await.unwrap();
    answer.status().as_u16()
}

#[tokio::test]
async fn calls_about_settings_are_kept_with_what_the_path_said() {
    let poe = FakePoe::start().unwrap();
    poe.instead(Endpoint::Settings, Answer::status(500));
    for (path, body, status) in [
        ("update_settings/cat/key/1.2", "{}", 500),
        ("update_settings/cat/key/1.2", r#"{"rate_card":"x"}"#, 200),
        ("update_settings/cat/key/1.2", "[]", 400),
        ("fetch_settings/cat/key/1.2", "", 200),
        ("fetch_settings/cat/key", "", 200),
    ] {
        assert_eq!(settings(&poe, path, body).await, status, "{path}");
    }
    let calls = poe.settings();
    let statuses: Vec<_> = calls.iter().map(|call| call.status).collect();
    assert_eq!(statuses, [500, 200, 400, 200, 200]);
    assert_eq!(calls[1].settings, json!({"rate_card": "x"}));
    assert_eq!(
        (calls[3].verb, &*calls[3].bot),
        (SettingsVerb::Fetch, "cat")
    );
    assert!(calls[3].key.matches(b"key"));
    assert_eq!(calls[3].version.as_deref(), Some("1.2"));
    assert_eq!(calls[4].version, None);
}

#[tokio::test]
async fn nothing_else_is_there() {
    let poe = FakePoe::start().unwrap();
    assert_eq!(fetch(&format!("{}/x", poe.url())).await.status(), 404);
    assert_eq!(fetch(&format!("{}/bot/x", poe.url())).await.status(), 405);
    assert!(poe.queries("x").is_empty());
}
