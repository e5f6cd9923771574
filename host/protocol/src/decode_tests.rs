//! What bodies become, row by row; and that no body is too strange.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::request::{Message, Query};

const SAMPLE: &[u8] = include_bytes!("../../fuzz/corpus/decode/sample.json");
const FULL: &[u8] = include_bytes!("../../fuzz/corpus/decode/full.json");
const NESTED: &[u8] = include_bytes!("../../fuzz/corpus/decode/nested.json");
const COMMENTS: &[u8] = include_bytes!("../../fuzz/corpus/decode/comments.json");
const REFUSED: &[u8] = include_bytes!("../../fuzz/corpus/decode/refused.json");

fn text(text: &str) -> String {
    text.to_owned()
}

fn decoded(body: impl AsRef<[u8]>) -> Decoded {
    decode(body.as_ref().to_vec()).unwrap()
}

fn refused(body: impl AsRef<[u8]>) -> String {
    decode(body.as_ref().to_vec()).unwrap_err().to_string()
}

/// The sample of the platform's own page works although it is not JSON and uses old names.
#[test]
fn the_sample_with_trailing_commas_is_understood() {
    let decoded = decoded(SAMPLE);
    assert!(decoded.repaired);
    let expected = Query {
        version: text("1.0"),
        messages: vec![Message {
            role: text("user"),
            content: text("What is the capital of Nepal?"),
            content_type: text("text/markdown"),
            timestamp: 1_678_299_819_427_621,
            parameters: text("{}"),
            ..Message::default()
        }],
        user_id: text("u-1234abcd5678efgh"),
        conversation_id: text("c-jklm9012nopq3456"),
        language_code: text("en"),
        ..Query::default()
    };
    assert_eq!(decoded.request, Request::Query(Box::new(expected)));
    let sent = std::str::from_utf8(SAMPLE).unwrap();
    let repaired = sent.replace("7621,", "7621 ").replace("3456\",", "3456\" ");
    assert_eq!(decoded.raw, repaired);
}

/// A bot never sees an access key, wherever the text hides it.
#[test]
fn access_keys_are_not_handed_on() {
    let raw = decoded(FULL).raw;
    assert!(!raw.contains("secret"), "{raw}");
    assert!(raw.ends_with(r#""api_key":"","access_key":""}"#), "{raw}");
    for body in [
        r#"{"type":"settings","api_key":"secret","api_key":""}"#,
        r#"{"type":"settings","api_key":"secret","api_key":null}"#,
        r#"{"type":"settings","access\u005fkey":"secret"}"#,
        r#"{"type":"settings","access_key":["secret"],}"#,
        r#"{"type":"settings",/*"api_key":"secret"*/"api_key":{}}"#,
    ] {
        let raw = decoded(body).raw;
        assert!(!raw.contains("secret"), "{raw}");
    }
    let body = r#"{ "type" : "settings", "metadata" : "access_key" }"#;
    assert_eq!(decoded(body).raw, body, "without keys, the text stays");
}

#[test]
fn reports_are_understood() {
    let request = |body: &str| decoded(body).request;
    assert_eq!(request(r#"{"type":"settings"}"#), Request::Settings);
    assert_eq!(
        request(
            r#"{"type":"report_feedback","message_id":"m","user":"u","conversation_id":"c",
                "feedback_type":"dislike"}"#
        ),
        Request::Report(Report::Feedback(Feedback {
            message_id: text("m"),
            user_id: text("u"),
            conversation_id: text("c"),
            feedback_type: text("dislike"),
        }))
    );
    assert_eq!(
        decoded(COMMENTS).request,
        Request::Report(Report::Reaction(Reaction {
            message_id: text("m-/*0*/"),
            user_id: text("0"),
            conversation_id: String::new(),
            reaction: text("+👍"),
        }))
    );
    assert_eq!(
        request(r#"{"type":"report_error","message":"bad","metadata":{"a":1}}"#),
        Request::Report(Report::Error(ErrorReport {
            message: text("bad"),
            metadata: text(r#"{"a":1}"#),
        }))
    );
    assert_eq!(
        request(r#"{"type":"report_error"}"#),
        Request::Report(Report::Error(ErrorReport {
            message: String::new(),
            metadata: text("{}"),
        }))
    );
}

/// Each mistake has one sentence that says what and where, without repeating what was sent.
#[test]
fn complaints_name_the_place() {
    let message = |members: &str| format!(r#"{{"type":"query","query":[{{{members}}}]}}"#);
    let hi = |members: &str| message(&format!(r#""role":"user","content":"hi",{members}"#));
    let query = |members: &str| format!(r#"{{"type":"query","query":[],{members}}}"#);
    let long = "x".repeat(1025);
    #[rustfmt::skip]
    let rows: Vec<(String, &str)> = vec![
        (text(""), "the body is not JSON at line 1, column 0: EOF while parsing a value"),
        (text("{\"type\": \"settings\"\n\"a\": 1,}"), "the body is not JSON at line 2, column 1: expected `,` or `}`"),
        (text("{\"a\": 1,\n/* open"), "the body is not JSON at line 2, column 1: key must be a string"),
        (text("{}x"), "the body is not JSON at line 1, column 3: trailing characters"),
        (text("[1]"), "the body should be a JSON object, but is an array"),
        (text("null"), "the body should be a JSON object, but is null"),
        (text("{}"), "`type` should be a string, but is missing"),
        (text(r#"{"type":["query"]}"#), "`type` should be a string, but is an array"),
        (text(r#"{"type":"report_lost"}"#), "the request type `report_lost` is not known here"),
        (text("{\"type\":\"a\\né🐈\u{202e}\"}"), "the request type `a\\né🐈\\u{202e}` is not known here"),
        (format!(r#"{{"type":"{long}"}}"#), "the request type `xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...` is not known here"),
        (text(r#"{"type":"query"}"#), "`query` should be an array, but is missing"),
        (text(r#"{"type":"query","query":null}"#), "`query` should be an array, but is missing"),
        (text(r#"{"type":"query","query":{}}"#), "`query` should be an array, but is an object"),
        (text(r#"{"type":"query","query":["hi"]}"#), "`query[0]` should be an object, but is a string"),
        (message(r#""content":"hi""#), "`query[0].role` should be a string, but is missing"),
        (message(r#""role":"user""#), "`query[0].content` should be a string, but is missing"),
        (message(r#""role":"user","content":["hi"]"#), "`query[0].content` should be a string, but is an array"),
        (hi(r#""timestamp":"now""#), "`query[0].timestamp` should be a whole number of 64 bits, but is a string"),
        (hi(r#""timestamp":9223372036854775808"#), "`query[0].timestamp` should be a whole number of 64 bits, but is out of range"),
        (hi(r#""timestamp":-1e19"#), "`query[0].timestamp` should be a whole number of 64 bits, but is out of range"),
        (hi(r#""attachments":[{"name":"a"}]"#), "`query[0].attachments[0].url` should be a string, but is missing"),
        (hi(r#""parameters":[]"#), "`query[0].parameters` should be an object, but is an array"),
        (hi(r#""sender":{"id":true}"#), "`query[0].sender.id` should be a string, but is a boolean"),
        (hi(r#""referenced_message":{"role":"bot","content":1}"#), "`query[0].referenced_message.content` should be a string, but is a number"),
        (query(r#""temperature":"hot""#), "`temperature` should be a number, but is a string"),
        (query(r#""skip_system_prompt":"yes""#), "`skip_system_prompt` should be a boolean, but is a string"),
        (query(r#""logit_bias":{"a\nb":"c"}"#), "`logit_bias.a\\nb` should be a number, but is a string"),
        (query(r#""stop_sequences":["a",1]"#), "`stop_sequences[1]` should be a string, but is a number"),
        (query(r#""tools":{}"#), "`tools` should be an array, but is an object"),
        (query(r#""extra_params":"a""#), "`extra_params` should be an object, but is a string"),
        (query(&format!(r#""user_id":"{long}""#)), "`user_id` has 1025 bytes, more than the 1024 of an identifier"),
        (text(r#"{"type":"report_feedback"}"#), "`feedback_type` should be a string, but is missing"),
        (text(r#"{"type":"report_reaction","reaction":{}}"#), "`reaction` should be a string, but is an object"),
        (text(r#"{"type":"report_error","metadata":"a"}"#), "`metadata` should be an object, but is a string"),
        (format!("[{}0]", "0,".repeat(VALUES_MAX)), "the body holds more than 500000 JSON values"),
    ];
    for (body, sentence) in rows {
        let start: String = body.chars().take(80).collect();
        assert_eq!(refused(&body), sentence, "{start}");
    }
    assert_eq!(
        refused(b"{\"type\": \"\xff\"}"),
        "the body is not UTF-8 at byte 10"
    );
}

/// What strict parsers refuse for its values, not for its grammar.
#[test]
fn half_a_character_and_a_number_out_of_range_are_mended() {
    let mended = decode(REFUSED.to_vec()).unwrap();
    let Request::Report(Report::Error(report)) = mended.request else {
        panic!("{:?}", mended.request)
    };
    assert_eq!(report.message, "lone \u{fffd} surrogate");
    assert_eq!(report.metadata, r#"{"a":1e+308}"#);
    // Together with what is no JSON either, and in the place where it stood.
    let both = decode(br#"{"type":"report_error","message":"\ud83d", /* "1e400 */}"#.to_vec());
    let raw = both.unwrap().raw;
    assert_eq!(
        raw.replace(' ', ""),
        r#"{"type":"report_error","message":"\ufffd"}"#
    );
}

/// A hint says what to do, and nothing that the sentence has said already.
#[test]
fn hints_say_what_to_do() {
    let hint = |body: &str| decode(body.as_bytes().to_vec()).unwrap_err().hint();
    let types = "`query`, `settings`, `report_feedback`, `report_reaction`, `report_error`";
    assert_eq!(hint("{}"), Some(format!("one of {types}")));
    assert_eq!(hint(r#"{"type":"x"}"#), Some(format!("served are {types}")));
    assert_eq!(
        hint("{'type': 'settings'}").as_deref(),
        Some(
            "comments (`//`, `/* */`) and trailing commas are accepted; all else must be strict JSON"
        )
    );
    assert_eq!(
        hint(r#"{"type":"query","query":[{"role":"user"}]}"#).as_deref(),
        Some(r#"every message needs both, such as {"role": "user", "content": "hi"}"#)
    );
    assert_eq!(hint(r#"{"type":"query","query":[],"tools":1}"#), None);
}

/// Some editors put a byte-order mark in front; it is not worth a complaint.
#[test]
fn a_byte_order_mark_is_skipped() {
    let decoded = decoded("\u{feff}{\"type\":\"settings\"}");
    assert!(decoded.repaired);
    assert_eq!(decoded.raw, "   {\"type\":\"settings\"}");
}

/// Commas and comments of other languages, and half of one, are what they look like: mistakes.
#[test]
fn only_trailing_commas_and_two_kinds_of_comments_are_forgiven() {
    let settings = |more: &str| format!("{{\"type\":\"settings\",\"x\":{more}}}");
    for (more, good) in [
        ("[1,]", true),
        ("[1 /* , */ , // ]\n ]", true),
        ("{\"a\":[{},],}", true),
        ("\"# // /* ,]\\\\\",", true),
        ("\"\\\",]\"/**/", true),
        ("{,}", false),
        ("[,]", false),
        ("[1,,]", false),
        ("[1,/**/,]", false),
        ("[,1]", false),
        ("{\"a\":,}", false),
        ("1 # comment\n", false),
        ("# comment\n1", false),
        ("1 /", false),
        ("1 / 2", false),
        ("1/**/2", false),
    ] {
        let body = settings(more).into_bytes();
        assert_eq!(decode(body).is_ok(), good, "{more}");
    }
    for text in [
        "{\"type\":\"settings\"} /* open",
        ",",
        "{\"type\":\"settings\"},",
        "/*/",
    ] {
        assert!(decode(text.into()).is_err(), "{text}");
    }
}

/// What must hold for any body.
fn check(body: &[u8]) {
    match decode(body.to_vec()) {
        Ok(decoded) => {
            let again = decode(decoded.raw.into_bytes()).unwrap();
            assert!(!again.repaired, "the text handed on is strict JSON");
            assert_eq!(again.request, decoded.request);
            if let Request::Query(query) = decoded.request {
                check_references(&query);
            }
        }
        Err(error) => {
            let sentence = error.to_string();
            assert!(sentence.len() < 2048, "{sentence}");
            assert!(!sentence.contains('\n'), "{sentence}");
        }
    }
}

fn check_references(query: &Query) {
    let quoted = &query.referenced_messages;
    for message in &query.messages {
        assert!(
            message
                .referenced_message
                .is_none_or(|index| (index as usize) < quoted.len())
        );
    }
    for (place, message) in quoted.iter().enumerate() {
        assert!(
            message
                .referenced_message
                .is_none_or(|index| (index as usize) < place)
        );
    }
}

#[test]
fn every_seed_of_the_fuzzer_is_decoded_or_refused() {
    for seed in [SAMPLE, FULL, NESTED, COMMENTS, REFUSED] {
        check(seed);
    }
}

/// Cut anywhere, a query is refused with a sentence.
#[test]
fn a_body_that_breaks_off_is_refused() {
    for seed in [SAMPLE, FULL, NESTED] {
        let end = seed.trim_ascii_end().len();
        for length in 0..end {
            assert!(decode(seed[..length].to_vec()).is_err(), "{length}");
        }
    }
}

/// A JSON value of any shape, often under the protocol's own names.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<i32>().prop_map(|number| Value::from(f64::from(number) / 8.0)),
        "[a-z]{0,5}".prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    let name = prop_oneof![
        Just(text("role")),
        Just(text("content")),
        Just(text("sender")),
        Just(text("referenced_message")),
        any::<String>(),
    ];
    leaf.prop_recursive(4, 64, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..8)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Every place of a value, as JSON pointers.
fn places(value: &Value, at: &str, places: &mut Vec<String>) {
    places.push(at.to_owned());
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                self::places(value, &format!("{at}/{name}"), places);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                self::places(value, &format!("{at}/{index}"), places);
            }
        }
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn any_bytes_are_decoded_or_refused(body: Vec<u8>) {
        check(&body);
    }

    #[test]
    fn any_text_of_json_characters_is_decoded_or_refused(
        body in r#"[\{\}\[\]",:/*#\\ nulltrue0-9.e\n-]{0,64}"#,
    ) {
        check(body.as_bytes());
    }

    #[test]
    fn a_query_with_bytes_changed_is_decoded_or_refused(
        seed in prop::sample::select(vec![SAMPLE, FULL, NESTED, COMMENTS]),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut body = seed.to_vec();
        for (place, byte) in changes {
            let place = place.index(body.len());
            body[place] = byte;
        }
        check(&body);
    }

    #[test]
    fn a_query_with_any_value_anywhere_is_decoded_or_refused(
        place: prop::sample::Index,
        value in any_json(),
    ) {
        let mut body: Value = serde_json::from_slice(FULL).unwrap();
        let mut all = Vec::new();
        places(&body, "", &mut all);
        *body.pointer_mut(&all[place.index(all.len())]).unwrap() = value;
        check(body.to_string().as_bytes());
    }

    /// Commas and comments between tokens change nothing.
    #[test]
    fn comments_change_nothing(comment in r"[^\n*]{0,20}", content: String) {
        let body = json!({"type": "query", "query": [{"role": "user", "content": content}]});
        let body = body.to_string();
        let commented = format!("/*{comment}*/ {} // {comment}\n}}", &body[..body.len() - 1]);
        prop_assert_eq!(decoded(&body).request, decoded(&commented).request);
        prop_assert!(decoded(&commented).repaired);
    }
}
