//! What is judged before a bot is asked: whom a request is for, who sends it, how its body is wrapped.

use std::time::{Duration, Instant};

use crate::harness::{Answer, Connection, Folder, Server, post, query};

const KEY: &str = "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk";

/// Two tenants under names of their own, with a bot `talk` each that says whose it is, and one without.
fn by_names() -> Server {
    let bot = |greeting: &str| {
        format!(
            "[bot.talk]\nsource = \"looks-for-leftovers.wasm\"\nconfig = {{ GREETING = \"{greeting}\" }}\n"
        )
    };
    let operator = "[tenant.a]\nhosts = [\"a.example\", \"[::1]\"]\nmanifests = [\"a.toml\"]\n\
         [tenant.b]\nhosts = [\"b.example\"]\nmanifests = [\"b.toml\"]\n\
         [tenant.c]\npath_prefix = \"/c\"\nmanifests = [\"c.toml\"]\n";
    Folder::empty()
        .manifest("a.toml", &bot("from a"))
        .manifest("b.toml", &bot("from b"))
        .manifest("c.toml", &bot("from c"))
        .file("operator.toml", operator)
        .serve()
}

fn raw(server: &Server, head: &str, body: &str) -> Answer {
    let length = body.len();
    let request = format!("{head}content-length: {length}\r\n\r\n{body}");
    server.connect().send(request).answer()
}

/// Which tenant answers is said by the target, else by `Host`; what is not one host is refused.
#[test]
fn a_request_is_for_one_host() {
    let server = by_names();
    let body = query("hi").to_string();
    let (a, b) = (Ok("from a"), Ok("from b"));
    for (head, expected) in [
        ("POST /talk HTTP/1.1\r\nhost: a.example\r\n", a),
        ("POST /talk HTTP/1.1\r\nhost: b.example\r\n", b),
        ("POST /talk HTTP/1.1\r\nhost: A.Example.:8080\r\n", a),
        ("POST /talk HTTP/1.1\r\nhost: b.example.\r\n", b),
        ("POST /talk HTTP/1.1\r\nhost: [0:0::0001]:80\r\n", a),
        (
            "POST http://a.example/talk HTTP/1.1\r\nhost: b.example\r\n",
            a,
        ),
        (
            "POST http://B.example.:80/talk HTTP/1.1\r\nhost: a.example\r\n",
            b,
        ),
        (
            "POST http://c.example/talk HTTP/1.1\r\nhost: b.example\r\n",
            Err(404),
        ),
        (
            "POST http://c.example/c/talk HTTP/1.1\r\nhost: b.example\r\n",
            Ok("from c"),
        ),
        ("POST http://a.example/talk HTTP/1.1\r\n", Err(400)),
        (
            "POST ftp://a.example/talk HTTP/1.1\r\nhost: a.example\r\n",
            Err(400),
        ),
        (
            "POST http://a.example/talk HTTP/1.1\r\nhost: a b\r\n",
            Err(400),
        ),
        (
            "POST http://x@a.example/talk HTTP/1.1\r\nhost: a.example\r\n",
            Err(400),
        ),
        ("POST http://a.example/talk HTTP/1.0\r\n", a),
        ("POST /talk HTTP/1.0\r\nhost: b.example\r\n", b),
        ("POST /c/talk HTTP/1.0\r\n", Ok("from c")),
        ("POST /c/talk HTTP/1.1\r\n", Err(400)),
        ("POST /c/talk HTTP/1.1\r\nhost:\r\n", Err(400)),
        (
            "POST /talk HTTP/1.1\r\nhost: a.example\r\nhost: b.example\r\n",
            Err(400),
        ),
        (
            "POST /talk HTTP/1.1\r\nhost: a.example\r\nhost: a.example\r\n",
            Err(400),
        ),
        (
            "POST /talk HTTP/1.0\r\nhost: a.example\r\nhost: a.example\r\n",
            Err(400),
        ),
        (
            "POST /talk HTTP/1.1\r\nhost: a.example, b.example\r\n",
            Err(400),
        ),
        ("POST /talk HTTP/1.1\r\nhost: a.example/talk\r\n", Err(400)),
        ("POST /talk HTTP/1.1\r\nhost: x@a.example\r\n", Err(400)),
        ("POST /talk HTTP/1.1\r\nhost: a.example:80:80\r\n", Err(400)),
        ("POST /talk HTTP/1.1\r\nhost: [::1\r\n", Err(400)),
        ("POST /talk HTTP/1.1\r\nhost: \u{e4}.example\r\n", Err(400)),
        ("GET /healthz HTTP/1.1\r\n", Err(400)),
        ("GET /healthz HTTP/1.1\r\nhost: a\r\nhost: b\r\n", Err(400)),
    ] {
        let answer = raw(&server, head, &body);
        match expected {
            Ok(greeting) => {
                assert_eq!(answer.status, 200, "{head}");
                assert!(
                    answer.said().contains(greeting),
                    "{head}: {}",
                    answer.said()
                );
            }
            Err(status) => assert_eq!(answer.status, status, "{head}"),
        }
    }
    let mut metrics = Connection::open(server.metrics_address);
    metrics.send("GET /metrics HTTP/1.1\r\n\r\n");
    assert_eq!(metrics.answer().status, 400);
}

/// Which paths there are is nobody's business but their author's, and looking for them is soon over.
#[test]
fn a_wrong_path_tells_nothing_about_others() {
    let manifest: String = (0..100)
        .map(|number| {
            let route = format!("/{number}{}", "a".repeat(240));
            format!("[bot.b{number}]\nsource = \"echo.wasm\"\nroute = \"{route}\"\n")
        })
        .collect();
    let folder =
        || Folder::with_manifest(&format!("{manifest}[bot.echo]\nsource = \"echo.wasm\"\n"));
    let server = folder()
        .file(
            "operator.toml",
            "[tenant.acme]\npath_prefix = \"/acme\"\nmanifests = [\"ravenry.toml\"]\n",
        )
        .serve();
    let lost = server.get("/acme/ehco");
    assert_eq!((lost.status, lost.json().get("hint")), (404, None));
    let server = folder().up();
    assert_eq!(server.get("/ehco").json()["hint"], "did you mean `/echo`?");
    let long = format!("/7{}", "b".repeat(240));
    let took = |_| {
        let began = Instant::now();
        assert_eq!(server.get(&long).json().get("hint"), None);
        began.elapsed()
    };
    let least = (0..20).map(took).min();
    // Compared with all of those, each would take a tenth of a second.
    assert!(least < Some(Duration::from_millis(20)), "{least:?}");
}

/// What a web page of somebody else can send to a bot of this machine: not to one without a key.
#[test]
fn web_pages_of_others_get_no_answer_from_an_open_bot() {
    let manifest = "[bot.open]\nsource = \"echo.wasm\"\n\
         [bot.closed]\nsource = \"echo.wasm\"\npoe = { access_key = { env = \"KEY\" } }\n";
    let server = Folder::with_manifest(manifest).env("KEY", KEY).up();
    let port = server.address.port();
    let own = format!("localhost:{port}");
    let origin = |name: &str| format!("origin: {name}\r\n");
    let cases = [
        (own.clone(), String::new(), true),
        (server.address.to_string(), String::new(), true),
        (own.clone(), origin(&format!("http://{own}")), true),
        (own.clone(), origin("http://evil.example"), false),
        (own.clone(), origin("http://localhost:1"), false),
        (own.clone(), origin("null"), false),
        (format!("evil.example:{port}"), String::new(), false),
        (
            format!("evil.example:{port}"),
            origin(&format!("http://evil.example:{port}")),
            false,
        ),
    ];
    let body = query("hi").to_string();
    for (host, origin, good) in &cases {
        let key = format!("authorization: Bearer {KEY}\r\n");
        for (method, bot, key, opens) in [
            ("POST", "open", "", *good),
            ("POST", "open", key.as_str(), *good),
            ("GET", "open", "", *good),
            ("POST", "closed", key.as_str(), true),
        ] {
            let head = format!("{method} /{bot} HTTP/1.1\r\nhost: {host}\r\n{origin}{key}");
            let answer = raw(&server, &head, &body);
            let status = if opens { 200 } else { 403 };
            assert_eq!(answer.status, status, "{head}: {}", answer.text());
        }
        let lost = raw(
            &server,
            &format!("GET /opne HTTP/1.1\r\nhost: {host}\r\n{origin}"),
            "",
        );
        assert_eq!(
            (lost.status, lost.json().get("hint").is_some()),
            (404, *good)
        );
    }
    // A tool may put the target's host, as to a proxy: that one counts.
    let head = format!("POST http://evil.example/open HTTP/1.1\r\nhost: {own}\r\n");
    assert_eq!(raw(&server, &head, &body).status, 403);
}

/// Under an operator's file others decide who may ask a bot that is open to all.
#[test]
fn an_operators_open_bot_is_open() {
    let server = by_names();
    let head = "POST /talk HTTP/1.1\r\nhost: a.example\r\norigin: http://elsewhere.example\r\n";
    assert_eq!(raw(&server, head, &query("hi").to_string()).status, 200);
}

/// Whoever guesses waits; whoever has the key does not, though he comes from the same address.
#[test]
fn guessing_keys_is_slow() {
    let manifest = "[bot.echo]\nsource = \"echo.wasm\"\npoe = { access_key = { env = \"KEY\" } }\n";
    let server = Folder::with_manifest(manifest).env("KEY", KEY).up();
    let body = query("hi").to_string();
    let with = |key: &str| {
        let key = format!("Bearer {key}");
        post("/echo", &[("authorization", &key)], body.as_bytes())
    };
    let mut guessing = server.connect();
    let began = Instant::now();
    let mut right_took = Duration::MAX;
    for number in 0..125 {
        let wrong = with(&format!("{number:032}"));
        assert_eq!(guessing.send(wrong).answer().status, 401);
        if number > 110 {
            let asked = Instant::now();
            assert_eq!(server.connect().send(with(KEY)).answer().said(), "hi");
            right_took = right_took.min(asked.elapsed());
        }
    }
    // The last 25 come ten in a second.
    assert!(
        began.elapsed() > Duration::from_secs(2),
        "{:?}",
        began.elapsed()
    );
    assert!(right_took < Duration::from_millis(50), "{right_took:?}");
    // Many connections at once help nobody.
    let many: Vec<_> = (0..80)
        .map(|number| {
            let mut connection = server.connect();
            connection.send(with(&format!("{number:032}")));
            connection
        })
        .collect();
    let answers: Vec<_> = many.into_iter().map(|mut one| one.answer()).collect();
    let away: Vec<_> = answers
        .iter()
        .filter(|answer| answer.status == 429)
        .collect();
    assert!(away.len() >= 20, "{}", away.len());
    for answer in away {
        assert_eq!(answer.header("connection"), Some("close"));
        assert_eq!(answer.header("retry-after"), Some("5"));
    }
    assert_eq!(server.connect().send(with(KEY)).answer().said(), "hi");
    // Who has no key guesses nothing.
    let began = Instant::now();
    assert_eq!(server.ask("echo", "hi").status, 401);
    assert!(
        began.elapsed() < Duration::from_secs(1),
        "{:?}",
        began.elapsed()
    );
}

/// What a body is wrapped in, and what is no body at all.
#[test]
fn bodies_come_as_they_are() {
    let server = Server::with_bots(&["echo"]);
    let post = "POST /echo HTTP/1.1\r\nhost: localhost\r\n";
    let body = query("hi").to_string();
    for (coding, status) in [
        ("identity", 200),
        ("", 200),
        ("gzip", 415),
        ("br", 415),
        ("identity, gzip", 415),
        ("identity\r\ncontent-encoding: deflate", 415),
        ("nonsense", 415),
    ] {
        let answer = raw(
            &server,
            &format!("{post}content-encoding: {coding}\r\n"),
            &body,
        );
        assert_eq!(answer.status, status, "{coding}");
        let accepted = (status == 415).then_some("identity");
        assert_eq!(answer.header("accept-encoding"), accepted, "{coding}");
    }
    let chunk = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    for (codings, status) in [
        ("chunked", 200),
        ("Chunked", 200),
        (" , chunked", 200),
        ("gzip, chunked", 501),
        ("gzip\r\ntransfer-encoding: chunked", 501),
        ("identity, chunked", 501),
        ("chunked, chunked", 400),
        ("chunked\r\ntransfer-encoding: chunked", 400),
        ("chunked, gzip", 400),
        ("gzip", 400),
    ] {
        let request = format!("{post}transfer-encoding: {codings}\r\n\r\n{chunk}");
        let mut connection = server.connect();
        let answer = connection.send(request).answer();
        assert_eq!(answer.status, status, "{codings}");
        if status != 200 {
            assert_eq!(connection.until_closed(), b"", "{codings}");
        }
    }
    for chunks in [
        "zz\r\n",
        "1\r\nabc\r\n",
        "-1\r\n",
        "ffffffffffffffffff\r\n",
        "1\nx\n0\n\n",
        "\r\n",
    ] {
        let request = format!("{post}transfer-encoding: chunked\r\n\r\n{chunks}");
        let answer = server.connect().send(request).answer();
        assert_eq!(answer.status, 400, "{chunks:?}");
    }
}

/// A body that nobody wants to read is not waited for.
#[test]
fn what_is_not_read_is_closed_at_once() {
    let manifest =
        "[bot.closed]\nsource = \"echo.wasm\"\npoe = { access_key = { env = \"KEY\" } }\n";
    let server = Folder::with_manifest(manifest).env("KEY", KEY).up();
    let began = Instant::now();
    let key = format!("authorization: Bearer {KEY}\r\n");
    for (start, more, status) in [
        ("POST /closed", "", 401),
        ("POST /lost", "", 404),
        ("PUT /closed", "", 405),
        ("GET /closed", "", 200),
        ("POST /readyz", "", 405),
        (
            "POST /closed",
            &format!("{key}content-encoding: gzip\r\n"),
            415,
        ),
    ] {
        let mut connection = server.connect();
        let request =
            format!("{start} HTTP/1.1\r\nhost: localhost\r\n{more}content-length: 1000\r\n\r\n{{");
        assert_eq!(connection.send(request).answer().status, status, "{start}");
        assert_eq!(connection.until_closed(), b"", "{start}");
    }
    assert!(
        began.elapsed() < Duration::from_secs(10),
        "{:?}",
        began.elapsed()
    );
}
