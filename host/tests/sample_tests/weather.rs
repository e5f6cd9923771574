//! A bot with a tool that knows the weather of three cities: `weather`.

use ravenry_desk::simulator::Answer;
use serde_json::{Value, json};

use super::{Sample, ask, declared, failures::Chain, gateway};
use crate::harness::{self, FakePoe, Script};

/// Whom it asks.
const MODEL: &str = "GPT-3.5-Turbo";

/// An answer that calls tools, in pieces as models send them: names and arguments.
pub fn calls(calls: &[(&str, &str)]) -> Answer {
    let chunk = |delta: Value, finish: Value| json!({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]});
    let piece = |call: Value| chunk(json!({"tool_calls": [call]}), Value::Null);
    let answer = calls.iter().enumerate().fold(Answer::stream(), |answer, (index, (name, arguments))| {
        let (one, two) = arguments.split_at(arguments.len() / 2);
        let id = format!("call-{index}");
        answer
            .event(
                "json",
                piece(json!({"index": index, "id": id, "type": "function", "function": {"name": name, "arguments": one}})),
            )
            .event("json", piece(json!({"index": index, "function": {"arguments": two}})))
    });
    answer
        .event("json", chunk(json!({}), json!("tool_calls")))
        .done()
}

/// What calls came to, out of a list of results.
pub fn results(results: &Value) -> Vec<Value> {
    let results = results.as_array().unwrap().iter();
    results
        .map(|result| result["content"].as_str().unwrap().parse().unwrap())
        .collect()
}

/// Its questions when it is asked for the weather.
pub fn chain(sample: Sample) -> Chain {
    Chain {
        sample,
        query: |_| harness::query("go"),
        steps: vec![
            (
                MODEL,
                calls(&[("get_current_weather", r#"{"location": "Paris"}"#)]),
            ),
            (MODEL, Answer::stream().text("22").done()),
        ],
    }
}

/// It asks a second time with what the tool knows.
pub fn asks_a_second_time(sample: &Sample) {
    let poe = FakePoe::start().unwrap();
    let asks = [
        (
            "get_current_weather",
            r#"{"location": "Tokyo", "unit": "celsius"}"#,
        ),
        ("get_current_weather", r#"{"location": "Oslo"}"#),
        ("get_current_weather", "{}"),
    ];
    let answer = Answer::stream()
        .event("meta", json!({"content_type": "text/markdown"}))
        .text("It is 11 ")
        .text("in Tokyo.")
        .done();
    poe.bot(MODEL, Script::in_turn([calls(&asks), answer]));
    let server = gateway(&poe, &[sample]);
    assert_eq!(
        ask(&server, &sample.bot, "Tokyo?").show(),
        r#"meta {"content_type":"text/markdown"}
text {"text":"It is 11 "}
text {"text":"in Tokyo."}
done {}
"#
    );
    let [first, second] = &poe.queries(MODEL)[..] else {
        panic!("two questions");
    };
    let tool = &first.body["tools"][0]["function"];
    assert_eq!(tool["name"], "get_current_weather");
    assert_eq!(tool["parameters"]["required"], json!(["location"]));
    assert_eq!(first.body["tools"], second.body["tools"]);
    assert_eq!(
        second.body["tool_calls"][0]["function"]["arguments"],
        asks[0].1
    );
    assert_eq!(second.body["tool_results"][1]["tool_call_id"], "call-1");
    let results = results(&second.body["tool_results"]);
    assert_eq!(
        results[..2],
        [
            json!({"location": "Tokyo", "temperature": "11", "unit": "celsius"}),
            json!({"location": "Oslo", "temperature": "unknown"}),
        ]
    );
    assert!(results[2]["error"].is_string(), "{results:?}");
    assert_eq!(declared(&server, &sample.bot), json!({ MODEL: 2 }));
}

/// A model that needs no tool says so in chunks, or plainly.
pub fn hands_on_an_answer_without_calls(sample: &Sample) {
    let poe = FakePoe::start().unwrap();
    let chunk = |text: &str| json!({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": null}]});
    let answer = Answer::stream()
        .event("json", chunk("Hel"))
        .event("json", chunk("lo"))
        .text("!")
        .done();
    poe.bot(MODEL, answer);
    let server = gateway(&poe, &[sample]);
    assert_eq!(
        ask(&server, &sample.bot, "hi").show(),
        "text {\"text\":\"Hel\"}\ntext {\"text\":\"lo\"}\ntext {\"text\":\"!\"}\ndone {}\n"
    );
    assert_eq!(poe.queries(MODEL).len(), 1);
}
