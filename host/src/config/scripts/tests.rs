//! What a file of players says, and what is said about its mistakes.

use std::path::PathBuf;

use super::*;
use serde_json::json;

fn loaded(text: &str) -> Result<Vec<Player>, String> {
    let dir = tempfile::tempdir().unwrap();
    let path: PathBuf = dir.path().join("bots.toml");
    std::fs::write(&path, text).unwrap();
    let variable = |name: &str| (name == "CAT_KEY").then(|| "cat-key".to_owned());
    let world = World {
        variable: &variable,
        unfit: &|_| None,
    };
    let shown = |problems: Problems| {
        let dir = format!("{}/", dir.path().display());
        problems.to_string().replace(&dir, "")
    };
    load(&path, world).map_err(shown)
}

#[test]
fn bots_have_urls_or_replies() {
    let players = loaded(
        r#"
        [bot.cat]
        url = "127.0.0.1:8080/cat"
        key = { env = "CAT_KEY" }
        [bot."GPT-4o"]
        replies = [
            "It is a fine day.",
            { when = "weather", call = { name = "get", arguments = { city = "Paris", days = [1, 2.5] } } },
            { status = 503 },
            { events = [{ text = "a" }, { pause = "2s" }, { error = "no", allow_retry = false }] },
        ]
        "#,
    )
    .unwrap();
    let [cat, model] = players.as_slice() else {
        panic!("{players:?}");
    };
    let Role::Server {
        url,
        key: Some(key),
    } = &cat.role
    else {
        panic!("{cat:?}");
    };
    assert_eq!(
        (url.as_str(), key.matches(b"cat-key")),
        ("127.0.0.1:8080/cat", true)
    );
    let Role::Replies(replies) = &model.role else {
        panic!("{model:?}");
    };
    assert_eq!(model.name, "GPT-4o");
    let reply = |when: Option<&str>, status, events| Reply {
        when: when.map(str::to_owned),
        status,
        events,
    };
    let arguments = json!({"city": "Paris", "days": [1, 2.5]});
    let expected = [
        reply(None, 200, vec![Line::Text("It is a fine day.".to_owned())]),
        reply(
            Some("weather"),
            200,
            vec![Line::Call("get".to_owned(), arguments)],
        ),
        reply(None, 503, Vec::new()),
        reply(
            None,
            200,
            vec![
                Line::Text("a".to_owned()),
                Line::Pause(Duration::from_secs(2)),
                Line::Error("no".to_owned(), false),
            ],
        ),
    ];
    assert_eq!(replies, &expected);
}

#[test]
fn all_mistakes_are_told_at_once() {
    let problems = loaded(
        r#"
        [bot.both]
        url = "x"
        replies = ["x"]
        [bot.neither]
        key = { env = "NONE" }
        [bot.odd]
        replies = [3, {}, { text = "a", error = "b" }, { status = 9 }, { events = [{ tex = "a" }] },
            { pause = "long" }, { call = { arguments = [1] } }]
        "#,
    )
    .unwrap_err();
    insta::assert_snapshot!(problems, @"");
    let empty = loaded("").unwrap_err();
    insta::assert_snapshot!(empty, @"");
}
