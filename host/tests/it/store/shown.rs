//! An author is shown what a query found in the store and left there: as a comment, in a chat, on the page. Nobody
//! else is, and nothing of it is obeyed by a terminal.

use serde_json::{Value, json};

use super::{ANN, KEEPER, keepers, told};
use crate::{
    chat::filter::piped,
    harness::{Answer, Connection, Folder, Server, Terminal, post, query},
    replay::record::recorded,
};

const SHOW: (&str, &str) = ("ravenry-show", "store");

/// A server with a page, as an author has it.
fn at_work(folder: Folder) -> Server {
    folder.env("RAVENRY_PAGE", "127.0.0.1:0").up()
}

/// What a bot does at these steps for Ann, and is asked with these headers.
fn asked(server: &Server, bot: &str, headers: &[(&str, &str)], steps: &Value) -> Answer {
    let mut body = query(&steps.to_string());
    body["user_id"] = json!(ANN.0);
    body["conversation_id"] = json!(ANN.1);
    server.send(bot, &body, headers)
}

/// The comment of an answer, and nothing where there is none.
fn comment(answer: &Answer) -> Option<Value> {
    let text = answer.text();
    let mut comments = text
        .lines()
        .filter_map(|line| line.strip_prefix(": ravenry-store "));
    let comment = serde_json::from_str(comments.next()?).unwrap();
    assert_eq!(comments.next(), None, "{text}");
    Some(comment)
}

/// Steps of every kind, on what the first of them has made.
fn steps() -> [Value; 2] {
    let first = json!([
        ["set", "user", "name", "\"Ann\""],
        ["set", "user", "old", "1"],
        ["set", "conversation", "raw", "as it is"],
        ["add", "bot", "visits", 3]
    ]);
    let second = json!([
        ["get", "user", "name"],
        ["set", "user", "name", "\"Ben\""],
        ["add", "bot", "visits", 1],
        ["get", "user", "old"],
        ["delete", "user", "old"],
        ["get", "conversation", "raw"],
        ["get", "user", "none"],
        ["exists", "bot", "visits"],
        ["set", "bot", "blind", "é"],
        ["keys", "conversation", null]
    ]);
    [first, second]
}

#[test]
fn who_asks_for_it_is_told_before_the_end() {
    let server = at_work(keepers(KEEPER));
    let [first, second] = steps();
    told(&server, "keeper", ANN, &first);
    let answer = asked(&server, "keeper", &[SHOW], &second);
    let all = comment(&answer).unwrap();
    let keys = all["keys"].as_array().unwrap().iter();
    let keys: Vec<String> = keys.map(Value::to_string).collect();
    insta::assert_snapshot!(keys.join("\n"), @r#"
    {"bucket":"bot","key":"blind","before":"unknown","after":{"value":{"text":"é","bytes":2,"is_cut":false}}}
    {"bucket":"bot","key":"visits","before":{"value":{"text":"3","bytes":1,"is_cut":false}},"after":{"value":{"text":"4","bytes":1,"is_cut":false}}}
    {"bucket":"user","key":"name","before":{"value":{"text":"\"Ann\"","bytes":5,"is_cut":false}},"after":{"value":{"text":"\"Ben\"","bytes":5,"is_cut":false}}}
    {"bucket":"user","key":"old","before":{"value":{"text":"1","bytes":1,"is_cut":false}},"after":"gone"}
    {"bucket":"conversation","key":"raw","before":{"value":{"text":"as it is","bytes":8,"is_cut":false}},"after":"as_before"}
    {"bucket":"user","key":"none","before":"absent","after":"as_before"}
    "#);
    // All of it stands in one line before the last event, and a reader who skips comments has the same events.
    let blocks: Vec<&str> = answer.text().split_terminator("\n\n").collect();
    let [.., before, done] = &blocks[..] else {
        panic!("{blocks:?}")
    };
    assert!(before.starts_with(": ravenry-store {") && !before.contains('\n'));
    assert_eq!(*done, "event: done\ndata: {}");
    let names = |answer: &Answer| -> Vec<String> {
        let events = answer.events().into_iter();
        events.map(|(name, _)| name).collect()
    };
    let plain = asked(&server, "keeper", &[], &second);
    assert_eq!(comment(&plain), None);
    assert_eq!(names(&plain), names(&answer));
    // Nothing was done: there is nothing to say.
    let idle = asked(&server, "keeper", &[SHOW], &json!([["open", "bot"]]));
    assert_eq!(comment(&idle), None);
    // What was done before a bot is ended is said, too.
    let ended = json!([["set", "user", "k", "v"], ["spin"]]);
    let ended = asked(&server, "keeper", &[SHOW], &ended);
    assert_eq!(comment(&ended).unwrap()["keys"][0]["key"], "k");
    assert!(names(&ended).contains(&"error".to_owned()));
}

#[test]
fn nobody_else_is_told() {
    let steps = json!([["set", "user", "k", "v"]]);
    let hidden = |answer: &Answer| {
        assert_eq!(answer.said(), "{\"ok\":\"set\"}\n");
        assert_eq!(comment(answer), None, "{}", answer.text());
    };
    let mirror = "[bot.mirror]\nsource = \"mirror.wasm\"\n";
    let locked =
        "[bot.locked]\nsource = \"keeper.wasm\"\npoe = { access_key = { env = \"KEY\" } }\n";
    let folder = keepers(&format!("{KEEPER}{mirror}{locked}"))
        .env("KEY", "planted-access-key-0123456789abcdef");
    let server = at_work(folder);
    for value in ["", "Store", "all", "store, more"] {
        hidden(&asked(
            &server,
            "keeper",
            &[("ravenry-show", value)],
            &steps,
        ));
    }
    // By a name that leads here from elsewhere, as that of a tunnel does.
    for head in [
        "host: bots.example.com",
        "host: localhost\r\norigin: https://evil.example",
    ] {
        let body = query(&steps.to_string()).to_string();
        let request = post(
            "/locked",
            &[
                SHOW,
                (
                    "authorization",
                    "Bearer planted-access-key-0123456789abcdef",
                ),
            ],
            body.as_bytes(),
        );
        let request = String::from_utf8(request)
            .unwrap()
            .replace("host: localhost", head);
        hidden(&Connection::open(server.address).send(request).answer());
    }
    assert_eq!(asked(&server, "locked", &[SHOW], &steps).status, 401);
    // A bot does not learn that its author looks on.
    let mirrored = asked(&server, "mirror", &[SHOW], &steps);
    assert!(
        !mirrored.text().contains("ravenry-show"),
        "{}",
        mirrored.text()
    );

    let off = keepers(KEEPER).up();
    hidden(&asked(&off, "keeper", &[SHOW], &steps));
    let production = Folder::empty()
        .manifest("acme.toml", KEEPER)
        .file(
            "operator.toml",
            "[tenant.acme]\nmanifests = [\"acme.toml\"]\npath_prefix = \"/acme\"\n",
        )
        .env("RAVENRY_PAGE", "127.0.0.1:0")
        .serve();
    hidden(&asked(&production, "acme/keeper", &[SHOW], &steps));
}

#[test]
fn secrets_are_not_in_it() {
    let locked =
        "[bot.keeper]\nsource = \"keeper.wasm\"\npoe = { access_key = { env = \"KEY\" } }\n";
    let server = at_work(keepers(locked).env("KEY", "planted-\"access\"-key-0123456789abcdef"));
    let authorized = (
        "authorization",
        "Bearer planted-\"access\"-key-0123456789abcdef",
    );
    let secret = "planted-\"access\"-key-0123456789abcdef";
    let long = format!("{}{secret}", "x".repeat(1_020));
    let steps = json!([
        ["set", "user", secret, secret],
        ["get", "user", secret],
        [
            "set",
            "user",
            "in JSON",
            json!({ "key": secret }).to_string()
        ],
        ["set", "user", "cut", long],
    ]);
    let answer = asked(&server, "keeper", &[SHOW, authorized], &steps);
    let comment = comment(&answer).unwrap();
    assert_eq!(comment["keys"].as_array().unwrap().len(), 3);
    let comment = comment.to_string();
    assert!(
        !comment.contains("plan") && comment.contains("***"),
        "{comment}"
    );
}

#[test]
fn it_is_bounded_whatever_is_kept() {
    let server = at_work(keepers(KEEPER).flag("--limit=store_operations=100000"));
    let big = json!([["set", "user", "big", 1_048_576], ["get", "user", "big"]]);
    let answer = asked(&server, "keeper", &[SHOW], &big);
    let value = &comment(&answer).unwrap()["keys"][0]["after"]["value"];
    assert_eq!(value["bytes"], 1_048_576);
    assert_eq!(value["text"], "0".repeat(1_024));
    assert_eq!(value["is_cut"], true);

    let many = json!([["fill", "user", "k", 2_000, "v"]]);
    let answer = asked(&server, "keeper", &[SHOW], &many);
    let all = comment(&answer).unwrap();
    assert_eq!(all["keys"].as_array().unwrap().len(), 100);
    let rest = (&all["left_out"], &all["is_cut"]);
    assert_eq!(rest, (&json!(1_900), &json!(false)));
    // A thousand keys that are only listed do not hide one that is written.
    let listed = json!([["keys", "user", null], ["set", "user", "z", "v"]]);
    let answer = asked(&server, "keeper", &[SHOW], &listed);
    let all = comment(&answer).unwrap();
    assert_eq!(all["keys"][0]["key"], "z");
    assert_eq!(all["keys"].as_array().unwrap().len(), 100);

    let evil = "\u{1}\u{1b}".repeat(500);
    let steps: Vec<Value> = (0..50)
        .map(|place| json!(["set", "user", format!("{place}\n\n"), evil]))
        .collect();
    let answer = asked(&server, "keeper", &[SHOW], &json!(steps));
    let all = comment(&answer).unwrap();
    assert_eq!(all["keys"][0]["after"]["value"]["text"], evil);
    let length = answer.text().lines().map(str::len).max().unwrap();
    assert!((50_000..70_000).contains(&length), "{length}");
    assert_eq!(answer.events().last().unwrap().0, "done");
}

/// What an author is shown is in the record as ever, and the other way round.
#[test]
fn a_recorded_query_can_be_looked_at() {
    let folder = keepers(KEEPER).flag("--record").flag("recorded");
    let server = at_work(folder);
    let steps = json!([["set", "user", "name", "\"Zoe\""]]);
    let answer = asked(&server, "keeper", &[SHOW], &steps);
    assert_eq!(comment(&answer).unwrap()["keys"][0]["key"], "name");
    let files = recorded(&server.folder.path().join("recorded"), 1);
    let text = std::fs::read_to_string(&files[0]).unwrap();
    assert!(text.contains("name = \"Zoe\""), "{text}");
    assert!(!text.contains("ravenry-"), "{text}");
}

/// What `ravenry chat` says beside the answer to these steps.
fn remarks(server: &Server, steps: &Value) -> String {
    let url = format!("http://{}/keeper", server.address);
    let said = piped(&[&url, &steps.to_string()], &[], b"");
    assert!(said.starts_with("exit 0\n"), "{said}");
    said.split_once("---\n").unwrap().1.to_owned()
}

#[test]
fn a_chat_shows_it_below_the_answer() {
    let server = at_work(keepers(KEEPER));
    let [first, second] = steps();
    // Each chat is a conversation and a person of its own.
    let both: Vec<&Value> = [&first, &second]
        .into_iter()
        .flat_map(|all| all.as_array().unwrap())
        .collect();
    remarks(&server, &first);
    insta::assert_snapshot!(remarks(&server, &second), @r#"
    store: bot.blind → é
    store: bot.visits 3 → 4
    store: user.name nothing → "Ben"
    store: user.old nothing → gone
    store: conversation.raw read, not there
    store: user.none read, not there
    "#);
    insta::assert_snapshot!(remarks(&server, &json!(both)), @r#"
    store: bot.blind → é
    store: bot.visits 4 → 8
    store: conversation.raw → as it is
    store: user.name → "Ben"
    store: user.old → gone
    store: user.none read, not there
    "#);
    let evil = "\u{1b}]0;X\u{7}\n\u{202e}";
    let odd = json!([
        ["set", "bot", evil, evil],
        ["set", "bot", "big", 5_000],
        ["set", "bot", "", ""],
        ["fill", "conversation", "k", 30, "v"]
    ]);
    insta::assert_snapshot!(remarks(&server, &odd), @r#"
    store: bot."" → (empty)
    store: bot."\u{1b}]0;X\u{7}\n\u{202e}" → \u{1b}]0;X\u{7}\n\u{202e}
    store: bot.big → 000000000000000000000000000000000000000000000000000000000000… (5000 bytes)
    store: conversation.k0 → v
    store: conversation.k1 → v
    store: conversation.k10 → v
    store: conversation.k11 → v
    store: conversation.k12 → v
    store: conversation.k13 → v
    store: conversation.k14 → v
    store: conversation.k15 → v
    store: conversation.k16 → v
    store: conversation.k17 → v
    store: conversation.k18 → v
    store: conversation.k19 → v
    store: conversation.k2 → v
    store: conversation.k20 → v
    store: conversation.k21 → v
    store: conversation.k22 → v
    store: conversation.k23 → v
    store: and 13 more keys
    "#);
    let off = keepers(KEEPER).up();
    assert_eq!(remarks(&off, &first), "");
}

#[test]
fn a_person_at_a_terminal_sees_it_before_the_suggestions() {
    let server = at_work(keepers(KEEPER));
    let directory = tempfile::tempdir().unwrap();
    let url = format!("http://{}/keeper", server.address);
    let mut terminal = Terminal::start_in(directory.path(), &["chat", &url], 200);
    terminal.prompt();
    terminal.line(r#"[["add", "user", "n", 2]]"#);
    let screen = terminal.line(r#"[["add", "user", "n", 1]]"#);
    let shown: Vec<&str> = screen
        .lines()
        .filter(|line| line.starts_with("store"))
        .collect();
    assert_eq!(shown, ["store: user.n nothing → 2", "store: user.n 2 → 3"]);
    let screen = terminal.line("/debug");
    assert!(screen.contains("/debug"), "{screen}");
    terminal.enter("[]");
    terminal.shows("> ravenry-show: store");
}

/// What the page is told of an answer, read as the page reads it.
fn page_items(server: &Server, steps: &Value) -> Vec<Value> {
    let page = server.wait_output(|line| {
        let (_, page) = line.split_once("Talk to your bots in a browser: ")?;
        Some(page.trim_end_matches('/').to_owned())
    });
    let address = page.trim_start_matches("http://");
    let html = Connection::open(address.parse().unwrap())
        .send(format!(
            "GET / HTTP/1.1\r\nhost: {address}\r\naccept: text/html\r\n\r\n"
        ))
        .answer();
    let (_, rest) = html.text().split_once("name=\"token\" content=\"").unwrap();
    let token = rest.split('"').next().unwrap().to_owned();
    let call = |path: &str, body: &Value| {
        let headers = [
            ("x-page-token", token.as_str()),
            ("content-type", "application/json"),
        ];
        let request = post(path, &headers, body.to_string().as_bytes());
        let request = String::from_utf8(request)
            .unwrap()
            .replace("host: localhost", &format!("host: {address}"));
        Connection::open(address.parse().unwrap())
            .send(request)
            .answer()
    };
    let tab = call("/page/api/open", &json!({ "bot": "keeper" })).json()["tab"].clone();
    let said = json!({ "tab": tab, "person": 0, "text": steps.to_string(), "files": [], "parameters": {} });
    let lines = call("/page/api/say", &said);
    let lines = lines
        .text()
        .lines()
        .map(|line| serde_json::from_str::<Vec<Value>>(line).unwrap());
    lines.flatten().collect()
}

#[test]
fn the_page_is_told_it_with_the_answer() {
    let server = at_work(keepers(KEEPER));
    let evil = "<img src=x onerror=alert(1)>\u{202e}";
    let steps = json!([
        ["add", "bot", "visits", 1],
        ["get", "user", "none"],
        ["set", "user", evil, evil]
    ]);
    let items = page_items(&server, &steps);
    let store: Vec<&Value> = items.iter().filter(|item| item["k"] == "store").collect();
    assert_eq!(store.len(), 1, "{items:?}");
    let shown = "<img src=x onerror=alert(1)>\\u{202e}";
    let key = |name: &str, words: &str, changed: bool| json!({ "name": name, "words": words, "changed": changed });
    let expected = json!({ "k": "store", "more": 0, "cut": false, "keys": [
        key("bot.visits", "nothing → 1", true),
        key(&format!("user.\"{shown}\""), &format!("→ {shown}"), true),
        key("user.none", "read, not there", false),
    ]});
    assert_eq!(*store[0], expected);
    // It is no event, and breaks no rule.
    assert!(items.iter().all(|item| item["k"] != "finding"), "{items:?}");
}
