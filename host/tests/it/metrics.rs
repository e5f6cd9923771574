//! What Prometheus reads, on a listener of its own.

use crate::harness::{Connection, Folder, Server, query};

/// Every series of a bot is there from the start, and counts what happens.
#[test]
fn replies_are_counted_by_bot_and_outcome() {
    let server = Server::with_bots(&["puppet", "trap-in-the-middle"]);
    assert_eq!(
        server.metric(
            "ravenry_replies_total",
            &[("bot", "puppet"), ("outcome", "finished")]
        ),
        Some(0.0)
    );
    // At the start a bot is asked for its settings.
    server.wait_running("puppet", 0.0);
    for _ in 0..3 {
        server.ask("puppet", "a\nb");
    }
    server.ask("trap-in-the-middle", "hi");
    let count = |name: &str, bot: &str| server.metric(name, &[("bot", bot)]);
    server.wait_metric(
        "ravenry_replies_total",
        &[("bot", "puppet"), ("outcome", "finished")],
        3.0,
    );
    server.wait_metric(
        "ravenry_replies_total",
        &[("bot", "trap-in-the-middle"), ("outcome", "trapped")],
        1.0,
    );
    assert_eq!(count("ravenry_events_total", "puppet"), Some(6.0));
    assert!(count("ravenry_sent_bytes_total", "puppet").unwrap() > 100.0);
    for histogram in [
        "ravenry_first_event_seconds",
        "ravenry_reply_duration_seconds",
        "ravenry_reply_cpu_seconds",
        "ravenry_reply_peak_memory_bytes",
    ] {
        assert_eq!(
            count(&format!("{histogram}_count"), "puppet"),
            Some(3.0),
            "{histogram}"
        );
        assert!(
            count(&format!("{histogram}_bucket"), "puppet").is_some(),
            "{histogram}"
        );
    }
    let page = server.metrics();
    for line in page
        .lines()
        .filter(|line| line.starts_with("# TYPE ravenry_"))
    {
        let name = line.split(' ').nth(2).unwrap();
        assert!(
            page.contains(&format!("# HELP {name} ")),
            "{name} has no meaning"
        );
    }
}

/// The gauge counts what runs at this moment.
#[test]
fn running_replies_are_counted_while_they_run() {
    let server = Server::with_bots(&["puppet"]);
    let mut streams: Vec<_> = (0..3)
        .map(|_| server.open("puppet", "before\nsleep 100000000"))
        .collect();
    server.wait_running("puppet", 3.0);
    streams.pop();
    server.wait_running("puppet", 2.0);
    streams.clear();
    server.wait_running("puppet", 0.0);
}

/// Requests that no bot saw are counted by their status; a stranger cannot make up labels.
#[test]
fn refusals_are_counted_by_status() {
    let server = Server::with_bots(&["echo"]);
    for path in ["/a-stranger's\"word", "/two"] {
        assert_eq!(server.get(path).status, 404);
    }
    assert_eq!(server.post("echo", b"{", &[]).status, 400);
    assert_eq!(
        server.metric("ravenry_rejected_requests_total", &[("status", "404")]),
        Some(2.0)
    );
    assert_eq!(
        server.metric("ravenry_rejected_requests_total", &[("status", "400")]),
        Some(1.0)
    );
    assert!(!server.metrics().contains("stranger"));
}

/// The two listeners do not serve each other's pages.
#[test]
fn metrics_and_bots_are_apart() {
    let server = Server::with_bots(&["echo"]);
    assert_eq!(server.get("/metrics").status, 404);
    for path in ["/echo", "/", "/readyz"] {
        let mut connection = Connection::open(server.metrics_address);
        let answer = connection
            .send(format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n"))
            .answer();
        assert_eq!(answer.status, 404, "{path}");
    }
}

/// Who is turned away is counted where it happened: a key that was changed on one side only is seen.
#[test]
fn wrong_keys_are_counted_by_bot() {
    let bot = |name: &str| {
        format!(
            "[bot.{name}]\nsource = \"echo.wasm\"\npoe = {{ access_key = {{ env = \"KEY\" }} }}\n"
        )
    };
    let folder = Folder::with_manifest(&(bot("one") + &bot("other")));
    let server = folder.env("KEY", &"k".repeat(32)).up();
    assert_eq!(server.ask("one", "hi").status, 401);
    let wrong = [("authorization", "Bearer wrong")];
    assert_eq!(server.send("one", &query("hi"), &wrong).status, 401);
    let count = |name: &str| {
        let labels = [("tenant", "local"), ("bot", name)];
        server.metric("ravenry_unauthorized_requests_total", &labels)
    };
    assert_eq!((count("one"), count("other")), (Some(2.0), Some(0.0)));
}
