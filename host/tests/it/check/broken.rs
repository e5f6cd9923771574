//! Bots that break rules: for each rule one, named by it; and bots that do worse.

use std::{
    collections::BTreeSet,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{
    KEY, check,
    stranger::{Answer, Asked, Stranger},
};
use crate::harness::HANG;

type Change = fn(&Asked, Answer) -> Answer;

/// Checks that run beside one another.
const AT_ONCE: usize = 4;

/// Rules that no test can wait for, and where they are tried instead.
const ELSEWHERE: &[(&str, &str)] = &[("L2", "an hour; in `protocol/judge_tests.rs`")];

/// The ids of the rules that a report says are broken, in alphabetical order.
pub fn failed(report: &Value) -> Vec<String> {
    let rules = report["rules"].as_array().unwrap();
    let failed = rules.iter().filter(|rule| rule["outcome"] == "failed");
    let ids: BTreeSet<_> = failed
        .map(|rule| rule["id"].as_str().unwrap().to_owned())
        .collect();
    ids.into_iter().collect()
}

/// Events in the place of a good answer to a query.
macro_rules! says {
    ($($name:literal $data:expr),*) => {
        |asked, good| instead(asked, good, &[$(($name, $data)),*])
    };
}

fn instead(asked: &Asked, good: Answer, events: &[(&str, &str)]) -> Answer {
    if asked.kind() == "query" && good.status == 200 {
        Answer::events(events)
    } else {
        good
    }
}

/// 500 for what fits.
fn refuses(fits: bool, good: Answer) -> Answer {
    if fits && good.status == 200 {
        Answer::refusal(500)
    } else {
        good
    }
}

/// Other settings.
fn settings(asked: &Asked, good: Answer, settings: &Value) -> Answer {
    if asked.kind() == "settings" && good.status == 200 {
        Answer::json(200, settings)
    } else {
        good
    }
}

fn has_half_a_character(asked: &Asked) -> bool {
    asked.body.windows(6).any(|six| six == b"\\ud83d")
}

/// Whether a message has a member that fits.
fn any(asked: &Asked, name: &str, fits: impl Fn(&Value) -> bool) -> bool {
    asked.messages().iter().any(|message| fits(&message[name]))
}

fn first_query(asked: &Asked, good: Answer, change: impl FnOnce(Answer) -> Answer) -> Answer {
    if asked.is_first_query() {
        change(good)
    } else {
        good
    }
}

const TEXT: &str = r#"{"text":"OK"}"#;

/// For each rule a bot that breaks it; after its number, what else cannot be kept then.
#[rustfmt::skip]
const BROKEN: &[(&[&str], Change)] = &[
    (&["T1"], |asked, good| if asked.kind() == "query" && good.status == 200 { Answer { status: 500, ..good } } else { good }),
    (&["T2"], |asked, good| if asked.kind() == "query" { good.header("content-type", "Text/Event-Stream") } else { good }),
    (&["T3"], |asked, good| if asked.kind() == "query" { good.header("cache-control", "") } else { good }),
    (&["F1"], |asked, good| if asked.kind() == "query" { Answer { body: [b"\xef\xbb\xbf", &good.body[..]].concat(), ..good } } else { good }),
    (&["F2"], |asked, good| first_query(asked, good, |good| good.body(b"event: text\ndata: {\"text\":\"n\xe9\"}\n\nevent: done\ndata: {}\n\n".to_vec()))),
    (&["F3", "E4"], |asked, good| first_query(asked, good, |good| good.body(b"event: text\ndata: {\"text\":\"OK\"}\n\nevent: done\ndata: {}\n".to_vec()))),
    (&["F4"], |asked, good| first_query(asked, good, |good| { let body = [b"nonsense: 1\n", &good.body[..]].concat(); good.body(body) })),
    (&["F5", "C1", "E4"], |asked, good| first_query(asked, good, |good| { let body = [&b"event: text\ndata: {\"text\":\"OK\"}\n\ndata: "[..], &vec![b'x'; 2_000_000]].concat(); good.body(body) })),
    (&["E1"], says!["text" "[\"a\"]", "text" TEXT, "done" "{}"]),
    (&["E2"], says!["text" TEXT, "meta" "{}", "done" "{}"]),
    (&["E3"], says!["meta" "{}", "done" "{}"]),
    (&["E3"], says!["text" TEXT, "replace_response" "{\"text\":\"\"}", "done" "{}"]),
    (&["E4"], says!["text" TEXT]),
    (&["E5"], says!["text" TEXT, "done" "{\"a\":1}"]),
    (&["E6"], says!["text" TEXT, "done" "{}", "text" TEXT]),
    (&["E7"], says!["banana" "{}", "text" TEXT, "done" "{}"]),
    (&["E8"], says!["text" TEXT, "ping" "{}", "done" "{}"]),
    (&["E9"], says!["text" TEXT, "error" "{}", "text" TEXT, "done" "{}"]),
    (&["E10"], says!["suggested_reply" TEXT, "text" TEXT, "done" "{}"]),
    (&["J1"], says!["text" "{\"text\":1}", "text" TEXT, "done" "{}"]),
    (&["J2"], says!["meta" "{\"content_type\":\"text/html\"}", "text" TEXT, "done" "{}"]),
    (&["L1"], |asked, good| first_query(asked, good, |good| Answer { wait: Duration::from_millis(5_200), ..good })),
    (&["L3"], |asked, good| first_query(asked, good, |good| {
        let half = json!({"text": "x".repeat(260_000)}).to_string();
        Answer { headers: good.headers, ..Answer::events(&[("text", &half), ("text", &half), ("done", "{}")]) }
    })),
    (&["L4"], |asked, good| first_query(asked, good, |_| {
        let mut events = vec![("text", TEXT); 10_001];
        events.push(("done", "{}"));
        Answer::events(&events)
    })),
    (&["C1"], |asked, good| first_query(asked, good, |good| Answer { cut: true, ..good })),
    (&["C2"], |asked, good| {
        let hung_up = asked.last()["content"].as_str().is_some_and(|content| content.contains("heronword"));
        let good = refuses(asked.hurt && asked.kind() == "query", good);
        Answer { sulks: hung_up && !asked.hurt, ..good }
    }),
    (&["C3"], |asked, good| {
        let text = String::from_utf8_lossy(&good.body).into_owned();
        let [heron, walrus] = ["heronword", "walrusword"];
        let mixed = if text.contains(heron) { text.replace(heron, walrus) } else { text.replace(walrus, heron) };
        if asked.kind() == "query" { good.body(mixed.into_bytes()) } else { good }
    }),
    (&["A1", "T1", "T2", "T3"], |asked, good| if asked.kind() == "query" { Answer::refusal(401) } else { good }),
    (&["A2"], |asked, good| if good.status == 401 && asked.header("authorization").is_some() && asked.kind() == "settings" { Answer::json(200, &json!({"response_version": 2})) } else { good }),
    (&["A3"], |asked, good| if good.status == 401 && asked.header("authorization").is_none() { Answer::json(200, &json!({"response_version": 2})) } else { good }),
    (&["A4"], |asked, good| if asked.header("authorization").is_some_and(|value| value.starts_with("bearer")) { Answer::refusal(401) } else { good }),
    (&["A5"], |asked, good| if good.status == 401 { good.body(json!({"you sent": asked.header("authorization"), "it is": KEY}).to_string().into_bytes()) } else { good }),
    (&["A6"], |_, good| if good.status == 401 { good.header("www-authenticate", "") } else { good }),
    (&["Q1"], |asked, good| refuses(!asked.member("ravenry_check").is_null() && any(asked, "role", |role| role == "narrator"), good)),
    (&["Q2"], |asked, good| refuses(!asked.last()["ravenry_check"].is_null(), good)),
    (&["Q3"], |asked, good| refuses(any(asked, "role", |role| role == "narrator"), good)),
    (&["Q4"], |asked, good| refuses(any(asked, "content_type", |kind| kind == "text/x-of-tomorrow"), good)),
    (&["Q5"], |asked, good| refuses(any(asked, "feedback", |feedback| feedback[0]["type"] == "shrug"), good)),
    (&["Q6"], |asked, good| refuses(any(asked, "feedback", |feedback| feedback[0].is_object() && feedback[0].get("reason").is_none()), good)),
    (&["Q7"], |asked, good| refuses(any(asked, "attachments", |files| files[0].is_object()), good)),
    (&["Q8"], |asked, good| refuses(any(asked, "referenced_message", |quoted| quoted["referenced_message"].is_object()), good)),
    (&["Q9"], |asked, good| refuses(asked.member("users").as_array().is_some_and(|users| users.len() > 1), good)),
    (&["Q10"], |asked, good| refuses(any(asked, "parameters", |parameters| parameters.as_object().is_some_and(|all| !all.is_empty())), good)),
    (&["Q11"], |asked, good| refuses(asked.member("temperature").is_number(), good)),
    (&["Q12"], |asked, good| refuses(any(asked, "role", |role| role == "tool"), good)),
    (&["Q13"], |asked, good| refuses(asked.member("version") == "1.99", good)),
    (&["Q14"], |asked, good| refuses(any(asked, "content", |content| content.as_str().is_some_and(|content| content.contains('\0'))), good)),
    (&["Q15"], |asked, good| refuses(asked.member("conversation_id").as_str().is_some_and(|id| !id.is_ascii()), good)),
    (&["Q16", "Q17"], |asked, good| refuses(asked.kind() == "query" && asked.member("language_code").is_null() && asked.messages().iter().all(|message| message.get("feedback").is_none()), good)),
    (&["Q17"], |asked, good| refuses(!asked.member("user").is_null(), good)),
    (&["Q18"], |asked, good| if serde_json::from_slice::<Value>(&asked.body).is_err() { refuses(true, good) } else { good }),
    (&["Q19"], |asked, good| refuses(asked.kind() == "query" && asked.member("users").is_null() && asked.json.as_ref().unwrap().get("users").is_some(), good)),
    (&["Q20"], |asked, good| refuses(asked.kind() == "query" && asked.messages().is_empty(), good)),
    (&["Q21"], |asked, good| refuses(asked.messages().len() > 1_000, good)),
    (&["Q22"], |asked, good| refuses(asked.body.len() > 1_000_000, good)),
    (&["R1"], |asked, good| if asked.kind() == "ravenry_check" { Answer::json(200, &json!({})) } else { good }),
    (&["R2"], |asked, good| if good.status == 400 && !has_half_a_character(asked) { Answer::refusal(500) } else { good }),
    (&["R3"], |asked, good| refuses(asked.member("feedback_type") == "like", good)),
    (&["R4"], |asked, good| refuses(asked.member("reaction") == "heart", good)),
    (&["R5"], |asked, good| refuses(asked.kind() == "report_error", good)),
    (&["R6"], |asked, good| refuses(asked.member("reaction") == "flamingo", good)),
    (&["R7"], |asked, good| if has_half_a_character(asked) { Answer::refusal(500) } else { good }),
    (&["S1"], |asked, good| refuses(asked.kind() == "settings", good)),
    (&["S2"], |asked, good| settings(asked, good, &json!({"response_version": 2, "colour": "red"}))),
    (&["S3"], |asked, good| settings(asked, good, &json!({"response_version": 2, "allow_attachments": "yes"}))),
    (&["S4"], |asked, good| settings(asked, good, &json!({"allow_attachments": true}))),
    (&["S5"], |asked, good| settings(asked, good, &json!({"response_version": 2, "parameter_controls": {"api_version": "3"}}))),
    (&["S6"], |asked, good| settings(asked, good, &json!({"response_version": 2, "server_bot_dependencies": {"A": 101}}))),
    (&["S7"], |asked, good| settings(asked, good, &json!({"response_version": 2, "rate_card": "[usd_milli_cents]"}))),
    (&["S8"], |asked, good| if asked.kind() == "settings" { good.header("content-type", "text/plain") } else { good }),
    (&["H1"], |asked, good| if asked.path == "/bot/" { Answer::refusal(404) } else { good }),
    (&["H2"], |asked, good| if asked.header("content-type").is_some_and(|kind| kind.contains(';')) { Answer::refusal(415) } else { good }),
    (&["H3"], |asked, good| if asked.header("x-ravenry-check").is_some() { Answer::refusal(400) } else { good }),
];

/// Each is named by its rule, by what follows from it, and by nothing else.
#[test]
fn every_rule_is_found_where_it_is_broken() {
    let list = check(&["--list", "--format", "json"]);
    let rules: Vec<Value> = serde_json::from_slice(&list.stdout).unwrap();
    let all: BTreeSet<&str> = rules
        .iter()
        .map(|rule| rule["id"].as_str().unwrap())
        .collect();
    let tried = BROKEN.iter().map(|(ids, _)| ids[0]);
    let tried: BTreeSet<&str> = tried.chain(ELSEWHERE.iter().map(|(id, _)| *id)).collect();
    assert_eq!(tried, all, "each rule has a bot that breaks it");

    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some((ids, change)) = BROKEN.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let bot = Stranger::start(*change);
                    let output = check(&[&bot.url, "--key-env", "THE_KEY", "--format", "json"]);
                    let text = String::from_utf8_lossy(&output.stdout).into_owned();
                    let report: Value = serde_json::from_str(&text).unwrap_or_default();
                    let found = report.is_object().then(|| failed(&report));
                    let mut wanted = ids.to_vec();
                    wanted.sort_unstable();
                    if found.as_ref().is_none_or(|found| *found != wanted) {
                        let why = String::from_utf8_lossy(&output.stderr).into_owned();
                        wrong
                            .lock()
                            .unwrap()
                            .push(format!("{ids:?}: found {found:?} {why}"));
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const HEAD: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-store\r\n\r\n";

/// Whatever is at the other end, it ends in time, and says what is wrong.
#[test]
fn nothing_makes_it_hang() {
    let bots = [
        ("says nothing", Stranger::raw(b"", false), "does not answer", 2),
        ("closes at once", Stranger::raw(b"", true), "does not answer", 2),
        ("is no HTTP", Stranger::raw(b"SSH-2.0-OpenSSH_9.9\r\n", false), "does not answer", 2),
        ("has no end of its headers", Stranger::endless("HTTP/1.1 200 OK\r\n", "x: y\r\n"), "does not answer", 2),
        (
            "is a page",
            Stranger::raw(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 24\r\n\r\n<script>alert()</script>", true),
            "is no bot",
            2,
        ),
        ("goes on for ever", Stranger::endless(HEAD, "event: text\ndata: {\"text\":\"x\"}\n\n"), "\u{2717} L4", 1),
        ("has no end of its line", Stranger::endless(HEAD, "xxxxxxxx"), "\u{2717} F5", 1),
        ("begins, and says nothing", Stranger::raw(HEAD.as_bytes(), false), "\u{2717} L1", 1),
    ];
    thread::scope(|scope| {
        for (what, bot, said, code) in &bots {
            scope.spawn(move || {
                let started = Instant::now();
                let output = check(&[&bot.url, "--key-env", "THE_KEY", "--patience", "6s"]);
                let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
                assert!(text.contains(said), "{what}: {text}");
                assert_eq!(output.status.code(), Some(*code), "{what}: {text}");
                assert!(started.elapsed() < HANG, "{what}");
            });
        }
    });
}
