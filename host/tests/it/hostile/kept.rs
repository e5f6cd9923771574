//! What the host is made to keep: attacks on the memory of the process, each beside a polite neighbour, and
//! in a process that may not have much.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    thread,
};

use serde_json::json;

use super::is_well;
use crate::harness::{Connection, Folder, Groups, Server, post, query, wait_until};

/// What the process may have: its bots half of that.
const MEBIBYTES: u64 = 512;

/// What the hostile bot may have of it.
const LIMITS: &str = "limits = { live_memory = \"96MiB\", cpu = \"30s\" }";

/// What may have become of it in the end: what the allocator keeps for the next time.
const LEFT_BYTES: u64 = 160 << 20;

/// A server with a hostile bot and a neighbour, where this is possible in a control group.
fn small(bot: &str) -> (Server, Option<Groups>) {
    let groups = Groups::with_memory(MEBIBYTES << 20);
    // Else the system bounds what it may write to, without what is only reserved.
    let bound = || format!("ulimit -d {}", 2 * MEBIBYTES * 1024);
    let first = groups.as_ref().map_or_else(bound, Groups::enter);
    let manifest = format!("[bot.hostile]\n{bot}\n[bot.echo]\nsource = \"echo.wasm\"\n");
    let server = Folder::with_manifest(&manifest).first(&first).up();
    server.wait_ready();
    (server, groups)
}

/// Attacks twice. Meanwhile and afterwards the neighbour is answered, and the memory comes back.
fn holds_out<T>(bot: &str, attack: impl Fn(&Server) -> T) {
    let (server, _groups) = small(bot);
    assert_eq!(server.ask("echo", "hello").said(), "hello");
    let before = server.resident_bytes();
    for _ in 0..2 {
        let under_way = attack(&server);
        for _ in 0..5 {
            assert_eq!(server.ask("echo", "still there?").said(), "still there?");
        }
        drop(under_way);
        is_well(&server);
    }
    let more = server.resident_bytes().saturating_sub(before);
    assert!(more < LEFT_BYTES, "{more} bytes more are in use");
    // Books held it: whoever looks after memory that is in no book had nothing to do.
    let short = server.metric("ravenry_replies_total", &[("outcome", "memory_short")]);
    assert_eq!(short, None, "more was kept than was booked");
}

/// Asks so many times at once, and reads no more of each answer than the name of its first event: by then the host
/// keeps what it was made to keep, or has refused to.
fn unread(server: &Server, body: &[u8], times: usize) -> Vec<(Connection, Option<String>)> {
    let request = post("/hostile", &[], body);
    let send = |_| {
        let mut connection = server.connect();
        connection.send(&request);
        connection
    };
    let connections: Vec<Connection> = (0..times).map(send).collect();
    let begun = |mut connection: Connection| {
        let event = connection.begun();
        (connection, event)
    };
    connections.into_iter().map(begun).collect()
}

fn hoards(command: &str, times: usize) {
    let body = query(command).to_string();
    holds_out(&format!("source = \"hoards.wasm\"\n{LIMITS}"), |server| {
        unread(server, body.as_bytes(), times)
    });
}

#[test]
fn headers_are_memory_of_their_bot() {
    hoards("fields 500 16000", 64);
}

#[test]
fn paths_are_memory_of_their_bot() {
    hoards("requests 500 16000", 64);
}

/// What is handed to a function in one piece is gone before the function waits.
#[test]
fn a_description_of_forty_megabytes_is_refused() {
    let body = query("authorize 40000000").to_string();
    holds_out(&format!("source = \"hoards.wasm\"\n{LIMITS}"), |server| {
        let answers = unread(server, body.as_bytes(), 8);
        for (_, event) in &answers {
            assert_eq!(event.as_deref(), Some("error"), "it was taken");
        }
        answers
    });
}

/// Strangers ask, and do not read: each answer is twelve bytes a character.
#[test]
fn answers_that_nobody_reads_are_memory_of_their_bot() {
    let body = query(&"😀".repeat(511_000)).to_string();
    holds_out(&format!("source = \"echo.wasm\"\n{LIMITS}"), |server| {
        unread(server, body.as_bytes(), 32)
    });
}

/// A bot may have 256 queries waiting, and each may have 16 MiB.
#[test]
fn a_queue_of_the_largest_bodies_is_memory_of_its_bot() {
    const BYTES: usize = 16 << 20;
    let limits = "limits = { live_memory = \"96MiB\", running = 1, queue_wait = \"10m\" }";
    let piece = vec![b'x'; 64 * 1024];
    holds_out(&format!("source = \"hoards.wasm\"\n{limits}"), |server| {
        let waits = unread(server, query("wait").to_string().as_bytes(), 1);
        let send = |_| {
            let mut socket = TcpStream::connect(server.address).unwrap();
            let head = format!(
                "POST /hostile HTTP/1.1\r\nhost: {}\r\ncontent-length: {BYTES}\r\n\r\n\"",
                server.address
            );
            socket.write_all(head.as_bytes()).unwrap();
            socket.set_nonblocking(true).unwrap();
            socket
        };
        let mut sockets: Vec<TcpStream> = (0..256).map(send).collect();
        // Round after round, as much as is taken, until nobody takes any more: those who are refused are told.
        let mut taken = 0;
        let mut rounds_without = 0;
        while rounds_without < 1_000 {
            let more: usize = sockets
                .iter_mut()
                .filter_map(|socket| socket.write(&piece).ok())
                .sum();
            taken += more;
            rounds_without = if more > 0 { 0 } else { rounds_without + 1 };
            thread::yield_now();
        }
        let mut refused: Vec<String> = Vec::new();
        // Each waits for room for a moment first.
        wait_until("somebody is refused", || {
            refused.extend(sockets.iter_mut().filter_map(|socket| {
                let mut head = [0; 64];
                let length = socket.read(&mut head).ok()?;
                Some(String::from_utf8_lossy(&head[..length]).into_owned())
            }));
            !refused.is_empty()
        });
        assert!(taken > 64 << 20, "{taken} bytes were taken");
        for head in refused {
            assert!(
                head.starts_with("HTTP/1.1 503 ") || head.is_empty(),
                "{head}"
            );
        }
        (waits, sockets)
    });
}

/// Settings are asked for by the gateway, at the start, and by whoever has no key to show.
#[test]
fn settings_beyond_their_bound_are_not_kept() {
    let ask = json!({ "version": "1.2", "type": "settings" }).to_string();
    for settings in ["dependencies 400000", "introduction 16000000"] {
        let bot =
            format!("source = \"hoards.wasm\"\n{LIMITS}\nconfig = {{ SETTINGS = \"{settings}\" }}");
        holds_out(&bot, |server| {
            let answer = server.post("hostile", ask.as_bytes(), &[]);
            assert_eq!(
                answer.status,
                500,
                "{settings}: {} bytes",
                answer.text().len()
            );
            unread(server, ask.as_bytes(), 16)
        });
    }
}
