//! The worlds beside `bot`, and the engines: a bot with tasks is served, bounded and cancelled like
//! every other one, and `inspect` says which world and engine a component needs.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::harness::{Server, component};

/// A puppet with tasks, and a plain neighbour.
fn puppet(limits: &str) -> Server {
    Server::start(&format!(
        "[bot.puppet]\nsource = \"async-puppet.wasm\"\nlimits = {{ {limits} }}\n[bot.echo]\nsource = \"echo.wasm\"\n"
    ))
}

/// Nothing of the puppet runs any more, and both bots answer.
fn is_well(server: &Server) {
    server.wait_running("puppet", 0.0);
    assert_eq!(server.ask("puppet", "here").said(), "here");
    assert_eq!(server.ask("echo", "still there?").said(), "still there?");
}

/// Each task waits while the others speak: their words arrive in the order of their clocks.
#[test]
fn tasks_of_one_reply_take_turns() {
    let server = puppet("");
    let start = Instant::now();
    let answer = server.ask(
        "puppet",
        "a;sleep 200;b;sleep 400;c\nsleep 100;1;sleep 200;2;sleep 400;3",
    );
    assert_eq!(answer.said(), "a1b2c3");
    let took = start.elapsed();
    assert!(took >= Duration::from_millis(700), "it waited: {took:?}");
    assert_eq!(server.wait_query("puppet")["outcome"], "finished");
    is_well(&server);
}

/// A wait by the means of WASI 0.2 holds all tasks of its call, and no other call.
#[test]
fn a_plain_function_that_waits_holds_its_own_call_alone() {
    let server = puppet("");
    let blocked = server.open("puppet", "block 600;b\nsleep 100;a");
    assert_eq!(server.ask("puppet", "here").said(), "here");
    assert_eq!(server.ask("echo", "here").said(), "here");
    assert_eq!(blocked.rest().said(), "ba");
}

/// Settings and reports are `async` functions too; what is printed through a stream is logged.
#[test]
fn the_other_functions_may_wait_as_well() {
    let server = puppet("");
    let settings = server.send(
        "puppet",
        &json!({ "version": "1.2", "type": "settings" }),
        &[],
    );
    assert_eq!(
        settings.json()["introduction_message"],
        "I wait before I answer."
    );
    let feedback = json!({
        "version": "1.2", "type": "report_feedback", "message_id": "m-1", "user_id": "u-1",
        "conversation_id": "c-1", "feedback_type": "like"
    });
    assert_eq!(server.send("puppet", &feedback, &[]).status, 200);
    assert_eq!(server.ask("puppet", "print hello;done").said(), "done");
    let printed = server.printed("puppet");
    assert!(printed.contains(&"feedback like".to_owned()), "{printed:?}");
    assert!(printed.contains(&"hello".to_owned()), "{printed:?}");
}

/// What a task does to its own call: the request, the sentence that ends it, how the log says it.
const FAULTS: [(&str, &str, &str, &str); 5] = [
    (
        "before\nspin",
        "before",
        "The bot used up its computing time",
        "out_of_cpu",
    ),
    (
        "before;sleep 10;spin\nsleep 100000",
        "before",
        "The bot used up its computing time",
        "out_of_cpu",
    ),
    (
        "before\nstreams 1000000",
        "before",
        "The bot stopped in the middle",
        "trapped",
    ),
    (
        "before\nsleep 10;trap\nsleep 100000",
        "before",
        "The bot stopped in the middle",
        "trapped",
    ),
    (
        "before\nnever",
        "before",
        "The bot stopped in the middle",
        "trapped",
    ),
];

/// Endless loops, floods of handles, traps and waiting for nobody end one call, politely.
#[test]
fn a_fault_of_a_task_ends_its_call() {
    let server = puppet("cpu = \"200ms\"");
    for (request, said, sentence, outcome) in FAULTS {
        let answer = server.ask("puppet", request);
        assert_eq!(answer.said(), said, "{request}");
        assert!(
            answer.show().contains(sentence),
            "{request}: {}",
            answer.show()
        );
        assert!(answer.show().ends_with("done {}\n"), "{request}");
        let reference = answer.reference();
        let record = server.wait_log(|record| {
            record["target"] == "query" && record["reference"] == reference.as_str()
        });
        assert_eq!(record["outcome"], outcome, "{request}");
        is_well(&server);
    }
    let resident = server.resident_bytes();
    assert!(resident < 600 << 20, "{resident} bytes are in use");
}

/// Memory is refused at the limit, for all tasks together; the bot decides what to do then.
#[test]
fn tasks_share_the_memory_of_their_call() {
    let server = puppet("memory = \"16MiB\"");
    let said = server.ask("puppet", "hold 10\nsleep 10;hold 10").said();
    let (first, second) = said.split_once(';').unwrap();
    assert_eq!(first, "holding 10 MiB");
    assert!(second.starts_with("refused after "), "{said}");
    is_well(&server);
}

#[test]
fn a_call_with_tasks_ends_at_its_time() {
    let server = puppet("wall_time = \"1s\"");
    let answer = server.ask("puppet", "before\nsleep 100000000");
    assert_eq!(answer.said(), "before");
    assert_eq!(server.wait_query("puppet")["outcome"], "out_of_time");
    is_well(&server);
}

/// Wherever its tasks are: waiting on a clock, holding the call, computing, or for the reader.
#[test]
fn leaving_frees_a_call_with_tasks() {
    for request in [
        "before\nsleep 100000000\nsleep 200000000",
        "before\nblock 100000000",
        "before\nspin",
        "before\nsay 100000 4000\nsleep 100000000",
    ] {
        let server = puppet("cpu = \"1h\", text = 400000000, events = 400000");
        let mut stream = server.open("puppet", request);
        assert!(stream.next_event().is_some(), "{request}");
        drop(stream);
        server.wait_running("puppet", 0.0);
        let record = server.wait_query("puppet");
        assert_eq!(record["outcome"], "reader_gone", "{request}");
        is_well(&server);
    }
}

/// A slow reader gets every letter, though nobody wakes the bot but he.
#[test]
fn a_slow_reader_of_tasks_gets_everything() {
    let server = puppet("cpu = \"1h\", text = 400000000, events = 400000");
    let stream = server.open("puppet", "say 2000 4000\nsleep 1;say 2000 4000");
    server.wait_running("puppet", 1.0);
    assert_eq!(server.ask("echo", "and I?").said(), "and I?");
    assert_eq!(stream.rest().said().len(), 4000 * 4000);
    is_well(&server);
}

/// A component that needs more than a small place: served beside the small ones, and its code found
/// on disk at the second start.
#[test]
fn a_large_component_is_served_beside_small_ones() {
    let manifest = "[bot.much]\nsource = \"puppet.wasm\"\nlimits = { memory = \"300MiB\" }\n\
                    [bot.echo]\nsource = \"echo.wasm\"\n";
    let server = Server::start(manifest);
    assert_eq!(
        server.ask("much", "hold 200").said(),
        "holding 200 MiB;",
        "more than any small place has"
    );
    assert_eq!(server.ask("echo", "here").said(), "here");
    let mut waiting = server.open("much", "before\nsleep 100000000");
    assert!(waiting.next_event().is_some());
    drop(waiting);
    server.wait_running("much", 0.0);
    server.wait_metric("ravenry_running_replies", &[("bot", "echo")], 0.0);
}

fn inspected(name: &str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bot.wasm");
    std::fs::write(&file, component(name)).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_ravenry"))
        .args(["inspect", "--json"])
        .arg(&file)
        .env("XDG_CACHE_HOME", folder.path())
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn inspect_says_world_and_engine() {
    for (name, world, engine) in [
        ("echo", "bot", "small"),
        ("async-puppet", "bot-async", "async"),
        ("huge-minimum-memory", "bot", "large"),
    ] {
        let page = inspected(name);
        assert_eq!(page["runs_here"], true, "{page}");
        assert_eq!(page["world"], world, "{page}");
        assert_eq!(page["engine"], engine, "{page}");
    }
}
