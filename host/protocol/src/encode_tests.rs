//! The bytes of each event, exactly; and that nothing a bot says can break the stream.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::event::{EventName, File, JsonObject, Meta};

fn encoded(events: &[Event<'_>]) -> String {
    let mut out = BytesMut::new();
    for one in events {
        event(one, &mut out);
    }
    String::from_utf8(out.to_vec()).unwrap()
}

/// A small reader of event streams, after the rules of the HTML standard.
fn read(stream: &str) -> Vec<(String, Value)> {
    let mut events = Vec::new();
    let (mut name, mut data) = (String::new(), Vec::new());
    let lines = stream.replace("\r\n", "\n").replace('\r', "\n");
    for line in lines.lines() {
        match line.split_once(':') {
            None if line.is_empty() => {
                if !data.is_empty() {
                    let json = serde_json::from_str(&data.join("\n")).unwrap();
                    events.push((std::mem::take(&mut name), json));
                }
                data.clear();
            }
            Some(("", _)) => {}
            Some(("event", value)) => value
                .strip_prefix(' ')
                .unwrap_or(value)
                .clone_into(&mut name),
            Some(("data", value)) => data.push(value.strip_prefix(' ').unwrap_or(value).to_owned()),
            _ => panic!("unknown line {line:?}"),
        }
    }
    assert!(
        name.is_empty() && data.is_empty(),
        "the last event has no end"
    );
    events
}

fn object(text: &str) -> JsonObject {
    JsonObject::parse(text).unwrap()
}

/// The conversation of the platform's own page, byte for byte.
#[test]
fn the_five_events_of_the_sample() {
    let meta = Meta {
        content_type: Some("text/markdown".to_owned()),
        linkify: Some(true),
        ..Meta::default()
    };
    let text = |text| Event::Text { index: None, text };
    let events = [
        Event::Meta(&meta),
        text("The"),
        text(" capital of Nepal is"),
        text(" Kathmandu."),
        Event::Done,
    ];
    assert_eq!(
        encoded(&events),
        "event: meta\ndata: {\"content_type\": \"text/markdown\", \"linkify\": true}\n\n\
         event: text\ndata: {\"text\": \"The\"}\n\n\
         event: text\ndata: {\"text\": \" capital of Nepal is\"}\n\n\
         event: text\ndata: {\"text\": \" Kathmandu.\"}\n\n\
         event: done\ndata: {}\n\n"
    );
}

#[test]
fn every_event_has_its_exact_bytes() {
    let meta = Meta {
        content_type: Some("text/plain".to_owned()),
        linkify: Some(false),
        suggested_replies: Some(true),
        refetch_settings: Some(false),
    };
    let file = |inline_ref: Option<&str>| File {
        url: "https://files.example/a".to_owned(),
        content_type: "image/png".to_owned(),
        name: "a.png".to_owned(),
        inline_ref: inline_ref.map(str::to_owned),
    };
    let (plain, inline) = (file(None), file(Some("ab12")));
    let name = EventName::parse("new_thing").unwrap();
    let open = object(r#"{"b":[1,{"c":null}],"a":[],"é":{},"n":-0.5}"#);
    let error = |error_type| Event::Error {
        text: "No.",
        allow_retry: false,
        error_type,
    };
    #[rustfmt::skip]
    let rows = [
        (Event::Meta(&Meta::default()), "meta", r"{}"),
        (Event::Meta(&meta), "meta", r#"{"content_type": "text/plain", "linkify": false, "suggested_replies": true, "refetch_settings": false}"#),
        (Event::Text { index: Some(0), text: "" }, "text", r#"{"text": "", "index": 0}"#),
        (Event::Replace { index: None, text: "a" }, "replace_response", r#"{"text": "a"}"#),
        (Event::Replace { index: Some(u32::MAX), text: "a" }, "replace_response", r#"{"text": "a", "index": 4294967295}"#),
        (Event::Suggest("Why?"), "suggested_reply", r#"{"text": "Why?"}"#),
        (Event::File(&plain), "file", r#"{"url": "https://files.example/a", "content_type": "image/png", "name": "a.png", "inline_ref": null}"#),
        (Event::File(&inline), "file", r#"{"url": "https://files.example/a", "content_type": "image/png", "name": "a.png", "inline_ref": "ab12"}"#),
        (Event::Data("{}"), "data", r#"{"metadata": "{}"}"#),
        (Event::Json(&open), "json", r#"{"b": [1, {"c": null}], "a": [], "\u00e9": {}, "n": -0.5}"#),
        (error(None), "error", r#"{"allow_retry": false, "text": "No."}"#),
        (error(Some("user_caused_error")), "error", r#"{"allow_retry": false, "text": "No.", "error_type": "user_caused_error"}"#),
        (Event::Other { name: &name, data: &open }, "new_thing", r#"{"b": [1, {"c": null}], "a": [], "\u00e9": {}, "n": -0.5}"#),
        (Event::Done, "done", "{}"),
    ];
    for (event, name, data) in rows {
        assert_eq!(
            encoded(&[event]),
            format!("event: {name}\ndata: {data}\n\n")
        );
    }
}

#[test]
fn characters_are_written_as_ascii() {
    let rows = [
        ("a\"b\\c/", r#"a\"b\\c/"#),
        ("\n\r\t\u{8}\u{c}", r"\n\r\t\b\f"),
        ("\0\u{1f} ~\u{7f}\u{80}", r"\u0000\u001f ~\u007f\u0080"),
        ("é中\u{2028}\u{2029}", r"\u00e9\u4e2d\u2028\u2029"),
        ("😀x\u{10ffff}", r"\ud83d\ude00x\udbff\udfff"),
    ];
    for (text, escaped) in rows {
        assert_eq!(
            encoded(&[Event::Suggest(text)]),
            format!("event: suggested_reply\ndata: {{\"text\": \"{escaped}\"}}\n\n")
        );
    }
}

/// Texts are escaped by our own hand, all others by the serializer: both say the same.
fn check_escapes(text: &str) {
    let mut by_serializer = Vec::new();
    json(text, &mut by_serializer);
    let mut by_hand = BytesMut::from("\"");
    escaped(text, &mut by_hand);
    by_hand.put_u8(b'"');
    assert_eq!(by_hand, by_serializer, "{text:?}");
}

/// Wherever a character stands that cannot stay as it is.
#[test]
fn every_character_is_escaped_as_the_serializer_does() {
    for length in [0, 1, 31, 32, 33, 64, 70] {
        let plain = "a".repeat(length);
        for char in (0..0x180).filter_map(char::from_u32) {
            check_escapes(&format!("{plain}{char}"));
            check_escapes(&format!("{plain}{char}{plain}{char}{char}"));
        }
    }
}

/// A comment can neither start an event nor leave ASCII.
#[test]
fn comments_stay_comments() {
    let mut out = BytesMut::new();
    comment("ping\n\nevent: done\r\0é", &mut out);
    assert_eq!(out, ": ping  event: done   \n\n");
    assert_eq!(read(": ping\n\n"), []);
}

/// One chunk of a reply costs no memory beyond the buffer that it goes to.
#[test]
fn a_buffer_with_room_stays_where_it_is() {
    let mut out = BytesMut::with_capacity(1024);
    let start = out.as_ptr();
    event(
        &Event::Text {
            index: Some(1),
            text: "é\n😀",
        },
        &mut out,
    );
    assert_eq!(out.as_ptr(), start);
}

/// What must hold for any event: three lines of ASCII, one event, the same data when read.
fn check(event: Event<'_>, name: &str, data: &Value) {
    let stream = encoded(&[event]);
    assert!(
        stream
            .bytes()
            .all(|byte| matches!(byte, b'\n' | b' '..=b'~')),
        "{stream:?}"
    );
    assert_eq!(stream.matches('\n').count(), 3, "{stream:?}");
    assert!(stream.ends_with("\n\n"), "{stream:?}");
    assert_eq!(read(&stream), [(name.to_owned(), data.clone())]);
}

/// What must hold for any text in any event.
fn check_text(text: &str) {
    check(
        Event::Text { index: None, text },
        "text",
        &json!({ "text": text }),
    );
    check(
        Event::Replace {
            index: Some(3),
            text,
        },
        "replace_response",
        &json!({"text": text, "index": 3}),
    );
    check(
        Event::Suggest(text),
        "suggested_reply",
        &json!({ "text": text }),
    );
    check_escapes(text);
    check(Event::Data(text), "data", &json!({ "metadata": text }));
    check(
        Event::Error {
            text,
            allow_retry: true,
            error_type: Some(text),
        },
        "error",
        &json!({"allow_retry": true, "text": text, "error_type": text}),
    );
    let open = json!({ text: [text] });
    check(Event::Json(&object(&open.to_string())), "json", &open);
    let mut out = BytesMut::new();
    comment(text, &mut out);
    assert_eq!(read(std::str::from_utf8(&out).unwrap()), []);
}

#[test]
fn every_seed_of_the_fuzzer_is_written_safely() {
    let seeds: [&[u8]; 5] = [
        include_bytes!("../../fuzz/corpus/encode/text.txt"),
        include_bytes!("../../fuzz/corpus/encode/controls.txt"),
        include_bytes!("../../fuzz/corpus/encode/injection.txt"),
        include_bytes!("../../fuzz/corpus/encode/wide.txt"),
        include_bytes!("../../fuzz/corpus/encode/object.txt"),
    ];
    for seed in seeds {
        check_text(&String::from_utf8_lossy(&seed[1..]));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn any_text_is_written_safely(text: String) {
        check_text(&text);
    }

    #[test]
    fn text_of_line_ends_is_written_safely(
        text in "[\n\r\u{b}\u{c}\u{1c}\u{85}\u{2028}\u{2029}\u{0}\u{7f}:a \u{feff}]{0,20}",
    ) {
        check_text(&text);
    }

    #[test]
    fn many_events_stay_apart(texts: Vec<String>) {
        let events: Vec<_> = texts.iter().map(|text| Event::Suggest(text)).collect();
        let expected: Vec<_> = texts
            .iter()
            .map(|text| ("suggested_reply".to_owned(), json!({ "text": text })))
            .collect();
        prop_assert_eq!(read(&encoded(&events)), expected);
    }
}
