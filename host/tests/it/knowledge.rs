//! What bots know, as a person who asks them notices it.

mod collections;
mod command;
mod files;
mod hostile;
mod meaning;
mod over_http;
mod processes;
mod vector_server;

#[path = "../../knowledge/tests/knowledge/model.rs"]
#[allow(
    dead_code,
    clippy::cast_precision_loss,
    reason = "the sums are for the tests of the encoder"
)]
mod model;

use std::{
    path::Path,
    process::{Command, Output, Stdio},
};

use serde_json::{Value, json};

use crate::harness::{Server, query};

/// A bot that does with its documents what it is asked to.
const LIBRARIAN: &str = "[bot.librarian]\nsource = \"librarian.wasm\"\n";

/// What comes of steps that a person asks a bot for, each as `ok` or `error`.
fn told(server: &Server, bot: &str, user: &str, steps: &Value) -> Vec<Value> {
    let mut body = query(&steps.to_string());
    body["user_id"] = json!(user);
    let lines = server.send(bot, &body, &[]).said();
    lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| json!(line)))
        .collect()
}

/// What came of one step.
fn one(server: &Server, user: &str, step: &Value) -> Value {
    let mut all = told(server, "librarian", user, &json!([step]));
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

fn ok(value: impl Into<Value>) -> Value {
    json!({ "ok": value.into() })
}

/// What a verb does with the store in this directory, beside a server.
fn ravenry(state: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ravenry"))
        .args(arguments)
        .arg("--state-dir")
        .arg(state)
        .env_remove("RAVENRY_DATABASE")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}
