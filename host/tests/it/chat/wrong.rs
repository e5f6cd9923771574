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
    assert_snapshot!(asked(page("200 OK", "content-type: text/html\r\n", "<html>Hello")), @"");
    assert_snapshot!(asked(page("200 OK", "", "hello")), @"");
    assert_snapshot!(asked(page("401 Unauthorized", "content-type: application/json\r\n", r#"{"detail":"Not authenticated"}"#)), @"");
    assert_snapshot!(asked(page("404 Not Found", "content-type: text/plain\r\n", "nothing here\u{1b}[2J")), @"");
    assert_snapshot!(asked(page("307 Temporary Redirect", "location: /bot/\r\n", "")), @"");
    assert_snapshot!(asked(page("405 Method Not Allowed", "", "")), @"");
    assert_snapshot!(asked(page("500 Internal Server Error", "content-type: text/plain\r\n", "Internal Server Error")), @"");
    assert_snapshot!(asked("SSH-2.0-OpenSSH_9.9\r\n"), @"");
    assert_snapshot!(asked(""), @"");
}

#[test]
fn nobody_there() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/bot", listener.local_addr().unwrap());
    // It takes the connection, and never answers.
    assert_snapshot!(ask(&url), @"");
    drop(listener);
    assert_snapshot!(ask(&url), @"");
    assert_snapshot!(piped(&["ftp://example.com/bot"], &[], b"hi"), @"");
}

fn stream(events: &str) -> String {
    format!("{STREAM}{events}")
}

#[test]
fn rules_that_are_broken_are_named() {
    let text = "event: text\ndata: {\"text\":\"hello\"}\n\n";
    assert_snapshot!(asked(stream(text)), @"");
    assert_snapshot!(asked(stream("")), @"");
    assert_snapshot!(asked(stream("event: done\ndata: {}\n\n")), @"");
    assert_snapshot!(asked(stream("event: text\ndata: hello\n\nevent: done\ndata: {}\n\n")), @"");
    assert_snapshot!(asked(stream(&format!("event: ping\ndata: {{}}\n\nevent: hello\ndata: {{}}\n\n{text}event: done\ndata: {{}}\n\n{text}"))), @"");
    assert_snapshot!(asked([stream(text).as_bytes(), b"event: text\ndata: {\"text\":\"\xff\"}\n\n"].concat()), @"");
    // The length is a lie: the connection breaks in the middle.
    let cut = STREAM.replace("\r\n\r\n", "\r\ncontent-length: 1000\r\n\r\n");
    assert_snapshot!(asked(format!("{cut}{text}")), @"");
}

/// An event that never ends, and one connection that says nothing more: both have a bound.
#[test]
fn what_never_ends_is_ended() {
    let flood = format!("{STREAM}event: text\ndata: {}", "x".repeat(4 * 1024 * 1024));
    assert_snapshot!(asked(flood), @"");

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
    assert_snapshot!(ask(&url), @"");
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
