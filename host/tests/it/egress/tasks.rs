//! The same by the means of WASI 0.3: a bot of the world `bot-async` sends requests under the same
//! rules, and its bodies are streams of the component model.

use super::{
    OK, steps,
    streams::{CHUNKED, handed, next},
    upstream::Upstream,
};
use crate::harness::{Folder, Server};

/// A gateway with the bot `async-fetcher`, which may reach these origins, and may use loopback for it.
fn fetcher(origins: &[String], more: &str) -> Folder {
    Folder::with_manifest(&format!(
        "[bot.fetcher]\nsource = \"async-fetcher.wasm\"\nallowed_outbound_hosts = {origins:?}\n{more}"
    ))
    .flag("--allow-private-host")
    .flag("127.0.0.1")
}

fn serves(upstream: &Upstream) -> Server {
    fetcher(&[upstream.url()], "").up()
}

/// Each side has what the other one said before it says more, in both directions at once.
#[test]
fn bodies_stream_both_ways() {
    let (upstream, take) = handed();
    let server = serves(&upstream);
    let mut stream = server.open(
        "fetcher",
        &steps(&[
            &[
                "request",
                "POST",
                &format!("{}/path?query=1", upstream.url()),
            ],
            &["send"],
            &["write", "one"],
            &["head"],
            &["write", "two"],
            &["read"],
            &["finish"],
            &["rest"],
        ]),
    );
    let mut talk = next(&take);
    let head = talk.request();
    assert!(
        head.starts_with("POST /path?query=1 HTTP/1.1\r\n"),
        "{head}"
    );
    assert!(head.contains("transfer-encoding: chunked\r\n"), "{head}");
    assert_eq!([talk.line(), talk.line()], ["3\r\n", "one\r\n"]);
    talk.say(CHUNKED);
    assert_eq!(stream.next_event().unwrap().1["text"], "200\n");
    assert_eq!([talk.line(), talk.line()], ["3\r\n", "two\r\n"]);
    talk.say("5\r\nthree\r\n");
    assert_eq!(stream.next_event().unwrap().1["text"], "three");
    assert_eq!([talk.line(), talk.line()], ["0\r\n", "\r\n"]);
    talk.say("4\r\nfour\r\n0\r\n\r\n");
    assert_eq!(stream.rest().said(), "four");
}

/// Nothing is sent to a host that the manifest does not name, nor to a private one without the
/// operator's word; the log says what to add.
#[test]
fn a_host_that_is_not_named_is_refused() {
    let (named, other) = (Upstream::saying(OK), Upstream::saying(OK));
    let request = |url: &str| steps(&[&["request", "GET", url], &["send"], &["finish"], &["head"]]);
    let server = serves(&named);
    let said = server.ask("fetcher", &request(&other.url())).said();
    assert_eq!(said, "error: ErrorCode::HttpRequestDenied\n");
    server.wait_text(&format!(
        "allowed_outbound_hosts = [\\\"{}\\\"]",
        other.url()
    ));
    assert_eq!(
        server.ask("fetcher", &request(&named.url())).said(),
        "200\n"
    );
    assert_eq!([named.connections(), other.connections()], [1, 0]);

    let server = Folder::with_manifest(&format!(
        "[bot.fetcher]\nsource = \"async-fetcher.wasm\"\nallowed_outbound_hosts = [{:?}]\n",
        named.url()
    ))
    .up();
    let said = server.ask("fetcher", &request(&named.url())).said();
    assert_eq!(said, "error: ErrorCode::DestinationIpProhibited\n");
    assert_eq!(named.connections(), 1);
}

/// Headers of the connection are the host's; a secret takes the place of its placeholder.
#[test]
fn headers_are_the_same_as_for_every_bot() {
    let (upstream, take) = handed();
    let secrets = format!(
        "[bot.fetcher.secrets]\nAPI_KEY = {{ env = \"THE_SECRET\", host = {:?} }}\n",
        upstream.url()
    );
    let server = fetcher(&[upstream.url()], &secrets)
        .env("THE_SECRET", "s3cr3t-value")
        .up();
    let url = upstream.url();
    let mut request = vec![vec!["request", "GET", &url]];
    let forbidden = [
        "connection",
        "Host",
        "transfer-encoding",
        "proxy-authorization",
        "te",
    ];
    request.extend(forbidden.map(|name| vec!["header", name, "evil"]));
    request.push(vec!["header", "X-Ordinary", "fine"]);
    request.push(vec!["bearer", "API_KEY"]);
    request.push(vec!["header", "x-split", "a\r\nx-evil: 1"]);
    request.extend([
        vec!["send"],
        vec!["finish"],
        vec!["head"],
        vec!["show", "x-answer"],
        vec!["show", "connection"],
    ]);
    let request: Vec<&[&str]> = request.iter().map(|step| &step[..]).collect();
    let stream = server.open("fetcher", &steps(&request));
    let mut talk = next(&take);
    let head = talk.request();
    assert!(
        head.contains("authorization: Bearer s3cr3t-value\r\n"),
        "{head}"
    );
    assert!(
        head.contains("x-ordinary: fine\r\n") && !head.contains("evil"),
        "{head}"
    );
    assert!(
        head.contains(&format!("host: {}\r\n", upstream.address)),
        "{head}"
    );
    talk.say("HTTP/1.1 200 OK\r\ncontent-length: 0\r\nx-answer: yes\r\nconnection: close\r\n\r\n");
    let refused = "error: HeaderError::Forbidden\n".repeat(forbidden.len());
    let split = "error: HeaderError::InvalidSyntax\n";
    assert_eq!(
        stream.rest().said(),
        format!("{refused}{split}200\nx-answer: yes\n")
    );
}

/// Wherever the reader leaves, or the bot stops, the upstream sees the connection end, and no half
/// request looks whole.
#[test]
fn who_leaves_takes_the_connection_along() {
    let (upstream, take) = handed();
    let server = serves(&upstream);
    let url = upstream.url();

    let get = steps(&[
        &["request", "GET", &url],
        &["send"],
        &["finish"],
        &["head"],
        &["rest"],
    ]);
    let mut reads = server.open("fetcher", &get);
    let mut talk = next(&take);
    talk.request();
    talk.say(format!("{CHUNKED}1\r\na\r\n"));
    assert_eq!(reads.next_event().unwrap().1["text"], "200\n");
    assert_eq!(reads.next_event().unwrap().1["text"], "a");
    drop(reads);
    talk.until_closed();

    for last in ["rest", "trap"] {
        let half = [
            &["request", "POST", &url][..],
            &["send"],
            &["write", "half"],
            &["say", "written"],
            &["head"],
            &[last],
        ];
        let mut writes = server.open("fetcher", &steps(&half));
        let mut talk = next(&take);
        talk.request();
        assert_eq!([talk.line(), talk.line()], ["4\r\n", "half\r\n"]);
        assert_eq!(writes.next_event().unwrap().1["text"], "written");
        talk.say(CHUNKED);
        if last == "rest" {
            drop(writes);
        }
        assert_eq!(talk.until_closed(), b"", "the end of a chunked body");
    }
    server.wait_running("fetcher", 0.0);
}

/// Host and method of a request have the same bounds as for every bot.
#[test]
fn no_part_of_a_request_is_without_a_bound() {
    let server = serves(&Upstream::saying(OK));
    let said = |method: &str, host: &str| {
        let url = format!("https://{host}/");
        let request = steps(&[&["request", method, &url], &["send"], &["head"]]);
        server.ask("fetcher", &request).said()
    };
    let denied = "error: ErrorCode::HttpRequestDenied\n";
    assert_eq!(said(&"M".repeat(64), &"a".repeat(1024)), denied);
    for (method, host) in [
        ("GET".to_owned(), "a".repeat(1025)),
        ("M".repeat(65), "a".to_owned()),
    ] {
        let said = said(&method, &host);
        assert!(
            said.starts_with("error: the request makes no sense\n"),
            "{said}"
        );
    }
}
