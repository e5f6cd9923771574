//! Rounds of calls and reports, what is kept for the next query, and what may go wrong on the way.

use super::{MODEL, QUESTIONS_MAX, WeatherLoop, temperature, tool};
use ravenry_sdk::http::HttpError;
use ravenry_sdk::serde_json::{self, Value, json};
use ravenry_sdk::testing::{Event, Scene, Script, Transcript, Upstream};
use ravenry_sdk::tools::ToolCall;
use ravenry_sdk::{Bot, Failure, Message, poe::PoeError};

const TOKYO: &str = r#"{"latitude": 35.7, "longitude": 139.7}"#;
const PARIS: &str = r#"{"latitude": 48.9, "longitude": 2.4}"#;

fn call(id: &str, arguments: &str) -> ToolCall {
    ToolCall {
        id: id.to_owned(),
        kind: "function".to_owned(),
        name: "get_weather".to_owned(),
        arguments: arguments.to_owned(),
    }
}

/// It is 11.5 degrees in the east, and 22 in the west.
fn world() -> Scene {
    Scene::default().upstream("https://api.open-meteo.com/v1/forecast?", |request| {
        let degrees = if request.url.contains("longitude=139.7") {
            11.5
        } else {
            22.0
        };
        Upstream::json(
            &json!({"latitude": 1, "current": {"time": "12:00", "temperature_2m": degrees}}),
        )
    })
}

/// The hidden data of a reply: its last event.
fn kept(transcript: &Transcript) -> Vec<Message> {
    match transcript.events.last() {
        Some(Event::Data(metadata)) => serde_json::from_str(metadata).unwrap(),
        other => panic!("the last event is {other:?}"),
    }
}

/// What calls came to, as the model reads it.
fn contents(results: &Message) -> Vec<String> {
    let results: Vec<Value> = serde_json::from_str(&results.content).unwrap();
    let content = |result: &Value| result["content"].as_str().unwrap().to_owned();
    results.iter().map(content).collect()
}

#[test]
fn rounds_follow_until_the_model_answers() {
    let scene = world()
        .bot(
            MODEL,
            Script::new()
                .text("Let me see. ")
                .tool_calls(&[call("1", TOKYO), call("2", PARIS)]),
        )
        .bot(MODEL, Script::new().tool_calls(&[call("3", PARIS)]))
        .bot(MODEL, "Paris.");
    let transcript = scene.ask(&WeatherLoop, "Where is it warmer?");
    assert_eq!(transcript.text(), "Let me see. Paris.");
    assert_eq!(transcript.requests.len(), 3);
    assert_eq!(
        transcript.requests[0].url,
        "https://api.open-meteo.com/v1/forecast?latitude=35.7&longitude=139.7&current=temperature_2m"
    );
    let kept = kept(&transcript);
    assert_eq!(
        kept[0],
        Message::tool_calls(&[call("1", TOKYO), call("2", PARIS)])
    );
    assert_eq!(contents(&kept[1]), ["11.5", "22.0"]);
    assert_eq!(
        (contents(&kept[3]).as_slice(), kept.len()),
        (["22.0".to_owned()].as_slice(), 4)
    );
    // Each question has all that came before, and the tools.
    let mut sent = vec![Message::user("Where is it warmer?")];
    sent.extend(kept);
    assert_eq!(transcript.asked[2].messages(), sent);
    assert_eq!(transcript.asked[1].messages(), sent[..3]);
    assert!(
        transcript
            .asked
            .iter()
            .all(|asked| asked.body["tools"] == json!([tool().to_json()]))
    );
}

/// The calls of a reply stand before it when the next question comes.
#[test]
fn earlier_calls_come_back() {
    let scene = world()
        .bot(MODEL, Script::new().tool_calls(&[call("1", TOKYO)]))
        .bot(MODEL, "11.5 degrees.");
    let first = scene.ask(&WeatherLoop, "Tokyo?");
    let Some(Event::Data(metadata)) = first.events.last() else {
        panic!("{first}");
    };
    let reply = Message::bot("11.5 degrees.");
    let conversation = vec![
        Message::user("Tokyo?"),
        Message {
            metadata: Some(metadata.clone()),
            ..reply.clone()
        },
        Message::user("Is that warm?"),
    ];
    let second = Scene::default()
        .bot(MODEL, "No.")
        .ask(&WeatherLoop, conversation);
    let mut sent = vec![Message::user("Tokyo?")];
    sent.extend(kept(&first));
    sent.extend([reply, Message::user("Is that warm?")]);
    assert_eq!(second.asked[0].messages(), sent);
    assert_eq!(kept(&second), []);
}

#[test]
fn metadata_of_others_is_left_out() {
    for metadata in ["", "hello", "{}", "[1]", r#"[{"role": "bot"}]"#] {
        let message = Message {
            metadata: Some(metadata.to_owned()),
            ..Message::bot("hi")
        };
        let transcript = Scene::default()
            .bot(MODEL, "ho")
            .ask(&WeatherLoop, vec![message]);
        assert_eq!(
            transcript.asked[0].messages(),
            [Message::bot("hi")],
            "{metadata}"
        );
    }
}

/// The data comes even where it is empty: what an earlier version kept must not come back.
#[test]
fn no_calls_are_kept_as_such() {
    let transcript = Scene::default()
        .bot(MODEL, "Hello.")
        .ask(&WeatherLoop, "hi");
    assert_eq!(
        transcript.to_string(),
        "text {\"text\":\"Hello.\"}\ndata {\"metadata\":\"[]\"}\ndone {}\n"
    );
}

#[test]
fn the_last_question_offers_no_tools() {
    let scene = world().bot_with(MODEL, |asked| {
        if asked.body.contains_key("tools") {
            Script::new().tool_calls(&[call("1", PARIS)])
        } else {
            Script::from("Enough.")
        }
    });
    let transcript = scene.ask(&WeatherLoop, "Go on!");
    assert_eq!(
        (transcript.text().as_str(), transcript.asked.len()),
        ("Enough.", 10)
    );
    assert_eq!(kept(&transcript).len(), 18);
}

#[test]
fn the_model_is_told_what_went_wrong() {
    let nowhere = r#"{"latitude": 91, "longitude": 0}"#;
    let calls = ["", "here", nowhere, TOKYO].map(|arguments| call("1", arguments));
    let broken = [
        Upstream::new(500),
        Upstream::new(200).body("<html>"),
        Upstream::new(200).body(vec![b' '; 70_000]),
        Upstream::json(&json!({"current": {}})),
        Upstream::unreachable(HttpError::Timeout("too slow".to_owned())),
    ];
    for upstream in broken {
        let scene = Scene::default()
            .upstream("https://api.open-meteo.com/", move |_| upstream.clone())
            .bot(MODEL, Script::new().tool_calls(&calls))
            .bot(MODEL, "Who knows.");
        let transcript = scene.ask(&WeatherLoop, "Tokyo?");
        assert_eq!(transcript.text(), "Who knows.");
        assert_eq!(transcript.requests.len(), 1);
        let contents = contents(&kept(&transcript)[1]);
        assert!(
            contents
                .iter()
                .all(|content| content.starts_with("{\"error\":")),
            "{contents:?}"
        );
    }
}

#[test]
fn coordinates_are_checked_before_anybody_is_asked() {
    for arguments in [
        json!({"latitude": 1}),
        json!({"latitude": "1", "longitude": "1"}),
        json!({"latitude": 1, "longitude": -180.1}),
        json!({"latitude": 1e300, "longitude": 1}),
    ] {
        // Outside a scene a request would be denied, and its answer another one.
        let said = temperature(&arguments).to_string();
        assert!(said.contains("`latitude` is"), "{arguments}: {said}");
    }
}

#[test]
fn a_failure_in_any_round_ends_the_reply() {
    let failure = Failure::new("Out of words.").no_retry();
    let first = Scene::default().bot(MODEL, Script::new().fail(failure.clone()));
    assert_eq!(
        first.ask(&WeatherLoop, "hi").events,
        [Event::Error(failure)]
    );

    let second = world()
        .bot(MODEL, Script::new().tool_calls(&[call("1", TOKYO)]))
        .bot(
            MODEL,
            Script::new()
                .text("It")
                .breaks(PoeError::Broken(String::new())),
        );
    let transcript = second.ask(&WeatherLoop, "hi");
    assert_eq!(
        (transcript.text().as_str(), transcript.events.len()),
        ("It", 2)
    );
    assert!(transcript.failure().unwrap().allow_retry);
}

#[test]
fn the_settings_declare_all_questions() {
    let declared = WeatherLoop.settings().server_bot_dependencies;
    assert_eq!(declared, [(MODEL.to_owned(), QUESTIONS_MAX)].into());
}
