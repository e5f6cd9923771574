//! The edge: keys, methods, paths, and connections that mean no good.

use std::{
    net::{SocketAddr, TcpStream},
    thread,
};

use rustix::process::Signal;
use serde_json::json;

use crate::harness::{Connection, Folder, HANG, Server, post, query};

const ONE: &str = "11111111111111111111111111111111";
const TWO: &str = "22222222222222222222222222222222";

fn with_keys() -> Server {
    Folder::with_manifest(
        "[bot.one]\nsource = \"echo.wasm\"\npoe = { access_key = { env = \"ONE_KEY\" } }\n\
         [bot.two]\nsource = \"echo.wasm\"\npoe = { access_key = { file = \"two.key\" } }\n\
         [bot.open]\nsource = \"echo.wasm\"\n",
    )
    .env("ONE_KEY", ONE)
    .file("two.key", format!("{TWO}\n"))
    .up()
}

/// Who gets in, and who does not. No key shows up in an answer, a page, a log line or a metric.
#[test]
fn a_bot_answers_only_to_its_own_key() {
    let server = with_keys();
    let bearer = |key: &str| format!("Bearer {key}");
    let cases = [
        ("one", Some(bearer(ONE)), 200),
        ("one", Some(format!("bearer {ONE}")), 200),
        ("one", Some(format!("BEARER   {ONE}")), 200),
        ("one", None, 401),
        ("one", Some(String::new()), 401),
        ("one", Some("Bearer".into()), 401),
        ("one", Some(bearer("")), 401),
        ("one", Some(bearer(TWO)), 401),
        ("one", Some(bearer(&ONE[1..])), 401),
        ("one", Some(bearer(&format!("{ONE}1"))), 401),
        ("one", Some(format!("Basic {ONE}")), 401),
        ("one", Some(ONE.into()), 401),
        ("one", Some(bearer(&format!("{ONE}, Bearer {TWO}"))), 401),
        ("two", Some(bearer(TWO)), 200),
        ("two", Some(bearer(ONE)), 401),
        ("open", None, 200),
        ("open", Some(bearer("anything")), 200),
        ("open", Some("Basic x".into()), 200),
    ];
    for (bot, key, status) in cases {
        let headers: Vec<(&str, &str)> = key
            .iter()
            .map(|key| ("authorization", key.as_str()))
            .collect();
        for body in [
            query("hi"),
            json!({ "type": "settings" }),
            json!({ "type": "report_error", "message": "x" }),
        ] {
            let answer = server.send(bot, &body, &headers);
            assert_eq!(
                answer.status,
                status,
                "{bot} {key:?} {body}: {}",
                answer.text()
            );
            if status == 401 {
                assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
                assert!(answer.json()["error"].is_string());
            }
            assert!(
                !answer.text().contains(ONE) && !answer.text().contains(TWO),
                "{}",
                answer.text()
            );
        }
        let page = server.get(&format!("/{bot}"));
        assert!(!page.text().contains(ONE) && !page.text().contains(TWO));
    }
    server.wait_query("two");
    for text in [server.log().join("\n"), server.output(), server.metrics()] {
        assert!(
            !text.contains(ONE) && !text.contains(TWO),
            "a key is in:\n{text}"
        );
    }
}

/// A wrong key is told before the body is read: strangers cannot make the server decode anything.
#[test]
fn a_stranger_is_refused_before_the_body_counts() {
    let server = with_keys();
    assert_eq!(server.post("one", b"not json", &[]).status, 401);
    assert_eq!(server.post("open", b"not json", &[]).status, 400);
}

/// A person who opens a bot's URL sees that it works.
#[test]
fn a_bots_page_says_which_bot_it_is() {
    let server = with_keys();
    for path in ["/one", "/one/", "/open?x=1"] {
        let page = server.get(path);
        assert_eq!(page.status, 200);
        assert_eq!(
            page.header("content-type"),
            Some("text/html; charset=utf-8")
        );
        let name = path.trim_matches('/').split('?').next().unwrap();
        assert!(
            page.text().contains(&format!("<title>{name}</title>")),
            "{}",
            page.text()
        );
        assert!(page.header("content-security-policy").is_some());
    }
    let (status, headers) = server
        .connect()
        .send("HEAD /one HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .head();
    assert_eq!(status, 200);
    assert!(headers.iter().any(|(name, _)| name == "content-length"));
}

/// What cannot be answered is refused with a status, a JSON sentence, and where possible a way on.
#[test]
fn refusals_say_what_is_wrong() {
    let server =
        Server::start("[bot.echo]\nsource = \"echo.wasm\"\nlimits = { body = \"1KiB\" }\n");
    let lost = server.get("/ehco");
    assert_eq!(
        (lost.status, lost.header("content-type")),
        (404, Some("application/json"))
    );
    assert_eq!(lost.json()["hint"], "did you mean `/echo`?");
    assert_eq!(
        server.get("/something-else-entirely").json(),
        json!({ "error": "there is no bot at this path" })
    );
    for method in ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"] {
        let refused = server
            .connect()
            .send(format!(
                "{method} /echo HTTP/1.1\r\nhost: localhost\r\n\r\n"
            ))
            .answer();
        assert_eq!(
            (refused.status, refused.header("allow")),
            (405, Some("GET, HEAD, POST")),
            "{method}"
        );
        assert!(refused.json()["error"].is_string(), "{method}");
    }
    let unknown = server.send("echo", &json!({ "version": "9.9", "type": "dance" }), &[]);
    assert_eq!(unknown.status, 501);
    assert_eq!(server.ask("echo", &"x".repeat(2000)).status, 413);
    assert_eq!(server.ask("echo", "still there?").said(), "still there?");
}

/// Where monitors look.
#[test]
fn health_and_readiness_are_answered() {
    let server = Server::with_bots(&["echo"]);
    for path in ["/healthz", "/readyz"] {
        let answer = server.get(path);
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (200, Some("application/json")),
            "{path}"
        );
    }
    assert_eq!(server.get("/readyz").json(), json!({ "status": "ready" }));
}

/// One path leads to a bot, with or without one slash at its end; no spelling of it leads elsewhere.
#[test]
fn a_path_has_one_spelling() {
    let server = Server::with_bots(&["echo"]);
    let body = query("hi").to_string();
    let long = format!("/{}", "a".repeat(10_000));
    let cases = [
        ("/echo", 200),
        ("/echo/", 200),
        ("/echo?route=/other", 200),
        ("http://localhost/echo", 200),
        ("//echo", 404),
        ("/echo//", 404),
        ("/Echo", 404),
        ("/%65cho", 404),
        ("/echo%2f", 404),
        ("/echo%00", 404),
        ("/./echo", 404),
        ("/x/../echo", 404),
        ("/echo/..", 404),
        ("/echo/../healthz", 404),
        ("/echo;x", 404),
        ("/", 404),
        ("/metrics", 404),
        (long.as_str(), 404),
        ("echo", 404),
        ("/ec\u{0}ho", 400),
        ("/ec ho", 400),
    ];
    for (path, status) in cases {
        let answer = server
            .connect()
            .send(post(path, &[], body.as_bytes()))
            .answer();
        assert_eq!(answer.status, status, "{path:?}");
    }
}

/// Bytes that are hardly HTTP are refused at once, and nobody else notices.
#[test]
fn malformed_requests_are_refused() {
    let server = Server::with_bots(&["echo"]);
    let huge = format!(
        "GET /echo HTTP/1.1\r\nhost: localhost\r\nx: {}\r\n\r\n",
        "a".repeat(200_000)
    );
    let many = format!("GET /echo HTTP/1.1\r\n{}\r\n", "x: y\r\n".repeat(5_000));
    let smuggled = "POST /echo HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET /readyz HTTP/1.1\r\n\r\n";
    let cases: [(&str, &[u16]); 10] = [
        ("\0\0\0\0\r\n\r\n", &[400]),
        ("GET\r\n\r\n", &[400]),
        ("GET /echo HTTP/9.9\r\n\r\n", &[400]),
        (
            "POST /echo HTTP/1.1\r\nhost: localhost\r\ncontent-length: -1\r\n\r\n",
            &[400],
        ),
        (
            "POST /echo HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
            &[400],
        ),
        (
            "POST /echo HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
            &[400, 408],
        ),
        (
            "GET /echo HTTP/1.1\r\nhost: localhost\r\n bad: folded\r\n\r\n",
            &[400],
        ),
        (&huge, &[400, 431]),
        (&many, &[400, 431]),
        (smuggled, &[400]),
    ];
    for (bytes, statuses) in cases {
        let mut connection = server.connect();
        // The server may close before it has taken everything.
        let _ = connection.try_send(bytes);
        let answer = String::from_utf8_lossy(&connection.until_closed()).into_owned();
        let status = answer
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        let shown = &bytes[..bytes.len().min(60)];
        assert!(
            status.is_none_or(|status| statuses.contains(&status)),
            "{shown:?}: {answer}"
        );
        assert!(
            answer.matches("HTTP/1.1 ").count() <= 1,
            "one answer to {shown:?}: {answer}"
        );
    }
    assert_eq!(server.ask("echo", "still there?").said(), "still there?");
}

/// A body that is longer than was announced ends where that said; what follows is no request. One that is shorter is
/// waited for, and left when its sender goes.
#[test]
fn a_length_that_lies_harms_nobody_else() {
    let server = Server::with_bots(&["echo"]);
    let body = query("hi").to_string();
    let head = |length: usize| {
        format!("POST /echo HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\n\r\n")
    };
    for (length, first) in [(body.len() - 9, 400), (0, 400), (body.len(), 200)] {
        let mut connection = server.connect();
        let more = "{\"no\": \"request\"}\r\n\r\n";
        let _ = connection.try_send(format!("{}{body}{more}", head(length)));
        let answer = String::from_utf8_lossy(&connection.until_closed()).into_owned();
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {first} ")),
            "{answer}"
        );
        let ok = answer.matches("HTTP/1.1 200 ").count();
        assert_eq!(ok, usize::from(first == 200), "{answer}");
    }
    let longer = head(body.len() + 1);
    server.connect().send(format!("{longer}{body}"));
    assert_eq!(server.ask("echo", "still there?").said(), "still there?");
    assert!(
        server
            .metric("ravenry_running_replies", &[("bot", "echo")])
            .is_none_or(|it| it == 0.0)
    );
}

/// Old clients, and those that announce their body in chunks or ask first.
#[test]
fn old_and_careful_clients_are_served() {
    let server = Server::with_bots(&["echo"]);
    let body = query("hi").to_string();
    let old = format!(
        "POST /echo HTTP/1.0\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let answer = server.connect().send(old).answer();
    assert_eq!(answer.said(), "hi");
    assert_eq!(answer.header("transfer-encoding"), None);
    let (one, two) = body.split_at(10);
    let chunked = format!(
        "POST /echo HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{one}\r\n{:x}\r\n{two}\r\n0\r\n\r\n",
        one.len(),
        two.len()
    );
    assert_eq!(server.connect().send(chunked).answer().said(), "hi");
    let mut connection = server.connect();
    connection.send(format!(
        "POST /echo HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\ncontent-length: {}\r\n\r\n",
        body.len()
    ));
    assert_eq!(connection.head().0, 100);
    assert_eq!(connection.send(body).answer().said(), "hi");
    let upgrade = "GET /echo HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n";
    assert_eq!(server.connect().send(upgrade).answer().status, 200);
}

/// Slow headers, a body that never ends, a reader who never reads: each is cut in the end, and its
/// place is free again. Others are served meanwhile.
#[test]
fn connections_that_go_nowhere_are_cut() {
    let server = Server::start(
        "[bot.echo]\nsource = \"echo.wasm\"\n[bot.puppet]\nsource = \"puppet.wasm\"\n\
         limits = { text = 400000000, events = 400000 }\n",
    );
    let mut headers = server.connect();
    headers.send("POST /echo HTTP/1.1\r\nhost: localhost\r\nx-slow: ");
    let mut idle = server.connect();
    let mut body = server.connect();
    body.send("POST /echo HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\n\r\n{");
    let unread = server.open("puppet", "say 100000 4000");
    server.wait_running("puppet", 1.0);
    assert_eq!(server.ask("echo", "still there?").said(), "still there?");
    thread::scope(|scope| {
        scope.spawn(|| headers.until_closed());
        scope.spawn(|| idle.until_closed());
        scope.spawn(|| {
            let answer = String::from_utf8(body.until_closed()).unwrap();
            assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
        });
        server.wait_running("puppet", 0.0);
    });
    assert_eq!(server.wait_query("puppet")["outcome"], "reader_gone");
    drop(unread);
    assert_eq!(server.ask("echo", "still there?").said(), "still there?");
}

/// While the server takes a breath, a burst of connections waits for it, and none has to try again.
#[test]
fn a_burst_of_connections_waits_for_the_server() {
    let somaxconn = std::fs::read_to_string("/proc/sys/net/core/somaxconn").unwrap();
    let burst = somaxconn.trim().parse::<usize>().unwrap().min(300);
    let server = Server::with_bots(&["echo"]);
    server.signal(Signal::STOP);
    let connect = |address: SocketAddr| {
        // One that is not taken at once comes again after a second, then after two more.
        let taken = TcpStream::connect_timeout(&address, HANG / 10);
        Connection::over(taken.expect("a place in the queue"))
    };
    let waiting: Vec<_> = (0..burst).map(|_| connect(server.address)).collect();
    let scrapers: Vec<_> = (0..burst)
        .map(|_| connect(server.metrics_address))
        .collect();
    server.signal(Signal::CONT);
    for mut connection in waiting {
        connection.send("GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n");
        assert_eq!(connection.answer().status, 200);
    }
    drop(scrapers);
}
