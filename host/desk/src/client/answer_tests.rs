//! Streams as they come over a socket: every way of writing events that the WHATWG allows (HTML,
//! 9.2.6), and what becomes of the others.

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    thread,
    time::Duration,
};

use serde_json::json;

use super::*;
use crate::client::{Client, Post, Target};

/// A server that answers once with these bytes, cut into chunks there, and closes.
fn serving(head: &str, body: &[u8], cuts: &[usize]) -> Target {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/bot", listener.local_addr().unwrap());
    let mut pieces = vec![head.as_bytes().to_vec()];
    let mut from = 0;
    for to in cuts.iter().copied().chain([body.len()]) {
        let piece = &body[from..to];
        pieces.push([format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat());
        from = to;
    }
    pieces.push(b"0\r\n\r\n".to_vec());
    // An empty piece would be the end of the body.
    pieces.retain(|piece| !piece.starts_with(b"0\r\n\r\n\r\n"));
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.set_nodelay(true).unwrap();
        let mut request = Vec::new();
        let mut buffer = [0; 1024];
        while !request.ends_with(b"}") {
            let read = stream.read(&mut buffer).unwrap();
            request.extend_from_slice(&buffer[..read]);
        }
        for piece in pieces {
            if stream.write_all(&piece).is_err() {
                return;
            }
        }
    });
    Target::parse(&url, None).unwrap()
}

const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\
    cache-control: no-store\r\ntransfer-encoding: chunked\r\n\r\n";

async fn parts(target: &Target) -> Vec<Part> {
    posted(target, Post::from(&json!({"type": "query"}))).await
}

async fn posted(target: &Target, post: Post) -> Vec<Part> {
    let client = Client::new(Duration::from_secs(20));
    let mut answer = client.post_query(target, post).await.unwrap();
    let mut parts = Vec::new();
    while let Some(part) = answer.next().await {
        parts.push(part);
    }
    parts
}

/// `name data` of each event, and the numbers of the broken rules.
fn told(parts: &[Part]) -> (Vec<String>, Vec<&'static str>) {
    let (mut events, mut rules) = (Vec::new(), Vec::new());
    for part in parts {
        match part {
            Part::Event { name, data, .. } => {
                events.push(format!("{} {data}", name.as_deref().unwrap_or("-")));
            }
            Part::Finding(finding) => rules.push(finding.rule.id),
            Part::Store(_) | Part::Instead(_) | Part::End { .. } => {}
        }
    }
    (events, rules)
}

const HI: &str = "text {\"text\":\"hi\"}";
const DONE: &str = "done {}";

/// `(stream, events, broken rules)`.
const STREAMS: &[(&str, &[&str], &[&str])] = &[
    // Every end of a line.
    (
        "event: text\ndata: {\"text\":\"hi\"}\n\nevent: done\ndata: {}\n\n",
        &[HI, DONE],
        &[],
    ),
    (
        "event: text\r\ndata: {\"text\":\"hi\"}\r\n\r\nevent: done\r\ndata: {}\r\n\r\n",
        &[HI, DONE],
        &[],
    ),
    (
        "event: text\rdata: {\"text\":\"hi\"}\r\revent: done\rdata: {}\r\r",
        &[HI, DONE],
        &[],
    ),
    (
        "event: text\r\ndata: {\"text\":\"hi\"}\n\revent: done\rdata: {}\n\r\n",
        &[HI, DONE],
        &[],
    ),
    // A byte order mark is passed over, and told: the reference client stumbles.
    (
        "\u{feff}event: text\ndata: {\"text\":\"hi\"}\n\nevent: done\ndata: {}\n\n",
        &[HI, DONE],
        &["F1"],
    ),
    // Data on several lines is joined with line feeds; one space after the colon goes.
    (
        "event:text\ndata:{\"text\":\ndata:  \"hi\"}\n\nevent:done\ndata:{}\n\n",
        &["text {\"text\":\n \"hi\"}", DONE],
        &[],
    ),
    // Comments, `id` and `retry` are no events; an event may stand in any order of its lines.
    (
        ": hello\n\nid: 1\nretry: 10\n\ndata: {\"text\":\"hi\"}\nid\nevent: text\n\n:\nevent: done\ndata: {}\n\n",
        &[HI, DONE],
        &[],
    ),
    // No name: `message`, which the protocol does not know.
    (
        "data: {\"text\":\"hi\"}\n\nevent: text\ndata: {\"text\":\"hi\"}\n\nevent: done\ndata: {}\n\n",
        &["- {\"text\":\"hi\"}", HI, DONE],
        &["E7"],
    ),
    // Without data there is no event; with empty data there is one.
    (
        "event: text\n\nevent: text\ndata: {\"text\":\"hi\"}\n\nevent: done\ndata\n\n",
        &[HI, "done "],
        &["E1"],
    ),
    // What is incomplete at the end is dropped.
    (
        "event: text\ndata: {\"text\":\"hi\"}\n\nevent: done\ndata: {}\n",
        &[HI],
        &["F3", "E4"],
    ),
    // An unknown field, a line without a colon.
    (
        "event: text\nnonsense\ndata: {\"text\":\"hi\"}\n\nevent: done\ndata: {}\n\n",
        &[HI, DONE],
        &["F4"],
    ),
    // Characters of several bytes, U+2028, NUL escaped.
    (
        "event: text\ndata: {\"text\":\"né\u{2028}😀\\u0000\"}\n\nevent: done\ndata: {}\n\n",
        &["text {\"text\":\"né\u{2028}😀\\u0000\"}", DONE],
        &[],
    ),
];

#[tokio::test]
async fn streams_are_read_as_the_standard_says() {
    for (stream, events, rules) in STREAMS {
        let found = told(&parts(&serving(HEAD, stream.as_bytes(), &[])).await);
        let events: Vec<String> = events.iter().map(ToString::to_string).collect();
        assert_eq!(found, (events, rules.to_vec()), "{stream:?}");
    }
}

/// Wherever a stream is cut into chunks, in the middle of a character too, it reads the same.
#[tokio::test]
async fn chunks_may_end_anywhere() {
    for (stream, events, rules) in STREAMS {
        let cuts: Vec<usize> = (1..stream.len()).collect();
        let found = told(&parts(&serving(HEAD, stream.as_bytes(), &cuts)).await);
        let events: Vec<String> = events.iter().map(ToString::to_string).collect();
        assert_eq!(found, (events, rules.to_vec()), "{stream:?}");
    }
}

#[tokio::test]
async fn what_is_no_stream_is_shown_instead() {
    let head = "HTTP/1.1 502 Bad Gateway\r\ncontent-type: text/html\r\ncache-control: no-store\r\n\
        transfer-encoding: chunked\r\n\r\n";
    let parts = parts(&serving(head, b"<h1>no</h1>", &[3])).await;
    let instead = parts.iter().find_map(|part| match part {
        Part::Instead(text) => Some(text.as_str()),
        _ => None,
    });
    assert_eq!(instead, Some("<h1>no</h1>"));
    assert_eq!(told(&parts).1, ["T1", "T2"]);
}

/// Bytes that are no UTF-8 cost the characters that they would have been, and are told once.
#[tokio::test]
async fn wrong_bytes_are_replaced_and_told_once() {
    let stream = b"event: text\ndata: {\"text\":\"n\xe9, \xf0\x9f\"}\n\nevent: d\xffone\ndata: {}\n\nevent: done\ndata: {}\n\n";
    let all: Vec<usize> = (1..stream.len()).collect();
    for cuts in [&[][..], &all] {
        let (events, rules) = told(&parts(&serving(HEAD, stream, cuts)).await);
        let expected = [
            "text {\"text\":\"n\u{fffd}, \u{fffd}\"}",
            "d\u{fffd}one {}",
            DONE,
        ];
        assert_eq!(events, expected);
        assert_eq!(rules, ["F2", "E7"]);
    }
}

#[tokio::test]
async fn what_cannot_be_read_ends_the_answer_with_its_rule() {
    let ended = |parts: &[Part]| match parts.last() {
        Some(Part::End { end, .. }) => end.clone(),
        other => panic!("not an end: {other:?}"),
    };
    let huge = [b"data: ".as_slice(), &vec![b'x'; 2 * 1024 * 1024]].concat();
    let cuts: Vec<usize> = (1..32).map(|piece| piece * 65_536).collect();
    let huge = parts(&serving(HEAD, &huge, &cuts)).await;
    assert_eq!(ended(&huge), End::Cut("one event is too large".to_owned()));
    assert_eq!(told(&huge).1, ["F5", "C1", "E3", "E4"]);

    let lies = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-store\r\n\
        content-length: 1000\r\n\r\n";
    let cut = parts(&serving(lies, b"", &[])).await;
    assert!(matches!(ended(&cut), End::Cut(_)), "{cut:?}");
    assert!(told(&cut).1.contains(&"C1"), "{cut:?}");
}

#[tokio::test]
async fn no_server_there_is_one_sentence_and_what_to_do() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/cat", listener.local_addr().unwrap());
    drop(listener);
    let target = Target::parse(&url, None).unwrap();
    let client = Client::new(Duration::from_secs(20));
    let error = client.settings(&target).await.unwrap_err();
    assert_eq!(
        error.problem().to_string(),
        format!(
            "error: {url} does not answer\n  caused by: the connection was refused\n\
             hint: start the server there, as with `ravenry up`; or correct the port"
        )
    );
}

#[tokio::test]
async fn a_bot_that_says_nothing_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/cat", listener.local_addr().unwrap());
    let target = Target::parse(&url, None).unwrap();
    let client = Client::new(Duration::from_millis(50));
    let error = client.query(&target, &json!({})).await.unwrap_err();
    assert_eq!(error.why, "no response began within 0.05 s");
}

/// Who asks for it hears it before the end, as a part of its own. Whoever does not ask hears nothing of the kind.
#[tokio::test]
async fn what_a_bot_keeps_is_heard_by_who_asks() {
    let body = ": still here\n\n: ravenry-store {\"keys\": [], \"left_out\": 2}\n\nevent: done\ndata: {}\n\n";
    let query = || Post::from(&json!({"type": "query"}));
    for (asks, expected) in [(true, vec![2]), (false, vec![])] {
        let target = serving(HEAD, body.as_bytes(), &[30]);
        let post = if asks {
            query().showing_store(&target)
        } else {
            query()
        };
        let parts = posted(&target, post).await;
        let heard = parts.iter().filter_map(|part| match part {
            Part::Store(activity) => Some(activity.left_out),
            _ => None,
        });
        assert_eq!(heard.collect::<Vec<_>>(), expected);
        assert_eq!(told(&parts).0, [DONE]);
    }
    let elsewhere = Target::parse("https://bots.example.com/cat", None).unwrap();
    assert!(!query().showing_store(&elsewhere).shows_store());
}
