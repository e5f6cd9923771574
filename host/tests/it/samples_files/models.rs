//! The samples that stream a language model: the reader has each word as the model says it, whatever
//! goes wrong is told once, and the key is the model's host's alone.

use serde_json::{Value, json};

use super::api::Api;
use super::{KEY, SECRET, assert_kept, folder, open, send};
use crate::harness::{self, FakePoe, Folder, Server};

const BOTS: [&str; 2] = ["wrapper", "chat-cat"];

const STREAM: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
const CHUNKED: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";

/// A gateway with one of the bots, and this in its manifest.
fn gateway(bot: &str, api: &Api, more: &str) -> Server {
    // Neither bot asks the platform for anything.
    let poe = FakePoe::start().unwrap();
    let folder = folder(&poe, bot, api, ("OPENAI_API_KEY", "OPENAI_BASE_URL"));
    let flags = more.split_whitespace();
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

/// What the bots make of the same conversation.
fn conversation() -> (Value, [Value; 2]) {
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
    let turns = |last: &str| {
        let turn = |role: &str, content: &str| json!({ "role": role, "content": content });
        let texts = ["1", "2", "3", "4", last];
        let turns = texts.iter().enumerate();
        let role = |place: usize| {
            if place.is_multiple_of(2) {
                "user"
            } else {
                "assistant"
            }
        };
        turns.map(|(place, text)| turn(role(place), text)).collect()
    };
    let model = "gpt-4o-mini";
    let wrapper = json!({
        "model": model, "messages": Value::Array(turns(&"x".repeat(50))),
        "temperature": 1.0, "max_tokens": 50, "stream": true,
    });
    let mut cat: Vec<Value> = turns(&long);
    cat.insert(0, json!({ "role": "system", "content": "CHARACTER" }));
    let cat = json!({ "model": model, "messages": cat, "temperature": 0, "stream": true });
    (query, [wrapper, cat])
}

#[test]
fn each_word_is_handed_on_before_the_next_is_said() {
    let (query, bodies) = conversation();
    for (bot, body) in BOTS.into_iter().zip(bodies) {
        let api = Api::start();
        let server = gateway(bot, &api, "");
        let connection = open(&server, bot, &query);
        let mut asked = api.next();
        assert!(
            asked
                .head
                .starts_with("POST /v1/chat/completions HTTP/1.1\r\n")
        );
        asked.assert_secret();
        if bot == "chat-cat" {
            let character = asked.body["messages"][0]["content"].take();
            assert!(character.as_str().unwrap().contains("cat"), "{character}");
            asked.body["messages"][0]["content"] = json!("CHARACTER");
        }
        assert_eq!(asked.body, body, "{bot}");
        asked.say(STREAM);
        let mut stream = None;
        let mut connection = Some(connection);
        for text in ["Pu", "rr \u{1f431}"] {
            asked.say(word(text));
            let stream = stream.get_or_insert_with(|| connection.take().unwrap().stream());
            let expected = ("text".to_owned(), json!({ "text": text }));
            assert_eq!(stream.next_event(), Some(expected), "{bot}");
        }
        asked.answer("data: {\"choices\":[],\"usage\":{}}\n\ndata: [DONE]\n\n");
        let rest = stream.unwrap().rest();
        assert_eq!(rest.show(), "done {}\n", "{bot}");
        assert_kept(&server, &[rest.text()]);
    }
}

/// At each step of an answer: one error, then `done`; what was said before stays.
#[test]
fn what_goes_wrong_at_the_model_is_told_once() {
    let page = "<!doctype html><h1>Sign in</h1>\n\n";
    let no_key = r#"{"error":{"message":"Incorrect API key"}}"#;
    let gave_up = format!("{STREAM}{}data: {no_key}\n\n", word("Pu"));
    let cut = word("Pu");
    let cut = format!("{CHUNKED}{:x}\r\n{cut}\r\n", cut.len());
    let rows = [
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
    ];
    for bot in BOTS {
        let api = Api::start();
        let server = gateway(bot, &api, "");
        for (case, bytes, said, retry) in &rows {
            let mut connection = open(&server, bot, &harness::query("hi"));
            api.next().answer(bytes);
            let answer = connection.answer();
            let events = answer.events();
            let case = format!("{bot}, {case}: {}", answer.show());
            assert_eq!(&answer.said(), said, "{case}");
            let [.., error, done] = &events[..] else {
                panic!("{case}")
            };
            assert_eq!(
                (error.0.as_str(), done.0.as_str()),
                ("error", "done"),
                "{case}"
            );
            assert_eq!(error.1["allow_retry"], *retry, "{case}");
            assert_eq!(events.len(), 2 + usize::from(!said.is_empty()), "{case}");
            assert_kept(&server, &[answer.text()]);
        }
    }
}

/// A host that tells the key back: it is masked where the reader would see it.
#[test]
fn a_key_that_comes_back_is_masked() {
    let api = Api::start();
    let server = gateway("wrapper", &api, "");
    let mut connection = open(&server, "wrapper", &harness::query("hi"));
    let said = word(&format!("Your key is {SECRET}."));
    api.next().answer(format!("{STREAM}{said}data: [DONE]\n\n"));
    let answer = connection.answer();
    assert_eq!(answer.said(), "Your key is ***.");
    assert_kept(&server, &[answer.text()]);
}

#[test]
fn a_model_that_never_answers_is_left_when_the_time_is_up() {
    for bot in BOTS {
        let api = Api::start();
        let server = gateway(bot, &api, "--limit wall_time=1s");
        let mut connection = open(&server, bot, &harness::query("hi"));
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
}

/// The reader leaves before the first word, and after it: the model hears nobody either way.
#[test]
fn a_reader_who_leaves_hangs_up_on_the_model() {
    for bot in BOTS {
        let api = Api::start();
        let server = gateway(bot, &api, "");
        let connection = open(&server, bot, &harness::query("hi"));
        let asked = api.next();
        drop(connection);
        asked.until_closed();
        let connection = open(&server, bot, &harness::query("hi"));
        let mut asked = api.next();
        asked.say(format!("{STREAM}{}", word("Pu")));
        let mut stream = connection.stream();
        assert_eq!(stream.next_event().unwrap().1["text"], "Pu");
        drop(stream);
        asked.until_closed();
        server.wait_running(bot, 0.0);
    }
}

#[test]
fn without_the_right_access_key_nobody_is_asked() {
    let api = Api::start();
    let server = gateway("wrapper", &api, "");
    let wrong = format!("Bearer {KEY}-not");
    let answer = server.send(
        "wrapper",
        &harness::query("hi"),
        &[("authorization", &wrong)],
    );
    assert_eq!(answer.status, 401);
    assert!(api.is_untouched());
    // The right key opens, so that the door was closed by the wrong one.
    let hanging = std::thread::scope(|scope| {
        let reply = scope.spawn(|| send(&server, "wrapper", &harness::query("hi")));
        api.next()
            .answer(format!("{STREAM}{}data: [DONE]\n\n", word("hi")));
        reply.join().unwrap()
    });
    assert_eq!(hanging.said(), "hi");
}
