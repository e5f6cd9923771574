//! What samples must do, whatever language they are written in: the tests of a bot in Rust, as functions that
//! are given the bot. Real components in a real gateway, and a fake platform where they ask other bots.

pub mod api;
pub mod cat;
pub mod failures;
pub mod models;
pub mod notes;
pub mod outfit;
pub mod versus;
pub mod weather;

use serde_json::{Value, json};

use self::api::Api;
use crate::harness::{self, FakePoe, Folder, Server};

/// The access key of every sample here.
pub const KEY: &str = "the-access-key-of-all-the-samples";

/// The secret of every sample here.
pub const SECRET: &str = "sk-planted-0123456789-ABCDEF";

/// A sample as a manifest names it.
#[derive(Clone, Debug)]
pub struct Sample {
    /// What it is mounted as.
    pub bot: String,
    /// Where its component is.
    pub source: String,
}

impl Sample {
    /// One in Rust, which the harness has built.
    pub fn in_rust(bot: &str) -> Self {
        // A library has the name `log`, so this package is called otherwise.
        let component = if bot == "log" { "log-bot" } else { bot };
        Self {
            bot: bot.to_owned(),
            source: format!("{component}.wasm"),
        }
    }

    /// Its lines in a manifest, without a key.
    pub fn entry(&self) -> String {
        format!("[bot.{}]\nsource = {:?}\n", self.bot, self.source)
    }

    /// The same with an access key.
    pub fn keyed_entry(&self) -> String {
        self.entry() + "poe = { access_key = { env = \"SAMPLES_KEY\" } }\n"
    }
}

/// A gateway with these samples, which takes a fake platform for the real one.
pub fn gateway(poe: &FakePoe, samples: &[&Sample]) -> Server {
    folder(poe, samples, "").up()
}

/// The same, with more lines in the manifest of the last sample.
pub fn folder(poe: &FakePoe, samples: &[&Sample], more: &str) -> Folder {
    let entries: String = samples.iter().map(|sample| sample.keyed_entry()).collect();
    Folder::with_manifest(&(entries + more))
        .env("SAMPLES_KEY", KEY)
        .flag("--poe-api")
        .flag(&poe.url())
        .flag("--poe-upload")
        .flag(&poe.upload_url())
}

/// A sample that may reach an API, with the secret in this variable and its base URL in the other.
pub fn folder_with_api(
    poe: &FakePoe,
    sample: &Sample,
    api: &Api,
    (secret, base): (&str, &str),
) -> Folder {
    let url = api.url();
    let more = format!(
        "allowed_outbound_hosts = [\"{url}\"]\n\
         config = {{ {base} = \"{url}/v1\" }}\n\
         secrets = {{ {secret} = {{ env = \"PLANTED\", host = \"{url}\" }} }}\n"
    );
    folder(poe, &[sample], &more)
        .env("PLANTED", SECRET)
        .flag("--allow-private-host")
        .flag("127.0.0.1")
}

/// Asserts that the secret is in no reply, no log and no metric.
pub fn assert_kept(server: &Server, replies: &[&str]) {
    let metrics = server.metrics();
    let log = server.log().join("\n");
    for text in replies.iter().copied().chain([metrics.as_str(), &log]) {
        assert!(!text.contains(SECRET), "{text}");
    }
}

/// Asks a sample this, and reads its reply to the end.
pub fn ask(server: &Server, bot: &str, text: &str) -> harness::Answer {
    send(server, bot, &harness::query(text))
}

/// Sends a sample this, and reads its reply to the end.
pub fn send(server: &Server, bot: &str, body: &Value) -> harness::Answer {
    server.send(bot, body, &[("authorization", &format!("Bearer {KEY}"))])
}

/// Sends a query, and does not read the reply.
pub fn open(server: &Server, bot: &str, query: &Value) -> harness::Connection {
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
pub fn wait<T, E: std::fmt::Debug>(future: impl Future<Output = Result<T, E>>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(future).unwrap()
}

/// The texts of all messages that a bot was asked with, question by question.
pub fn contents(poe: &FakePoe, bot: &str) -> Vec<Vec<String>> {
    let question = |query: &Value| {
        let messages = query["query"].as_array().unwrap().iter();
        let content = |message: &Value| message["content"].as_str().unwrap().to_owned();
        messages.map(content).collect()
    };
    let queries = poe.queries(bot);
    queries.iter().map(|query| question(&query.body)).collect()
}

/// A query with these messages: role and text.
pub fn conversation(messages: &[(&str, &str)]) -> Value {
    let mut query = harness::query("");
    let message = |(role, content): &(&str, &str)| json!({ "role": role, "content": content });
    query["query"] = messages.iter().map(message).collect();
    query
}

/// A query with an image that the platform has.
pub fn with_image(poe: &FakePoe, text: &str) -> Value {
    let url = poe.attachment("me.jpg", "a person").unwrap();
    let mut query = harness::query(text);
    query["query"][0]["attachments"] =
        json!([{ "url": url, "content_type": "image/jpeg", "name": "me.jpg" }]);
    query
}

/// What the settings of a sample say.
pub fn settings(server: &Server, bot: &str) -> Value {
    let request = json!({ "version": "1.2", "type": "settings" });
    send(server, bot, &request).json()
}

/// What the settings of a sample declare.
pub fn declared(server: &Server, bot: &str) -> Value {
    settings(server, bot)["server_bot_dependencies"].clone()
}
