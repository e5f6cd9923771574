//! What bots may send to other servers, and what becomes of it: who is reached, which headers leave,
//! and that nothing else does.

mod exhaustion;
mod faults;
mod names;
mod streams;
mod tasks;
pub mod upstream;

use serde_json::Value;

use self::upstream::Upstream;
use crate::harness::{Folder, Server};

/// A gateway with the bot `fetcher`, which may reach these origins, and may use loopback for it.
fn fetcher(origins: &[String], more: &str) -> Server {
    manifest(origins, more)
        .flag("--allow-private-host")
        .flag("127.0.0.1")
        .up()
}

fn manifest(origins: &[String], more: &str) -> Folder {
    Folder::with_manifest(&format!(
        "[bot.fetcher]\nsource = \"fetcher.wasm\"\nallowed_outbound_hosts = {origins:?}\n{more}"
    ))
}

/// The message that makes the bot do this, step by step.
fn steps(steps: &[&[&str]]) -> String {
    serde_json::to_string(steps).unwrap()
}

/// The steps of an ordinary request.
fn get(url: &str) -> String {
    steps(&[&["request", "GET", url], &["send"], &["head"], &["rest"]])
}

/// The warnings in the bot's log so far.
fn notes(server: &Server) -> Vec<String> {
    // What is printed after all of them is read after all of them.
    let last = format!("{} records were there", server.log().len());
    server.ask("fetcher", &steps(&[&["print", &last]]));
    server.wait_log(|record| record["message"] == last.as_str());
    let records = server.log();
    let records = records
        .iter()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    records
        .filter(|record| record["target"] == "bot" && record["level"] == "WARN")
        .map(|record| record["message"].as_str().unwrap().to_owned())
        .collect()
}

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello";

/// The page beside the bots is for a person: a bot that names it reaches it no more than anything else on this
/// machine. (Attachments are read there all the same: `browser`, `a_bot_of_the_gateway_reads_an_attachment`.)
#[test]
fn the_page_beside_the_bots_is_not_reached() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let page = format!("http://{address}");
    let server = manifest(std::slice::from_ref(&page), "")
        .flag(&format!("--page={address}"))
        .up();
    assert!(server.output().contains(&page), "{}", server.output());
    let said = server.ask("fetcher", &get(&format!("{page}/"))).said();
    assert!(!said.contains("200") && !said.contains("Ravenry"), "{said}");
}

#[test]
fn a_host_that_is_named_is_reached() {
    let upstream = Upstream::saying(OK);
    let server = fetcher(&[upstream.url()], "");
    let said = server.ask("fetcher", &get(&upstream.url())).said();
    assert_eq!(said, "200\nhello");
    assert_eq!(notes(&server), Vec::<String>::new());
}

/// Another port, another scheme, another name: each is another host. The log says once what to add.
#[test]
fn a_host_that_is_not_named_is_refused_with_the_line_to_add() {
    let (named, other) = (Upstream::saying(OK), Upstream::saying(OK));
    let server = fetcher(&[named.url()], "");
    let secure = named.url().replace("http:", "https:");
    let said = server
        .ask(
            "fetcher",
            &steps(&[
                &["request", "GET", &other.url()],
                &["send"],
                &["head"],
                &["request", "GET", &other.url()],
                &["send"],
                &["head"],
                &["request", "GET", &secure],
                &["send"],
                &["head"],
                &["request", "GET", "http://example.com/?secret=1"],
                &["send"],
                &["head"],
            ]),
        )
        .said();
    assert_eq!(said, "error: ErrorCode::HttpRequestDenied\n".repeat(4));
    assert_eq!(named.connections() + other.connections(), 0);
    let wanted = |origin: &str| {
        format!(
            "a request to {origin} was refused: the bot may not reach this host; in its manifest, \
             add `allowed_outbound_hosts = [\"{origin}\"]`"
        )
    };
    assert_eq!(
        notes(&server),
        [
            wanted(&other.url()),
            wanted(&secure),
            wanted("http://example.com")
        ]
    );
}

/// Whatever the manifest allows: an address that is not public needs the operator's word, however it
/// is written.
#[test]
fn addresses_that_are_not_public_are_refused_though_they_are_named() {
    let upstream = Upstream::saying(OK);
    let port = upstream.address.port();
    let mut origins = Vec::new();
    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "localhost",
        "0.0.0.0",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::127.0.0.1]",
    ] {
        origins.push(format!("http://{host}:{port}"));
    }
    origins.push("http://169.254.169.254".to_owned());
    let server = manifest(&origins, "").up();
    for origin in &origins {
        let said = server.ask("fetcher", &get(origin)).said();
        assert!(
            said.starts_with("error: ErrorCode::DestinationIpProhibited\n"),
            "{origin}: {said}"
        );
    }
    assert_eq!(upstream.connections(), 0);
    let notes = notes(&server);
    let first = format!(
        "a request to http://127.0.0.1:{port} was refused: its address 127.0.0.1 is loopback; if it \
         is meant, whoever runs the server can allow it with `--allow-private-host 127.0.0.1:{port}`"
    );
    assert_eq!(notes[0], first);
    assert_eq!(notes.len(), origins.len(), "{notes:#?}");
}

/// The operator's word is for the host, not for a bot: the manifest must name it as well.
#[test]
fn an_allowed_private_host_is_not_everybodys() {
    let upstream = Upstream::saying(OK);
    let server = fetcher(&[], "");
    let said = server.ask("fetcher", &get(&upstream.url())).said();
    assert!(
        said.starts_with("error: ErrorCode::HttpRequestDenied\n"),
        "{said}"
    );
    assert_eq!(upstream.connections(), 0);
}

/// A redirection is an answer like any other. Where it points is for the bot to ask for, by the same
/// rules.
#[test]
fn a_redirection_is_not_followed() {
    let inner = Upstream::saying(OK);
    let outer = Upstream::saying(format!(
        "HTTP/1.1 302 Found\r\nlocation: {}/x\r\ncontent-length: 0\r\n\r\n",
        inner.url()
    ));
    let server = fetcher(&[outer.url()], "");
    let said = server
        .ask(
            "fetcher",
            &steps(&[
                &["request", "GET", &outer.url()],
                &["send"],
                &["head"],
                &["show", "location"],
            ]),
        )
        .said();
    assert_eq!(said, format!("302\nlocation: {}/x\n", inner.url()));
    assert_eq!(inner.connections(), 0);
}

/// Names, values, methods and URLs that would become a second line or a second request.
#[test]
fn nothing_can_be_put_between_the_lines_of_a_request() {
    let upstream = Upstream::start(|mut talk| {
        let head = talk.request();
        let head = head.replace("\r\n", "|");
        talk.say(format!(
            "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{head}",
            head.len()
        ));
    });
    let url = upstream.url();
    let server = fetcher(&[url.clone(), "http://a".to_owned()], "");
    let plain = format!(
        "200\nGET /p HTTP/1.1|accept: */*|accept-encoding: identity|host: {}||",
        upstream.address
    );
    for (name, value, refused) in [
        ("x", "a\r\nevil: 1", "HeaderError::InvalidSyntax"),
        ("x", "a\nevil: 1", "HeaderError::InvalidSyntax"),
        ("x", "a\rb", "HeaderError::InvalidSyntax"),
        ("x", "a\0b", "HeaderError::InvalidSyntax"),
        ("x\r\nevil", "1", "HeaderError::InvalidSyntax"),
        ("x y", "1", "HeaderError::InvalidSyntax"),
        ("x:", "1", "HeaderError::InvalidSyntax"),
        ("", "1", "HeaderError::InvalidSyntax"),
        ("Host", "evil", "HeaderError::Forbidden"),
        ("Connection", "close", "HeaderError::Forbidden"),
        ("Keep-Alive", "1", "HeaderError::Forbidden"),
        ("Transfer-Encoding", "chunked", "HeaderError::Forbidden"),
        ("Upgrade", "websocket", "HeaderError::Forbidden"),
        ("TE", "trailers", "HeaderError::Forbidden"),
        ("Trailer", "x", "HeaderError::Forbidden"),
        ("Expect", "100-continue", "HeaderError::Forbidden"),
        ("Proxy-Authorization", "x", "HeaderError::Forbidden"),
        ("Proxy-Anything", "x", "HeaderError::Forbidden"),
    ] {
        let said = server
            .ask(
                "fetcher",
                &steps(&[
                    &["request", "GET", &format!("{url}/p")],
                    &["header", name, value],
                    &["send"],
                    &["head"],
                    &["rest"],
                ]),
            )
            .said();
        assert_eq!(
            said,
            format!("error: {refused}\n{plain}"),
            "{name:?}: {value:?}"
        );
    }
    for (method, target) in [
        ("GET", format!("{url}/a\r\nevil: 1")),
        ("GET", format!("{url}/a b HTTP/1.1")),
        ("GET", format!("http://user:pass@{}", upstream.address)),
        ("GET", format!("http://a\r\nevil@{}", upstream.address)),
        ("GET / HTTP/1.1\r\nevil: 1\r\nX", format!("{url}/p")),
        ("CONNECT", url.clone()),
        ("TRACE", url.clone()),
        ("GET", format!("ftp://{}", upstream.address)),
    ] {
        let before = upstream.connections();
        let said = server.ask(
            "fetcher",
            &steps(&[&["request", method, &target], &["send"], &["head"]]),
        );
        let said = said.said();
        assert!(said.starts_with("error: "), "{method:?} {target:?}: {said}");
        assert_eq!(upstream.connections(), before, "{method:?} {target:?}");
    }
    // What is ordinary passes as it is.
    let said = server
        .ask(
            "fetcher",
            &steps(&[
                &["request", "GET", &format!("{url}/p?q=%0d%0a")],
                &["header", "X-Ordinary", "a \t b"],
                &["send"],
                &["head"],
                &["rest"],
            ]),
        )
        .said();
    let wanted = format!(
        "200\nGET /p?q=%0d%0a HTTP/1.1|x-ordinary: a \t b|accept: */*|accept-encoding: identity|host: {}||",
        upstream.address
    );
    assert_eq!(said, wanted);
}

/// What the connection of the other side says about itself is not for the bot.
#[test]
fn headers_of_the_connection_do_not_reach_the_bot() {
    let upstream = Upstream::saying(
        "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\nkeep-alive: 5\r\n\
         proxy-authenticate: x\r\nx-kept: yes\r\n\r\n",
    );
    let server = fetcher(&[upstream.url()], "");
    let mut steps_of: Vec<Vec<&str>> = vec![];
    let url = upstream.url();
    steps_of.push(vec!["request", "GET", &url]);
    steps_of.push(vec!["send"]);
    steps_of.push(vec!["head"]);
    for name in ["connection", "keep-alive", "proxy-authenticate", "x-kept"] {
        steps_of.push(vec!["show", name]);
    }
    let list: Vec<&[&str]> = steps_of.iter().map(Vec::as_slice).collect();
    assert_eq!(
        server.ask("fetcher", &steps(&list)).said(),
        "200\nx-kept: yes\n"
    );
}
