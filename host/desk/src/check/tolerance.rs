//! What a query may have beside a question: one row for each rule, each a change of a plain query
//! that fits beside all the others.

use serde_json::{Value, json};

use super::query_builder::{Draft, WORDS, message};
use ravenry_protocol::rules::{self, Rule};

/// What a query may have.
pub(super) struct Tolerance {
    /// The rule that says so.
    pub(super) rule: &'static Rule,
    /// The query in words.
    pub(super) asked: &'static str,
    /// Puts it into a plain query.
    pub(super) change: fn(&mut Draft),
}

macro_rules! tolerances {
    ($($rule:ident $asked:literal $change:ident;)*) => {
        /// All of them, in the order of their rules.
        pub(super) static TOLERANCES: &[Tolerance] = &[$(
            Tolerance { rule: &rules::$rule, asked: $asked, change: $change }
        ),*];
    };
}

tolerances! {
    UNKNOWN_MEMBERS "a query with the member `ravenry_check`, in its message too" members;
    UNKNOWN_ROLE "a query with a message of the role `narrator`" role;
    UNKNOWN_CONTENT_TYPE "a query with a message of the type `text/x-of-tomorrow`" content_type;
    UNKNOWN_FEEDBACK "a query with feedback of the type `shrug`" feedback;
    NO_REASON "a query with feedback without `reason`" no_reason;
    ATTACHMENTS "a query with an attached text" attachments;
    QUOTATIONS "a query with `referenced_message`, three deep" quotations;
    PEOPLE "a query with two `users`, and a reaction" people;
    PARAMETERS "a query with `parameters` of every JSON type" parameters;
    HINTS "a query with all hints" hints;
    TOOLS "a query with `tools`, and messages of the role `tool`" tools;
    VERSIONS "a query of version `1.99`" version;
    ANY_CHARACTER "a query with a message of odd characters" characters;
    IDENTIFIERS "a query with identifiers of other forms" identifiers;
}

fn set(draft: &mut Draft, name: &str, value: Value) {
    draft.members.insert(name.to_owned(), value);
}

/// A message of that role, with a member more.
fn with(role: &str, content: &str, name: &str, value: Value) -> Value {
    let mut whole = message(role, content);
    if let Some(members) = whole.as_object_mut() {
        members.insert(name.to_owned(), value);
    }
    whole
}

fn members(draft: &mut Draft) {
    let value = json!({"nested": [1, null, {"deep": true}]});
    draft.last.insert("ravenry_check".to_owned(), value.clone());
    set(draft, "ravenry_check", value);
}

fn role(draft: &mut Draft) {
    draft.earlier.push(message("narrator", "It is late."));
}

fn content_type(draft: &mut Draft) {
    let kind = json!("text/x-of-tomorrow");
    draft
        .earlier
        .push(with("user", "Hello.", "content_type", kind));
}

fn feedback(draft: &mut Draft) {
    let shrug = json!([{"type": "shrug", "reason": null}]);
    draft.earlier.push(with("bot", "Hello.", "feedback", shrug));
}

fn no_reason(draft: &mut Draft) {
    let like = json!([{"type": "like"}]);
    draft.earlier.push(with("bot", "Hello.", "feedback", like));
}

fn attachments(draft: &mut Draft) {
    // A request there does no harm: the name is reserved for examples (RFC 2606).
    let attachment = json!({
        "url": "https://example.com/ravenry-check.txt",
        "content_type": "text/plain",
        "name": "ravenry-check.txt",
        "inline_ref": "abcd1234",
        "parsed_content": "An attached text.",
    });
    draft
        .last
        .insert("attachments".to_owned(), json!([attachment]));
}

fn quotations(draft: &mut Draft) {
    let name = "referenced_message";
    let first = with("bot", "Hello.", name, Value::Null);
    let second = with("user", "Hello to you.", name, first);
    let third = with("bot", "Good day.", name, second);
    draft.last.insert(name.to_owned(), third);
}

fn people(draft: &mut Draft) {
    let (ada, ben) = (
        "u-0000000000000000000000000000000a",
        "u-0000000000000000000000000000000b",
    );
    let users = json!([{"id": ada, "name": "Ada"}, {"id": ben}]);
    set(draft, "users", users);
    let mut said = with("user", "Hello.", "sender", json!({"id": ben, "name": null}));
    if let Some(members) = said.as_object_mut() {
        let reactions = json!([{"user_id": ada, "reaction": "heart"}]);
        members.insert("reactions".to_owned(), reactions);
    }
    draft.earlier.push(said);
}

fn parameters(draft: &mut Draft) {
    let parameters = json!({
        "ravenry_check": "text",
        "ravenry-check 2": [1.5, {"a": null}],
        "": true,
        "number": 12_345_678_901_234_567_890_u64,
        "nothing": null,
    });
    draft.last.insert("parameters".to_owned(), parameters);
}

fn hints(draft: &mut Draft) {
    for (name, value) in [
        ("temperature", json!(0.7)),
        ("skip_system_prompt", json!(true)),
        ("logit_bias", json!({"50256": -100})),
        ("stop_sequences", json!(["\n\n\n\n"])),
        ("language_code", json!("de-CH")),
        ("adopt_current_bot_name", json!(true)),
        ("extra_params", json!({"ravenry_check": {}})),
        ("query_creation_time", json!(1_700_000_000_000_000_u64)),
        ("metadata", json!("d-00000000000000000000000000000000")),
    ] {
        set(draft, name, value);
    }
}

fn tools(draft: &mut Draft) {
    let function = json!({
        "name": "weather",
        "description": "The weather of a place",
        "parameters": {"type": "object", "properties": {}, "required": []},
    });
    set(
        draft,
        "tools",
        json!([{"type": "function", "function": function}]),
    );
    let call = json!([{
        "id": "call_1",
        "type": "function",
        "function": {"name": "weather", "arguments": "{}"},
    }]);
    let result = json!([{
        "role": "tool",
        "tool_call_id": "call_1",
        "name": "weather",
        "content": "fine",
    }]);
    draft.earlier.push(message("user", "How is the weather?"));
    let kind = json!("function_call");
    let called = with("bot", &call.to_string(), "message_type", kind);
    draft.earlier.push(called);
    draft.earlier.push(message("tool", &result.to_string()));
}

fn version(draft: &mut Draft) {
    set(draft, "version", json!("1.99"));
}

fn characters(draft: &mut Draft) {
    let odd = "\u{0}\u{7f}\u{feff}\u{2028}\u{202e}\u{10fffd}e\u{301} 世界 🐈\u{200d}⬛ \r\n\t\\\" </script>";
    draft.earlier.push(message("user", odd));
    let asking = format!("\u{feff}{WORDS}\u{2028}🐈");
    draft.last.insert("content".to_owned(), json!(asking));
}

fn identifiers(draft: &mut Draft) {
    set(draft, "user_id", json!("u-1234abcd5678efgh"));
    set(draft, "conversation_id", json!("c-é=/.. \u{1f408}"));
    set(draft, "message_id", json!(""));
}
