//! Bots in Python, JavaScript and TypeScript: the samples say what the cat in Rust says, and the
//! layer below them does what it promises. Needs Python and Node; says so where they are missing.

mod new_bots;

use std::path::PathBuf;

use ravenry_desk::simulator::Answer;
use serde_json::{Value, json};

use crate::components::{from_template, repository, sample};
use crate::harness::{FakePoe, Folder, Server, query};
use crate::sample_tests::cat;

#[test]
fn the_cat_in_python_is_the_same_cat() {
    cat::is_the_same_cat(&sample("cat-python"));
}

#[test]
fn the_cat_in_javascript_is_the_same_cat() {
    cat::is_the_same_cat(&sample("cat-js"));
}

#[test]
fn the_cat_in_python_waits_like_the_cat() {
    cat::waits_like_the_cat(&sample("cat-python"));
}

#[test]
fn the_cat_in_javascript_waits_like_the_cat() {
    cat::waits_like_the_cat(&sample("cat-js"));
}

#[test]
fn a_reader_who_leaves_ends_the_cats_watch() {
    cat::a_reader_who_leaves_ends_it(&sample("cat-python"));
    cat::a_reader_who_leaves_ends_it(&sample("cat-js"));
}

/// The first command of the README needs neither Python nor Node.
#[test]
fn the_samples_in_other_languages_are_left_out_of_the_directory_above() {
    for name in ["python", "cat-js"] {
        let manifest = repository("plugins").join(name).join("ravenry.toml");
        let text = std::fs::read_to_string(manifest).unwrap();
        assert!(
            text.lines().any(|line| line == "only_when_named = true"),
            "{name}"
        );
    }
}

/// Everything that the layers for Python and JavaScript offer, by a bot that a template was made
/// into: events, config, query, header, errors of all kinds, log.
#[test]
fn the_layers_do_what_they_promise() {
    let python = from_template("python", &workbench("python"));
    let js = from_template("js", &workbench("js"));
    let server = Server::start(&format!(
        "[bot.python]\nsource = {python:?}\nconfig = {{ greeting = \"grüezi\" }}\n\
         [bot.js]\nsource = {js:?}\nconfig = {{ greeting = \"grüezi\" }}\n"
    ));
    server.wait_ready();
    for bot in ["python", "js"] {
        the_layer_does_what_it_promises(&server, bot);
    }
    server.ask("js", "async").reference();
    server.wait_text("must not be async");
}

fn the_layer_does_what_it_promises(server: &Server, bot: &str) {
    assert_eq!(
        server.ask(bot, "events").show(),
        r#"meta {"content_type":"text/plain","linkify":false}
text {"text":"naïve 🐈\n"}
text {"text":"second","index":2}
replace_response {"text":"instead"}
replace_response {"text":"","index":2}
file {"url":"https://example.com/c.png","content_type":"image/png","name":"c.png","inline_ref":"c1"}
data {"metadata":"remember me"}
json {"choices":[{"delta":{"content":"é"}}]}
brand_new {"n":1}
suggested_reply {"text":"And then?"}
done {}
"#
    );
    assert_eq!(
        server.ask(bot, "half").show(),
        "file {\"url\":\"https://example.com/c\",\"content_type\":\"text/plain\",\"name\":\"n\u{fffd}\",\"inline_ref\":null}\n\
         text {\"text\":\"pair 😀, half \u{fffd}\"}\njson {\"half\":\"\u{fffd}\"}\ndone {}\n"
    );
    assert_eq!(server.ask(bot, "config").said(), "grüezi");
    assert_eq!(server.ask(bot, "yield").said(), "one two");
    assert!(server.ask(bot, "mistake").said().contains("`done`"));
    let header = ("x-test", "naïve");
    assert_eq!(
        server.send(bot, &query("header"), &[header]).said(),
        "naïve"
    );

    let mut body = query("query");
    body["query"][0]["timestamp"] = json!(1_678_299_819_427_621_u64);
    body["query"][0]["parameters"] = json!({ "mood": ["good", 1.5] });
    body["query"][0]["attachments"] =
        json!([{ "url": "https://example.com/a", "content_type": "text/plain", "name": "ä.txt" }]);
    let said: Value = serde_json::from_str(&server.send(bot, &body, &[]).said()).unwrap();
    assert_eq!(
        said,
        json!([
            1_678_299_819_427_621_u64,
            ["ä.txt"],
            [["good", 1.5], "unset"]
        ])
    );

    // Not what was drawn when the component was built.
    let drawn = [0; 3].map(|_| server.ask(bot, "random").said());
    let numbers = drawn.each_ref().map(|text| text.parse::<f64>().unwrap());
    assert!(
        numbers.iter().all(|number| (0.0..1.0).contains(number)),
        "{drawn:?}"
    );
    assert!(drawn[0] != drawn[1] && drawn[1] != drawn[2], "{drawn:?}");

    // In Python an exception is caught by the layer; in JavaScript it stops the component.
    let told = if bot == "python" {
        r#"{"allow_retry":false,"text":"The bot could not answer (reference [REF])."}"#
    } else {
        r#"{"allow_retry":true,"text":"The bot stopped in the middle (reference [REF])."}"#
    };
    assert_eq!(
        server.ask(bot, "raise").show(),
        format!("text {{\"text\":\"so far\"}}\nerror {told}\ndone {{}}\n")
    );
    server.wait_log(|record| {
        let said = record["message"].as_str().unwrap_or_default();
        record["bot"] == bot && said.contains("nobody catches this")
    });
    let flood = server.ask(bot, "flood");
    assert_eq!(flood.said().len(), 500_000);
    // A reply that is too long ends where its bot next gives way, which may be before it has printed.
    for _ in 0..10 {
        server.ask(bot, "stopped");
    }
    server.wait_log(|record| {
        let said = record["message"]
            .as_str()
            .unwrap_or_default()
            .to_lowercase();
        record["bot"] == bot && said.replace(['-', ' '], "").contains("stopped:toolong")
    });
    server.ask(bot, "print");
    let line = |text: &str| {
        server.wait_log(|record| {
            let said = record["message"].as_str().unwrap_or_default();
            record["bot"] == bot && record["target"] == "bot" && said.starts_with(text)
        })
    };
    line("héllo {");
    line("to the other stream");

    let settings = server.send(bot, &json!({ "version": "1.2", "type": "settings" }), &[]);
    assert_eq!(
        settings.json(),
        json!({
            "response_version": 2,
            "server_bot_dependencies": { "GPT-4o": 2 },
            "allow_attachments": false,
            "parameter_controls": { "sections": [{ "controls": [{ "control": "divider" }] }] },
            "brand_new": true,
        })
    );
}

/// Other bots can be asked from every language: event by event, or handed on as they come.
#[test]
fn bots_in_other_languages_ask_other_bots() {
    let poe = FakePoe::start().unwrap();
    poe.bot(
        "GPT-4o",
        Answer::events([
            ("text", json!({ "text": "naïve " })),
            ("text", json!({ "text": "🐈" })),
            ("done", json!({})),
        ]),
    );
    let manifest = ["python", "js"].map(|name| {
        let component = from_template(name, &workbench(name));
        format!(
            "[bot.{name}]\nsource = {component:?}\npoe = {{ access_key = {{ env = \"KEY\" }} }}\n"
        )
    });
    let server = Folder::with_manifest(&manifest.concat())
        .env("KEY", KEY)
        .flag("--poe-api")
        .flag(&poe.url())
        .up();
    server.wait_ready();
    let key = format!("Bearer {KEY}");
    for bot in ["python", "js"] {
        let ask = |word| server.send(bot, &query(word), &[("authorization", &key)]);
        assert_eq!(ask("ask").said(), "text: naïve \ntext: 🐈\n", "{bot}");
        assert_eq!(ask("relay").said(), "naïve 🐈", "{bot}");
        if bot == "python" {
            assert_eq!(
                ask("both").said(),
                "naïve naïve ",
                "two are waited for at once"
            );
        }
        let denied = ask("denied").said().to_lowercase();
        assert!(denied.ends_with("denied"), "{bot}: {denied}");
    }
}

const KEY: &str = "the-access-key-of-the-asking-bots";

/// The code of a bot that does one thing for each word.
fn workbench(language: &str) -> PathBuf {
    let file = ["bot.py", "bot.js"][usize::from(language == "js")];
    repository("host/tests/languages").join(file)
}

/// The types for editors have every member of the interface's records, by its name in JavaScript.
#[test]
fn the_types_for_javascript_follow_the_interface() {
    let wit = std::fs::read_to_string(repository("wit/types.wit")).unwrap();
    let types = std::fs::read_to_string(repository("plugins/cat-js/ravenry.d.ts")).unwrap();
    let members = wit.lines().filter_map(|line| {
        let (name, _) = line.strip_prefix("        ")?.split_once(": ")?;
        name.bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'-')
            .then(|| camel_case(name))
    });
    // A failure is an exception here: its two members are arguments.
    let members: Vec<String> = members
        .filter(|member| !["text", "allowRetry", "errorType"].contains(&member.as_str()))
        .collect();
    assert!(members.len() > 60, "{members:?}");
    for member in members {
        let known = [format!(" {member}: "), format!(" {member}?: ")];
        assert!(known.iter().any(|known| types.contains(known)), "{member}");
    }
}

fn camel_case(name: &str) -> String {
    let mut words = name.split('-');
    let first = words.next().unwrap().to_owned();
    words.fold(first, |name, word| {
        name + &word[..1].to_uppercase() + &word[1..]
    })
}
