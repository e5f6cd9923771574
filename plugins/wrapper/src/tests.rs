//! What the model is asked, what becomes of its answer, and what may go wrong on the way.

use super::{MODEL, OPENAI, Wrapper};
use ravenry_sdk::http::HttpError;
use ravenry_sdk::serde_json::{self, Value, json};
use ravenry_sdk::testing::{Scene, Transcript, Upstream};
use ravenry_sdk::{Message, Role};

/// A bot whose manifest says this.
fn wrapper(variables: &'static [(&str, &str)]) -> Wrapper {
    Wrapper::new(|name| {
        let found = variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    })
}

fn keyed() -> Wrapper {
    wrapper(&[("OPENAI_API_KEY", "placeholder")])
}

fn chunk(text: &str) -> String {
    let delta = json!({ "content": text });
    json!({ "choices": [{ "index": 0, "delta": delta, "finish_reason": null }] }).to_string()
}

/// Asks with a model that answers so.
fn ask(answer: Upstream, query: Vec<Message>) -> Transcript {
    let scene = Scene::default().upstream(OPENAI, move |_| answer.clone());
    scene.ask(&keyed(), query)
}

fn hi() -> Vec<Message> {
    vec![Message::user("hi")]
}

/// An answer with everything that a real one has beside its words.
fn whole() -> Upstream {
    let role = json!({ "choices": [{ "delta": { "role": "assistant", "content": "" } }] });
    let end = json!({ "choices": [{ "delta": {}, "finish_reason": "stop" }] });
    let usage = json!({ "choices": [], "usage": { "total_tokens": 3 } });
    Upstream::events([
        role.to_string(),
        chunk("Hel"),
        chunk("lo"),
        end.to_string(),
        usage.to_string(),
        "[DONE]".to_owned(),
    ])
}

#[test]
fn the_words_come_as_the_model_says_them() {
    let transcript = ask(whole(), hi());
    assert_eq!(
        transcript.to_string(),
        "text {\"text\":\"Hel\"}\ntext {\"text\":\"lo\"}\ndone {}\n"
    );
}

/// Not every server says `[DONE]`, and some say the last words together with their end.
#[test]
fn a_reason_to_finish_is_an_end() {
    let last = |reason| {
        let delta = json!({ "content": "lo" });
        json!({ "choices": [{ "delta": delta, "finish_reason": reason }] }).to_string()
    };
    for reason in ["stop", "length"] {
        let transcript = ask(Upstream::events([chunk("Hel"), last(reason)]), hi());
        assert_eq!(transcript.text(), "Hello");
        assert!(transcript.failure().is_none(), "{reason}");
    }
    let transcript = ask(Upstream::events([chunk("Hel"), last("")]), hi());
    assert_eq!(transcript.text(), "Hello");
    assert!(transcript.failure().is_some(), "an empty reason is none");
}

#[test]
fn five_messages_are_sent_and_of_each_fifty_characters() {
    let cat = "\u{1f431}".repeat(60);
    let mut query: Vec<Message> = (0..4).map(|n| Message::user(n.to_string())).collect();
    query.push(Message::bot("meow"));
    query.push(Message::system("be brief"));
    query.push(Message::user(cat.clone()));
    let transcript = ask(whole(), query);
    let [request] = &transcript.requests[..] else {
        panic!("{:?}", transcript.requests)
    };
    assert_eq!(request.url, format!("{OPENAI}/chat/completions"));
    assert!(
        request
            .headers
            .contains(&("authorization".to_owned(), "Bearer placeholder".to_owned()))
    );
    let sent: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(
        sent,
        json!({
            "model": MODEL,
            "messages": [
                { "role": "user", "content": "2" },
                { "role": "user", "content": "3" },
                { "role": "assistant", "content": "meow" },
                { "role": "system", "content": "be brief" },
                { "role": "user", "content": "\u{1f431}".repeat(50) },
            ],
            "temperature": 1.0,
            "max_tokens": 50,
            "stream": true,
        })
    );
}

#[test]
fn a_role_of_the_future_is_left_out() {
    let stranger = Message::new(Role::Other("ghost".to_owned()), "boo");
    let transcript = ask(whole(), vec![stranger, Message::user("hi")]);
    let sent: Value = serde_json::from_slice(&transcript.requests[0].body).unwrap();
    assert_eq!(
        sent["messages"],
        json!([{ "role": "user", "content": "hi" }])
    );
    assert_eq!(transcript.text(), "Hello");
}

#[test]
fn another_api_may_be_named() {
    let scene = Scene::default().upstream("http://llama.test/v1/chat/completions", |_| whole());
    let bot = wrapper(&[
        ("OPENAI_API_KEY", "placeholder"),
        ("OPENAI_BASE_URL", "http://llama.test/v1/"),
        ("OPENAI_MODEL", "llama"),
    ]);
    let transcript = scene.ask(&bot, "hi");
    assert_eq!(transcript.text(), "Hello");
    let sent: Value = serde_json::from_slice(&transcript.requests[0].body).unwrap();
    assert_eq!(sent["model"], "llama");
}

#[test]
fn without_a_key_nobody_is_asked_and_the_operator_is_told() {
    let transcript = Scene::default().ask(&wrapper(&[]), "hi");
    assert!(transcript.requests.is_empty());
    let failure = transcript.failure().unwrap();
    assert!(failure.text.as_ref().unwrap().contains("OPENAI_API_KEY"));
    assert!(!failure.allow_retry);
}

/// Each way to fail ends in one error after what was said, and says whether to try again.
#[test]
fn what_goes_wrong_is_told() {
    let cut = || HttpError::Broken("cut".to_owned());
    let html = Upstream::new(200)
        .header("content-type", "text/html")
        .body("<h1>Login</h1>\n\n");
    let gave_up = json!({ "error": { "message": "overloaded" } }).to_string();
    let rows = [
        ("no key", Upstream::new(401), "", false),
        ("too many", Upstream::new(429), "", true),
        ("down", Upstream::new(500), "", true),
        ("unreachable", Upstream::unreachable(cut()), "", true),
        ("a page", html, "", true),
        ("no words", Upstream::events([""; 0]), "", true),
        ("no JSON", Upstream::events(["{"]), "", true),
        (
            "cut",
            Upstream::events([chunk("Hel")]).breaks(cut()),
            "Hel",
            true,
        ),
        ("short", Upstream::events([chunk("Hel")]), "Hel", true),
        (
            "gave up",
            Upstream::events([chunk("Hel"), gave_up]),
            "Hel",
            true,
        ),
    ];
    for (case, answer, said, retry) in rows {
        let transcript = ask(answer, hi());
        assert_eq!(transcript.text(), said, "{case}");
        let failure = transcript.failure().unwrap_or_else(|| panic!("{case}"));
        assert_eq!(failure.allow_retry, retry, "{case}");
    }
}
