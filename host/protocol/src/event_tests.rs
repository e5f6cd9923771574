//! Which events a bot may give by name, and what they become.

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn name(name: &str) -> EventName {
    EventName::parse(name).unwrap()
}

fn object(text: &str) -> JsonObject {
    JsonObject::parse(text).unwrap()
}

fn owned(event: &str, data: &str) -> Result<Owned, String> {
    known(&name(event), object(data)).map_err(|error| error.to_string())
}

#[test]
fn names_are_short_words() {
    for good in ["a", "text", "new_event_2", "_", "7", &"x".repeat(64)] {
        assert_eq!(EventName::parse(good).unwrap().as_str(), good);
    }
    #[rustfmt::skip]
    let rows = [
        ("", "the name of an event has 1 to 64 characters, this one has 0 bytes"),
        (&"x".repeat(65), "the name of an event has 1 to 64 characters, this one has 65 bytes"),
        ("a\nevent: done", "the name of an event consists of `a` to `z`, `0` to `9` and `_`, unlike `a\\nevent: done`"),
        ("Text", "the name of an event consists of `a` to `z`, `0` to `9` and `_`, unlike `Text`"),
        ("é", "the name of an event consists of `a` to `z`, `0` to `9` and `_`, unlike `é`"),
        ("done", "the event `done` belongs to the gateway"),
        ("ping", "the event `ping` belongs to the gateway"),
    ];
    for (bad, sentence) in rows {
        assert_eq!(EventName::parse(bad).unwrap_err().to_string(), sentence);
    }
}

#[test]
fn data_is_a_json_object() {
    assert_eq!(object(r#"{"a":1,"a":2}"#).members()["a"], 2);
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(127), "]".repeat(127));
    #[rustfmt::skip]
    let rows = [
        ("", "the data is not JSON at line 1, column 0: EOF while parsing a value"),
        ("{\"a\": 1,}", "the data is not JSON at line 1, column 9: trailing comma"),
        ("[1]", "the data should be a JSON object, but is an array"),
        ("null", "the data should be a JSON object, but is null"),
        (&deep, "the data is not JSON at line 1, column 132: arrays and objects are nested more than 127 deep"),
    ];
    for (bad, sentence) in rows {
        assert_eq!(JsonObject::parse(bad).unwrap_err().to_string(), sentence);
    }
}

/// An event by name is the same as the call of its function.
#[test]
fn events_with_a_function_are_found() {
    let text = |text: &str| text.to_owned();
    let meta = Meta {
        content_type: Some(text("text/plain")),
        linkify: Some(true),
        suggested_replies: Some(false),
        refetch_settings: None,
    };
    let file = File {
        url: text("u"),
        content_type: text("c"),
        name: text("n"),
        inline_ref: Some(text("r")),
    };
    let failure = |allow_retry, text: Option<&str>, error_type: Option<&str>| Failure {
        text: text.map(str::to_owned),
        allow_retry,
        error_type: error_type.map(str::to_owned),
    };
    let open = || object(r#"{"text":1}"#);
    #[rustfmt::skip]
    let rows = [
        ("text", r#"{"text":"a"}"#, Owned::Text { index: None, text: text("a") }),
        ("text", r#"{"text":"a","index":2,"more":1}"#, Owned::Text { index: Some(2), text: text("a") }),
        ("replace_response", r#"{"text":"","index":null}"#, Owned::Replace { index: None, text: text("") }),
        ("suggested_reply", r#"{"text":"Why?","index":1}"#, Owned::Suggest(text("Why?"))),
        ("meta", "{}", Owned::Meta(Meta::default())),
        ("meta", r#"{"content_type":"text/plain","linkify":true,"suggested_replies":false,"refetch_settings":null}"#, Owned::Meta(meta)),
        ("file", r#"{"url":"u","content_type":"c","name":"n","inline_ref":"r"}"#, Owned::File(file)),
        ("data", r#"{"metadata":"m"}"#, Owned::Data(text("m"))),
        ("json", r#"{"text":1}"#, Owned::Json(open())),
        ("error", "{}", Owned::Error(failure(true, None, None))),
        ("error", r#"{"allow_retry":false,"text":"t","error_type":"e","raw_response":"r"}"#, Owned::Error(failure(false, Some("t"), Some("e")))),
        ("new_thing", r#"{"text":1}"#, Owned::Other(name("new_thing"), open())),
    ];
    for (event, data, expected) in rows {
        assert_eq!(owned(event, data), Ok(expected), "{event} {data}");
    }
}

#[test]
fn events_with_a_function_must_fit_it() {
    #[rustfmt::skip]
    let rows = [
        ("text", "{}", "`text` should be a string, but is missing"),
        ("text", r#"{"text":null}"#, "`text` should be a string, but is missing"),
        ("text", r#"{"text":1}"#, "`text` should be a string, but is a number"),
        ("text", r#"{"text":"a","index":true}"#, "`index` should be a whole number from 0 to 4294967295, but is a boolean"),
        ("text", r#"{"text":"a","index":-1}"#, "`index` should be a whole number from 0 to 4294967295, but is another number"),
        ("replace_response", r#"{"text":"a","index":4294967296}"#, "`index` should be a whole number from 0 to 4294967295, but is another number"),
        ("suggested_reply", r#"{"text":[]}"#, "`text` should be a string, but is an array"),
        ("meta", r#"{"linkify":"yes"}"#, "`linkify` should be a boolean, but is a string"),
        ("meta", r#"{"content_type":"text/html\n"}"#, "the content type should be `text/markdown` or `text/plain`, but is `text/html\\n`"),
        ("file", r#"{"url":"u","content_type":"c"}"#, "`name` should be a string, but is missing"),
        ("data", r#"{"metadata":{}}"#, "`metadata` should be a string, but is an object"),
        ("error", r#"{"allow_retry":1}"#, "`allow_retry` should be a boolean, but is a number"),
    ];
    for (event, data, sentence) in rows {
        assert_eq!(
            owned(event, data),
            Err(sentence.to_owned()),
            "{event} {data}"
        );
    }
}

proptest! {
    /// Only the listed characters pass, in particular none that could start a line of its own.
    #[test]
    fn no_name_breaks_a_line(text: String) {
        if let Ok(name) = EventName::parse(&text) {
            prop_assert_eq!(name.as_str(), &text);
            prop_assert!(text.bytes().all(|b| b == b'_' || b.is_ascii_lowercase() || b.is_ascii_digit()));
        }
    }

    #[test]
    fn any_text_is_data_or_refused(data: String, event in "[a-z_]{1,16}") {
        let wrapped = json!({ "text": data, "metadata": data, "url": data }).to_string();
        for data in [&data, &wrapped] {
            if let (Ok(name), Ok(data)) = (EventName::parse(&event), JsonObject::parse(data)) {
                let _ = known(&name, data);
            }
        }
    }
}
