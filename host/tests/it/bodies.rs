//! Bodies on their way: what some announce, leave waiting or have decoded keeps nobody else waiting.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::harness::{Answer, Connection, Folder, Server, post, query};

/// Two tenants with a puppet each. The noisy one has `limits` for its bot, and `memory` in all.
fn two_tenants(limits: &str, memory: &str) -> Server {
    let operator = format!(
        "[tenant.noisy]\npath_prefix = \"/noisy\"\nmanifests = [\"noisy.toml\"]\n\
         limits = {{ memory = \"{memory}\" }}\n\
         [tenant.polite]\npath_prefix = \"/polite\"\nmanifests = [\"polite.toml\"]\n"
    );
    let bot = "[bot.talk]\nsource = \"puppet.wasm\"\n";
    let server = Folder::empty()
        .manifest("noisy.toml", &format!("{bot}limits = {{ {limits} }}\n"))
        .manifest("polite.toml", bot)
        .file("operator.toml", operator)
        .flag("--limit=queue_wait=10m")
        .serve();
    server.wait_ready();
    server
}

/// A query of about so many bytes, most of them in a message that the bot does not look at.
pub fn long(bytes: usize, text: &str) -> Vec<u8> {
    let mut body = query(text);
    let messages = body["query"].as_array_mut().unwrap();
    messages.insert(0, json!({ "role": "user", "content": "x".repeat(bytes) }));
    body.to_string().into_bytes()
}

fn send(server: &Server, bot: &str, body: &[u8]) -> Connection {
    let mut connection = server.connect();
    connection.send(post(&format!("/{bot}"), &[], body));
    connection
}

fn is_refused(answer: &Answer) {
    assert_eq!(answer.status, 503, "{}", answer.text());
    assert_eq!(answer.header("retry-after"), Some("5"));
    assert_eq!(answer.header("connection"), Some("close"));
    let said = answer.json();
    let error = said["error"].as_str().unwrap();
    assert!(error.starts_with("there is no memory for this request body now (reference "));
    assert!(said["hint"].as_str().unwrap().starts_with("try again"));
}

/// How long the middle one of nine queries takes.
fn middle_of_nine(ask: impl Fn()) -> Duration {
    let mut times: Vec<_> = (0..9)
        .map(|_| {
            let began = Instant::now();
            ask();
            began.elapsed()
        })
        .collect();
    times.sort();
    times[4]
}

/// What is announced takes no room: a sixteenth of any machine up to 32 GiB is announced here, and one
/// byte of each body comes.
#[test]
fn announced_bodies_keep_nobody_waiting() {
    let server = two_tenants("", "1GiB");
    let announcing: Vec<_> = (0..130)
        .map(|_| {
            let mut connection = server.connect();
            connection.send(
                "POST /noisy/talk HTTP/1.1\r\nhost: x\r\ncontent-length: 16777216\r\n\
                 expect: 100-continue\r\n\r\n",
            );
            assert_eq!(connection.head().0, 100, "the server waits for the body");
            connection.send("{");
            connection
        })
        .collect();
    let began = Instant::now();
    for bot in ["polite/talk", "noisy/talk"] {
        assert_eq!(server.ask(bot, "hi").said(), "hi");
        for bytes in [100_000, 4_000_000] {
            assert_eq!(server.post(bot, &long(bytes, "hi"), &[]).said(), "hi");
        }
    }
    // Who had to wait for those would wait for 30 s.
    assert!(
        began.elapsed() < Duration::from_secs(15),
        "{:?}",
        began.elapsed()
    );
    drop(announcing);
    assert_eq!(
        server.post("noisy/talk", &long(12 << 20, "hi"), &[]).said(),
        "hi"
    );
}

/// Queries in a queue are booked on their tenant, with what was read of them: who has no memory left
/// for more is told so, others are answered, and all of it comes back.
#[test]
fn large_queries_in_a_queue_are_booked_on_their_tenant() {
    let limits = "memory = \"32MiB\", running = 1, queue = 100";
    let server = two_tenants(limits, "64MiB");
    let waiting_is = |number: f64| {
        server.wait_metric("ravenry_waiting_queries", &[("tenant", "noisy")], number);
    };
    let running = server.open("noisy/talk", "sleep 100000000");
    server.wait_metric("ravenry_running_replies", &[("tenant", "noisy")], 1.0);
    // Each takes 8 MiB: as it came, and as it is handed to the bot.
    let body = long(4 << 20, "hi");
    let waiting: Vec<_> = (1..=7)
        .map(|number| {
            let connection = send(&server, "noisy/talk", &body);
            waiting_is(f64::from(number));
            connection
        })
        .collect();
    is_refused(&send(&server, "noisy/talk", &body).answer());
    let refused = server.wait_log(|record| {
        record["message"]
            .as_str()
            .is_some_and(|said| said.starts_with("the bot is full"))
    });
    assert_eq!(refused["reason"], "no memory for one more request body");
    assert_eq!(server.post("polite/talk", &body, &[]).said(), "hi");
    drop((running, waiting));
    waiting_is(0.0);
    server.wait_metric("ravenry_running_replies", &[("tenant", "noisy")], 0.0);
    for _ in 0..20 {
        assert_eq!(server.post("noisy/talk", &body, &[]).said(), "hi");
    }
}

/// A body that never finds memory for all that it takes is refused soon, and its pieces are given back.
#[test]
fn a_body_beyond_the_memory_of_its_tenant_is_refused() {
    let server = two_tenants("memory = \"8MiB\"", "8MiB");
    for _ in 0..3 {
        is_refused(&send(&server, "noisy/talk", &long(6 << 20, "hi")).answer());
        assert_eq!(
            server.post("noisy/talk", &long(1 << 20, "hi"), &[]).said(),
            "hi"
        );
    }
    // Many small pieces take more than their bytes.
    let mut connection = server.connect();
    connection.send("POST /noisy/talk HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n");
    // The server may stop reading before all is sent.
    let _ = connection.try_send("1\r\n \r\n".repeat(300_000));
    let answer = String::from_utf8_lossy(&connection.until_closed()).into_owned();
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 503 "),
        "{answer}"
    );
    assert_eq!(server.ask("noisy/talk", "hi").said(), "hi");
}

/// Large bodies are decoded in turns by tenant: a neighbour waits for the one under way, not for all.
#[test]
fn large_bodies_of_one_tenant_are_no_queue_for_another() {
    let server = two_tenants("", "1GiB");
    let (large, neighbours) = (long(4_600_000, "hi"), long(100_000, "hi"));
    let ask = |bot: &str, body: &[u8]| assert_eq!(server.post(bot, body, &[]).said(), "hi");
    let one_large = middle_of_nine(|| ask("noisy/talk", &large));
    let alone = middle_of_nine(|| ask("polite/talk", &neighbours));
    let is_over = AtomicBool::new(false);
    let beside = thread::scope(|scope| {
        let noisy = || {
            while !is_over.load(Ordering::Relaxed) {
                ask("noisy/talk", &large);
            }
        };
        let clients = [(); 8].map(|()| scope.spawn(noisy));
        // All of them are at it.
        for _ in &clients {
            ask("noisy/talk", &large);
        }
        let beside = middle_of_nine(|| ask("polite/talk", &neighbours));
        is_over.store(true, Ordering::Relaxed);
        beside
    });
    // Behind eight others it would take four times of a large one with two processors, and what it takes
    // alone. Those who make the noise have the same processors, hence the room.
    let bound = one_large + alone * 10 + Duration::from_millis(100);
    assert!(
        beside <= bound,
        "{beside:?} beside large ones, {alone:?} alone; a large one takes {one_large:?}"
    );
}
