//! What all tenants share, used up by one of them: descriptors, lookups of names, computing time of
//! connections. The others are answered.

use std::time::{Duration, Instant};

use rustix::process::{Pid, Resource, Rlimit, prlimit};

use super::{
    fetcher, get, names, notes, steps,
    upstream::{Conversation, Upstream},
};
use crate::harness::{Folder, Server, wait_until};

/// Few descriptors for the process: 38 of them are for connections to others.
const FEW: &str = "ulimit -n 256";

/// Nothing of a polite tenant takes this long. Two seconds before the first who waits gives up.
const SOON: Duration = Duration::from_secs(8);

/// A noisy tenant with so many bots, `b0` to the last, and a polite one; both reach this origin.
fn two_tenants(bots: usize, noisy: &str, polite: &str) -> Folder {
    let bot = |name: &str, origin: &str| {
        format!(
            "[bot.{name}]\nsource = \"fetcher.wasm\"\nallowed_outbound_hosts = [\"{origin}\"]\n"
        )
    };
    let noisy: String = (0..bots)
        .map(|number| bot(&format!("b{number}"), noisy))
        .collect();
    Folder::empty()
        .manifest("noisy.toml", &noisy)
        .manifest("polite.toml", &bot("talk", polite))
        .file(
            "operator.toml",
            "[tenant.noisy]\npath_prefix = \"/noisy\"\nmanifests = [\"noisy.toml\"]\n\
             [tenant.polite]\npath_prefix = \"/polite\"\nmanifests = [\"polite.toml\"]\n",
        )
        .flag("--allow-private-host=127.0.0.1")
        .flag("--allow-private-host=known.test")
        .first(FEW)
}

/// Answers each request on a connection, and keeps it.
fn keeps_connections(mut talk: Conversation) {
    while !talk.request().is_empty() {
        talk.say("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello");
    }
}

/// Answers with the beginning of a body, and says nothing more.
fn holds(mut talk: Conversation) {
    talk.request();
    talk.say("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhel");
    talk.until_closed();
}

/// Eight requests at once; the last one is waited for.
fn eight_requests(url: &str) -> String {
    let first = ["request", "GET", url];
    let one = [&first[..], &["send"], &["keep"]];
    let last = [&first[..], &["send"], &["head"], &["rest"]];
    steps(&[&one.repeat(7)[..], &last].concat())
}

fn ask_politely(server: &Server, origin: &str) {
    let began = Instant::now();
    assert_eq!(server.ask("polite/talk", &get(origin)).said(), "200\nhello");
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
}

/// Replies that hold more connections than there are: their tenant gets most of them and an error for
/// the rest. Whoever comes is accepted, and another tenant reaches whom he wants.
#[test]
fn connections_of_one_tenant_leave_some_to_others() {
    let (held, free) = (Upstream::start(holds), Upstream::start(keeps_connections));
    let server = two_tenants(27, &held.url(), &free.url()).serve();
    server.wait_ready();
    let url = held.url();
    let requests = eight_requests(&url);
    let streams: Vec<_> = (0..27)
        .map(|number| server.open(&format!("noisy/b{number}"), &requests))
        .collect();
    // Most of four fifths. Those that are refused come back after 10 s.
    while held.connections() < 28 {
        ask_politely(&server, &free.url());
    }
    ask_politely(&server, &free.url());
    assert!(held.connections() <= 40, "{}", held.connections());
    server.wait_text("no connection was free in time: those that its tenant may have");
    ask_politely(&server, &free.url());
    assert_eq!(server.get("/healthz").status, 200);
    let log = server.log().join("\n");
    assert!(!log.contains("cannot be accepted"), "{log}");
    assert!(log.contains("raise `ulimit -n`"), "{log}");

    // What was held comes free with its replies.
    drop(streams);
    let one = steps(&[&["request", "GET", &url], &["send"], &["head"]]);
    assert_eq!(server.ask("noisy/b0", &one).said(), "200\n");
}

/// Connections that are kept for the next request are no reason to wait: more bots than there are
/// connections send one request each, and each has its answer.
#[test]
fn connections_that_nobody_uses_are_given_up() {
    let upstream = Upstream::start(keeps_connections);
    let server = two_tenants(60, &upstream.url(), &upstream.url()).serve();
    server.wait_ready();
    let began = Instant::now();
    for number in 0..60 {
        let said = server.ask(&format!("noisy/b{number}"), &get(&upstream.url()));
        assert_eq!(said.said(), "200\nhello", "{number}");
    }
    ask_politely(&server, &upstream.url());
    assert!(upstream.connections() >= 61, "one for each");
    let waited = began.elapsed();
    assert!(waited < Duration::from_secs(25), "{waited:?}: they expired");
    // A bot that asks again and again keeps its own, once that is back where the next request looks for it.
    wait_until("its connection is used again", || {
        let before = upstream.connections();
        ask_politely(&server, &upstream.url());
        upstream.connections() == before
    });
}

/// A name server that is silent about the names of one tenant holds no threads, and others find theirs.
#[test]
fn a_silent_name_server_holds_nobody_else() {
    let upstream = Upstream::start(keeps_connections);
    let origin = format!("http://{}:{}", names::KNOWN, upstream.address.port());
    let server = two_tenants(70, "http://silent.test", &origin)
        .flag(&format!("--name-server={}", names::start()))
        .serve();
    server.wait_ready();
    ask_politely(&server, &origin);
    let before = server.threads();
    let url = "http://silent.test";
    let requests = eight_requests(url);
    let streams: Vec<_> = (0..70)
        .map(|number| server.open(&format!("noisy/b{number}"), &requests))
        .collect();
    // Each time a connection of its own, with a lookup of its own.
    for _ in 0..3 {
        ask_politely(&server, &origin);
    }
    let threads = server.threads();
    assert!(threads < before + 16, "{before} threads became {threads}");
    let said = streams.into_iter().next().unwrap().rest().said();
    let said = said.replace("error: no response\n", "");
    // The name server is silent, or others of the tenant wait for it.
    let late = ["DnsTimeout", "ConnectionTimeout", "ConnectionLimitReached"];
    let late = late.map(|code| format!("error: ErrorCode::{code}\n"));
    assert!(late.contains(&said), "{said}");
}

/// Where accepting fails all the same, that is said once, and it goes on when there is room.
#[test]
fn a_failed_accept_is_said_once() {
    let server = Server::with_bots(&["puppet"]);
    assert_eq!(server.ask("puppet", "hi").said(), "hi");
    let process = Pid::from_raw(server.id().try_into().unwrap());
    let limit = |current| {
        let limit = Rlimit {
            current: Some(current),
            maximum: Some(4096),
        };
        prlimit(process, Resource::Nofile, limit).unwrap();
    };
    for times in 1..=2 {
        limit(3);
        let waiting: Vec<_> = (0..3).map(|_| server.connect()).collect();
        server.wait_times("connections cannot be accepted", times);
        // Some more attempts, none of which is news.
        std::thread::park_timeout(Duration::from_millis(300));
        limit(4096);
        assert_eq!(server.ask("puppet", "hi").said(), "hi");
        drop(waiting);
    }
    let said = |line: &&String| line.contains("connections cannot be accepted");
    assert_eq!(server.log().iter().filter(said).count(), 2);
}

/// Interim answers without end are no answer, and cost next to nothing; a few of them do no harm.
#[test]
fn interim_answers_without_end_are_no_answer() {
    let hints = "HTTP/1.1 103 Early Hints\r\nlink: </a>; rel=preload\r\n\r\n";
    let flood = Upstream::start(move |mut talk| {
        talk.request();
        talk.say_for_ever(hints.repeat(1_000).as_bytes());
    });
    let drip = Upstream::start(move |mut talk| {
        talk.request();
        loop {
            talk.say(hints);
            if talk.is_closed_within(Duration::from_millis(20)) {
                return;
            }
        }
    });
    // Together more than may come before an answer.
    let polite = Upstream::start(move |mut talk| {
        let body = "x".repeat(100_000);
        while !talk.request().is_empty() {
            talk.say(hints.repeat(100));
            talk.say(format!(
                "HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n{body}"
            ));
        }
    });
    let server = fetcher(&[flood.url(), drip.url(), polite.url()], "");
    let ask = |url: &str| {
        let request = [
            &["request", "GET", url][..],
            &["timeout", "first-byte", "500"],
            &["send"],
            &["head"],
        ];
        server.ask("fetcher", &steps(&request)).said()
    };
    let before = server.computed();
    assert_eq!(ask(&flood.url()), "error: ErrorCode::HttpProtocolError\n");
    let spent = server.computed().saturating_sub(before);
    assert!(spent < Duration::from_millis(500), "{spent:?}");
    let began = Instant::now();
    assert_eq!(ask(&drip.url()), "error: ErrorCode::HttpResponseTimeout\n");
    // The time for a connection, which was there at once, is not waited for besides.
    assert!(began.elapsed() < Duration::from_secs(10));
    assert_eq!(
        notes(&server),
        [
            format!(
                "a request to {} failed: interim answers (status 1xx) came without end, and no answer",
                flood.url()
            ),
            format!(
                "a request to {} failed: no response began within 0.5 s",
                drip.url()
            ),
        ]
    );
    let url = polite.url();
    let once = [
        &["request", "GET", &url][..],
        &["send"],
        &["head"],
        &["count"],
    ];
    let said = server.ask("fetcher", &steps(&once.repeat(8))).said();
    assert_eq!(said, "200\n100000 bytes\n".repeat(8));
    // Seldom the next request comes before the connection is free again.
    assert!(polite.connections() < 8, "{}", polite.connections());
}
