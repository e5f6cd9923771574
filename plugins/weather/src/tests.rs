//! What the tool knows, and the two questions that it takes to answer with it.

use super::{MODEL, Weather, current_weather, tool};
use ravenry_sdk::serde_json::{Value, json};
use ravenry_sdk::testing::{Asked, Event, Scene, Script};
use ravenry_sdk::tools::ToolCall;
use ravenry_sdk::{Bot, Failure, poe::PoeError};

fn call(id: &str, arguments: &str) -> ToolCall {
    ToolCall {
        id: id.to_owned(),
        kind: "function".to_owned(),
        name: "get_current_weather".to_owned(),
        arguments: arguments.to_owned(),
    }
}

/// What the model was told that the calls came to.
fn results(asked: &Asked) -> Vec<Value> {
    let results = asked.body["tool_results"].as_array().unwrap().iter();
    results
        .map(|result| result["content"].as_str().unwrap().parse().unwrap())
        .collect()
}

#[test]
fn the_tool_knows_three_cities() {
    let cases = [
        (
            json!({"location": "TOKYO, Japan"}),
            json!({"location": "Tokyo", "temperature": "11", "unit": "fahrenheit"}),
        ),
        (
            json!({"location": "San Francisco, CA", "unit": "celsius"}),
            json!({"location": "San Francisco", "temperature": "72", "unit": "celsius"}),
        ),
        (
            json!({"location": "in paris"}),
            json!({"location": "Paris", "temperature": "22", "unit": "fahrenheit"}),
        ),
        (
            json!({"location": "Oslo", "unit": "celsius"}),
            json!({"location": "Oslo", "temperature": "unknown"}),
        ),
        (json!({}), json!({"error": "`location` is missing"})),
        (
            json!({"location": 7}),
            json!({"error": "`location` is missing"}),
        ),
    ];
    for (arguments, weather) in cases {
        assert_eq!(current_weather(&arguments), weather, "{arguments}");
    }
}

#[test]
fn calls_are_made_once_and_told_in_a_second_question() {
    let calls = [
        call("1", r#"{"location": "Tokyo"}"#),
        call("2", r#"{"location": "Paris"}"#),
    ];
    let scene = Scene::default()
        .bot(MODEL, Script::new().tool_calls(&calls))
        .bot(MODEL, "11 in Tokyo, 22 in Paris.");
    let transcript = scene.ask(&Weather, "Where is it warmer?");
    assert_eq!(
        transcript.events,
        [Event::text("11 in Tokyo, 22 in Paris.")]
    );
    let [first, second] = &transcript.asked[..] else {
        panic!("{:?}", transcript.asked);
    };
    assert_eq!(first.body["tools"], json!([tool().to_json()]));
    assert_eq!(second.body["tools"], first.body["tools"]);
    assert_eq!(
        second.body["tool_calls"],
        json!([calls[0].to_json(), calls[1].to_json()])
    );
    let temperatures: Vec<_> = results(second)
        .iter()
        .map(|result| result["temperature"].clone())
        .collect();
    assert_eq!(temperatures, ["11", "22"]);
}

#[test]
fn no_call_means_no_second_question() {
    let transcript = Scene::default().bot(MODEL, "Hello.").ask(&Weather, "hi");
    assert_eq!(
        (transcript.text().as_str(), transcript.asked.len()),
        ("Hello.", 1)
    );
}

#[test]
fn a_model_that_calls_wrongly_is_told_so() {
    let unknown = ToolCall {
        name: "rm".to_owned(),
        ..call("2", "{}")
    };
    let scene = Scene::default()
        .bot(
            MODEL,
            Script::new().tool_calls(&[call("1", "Tokyo"), unknown]),
        )
        .bot(MODEL, "Sorry.");
    let transcript = scene.ask(&Weather, "hi");
    assert_eq!(transcript.text(), "Sorry.");
    let results = results(&transcript.asked[1]);
    assert!(
        results.iter().all(|result| result["error"].is_string()),
        "{results:?}"
    );
}

#[test]
fn a_failure_of_either_answer_ends_the_reply() {
    let failure = Failure::new("Out of words.").no_retry();
    let first = Scene::default().bot(MODEL, Script::new().fail(failure.clone()));
    assert_eq!(first.ask(&Weather, "hi").events, [Event::Error(failure)]);

    let second = Scene::default()
        .bot(
            MODEL,
            Script::new().tool_calls(&[call("1", r#"{"location": "Tokyo"}"#)]),
        )
        .bot(
            MODEL,
            Script::new()
                .text("It")
                .breaks(PoeError::Broken(String::new())),
        );
    let transcript = second.ask(&Weather, "hi");
    assert_eq!(transcript.text(), "It");
    assert!(transcript.failure().unwrap().allow_retry);
}

#[test]
fn the_settings_declare_both_questions() {
    let declared = Weather.settings().server_bot_dependencies;
    assert_eq!(declared, [(MODEL.to_owned(), 2)].into());
}
