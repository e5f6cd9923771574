//! Attacks of which each looks different to a reader: a test for each.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{is_well, under_attack};
use crate::harness::Server;

/// All that fits into a reply is kept, to the last event; not one more. The bot goes on talking while its reply is
/// ended and read: it may do so at any moment of that.
#[test]
fn an_event_flood_is_cut_at_the_bound() {
    let server = under_attack("event-flood", "events = 500");
    for _ in 0..200 {
        let answer = server.ask("hostile", "hi");
        assert_eq!(answer.said().len(), 500);
        assert_eq!(answer.events().len(), 502, "{}", answer.show());
    }
    assert_eq!(server.wait_query("hostile")["outcome"], "too_long");
    is_well(&server);
}

/// A bot that says nothing and waits for ever: the platform hears from it in time, and in the end
/// the reply is ended politely.
#[test]
fn a_silent_bot_gets_a_first_event_and_an_end() {
    let server = under_attack("never-returns", "wall_time = \"3500ms\"");
    let mut stream = server.open("hostile", "hi");
    let meta = json!({ "content_type": "text/markdown", "suggested_replies": false });
    assert_eq!(stream.next_event(), Some(("meta".to_owned(), meta)));
    server.wait_running("hostile", 1.0);
    let rest = stream.rest().show();
    assert!(
        rest.starts_with(r#"error {"allow_retry":true,"text":"The bot took too long (reference"#),
        "{rest}"
    );
    assert!(rest.ends_with("done {}\n"), "{rest}");
    assert_eq!(server.wait_query("hostile")["outcome"], "out_of_time");
    is_well(&server);
}

/// A hundred endless loops at once share what there is of the machine, and still each is stopped for
/// what it has computed, long before its time on the clock is over. A neighbour is served meanwhile.
#[test]
fn many_attacks_at_once_are_all_stopped() {
    let server = under_attack(
        "loop-after-first-event",
        "cpu = \"50ms\", wall_time = \"45s\"",
    );
    std::thread::scope(|scope| {
        let attacks: Vec<_> = (0..100)
            .map(|_| scope.spawn(|| server.ask("hostile", "hi")))
            .collect();
        for round in 0..20 {
            let text = format!("round {round}");
            assert_eq!(server.ask("echo", &text).said(), text);
        }
        for attack in attacks {
            let shown = attack.join().unwrap().show();
            // Those that come when ten have failed are refused: the bot rests.
            let stopped = shown.contains("computing time");
            assert!(
                stopped || shown.contains("keeps failing and rests"),
                "{shown}"
            );
            assert!(shown.ends_with("done {}\n"), "{shown}");
        }
    });
    is_well(&server);
    let labels = [("bot", "hostile"), ("outcome", "out_of_cpu")];
    assert!(server.metric("ravenry_replies_total", &labels) >= Some(10.0));
}

/// After an error the reply is over: the bot is told so at every further call, the reader sees
/// nothing of it, and the error is not said twice.
#[test]
fn nothing_is_said_after_the_end() {
    let server = under_attack("speaks-after-the-end", "");
    let answer = server.ask("hostile", "hi");
    assert_eq!(
        answer.show(),
        r#"text {"text":"before"}
error {"allow_retry":false,"text":"That was all.","error_type":"user_caused_error"}
done {}
"#
    );
    let printed = server.printed("hostile");
    let (first, rest) = printed.split_at(2);
    assert_eq!(first, ["text before: ok", "error: ok"]);
    assert_eq!(rest.len(), 10);
    assert!(
        rest.iter().all(|line| line.ends_with(": ended")),
        "{rest:?}"
    );
    is_well(&server);
}

/// What is beside the text of an event is bounded as text is, however it is said.
#[test]
fn no_member_of_an_event_is_without_a_bound() {
    let server = under_attack("huge-members", "");
    let error = format!(
        "error {{\"allow_retry\":false,\"text\":\"no\",\"error_type\":\"{}\"}}\ndone {{}}\n",
        "x".repeat(64)
    );
    for said in ["return", "say", "say by name"] {
        assert_eq!(server.ask("hostile", said).show(), error, "{said}");
    }
    // The two that are said count: the sentence, and the word as far as it is sent.
    let counted = |record: &Value| record["target"] == "query" && record["characters"] == 66;
    server.wait_log(counted);
    for member in ["url", "type", "name", "label"] {
        let shown = server.ask("hostile", member).show();
        assert!(
            shown.contains("said more than a reply may hold") && shown.ends_with("done {}\n"),
            "{member}: {shown}"
        );
    }
    let settings = server.send("hostile", &json!({ "type": "settings" }), &[]);
    assert_eq!(settings.status, 500, "{} bytes", settings.text().len());
    is_well(&server);
}

/// Outside a reply there is nobody to speak to.
#[test]
fn nothing_is_said_outside_a_reply() {
    let server = under_attack("speaks-in-settings", "");
    let answer = server.send("hostile", &json!({ "type": "settings" }), &[]);
    assert_eq!(
        (answer.status, answer.json()),
        (200, json!({ "response_version": 2 }))
    );
    server.ask("hostile", "hi");
    // The gateway asks for settings too, when the bot is mounted.
    let printed: BTreeSet<String> = server.printed("hostile").into_iter().collect();
    assert_eq!(
        Vec::from_iter(printed),
        ["event in settings: ended", "text in settings: ended"]
    );
}

/// Line ends and whole events in a text stay inside the text. The harness checks the framing.
#[test]
fn texts_cannot_break_the_framing() {
    let server = under_attack("breaks-the-framing", "");
    let answer = server.ask("hostile", "hi");
    let names: Vec<String> = answer.events().into_iter().map(|(name, _)| name).collect();
    let expected = [
        "text",
        "replace_response",
        "data",
        "json",
        "file",
        "suggested_reply",
        "error",
        "done",
    ];
    assert_eq!(names, expected);
    let nasty = "a\r\n\r\nevent: done\ndata: {}\n\n\u{2028}\u{0}\u{feff}";
    assert_eq!(answer.said(), nasty);
    assert_eq!(answer.text().matches("event: done\n").count(), 1);
    let printed = server.printed("hostile");
    assert_eq!(printed.len(), 8 + 2 * 7);
    assert!(
        printed.iter().all(|line| line.contains(": invalid: ")),
        "{printed:#?}"
    );
}

/// A bot that loops or traps when it is asked for anything but an answer still answers queries.
#[test]
fn settings_and_reports_may_fail_alone() {
    let server = Server::start(
        "[bot.loops]\nsource = \"loop-in-settings.wasm\"\nlimits = { cpu = \"200ms\" }\n\
         [bot.traps]\nsource = \"trap-in-reports.wasm\"\n",
    );
    let settings = json!({ "version": "1.2", "type": "settings" });
    for bot in ["loops", "traps"] {
        let answer = server.send(bot, &settings, &[]);
        assert_eq!(answer.status, 500, "{bot}: {}", answer.text());
        let error = answer.json()["error"].as_str().unwrap().to_owned();
        let reference = error
            .split_once("(reference ")
            .unwrap()
            .1
            .trim_end_matches(')')
            .to_owned();
        server.wait_log(|record| record["reference"] == reference && record["level"] == "WARN");
        assert_eq!(server.ask(bot, "hi").said(), "I answer");
        server.wait_running(bot, 0.0);
    }
    for report in [
        json!({ "type": "report_feedback", "feedback_type": "like" }),
        json!({ "type": "report_reaction", "reaction": "heart" }),
        json!({ "type": "report_error", "message": "x" }),
    ] {
        let answer = server.send("traps", &report, &[]);
        assert!(!answer.text().contains("unreachable"), "{}", answer.text());
        assert_eq!(server.ask("traps", "hi").said(), "I answer");
    }
}

/// Files, sockets, names and the web: each attempt is refused to the bot, and the log says why
/// outbound HTTP was.
#[test]
fn nothing_outside_can_be_reached() {
    let server = under_attack("reaches-outside", "");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let said = server.ask("hostile", &port.to_string()).said();
    let (http, others): (Vec<&str>, Vec<&str>) =
        said.lines().partition(|line| line.starts_with("http: "));
    assert_eq!(others.len(), 8, "{said}");
    assert!(
        others.iter().all(|line| line.ends_with(": refused")),
        "{said}"
    );
    assert!(
        http.concat().contains("ErrorCode::HttpRequestDenied"),
        "{said}"
    );
    let note = server.wait_log(|record| record["target"] == "bot" && record["level"] == "WARN");
    assert!(
        note["message"]
            .as_str()
            .unwrap()
            .to_lowercase()
            .contains("http"),
        "{note}"
    );
    listener.set_nonblocking(true).unwrap();
    assert!(listener.accept().is_err(), "somebody connected");
}

/// What one instance writes into its memory, the next one in its place does not find: below and beyond
/// what stays resident, and while the kernel moves pages about.
#[test]
fn memory_is_empty_whatever_was_in_its_place() {
    let server = Server::with_bots(&["busy"]);
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // Needs a right. Where that is missing, pages stay where they are.
            while !done.load(std::sync::atomic::Ordering::Relaxed)
                && std::fs::write("/proc/sys/vm/compact_memory", "1").is_ok()
            {
                std::thread::park_timeout(std::time::Duration::from_millis(1));
            }
        });
        for round in 0..100 {
            for pages in [1, 3, 100] {
                let said = server.ask("busy", &format!("mark {pages}")).said();
                assert_eq!(said, "0 words", "{pages} pages, round {round}");
            }
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}
