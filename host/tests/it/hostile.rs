//! Components that attack: each reply ends well, the neighbour answers, and the slot comes back.
//!
//! What is in `tests/hostile` and has no row in [`CASES`] or [`ELSEWHERE`] fails a test.

use std::collections::BTreeSet;

use serde_json::json;

use crate::harness::{Folder, Server, component, hostile_names};

/// What a reader and an operator see of one attack.
struct Case {
    /// The guest.
    name: &'static str,
    /// Its limits in the manifest.
    limits: &'static str,
    /// Its reply without the last two events, as [`Answer::show`](crate::harness::Answer::show) writes it.
    says: &'static str,
    /// The sentence of the error that ends it, without the reference; it may be one of several.
    error: &'static [&'static str],
    /// How the log says that it ended.
    outcome: &'static [&'static str],
}

const BEFORE: &str = "text {\"text\":\"before\"}\n";
const X: &str = "text {\"text\":\"x\"}\n";
const QUICK: &str = "cpu = \"200ms\"";

const CPU: &[&str] = &["The bot used up its computing time"];
const MEMORY: &[&str] = &["The bot ran out of memory"];
const MIDDLE: &[&str] = &["The bot stopped in the middle"];
const BEGINNING: &[&str] = &["The bot failed before it could answer"];
const LENGTH: &[&str] = &["The bot said more than a reply may hold"];

/// The attacks of which all looks the same: one reply, ended by the gateway.
const CASES: &[Case] = &[
    Case {
        name: "loop-before-first-event",
        limits: QUICK,
        says: "",
        error: CPU,
        outcome: &["out_of_cpu"],
    },
    Case {
        name: "loop-after-first-event",
        limits: QUICK,
        says: BEFORE,
        error: CPU,
        outcome: &["out_of_cpu"],
    },
    Case {
        name: "loop-in-constructor",
        limits: QUICK,
        says: "",
        error: CPU,
        outcome: &["out_of_cpu"],
    },
    Case {
        name: "start-loop",
        limits: QUICK,
        says: "",
        error: CPU,
        outcome: &["out_of_cpu"],
    },
    Case {
        name: "realloc-loop",
        limits: QUICK,
        says: "",
        error: CPU,
        outcome: &["out_of_cpu"],
    },
    Case {
        name: "host-call-flood",
        limits: QUICK,
        says: BEFORE,
        error: CPU,
        outcome: &["out_of_cpu"],
    },
    Case {
        name: "log-flood",
        limits: QUICK,
        says: BEFORE,
        error: CPU,
        outcome: &["out_of_cpu"],
    },
    Case {
        name: "allocation-bomb",
        limits: "memory = \"16MiB\"",
        says: BEFORE,
        error: MEMORY,
        outcome: &["out_of_memory"],
    },
    Case {
        name: "table-bomb",
        limits: QUICK,
        says: X,
        error: CPU,
        outcome: &["out_of_cpu"],
    },
    Case {
        name: "memories-bomb",
        limits: QUICK,
        says: X,
        error: CPU,
        outcome: &["out_of_cpu"],
    },
    Case {
        name: "deep-recursion",
        limits: "",
        says: BEFORE,
        error: MIDDLE,
        outcome: &["trapped"],
    },
    Case {
        name: "trap-in-the-middle",
        limits: "",
        says: BEFORE,
        error: MIDDLE,
        outcome: &["trapped"],
    },
    Case {
        name: "panic-in-the-middle",
        limits: "",
        says: BEFORE,
        error: MIDDLE,
        outcome: &["trapped"],
    },
    Case {
        name: "text-out-of-bounds",
        limits: "",
        says: X,
        error: MIDDLE,
        outcome: &["trapped"],
    },
    Case {
        name: "text-not-utf8",
        limits: "",
        says: X,
        error: MIDDLE,
        outcome: &["trapped"],
    },
    Case {
        name: "realloc-out-of-bounds",
        limits: "",
        says: "",
        error: BEGINNING,
        outcome: &["trapped"],
    },
    Case {
        name: "huge-random",
        limits: "",
        says: BEFORE,
        error: MIDDLE,
        outcome: &["trapped"],
    },
    Case {
        name: "handle-leak",
        limits: "",
        says: BEFORE,
        error: MIDDLE,
        outcome: &["trapped"],
    },
    Case {
        name: "empty-event-flood",
        limits: "",
        says: "",
        error: LENGTH,
        outcome: &["too_long"],
    },
    Case {
        name: "huge-event",
        limits: "",
        says: BEFORE,
        error: LENGTH,
        outcome: &["too_long"],
    },
];

/// The attacks that have a test of their own, here or in another file.
const ELSEWHERE: &[&str] = &[
    "breaks-the-framing",
    "event-flood",
    "forged-log",
    "huge-minimum-memory",
    "hundred-memories",
    "looks-for-leftovers",
    "loop-in-settings",
    "never-returns",
    "reaches-outside",
    "speaks-after-the-end",
    "speaks-in-settings",
    "trap-in-reports",
];

/// A hostile guest without a test is as good as none.
#[test]
fn every_hostile_guest_has_a_test() {
    let tested = CASES
        .iter()
        .map(|case| case.name)
        .chain(ELSEWHERE.iter().copied());
    assert_eq!(
        tested.map(str::to_owned).collect::<BTreeSet<_>>(),
        hostile_names()
    );
}

/// A server with one hostile bot and a neighbour.
fn under_attack(name: &str, limits: &str) -> Server {
    Server::start(&format!(
        "[bot.hostile]\nsource = \"{name}.wasm\"\nlimits = {{ {limits} }}\n[bot.echo]\nsource = \"echo.wasm\"\n"
    ))
}

/// After the attack: nothing of it runs, and the neighbour answers.
fn is_well(server: &Server) {
    server.wait_running("hostile", 0.0);
    assert_eq!(server.ask("echo", "still there?").said(), "still there?");
}

/// The whole of [`CASES`], four servers at a time.
#[test]
fn every_attack_ends_with_an_error_and_done() {
    std::thread::scope(|scope| {
        for worker in 0..4 {
            scope.spawn(move || CASES.iter().skip(worker).step_by(4).for_each(Case::check));
        }
    });
}

impl Case {
    fn check(&self) {
        let server = under_attack(self.name, self.limits);
        let attack = server.open("hostile", "hi");
        assert_eq!(
            server.ask("echo", "still there?").said(),
            "still there?",
            "{}",
            self.name
        );
        let answer = attack.rest();
        let shown = answer.show();
        let expected = self.error.iter().any(|sentence| {
            let retry = ["true", "false"].map(|retry| {
                let text = format!("{sentence} (reference [REF]).");
                format!(
                    "{}error {{\"allow_retry\":{retry},\"text\":\"{text}\"}}\ndone {{}}\n",
                    self.says
                )
            });
            retry.contains(&shown)
        });
        assert!(expected, "{}:\n{shown}", self.name);
        let record = server.wait_query("hostile");
        assert_eq!(record["reference"], answer.reference(), "{}", self.name);
        assert!(
            self.outcome
                .iter()
                .any(|outcome| record["outcome"] == *outcome),
            "{}: {record}",
            self.name
        );
        is_well(&server);
        let resident = server.resident_bytes();
        assert!(
            resident < 600 << 20,
            "{}: {resident} bytes are in use",
            self.name
        );
    }
}

/// All that fits into a reply is kept, to the last event; not one more.
#[test]
fn an_event_flood_is_cut_at_the_bound() {
    let server = under_attack("event-flood", "events = 500");
    let answer = server.ask("hostile", "hi");
    assert_eq!(answer.said(), "x".repeat(500));
    assert_eq!(answer.events().len(), 502);
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

/// A hundred endless loops of one bot: each ends, and a neighbour is served all the while.
#[test]
fn many_attacks_at_once_do_not_silence_the_neighbour() {
    let server = under_attack("loop-after-first-event", "cpu = \"50ms\"");
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
            assert!(
                shown.contains("computing time") && shown.ends_with("done {}\n"),
                "{shown}"
            );
        }
    });
    is_well(&server);
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
    assert_eq!(
        server.printed("hostile"),
        ["text in settings: ended", "event in settings: ended"]
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

/// A component that starts with more memory than it may have is not mounted at all.
#[test]
fn too_much_memory_is_refused_before_the_start() {
    for (name, limit) in [
        ("huge-minimum-memory", "64MiB"),
        ("hundred-memories", "64MiB"),
        ("text-not-utf8", "1MiB"),
    ] {
        let manifest = format!(
            "[bot.hostile]\nsource = \"{name}.wasm\"\nlimits = {{ memory = \"{limit}\" }}\n"
        );
        let said = Folder::with_manifest(&manifest).refused(&["up", "ravenry.toml"]);
        assert!(said.contains("hostile") && said.contains("memor"), "{said}");
        assert!(said.contains("ravenry.toml:2"), "{said}");
    }
}

/// Files that are no bots are all named at once, each with its fault; nothing is served.
#[test]
fn files_that_are_no_bots_are_refused_all_at_once() {
    let whole = component("echo");
    let mut damaged = whole.clone();
    let middle = damaged.len() / 2;
    damaged[middle..middle + 64].fill(0xff);
    let other_world =
        r#"(component (import "wasi:nn/inference@0.2.0" (instance (export "load" (func)))))"#;
    let bots = [
        "empty",
        "text",
        "core",
        "truncated",
        "damaged",
        "other",
        "missing",
    ];
    let manifest: String = bots
        .iter()
        .map(|bot| format!("[bot.{bot}]\nsource = \"./{bot}.bin.wasm\"\n"))
        .collect();
    let said = Folder::empty()
        .file("ravenry.toml", format!("manifest_version = 1\n{manifest}"))
        .file("empty.bin.wasm", b"")
        .file("text.bin.wasm", b"(component)")
        .file("core.bin.wasm", wat::parse_str("(module)").unwrap())
        .file("truncated.bin.wasm", &whole[..whole.len() / 3])
        .file("damaged.bin.wasm", damaged)
        .file("other.bin.wasm", wat::parse_str(other_world).unwrap())
        .refused(&["up", "ravenry.toml"]);
    for (index, bot) in bots.iter().enumerate() {
        assert!(
            said.contains(&format!("`{bot}`")),
            "{bot} is not named in\n{said}"
        );
        assert!(
            said.contains(&format!("ravenry.toml:{}:", 3 + 2 * index)),
            "the line of {bot} is not named in\n{said}"
        );
    }
    for words in [
        "empty",
        "text format",
        "core module",
        "truncated",
        "damaged",
    ] {
        assert!(said.contains(words), "{words} in\n{said}");
    }
}

/// What a bot needs and this gateway does not have is named.
#[test]
fn a_missing_import_is_named() {
    let frame = String::from_utf8(
        std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/guests/bot.wat")).unwrap(),
    )
    .unwrap();
    let core = std::fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/hostile/text-not-utf8.wat"
    ))
    .unwrap();
    let import = r#"(import "wasi:nn/inference@0.2.0" (instance (export "load" (func))))"#;
    let bot =
        frame
            .replace(";; CORE", &core)
            .replacen("(component", &format!("(component {import}"), 1);
    let said = Folder::empty()
        .file(
            "ravenry.toml",
            "manifest_version = 1\n[bot.model]\nsource = \"model.wasm\"\n",
        )
        .file("model.wasm", wat::parse_str(bot).unwrap())
        .refused(&["up", "ravenry.toml"]);
    assert!(
        said.contains("wasi:nn/inference@0.2.0") && said.contains("`model`"),
        "{said}"
    );
}
