//! The promise, tested as a state machine: time is a value here.

use proptest::prelude::*;

use super::*;
use ravenry_protocol::{
    event::{EventName, File, JsonObject},
    failure::{ERROR_TYPE_CHARACTERS_MAX, FAILURE_CHARACTERS_MAX, Failure},
};

const SECOND: Duration = Duration::from_secs(1);

fn bounds() -> Bounds {
    Bounds {
        characters: 20,
        events: 5,
        wall_time: 100 * SECOND,
    }
}

fn text(text: &str) -> Event<'_> {
    Event::Text { index: None, text }
}

/// Everything that a reader gets, as text.
fn shown(out: &BytesMut) -> String {
    String::from_utf8(out.to_vec()).unwrap()
}

fn ended(guard: &mut Guard, end: &End) -> String {
    let mut out = BytesMut::new();
    guard.end(end, Reference::random(), &mut out);
    shown(&out)
}

/// Counting a reply takes no look-up, because the metrics know every word that an end may have.
#[test]
fn every_end_is_an_outcome_of_the_metrics() {
    let ends = [
        End::Finished,
        End::Failed(Failure::default()),
        End::Trapped,
        End::OutOfCpu,
        End::OutOfMemory,
        End::MemoryShort,
        End::OutOfTime,
        End::TooLong,
        End::PutAside(Duration::from_secs(1)),
        End::Refused("words"),
        End::Starting,
        End::Stopping,
        End::Gateway,
        End::ReaderGone,
    ];
    let mut labels = ends.map(|end| end.label());
    let mut outcomes = crate::metrics::OUTCOMES;
    labels.sort_unstable();
    outcomes.sort_unstable();
    assert_eq!(labels, outcomes);
}

#[test]
fn a_reply_that_said_something_ends_with_done_alone() {
    let mut guard = Guard::new(bounds());
    guard.say(&text("hi"), &mut BytesMut::new()).unwrap();
    assert_eq!(
        ended(&mut guard, &End::Finished),
        "event: done\ndata: {}\n\n"
    );
    assert_eq!(
        ended(&mut guard, &End::Finished),
        "",
        "only the first end counts"
    );
}

#[test]
fn a_reply_that_said_nothing_ends_with_an_error_and_done() {
    let replace = |index, text| Event::Replace { index, text };
    for silent in [
        &[][..],
        &[text("")],
        &[Event::Suggest("more")],
        &[Event::Data("kept")],
        &[replace(None, "")],
        &[text("gone again"), replace(None, "")],
        &[text("gone"), replace(Some(0), ""), Event::Suggest("more")],
    ] {
        let mut guard = Guard::new(bounds());
        for event in silent {
            guard.say(event, &mut BytesMut::new()).unwrap();
        }
        let last = ended(&mut guard, &End::Finished);
        assert!(last.starts_with("event: error\n"), "{last}");
        assert!(
            last.contains("The bot gave no answer (reference "),
            "{last}"
        );
        assert!(last.ends_with("event: done\ndata: {}\n\n"), "{last}");
    }
}

#[test]
fn the_sentence_says_whether_the_bot_had_begun() {
    let mut guard = Guard::new(bounds());
    assert!(ended(&mut guard, &End::Trapped).contains("before it could answer"));
    let mut guard = Guard::new(bounds());
    guard.say(&text("so"), &mut BytesMut::new()).unwrap();
    assert!(ended(&mut guard, &End::Trapped).contains("in the middle"));
}

#[test]
fn a_failure_of_the_bot_is_shown_as_it_is_and_cut() {
    let failure = Failure {
        text: Some("Z".repeat(5_000)),
        allow_retry: false,
        error_type: Some("user_caused_error".to_owned()),
    };
    let last = ended(&mut Guard::new(bounds()), &End::Failed(failure));
    assert!(last.contains("\"allow_retry\": false"), "{last}");
    assert!(
        last.contains("\"error_type\": \"user_caused_error\""),
        "{last}"
    );
    assert_eq!(last.matches('Z').count(), FAILURE_CHARACTERS_MAX);
}

/// The word for programs is cut as the sentence is, in characters, and both count.
#[test]
fn the_type_of_an_error_is_cut_and_counts() {
    let failure = Failure {
        text: Some("no".to_owned()),
        allow_retry: false,
        error_type: Some("Ä".repeat(45_000_000)),
    };
    let last = ended(&mut Guard::new(bounds()), &End::Failed(failure));
    assert_eq!(last.matches("\\u00c4").count(), ERROR_TYPE_CHARACTERS_MAX);

    let said = |word: &str| {
        let mut guard = Guard::new(bounds());
        let error = Event::Error {
            text: "no",
            allow_retry: true,
            error_type: Some(word),
        };
        let said = guard.say(&error, &mut BytesMut::new());
        said.map(|()| guard.characters())
    };
    assert_eq!(said("eighteen_in_length"), Ok(20));
    assert_eq!(said("nineteen_in_lengths"), Err(Refusal::TooLong));
}

/// No member of a file is written that cannot fit: the room for it would be kept to the end.
#[test]
fn a_file_that_cannot_fit_takes_no_room() {
    let huge = "\u{1}".repeat(1_000_000);
    let file = |change: fn(&mut File, String)| {
        let mut file = File::default();
        change(&mut file, huge.clone());
        file
    };
    for file in [
        file(|file, huge| file.url = huge),
        file(|file, huge| file.content_type = huge),
        file(|file, huge| file.name = huge),
        file(|file, huge| file.inline_ref = Some(huge)),
    ] {
        let mut guard = Guard::new(bounds());
        let mut out = BytesMut::new();
        assert_eq!(
            guard.say(&Event::File(&file), &mut out),
            Err(Refusal::TooLong)
        );
        assert!(out.capacity() < 100_000, "{}", out.capacity());
    }
}

#[test]
fn after_an_error_of_the_bot_nothing_is_taken_and_only_done_follows() {
    let mut guard = Guard::new(bounds());
    let error = Event::Error {
        text: "no",
        allow_retry: true,
        error_type: None,
    };
    guard.say(&error, &mut BytesMut::new()).unwrap();
    assert_eq!(
        guard.say(&text("more"), &mut BytesMut::new()),
        Err(Refusal::Ended)
    );
    assert_eq!(
        ended(&mut guard, &End::Trapped),
        "event: done\ndata: {}\n\n"
    );
}

#[test]
fn characters_and_events_have_a_bound_that_empty_events_meet_too() {
    let mut guard = Guard::new(bounds());
    let mut out = BytesMut::new();
    guard
        .say(&text("ünïcödé chäräctérs 19"), &mut out)
        .unwrap_err();
    assert!(guard.overrun() && out.is_empty());

    let mut guard = Guard::new(bounds());
    for _ in 0..5 {
        guard.say(&text(""), &mut out).unwrap();
    }
    assert_eq!(guard.say(&text(""), &mut out), Err(Refusal::TooLong));
    assert!(out.is_empty(), "empty text is not sent");
    assert!(ended(&mut guard, &End::TooLong).contains("more than a reply may hold"));
}

/// Else ten thousand large objects would pass where ten thousand large texts do not.
#[test]
fn objects_and_files_count_by_their_bytes() {
    let object = JsonObject::parse(r#"{"a": "0123456789"}"#).unwrap();
    let file = File {
        url: "https://example.com/a-long-name".to_owned(),
        ..File::default()
    };
    let name = EventName::parse("news").unwrap();
    for event in [
        Event::Json(&object),
        Event::File(&file),
        Event::Other {
            name: &name,
            data: &object,
        },
    ] {
        let mut guard = Guard::new(bounds());
        let mut out = BytesMut::new();
        assert_eq!(guard.say(&event, &mut out), Err(Refusal::TooLong));
        assert!(guard.overrun() && out.is_empty(), "nothing of it is kept");
    }
}

#[test]
fn replacements_count_like_text() {
    let mut guard = Guard::new(bounds());
    let replace = Event::Replace {
        index: None,
        text: "0123456789",
    };
    guard.say(&replace, &mut BytesMut::new()).unwrap();
    guard.say(&replace, &mut BytesMut::new()).unwrap();
    assert_eq!(
        guard.say(&replace, &mut BytesMut::new()),
        Err(Refusal::TooLong)
    );
}

#[test]
fn a_silent_bot_gets_a_meta_in_time_and_its_own_is_then_dropped() {
    let mut guard = Guard::new(bounds());
    let mut out = BytesMut::new();
    assert_eq!(guard.next_tick(), FIRST_EVENT_AFTER);
    assert_eq!(guard.tick(2 * SECOND, &mut out), None);
    assert!(out.is_empty());
    assert_eq!(guard.tick(3 * SECOND, &mut out), None);
    assert!(shown(&out).starts_with("event: meta\n"));
    out.clear();
    let meta = Meta {
        content_type: None,
        linkify: None,
        suggested_replies: None,
        refetch_settings: None,
    };
    guard.say(&Event::Meta(&meta), &mut out).unwrap();
    assert!(out.is_empty(), "a second meta would mean nothing");
}

#[test]
fn a_late_meta_of_the_bot_is_refused() {
    let mut guard = Guard::new(bounds());
    let meta = Meta {
        content_type: None,
        linkify: None,
        suggested_replies: None,
        refetch_settings: None,
    };
    let mut out = BytesMut::new();
    guard.say(&Event::Meta(&meta), &mut out).unwrap();
    assert!(matches!(
        guard.say(&Event::Meta(&meta), &mut out),
        Err(Refusal::Invalid(_))
    ));
}

#[test]
fn silence_after_the_first_event_is_filled_with_comments() {
    let mut guard = Guard::new(bounds());
    let mut out = BytesMut::new();
    guard.say(&text("hi"), &mut out).unwrap();
    guard.wrote(SECOND);
    assert_eq!(guard.next_tick(), SECOND + COMMENT_AFTER);
    out.clear();
    guard.tick(SECOND + COMMENT_AFTER, &mut out);
    assert!(shown(&out).starts_with(':') && shown(&out).ends_with("\n\n"));
    guard.wrote(SECOND + COMMENT_AFTER);
    assert_eq!(guard.next_tick(), SECOND + 2 * COMMENT_AFTER);
}

#[test]
fn time_is_over_when_it_is_over() {
    let mut guard = Guard::new(bounds());
    assert_eq!(
        guard.tick(100 * SECOND, &mut BytesMut::new()),
        Some(End::OutOfTime)
    );
}

/// What a bot may try, in any order.
#[derive(Clone, Debug)]
enum Step {
    Text(String),
    Replace(String),
    Meta,
    Suggest(String),
    Json,
    Error,
    Tick(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        "\\PC{0,9}".prop_map(Step::Text),
        any::<String>().prop_map(Step::Replace),
        Just(Step::Meta),
        "[a-z\r\n]{0,4}".prop_map(Step::Suggest),
        Just(Step::Json),
        Just(Step::Error),
        (0..200_u64).prop_map(Step::Tick),
    ]
}

fn ends() -> impl Strategy<Value = End> {
    prop_oneof![
        Just(End::Finished),
        Just(End::Trapped),
        Just(End::OutOfCpu),
        Just(End::Stopping),
        Just(End::Refused("full")),
        Just(End::Starting),
        Just(End::Failed(Failure {
            text: None,
            allow_retry: true,
            error_type: None
        })),
    ]
}

proptest! {
    /// Whatever a bot does and whatever ends it: the stream is well formed, counts as an answer,
    /// has one `done`, at the end, and at most one `meta`, at the start.
    #[test]
    fn every_stream_is_well_formed(steps in proptest::collection::vec(step(), 0..12), end in ends()) {
        let mut guard = Guard::new(Bounds { characters: 60, ..bounds() });
        let mut out = BytesMut::new();
        let object = JsonObject::parse("{\"a\":1}").unwrap();
        let meta = Meta { content_type: None, linkify: Some(true), suggested_replies: None, refetch_settings: None };
        for step in &steps {
            let before = out.len();
            let said = match step {
                Step::Text(text) => guard.say(&Event::Text { index: None, text }, &mut out),
                Step::Replace(text) => guard.say(&Event::Replace { index: Some(1), text }, &mut out),
                Step::Meta => guard.say(&Event::Meta(&meta), &mut out),
                Step::Suggest(text) => guard.say(&Event::Suggest(text), &mut out),
                Step::Json => guard.say(&Event::Json(&object), &mut out),
                Step::Error => guard.say(&Event::Error { text: "e", allow_retry: false, error_type: None }, &mut out),
                Step::Tick(seconds) => {
                    guard.tick(Duration::from_secs(*seconds), &mut out);
                    Ok(())
                }
            };
            if said.is_err() {
                prop_assert_eq!(before, out.len(), "a refusal writes nothing");
            }
        }
        guard.end(&end, Reference::random(), &mut out);
        let stream = shown(&out);
        prop_assert!(stream.is_ascii());
        let well_ended = stream.ends_with("event: done\ndata: {}\n\n");
        prop_assert!(well_ended);
        let names: Vec<&str> = stream
            .split_terminator("\n\n")
            .filter(|block| !block.starts_with(':'))
            .map(|block| block.strip_prefix("event: ").unwrap().split('\n').next().unwrap())
            .collect();
        prop_assert_eq!(names.iter().filter(|name| **name == "done").count(), 1);
        prop_assert!(names.iter().skip(1).all(|name| *name != "meta"));
        let answers = ["text", "replace_response", "error", "json", "file"];
        prop_assert!(names.iter().any(|name| answers.contains(name)));
    }
}
