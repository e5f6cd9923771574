//! What bots ask of the platform: other bots, relays, files, money, settings. The platform is a fake
//! one that each test starts.

mod costs;
mod crash;
mod disk;
mod fault_table;
mod faults;
mod files;
mod kills;
mod settings;

use ravenry_base::secret::Secret;
use ravenry_desk::client::Target;
use ravenry_desk::simulator::{Answer, Step};
use serde_json::{Value, json};

use crate::harness::{self, Answered as _, FakePoe, Folder, Script, Scripting as _, Server};

/// A gateway with the bot `asker` under this key, which takes a fake platform for the real one.
fn gateway(poe: &FakePoe, more: &str) -> Server {
    folder(poe, more).up()
}

fn folder(poe: &FakePoe, more: &str) -> Folder {
    let manifest = format!(
        "[bot.asker]\nsource = \"asker.wasm\"\npoe = {{ access_key = {{ env = \"ASKER_KEY\" }} }}\n{more}"
    );
    Folder::with_manifest(&manifest)
        .env("ASKER_KEY", KEY)
        .flag("--poe-api")
        .flag(&poe.url())
        .flag("--poe-upload")
        .flag(&poe.upload_url())
}

const KEY: &str = "the-access-key-of-the-asking-bot";

/// Asks the bot, which does what the lines say.
fn ask(server: &Server, lines: &str) -> harness::Answer {
    send(server, &harness::query(lines))
}

fn send(server: &Server, query: &Value) -> harness::Answer {
    let key = format!("Bearer {KEY}");
    server.send("asker", query, &[("authorization", &key)])
}

/// Waits for a fake platform, which speaks async.
fn wait<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(future)
}

#[test]
fn a_bot_hears_every_event_of_another() {
    let poe = FakePoe::start().unwrap();
    poe.bot(
        "helper",
        Answer::events([
            ("meta", json!({"content_type": "text/plain"})),
            ("text", json!({"text": "one "})),
            ("text", json!({"text": "two", "index": 1})),
            ("replace_response", json!({"text": "three"})),
            ("suggested_reply", json!({"text": "more?"})),
            ("data", json!({"metadata": "hidden"})),
            ("done", json!({})),
        ]),
    );
    let said = ask(&gateway(&poe, ""), "read helper").said();
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 6, "{said}");
    for (line, part) in
        lines
            .iter()
            .zip(["text/plain", "one ", "Some(1)", "three", "more?", "hidden"])
    {
        assert!(line.contains(part), "{part} in {line}");
    }
}

/// The conversation, the person and the hints are those of the query at hand; the key is the bot's
/// own, and stands in the header only.
#[test]
fn the_question_is_the_query_at_hand_with_changes() {
    let poe = FakePoe::start().unwrap();
    poe.bot("helper", Script::text("hi"));
    let server = gateway(&poe, "");
    let mut query =
        harness::query("with {\"temperature\": 0.25, \"user_id\": \"u-evil\"}\ntext helper");
    query["metadata"] = json!("d-1");
    query["stop_sequences"] = json!(["stop"]);
    query["from_the_future"] = json!({"a": [1]});
    query["access_key"] = json!("leaked");
    assert_eq!(send(&server, &query).said(), "hi");
    let asked = wait(poe.next_query("helper")).unwrap();
    assert_eq!(asked.key(), Some(KEY));
    let body = asked.body;
    assert_eq!(body["temperature"], 0.25);
    assert_eq!(body["type"], "query");
    for member in [
        "user_id",
        "conversation_id",
        "message_id",
        "metadata",
        "stop_sequences",
        "from_the_future",
    ] {
        assert_eq!(body[member], query[member], "{member}");
    }
    assert!(body.get("access_key").is_none() && body.get("api_key").is_none());
    assert_eq!(body["query"][0]["content"], query["query"][0]["content"]);
}

#[test]
fn a_relay_hands_on_all_but_hidden_data() {
    let poe = FakePoe::start().unwrap();
    let events = [
        (
            "meta",
            json!({"content_type": "text/plain", "suggested_replies": false}),
        ),
        ("text", json!({"text": "caf\u{e9} \u{1f431}"})),
        (
            "json",
            json!({"choices": [{"index": 0, "delta": {"content": "x"}}]}),
        ),
        (
            "file",
            json!({"url": "https://a/b", "content_type": "text/plain", "name": "b", "inline_ref": null}),
        ),
        ("data", json!({"metadata": "theirs"})),
        ("suggested_reply", json!({"text": "more?"})),
        ("done", json!({})),
    ];
    poe.bot("helper", Answer::events(events.clone()));
    let server = gateway(&poe, "");
    let expected: Vec<(String, Value)> = events
        .into_iter()
        .filter(|(name, _)| *name != "data")
        .map(|(name, data)| (name.to_owned(), data))
        .collect();
    assert_eq!(ask(&server, "relay helper").events(), expected);
    let text: Vec<_> = expected
        .into_iter()
        .filter(|(name, _)| name == "text" || name == "done")
        .collect();
    assert_eq!(ask(&server, "relay-text helper").events(), text);
}

/// What is relayed leaves at once: the reader has it before the other bot says more.
#[test]
fn a_relay_holds_nothing_back() {
    let poe = FakePoe::start().unwrap();
    let answer = Answer::stream()
        .text("early")
        .gate("more")
        .text(" late")
        .done();
    poe.bot("helper", Script::in_turn([answer]));
    let server = gateway(&poe, "");
    let mut stream = open(&server, "relay helper");
    assert_eq!(stream.next_event().unwrap().1["text"], "early");
    poe.release("more");
    assert_eq!(stream.next_event().unwrap().1["text"], " late");
    assert_eq!(stream.next_event().unwrap().0, "done");
}

/// What arrives together leaves together: in some dozen pieces, about one in a millisecond. A reader who finds the bot's
/// thread in the way is given what is there by then, so that there may be more; one for each event is far from that.
#[test]
fn a_burst_is_handed_on_in_few_pieces() {
    const EVENTS: usize = 2_000;
    let poe = FakePoe::start().unwrap();
    let answer = Answer::stream()
        .repeat(EVENTS as u64, [Step::text("x")])
        .done();
    poe.bot("helper", Script::in_turn([answer]));
    let server = gateway(&poe, "");
    for verb in ["relay", "pass"] {
        let pieces = open(&server, &format!("{verb} helper")).pieces();
        let text = String::from_utf8(pieces.concat()).unwrap();
        assert_eq!(text.matches(r#"{"text": "x"}"#).count(), EVENTS);
        let pieces = pieces.len();
        assert!(pieces <= EVENTS / 8, "{verb}: {pieces} pieces");
    }
}

fn open(server: &Server, lines: &str) -> harness::Stream {
    let mut connection = server.connect();
    let headers = format!("Bearer {KEY}");
    connection.send(harness::post(
        "/asker",
        &[("authorization", &headers)],
        harness::query(lines).to_string().as_bytes(),
    ));
    connection.stream()
}

/// The reader leaves: the other bot's connection is closed, whether it is relayed or read.
#[test]
fn who_leaves_hangs_up_on_the_other_bot() {
    for verb in ["relay", "read"] {
        let poe = FakePoe::start().unwrap();
        let answer = Answer::stream().text("early").hold();
        poe.bot("helper", Script::in_turn([answer]));
        let server = gateway(&poe, "");
        let mut stream = open(&server, &format!("{verb} helper"));
        assert_eq!(stream.next_event().unwrap().0, "text");
        let asked = wait(poe.next_query("helper")).unwrap();
        drop(stream);
        let ending = wait(asked.ended()).unwrap();
        assert_eq!(ending, ravenry_desk::simulator::Ending::HungUp, "{verb}");
        server.wait_running("asker", 0.0);
    }
}

/// A reader who does not read holds the other bot back: it cannot say all that it wants to.
#[test]
fn a_slow_reader_holds_the_other_bot_back() {
    let poe = FakePoe::start().unwrap();
    let text = "x".repeat(1000);
    let answer = Answer::stream().endless([Step::text(&text)]);
    poe.bot("helper", Script::in_turn([answer]));
    let server = gateway(
        &poe,
        "[bot.asker.limits]\ntext = 100000000\nevents = 1000000\n",
    );
    let mut stream = open(&server, "relay helper");
    assert_eq!(stream.next_event().unwrap().0, "text");
    let before = server.resident_bytes();
    let asked = wait(poe.next_query("helper")).unwrap();
    // Another query is answered meanwhile, many times over, and memory stays where it was.
    for _ in 0..200 {
        assert_eq!(ask(&server, "still there").said(), "still there");
    }
    assert!(server.resident_bytes() < before + (16 << 20));
    assert_eq!(asked.ending(), None, "it still waits for the reader");
}

#[test]
fn two_bots_speak_at_the_same_time() {
    let poe = FakePoe::start().unwrap();
    let helper = Answer::stream().gate("one").text("first").done();
    let other = Answer::stream()
        .text("second")
        .gate("two")
        .text("third")
        .done();
    poe.bot("helper", Script::in_turn([helper]));
    poe.bot("other", Script::in_turn([other]));
    let server = gateway(&poe, "");
    let mut stream = open(&server, "both helper other");
    let mut next = || {
        stream.next_event().unwrap().1["text"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert!(next().starts_with("1 "), "the second bot speaks first");
    poe.release("one");
    assert!(next().contains("first"));
    poe.release("two");
    assert!(next().contains("third"));
}

#[test]
fn a_bot_that_is_not_declared_is_not_asked() {
    let poe = FakePoe::start().unwrap();
    poe.bot("stranger", Script::text("hi"));
    poe.bot("other", Script::text("hi "));
    let server = gateway(&poe, "");
    let answer = ask(&server, "read stranger");
    insta::assert_snapshot!(answer.show(), @r#"
    error {"allow_retry":false,"text":"This bot could not do what it needs to answer."}
    done {}
    "#);
    assert!(poe.queries("stranger").is_empty());
    server.wait_text(
        "do not declare `stranger`: add (\\\"stranger\\\", 1) to `server_bot_dependencies`",
    );
    let answer = ask(&server, "text other\ntext other\ntext other");
    assert_eq!(answer.said(), "hi hi ");
    server.wait_text("declare 2 calls of `other`, and this is number 3");
    assert_eq!(poe.queries("other").len(), 2);
}

/// A bot that asks itself: the chain has an end, and the end has a sentence.
#[test]
fn a_bot_that_asks_itself_is_stopped() {
    let poe = FakePoe::start().unwrap();
    let server = gateway(&poe, "");
    let url = format!("http://{}/asker", server.address);
    let key = Some(Secret::new(KEY.to_owned()));
    poe.register("myself", Target::parse(&url, key).unwrap());
    let answer = ask(&server, "text myself");
    assert_eq!(answer.events().last().unwrap().0, "done");
    server.wait_text("bots stand in the chain that led to this question");
    assert_eq!(poe.queries("myself").len(), 5);
}

#[test]
fn too_many_open_answers_are_refused() {
    let poe = FakePoe::start().unwrap();
    poe.bot("helper", Script::text("hi"));
    let server = gateway(&poe, "");
    assert_eq!(ask(&server, "open helper 8\nfine").said(), "fine");
    ask(&server, "open helper 9");
    server.wait_text("8 answers are open already");
}

/// Dropping an answer hangs up at once, while the reply goes on.
#[test]
fn an_answer_that_is_dropped_is_hung_up() {
    let poe = FakePoe::start().unwrap();
    poe.bot(
        "helper",
        Script::in_turn([Answer::stream().text("early").hold()]),
    );
    let other = Answer::stream().gate("go on").text("later").done();
    poe.bot("other", Script::in_turn([other]));
    let server = gateway(&poe, "");
    let mut stream = open(&server, "first helper\nrelay other");
    assert!(stream.next_event().unwrap().1.to_string().contains("early"));
    let asked = wait(poe.next_query("helper")).unwrap();
    assert_eq!(
        wait(asked.ended()).unwrap(),
        ravenry_desk::simulator::Ending::HungUp
    );
    poe.release("go on");
    assert_eq!(stream.next_event().unwrap().1["text"], "later");
}
