//! Each rule is found where it is broken, and nothing is found where none is.

use super::*;
use crate::answer::hear;

const HEAD: Head<'_> = Head {
    status: 200,
    content_type: Some("text/event-stream; charset=utf-8"),
    cache_control: Some("no-store"),
};

/// The numbers of what is wrong with these events, `(name, data)`.
fn found(events: &[(&str, &str)]) -> Vec<&'static str> {
    judged(&HEAD, events, &End::Complete)
}

fn judged(head: &Head<'_>, events: &[(&str, &str)], end: &End) -> Vec<&'static str> {
    let mut judge = Judge::default();
    judge.head(head);
    for (name, data) in events {
        judge.bytes(format!("event: {name}\ndata: {data}\n\n").into());
        let meaning = hear(Some(name), data);
        judge.event(Duration::from_secs(1), Some(name), data, &meaning);
    }
    judge.end(Duration::from_secs(2), end);
    judge.take().iter().map(|finding| finding.rule.id).collect()
}

const META: (&str, &str) = ("meta", r#"{"content_type":"text/markdown"}"#);
const TEXT: (&str, &str) = ("text", r#"{"text":"hi"}"#);
const GONE: (&str, &str) = ("replace_response", r#"{"text":""}"#);
const SUGGEST: (&str, &str) = ("suggested_reply", r#"{"text":"more"}"#);
const ERROR: (&str, &str) = ("error", r#"{"allow_retry":true,"text":"no"}"#);
const DONE: (&str, &str) = ("done", "{}");

#[test]
fn a_good_answer_breaks_nothing() {
    let file = r#"{"url":"u","content_type":"c","name":"n","inline_ref":null}"#;
    for events in [
        &[META, TEXT, SUGGEST, SUGGEST, DONE][..],
        &[TEXT, GONE, TEXT, DONE],
        &[("file", file), TEXT, ("data", r#"{"metadata":"d"}"#), DONE],
        &[META, TEXT, ERROR, DONE],
        &[ERROR, DONE],
        &[("json", r#"{"choices":[]}"#), DONE],
    ] {
        assert_eq!(found(events), [""; 0], "{events:?}");
    }
}

#[test]
fn each_fault_has_its_rule() {
    for (events, rules) in [
        (&[TEXT][..], &["E4"][..]),
        (&[META, DONE], &["E3"]),
        (&[SUGGEST, DONE], &["E3"]),
        (&[("text", r#"{"text":""}"#), DONE], &["E3"]),
        (&[TEXT, GONE, DONE], &["E3"]),
        (&[TEXT, META, DONE], &["E2"]),
        (&[TEXT, DONE, TEXT], &["E6"]),
        (&[TEXT, DONE, ERROR], &["E6"]),
        (&[TEXT, DONE, GONE], &["E6"]),
        (&[TEXT, ("done", r#"{"a":1}"#)], &["E5"]),
        (&[TEXT, ("done", "null")], &["E1"]),
        (&[TEXT, ("banana", "{}"), DONE], &["E7"]),
        (&[TEXT, ("Banana!", "{}"), DONE], &["E7"]),
        (&[TEXT, ("ping", "{}"), DONE], &["E8"]),
        (&[TEXT, ("ping", "2026-11-25"), DONE], &["E8", "E1"]),
        (&[ERROR, TEXT, DONE], &["E9"]),
        (&[SUGGEST, TEXT, DONE], &["E10"]),
        (&[("text", "[]"), TEXT, DONE], &["E1"]),
        (&[("text", r#"{"text":1}"#), TEXT, DONE], &["J1"]),
        (&[("file", r#"{"url":"u"}"#), TEXT, DONE], &["J1"]),
        (&[("meta", r#"{"linkify":"yes"}"#), TEXT, DONE], &["J1"]),
        (
            &[("meta", r#"{"content_type":"text/html"}"#), TEXT, DONE],
            &["J2"],
        ),
    ] {
        assert_eq!(found(events), rules, "{events:?}");
    }
}

#[test]
fn head_and_end_count_too() {
    let good = [TEXT, DONE];
    let html = Head {
        content_type: Some("text/html"),
        ..HEAD
    };
    assert_eq!(judged(&html, &[], &End::Complete), ["T2"]);
    let stored = Head {
        status: 500,
        cache_control: None,
        ..HEAD
    };
    assert_eq!(judged(&stored, &good, &End::Complete), ["T1", "T3"]);
    let cut = End::Cut("connection reset".to_owned());
    assert_eq!(judged(&HEAD, &[TEXT], &cut), ["C1", "E4"]);
    assert_eq!(judged(&HEAD, &[TEXT], &End::Left), [""; 0]);
}

#[test]
fn limits_are_those_of_the_platform() {
    let mut judge = Judge::default();
    let late = Duration::from_millis(5_001);
    let long = "x".repeat(512_001);
    let text = Ok(ParsedEvent::Event(Owned::Text {
        index: None,
        text: long,
    }));
    judge.event(late, Some("text"), "", &text);
    judge.end(Duration::from_secs(3_601), &End::Left);
    let found: Vec<_> = judge.take().iter().map(|found| found.rule.id).collect();
    assert_eq!(found, ["L1", "L3", "L2"]);

    let mut judge = Judge::default();
    let short = hear(Some("text"), r#"{"text":"x"}"#);
    for _ in 0..EVENTS_MAX {
        judge.event(Duration::ZERO, Some("text"), "", &short);
    }
    assert_eq!(judge.take(), []);
    judge.event(Duration::ZERO, Some("text"), "", &short);
    assert_eq!(judge.take().first().map(|found| found.rule.id), Some("L4"));
}

/// Whatever the event: what is no object is no data, not even a list of what its members hold.
#[test]
fn no_event_takes_a_list_for_its_members() {
    for name in [
        "meta",
        "text",
        "replace_response",
        "suggested_reply",
        "file",
        "data",
        "json",
        "error",
        "done",
        "ping",
        "banana",
    ] {
        let lists = [
            r#"["a"]"#,
            r#"["a", 1]"#,
            r#"["u","c","n",null]"#,
            r#" [true,"a","b"]"#,
        ];
        for data in lists {
            let found = found(&[TEXT, (name, data), DONE]);
            assert!(found.contains(&"E1"), "{name} {data}: {found:?}");
        }
    }
}

/// A bot that repeats its mistake, or has a long one, does not fill a page.
#[test]
fn a_rule_is_found_once_and_in_short() {
    let long = format!("\"{}\u{1b}[31m\"", "é".repeat(1_000));
    let data = long.as_str();
    let mut judge = Judge::default();
    for _ in 0..10 {
        judge.event(
            Duration::ZERO,
            Some("text"),
            data,
            &hear(Some("text"), data),
        );
    }
    let found = judge.take();
    assert_eq!(found.len(), 1);
    let line = found[0].to_string();
    assert!(line.len() < 500 && line.contains("éé"), "{line}");
}
