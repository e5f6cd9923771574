//! A bot that streams a language model of somebody else: the reader has each word as the model says it, whatever
//! goes wrong is told once, and the key is the model's host's alone.

use serde_json::{Value, json};

use super::api::Api;
use super::{KEY, SECRET, Sample, assert_kept, folder_with_api, open, send};
use crate::harness::{self, FakePoe, Folder, Server};

const STREAM: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
const CHUNKED: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";

/// A gateway with the bot, and these flags.
fn gateway(sample: &Sample, api: &Api, flags: &str) -> Server {
    // It asks the platform for nothing.
    let poe = FakePoe::start().unwrap();
    let names = ("OPENAI_API_KEY", "OPENAI_BASE_URL");
    let folder = folder_with_api(&poe, sample, api, names);
    let flags = flags.split_whitespace();
    flags.fold(folder, Folder::flag).up()
}

fn word(text: &str) -> String {
    let delta = json!({ "content": text });
    let chunk = json!({ "choices": [{ "index": 0, "delta": delta, "finish_reason": null }] });
    format!("data: {chunk}\n\n")
}

fn response(status: &str, kind: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}

/// A conversation, and as much of it as a model is sent: the last five messages, the last one up to so many
/// characters.
pub fn conversation(characters: usize) -> (Value, Vec<Value>) {
    let long = "x".repeat(60);
    let mut query = harness::query("");
    query["query"] = json!([
        { "role": "system", "content": "Be brief." },
        { "role": "user", "content": "1" },
        { "role": "bot", "content": "2" },
        { "role": "user", "content": "3" },
        { "role": "bot", "content": "4" },
        { "role": "user", "content": long },
    ]);
    let turn = |role: &str, content: &str| json!({ "role": role, "content": content });
    let turns = vec![
        turn("user", "1"),
        turn("assistant", "2"),
        turn("user", "3"),
        turn("assistant", "4"),
        turn("user", &long[..characters]),
    ];
    (query, turns)
}

/// What `wrapper` asks its model.
pub fn wrapper_asks() -> (Value, Value) {
    let (query, turns) = conversation(50);
    let body = json!({
        "model": "gpt-4o-mini", "messages": turns,
        "temperature": 1.0, "max_tokens": 50, "stream": true,
    });
    (query, body)
}

/// Asked this, the bot asks the model that, and hands each word on before the next is said. A message of the system
/// that begins what it asks has its text left out here, as `CHARACTER`.
pub fn each_word_is_handed_on_before_the_next_is_said(
    sample: &Sample,
    (query, body): &(Value, Value),
) {
    let api = Api::start();
    let server = gateway(sample, &api, "");
    let connection = open(&server, &sample.bot, query);
    let mut asked = api.next();
    assert!(
        asked
            .head
            .starts_with("POST /v1/chat/completions HTTP/1.1\r\n")
    );
    asked.assert_secret();
    if body["messages"][0]["role"] == "system" {
        let character = asked.body["messages"][0]["content"].take();
        assert!(character.as_str().unwrap().contains("cat"), "{character}");
        asked.body["messages"][0]["content"] = json!("CHARACTER");
    }
    // JavaScript writes `1` for `1.0`.
    if asked.body["temperature"].as_f64() == body["temperature"].as_f64() {
        asked.body["temperature"] = body["temperature"].clone();
    }
    assert_eq!(asked.body, *body);
    asked.say(STREAM);
    let mut stream = None;
    let mut connection = Some(connection);
    for text in ["Pu", "rr \u{1f431}"] {
        asked.say(word(text));
        let stream = stream.get_or_insert_with(|| connection.take().unwrap().stream());
        let expected = ("text".to_owned(), json!({ "text": text }));
        assert_eq!(stream.next_event(), Some(expected));
    }
    asked.answer("data: {\"choices\":[],\"usage\":{}}\n\ndata: [DONE]\n\n");
    let rest = stream.unwrap().rest();
    assert_eq!(rest.show(), "done {}\n");
    assert_kept(&server, &[rest.text()]);
}

/// Answers of a model that go wrong: what it says, what the reader has of it, and whether trying again may help.
fn wrong_answers() -> Vec<(&'static str, String, &'static str, bool)> {
    let page = "<!doctype html><h1>Sign in</h1>\n\n";
    let no_key = r#"{"error":{"message":"Incorrect API key"}}"#;
    let gave_up = format!("{STREAM}{}data: {no_key}\n\n", word("Pu"));
    let cut = word("Pu");
    let cut = format!("{CHUNKED}{:x}\r\n{cut}\r\n", cut.len());
    vec![
        (
            "no key",
            response("401 Unauthorized", "application/json", no_key),
            "",
            false,
        ),
        (
            "too many",
            response("429 Too Many Requests", "application/json", "{}"),
            "",
            true,
        ),
        (
            "down",
            response("500 Internal Server Error", "text/plain", ""),
            "",
            true,
        ),
        ("a page", response("200 OK", "text/html", page), "", true),
        (
            "elsewhere",
            response("302 Found", "text/html", page),
            "",
            false,
        ),
        ("no answer", String::new(), "", true),
        ("half a head", "HTTP/1.1 200 O".to_owned(), "", true),
        ("no words", STREAM.to_owned(), "", true),
        ("cut", cut, "Pu", true),
        ("short", format!("{STREAM}{}", word("Pu")), "Pu", true),
        (
            "no JSON",
            format!("{STREAM}{}data: {{\n\n", word("Pu")),
            "Pu",
            true,
        ),
        ("gave up", gave_up, "Pu", true),
    ]
}

/// At each step of an answer: one error, then `done`; what was said before stays.
pub fn what_goes_wrong_is_told_once(sample: &Sample) {
    let api = Api::start();
    let server = gateway(sample, &api, "");
    for (case, bytes, said, retry) in wrong_answers() {
        let mut connection = open(&server, &sample.bot, &harness::query("hi"));
        api.next().answer(bytes);
        let answer = connection.answer();
        let events = answer.events();
        let case = format!("{case}: {}", answer.show());
        assert_eq!(answer.said(), said, "{case}");
        let [.., error, done] = &events[..] else {
            panic!("{case}")
        };
        assert_eq!(
            (error.0.as_str(), done.0.as_str()),
            ("error", "done"),
            "{case}"
        );
        assert_eq!(error.1["allow_retry"], retry, "{case}");
        assert_eq!(events.len(), 2 + usize::from(!said.is_empty()), "{case}");
        assert_kept(&server, &[answer.text()]);
    }
}

/// A host that tells the key back: it is masked where the reader would see it.
pub fn a_key_that_comes_back_is_masked(sample: &Sample) {
    let api = Api::start();
    let server = gateway(sample, &api, "");
    let mut connection = open(&server, &sample.bot, &harness::query("hi"));
    let said = word(&format!("Your key is {SECRET}."));
    api.next().answer(format!("{STREAM}{said}data: [DONE]\n\n"));
    let answer = connection.answer();
    assert_eq!(answer.said(), "Your key is ***.");
    assert_kept(&server, &[answer.text()]);
}

/// A model that never answers is left when the time is up.
pub fn a_silent_model_is_left(sample: &Sample) {
    let api = Api::start();
    let server = gateway(sample, &api, "--limit wall_time=1s");
    let mut connection = open(&server, &sample.bot, &harness::query("hi"));
    let asked = api.next();
    let answer = connection.answer();
    assert!(
        answer.show().contains("The bot took too long"),
        "{}",
        answer.show()
    );
    assert_eq!(answer.events().last().unwrap().0, "done");
    asked.until_closed();
}

/// The reader leaves before the first word, and after it: the model hears nobody either way.
pub fn a_reader_who_leaves_hangs_up_on_the_model(sample: &Sample) {
    let api = Api::start();
    let server = gateway(sample, &api, "");
    let connection = open(&server, &sample.bot, &harness::query("hi"));
    let asked = api.next();
    drop(connection);
    asked.until_closed();
    let connection = open(&server, &sample.bot, &harness::query("hi"));
    let mut asked = api.next();
    asked.say(format!("{STREAM}{}", word("Pu")));
    let mut stream = connection.stream();
    assert_eq!(stream.next_event().unwrap().1["text"], "Pu");
    drop(stream);
    asked.until_closed();
    server.wait_running(&sample.bot, 0.0);
}

/// Without the right access key nobody is asked.
pub fn without_the_access_key_nobody_is_asked(sample: &Sample) {
    let api = Api::start();
    let server = gateway(sample, &api, "");
    let wrong = format!("Bearer {KEY}-not");
    let answer = server.send(
        &sample.bot,
        &harness::query("hi"),
        &[("authorization", &wrong)],
    );
    assert_eq!(answer.status, 401);
    assert!(api.is_untouched());
    // The right key opens, so that the door was closed by the wrong one.
    let hanging = std::thread::scope(|scope| {
        let reply = scope.spawn(|| send(&server, &sample.bot, &harness::query("hi")));
        api.next()
            .answer(format!("{STREAM}{}data: [DONE]\n\n", word("hi")));
        reply.join().unwrap()
    });
    assert_eq!(hanging.said(), "hi");
}

/// The manifest of the sample, where nobody has set anything: it is mounted, and says what is missing.
pub fn without_its_secret_it_says_what_is_missing(server: &Server, bot: &str, variable: &str) {
    let events = server.ask(bot, "hi").events();
    let error = events.iter().find(|(name, _)| name == "error").unwrap();
    let text = error.1["text"].as_str().unwrap();
    assert!(text.contains(variable), "{bot}: {text}");
    assert_eq!(error.1["allow_retry"], false, "{bot}");
}
