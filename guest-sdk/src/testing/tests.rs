//! The reader of native tests keeps the rules of the gateway: what a test sees is what people see.

use serde_json::json;

use super::*;
use crate::{Error, File, Reply, request, time};

/// A bot that is one function, so that each test can say in place what it does.
struct Does<F>(F);

impl<F: Fn(&Query, &mut Reply) -> Result> Bot for Does<F> {
    fn respond(&self, query: &Query, reply: &mut Reply) -> Result {
        (self.0)(query, reply)
    }
}

fn transcript(respond: impl Fn(&mut Reply) -> Result) -> Transcript {
    ask(&Does(|_: &Query, reply: &mut Reply| respond(reply)), "hi")
}

/// Every event with a function of its own, in the words of the wire.
#[test]
fn every_event_has_its_name_and_members() {
    let transcript = transcript(|reply| {
        reply.meta(Meta {
            linkify: Some(true),
            ..Meta::default()
        })?;
        reply.text("a")?;
        reply.text_at(1, "b")?;
        reply.replace("c")?;
        reply.replace_at(1, "d")?;
        reply.suggest("e")?;
        reply.file(File {
            url: "https://example.org/f".to_owned(),
            content_type: "text/plain".to_owned(),
            name: "f".to_owned(),
            inline_ref: None,
        })?;
        reply.data("g")?;
        reply.json(&json!({"h": 1}))?;
        reply.event("new_one", &json!({"i": 2}))?;
        reply.error(Failure::new("j").error_type("k"))
    });
    assert_eq!(
        transcript.to_string(),
        r#"meta {"linkify":true}
text {"text":"a"}
text {"text":"b","index":1}
replace_response {"text":"c"}
replace_response {"text":"d","index":1}
suggested_reply {"text":"e"}
file {"url":"https://example.org/f","content_type":"text/plain","name":"f"}
data {"metadata":"g"}
json {"h":1}
new_one {"i":2}
error {"text":"j","allow_retry":true,"error_type":"k"}
done {}
"#
    );
    assert_eq!(
        (transcript.text(), transcript.text_at(1)),
        ("c".to_owned(), "d".to_owned())
    );
    assert_eq!(transcript.suggestions(), ["e"]);
    assert_eq!(transcript.meta().unwrap().linkify, Some(true));
    assert_eq!(transcript.result, Ok(()));
}

#[test]
fn events_by_name_are_what_their_functions_make() {
    let by_name = transcript(|reply| {
        reply.event(
            "meta",
            &json!({"content_type": "text/plain", "linkify": null}),
        )?;
        reply.event("text", &json!({"text": "a", "index": 0}))?;
        reply.event("replace_response", &json!({"text": "b"}))?;
        reply.event("suggested_reply", &json!({"text": "c"}))?;
        reply.event(
            "file",
            &json!({"url": "u", "content_type": "t", "name": "n", "inline_ref": "r"}),
        )?;
        reply.event("data", &json!({"metadata": "d"}))?;
        reply.event("json", &json!({}))?;
        reply.event("error", &json!({"text": "e", "allow_retry": false}))
    });
    let by_function = transcript(|reply| {
        reply.meta(Meta {
            content_type: Some("text/plain".to_owned()),
            ..Meta::default()
        })?;
        reply.text_at(0, "a")?;
        reply.replace("b")?;
        reply.suggest("c")?;
        reply.file(File {
            url: "u".to_owned(),
            content_type: "t".to_owned(),
            name: "n".to_owned(),
            inline_ref: Some("r".to_owned()),
        })?;
        reply.data("d")?;
        reply.json(&json!({}))?;
        reply.error(Failure::new("e").no_retry())
    });
    assert_eq!(by_name, by_function);
}

/// Nonsense is refused with a reason, and the reply goes on.
#[test]
fn nonsense_is_refused_and_the_reply_goes_on() {
    let long = "a".repeat(65);
    let nonsense = [
        ("done", json!({})),
        ("ping", json!({})),
        ("", json!({})),
        ("Text", json!({})),
        ("te xt", json!({})),
        ("téxt", json!({})),
        (long.as_str(), json!({})),
        ("fine", json!([])),
        ("fine", json!("text")),
        ("json", json!(null)),
        ("text", json!({})),
        ("text", json!({"text": 1})),
        ("text", json!({"text": "a", "index": -1})),
        ("text", json!({"text": "a", "index": 4_294_967_296_u64})),
        ("meta", json!({"linkify": "yes"})),
        ("error", json!({"allow_retry": 1})),
    ];
    let count = nonsense.len();
    let transcript = transcript(|reply| {
        for (name, data) in &nonsense {
            let refusal = reply.event(name, data).unwrap_err();
            assert!(
                matches!(refusal, Error::Stopped(Stopped::Invalid(_))),
                "{name} {data}"
            );
        }
        assert!(reply.json(&json!([1])).is_err());
        reply.text("still here")
    });
    assert_eq!(transcript.events, [Event::text("still here")]);
    assert_eq!(transcript.refused.len(), count + 1);
}

#[test]
fn meta_counts_only_first_but_empty_text_is_not_sent() {
    let transcript = transcript(|reply| {
        reply.text("")?;
        reply.meta(Meta::default())?;
        assert!(matches!(
            reply.meta(Meta::default()),
            Err(Error::Stopped(Stopped::Invalid(_)))
        ));
        reply.replace("")
    });
    assert_eq!(
        transcript.events,
        [Event::Meta(Meta::default()), Event::replace("")]
    );
}

#[test]
fn a_reply_holds_so_many_characters_and_not_one_more() {
    let scene = Scene {
        characters_max: 10,
        ..Scene::default()
    };
    let says = |last: &'static str| {
        scene.ask(
            &Does(move |_: &Query, reply: &mut Reply| {
                reply.text("éé")?;
                reply.replace("éé")?;
                reply.suggest("éé")?;
                reply.data("éé")?;
                reply.text(last)?;
                reply.text("")
            }),
            "hi",
        )
    };
    assert_eq!(says("éé").result, Ok(()));
    let long = says("ééé");
    assert_eq!(long.result, Err(Stopped::TooLong.into()));
    assert_eq!(long.events.len(), 4);
}

#[test]
fn a_reply_holds_so_many_events_and_not_one_more() {
    let scene = Scene {
        events_max: 3,
        ..Scene::default()
    };
    let talker = Does(|_: &Query, reply: &mut Reply| {
        loop {
            reply.text("")?;
        }
    });
    let transcript = scene.ask(&talker, "hi");
    assert_eq!(transcript.refused, [Stopped::TooLong]);
    let full = transcript_of_default_bounds();
    assert_eq!(full.events.len(), 10_000);
}

fn transcript_of_default_bounds() -> Transcript {
    transcript(|reply| {
        loop {
            reply.text("a")?;
        }
    })
}

#[test]
fn nothing_is_taken_after_an_error() {
    let transcript = transcript(|reply| {
        reply.error(Failure::new("over"))?;
        reply.text("more")
    });
    assert_eq!(transcript.events, [Event::Error(Failure::new("over"))]);
    assert_eq!(transcript.result, Err(Stopped::Ended.into()));
}

/// `?` on a refusal ends the bot without a word to the person: the gateway has its own.
#[test]
fn a_refusal_is_no_failure_for_the_person() {
    let scene = Scene {
        leaves_after: Some(2),
        ..Scene::default()
    };
    let counts = Does(|_: &Query, reply: &mut Reply| {
        (0..10).try_for_each(|number| write!(reply, "{number} "))
    });
    let transcript = scene.ask(&counts, "hi");
    assert_eq!(transcript.text(), "0 1 ");
    assert_eq!(transcript.failure(), None);
    assert_eq!(transcript.result, Err(Stopped::Gone.into()));
}

/// A mistake of the bot cuts its answer short; then the person must not take it for whole.
#[test]
fn a_mistake_passed_on_is_shown() {
    let transcript = transcript(|reply| {
        reply.text("before ")?;
        reply.json(&json!(1))?;
        reply.text("after")
    });
    let failure = Failure::default().no_retry();
    assert_eq!(
        transcript.events,
        [Event::text("before "), Event::Error(failure)]
    );
}

#[test]
fn a_returned_failure_is_the_last_event() {
    let transcript = transcript(|reply| {
        reply.text("so far ")?;
        Err(Failure::new("no further").into())
    });
    assert_eq!(
        transcript.events,
        [
            Event::text("so far "),
            Event::Error(Failure::new("no further"))
        ]
    );
}

#[test]
fn the_sentence_of_a_failure_is_cut_and_counted() {
    let said = transcript(|reply| reply.error(Failure::new("é".repeat(5_000))));
    let returned = transcript(|_| Err(Failure::new("é".repeat(5_000)).into()));
    for transcript in [said, returned] {
        let text = transcript.failure().unwrap().text.clone().unwrap();
        assert_eq!(text.chars().count(), 4_096);
    }
}

#[test]
fn write_makes_one_event_and_needs_no_import() {
    let transcript = transcript(|reply| {
        write!(reply, "{} and {}", 1, 2)?;
        write!(reply, "plain")?;
        writeln!(reply)
    });
    assert_eq!(
        transcript.events,
        [
            Event::text("1 and 2"),
            Event::text("plain"),
            Event::text("\n")
        ]
    );
}

#[test]
fn code_that_writes_anywhere_can_write_a_reply() {
    fn shout(out: &mut impl fmt::Write) -> fmt::Result {
        out.write_str("HEY")?;
        out.write_char('!')
    }
    let heard = transcript(|reply| {
        shout(reply).unwrap();
        Ok(())
    });
    assert_eq!(heard.text(), "HEY!");
    let unheard = transcript(|reply| {
        reply.error(Failure::default())?;
        assert_eq!(shout(reply), Err(fmt::Error));
        Ok(())
    });
    assert_eq!(unheard.refused, [Stopped::Ended]);
}

#[test]
fn sleeping_takes_no_time_and_is_remembered() {
    let before = std::time::Instant::now();
    let transcript = transcript(|reply| {
        reply.text("a")?;
        time::sleep(Duration::from_mins(50));
        reply.text("b")?;
        time::sleep(Duration::from_millis(1_500));
        Ok(())
    });
    assert!(before.elapsed() < Duration::from_mins(50));
    assert_eq!(
        transcript.to_string(),
        "text {\"text\":\"a\"}\nwait 3000s\ntext {\"text\":\"b\"}\nwait 1.5s\ndone {}\n"
    );
    assert_eq!(transcript.took, Duration::from_millis(3_001_500));
    assert!(
        transcript
            .timed()
            .map(|(time, _)| time.as_secs())
            .eq([0, 3_000])
    );
}

#[test]
fn the_request_is_the_one_of_the_scene() {
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let scene = Scene {
        raw: r#"{"new": 1}"#.to_owned(),
        headers: vec![
            header("X-Trace", "a"),
            header("authorization", "Bearer secret"),
            header("Cookie", "secret"),
            header("Proxy-Authorization", "secret"),
            header("x-trace", "b"),
        ],
        reference: "k3x9".to_owned(),
        ..Scene::default()
    };
    scene.during(|| {
        assert_eq!(request::raw(), r#"{"new": 1}"#);
        assert_eq!(request::header("X-TRACE").as_deref(), Some("a, b"));
        assert_eq!(request::header("Authorization"), None);
        assert_eq!(
            request::headers(),
            [header("x-trace", "a"), header("x-trace", "b")]
        );
        assert_eq!(request::reference(), "k3x9");
        // A scene within a scene hides it, and gives it back.
        Scene::default().during(|| assert_eq!(request::reference(), "test"));
        assert_eq!(request::reference(), "k3x9");
    });
    assert_eq!(
        (request::raw().as_str(), request::headers().len()),
        ("{}", 0)
    );
}

#[test]
fn the_rest_of_a_bot_has_defaults() {
    let bot = Does(|_: &Query, _: &mut Reply| Ok(()));
    assert_eq!(bot.settings(), crate::Settings::default());
    bot.on_feedback(&crate::Feedback::default());
    bot.on_reaction(&crate::Reaction::default());
    bot.on_error(&crate::ErrorReport::default());
    assert_eq!(ask(&bot, "hi").to_string(), "done {}\n");
}
