//! Samples with tools: `weather` and `weather-loop`.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::thread;

use ravenry_desk::simulator::{Answer, BotRequest};
use serde_json::{Value, json};

use super::weather::{self, calls};
use super::{Sample, ask, declared, folder, gateway, send};
use crate::harness::{self, FakePoe, Script};

#[test]
fn weather_asks_a_second_time_with_what_the_tool_knows() {
    weather::asks_a_second_time(&Sample::in_rust("weather"));
}

#[test]
fn weather_hands_on_an_answer_without_calls() {
    weather::hands_on_an_answer_without_calls(&Sample::in_rust("weather"));
}

/// A server of weather reports, which answers each request with this. Gives its URL.
fn open_meteo(status: &'static str, body: Value) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let mut line = String::new();
            stream.read_line(&mut line).unwrap();
            let wanted = line.starts_with(
                "GET /v1/forecast?latitude=35.7&longitude=139.7&current=temperature_2m ",
            );
            while line != "\r\n" {
                line.clear();
                stream.read_line(&mut line).unwrap();
            }
            let status = if wanted { status } else { "404 Not Found" };
            let body = body.to_string();
            let head = format!(
                "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            stream
                .get_mut()
                .write_all((head + &body).as_bytes())
                .unwrap();
        }
    });
    url
}

fn weather_loop(poe: &FakePoe, open_meteo: &str) -> harness::Server {
    let more = format!(
        "allowed_outbound_hosts = [{open_meteo:?}]\nconfig = {{ OPEN_METEO_URL = {open_meteo:?} }}\n"
    );
    folder(poe, &["weather-loop"], &more)
        .flag("--allow-private-host")
        .flag("127.0.0.1")
        .up()
}

const TOKYO: &str = r#"{"latitude": 35.7, "longitude": 139.7}"#;

/// The messages of a question: role, and what tells tool calls from talk.
fn roles(query: &BotRequest) -> Vec<(String, Value)> {
    let messages = query.body["query"].as_array().unwrap().iter();
    messages
        .map(|message| {
            (
                message["role"].as_str().unwrap().to_owned(),
                message["message_type"].clone(),
            )
        })
        .collect()
}

#[test]
fn weather_loop_looks_up_the_weather_and_remembers_it() {
    let poe = FakePoe::start().unwrap();
    let server = weather_loop(
        &poe,
        &open_meteo("200 OK", json!({"current": {"temperature_2m": 11.5}})),
    );
    let rounds = [
        calls(&[("get_weather", TOKYO)]),
        calls(&[("get_weather", TOKYO), ("get_weather", "{}")]),
        Answer::stream().text("11.5").done(),
    ];
    poe.bot("GPT-4o", Script::in_turn(rounds));
    let answer = ask(&server, "weather-loop", "Tokyo?");
    let events = answer.events();
    let names: Vec<&str> = events.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        (names, answer.said().as_str()),
        (vec!["text", "data", "done"], "11.5")
    );

    // Hidden data: each round is a message with calls and one with results.
    let kept = &events[1].1["metadata"];
    let messages: Value = kept.as_str().unwrap().parse().unwrap();
    let results = |place: usize| {
        weather::results(
            &messages[place]["content"]
                .as_str()
                .unwrap()
                .parse()
                .unwrap(),
        )
    };
    assert_eq!(results(1), [json!(11.5)]);
    assert_eq!(results(3)[0], json!(11.5));
    assert!(results(3)[1]["error"].is_string());
    assert_eq!(messages.as_array().unwrap().len(), 4);

    // The platform hands it back, and it stands before the reply.
    let mut next = super::conversation(&[("user", "Tokyo?"), ("bot", "11.5"), ("user", "Warm?")]);
    next["query"][1]["metadata"] = kept.clone();
    poe.bot("GPT-4o", Script::text("No."));
    let answer = send(&server, "weather-loop", &next);
    assert_eq!(
        answer
            .events()
            .iter()
            .find(|(name, _)| name == "data")
            .unwrap()
            .1,
        json!({"metadata": "[]"})
    );
    let call = || ("bot".to_owned(), json!("function_call"));
    let talk = |role: &str| (role.to_owned(), Value::Null);
    let asked = poe.queries("GPT-4o");
    let both = [
        talk("user"),
        call(),
        talk("tool"),
        call(),
        talk("tool"),
        talk("bot"),
        talk("user"),
    ];
    assert_eq!(roles(&asked[3]), both);
    assert_eq!(roles(&asked[2]), both[..5]);
    assert!(
        asked
            .iter()
            .all(|query| query.body["tools"][0]["function"]["strict"] == true)
    );
    assert_eq!(declared(&server, "weather-loop"), json!({"GPT-4o": 10}));
}

/// The manifest in its folder, with the component in place of the crate.
#[test]
fn weather_loop_mounts_with_its_own_manifest() {
    let manifest = include_str!("../../../../plugins/weather-loop/ravenry.toml");
    let (_, bot) = manifest.split_once("manifest_version = 1\n").unwrap();
    let bot = bot.replace("source = \".\"", "source = \"weather-loop.wasm\"");
    let server = harness::Server::start(&bot);
    let settings = json!({ "version": "1.2", "type": "settings" });
    let settings = server.send("weather-loop", &settings, &[]).json();
    assert_eq!(settings["server_bot_dependencies"], json!({"GPT-4o": 10}));
}

/// A model that never has enough is made to answer.
#[test]
fn weather_loop_ends_after_ten_questions() {
    let poe = FakePoe::start().unwrap();
    let server = weather_loop(
        &poe,
        &open_meteo("200 OK", json!({"current": {"temperature_2m": 11.5}})),
    );
    poe.bot(
        "GPT-4o",
        Script::computed(|query| {
            if query.body["tools"].is_null() {
                return Answer::stream().text("Enough.").done();
            }
            calls(&[("get_weather", TOKYO)])
        }),
    );
    assert_eq!(ask(&server, "weather-loop", "Go on!").said(), "Enough.");
    assert_eq!(poe.queries("GPT-4o").len(), 10);
}

/// Without weather there is still an answer: the model is told. So it is where the host is not granted.
#[test]
fn weather_loop_tells_the_model_what_went_wrong() {
    let broken = open_meteo("503 Service Unavailable", json!({}));
    let empty = open_meteo("200 OK", json!({}));
    for (url, told) in [(&broken, "did not answer"), (&empty, "gave no temperature")] {
        let poe = FakePoe::start().unwrap();
        let answers = [
            calls(&[("get_weather", TOKYO)]),
            Answer::stream().text("Who knows.").done(),
        ];
        poe.bot("GPT-4o", Script::in_turn(answers));
        let server = weather_loop(&poe, url);
        assert_eq!(ask(&server, "weather-loop", "Tokyo?").said(), "Who knows.");
        let second = poe.queries("GPT-4o")[1].body["query"][2]["content"].to_string();
        assert!(second.contains(told), "{second}");
    }
    let poe = FakePoe::start().unwrap();
    let answers = [
        calls(&[("get_weather", TOKYO)]),
        Answer::stream().text("Who knows.").done(),
    ];
    poe.bot("GPT-4o", Script::in_turn(answers));
    let server = gateway(&poe, &["weather-loop"]);
    assert_eq!(ask(&server, "weather-loop", "Tokyo?").said(), "Who knows.");
    server.wait_text("api.open-meteo.com");
}
