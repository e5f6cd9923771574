//! What an operator reads on standard error, and what bots cannot do to it.

use serde_json::Value;

use crate::harness::{Folder, Server, query};

/// One line per query, with everything that an operator asks about it.
#[test]
fn each_query_leaves_one_line_with_all_facts() {
    let server = Server::with_bots(&["puppet"]);
    server.ask("puppet", "ab\nsleep 20\ncde");
    let record = server.wait_query("puppet");
    let fields: Vec<(&str, Value)> = vec![
        ("level", "INFO".into()),
        ("tenant", record["tenant"].clone()),
        ("bot", "puppet".into()),
        ("outcome", "finished".into()),
        ("events", 2.into()),
        ("characters", 5.into()),
    ];
    for (name, value) in fields {
        assert_eq!(record[name], value, "{name} in {record}");
    }
    assert!(
        record["reference"]
            .as_str()
            .is_some_and(|reference| !reference.is_empty()),
        "{record}"
    );
    let number = |name: &str| {
        record[name]
            .as_f64()
            .unwrap_or_else(|| panic!("{name} in {record}"))
    };
    assert!(number("duration_ms") >= 20.0, "{record}");
    assert!(
        number("first_event_ms") <= number("duration_ms"),
        "{record}"
    );
    assert!(
        number("cpu_ms") > 0.0 && number("cpu_ms") <= number("duration_ms"),
        "{record}"
    );
    assert!(number("peak_memory") >= 65_536.0, "{record}");
    server.ask("puppet", "again");
    server.wait_log(|record| {
        record["target"] == "query" && record["characters"] == 5 && record["events"] == 1
    });
    let lines = server
        .log()
        .iter()
        .filter(|line| line.contains("\"target\":\"query\""))
        .count();
    assert_eq!(lines, 2);
}

/// What is not read on a terminal is for programs: JSON on every line, from the first to the last.
#[test]
fn a_log_that_is_not_read_on_a_terminal_is_json_line_by_line() {
    let mut server = Server::with_bots(&["echo", "trap-in-the-middle"]);
    server.ask("echo", "hi");
    server.ask("trap-in-the-middle", "hi");
    server.signal(rustix::process::Signal::TERM);
    server.wait();
    for line in server.log() {
        let record: Result<Value, _> = serde_json::from_str(&line);
        let record = record.unwrap_or_else(|error| panic!("{error} in {line:?}"));
        assert!(
            record["timestamp"].is_string() && record["message"].is_string(),
            "{line}"
        );
    }
}

/// A bot can neither speak to the operator's terminal nor write records of its own.
#[test]
fn what_a_bot_prints_cannot_leave_its_line() {
    let server = Server::with_bots(&["forged-log"]);
    server.ask("forged-log", "line one\nline two\u{1b}[31m");
    let printed = server.printed("forged-log");
    assert_eq!(
        printed,
        [
            r"\u{1b}[2J\u{1b}[1;31mred\u{1b}[0m\u{7}\u{8} \u{9b}31m \u{202e}txet",
            r#"\r{"level":"ERROR","fields":{"message":"forged"}}"#,
            r"a\u{0}b\u{b}c\u{2028}d\u{85}e",
            "on the other stream",
            "asked: line one",
            r"line two\u{1b}[31m",
        ]
    );
    for line in server.log() {
        assert!(
            !line.contains(|character: char| character.is_control() && character != '\t'),
            "{line:?}"
        );
        assert!(!line.starts_with("{\"level\""), "{line}");
    }
}

/// What the runtime of a language prints about a fault is one record, and not lost among the others.
#[test]
fn a_traceback_is_one_record() {
    let server = Server::with_bots(&["puppet", "panic-in-the-middle"]);
    server.ask("panic-in-the-middle", "hi");
    let panic = server.wait_log(|record| {
        let message = record["message"].as_str().unwrap_or_default();
        record["target"] == "bot" && message.contains("the words of the panic")
    });
    assert_eq!(panic["level"], "WARN", "{panic}");
    let message = panic["message"].as_str().unwrap();
    assert!(
        message.contains("panicked at")
            && message.lines().skip(1).all(|line| line.starts_with("  ")),
        "{message}"
    );

    let trace = "Traceback (most recent call last):\n  File \"bot.py\", line 7, in respond\n    1 / 0\nZeroDivisionError: division by zero";
    let said: Vec<String> = ["loading"]
        .into_iter()
        .chain(trace.lines())
        .chain(["going on"])
        .map(|line| format!("complain {line}"))
        .collect();
    server.ask("puppet", &format!("{}\nfine", said.join("\n")));
    let trapped = server.wait_log(|record| {
        record["level"] == "WARN" && record["bot"] == "puppet" && record["target"] == "bot"
    });
    let whole = trace.replace('\n', "\n  ");
    assert_eq!(trapped["message"], whole, "{trapped}");
    assert_eq!(server.printed("puppet"), ["loading", "going on"]);
}

/// A bot that waits has its complaints in the log meanwhile.
#[test]
fn complaints_do_not_wait_for_the_end() {
    let server = Server::with_bots(&["puppet"]);
    let mut connection = server.connect();
    let query = query("complain soon\nsleep 600000");
    connection.send(crate::harness::post(
        "/puppet",
        &[],
        query.to_string().as_bytes(),
    ));
    server.wait_log(|record| record["target"] == "bot" && record["message"] == "soon");
}

/// The same on a log for people: whatever a bot prints, it stays in one line and colours nothing.
#[test]
fn a_log_for_people_is_as_safe() {
    let folder = Folder::with_manifest("[bot.forged-log]\nsource = \"forged-log.wasm\"\n");
    let server = folder.flag("--log-format").flag("text").up();
    server.ask("forged-log", "last line");
    server.wait_text("asked: last line");
    for line in server.log() {
        assert!(
            !line.contains(|character: char| character.is_control() && character != '\t'),
            "{line:?}"
        );
    }
}

/// Nor can what else the log repeats of strangers, such as a tenant's file. A program reads it as it was.
#[test]
fn what_strangers_wrote_is_seen_in_a_log() {
    let hidden = "\u{202e}\u{200b}\u{2028}\u{feff}\u{e0001}";
    for format in ["json", "text"] {
        let server = Folder::empty()
            .file(
                "operator.toml",
                "[tenant.acme]\nmanifests = [\"m.toml\", \"gone.toml\"]\n",
            )
            .manifest("m.toml", "[bot.echo]\nsource = \"echo.wasm\"\n")
            .file(
                "gone.toml",
                format!("manifest_version = 1\n[bot.gone]\nsource = \"no{hidden}ne\"\n"),
            )
            .flag("--log-format")
            .flag(format)
            .serve();
        server.wait_text("bot `gone` has nothing to run");
        let log = server.log().join("\n");
        assert!(!log.contains(|it| hidden.contains(it)), "{log}");
        if format == "json" {
            server.wait_log(|record| {
                let message = record["message"].as_str().unwrap();
                message.contains(&format!("no{hidden}ne"))
            });
        } else {
            assert!(
                log.contains(r"no\u{202e}\u{200b}\u{2028}\u{feff}\u{e0001}ne"),
                "{log}"
            );
        }
    }
}

/// A key that somebody sends where it does not belong is not logged either.
#[test]
fn a_bots_key_is_masked_in_what_it_prints() {
    let key = "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk";
    let folder = Folder::with_manifest(
        "[bot.forged-log]\nsource = \"forged-log.wasm\"\npoe = { access_key = { env = \"KEY\" } }\n",
    );
    let server = folder.env("KEY", key).up();
    let headers = [("authorization", "Bearer kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk")];
    let answer = server.send(
        "forged-log",
        &query(&format!("my key is {key}, look")),
        &headers,
    );
    assert_eq!(answer.said(), "printed");
    let printed = server.printed("forged-log");
    assert!(
        printed.last().unwrap().starts_with("asked: my key is "),
        "{printed:?}"
    );
    assert!(
        !server.log().join("\n").contains(key),
        "the key is in the log:\n{}",
        server.log().join("\n")
    );
}

/// Whose standard error nobody reads, and of which a bot has logged more than may be unread.
fn overfull() -> Server {
    let puppet = "[bot.puppet]\nsource = \"puppet.wasm\"\nlimits = { cpu = \"60s\" }\n";
    let manifest = format!("{puppet}[bot.echo]\nsource = \"echo.wasm\"\n");
    let server = Folder::with_manifest(&manifest).unread_log().up();
    // A pipe holds some hundred lines, and 16,384 may be queued.
    let answer = server.ask("puppet", "log 20000 1\nprinted");
    assert_eq!(answer.said(), "printed");
    server
}

/// Whoever reads the log slowly stops no bot. What is lost is counted, and told once there is room.
#[test]
fn a_slow_reader_of_the_log_stops_nobody() {
    let mut server = overfull();
    for _ in 0..3 {
        assert_eq!(server.ask("echo", "still there?").said(), "still there?");
    }
    let dropped = server
        .metric("ravenry_dropped_log_lines_total", &[])
        .unwrap();
    assert!((1_000.0..4_000.0).contains(&dropped), "{dropped}");
    server.read_log();
    let note = format!("{dropped} log lines were dropped");
    server.wait_log(|record| {
        let message = record["message"].as_str().unwrap();
        record["level"] == "WARN" && message.starts_with(&note)
    });
    assert_eq!(server.ask("echo", "again").said(), "again");
    server.wait_query("echo");
    server.signal(rustix::process::Signal::TERM);
    assert!(server.wait().success());
    let lines = server.log();
    let records = lines.iter().map(|line| serde_json::from_str::<Value>(line));
    let records: Vec<Value> = records.map(Result::unwrap).collect();
    let printed = records.iter().filter(|record| record["message"] == "x");
    assert!(printed.count() > 16_000, "{dropped} lines were dropped");
    assert_eq!(records.last().unwrap()["message"], "stopped");
}

/// Nor does a reader who never reads keep the process from ending.
#[test]
fn a_log_that_nobody_reads_does_not_hold_up_the_end() {
    let mut server = overfull();
    server.signal(rustix::process::Signal::TERM);
    assert!(server.wait().success());
}

/// The words of a panic are for the author, in the log; the reader gets a sentence without them.
#[test]
fn the_words_of_a_panic_are_in_the_log_alone() {
    let server = Server::with_bots(&["panic-in-the-middle"]);
    let answer = server.ask("panic-in-the-middle", "hi");
    assert!(
        !answer.text().contains("the words of the panic"),
        "{}",
        answer.text()
    );
    server.wait_text("the words of the panic");
}

/// Start-up says which bots anybody may ask.
#[test]
fn an_open_bot_is_pointed_out_at_the_start() {
    let server = Folder::with_manifest(
        "[bot.open]\nsource = \"echo.wasm\"\n\
         [bot.closed]\nsource = \"echo.wasm\"\npoe = { access_key = { env = \"KEY\" } }\n",
    )
    .env("KEY", "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk")
    .up();
    let output = server.output();
    for bot in ["open", "closed"] {
        assert!(
            output.contains(&format!("http://{}/{bot}", server.address)),
            "{output}"
        );
    }
    assert!(output.contains("open"), "{output}");
}
