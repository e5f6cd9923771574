//! What bots ask of the platform, against a platform that a test writes.

mod costs_and_files;

use std::time::Duration;

use serde_json::json;

use super::{answer::FinalText, *};
use crate::{
    Attachment, Bot, Error, Event, Failure, File, Message, Meta, Query, Reply, Result, Settings,
    Stopped,
    testing::{Asked, Charge, Scene, Script, Transcript},
};

/// A bot that is one function, and may ask `A`, `B` and `C` five times each.
struct Does<F>(F);

impl<F: Fn(&Query, &mut Reply) -> Result> Bot for Does<F> {
    fn respond(&self, query: &Query, reply: &mut Reply) -> Result {
        (self.0)(query, reply)
    }

    fn settings(&self) -> Settings {
        Settings::default()
            .calls("A", 5)
            .calls("B", 5)
            .calls("C", 5)
    }
}

fn play(scene: &Scene, respond: impl Fn(&mut Reply) -> Result) -> Transcript {
    scene.ask(&Does(|_: &Query, reply: &mut Reply| respond(reply)), "hi")
}

/// What `A` says, as the text that a bot gets of it.
fn text_of(script: Script) -> Result<String, PoeError> {
    let heard = std::cell::RefCell::new(None);
    play(&Scene::default().bot("A", script), |_| {
        heard.replace(Some(ask("A").text()));
        Ok(())
    });
    heard.into_inner().unwrap()
}

fn file() -> Event {
    Event::File(File::default())
}

#[test]
fn a_final_response_is_what_the_reference_client_makes_of_it() {
    let suggestion = || Event::Suggest("more".to_owned());
    let cases = [
        (Script::new().text("a").text("b"), "ab"),
        (
            Script::new().text("a").event(Event::replace("b")).text("c"),
            "bc",
        ),
        (
            Script::new()
                .event(Event::Meta(Meta::default()))
                .text("a")
                .event(suggestion()),
            "a",
        ),
        (
            Script::new().event(Event::Data("d".to_owned())).text("a"),
            "a",
        ),
        (Script::new().event(file()), ""),
        (Script::new().text(""), ""),
        (Script::new().event(Event::Json(json!({}))).text("a"), "a"),
    ];
    for (script, expected) in cases {
        let name = format!("{script:?}");
        assert_eq!(text_of(script).as_deref(), Ok(expected), "{name}");
    }
    for nothing in [
        Script::new(),
        Script::new().event(Event::Meta(Meta::default())),
        Script::new()
            .event(suggestion())
            .event(Event::Data("d".to_owned())),
    ] {
        let broken = PoeError::Broken("Bot A sent no response".to_owned());
        assert_eq!(text_of(nothing), Err(broken));
    }
    let failure = Failure::new("no").no_retry();
    let failed = text_of(Script::new().text("a").fail(failure.clone()));
    assert_eq!(failed, Err(PoeError::Said(failure)));
    assert!(FinalText::default().finish("A").is_err());
}

#[test]
fn an_answer_is_over_after_its_end_and_after_its_error() {
    let scene = Scene::default().bot("A", Script::new().text("a")).bot(
        "A",
        Script::new()
            .text("a")
            .breaks(PoeError::Broken("cut".to_owned())),
    );
    let transcript = play(&scene, |_| {
        let mut whole = ask("A").start()?;
        assert_eq!(whole.next(), Ok(Some(Event::text("a"))));
        assert_eq!((whole.next(), whole.next()), (Ok(None), Ok(None)));
        let mut cut = ask("A").start()?;
        assert_eq!(cut.next(), Ok(Some(Event::text("a"))));
        assert_eq!(cut.next(), Err(PoeError::Broken("cut".to_owned())));
        assert_eq!(cut.next(), Ok(None));
        Ok(())
    });
    assert_eq!(transcript.result, Ok(()));
}

#[test]
fn each_error_ends_a_reply_in_its_own_way() {
    let said = Failure::new("Out of words.").no_retry().error_type("x");
    let broken = "Something this bot relies on did not answer.";
    let large = "That is too large for this bot.";
    let unable = "This bot could not do what it needs to answer.";
    let text = String::from;
    let cases = [
        (PoeError::Said(said.clone()), Error::Failure(said)),
        (
            PoeError::InsufficientFund,
            Error::Failure(Failure {
                text: Some(String::new()),
                allow_retry: true,
                error_type: Some("insufficient_fund".to_owned()),
            }),
        ),
        (
            PoeError::Stopped(Stopped::Gone),
            Error::Stopped(Stopped::Gone),
        ),
        (PoeError::Broken(text("k")), Failure::new(broken).into()),
        (
            PoeError::TooLarge(text("k")),
            Failure::new(large).no_retry().into(),
        ),
        (
            PoeError::Denied(text("k")),
            Failure::new(unable).no_retry().into(),
        ),
        (
            PoeError::Invalid(text("k")),
            Failure::new(unable).no_retry().into(),
        ),
        (
            PoeError::Other(text("k")),
            Failure::new(unable).no_retry().into(),
        ),
    ];
    for (error, expected) in cases {
        assert_eq!(Error::from(error.clone()), expected, "{error:?}");
    }
}

#[test]
fn the_same_conversation_is_an_empty_body() {
    let scene = Scene::default().bot("A", "a");
    let transcript = play(&scene, |reply| Ok(ask("A").relay(reply)?));
    assert_eq!(transcript.asked[0].body, serde_json::Map::new());
}

#[test]
fn a_question_holds_what_was_said_of_it() {
    let scene = Scene::default().bot("A", "a");
    let transcript = play(&scene, |reply| {
        ask("A")
            .messages(&[Message::system("s"), Message::user("u")])
            .temperature(0.0)
            .stop_sequences(["x", "y"])
            .skip_system_prompt(true)
            .adopt_current_bot_name(true)
            .member("language_code", "de")
            .relay(reply)?;
        Ok(())
    });
    let Asked { bot, body } = &transcript.asked[0];
    assert_eq!(bot, "A");
    assert_eq!(
        json!(body),
        json!({
            "query": [
                { "role": "system", "content": "s", "content_type": "text/markdown" },
                { "role": "user", "content": "u", "content_type": "text/markdown" },
            ],
            "temperature": 0.0,
            "stop_sequences": ["x", "y"],
            "skip_system_prompt": true,
            "adopt_current_bot_name": true,
            "language_code": "de",
        })
    );
    let contents: Vec<_> = transcript.asked[0]
        .messages()
        .into_iter()
        .map(|m| m.content)
        .collect();
    assert_eq!(contents, ["s", "u"]);
}

/// What was inserted on this side has to be sent, or the other bot would not know of the file.
#[test]
fn inserted_messages_reach_the_other_bot_with_what_they_quote() {
    struct Asks(bool);
    impl Bot for Asks {
        fn respond(&self, query: &Query, reply: &mut Reply) -> Result {
            assert_eq!(query.last_text(), "what?");
            Ok(ask("A").relay(reply)?)
        }
        fn settings(&self) -> Settings {
            Settings::default().calls("A", 1)
        }
        fn inserts_attachments(&self) -> bool {
            self.0
        }
    }
    let query = Query {
        referenced_messages: vec![Message::bot("quoted")],
        ..Query::from(vec![Message {
            referenced_message: Some(0),
            attachments: vec![Attachment {
                url: "u".to_owned(),
                name: "f".to_owned(),
                content_type: "text/plain".to_owned(),
                parsed_content: Some("content".to_owned()),
                inline_ref: None,
            }],
            ..Message::user("what?")
        }])
    };
    let scene = Scene::default().bot("A", "a");
    let inserted = scene.ask(&Asks(true), query.clone());
    let messages = inserted.asked[0].body["query"].as_array().unwrap();
    assert_eq!(
        messages[0]["content"],
        "Below is the content of f:\n\ncontent"
    );
    assert_eq!(messages[1]["content"], "what?");
    assert_eq!(messages[1]["referenced_message"]["content"], "quoted");
    assert!(scene.ask(&Asks(false), query).asked[0].body.is_empty());
    // The next query does not inherit it.
    let next = scene.ask(&Asks(true), Query::from("what?"));
    assert!(next.asked[0].body.is_empty());
}

#[test]
fn a_relay_passes_all_on_but_hidden_data() {
    let script = Script::new()
        .event(Event::Meta(Meta::default()))
        .text("a")
        .event(Event::Data("theirs".to_owned()))
        .event(Event::replace("b"))
        .event(file())
        .event(Event::Suggest("c".to_owned()))
        .event(Event::Meta(Meta::default()));
    let scene = Scene::default().bot("A", script);
    let all = play(&scene, |reply| Ok(ask("A").relay(reply)?));
    let suggestion = Event::Suggest("c".to_owned());
    let passed = [Event::text("a"), Event::replace("b"), file(), suggestion];
    assert_eq!(all.events[0], Event::Meta(Meta::default()));
    assert_eq!(&all.events[1..], &passed);
    let text = play(&scene, |reply| Ok(ask("A").relay_text(reply)?));
    assert_eq!(text.events, &passed[..2]);
    // Begun by hand, and handed over in the middle.
    let rest = play(&scene, |reply| {
        let mut answer = ask("A").start()?;
        assert!(answer.next()?.is_some());
        Ok(answer.relay(reply)?)
    });
    assert_eq!(rest.events, &passed);
}

#[test]
fn a_relay_ends_with_the_reply() {
    let scene = Scene {
        leaves_after: Some(1),
        ..Scene::default().bot("A", Script::new().text("a").text("b"))
    };
    let transcript = play(&scene, |reply| Ok(ask("A").relay(reply)?));
    assert_eq!(transcript.text(), "a");
    assert_eq!(transcript.result, Err(Stopped::Gone.into()));
}

#[test]
fn what_is_not_declared_is_denied_and_not_sent() {
    let scene = Scene::default()
        .bot("Undeclared", "a")
        .bot_with("C", |_| "c".into());
    let transcript = play(&scene, |_| {
        assert!(matches!(ask("Undeclared").text(), Err(PoeError::Denied(_))));
        for _ in 0..5 {
            assert_eq!(ask("C").text().as_deref(), Ok("c"));
        }
        assert!(matches!(ask("C").text(), Err(PoeError::Denied(_))));
        assert!(matches!(ask("B").text(), Err(PoeError::Broken(_))));
        Ok(())
    });
    assert_eq!(transcript.asked.len(), 6);
    // Outside `respond` there is no query to ask for.
    scene.during(|| assert!(matches!(ask("C").text(), Err(PoeError::Denied(_)))));
}

/// Reads on whichever is ready, and none starves.
#[test]
fn merged_answers_come_as_they_arrive() {
    let second = Duration::from_secs(1);
    let scene = Scene::default()
        .bot("A", Script::new().text("a1").wait(second * 3).text("a2"))
        .bot(
            "B",
            Script::new()
                .wait(second)
                .text("b1")
                .wait(second)
                .fail(Failure::new("b")),
        )
        .bot("C", Script::new());
    let transcript = play(&scene, |reply| {
        let answers = ["A", "B", "C"].map(|bot| ask(bot).start());
        let mut merged = merge(answers.into_iter().collect::<Result<Vec<_>, _>>()?);
        while let Some((which, event)) = merged.next_of_any() {
            match event {
                Ok(event) => write!(reply, "{which} {event}")?,
                Err(error) => write!(reply, "{which} {error}")?,
            }
        }
        Ok(())
    });
    let said: Vec<_> = transcript
        .timed()
        .map(|(at, event)| match event {
            Event::Text { text, .. } => (at.as_secs(), text.as_str()),
            _ => (0, ""),
        })
        .collect();
    assert_eq!(
        said,
        [
            (0, r#"0 text {"text":"a1"}"#),
            (1, r#"1 text {"text":"b1"}"#),
            (2, "1 the other bot ended with an error: b"),
            (3, r#"0 text {"text":"a2"}"#),
        ]
    );
}
