//! Upstreams that are slow, broken or hostile: each ends in a clear error for the bot, and frees what
//! it held.

use super::{fetcher, get, notes, steps, upstream::Upstream};

/// Each fault, what the bot hears of it, and that the bot's next request works.
#[test]
fn every_fault_of_an_upstream_has_its_error() {
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let silent = |mut talk: super::upstream::Conversation| {
        talk.request();
        talk.until_closed();
    };
    let stalls = |mut talk: super::upstream::Conversation| {
        talk.request();
        talk.say("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc");
        talk.until_closed();
    };
    let hangs_up = |mut talk: super::upstream::Conversation| {
        talk.request();
    };
    let many: String = (0..200).map(|n| format!("x-{n}: 1\r\n")).collect();
    let long = format!("x: {}\r\n", "y".repeat(80_000));
    let huge = format!("x: {}\r\n", "y".repeat(2_000_000));
    let saying = |text: String| Upstream::saying(text);
    let coded = |coding: &str| {
        saying(format!(
            "HTTP/1.1 200 OK\r\ncontent-encoding: {coding}\r\ncontent-length: 3\r\n\r\nabc"
        ))
    };
    let cases = [
        (
            "compresses unasked",
            coded("br"),
            "error: ErrorCode::HttpResponseContentCoding(Some(\"br\"))",
        ),
        (
            "never answers",
            Upstream::start(silent),
            "error: ErrorCode::HttpResponseTimeout",
        ),
        (
            "hangs up",
            Upstream::start(hangs_up),
            "error: ErrorCode::ConnectionTerminated",
        ),
        (
            "stops in the middle",
            Upstream::start(stalls),
            "200\nabcerror: connection read timeout",
        ),
        (
            "hangs up in the middle",
            saying("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc".to_owned()),
            "200\nabcerror: incomplete HTTP response",
        ),
        (
            "hangs up in the middle of a chunk",
            saying(format!("{chunked}5\r\nab")),
            "200\naberror: incomplete HTTP response",
        ),
        (
            "hangs up between two chunks",
            saying(format!("{chunked}2\r\nab\r\n")),
            "200\naberror: incomplete HTTP response",
        ),
        (
            "a chunk size that is none",
            saying(format!("{chunked}2\r\nab\r\nzz\r\n")),
            "200\naberror: HTTP protocol error",
        ),
        (
            "a chunk size that overflows",
            saying(format!("{chunked}2\r\nab\r\nfffffffffffffffff\r\n")),
            "200\naberror: HTTP protocol error",
        ),
        (
            "not HTTP",
            saying("SSH-2.0-OpenSSH_9.6\r\n".to_owned()),
            "error: ErrorCode::HttpProtocolError",
        ),
        (
            "half a head",
            saying("HTTP/1.1 200 OK\r\nx: ".to_owned()),
            "error: ErrorCode::ConnectionTerminated",
        ),
        (
            "two lengths",
            saying(
                "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab".to_owned(),
            ),
            "error: ErrorCode::HttpProtocolError",
        ),
        (
            "many headers",
            saying(format!("HTTP/1.1 200 OK\r\n{many}\r\n")),
            "error: ErrorCode::HttpResponseHeaderSectionSize(None)",
        ),
        (
            "a long header",
            saying(format!(
                "HTTP/1.1 200 OK\r\n{long}content-length: 0\r\n\r\n"
            )),
            "error: ErrorCode::HttpResponseHeaderSectionSize(None)",
        ),
        (
            "a header without end",
            saying(format!(
                "HTTP/1.1 200 OK\r\n{huge}content-length: 0\r\n\r\n"
            )),
            "error: ErrorCode::HttpResponseHeaderSectionSize(None)",
        ),
        (
            "another protocol",
            saying(
                "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"
                    .to_owned(),
            ),
            "error: ErrorCode::HttpProtocolError",
        ),
    ];
    let good = Upstream::saying(super::OK);
    let mut origins: Vec<_> = cases
        .iter()
        .map(|(_, upstream, _)| upstream.url())
        .collect();
    origins.push(good.url());
    let server = fetcher(&origins, "");
    for (name, upstream, wanted) in &cases {
        let said = server
            .ask(
                "fetcher",
                &steps(&[
                    &["request", "GET", &upstream.url()],
                    &["timeout", "connect", "500"],
                    &["timeout", "first-byte", "500"],
                    &["timeout", "between-bytes", "500"],
                    &["send"],
                    &["head"],
                    &["rest"],
                    &["request", "GET", &good.url()],
                    &["send"],
                    &["head"],
                ]),
            )
            .said();
        // After a head that failed there is nothing to read.
        let said = said.replace("error: no response\n", "");
        assert_eq!(said, format!("{wanted}\n200\n"), "{name}");
    }
}

/// Nobody listens; the name does not exist; TLS is spoken to a server that has none.
#[test]
fn a_connection_that_does_not_come_about_has_its_error() {
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let plain = Upstream::start(|mut talk| {
        talk.say("HTTP/1.1 400 Bad Request\r\n\r\n");
        talk.until_closed();
    });
    let secure = plain.url().replace("http:", "https:");
    let nowhere = "http://nowhere.invalid".to_owned();
    let server = fetcher(&[closed.clone(), secure.clone(), nowhere.clone()], "");
    for (origin, wanted) in [
        (&closed, "error: ErrorCode::ConnectionRefused\n"),
        (&secure, "error: ErrorCode::TlsProtocolError\n"),
        (&nowhere, "error: ErrorCode::DnsError("),
    ] {
        let said = server.ask("fetcher", &get(origin)).said();
        assert!(said.starts_with(wanted), "{origin}: {said}");
    }
    let notes = notes(&server);
    assert_eq!(
        notes[0],
        format!("a request to {closed} failed: the connection was refused")
    );
    assert!(
        notes[1].starts_with(&format!("a request to {secure} failed: TLS failed: ")),
        "{notes:?}"
    );
    assert_eq!(
        notes[2],
        "a request to http://nowhere.invalid failed: its name cannot be resolved"
    );
    assert_eq!(notes.len(), 3, "{notes:?}");
}

/// A server that cannot answer is in the log as a warning, once; what it says about one request is not.
#[test]
fn a_server_that_cannot_answer_is_a_warning() {
    let statuses = [
        ("429 Too Many Requests", true),
        ("500 Internal Server Error", true),
        ("503 Service Unavailable", true),
        ("404 Not Found", false),
    ];
    let upstreams = statuses.map(|(status, warned)| {
        let head = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
        (Upstream::saying(head), status, warned)
    });
    let urls: Vec<String> = upstreams.iter().map(|(at, ..)| at.url()).collect();
    let server = fetcher(&urls, "");
    let mut warnings = Vec::new();
    for (upstream, status, warned) in &upstreams {
        server.ask("fetcher", &get(&upstream.url()));
        if *warned {
            let url = upstream.url();
            warnings.push(format!("a request to {url} was answered {status}"));
        }
    }
    assert_eq!(notes(&server), warnings);
}

/// More than a body may have: the bot gets what it may, the connection is closed, and the process
/// keeps none of it.
#[test]
fn a_body_without_end_is_cut() {
    let (told, hears) = std::sync::mpsc::sync_channel(1);
    let upstream = Upstream::start(move |mut talk| {
        talk.request();
        talk.say("HTTP/1.1 200 OK\r\ncontent-length: 10737418240\r\n\r\n");
        let said = talk.say_for_ever(&vec![b'x'; 65_536]);
        told.send(said).unwrap();
    });
    let server = fetcher(&[upstream.url()], "limits = { outbound_body = \"8MiB\" }\n");
    let url = upstream.url();
    let said = server
        .ask(
            "fetcher",
            &steps(&[&["request", "GET", &url], &["send"], &["head"], &["count"]]),
        )
        .said();
    let (count, error) = said.split_once(" bytes\n").unwrap();
    let count: u64 = count.strip_prefix("200\n").unwrap().parse().unwrap();
    assert!((7 << 20..=8 << 20).contains(&count), "{said}");
    assert_eq!(
        error,
        "error: HTTP response body size exceeds limit: 8388608 bytes\n"
    );
    let sent = hears.recv_timeout(crate::harness::HANG).unwrap();
    assert!(sent < 64 << 20, "{sent} bytes were taken");
    assert_eq!(
        notes(&server),
        [format!(
            "a request to {url} failed: the body of the response is longer than 8388608 bytes; \
             raise `limits.outbound_body`"
        )]
    );
}

/// What is compressed stays so: the gateway has no bomb to set off.
#[test]
fn nothing_is_decompressed() {
    // A gzip header, and bytes that are no gzip at all: whoever tried would fail.
    let body = b"\x1f\x8b\x08not gzip";
    let mut answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    answer.extend_from_slice(body);
    let upstream = Upstream::saying(answer);
    let server = fetcher(&[upstream.url()], "");
    let said = server
        .ask(
            "fetcher",
            &steps(&[
                &["request", "GET", &upstream.url()],
                &["header", "accept-encoding", "gzip"],
                &["send"],
                &["head"],
                &["show", "content-encoding"],
                &["count"],
            ]),
        )
        .said();
    assert_eq!(
        said,
        format!("200\ncontent-encoding: gzip\n{} bytes\n", body.len())
    );
}

/// Host and method of a request are kept by the gateway: neither is longer than any there is.
#[test]
fn no_part_of_a_request_is_without_a_bound() {
    let server = fetcher(&["https://example.com".to_owned()], "");
    let said = |method: &str, host: &str| {
        let url = format!("https://{host}/");
        let request = steps(&[&["request", method, &url], &["open"]]);
        server.ask("fetcher", &request).said()
    };
    assert_eq!(said(&"M".repeat(64), &"a".repeat(1024)), "");
    for (method, host) in [
        ("GET".to_owned(), "a".repeat(1025)),
        ("M".repeat(65), "a".to_owned()),
    ] {
        assert_eq!(said(&method, &host), "error: not a URL\n");
    }
}

/// Whoever says nothing about compression gets none; whoever asks for it has to read it.
#[test]
fn bodies_come_as_they_can_be_read() {
    let upstream = Upstream::start(|mut talk| {
        let request = talk.request();
        let asked = request
            .lines()
            .find_map(|line| line.strip_prefix("accept-encoding: "));
        let asked = asked.unwrap_or("nothing");
        let head = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\nconnection: close";
        talk.say(format!(
            "{head}\r\ncontent-length: {}\r\n\r\n{asked}",
            asked.len()
        ));
    });
    let server = fetcher(&[upstream.url()], "");
    let asking = |coding: &str| {
        let message = steps(&[
            &["request", "GET", &upstream.url()],
            &["header", "accept-encoding", coding],
            &["send"],
            &["head"],
            &["rest"],
        ]);
        server.ask("fetcher", &message).said()
    };
    assert_eq!(asking("gzip"), "200\ngzip");
    assert!(asking("identity").contains("HttpResponseContentCoding(Some(\"gzip\"))"));
    server.ask("fetcher", &get(&upstream.url()));
    let noted = format!(
        "a request to {} failed: the response is compressed (`gzip`), although `accept-encoding: identity` \
         was sent; a bot that can read it says so in an `accept-encoding` of its own",
        upstream.url()
    );
    assert_eq!(notes(&server), [noted.clone(), noted]);
}
