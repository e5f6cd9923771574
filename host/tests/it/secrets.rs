//! Secrets of a bot: they reach the host that they are meant for, and nobody else learns them from
//! the gateway, whatever the bot does.

use std::sync::{Arc, Mutex};

use crate::egress::upstream::{Conversation, Upstream};
use crate::harness::{Answer, Folder, Server};

const SECRET: &str = "planted-Xy12Zw34\"Ab56";

/// A server that keeps each request, and answers with the value of `authorization`.
struct Echo {
    upstream: Upstream,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Echo {
    fn start() -> Self {
        let requests = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&requests);
        let upstream = Upstream::start(move |talk| answer(talk, &kept));
        Self { upstream, requests }
    }

    fn url(&self) -> String {
        self.upstream.url()
    }

    /// The requests so far, whole.
    fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

/// One request with its body, and one answer.
fn answer(mut talk: Conversation, kept: &Mutex<Vec<String>>) {
    let mut request = talk.request();
    let authorization = request
        .lines()
        .find_map(|line| line.strip_prefix("authorization: "));
    let body = authorization.unwrap_or_default().to_owned();
    if request.contains("transfer-encoding: chunked") {
        while !request.ends_with("\r\n0\r\n\r\n") {
            request.push_str(&talk.line());
        }
    }
    kept.lock().unwrap().push(request);
    let head = format!("content-length: {}\r\nconnection: close", body.len());
    talk.say(format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n{body}"));
}

/// A gateway with the bot `leaks`, which may reach both, and has a secret for the first. It logs all
/// that any library of it has to say.
fn leaks(granted: &Echo, other: &Echo) -> Server {
    let (granted, other) = (granted.url(), other.url());
    Folder::with_manifest(&format!(
        "[bot.leaks]\nsource = \"leaks.wasm\"\nallowed_outbound_hosts = [\"{granted}\", \"{other}\"]\n\
         secrets = {{ KEY = {{ env = \"PLANTED\", host = \"{granted}\", header = \"authorization\" }} }}\n"
    ))
    .env("PLANTED", SECRET)
    .env("RAVENRY_LOG", "trace")
    .flag("--allow-private-host=127.0.0.1")
    .up()
}

/// Asserts that the secret is in no answer, no log and no metric.
fn assert_kept(server: &Server, answers: &[Answer]) {
    let json = serde_json::to_string(SECRET).unwrap();
    let metrics = server.metrics();
    let places = answers.iter().map(|answer| answer.text().to_owned());
    for text in places.chain(server.log()).chain([metrics]) {
        assert!(!text.contains(SECRET), "{text}");
        assert!(!text.contains(json.trim_matches('"')), "{text}");
    }
}

/// What the bot has is a placeholder; it is swapped for the secret in one header to one host.
#[test]
fn a_secret_leaves_in_its_header_for_its_host_alone() {
    let (granted, other) = (Echo::start(), Echo::start());
    let server = leaks(&granted, &other);
    let placeholder = server.ask("leaks", "text $KEY").said();
    assert!(placeholder.starts_with("ravenry-secret-"), "{placeholder}");
    let (here, there) = (granted.url(), other.url());
    let answer = server.ask(
        "leaks",
        &format!(
            "send {here}/1 authorization Bearer $KEY\n\
             send {here}/2 x-api-key Bearer $KEY\n\
             send {here}/$KEY x 3\n\
             body {here}/4 $KEY\n\
             send {there}/5 authorization Bearer $KEY\n\
             text done"
        ),
    );
    assert_eq!(answer.said(), "done");
    let (requests, others) = (granted.requests(), other.requests());
    assert_eq!((requests.len(), others.len()), (4, 1));
    assert!(
        requests[0].contains(&format!("authorization: Bearer {SECRET}\r\n")),
        "{}",
        requests[0]
    );
    assert!(!requests[0].contains(&placeholder));
    for request in requests[1..].iter().chain(&others) {
        assert!(request.contains(&placeholder), "{request}");
        assert!(!request.contains(SECRET), "{request}");
    }
    assert_kept(&server, &[answer]);
}

/// The host echoes the secret, so the bot has it now. It cannot simply say or log it.
#[test]
fn a_secret_that_comes_back_is_masked_in_what_the_bot_says_and_logs() {
    let (granted, other) = (Echo::start(), Echo::start());
    let server = leaks(&granted, &other);
    let learn = format!("send {}/ authorization $KEY\n", granted.url());
    let ask = |step: &str| server.ask("leaks", &format!("{learn}{step}"));
    let answers = [
        ask("text it is $HEARD!"),
        ask("replace $HEARD"),
        ask("suggest $HEARD"),
        ask("data $HEARD"),
        ask("fail $HEARD"),
        ask("print it is $HEARD!"),
    ];
    assert_eq!(answers[0].said(), "it is ***!");
    for answer in &answers[1..5] {
        assert!(answer.text().contains("***"), "{}", answer.text());
    }
    server.wait_log(|record| record["target"] == "bot" && record["message"] == "it is ***!");
    assert_kept(&server, &answers);
    assert!(
        granted
            .requests()
            .iter()
            .all(|request| request.contains(SECRET))
    );
}

/// Masking is a net against accidents, as the README says: what is cut in pieces passes.
#[test]
fn a_secret_in_pieces_is_not_recognised() {
    let (granted, other) = (Echo::start(), Echo::start());
    let server = leaks(&granted, &other);
    let learn = format!("send {}/ authorization $KEY\n", granted.url());
    let said = server
        .ask("leaks", &format!("{learn}letters $HEARD"))
        .said();
    assert_eq!(said, SECRET);
}

/// The start fails, and says what is missing without saying what is there.
#[test]
fn a_secret_that_cannot_be_had_is_a_mistake_of_the_manifest() {
    let manifest = "[bot.leaks]\nsource = \"leaks.wasm\"\nallowed_outbound_hosts = [\"https://api.example.com\"]\n\
        [bot.leaks.secrets]\nA = { env = \"PLANTED\", host = \"https://other.example\" }\nB = { env = \"UNSET\", host = \"https://api.example.com\" }\n";
    let said = Folder::with_manifest(manifest)
        .env("PLANTED", SECRET)
        .refused(&["up", "ravenry.toml"]);
    insta::assert_snapshot!(said, @r#"
    error: a secret of bot `leaks` is granted for a host that the bot may not send requests to
      caused by: `allowed_outbound_hosts` in [bot.leaks] does not cover `https://other.example`
      --> ravenry.toml:6:32
    hint: write `allowed_outbound_hosts = ["https://other.example"]`
    error: bot `leaks` cannot have its secret `B`
      caused by: environment variable `UNSET` is not set
      --> ravenry.toml:7:5
    hint: set it before the start: `export UNSET=…`
    2 errors
    "#);
}
