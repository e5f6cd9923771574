//! Calls are put together and made as the platform's reference library does, or better.

use serde_json::{Value, json};

use super::{turn::Pieces, *};
use crate::{
    Bot, Event, Message, Query, Reply, Result, Role, Settings, poe,
    testing::{Scene, Script},
};

fn chunk(delta: &Value) -> Event {
    Event::Json(json!({ "choices": [{ "index": 0, "delta": delta, "finish_reason": null }] }))
}

fn finished(delta: &Value, reason: &str) -> Event {
    Event::Json(json!({ "choices": [{ "delta": delta, "finish_reason": reason }] }))
}

fn calls(calls: &Value) -> Event {
    chunk(&json!({ "tool_calls": calls }))
}

fn call(id: &str, name: &str, arguments: &str) -> ToolCall {
    ToolCall {
        id: id.to_owned(),
        kind: "function".to_owned(),
        name: name.to_owned(),
        arguments: arguments.to_owned(),
    }
}

fn first(index: u64, id: &str, name: &str) -> Value {
    json!({ "index": index, "id": id, "type": "function", "function": { "name": name, "arguments": "" } })
}

fn more(index: u64, arguments: &str) -> Value {
    json!({ "index": index, "function": { "arguments": arguments } })
}

/// Events in; what is handed on and what was called out.
fn put_together(events: Vec<Event>) -> (Vec<Event>, Turn) {
    let mut pieces = Pieces::default();
    let handed_on = events.into_iter().filter_map(|e| pieces.take(e)).collect();
    (handed_on, pieces.finish())
}

#[test]
fn pieces_become_calls_by_their_index() {
    let both = vec![call("a", "one", "{\"x\":1}"), call("b", "two", "{}")];
    let finish = finished(&json!({}), "tool_calls");
    let cases = [
        (
            "interleaved",
            vec![
                calls(&json!([first(0, "a", "one")])),
                calls(&json!([first(1, "b", "two")])),
                calls(&json!([more(0, "{\"x\"")])),
                calls(&json!([more(1, "{}")])),
                calls(&json!([more(0, ":1}")])),
                finish.clone(),
            ],
            both.clone(),
        ),
        (
            "in one chunk, backwards",
            vec![calls(&json!([
                first(1, "b", "two"),
                first(0, "a", "one"),
                more(1, "{}"),
                more(0, "{\"x\":1}")
            ]))],
            both.clone(),
        ),
        (
            "the first piece of 0 is missing",
            vec![
                calls(&json!([more(0, "{\"x\":1}")])),
                calls(&json!([first(1, "b", "two")])),
                calls(&json!([more(1, "{}")])),
            ],
            vec![both[1].clone()],
        ),
        (
            "a first piece lacks its name, its id, its type",
            vec![
                calls(
                    &json!([{ "index": 0, "id": "a", "type": "function", "function": { "arguments": "" } }]),
                ),
                calls(&json!([{ "index": 1, "type": "function", "function": { "name": "n" } }])),
                calls(&json!([{ "index": 2, "id": "a", "function": { "name": "n" } }])),
                calls(
                    &json!([{ "index": 3, "id": null, "type": "function", "function": { "name": "n" } }]),
                ),
            ],
            vec![],
        ),
        (
            "later pieces change nothing but arguments",
            vec![
                calls(&json!([first(0, "a", "one")])),
                calls(
                    &json!([{ "index": 0, "id": "", "type": "x", "function": { "name": "y", "arguments": "{" } }]),
                ),
                calls(&json!([{ "index": 0, "id": "a", "function": { "name": "y" } }])),
                calls(&json!([{ "index": 0, "id": "random", "function": { "arguments": "}" } }])),
            ],
            vec![call("a", "one", "{}")],
        ),
        (
            "one index, other ids",
            vec![
                calls(&json!([first(0, "a", "one"), more(0, "{\"x\":1}")])),
                calls(&json!([first(0, "b", "two")])),
                calls(&json!([more(0, "{}")])),
            ],
            both.clone(),
        ),
        (
            "with the end",
            vec![
                finished(&json!({ "tool_calls": [first(0, "a", "one")] }), ""),
                finished(
                    &json!({ "tool_calls": [more(0, "{\"x\":1}"), first(1, "b", "two"), more(1, "{}")] }),
                    "tool_calls",
                ),
            ],
            both.clone(),
        ),
        (
            "nonsense",
            vec![
                calls(&json!([1, null, "text", { "id": "a" }, { "index": -1 }, { "index": "0" }])),
                calls(&json!({ "index": 0 })),
                chunk(&json!(null)),
                chunk(&json!([])),
                finish,
            ],
            vec![],
        ),
    ];
    for (name, events, expected) in cases {
        let (handed_on, turn) = put_together(events);
        assert_eq!(turn.calls, expected, "{name}");
        assert_eq!(handed_on, [], "{name}");
    }
}

#[test]
fn text_goes_on_whatever_it_comes_in() {
    let usage = Event::Json(json!({ "choices": [], "usage": { "total_tokens": 3 } }));
    let other = Event::Json(json!({ "no": "choices" }));
    let (handed_on, turn) = put_together(vec![
        Event::text("a"),
        chunk(&json!({ "content": "b" })),
        chunk(&json!({ "content": null })),
        chunk(&json!({ "content": "c", "tool_calls": [] })),
        chunk(&json!({ "content": "d", "tool_calls": [first(0, "a", "one")] })),
        finished(&json!({ "content": "e" }), ""),
        finished(&json!({ "content": "f" }), "stop"),
        usage.clone(),
        other.clone(),
        Event::Suggest("s".to_owned()),
    ]);
    assert_eq!((turn.text.as_str(), turn.calls.len()), ("abcdef", 1));
    let suggestion = Event::Suggest("s".to_owned());
    assert_eq!(
        handed_on,
        "abcdef"
            .chars()
            .map(|letter| Event::text(letter.to_string()))
            .chain([usage, other, suggestion])
            .collect::<Vec<_>>()
    );
}

/// A model that calls without end does not fill the memory.
#[test]
fn calls_are_bounded() {
    let many = (0..1_000).map(|index| calls(&json!([first(index, "a", "n")])));
    assert_eq!(put_together(many.collect()).1.calls.len(), 128);
}

/// The reference library loses `strict` and `additionalProperties` on the way.
#[test]
fn a_definition_leaves_whole() {
    let schema = json!({ "type": "object", "properties": {}, "additionalProperties": false });
    let mut tool = Tool::new("n", "d", schema.clone());
    assert_eq!(
        tool.to_json(),
        json!({ "type": "function", "function": { "name": "n", "description": "d", "parameters": schema } })
    );
    tool = tool.strict();
    tool.extra.insert("new".to_owned(), json!(1));
    assert_eq!(
        tool.to_json()["function"],
        json!({ "name": "n", "description": "d", "parameters": schema, "strict": true, "new": 1 })
    );
}

/// Asks `GPT` with a tool that answers with what it got, and hands the answer on.
struct Tooled;

impl Bot for Tooled {
    fn respond(&self, _: &Query, reply: &mut Reply) -> Result {
        let echo = Tool::new("echo", "Says it again.", json!({ "type": "object" }));
        let toolbox = Toolbox::new().tool(echo, |arguments: &Value| json!({ "got": arguments }));
        toolbox.relay(&poe::ask("GPT").temperature(0.5), reply)?;
        Ok(())
    }

    fn settings(&self) -> Settings {
        Settings::default().calls("GPT", 2)
    }
}

#[test]
fn tools_are_used_once_and_the_model_asked_again() {
    let made = [call("a", "echo", "{\"x\": 1}"), call("b", "echo", "")];
    let scene = Scene::default()
        .bot("GPT", Script::new().text("Let me see. ").tool_calls(&made))
        .bot("GPT", "There you are.");
    let transcript = scene.ask(&Tooled, "hi");
    assert_eq!(transcript.text(), "Let me see. There you are.");
    let [one, two] = transcript.asked.as_slice() else {
        panic!("{:?}", transcript.asked)
    };
    assert_eq!(one.body.len(), 2);
    assert_eq!(
        (&two.body["tools"], &two.body["temperature"]),
        (&one.body["tools"], &json!(0.5))
    );
    assert_eq!(
        two.body["tool_calls"],
        json!([
            { "id": "a", "type": "function", "function": { "name": "echo", "arguments": "{\"x\": 1}" } },
            { "id": "b", "type": "function", "function": { "name": "echo", "arguments": "" } },
        ])
    );
    assert_eq!(
        two.body["tool_results"],
        json!([
            { "role": "tool", "name": "echo", "tool_call_id": "a", "content": "{\"got\":{\"x\":1}}" },
            { "role": "tool", "name": "echo", "tool_call_id": "b", "content": "{\"got\":{}}" },
        ])
    );
}

#[test]
fn without_calls_there_is_no_second_question() {
    let scene = Scene::default().bot("GPT", "No need.");
    let transcript = scene.ask(&Tooled, "hi");
    assert_eq!(
        (transcript.text().as_str(), transcript.asked.len()),
        ("No need.", 1)
    );
}

/// The reference library raises on each of these; here the model is told and can mend its call.
#[test]
fn a_wrong_call_has_an_error_for_a_result() {
    let toolbox = Toolbox::new().tool(Tool::new("echo", "d", json!({})), Value::clone);
    let wrong = [call("a", "rm", "{}"), call("b", "echo", "{not json")];
    for result in toolbox.execute(&wrong) {
        let content: Value = serde_json::from_str(&result.content).unwrap();
        assert!(content["error"].is_string(), "{content}");
    }
    let text = toolbox.execute(&[call("a", "echo", "\"as text\"")]);
    assert_eq!(text[0].content, "\"as text\"");
}

#[test]
fn calls_and_results_are_messages_of_their_own_kind() {
    let made = call("a", "echo", "{}");
    let calling = Message::tool_calls([&made]);
    assert_eq!(calling.role, Role::Bot);
    assert_eq!(calling.message_type.as_deref(), Some("function_call"));
    let content: Value = serde_json::from_str(&calling.content).unwrap();
    assert_eq!(content, json!([made.to_json()]));
    let results = Message::tool_results([&made.result(&json!(1))]);
    assert_eq!((results.role, results.message_type), (Role::Tool, None));
    assert_eq!(
        results.content,
        r#"[{"role":"tool","name":"echo","tool_call_id":"a","content":"1"}]"#
    );
}
