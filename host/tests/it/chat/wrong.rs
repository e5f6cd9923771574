//! Bots that are none, and bots that break the rules: a sentence, an exit code, no hang.

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    thread,
};

use insta::assert_snapshot;

use super::filter::piped;

/// The head of an event stream that ends with the connection.
const STREAM: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-store\r\n\r\n";

/// A server that reads a request, writes these bytes and closes. Its URL.
fn serving(answer: impl AsRef<[u8]> + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/bot", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            read_request(&mut stream);
            // Whoever has heard enough hangs up.
            let _ = stream.write_all(answer.as_ref());
            let _ = stream.shutdown(Shutdown::Write);
            let _ = stream.read(&mut [0; 1024]);
        }
    });
    url
}

/// A request is there when its JSON is.
fn read_request(stream: &mut TcpStream) {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    while !request.ends_with(b"}") {
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return,
            Ok(read) => request.extend_from_slice(&buffer[..read]),
        }
    }
}

/// What comes of a question to a server that answers with these bytes.
fn asked(answer: impl AsRef<[u8]> + Send + 'static) -> String {
    ask(&serving(answer))
}

fn ask(url: &str) -> String {
    let output = piped(&[url, "--timeout", "2s"], &[], b"hi");
    let (_, address) = url.split_once("//").unwrap();
    let address = address.split('/').next().unwrap();
    output.replace(address, "127.0.0.1:8080")
}

fn page(status: &str, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[test]
fn what_is_no_bot_is_named() {
    assert_snapshot!(asked(page("200 OK", "content-type: text/html\r\n", "<html>Hello")), @r#"
    exit 1
    ---
    error: http://127.0.0.1:8080/bot is no bot: it answers with `text/html`, not with an event stream
    hint: give the URL at which the bot itself answers, as in http://127.0.0.1:8080/cat
    "#);
    assert_snapshot!(asked(page("200 OK", "", "hello")), @r#"
    exit 1
    ---
    error: http://127.0.0.1:8080/bot is no bot: it answers with something without a content type, not with an event stream
    hint: give the URL at which the bot itself answers, as in http://127.0.0.1:8080/cat
    "#);
    assert_snapshot!(asked(page("401 Unauthorized", "content-type: application/json\r\n", r#"{"detail":"Not authenticated"}"#)), @r#"
    exit 1
    ---
    error: http://127.0.0.1:8080/bot wants an access key (status 401)
      caused by: Not authenticated
    hint: put the key that Poe shows for the bot into RAVENRY_KEY, or into a file for `--key-file`
    "#);
    assert_snapshot!(asked(page("404 Not Found", "content-type: text/plain\r\n", "nothing here\u{1b}[2J")), @r#"
    exit 1
    ---
    error: there is no bot at http://127.0.0.1:8080/bot
      caused by: nothing here\u{1b}[2J
    hint: correct the path; `ravenry up` prints where its bots are
    "#);
    assert_snapshot!(asked(page("307 Temporary Redirect", "location: /bot/\r\n", "")), @r#"
    exit 1
    ---
    error: http://127.0.0.1:8080/bot sends you somewhere else (status 307)
    hint: perhaps the bot is at /bot/
    "#);
    assert_snapshot!(asked(page("405 Method Not Allowed", "", "")), @r#"
    exit 1
    ---
    error: http://127.0.0.1:8080/bot is no bot: it does not take what Poe sends (status 405)
    hint: give the URL at which the bot itself answers
    "#);
    assert_snapshot!(asked(page("500 Internal Server Error", "content-type: text/plain\r\n", "Internal Server Error")), @r#"
    exit 1
    ---
    error: http://127.0.0.1:8080/bot answers with status 500 instead of 200
      caused by: Internal Server Error
    hint: the log of the bot should say why
    "#);
    assert_snapshot!(asked("SSH-2.0-OpenSSH_9.9\r\n"), @r#"
    exit 1
    ---
    error: http://127.0.0.1:8080/bot does not answer
      caused by: what came back is not HTTP
    hint: perhaps the other of `http` and `https` is spoken there
    "#);
    assert_snapshot!(asked(""), @r#"
    exit 1
    ---
    error: http://127.0.0.1:8080/bot does not answer
      caused by: the connection ended without a response
    hint: perhaps the other of `http` and `https` is spoken there
    "#);
}

#[test]
fn nobody_there() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/bot", listener.local_addr().unwrap());
    // It takes the connection, and never answers.
    assert_snapshot!(ask(&url), @r#"
    exit 1
    ---
    error: http://127.0.0.1:8080/bot does not answer
      caused by: no response began within 2 s
    "#);
    drop(listener);
    assert_snapshot!(ask(&url), @r#"
    exit 1
    ---
    error: http://127.0.0.1:8080/bot does not answer
      caused by: the connection was refused
    hint: start the server there, as with `ravenry up`; or correct the port
    "#);
    assert_snapshot!(piped(&["http://me:planted@example.com/bot"], &[], b"hi"), @r#"
    exit 2
    ---
    error: `http://***@example.com/bot` is no URL of a bot: it holds a password; an access key is given with `--key`
    hint: write it as in http://127.0.0.1:8080/cat
    "#);
    assert_snapshot!(piped(&["ftp://example.com/bot"], &[], b"hi"), @r#"
    exit 2
    ---
    error: `ftp://example.com/bot` is no URL of a bot: it begins neither with `http` nor with `https`
    hint: write it as in http://127.0.0.1:8080/cat
    "#);
}

fn stream(events: &str) -> String {
    format!("{STREAM}{events}")
}

#[test]
fn rules_that_are_broken_are_named() {
    let text = "event: text\ndata: {\"text\":\"hello\"}\n\n";
    assert_snapshot!(asked(stream(text)), @r#"
    exit 1
    hello
    ---
    ! E4 `done` is the last event: expected `done`, got the end of the stream
    error: the answer broke off
      caused by: it ended without the event `done`
    hint: the log of the bot should say more
    "#);
    assert_snapshot!(asked(stream("")), @r#"
    exit 1
    ---
    ! E3 a reply has a `text` or an `error`: expected `text` or `error`, got 0 events without one
    ! E4 `done` is the last event: expected `done`, got the end of the stream
    error: http://127.0.0.1:8080/bot has answered nothing
    "#);
    assert_snapshot!(asked(stream("event: done\ndata: {}\n\n")), @r#"
    exit 1
    ---
    ! E3 a reply has a `text` or an `error`: expected `text` or `error`, got 1 events without one
    error: http://127.0.0.1:8080/bot has answered nothing
    "#);
    let gone = "event: replace_response\ndata: {\"text\": \"\"}\n\nevent: done\ndata: {}\n\n";
    assert_snapshot!(asked(stream(&format!("{text}{gone}"))), @r#"
    exit 1
    ---
    ! E3 a reply has a `text` or an `error`: expected `text` or `error`, got texts in which nothing stands at the end
    error: http://127.0.0.1:8080/bot has answered nothing
    "#);
    assert_snapshot!(asked(stream("event: text\ndata: hé🐈\n\nevent: done\ndata: {}\n\n")), @r#"
    exit 1
    ---
    ! E1 the data of every event is a JSON object: expected a JSON object, got `text` with `hé🐈`
    ! E3 a reply has a `text` or an `error`: expected `text` or `error`, got 2 events without one
    error: the answer cannot be read to its end by the platform
      caused by: Invalid JSON in 'text' event
    hint: the log of the bot should say more
    "#);
    assert_snapshot!(asked(stream(&format!("event: ping\ndata: {{}}\n\nevent: hello\ndata: {{}}\n\n{text}event: done\ndata: {{}}\n\n{text}"))), @r#"
    exit 0
    hello
    ---
    ! E8 signs of life are comments, no `ping` events: expected a comment, got the event `ping`
    ! E7 events have a name of the protocol: expected a name of the protocol, got `hello`
    ! E6 nothing comes after `done`: expected the end of the stream, got `text`
    "#);
    assert_snapshot!(asked([stream(text).as_bytes(), b"event: text\ndata: {\"text\":\"\xff\"}\n\nevent: done\ndata: {}\n\n"].concat()), @r#"
    exit 0
    hello�
    ---
    ! F2 the stream is UTF-8: expected UTF-8, got bytes that are none
    "#);
    // The length is a lie: the connection breaks in the middle.
    let cut = STREAM.replace("\r\n\r\n", "\r\ncontent-length: 1000\r\n\r\n");
    assert_snapshot!(asked(format!("{cut}{text}")), @r#"
    exit 1
    hello
    ---
    ! C1 the connection is closed in order, after the end of the body: expected the end of the body, got the connection ended in the middle of the response
    ! E4 `done` is the last event: expected `done`, got the end of the stream
    error: the answer broke off
      caused by: the connection ended in the middle of the response
    hint: the log of the bot should say more
    "#);
}

/// An event that never ends, and one connection that says nothing more: both have a bound.
#[test]
fn what_never_ends_is_ended() {
    let flood = format!("{STREAM}event: text\ndata: {}", "x".repeat(4 * 1024 * 1024));
    assert_snapshot!(asked(flood), @r#"
    exit 1
    ---
    ! F5 one event has at most a megabyte: expected at most a megabyte, got more than 1,048,576 bytes
    ! C1 the connection is closed in order, after the end of the body: expected the end of the body, got one event is too large
    ! E3 a reply has a `text` or an `error`: expected `text` or `error`, got 0 events without one
    ! E4 `done` is the last event: expected `done`, got the end of the stream
    error: the answer broke off
      caused by: one event is too large
    hint: the log of the bot should say more
    "#);

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/bot", listener.local_addr().unwrap());
    let silent = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        read_request(&mut stream);
        write!(
            stream,
            "{STREAM}event: text\ndata: {{\"text\":\"wait\"}}\n\n"
        )
        .unwrap();
        // Until the other side has had enough.
        let _ = stream.read(&mut [0; 1024]);
    });
    assert_snapshot!(ask(&url), @r#"
    exit 1
    wait
    ---
    ! C1 the connection is closed in order, after the end of the body: expected the end of the body, got nothing more of the response came for 2 s
    ! E4 `done` is the last event: expected `done`, got the end of the stream
    error: the answer broke off
      caused by: nothing more of the response came for 2 s
    hint: the log of the bot should say more
    "#);
    silent.join().unwrap();
}

/// A bot that is done and does not close: its answer is an answer.
#[test]
fn nobody_waits_after_done() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/bot", listener.local_addr().unwrap());
    let open = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        read_request(&mut stream);
        let events = "event: text\ndata: {\"text\":\"hi\"}\n\nevent: done\ndata: {}\n\n";
        write!(stream, "{STREAM}{events}").unwrap();
        // Until the other side leaves, long before it has had enough of the silence.
        assert_eq!(stream.read(&mut [0; 1024]).unwrap_or(0), 0);
    });
    assert_eq!(piped(&[&url], &[], b"hi"), "exit 0\nhi\n---\n");
    open.join().unwrap();
}
