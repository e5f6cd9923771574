//! What bots keep, as a person who asks them notices it.

mod backup;
mod command;
mod conversations;
mod durable;
mod forgetting;
mod misplaced;
mod mistakes;
pub(crate) mod postgres;
mod recorded;
mod refused;
mod sample;
mod scopes;
mod shown;
mod unknown;

use serde_json::{Value, json};

use crate::harness::{Folder, Server, query};

/// A server with bots that do with the store what they are asked to.
fn keepers(manifest: &str) -> Folder {
    Folder::with_manifest(manifest)
}

/// One such bot.
const KEEPER: &str = "[bot.keeper]\nsource = \"keeper.wasm\"\n";

/// A person in a conversation.
#[derive(Clone, Copy)]
struct Person<'a>(&'a str, &'a str);

const ANN: Person<'_> = Person("u-ann", "c-1");
const BEN: Person<'_> = Person("u-ben", "c-2");

/// What comes of steps that a person asks a bot for, each as `ok` or `error`.
fn told(server: &Server, bot: &str, person: Person<'_>, steps: &Value) -> Vec<Value> {
    let mut body = query(&steps.to_string());
    body["user_id"] = json!(person.0);
    body["conversation_id"] = json!(person.1);
    let answer = server.send(bot, &body, &[]);
    let lines = answer.said();
    lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| json!(line)))
        .collect()
}

/// What came of one step.
fn one(server: &Server, bot: &str, person: Person<'_>, step: &Value) -> Value {
    let mut all = told(server, bot, person, &json!([step]));
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

fn ok(value: impl Into<Value>) -> Value {
    json!({ "ok": value.into() })
}
