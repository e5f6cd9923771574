//! What a file of players says, and what is said about its mistakes.

use std::path::PathBuf;

use serde_json::json;

use super::*;

fn loaded(text: &str) -> Result<Vec<Player>, String> {
    let dir = tempfile::tempdir().unwrap();
    let path: PathBuf = dir.path().join("bots.toml");
    std::fs::write(&path, text).unwrap();
    let variable =
        |name: &str| (name == "CAT_KEY").then(|| "key-of-the-cat-that-has-32-bytes".to_owned());
    let world = World {
        variable: &variable,
        unfit: &|_| None,
        stand_in: None,
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
        (
            url.as_str(),
            key.matches(b"key-of-the-cat-that-has-32-bytes")
        ),
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
    insta::assert_snapshot!(problems, @r#"
    error: `url` and `replies` both stand in [bot.both]
      --> bots.toml:4:19
    hint: write `url = "http://127.0.0.1:8080/cat"` for a server bot, or `replies = ["…"]`
    error: neither `url` nor `replies` stands in [bot.neither]
      --> bots.toml:5:9
    hint: write `url = "http://127.0.0.1:8080/cat"` for a server bot, or `replies = ["…"]`
    error: `key` stands in [bot.neither] without a `url`
      --> bots.toml:6:15
    hint: who only replies needs none
    error: an entry of `bot.odd.replies` must be text or a table, not a whole number
      --> bots.toml:8:20
    error: nothing is said in [bot.odd.replies]
      --> bots.toml:8:23
    hint: write one of `text`, `replace`, `suggest`, `data`, `file`, `error`, `call`, `pause`
    error: `text` and `error` both stand in [bot.odd.replies]
      --> bots.toml:8:50
    hint: write each into a table of its own in `events`
    error: nothing is said in [bot.odd.replies]
      --> bots.toml:8:56
    hint: write one of `text`, `replace`, `suggest`, `data`, `file`, `error`, `call`, `pause`
    error: `status` in [bot.odd.replies] must be an HTTP status, such as 503
      --> bots.toml:8:67
    error: nothing is said in [bot.odd.replies.events]
      --> bots.toml:8:84
    hint: write one of `text`, `replace`, `suggest`, `data`, `file`, `error`, `call`, `pause`
    error: unknown key `tex` in [bot.odd.replies.events]
      --> bots.toml:8:86
    hint: did you mean `text`?
    error: `pause` in [bot.odd.replies] must be a time with its unit, such as "2s" or "500ms"
      --> bots.toml:9:24
    error: `name` is missing in [bot.odd.replies.call]
      --> bots.toml:9:42
    error: `arguments` in [bot.odd.replies.call] must be a table that JSON can say
      --> bots.toml:9:56
    13 errors
    "#);
    let empty = loaded("").unwrap_err();
    insta::assert_snapshot!(empty, @r#"
    error: the file declares no bot
      --> bots.toml:1:1
    hint: declare one: `[bot.cat]`, and below it `url = "http://127.0.0.1:8080/cat"`
    "#);
}
