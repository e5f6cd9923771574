//! One pass and the long way agree, whatever is in a text; and what is usual takes one pass.

use proptest::{prelude::*, sample::select};
use serde_json::{Value, json};

use super::*;
use crate::{
    decode::{VALUES_MAX, by_value},
    request::Request,
};

const FULL: &str = include_str!("../../fuzz/corpus/decode/full.json");
const SEEDS: [&str; 5] = [
    FULL,
    include_str!("../../fuzz/corpus/decode/sample.json"),
    include_str!("../../fuzz/corpus/decode/nested.json"),
    include_str!("../../fuzz/corpus/decode/comments.json"),
    include_str!("../../fuzz/corpus/decode/refused.json"),
];

/// What must hold for any text: the query that is read in one pass is the one that the long way
/// reads. Gives whether it was read.
fn check(text: &str) -> bool {
    let Some(query) = query(text) else {
        return false;
    };
    let decoded = by_value(text.to_owned()).unwrap_or_else(|error| panic!("{error}: {text}"));
    assert_eq!(decoded.request, Request::Query(Box::new(query)), "{text}");
    assert_eq!(decoded.raw, text);
    assert!(!decoded.repaired);
    true
}

/// The full query without access keys.
fn full() -> Value {
    let mut body: Value = serde_json::from_str(FULL).unwrap();
    body.as_object_mut()
        .unwrap()
        .retain(|name, _| !name.ends_with("_key"));
    body
}

/// A query with one message that has these members, as text.
fn message(members: &str) -> String {
    format!(r#"{{"type":"query","query":[{{"role":"user","content":"hi",{members}}}]}}"#)
}

/// A query with these members, as text.
fn with(members: &str) -> String {
    format!(r#"{{"type":"query","query":[],{members}}}"#)
}

#[test]
fn what_is_usual_takes_one_pass() {
    let many = vec![full()["query"][0].clone(); 1000];
    let mut long = full();
    long["query"] = many.into();
    let rows = [
        r#"{"version":"1.2","type":"query","query":[]}"#.to_owned(),
        full().to_string(),
        serde_json::to_string_pretty(&full()).unwrap(),
        long.to_string(),
        with(r#""user":"u","conversation":"c","user_id":null,"message_id":7"#),
        with(r#""brand_new":{"a":[1,null,{"b":"c"}]},"temperature":1,"tools":null"#),
        message(r#""content_type":"text/x-odd","brand_new":1,"timestamp":1.5"#),
        message(r#""sender":{"id":"u","name":null},"sender_id":"v","feedback":[null]"#),
        message(r#""metadata":"\u00e9\ud83d\ude00\n","referenced_message":null"#),
        r#"{"query":[null,{"content":"x","role":"wizard"}],"type":"query"}"#.to_owned(),
    ];
    for text in rows {
        assert!(check(&text), "{text}");
    }
}

/// Each of these would be another query, or none, if it were read without looking.
#[test]
fn what_is_out_of_the_ordinary_is_given_up() {
    let deep = format!(r#""a":{}{}"#, "[".repeat(127), "]".repeat(127));
    let rows = [
        r#"{"type":"settings"}"#.to_owned(),
        r#"{"type":"query","query":[]}x"#.to_owned(),
        r#"{"type":"query","query":[],}"#.to_owned(),
        r#"{"type":"query","type":"settings","query":[]}"#.to_owned(),
        r#"[{"type":"query","query":[]}]"#.to_owned(),
        with(r#""api_key":"secret""#),
        with(r#""access\u005fkey":null"#),
        with(r#""user_id":"a","user_id":"b""#),
        with(r#""query":[]"#),
        with(r#""a":1e999"#),
        with(r#""a":"\ud800""#),
        with(r#""\ud800":1"#),
        with(r#""logit_bias":{"a":"b"}"#),
        with(r#""a":{"$serde_json::private::RawValue":"no JSON"}"#),
        with(&deep),
        with(&format!(r#""user_id":"{}""#, "x".repeat(1025))),
        with(&format!(r#""a":[{}0]"#, "0,".repeat(VALUES_MAX))),
        message(r#""content":"again""#),
        message(r#""timestamp":1e30"#),
        message(r#""attachments":[{"name":"a"}]"#),
        message(r#""referenced_message":{"role":"user"}"#),
    ];
    for text in rows {
        assert_eq!(query(&text), None, "{text}");
    }
}

/// What a message of an unknown role quotes is as unread as the message, whichever comes first.
#[test]
fn quotations_are_the_same_both_ways() {
    let quoting = |inner: &str| message(&format!(r#""referenced_message":{inner}"#));
    let user =
        |inner: &str| format!(r#"{{"role":"user","referenced_message":{inner},"content":"x"}}"#);
    let wizard = format!(
        r#"{{"referenced_message":{},"role":"wizard"}}"#,
        user("null")
    );
    for inner in [
        user("null"),
        user(&user("null")),
        wizard.clone(),
        user(&wizard),
    ] {
        assert!(check(&quoting(&inner)), "{inner}");
    }
    let text = format!(
        r#"{{"type":"query","query":[{wizard},{}]}}"#,
        user(&user("null"))
    );
    assert!(check(&text));
    let deepest = (1..QUOTATIONS_MAX).fold(user("null"), |inner, _| user(&inner));
    assert!(check(&quoting(&deepest)));
    assert_eq!(query(&quoting(&user(&deepest))), None);
}

#[test]
fn every_seed_of_the_fuzzer_is_read_the_same_both_ways() {
    for seed in SEEDS {
        check(seed);
    }
}

/// Values that a client could put anywhere.
const ODD: [&str; 26] = [
    "null",
    "true",
    "0",
    "-0",
    "7",
    "-1.5",
    "1e400",
    "1E-400",
    "18446744073709551616",
    r#""""#,
    r#""user""#,
    r#""wizard""#,
    r#""\u0071uery""#,
    r#""\ud83d\ude00\/""#,
    r#""\udc00""#,
    "[]",
    "[null,null]",
    r#"["a","b"]"#,
    "{}",
    r#"{"a":1,"b":{"a":[2.50,1e3]},"a":"\/"}"#,
    r#"{"id":7,"id":null}"#,
    r#"[{"type":"like","reason":"r","reason":null}]"#,
    r#"{"$serde_json::private::RawValue":"[1, 2]"}"#,
    r#"{"role":"user","content":"x","referenced_message":{"role":"bot","content":"y"}}"#,
    r#"{"content":"x","referenced_message":{"role":"bot","content":"y"},"role":"wizard"}"#,
    "nul",
];

/// Members with values that they can have.
const MEMBERS: [(&str, &[&str]); 36] = [
    ("type", &[r#""query""#]),
    ("version", &[r#""1.2""#, "1", "null"]),
    ("query", &["[]"]),
    ("user_id", &[r#""u""#, "7", r#""\u0000""#]),
    ("user", &[r#""old""#]),
    ("conversation_id", &[r#""c""#, "null"]),
    ("conversation", &[r#""old""#]),
    ("message_id", &[r#""m""#, "-1.5"]),
    ("metadata", &[r#""d""#]),
    ("temperature", &["0.7", "1", "-1", "-0"]),
    ("skip_system_prompt", &["true"]),
    ("logit_bias", &[r#"{"a":-100,"b":100.5,"a":1}"#, "{}"]),
    ("stop_sequences", &[r#"["\n",null]"#]),
    ("language_code", &[r#""de""#, r#""""#]),
    ("adopt_current_bot_name", &["false"]),
    ("bot_query_id", &[r#""q""#]),
    ("users", &[r#"[{"id":"u","name":"Ann"},{},null]"#]),
    ("tools", &[r#"[ {"type" : "function"} ]"#]),
    ("tool_calls", &["[]"]),
    ("tool_results", &[r#"[{"role":"tool"}]"#]),
    ("query_creation_time", &["1700000000000001", "1.9"]),
    ("extra_params", &[r#"{"a":1.0,"b":1e2,"a":"\u00e9"}"#]),
    ("role", &[r#""user""#, r#""bot""#, r#""wizard""#]),
    ("content", &[r#""hi""#, r#""\ud83d\ude00""#]),
    ("message_type", &[r#""function_call""#, r#""poem""#]),
    (
        "content_type",
        &[r#""text/plain""#, r#""text/markdown""#, r#""x""#],
    ),
    ("timestamp", &["1700000000000000", "-1.9"]),
    ("sender", &[r#"{"id":"u"}"#, "{}"]),
    ("sender_id", &[r#""v""#]),
    ("feedback", &[r#"[{"type":"like"},{"reason":"r"}]"#, "[]"]),
    ("attachments", &[r#"[{"url":"u","name":"a"},null]"#, "[]"]),
    ("parameters", &["{}", r#"{"a":[1,2.50],"b":{}}"#]),
    ("referenced_message", &["null"]),
    ("reactions", &[r#"[{"reaction":"heart","user_id":1}]"#]),
    ("brand_new", &[r#"{"a":[1,{"b":"\n"}]}"#]),
    ("api_key", &[r#""secret""#]),
];

/// A member of a query or of a message, mostly as it should be.
fn member() -> impl Strategy<Value = String> {
    let fitting = select(&MEMBERS[..]).prop_flat_map(|(name, values)| (Just(name), select(values)));
    let odd = (select(&MEMBERS[..]), select(&ODD[..])).prop_map(|((name, _), value)| (name, value));
    prop_oneof![12 => fitting, 1 => odd].prop_map(|(name, value)| format!(r#""{name}":{value}"#))
}

/// An object with these members beside others, in any order.
fn object(own: &'static str, others: usize) -> impl Strategy<Value = String> {
    let own = own.split(';').map(str::to_owned).collect::<Vec<_>>();
    prop::collection::vec(member(), 0..others)
        .prop_map(move |others| [own.clone(), others].concat())
        .prop_shuffle()
        .prop_flat_map(|members| (Just(members), select(vec![",", ",", ",", " ,\n\t", ",,"])))
        .prop_map(|(members, comma)| format!("{{{}}}", members.join(comma)))
}

/// A message that may quote another.
fn any_message() -> impl Strategy<Value = String> {
    let plain = || object(r#""role":"user";"content":"hi""#, 5);
    let quoting = (plain(), plain()).prop_map(|(outer, inner)| {
        outer.replacen('{', &format!(r#"{{"referenced_message":{inner},"#), 1)
    });
    prop_oneof![4 => plain(), 1 => quoting, 1 => Just("null".to_owned())]
}

/// A request as text: often one that the platform could send.
fn request() -> impl Strategy<Value = String> {
    let messages = prop::collection::vec(any_message(), 0..4);
    (object(r#""type":"query""#, 6), messages).prop_map(|(rest, messages)| {
        rest.replacen('{', &format!(r#"{{"query":[{}],"#, messages.join(",")), 1)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn requests_are_read_the_same_both_ways(text in request()) {
        check(&text);
    }

    #[test]
    fn requests_with_bytes_changed_are_read_the_same_both_ways(
        text in prop_oneof![request(), select(&SEEDS[..]).prop_map(str::to_owned)],
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut body = text.into_bytes();
        for (place, byte) in changes {
            let place = place.index(body.len());
            body[place] = byte;
        }
        if let Ok(text) = String::from_utf8(body) {
            check(&text);
        }
    }

    #[test]
    fn what_the_platform_may_send_takes_one_pass(
        contents in prop::collection::vec(any::<String>(), 0..4),
        name in "[a-z_]{0,8}x",
        id: String,
    ) {
        let messages = contents.iter().map(|content| {
            json!({"role": "bot", "content": content, "message_id": id, &name: [content]})
        });
        let mut body = full();
        body["query"] = messages.collect();
        body["user_id"] = id.as_str().into();
        body[name] = json!({ &id: contents });
        prop_assert!(check(&body.to_string()));
    }
}

/// The generator of requests makes both kinds in numbers: else the properties would say nothing.
#[test]
fn many_requests_are_read_and_many_are_given_up() {
    use proptest::{strategy::ValueTree, test_runner::TestRunner};
    let mut runner = TestRunner::deterministic();
    let read = (0..1000)
        .filter(|_| check(&request().new_tree(&mut runner).unwrap().current()))
        .count();
    assert!((200..800).contains(&read), "{read} of 1000");
}
