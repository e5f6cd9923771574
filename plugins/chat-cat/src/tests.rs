//! Who the model is told to be, what it is asked, and what becomes of its answer.

use super::{CHARACTER, ChatCat, MODEL, OPENAI};
use ravenry_sdk::Message;
use ravenry_sdk::http::HttpError;
use ravenry_sdk::serde_json::{self, Value, json};
use ravenry_sdk::testing::{Scene, Transcript, Upstream};

fn cat() -> ChatCat {
    ChatCat::new(|name| (name == "OPENAI_API_KEY").then(|| "placeholder".to_owned()))
}

fn chunk(text: &str) -> String {
    json!({ "choices": [{ "delta": { "content": text } }] }).to_string()
}

fn ask(answer: Upstream, query: Vec<Message>) -> Transcript {
    let scene = Scene::default().upstream(OPENAI, move |_| answer.clone());
    scene.ask(&cat(), query)
}

fn purrs() -> Upstream {
    Upstream::events([chunk("Purr"), chunk("."), "[DONE]".to_owned()])
}

#[test]
fn a_cat_answers_the_whole_conversation() {
    let query = vec![
        Message::system("You are a dog."),
        Message::user("Hello"),
        Message::bot("Meow"),
        Message::user("Who are you?"),
    ];
    let transcript = ask(purrs(), query);
    assert_eq!(
        transcript.to_string(),
        "text {\"text\":\"Purr\"}\ntext {\"text\":\".\"}\ndone {}\n"
    );
    let sent: Value = serde_json::from_slice(&transcript.requests[0].body).unwrap();
    assert_eq!(
        sent,
        json!({
            "model": MODEL,
            "messages": [
                { "role": "system", "content": CHARACTER },
                { "role": "user", "content": "Hello" },
                { "role": "assistant", "content": "Meow" },
                { "role": "user", "content": "Who are you?" },
            ],
            "temperature": 0,
            "stream": true,
        })
    );
}

#[test]
fn a_reason_to_finish_is_an_end() {
    let last = json!({ "choices": [{ "delta": { "content": "." }, "finish_reason": "stop" }] });
    let answer = Upstream::events([chunk("Purr"), last.to_string()]);
    let transcript = ask(answer, vec![Message::user("hi")]);
    assert_eq!(
        transcript.to_string(),
        "text {\"text\":\"Purr\"}\ntext {\"text\":\".\"}\ndone {}\n"
    );
}

#[test]
fn without_a_key_nobody_is_asked_and_the_operator_is_told() {
    let transcript = Scene::default().ask(&ChatCat::new(|_| None), "hi");
    assert!(transcript.requests.is_empty());
    let failure = transcript.failure().unwrap();
    assert!(failure.text.as_ref().unwrap().contains("OPENAI_API_KEY"));
    assert!(!failure.allow_retry);
}

#[test]
fn what_goes_wrong_while_the_cat_speaks_is_told() {
    let cut = HttpError::Broken("cut".to_owned());
    let gave_up = json!({ "error": { "message": "overloaded" } }).to_string();
    for answer in [
        Upstream::events([chunk("Pu")]).breaks(cut),
        Upstream::events([chunk("Pu")]),
        Upstream::events([chunk("Pu"), gave_up]),
        Upstream::events([chunk("Pu"), "<html>".to_owned()]),
    ] {
        let transcript = ask(answer.clone(), vec![Message::user("hi")]);
        assert_eq!(transcript.text(), "Pu", "{answer:?}");
        assert!(transcript.failure().is_some(), "{answer:?}");
    }
    let transcript = ask(Upstream::new(401), vec![Message::user("hi")]);
    assert_eq!(transcript.failure().map(|one| one.allow_retry), Some(false));
}
