//! Secrets of a bot: they reach the host that they are meant for, and nobody else learns them from
//! the gateway, whatever the bot does.

use std::sync::{Arc, Mutex};

use serde_json::json;

use crate::egress::upstream::{Conversation, Upstream};
use crate::harness::{Answer, Folder, Server, query};

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
        ask("file $HEARD"),
        ask("json $HEARD"),
        ask("event $HEARD"),
        ask("error $HEARD"),
        ask("typed $HEARD"),
        ask("print it is $HEARD!"),
    ];
    assert_eq!(answers[0].said(), "it is ***!");
    for answer in &answers[1..10] {
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

/// A key that can be a name of an event, and of a host.
const KEY: &str = "planted_access_key_of_32_letters";

/// A bot with a key and no secrets has something to hide as well: its key, in all that it can say, in its
/// settings, its log, and what the gateway notes for it.
#[test]
fn an_access_key_is_masked_in_every_way_of_speaking() {
    let server = Folder::with_manifest(&format!(
        "[bot.leaks]\nsource = \"leaks.wasm\"\npoe = {{ access_key = {{ env = \"PLANTED\" }} }}\n\
         config = {{ INTRODUCTION = \"My key is {KEY}\" }}\n"
    ))
    .env("PLANTED", KEY)
    .up();
    let bearer = format!("Bearer {KEY}");
    let send = |body| server.send("leaks", &body, &[("authorization", bearer.as_str())]);
    let verbs = [
        "text", "replace", "suggest", "data", "file", "json", "event", "error", "typed", "fail",
    ];
    let mut answers = Vec::new();
    for verb in verbs {
        let answer = send(query(&format!("{verb} {KEY}")));
        assert!(answer.text().contains("***"), "{verb}: {}", answer.text());
        assert_eq!(answer.events().last().unwrap().0, "done", "{verb}");
        answers.push(answer);
    }
    let named = send(query(&format!("named {KEY}")));
    assert_eq!(named.events()[0].0, "masked");
    // Of a sentence that is cut, the rest of a key is not left.
    let cut = send(query(&format!("fail {}{KEY}", "x".repeat(4_090))));
    assert!(!cut.text().contains("planted"), "{}", cut.text());
    let settings = send(json!({"version": "1.2", "type": "settings"}));
    assert_eq!(settings.json()["introduction_message"], "My key is ***");
    let sending = format!("send http://{}.{}.example/ x y", KEY, "y".repeat(60));
    let log = send(query(&format!(
        "print {KEY}\n{sending}\nprint {}{KEY}",
        "x".repeat(8_180)
    )));
    server.wait_log(|record| record["message"] == "***");
    server.wait_text("a request to http://***.");
    server.wait_log(|record| {
        let message = record["message"].as_str().unwrap_or_default();
        message.starts_with("xxx") && message.ends_with("x***")
    });
    answers.extend([named, cut, settings, log]);
    for text in answers
        .iter()
        .map(|it| it.text().to_owned())
        .chain(server.log())
    {
        assert!(!text.contains(KEY), "{text}");
    }
}

/// What a bot makes the gateway note is bounded: hosts are named as far as there are such names.
#[test]
fn what_is_noted_for_a_bot_is_bounded() {
    let server = Folder::with_manifest(
        "[bot.leaks]\nsource = \"leaks.wasm\"\nallowed_outbound_hosts = [\"http://*.example\"]\n",
    )
    .up();
    let label = "y".repeat(60);
    let lines: Vec<String> = (0..100)
        .map(|n| {
            format!(
                "send http://{}{n}.example/ x y",
                format!("{label}.").repeat(15)
            )
        })
        .collect();
    server.ask("leaks", &lines.join("\n"));
    server.wait_query("leaks");
    let log = server.log();
    let noted: usize = log.iter().map(String::len).sum();
    assert!(noted < 20_000, "{noted} bytes: {}", log.join("\n"));
    assert!(!log.join("\n").contains(&format!("{label}.{label}")));
}

/// Masking is a net against accidents, as `host/docs/authors.md` says: what is cut in pieces passes.
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
