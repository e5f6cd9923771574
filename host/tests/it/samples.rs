//! The sample bots of the quick start, from front to back: real components in a real gateway, and a
//! fake platform where they ask other bots.

mod cancel;
mod chains;
mod failing;
mod relays;
mod shows;
mod tools;

use serde_json::{Value, json};

use crate::harness::{self, FakePoe, Folder, Server};

/// The access key of every sample here.
const KEY: &str = "the-access-key-of-all-the-samples";

/// A gateway with these samples, which takes a fake platform for the real one.
fn gateway(poe: &FakePoe, bots: &[&str]) -> Server {
    folder(poe, bots, "").up()
}

/// The same, with more lines in the manifest of the last sample.
fn folder(poe: &FakePoe, bots: &[&str], more: &str) -> Folder {
    let access = "poe = { access_key = { env = \"SAMPLES_KEY\" } }\n";
    let entries: String = bots.iter().map(|bot| entry(bot) + access).collect();
    Folder::with_manifest(&(entries + more))
        .env("SAMPLES_KEY", KEY)
        .flag("--poe-api")
        .flag(&poe.url())
        .flag("--poe-upload")
        .flag(&poe.upload_url())
}

/// A sample in a manifest, without a key.
fn entry(bot: &str) -> String {
    // A library has the name `log`, so this package is called otherwise.
    let component = if bot == "log" { "log-bot" } else { bot };
    format!("[bot.{bot}]\nsource = \"{component}.wasm\"\n")
}

/// Asks a sample this, and reads its reply to the end.
fn ask(server: &Server, bot: &str, text: &str) -> harness::Answer {
    send(server, bot, &harness::query(text))
}

fn send(server: &Server, bot: &str, body: &Value) -> harness::Answer {
    server.send(bot, body, &[("authorization", &format!("Bearer {KEY}"))])
}

/// Sends a query, and does not read the reply.
fn open(server: &Server, bot: &str, query: &Value) -> harness::Connection {
    let key = format!("Bearer {KEY}");
    let headers = [("authorization", key.as_str())];
    let mut connection = server.connect();
    connection.send(harness::post(
        &format!("/{bot}"),
        &headers,
        query.to_string().as_bytes(),
    ));
    connection
}

/// Waits for a fake platform, which speaks async.
fn wait<T, E: std::fmt::Debug>(future: impl Future<Output = Result<T, E>>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(future).unwrap()
}

/// The texts of all messages that a bot was asked with, question by question.
fn contents(poe: &FakePoe, bot: &str) -> Vec<Vec<String>> {
    let question = |query: &Value| {
        let messages = query["query"].as_array().unwrap().iter();
        let content = |message: &Value| message["content"].as_str().unwrap().to_owned();
        messages.map(content).collect()
    };
    let queries = poe.queries(bot);
    queries.iter().map(|query| question(&query.body)).collect()
}

/// A query with these messages: role and text.
fn conversation(messages: &[(&str, &str)]) -> Value {
    let mut query = harness::query("");
    let message = |(role, content): &(&str, &str)| json!({ "role": role, "content": content });
    query["query"] = messages.iter().map(message).collect();
    query
}

/// A query with an image that the platform has.
fn with_image(poe: &FakePoe, text: &str) -> Value {
    let url = poe.attachment("me.jpg", "a person").unwrap();
    let mut query = harness::query(text);
    query["query"][0]["attachments"] =
        json!([{ "url": url, "content_type": "image/jpeg", "name": "me.jpg" }]);
    query
}

/// What the settings of a sample declare.
fn declared(server: &Server, bot: &str) -> Value {
    let settings = send(
        server,
        bot,
        &json!({ "version": "1.2", "type": "settings" }),
    );
    settings.json()["server_bot_dependencies"].clone()
}
