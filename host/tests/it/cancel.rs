//! A reader who leaves takes everything with him: instance, places, memory, wherever the bot is.

use crate::harness::{Server, post, query};

/// One puppet that may compute and say a lot, so that only leaving can end its replies.
fn puppet() -> Server {
    Server::start(
        "[bot.puppet]\nsource = \"puppet.wasm\"\nlimits = { cpu = \"1h\", text = 400000000, events = 400000, \
         running = 8, queue = 8, queue_wait = \"1h\", live_memory = \"64MiB\" }\n",
    )
}

/// Waits until the reply has ended because its reader left, and nothing runs any more.
fn gone(server: &Server) {
    server.wait_running("puppet", 0.0);
    assert_eq!(server.wait_query("puppet")["outcome"], "reader_gone");
    assert_eq!(server.ask("puppet", "still there?").said(), "still there?");
}

#[test]
fn leaving_frees_a_bot_that_computes() {
    let server = puppet();
    let mut stream = server.open("puppet", "before\nspin");
    assert_eq!(stream.next_event().unwrap().1["text"], "before");
    drop(stream);
    gone(&server);
}

#[test]
fn leaving_frees_a_bot_that_computes_before_its_first_word() {
    let server = puppet();
    let stream = server.open("puppet", "spin");
    server.wait_running("puppet", 1.0);
    drop(stream);
    gone(&server);
}

#[test]
fn leaving_frees_a_bot_that_waits_on_a_clock() {
    let server = puppet();
    let mut stream = server.open("puppet", "before\nsleep 100000000");
    assert_eq!(stream.next_event().unwrap().1["text"], "before");
    drop(stream);
    gone(&server);
}

#[test]
fn leaving_frees_a_bot_that_waits_for_its_reader() {
    let server = puppet();
    let mut stream = server.open("puppet", "say 100000 4000");
    assert!(stream.next_event().is_some());
    drop(stream);
    gone(&server);
}

/// Half a request, then nothing: there is nothing to free, and nobody is disturbed.
#[test]
fn leaving_before_the_request_is_complete_is_noticed() {
    let server = puppet();
    let bytes = post("/puppet", &[], query("hi").to_string().as_bytes());
    for length in [1, 20, bytes.len() / 2, bytes.len() - 1] {
        server.connect().send(&bytes[..length]);
    }
    // The connection that asks for the number is the one that is left.
    server.wait_metric("ravenry_connections", &[], 1.0);
    assert_eq!(server.ask("puppet", "still there?").said(), "still there?");
}

/// Who leaves the queue makes room in it.
#[test]
fn leaving_the_queue_makes_room_in_it() {
    let server = puppet();
    let running: Vec<_> = (0..8)
        .map(|_| server.open("puppet", "sleep 100000000"))
        .collect();
    server.wait_running("puppet", 8.0);
    let waiting: Vec<_> = (0..8)
        .map(|_| {
            let mut connection = server.connect();
            connection.send(post(
                "/puppet",
                &[],
                query("waiting").to_string().as_bytes(),
            ));
            connection
        })
        .collect();
    server.wait_metric("ravenry_waiting_queries", &[("bot", "puppet")], 8.0);
    drop(waiting);
    server.wait_metric("ravenry_waiting_queries", &[("bot", "puppet")], 0.0);
    server.wait_running("puppet", 8.0);
    drop(running);
    gone(&server);
}

/// The memory of those who left is there for those who come: a hundred times what a bot may have.
#[test]
fn leaving_gives_memory_back() {
    let server = puppet();
    for _ in 0..100 {
        let mut stream = server.open("puppet", "hold 40\nsleep 100000000");
        assert_eq!(stream.next_event().unwrap().1["text"], "holding 40 MiB;");
        drop(stream);
        server.wait_running("puppet", 0.0);
    }
    let resident = server.resident_bytes();
    assert!(resident < 600 << 20, "{resident} bytes are in use");
}

/// A slow reader gets every letter; the bot waits for him, and nobody else does.
#[test]
fn a_slow_reader_gets_everything() {
    let server = puppet();
    let stream = server.open("puppet", "say 5000 4000\nthe end");
    // The bot cannot be done: what it says does not fit into the buffers on the way.
    server.wait_running("puppet", 1.0);
    assert_eq!(server.ask("puppet", "and I?").said(), "and I?");
    assert_eq!(
        server.metric("ravenry_running_replies", &[("bot", "puppet")]),
        Some(1.0)
    );
    let resident = server.resident_bytes();
    assert!(resident < 600 << 20, "{resident} bytes are in use");
    let said = stream.rest().said();
    assert_eq!(said.len(), 5000 * 4000 + "the end".len());
    assert!(said.ends_with("xthe end"));
    server.wait_running("puppet", 0.0);
}
