//! The fake platform, asked by a plain client: what it plays, what it keeps, and how it sees the end.

mod doors;
mod registered;
mod strict;

use std::{
    io::{Read, Write},
    net::TcpStream,
    num::NonZeroUsize,
    sync::Arc,
    time::Duration,
};

use ravenry_desk::simulator::{Answer, Chunks, Ending, Framing, Step};
use reqwest::{Client, Response};
use serde_json::{Value, json};

use crate::harness::{Answered as _, FakePoe, Script, Scripting as _};

fn client() -> Client {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let client = Client::builder().tls_backend_preconfigured(tls).no_proxy();
    client.build().unwrap()
}

async fn json_of(answer: Response) -> Value {
    serde_json::from_str(&answer.text().await.unwrap()).unwrap()
}

/// Asks a bot, with a body that a bot would send.
async fn ask(poe: &FakePoe, bot: &str) -> Response {
    let query = json!({"version": "1.2", "type": "query", "query": []});
    post(poe, bot, "Bearer key", &query.to_string()).await
}

async fn post(poe: &FakePoe, bot: &str, authorization: &str, body: &str) -> Response {
    client()
        .post(format!("{}/bot/{bot}", poe.url()))
        .header("authorization", authorization)
        .body(body.to_owned())
        .send()
        .await
        .unwrap()
}

/// The chunks of an answer as they stand on the wire, with the head before them.
fn wire(poe: &FakePoe, bot: &str) -> (String, Vec<String>) {
    let body = r#"{"type":"query"}"#;
    let url = poe.url();
    let address = url.trim_start_matches("http://");
    let mut socket = TcpStream::connect(address).unwrap();
    write!(
        socket,
        "POST /bot/{bot} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer key\r\nconnection: close\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    let (head, mut rest) = answer.split_once("\r\n\r\n").unwrap();
    let mut chunks = Vec::new();
    while let Some((size, after)) = rest.split_once("\r\n") {
        let (chunk, after) = after.split_at(usize::from_str_radix(size, 16).unwrap());
        chunks.push(chunk.to_owned());
        rest = after.strip_prefix("\r\n").unwrap();
    }
    // The last chunk is empty: the body ended well.
    assert_eq!(chunks.pop().as_deref(), Some(""));
    (head.to_owned(), chunks)
}

#[test]
fn the_reference_framing_is_one_chunk_for_each_event() {
    let poe = FakePoe::start().unwrap();
    let answer = Answer::stream()
        .text("né")
        .comment("ping")
        .done()
        .framing(Framing::REFERENCE);
    poe.bot("Haiku", answer);
    let (head, chunks) = wire(&poe, "Haiku");
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert!(
        head.contains("content-type: text/event-stream; charset=utf-8"),
        "{head}"
    );
    assert_eq!(
        chunks,
        [
            "event: text\r\ndata: {\"text\": \"n\\u00e9\"}\r\n\r\n",
            ": ping\r\n\r\n",
            "event: done\r\ndata: {}\r\n\r\n",
        ]
    );
}

#[test]
fn chunks_are_cut_where_the_script_says() {
    let poe = FakePoe::start().unwrap();
    let whole = "event: text\ndata: {\"text\":\"hi\"}\n\nevent: done\ndata: {}\n\n";
    let script = |chunks| Answer::stream().text("hi").done().chunks(chunks);
    poe.bot("Drip", script(Chunks::Every(NonZeroUsize::MIN)));
    let (_, drips) = wire(&poe, "Drip");
    assert_eq!(drips.concat(), whole);
    assert!(drips.iter().all(|drip| drip.len() == 1));

    poe.bot("Odd", script(Chunks::At(vec![8, 30])));
    let (_, pieces) = wire(&poe, "Odd");
    assert_eq!(pieces.concat(), whole);
    assert_eq!(pieces[..2].concat().len(), 30);
    assert_eq!(pieces[0], "event: t");

    let both = [Step::text("hi"), Step::event("done", json!({}))];
    poe.bot("One", Answer::stream().together(both));
    assert_eq!(wire(&poe, "One").1, [whole]);
}

#[tokio::test]
async fn answers_come_in_turn_and_the_last_stays() {
    let poe = FakePoe::start().unwrap();
    let script = Script::in_turn([
        Answer::too_many(7),
        Answer::html(502, "<h1>Bad Gateway</h1>"),
        Answer::stream().text("fine").done(),
    ]);
    poe.bot("Moody", script);
    let first = ask(&poe, "Moody").await;
    assert_eq!(first.status(), 429);
    assert_eq!(first.headers()["retry-after"], "7");
    let second = ask(&poe, "Moody").await;
    assert_eq!(second.status(), 502);
    assert_eq!(second.text().await.unwrap(), "<h1>Bad Gateway</h1>");
    for _ in 0..2 {
        let answer = ask(&poe, "Moody").await.text().await.unwrap();
        assert!(answer.contains("fine"), "{answer}");
    }
    assert_eq!(poe.queries("Moody").len(), 4);
}

#[tokio::test]
async fn a_script_is_computed_from_what_was_asked() {
    let poe = FakePoe::start().unwrap();
    let echo = |query: &ravenry_desk::simulator::BotRequest| {
        let said = query.body["query"][0]["content"].as_str().unwrap();
        Answer::stream().text(said).done()
    };
    poe.bot("Echo", Script::computed(echo));
    let body = r#"{"type":"query","query":[{"role":"user","content":"né"}]}"#;
    let answer = post(&poe, "Echo", "Bearer key", body).await;
    assert_eq!(
        answer.text().await.unwrap(),
        "event: text\ndata: {\"text\":\"né\"}\n\nevent: done\ndata: {}\n\n"
    );
}

/// A test decides when the script goes on, and sees that it has come so far.
#[tokio::test]
async fn a_gate_holds_a_script_until_it_is_released() {
    let poe = FakePoe::start().unwrap();
    let script = Answer::stream().headed_by("head").text("a");
    poe.bot("Slow", script.gate("middle").text("b").done());
    let (answer, reached) = tokio::join!(ask(&poe, "Slow"), async {
        poe.reached("head").await.unwrap();
        let ending = poe.queries("Slow")[0].ending();
        poe.release("head");
        ending
    });
    assert_eq!(reached, None);
    let mut answer = answer;
    let first = answer.chunk().await.unwrap().unwrap();
    assert_eq!(first, "event: text\ndata: {\"text\":\"a\"}\n\n");
    poe.reached("middle").await.unwrap();
    poe.release("middle");
    assert!(answer.text().await.unwrap().contains("done"));
    let query = poe.next_query("Slow").await.unwrap();
    assert_eq!(query.ended().await, Ok(Ending::Complete));
}

#[tokio::test]
async fn a_caller_who_hangs_up_is_seen_wherever_the_script_stands() {
    let poe = FakePoe::start().unwrap();
    poe.bot("Silent", Answer::silence());
    poe.bot("Hold", Answer::stream().text("a").hold());
    poe.bot("Endless", Answer::stream().endless([Step::text("again")]));
    let dripping = Answer::stream().text("a").pace(Duration::from_millis(1));
    poe.bot("Drip", dripping.endless([Step::Comment("drip".to_owned())]));

    // Before the head: the request is given up while nobody answers.
    let asking = tokio::spawn({
        let url = format!("{}/bot/Silent", poe.url());
        let asking = client().post(url).header("authorization", "Bearer key");
        async move { asking.body(r#"{"type":"query"}"#).send().await }
    });
    let query = poe.next_query("Silent").await.unwrap();
    assert_eq!(query.ending(), None);
    asking.abort();
    assert_eq!(query.ended().await, Ok(Ending::HungUp));

    for bot in ["Hold", "Endless", "Drip"] {
        let mut answer = ask(&poe, bot).await;
        assert!(answer.chunk().await.unwrap().is_some());
        let query = poe.next_query(bot).await.unwrap();
        assert_eq!(query.ending(), None, "{bot}");
        drop(answer);
        assert_eq!(query.ended().await, Ok(Ending::HungUp), "{bot}");
    }
}

#[tokio::test]
async fn a_cut_breaks_the_body_off_after_what_was_said() {
    let poe = FakePoe::start().unwrap();
    poe.bot("Torn", Answer::stream().text("before").cut().text("never"));
    let mut answer = ask(&poe, "Torn").await;
    let first = answer.chunk().await.unwrap().unwrap();
    assert_eq!(first, "event: text\ndata: {\"text\":\"before\"}\n\n");
    answer.chunk().await.unwrap_err();
    let query = poe.next_query("Torn").await.unwrap();
    assert_eq!(query.ended().await, Ok(Ending::Cut));
}

#[tokio::test]
async fn repeated_steps_are_played_so_often() {
    let poe = FakePoe::start().unwrap();
    let inner = Step::Repeat {
        times: Some(3),
        steps: vec![Step::Text("b".to_owned())],
    };
    let outer = [Step::Text("a".to_owned()), inner];
    poe.bot("Again", Answer::stream().repeat(2, outer).repeat(9, []));
    assert_eq!(ask(&poe, "Again").await.text().await.unwrap(), "abbbabbb");
}

#[tokio::test]
async fn a_query_is_kept_as_it_came() {
    let poe = FakePoe::start().unwrap();
    poe.bot("Haiku", Script::text("x"));
    let body = r#"{ "type":"query", "odd": [1.50, null] }"#;
    post(&poe, "Haiku", "Bearer secret-key", body).await;
    let query = poe.next_query("Haiku").await.unwrap();
    assert_eq!(query.bytes, body);
    assert_eq!(query.body["odd"], json!([1.5, null]));
    assert_eq!(query.key(), Some("secret-key"));
    assert!(!format!("{query:?}").contains("secret-key"));
}

#[tokio::test]
async fn queries_are_taken_one_by_one_for_each_name() {
    let poe = FakePoe::start().unwrap();
    for name in ["A", "B"] {
        poe.bot(name, Script::text("x"));
    }
    let numbered = async |name: &str, number: u64| {
        let query = json!({"type": "query", "number": number});
        post(&poe, name, "Bearer key", &query.to_string()).await
    };
    for (number, name) in (0..).zip(["A", "B", "A"]) {
        numbered(name, number).await;
    }
    let mut numbers = Vec::new();
    for name in ["A", "A", "B"] {
        numbers.push(poe.next_query(name).await.unwrap().body["number"].clone());
    }
    assert_eq!(numbers, [0, 2, 1]);
    let (next, _) = tokio::join!(poe.next_query("B"), numbered("B", 3));
    assert_eq!(next.unwrap().body["number"], 3);
}

#[tokio::test]
async fn what_is_no_query_of_a_known_bot_is_refused() {
    let poe = FakePoe::start().unwrap();
    poe.bot("Haiku", Script::text("x"));
    let query = r#"{"type":"query"}"#;
    let large = format!(r#"{{"type":"query","x":"{}"}}"#, "x".repeat(20 << 20));
    for (bot, authorization, body, status) in [
        ("Haiku", "Bearer right", query, 200),
        ("Haiku", "Bearer ", query, 401),
        ("Haiku", "bearer right", query, 401),
        ("Haiku", "right", query, 401),
        ("Haiku", "Bearer right", "no json", 400),
        ("Haiku", "Bearer right", "[]", 400),
        ("Haiku", "Bearer right", r#"{"type":"settings"}"#, 501),
        ("Nobody", "Bearer right", query, 404),
        ("Haiku", "Bearer right", &large, 413),
    ] {
        let answer = post(&poe, bot, authorization, body).await;
        assert_eq!(answer.status(), status, "{bot} {authorization}");
    }
    let second = &poe.queries("Haiku")[1];
    assert_eq!(second.ending(), Some(Ending::Refused(401)));
}

#[tokio::test]
async fn a_report_is_kept_apart_and_answered_with_an_empty_object() {
    let poe = FakePoe::start().unwrap();
    poe.bot("Haiku", Script::text("x"));
    let body = r#"{"type":"report_error","message":"odd"}"#;
    let answer = post(&poe, "Haiku", "Bearer key", body).await;
    assert_eq!(json_of(answer).await, json!({}));
    let report = poe.until("a report", |poe| poe.reports().pop());
    assert_eq!(report.await.unwrap().body["message"], "odd");
    assert!(poe.queries("Haiku").is_empty());
}

#[tokio::test]
async fn dropping_it_cuts_what_is_open_and_frees_the_port() {
    let poe = FakePoe::start().unwrap();
    poe.bot("Hold", Answer::stream().text("a").hold());
    let address = poe.url().trim_start_matches("http://").to_owned();
    let mut answer = ask(&poe, "Hold").await;
    assert!(answer.chunk().await.unwrap().is_some());
    let query = poe.next_query("Hold").await.unwrap();
    drop(poe);
    assert_eq!(query.ended().await, Ok(Ending::Stopped));
    answer.chunk().await.unwrap_err();
    TcpStream::connect(address).unwrap_err();
}

#[tokio::test]
async fn a_script_that_cannot_be_played_says_so() {
    let poe = FakePoe::start().unwrap();
    for (answer, complaint) in [
        (Answer::status(99), "status 99"),
        (Answer::status(101), "status 101"),
        (Answer::stream().header("a b", "c"), "header `a b`"),
        (Answer::stream().header("a", "\n"), "header `a`"),
    ] {
        poe.bot("Unfit", answer);
        let answer = ask(&poe, "Unfit").await;
        assert_eq!(answer.status(), 500);
        let text = answer.text().await.unwrap();
        assert!(text.contains(complaint), "{text}");
    }
}
