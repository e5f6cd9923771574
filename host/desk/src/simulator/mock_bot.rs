//! What answers for a name that no bot has: a stand-in, so that bots that ask others work without the
//! platform.
//!
//! It says in one short text for whom it stands and what it was asked. Where it is offered tools, it
//! first calls the first of them, with arguments that fit its schema: what a person said last where a
//! text is wanted, the first of several choices, zero and false. Names of models that paint attach a
//! small drawing instead. For other words, write a script.

use serde_json::{Map, Value, json};

use super::{files::Files, records::BotRequest, script::Answer, step::Step};

/// Most characters of what was said that are repeated.
const EXCERPT_CHARS_MAX: usize = 300;

/// Beginnings of names of models that paint, in small letters.
const PAINTERS: [&str; 9] = [
    "dall-e",
    "flux",
    "gpt-image",
    "ideogram",
    "imagen",
    "nano-banana",
    "playground",
    "sdxl",
    "stablediffusion",
];

/// The answer in the name of the bot that is asked.
pub(super) fn answer(files: &Files, query: &BotRequest) -> Answer {
    let body = &query.body;
    let messages = messages(body);
    let results = results(body, messages);
    if results.is_none()
        && let Some(call) = call(body, last(messages, "user"))
    {
        return call;
    }
    let answer = Answer::stream().event("meta", json!({"content_type": "text/markdown"}));
    let name = query.bot.to_ascii_lowercase();
    if PAINTERS.iter().any(|painter| name.starts_with(painter))
        && let Some(url) = painting(files, last(messages, "user"))
    {
        let file = json!({"url": url, "name": PAINTING, "content_type": "image/svg+xml"});
        return answer.event("file", file).text("").done();
    }
    answer
        .text(&words(&query.bot, messages, results.as_deref()))
        .done()
}

fn messages(body: &Value) -> &[Value] {
    let messages = body.get("query").and_then(Value::as_array);
    messages.map(Vec::as_slice).unwrap_or_default()
}

/// What it says.
fn words(bot: &str, messages: &[Value], results: Option<&str>) -> String {
    let mut words = vec![format!("{bot} is played by a stand-in here.")];
    let system = last(messages, "system");
    if !system.is_empty() {
        words.push(format!("It was told: “{}”", excerpt(system)));
    }
    let asked = excerpt(last(messages, "user"));
    words.push(format!("It was asked: “{asked}”"));
    words.extend(results.map(|results| format!("Its tool said: {}", excerpt(results))));
    words.join(" ")
}

/// The text of the last message in this role.
fn last<'v>(messages: &'v [Value], role: &str) -> &'v str {
    let has_role = |message: &&Value| message.get("role").and_then(Value::as_str) == Some(role);
    let message = messages.iter().rev().find(has_role);
    let content = message.and_then(|message| message.get("content"));
    content.and_then(Value::as_str).unwrap_or_default()
}

/// What tools have said: beside the messages, or as the last of them.
fn results(body: &Value, messages: &[Value]) -> Option<String> {
    let beside = body.get("tool_results").and_then(Value::as_array);
    if let Some(results) = beside.filter(|results| !results.is_empty()) {
        let said: Vec<&str> = results
            .iter()
            .filter_map(|result| result.get("content")?.as_str())
            .collect();
        return Some(said.join(", "));
    }
    let message = messages.last()?;
    let is_tool = message.get("role").and_then(Value::as_str) == Some("tool");
    let content = message.get("content").and_then(Value::as_str);
    content.filter(|_| is_tool).map(str::to_owned)
}

/// A call of the first tool that is offered.
fn call(body: &Value, said: &str) -> Option<Answer> {
    let function = body.get("tools")?.as_array()?.first()?.get("function")?;
    let name = function.get("name")?.as_str()?;
    let arguments = object(function.get("parameters").unwrap_or(&Value::Null), said);
    let chunks = call_of(name, &arguments.to_string());
    let answer = chunks.into_iter().fold(Answer::stream(), Answer::step);
    Some(answer.done())
}

/// What was said last: by tools, or in the last message.
pub(super) fn last_said(body: &Value) -> String {
    let messages = messages(body);
    let content = messages
        .last()
        .and_then(|message| message.get("content")?.as_str());
    results(body, messages).unwrap_or_else(|| content.unwrap_or_default().to_owned())
}

/// Events that call one tool, as language models do it: in chunks.
pub(super) fn call_of(name: &str, arguments: &str) -> [Step; 3] {
    let chunk = |delta: Value, finish: Value| json!({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]});
    let id = format!("call_{name}");
    let function = json!({"name": name, "arguments": ""});
    let head = json!([{"index": 0, "id": id, "type": "function", "function": function}]);
    let rest = json!([{"index": 0, "function": {"arguments": arguments}}]);
    [
        chunk(
            json!({"role": "assistant", "tool_calls": head}),
            Value::Null,
        ),
        chunk(json!({"tool_calls": rest}), Value::Null),
        chunk(json!({}), json!("tool_calls")),
    ]
    .map(|chunk| Step::event("json", chunk))
}

/// Arguments that fit a schema: all that are required.
fn object(schema: &Value, said: &str) -> Value {
    let required = schema.get("required").and_then(Value::as_array);
    let names = required.into_iter().flatten().filter_map(Value::as_str);
    let arguments: Map<String, Value> = names
        .map(|name| {
            let schema = schema.get("properties").and_then(|all| all.get(name));
            (
                name.to_owned(),
                argument(schema.unwrap_or(&Value::Null), said),
            )
        })
        .collect();
    Value::Object(arguments)
}

fn argument(schema: &Value, said: &str) -> Value {
    if let Some(first) = schema
        .get("enum")
        .and_then(Value::as_array)
        .and_then(|all| all.first())
    {
        return first.clone();
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("number" | "integer") => json!(0),
        Some("boolean") => json!(false),
        Some("array") => json!([]),
        Some("object") => json!({}),
        _ => json!(excerpt(said)),
    }
}

/// The name of a drawing.
const PAINTING: &str = "stand-in.svg";

/// A drawing that says what it should show; where it lies.
fn painting(files: &Files, said: &str) -> Option<String> {
    let said = excerpt(said)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    let drawing = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"480\" height=\"120\"><rect width=\"480\" \
         height=\"120\" fill=\"#eee\"/><text x=\"12\" y=\"64\" font-size=\"14\">{said}</text></svg>\n"
    );
    files.put(PAINTING, "image/svg+xml", drawing.as_bytes())
}

/// The beginning of a message.
fn excerpt(text: &str) -> String {
    let mut short: String = text.chars().take(EXCERPT_CHARS_MAX).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
