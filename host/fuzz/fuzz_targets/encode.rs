//! Any text in any event: three lines of ASCII that read back as what was said.
//!
//! The first byte of the input chooses the event, the rest is its text.

#![no_main]

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use ravenry_protocol::{
    encode,
    event::{Event, EventName, JsonObject},
};
use serde_json::Value;

fuzz_target!(|input: &[u8]| {
    let Some((choice, text)) = input.split_first() else {
        return;
    };
    let text = &*String::from_utf8_lossy(text);
    let mut out = BytesMut::new();
    let expected = match choice % 6 {
        0 => said(Event::Text { index: None, text }, "text", text, &mut out),
        1 => said(
            Event::Replace {
                index: Some(7),
                text,
            },
            "text",
            text,
            &mut out,
        ),
        2 => said(Event::Suggest(text), "text", text, &mut out),
        3 => said(Event::Data(text), "metadata", text, &mut out),
        4 => {
            let error = Event::Error {
                text,
                allow_retry: true,
                error_type: Some(text),
            };
            said(error, "text", text, &mut out)
        }
        _ => {
            let name = EventName::parse("other").expect("the name is allowed");
            let Ok(data) = JsonObject::parse(text) else {
                return;
            };
            encode::event(
                &Event::Other {
                    name: &name,
                    data: &data,
                },
                &mut out,
            );
            None
        }
    };
    let out = std::str::from_utf8(&out).expect("the stream is UTF-8");
    assert!(out.bytes().all(|byte| matches!(byte, b'\n' | b' '..=b'~')));
    let lines: Vec<&str> = out.split('\n').collect();
    let [event, data, "", ""] = lines.as_slice() else {
        panic!("not one event: {out:?}");
    };
    assert!(event.starts_with("event: "));
    let data = data
        .strip_prefix("data: ")
        .expect("the second line is data");
    let data: Value = serde_json::from_str(data).expect("the data is JSON");
    if let Some((member, text)) = expected {
        assert_eq!(data.get(member).and_then(Value::as_str), Some(text));
    }
});

fn said<'t>(
    event: Event<'_>,
    member: &'static str,
    text: &'t str,
    out: &mut BytesMut,
) -> Option<(&'static str, &'t str)> {
    encode::event(&event, out);
    Some((member, text))
}
