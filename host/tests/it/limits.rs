//! Each limit, with a small value in the manifest: what a reader and a bot notice of it.

use crate::harness::{Answer, Folder, Server};

const TOO_LONG: &str = r#"error {"allow_retry":false,"text":"The bot said more than a reply may hold (reference [REF])."}
done {}
"#;

const BUSY: &str = r#"error {"allow_retry":true,"text":"The bot is busy; please try again in a moment (reference [REF])."}
done {}
"#;

/// One puppet with these limits.
fn puppet(limits: &str) -> Server {
    Server::start(&format!(
        "[bot.puppet]\nsource = \"puppet.wasm\"\nlimits = {{ {limits} }}\n"
    ))
}

/// Asks the puppet, and gives its reply and how the log says that it ended.
fn outcome(server: &Server, text: &str) -> (Answer, String) {
    let answer = server.ask("puppet", text);
    let record = server.wait_query("puppet");
    (answer, record["outcome"].as_str().unwrap().to_owned())
}

/// Characters count, not bytes; what fits stays.
#[test]
fn text_ends_a_reply_that_says_too_much() {
    let server = puppet("text = 12");
    let (answer, outcome) = outcome(&server, "say 3 5");
    assert_eq!(
        answer.show(),
        format!("text {{\"text\":\"xxxxx\"}}\ntext {{\"text\":\"xxxxx\"}}\n{TOO_LONG}")
    );
    assert_eq!(outcome, "too_long");
    // Such a reply ends where the bot next gives way, which may be before it has printed.
    for _ in 0..10 {
        server.ask("puppet", "say 3 5");
    }
    server.wait_log(|record| record["message"] == "refused after 2: too-long");
    assert_eq!(
        server.ask("puppet", "🐈🐈🐈🐈🐈🐈🐈🐈🐈🐈🐈🐈").said(),
        "🐈🐈🐈🐈🐈🐈🐈🐈🐈🐈🐈🐈"
    );
    assert_eq!(
        server.ask("puppet", "🐈🐈🐈🐈🐈🐈🐈🐈🐈🐈🐈🐈🐈").show(),
        TOO_LONG
    );
}

/// Replacements count in full: what a reader must take is what costs.
#[test]
fn text_counts_replacements_too() {
    let (answer, outcome) = outcome(&puppet("text = 12"), "replace 3 5");
    let replaced = "replace_response {\"text\":\"xxxxx\"}\n";
    assert_eq!(answer.show(), format!("{replaced}{replaced}{TOO_LONG}"));
    assert_eq!(outcome, "too_long");
}

/// Empty texts are not sent, but they are events.
#[test]
fn events_ends_a_reply_with_too_many() {
    let server = puppet("events = 3");
    assert_eq!(server.ask("puppet", "a\nb\nc").said(), "abc");
    let (answer, _) = outcome(&server, "a\nsay 2 0\nd\ne");
    assert_eq!(
        answer.show(),
        format!("text {{\"text\":\"a\"}}\n{TOO_LONG}")
    );
}

/// Waiting counts as time on the clock; what was said stays.
#[test]
fn wall_time_ends_a_reply_that_takes_too_long() {
    let (answer, outcome) = outcome(
        &puppet("wall_time = \"500ms\""),
        "before\nsleep 100000000\nafter",
    );
    assert_eq!(
        answer.show(),
        r#"text {"text":"before"}
error {"allow_retry":true,"text":"The bot took too long (reference [REF])."}
done {}
"#
    );
    assert_eq!(outcome, "out_of_time");
}

/// Waiting is not computing: with a tiny budget a bot may still take its time.
#[test]
fn cpu_counts_computing_and_not_waiting() {
    let server = puppet("cpu = \"150ms\"");
    assert_eq!(server.ask("puppet", "sleep 1000\nafter").said(), "after");
    let (answer, _) = outcome(&server, "before\nspin");
    assert_eq!(
        answer.show(),
        r#"text {"text":"before"}
error {"allow_retry":false,"text":"The bot used up its computing time (reference [REF])."}
done {}
"#
    );
}

/// A bot is told when it gets no more memory, and may go on with what it has.
#[test]
fn memory_is_refused_to_the_bot_which_may_go_on() {
    let server = puppet("memory = \"8MiB\"");
    let (answer, outcome) = outcome(&server, "hold 100\nI go on");
    let said = answer.said();
    let held = said
        .strip_prefix("refused after ")
        .and_then(|rest| rest.strip_suffix(" MiB;I go on"));
    let held: u64 = held.unwrap_or_else(|| panic!("{said}")).parse().unwrap();
    assert!((3..8).contains(&held), "{said}");
    assert_eq!(outcome, "finished");
    let peak = server.wait_query("puppet")["peak_memory"].as_u64().unwrap();
    assert!((held << 20..=8 << 20).contains(&peak), "{peak}");
    assert_eq!(server.ask("puppet", "hold 3").said(), "holding 3 MiB;");
}

/// All instances of a bot share its live memory; it comes back when they end.
#[test]
fn live_memory_is_shared_by_the_instances_of_a_bot() {
    let server = puppet("memory = \"16MiB\", live_memory = \"20MiB\"");
    let mut first = server.open("puppet", "hold 12\nsleep 100000000");
    assert_eq!(first.next_event().unwrap().1["text"], "holding 12 MiB;");
    assert!(
        server
            .ask("puppet", "hold 12")
            .said()
            .starts_with("refused after ")
    );
    drop(first);
    server.wait_running("puppet", 0.0);
    assert_eq!(server.ask("puppet", "hold 12").said(), "holding 12 MiB;");
}

/// Without a queue, one reply too many is told to try again, in a stream that the platform can show.
#[test]
fn running_refuses_one_reply_too_many() {
    let server = puppet("running = 1, queue = 0");
    let first = server.open("puppet", "sleep 100000000");
    server.wait_running("puppet", 1.0);
    let refused = server.ask("puppet", "me too");
    assert_eq!(refused.show(), BUSY);
    let record = server.wait_query("puppet");
    assert_eq!(
        (&record["outcome"], &record["reference"]),
        (&"refused".into(), &refused.reference().into())
    );
    drop(first);
    server.wait_running("puppet", 0.0);
    assert_eq!(server.ask("puppet", "me too").said(), "me too");
}

/// The gateway has a question of its own for every bot that it mounts; no reader waits for that.
#[test]
fn running_leaves_out_the_question_of_the_gateway() {
    let server = Server::start(
        r#"[bot.puppet]
source = "puppet.wasm"
config = { SETTINGS_TAKE = "100000000" }
limits = { running = 1, queue = 0, wall_time = "1h" }
"#,
    );
    assert_eq!(server.ask("puppet", "at once").said(), "at once");
}

/// Who waits in the queue is served when a place comes free; who finds it full is not kept waiting.
#[test]
fn queue_holds_a_query_until_there_is_a_place() {
    let server = puppet("running = 1, queue = 1, queue_wait = \"60s\"");
    let first = server.open("puppet", "sleep 100000000");
    server.wait_running("puppet", 1.0);
    std::thread::scope(|scope| {
        let second = scope.spawn(|| server.ask("puppet", "at last"));
        server.wait_metric("ravenry_waiting_queries", &[("bot", "puppet")], 1.0);
        assert_eq!(server.ask("puppet", "me too").show(), BUSY);
        drop(first);
        assert_eq!(second.join().unwrap().said(), "at last");
    });
    server.wait_metric("ravenry_waiting_queries", &[("bot", "puppet")], 0.0);
}

/// Nobody waits longer than the manifest says.
#[test]
fn queue_wait_ends_the_wait() {
    let server = puppet("running = 1, queue = 5, queue_wait = \"200ms\"");
    let _first = server.open("puppet", "sleep 100000000");
    server.wait_running("puppet", 1.0);
    assert_eq!(server.ask("puppet", "me too").show(), BUSY);
}

/// A body of just the size is read, one byte more is refused, whether it is announced or not.
#[test]
fn body_refuses_a_longer_one() {
    let server = puppet("body = \"1KiB\"");
    let body = |length: usize| {
        let start = r#"{"type":"query","query":[{"role":"user","content":"hi"}]"#;
        format!("{start}{}}}", " ".repeat(length - start.len() - 1))
    };
    assert_eq!(
        server.post("puppet", body(1024).as_bytes(), &[]).said(),
        "hi"
    );
    let refused = server.post("puppet", body(1025).as_bytes(), &[]);
    assert_eq!(refused.status, 413);
    assert!(
        refused.json()["error"]
            .as_str()
            .unwrap()
            .contains("1024 bytes"),
        "{}",
        refused.text()
    );
    let chunked = format!(
        "POST /puppet HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n401\r\n{}\r\n0\r\n\r\n",
        body(1025)
    );
    assert_eq!(server.connect().send(chunked).answer().status, 413);
    // A lie about the length is not believed before the bytes are there.
    let announced =
        "POST /puppet HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000000000000\r\n\r\n";
    assert_eq!(server.connect().send(announced).answer().status, 413);
    assert_eq!(server.ask("puppet", "still there?").said(), "still there?");
}

/// A line is cut at its bound, the log of a query at its own; the log says how much was left out.
#[test]
fn log_and_log_line_bound_what_a_bot_prints() {
    let server = puppet("log = \"100B\", log_line = \"40B\"");
    server.ask("puppet", "log 5 50");
    let printed = server.printed("puppet");
    assert!(printed.iter().all(|line| line.len() <= 40), "{printed:?}");
    assert!((80..=100).contains(&printed.concat().len()), "{printed:?}");
    let dropped = server.wait_log(|record| record["dropped_bytes"].is_u64());
    let kept = u64::try_from(printed.concat().len()).unwrap();
    assert_eq!(dropped["dropped_bytes"].as_u64().unwrap(), 250 - kept);
}

/// A flag or a variable sets a limit for all bots.
#[test]
fn a_flag_and_a_variable_set_limits_for_all_bots() {
    let manifest = "[bot.puppet]\nsource = \"puppet.wasm\"\n";
    let flag = Folder::with_manifest(manifest)
        .flag("--limit")
        .flag("text=3")
        .up();
    assert_eq!(flag.ask("puppet", "abcd").show(), TOO_LONG);
    assert_eq!(flag.ask("puppet", "abc").said(), "abc");
    let variable = Folder::with_manifest(manifest)
        .env("RAVENRY_LIMITS", "text=3,events=1")
        .up();
    assert_eq!(variable.ask("puppet", "abcd").show(), TOO_LONG);
    assert_eq!(
        variable.ask("puppet", "a\nb").show(),
        format!("text {{\"text\":\"a\"}}\n{TOO_LONG}")
    );
}
