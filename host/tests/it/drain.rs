//! The end of the process: replies finish, or end politely; a second signal waits for nobody.

pub mod handover;

use std::{
    thread,
    time::{Duration, Instant},
};

use rustix::process::Signal;

use crate::harness::{Connection, Folder, Server, post, query};

const MANIFEST: &str = "[bot.puppet]\nsource = \"puppet.wasm\"\nlimits = { cpu = \"1h\", text = 400000000, events = 400000 }\n";

const RESTARTING: &str = r#"error {"allow_retry":true,"text":"The server is restarting; please try again in a moment (reference [REF])."}
done {}
"#;

fn with_drain(drain: &str) -> Server {
    Folder::with_manifest(MANIFEST)
        .flag("--drain")
        .flag(drain)
        .up()
}

/// Waits until the server has heard the signal.
fn stopping(server: &Server) {
    server.wait_log(|record| {
        record["message"]
            .as_str()
            .is_some_and(|text| text.starts_with("stopping"))
    });
}

/// Whether this process, and whatever it starts, hears no SIGHUP: the first bit of the kernel's mask.
fn hangups_are_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    u64::from_str_radix(mask.unwrap().trim(), 16).unwrap() & 1 == 1
}

/// SIGTERM, Ctrl-C and the end of a terminal let a reply finish; then the process ends well.
#[test]
fn a_running_reply_may_finish() {
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        if signal == Signal::HUP && hangups_are_ignored() {
            println!("left out: SIGHUP is ignored here (`nohup`), and so it is by what is started");
            continue;
        }
        let mut server = with_drain("60s");
        let mut stream = server.open("puppet", "before\nsleep 1500\nafter");
        assert_eq!(stream.next_event().unwrap().1["text"], "before");
        server.signal(signal);
        stopping(&server);
        // A terminal that goes tells it more than once.
        server.signal(Signal::HUP);
        assert_eq!(stream.rest().show(), "text {\"text\":\"after\"}\ndone {}\n");
        assert!(server.wait().success());
    }
}

/// What has not finished within the bound is ended politely, whatever its bot does.
#[test]
fn a_reply_that_takes_longer_ends_politely() {
    let mut server = with_drain("300ms");
    let mut streams: Vec<_> = ["before\nspin", "before\nsleep 100000000"]
        .map(|text| server.open("puppet", text))
        .into();
    for stream in &mut streams {
        assert_eq!(stream.next_event().unwrap().1["text"], "before");
    }
    let silent = server.open("puppet", "sleep 100000000");
    let unread = server.open("puppet", "say 100000 1000");
    server.wait_running("puppet", 4.0);
    server.signal(Signal::TERM);
    for stream in streams {
        assert_eq!(stream.rest().show(), RESTARTING);
    }
    assert!(silent.rest().show().ends_with(RESTARTING));
    drop(unread);
    assert!(server.wait().success());
    let stopped = server
        .log()
        .iter()
        .filter(|line| line.contains("\"outcome\":\"stopping\""))
        .count();
    assert!(stopped >= 3, "{}", server.log().join("\n"));
}

/// Who reads late still gets a whole stream, when he begins to read before the goodbye is over.
#[test]
fn a_reader_who_is_behind_gets_a_whole_stream() {
    let mut server = with_drain("300ms");
    let stream = server.open("puppet", "say 3000 1000\nspin");
    server.wait_running("puppet", 1.0);
    server.signal(Signal::TERM);
    stopping(&server);
    let shown = stream.rest().show();
    assert!(
        shown.ends_with(RESTARTING),
        "{}",
        &shown[shown.len().saturating_sub(300)..]
    );
    assert!(server.wait().success());
}

/// Whoever was told not to hear of the end of his terminal does not.
#[test]
fn without_a_terminal_it_goes_on() {
    let folder = Folder::with_manifest(MANIFEST).first("trap '' HUP");
    let mut server = folder.up();
    server.signal(Signal::HUP);
    assert_eq!(server.ask("puppet", "here").said(), "here");
    server.signal(Signal::TERM);
    stopping(&server);
    assert!(server.wait().success());
}

/// Nothing new is begun, and whoever asks is told so to the end, by a connection that was open or by a new one.
#[test]
fn nothing_new_is_begun() {
    let mut server = with_drain("60s");
    let stream = server.open("puppet", "before\nsleep 100000000");
    let mut open = server.connect();
    open.send("GET /readyz HTTP/1.1\r\nhost: localhost\r\n\r\n");
    assert_eq!(open.answer().status, 200);
    server.wait_running("puppet", 1.0);
    server.signal(Signal::TERM);
    stopping(&server);
    let body = query("me too").to_string();
    let request = post("/puppet", &[], body.as_bytes());
    // An idle connection may be closed at once; if it is not, it is told to go away.
    if open.try_send(&request).is_ok() {
        let answer = String::from_utf8(open.until_closed()).unwrap();
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 503 "),
            "{answer}"
        );
    }
    let silent = Connection::open(server.address);
    for _ in 0..3 {
        let refused = server.ask("puppet", "me too");
        assert_eq!(refused.status, 503);
        assert_eq!(refused.header("connection"), Some("close"));
        assert_eq!(refused.header("retry-after"), Some("5"));
        let ready = server.get("/readyz");
        assert_eq!(
            (ready.status, ready.text()),
            (503, r#"{"status":"draining"}"#)
        );
        assert_eq!(server.get("/healthz").status, 200);
    }
    drop(stream);
    assert!(server.wait().success());
    drop(silent);
}

/// The second signal stops at once, and a third changes nothing.
#[test]
fn a_second_signal_stops_at_once() {
    let mut server = with_drain("1h");
    let mut stream = server.open("puppet", "before\nsleep 100000000");
    assert!(stream.next_event().is_some());
    server.signal(Signal::TERM);
    stopping(&server);
    server.signal(Signal::INT);
    server.wait();
}

/// Without replies the stop is immediate, idle connections or not.
#[test]
fn an_idle_server_stops_at_once() {
    let mut server = with_drain("1h");
    let _idle = Connection::open(server.address);
    let mut used = server.connect();
    used.send("GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n");
    assert_eq!(used.answer().status, 200);
    server.signal(Signal::TERM);
    assert!(server.wait().success());
}

/// A stop waits for replies, and for nothing that was not asked yet.
#[test]
fn half_a_request_does_not_delay_a_stop() {
    let mut server = with_drain("1h");
    let half = |bytes: &str| {
        let mut connection = server.connect();
        connection.send("GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n");
        assert_eq!(connection.answer().status, 200);
        connection.send(bytes);
        connection
    };
    let mut waiting = [
        "POST /puppet HTTP/1.1\r\nhost: loc",
        "POST /puppet HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n{",
        "POST /puppet HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000000\r\n\r\n{",
        "POST /puppet HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{\r\n",
    ]
    .map(half);
    let mut fresh = server.connect();
    fresh.send("GET /he");
    // Answered: what was sent before that on other connections has been read.
    let mut reply = server.open("puppet", "before\nsleep 1000\nafter");
    assert_eq!(reply.next_event().unwrap().1["text"], "before");
    server.signal(Signal::TERM);
    let began = Instant::now();
    thread::scope(|scope| {
        for connection in &mut waiting {
            scope.spawn(|| {
                let answer = String::from_utf8(connection.until_closed()).unwrap();
                assert!(
                    answer.is_empty() || answer.starts_with("HTTP/1.1 503 "),
                    "{answer}"
                );
            });
        }
        scope.spawn(|| assert_eq!(fresh.until_closed(), b""));
    });
    assert_eq!(reply.rest().show(), "text {\"text\":\"after\"}\ndone {}\n");
    assert!(server.wait().success());
    // Each would take 20 or 30 s to be given up.
    assert!(
        began.elapsed() < Duration::from_secs(10),
        "{:?}",
        began.elapsed()
    );
}
