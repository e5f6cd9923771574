//! `ravenry check`: samples of ours keep every rule; bots that break one are named by it; what is no
//! bot is one sentence; and nothing makes it hang.

mod broken;
mod stranger;
mod tls;

use std::process::Output;

use quick_xml::{Reader, events::Event};
use serde_json::{Value, json};

use self::stranger::{Answer, Stranger};
use crate::harness::Folder;

const KEY: &str = "0123456789abcdef0123456789abcdef";

fn check(arguments: &[&str]) -> Output {
    let arguments = [&["check"], arguments].concat();
    Folder::empty().env("THE_KEY", KEY).output(&arguments)
}

/// Exit code and what was printed, without times and ports.
fn said(output: &Output, server: &str) -> String {
    let text = [&output.stdout[..], &output.stderr].concat();
    let text = String::from_utf8(text).unwrap().replace(server, "SERVER");
    let mut lines: Vec<&str> = text.lines().collect();
    lines.retain(|line| !line.starts_with("Checking "));
    let text = lines.join("\n");
    let text = match (text.find(" requests in "), text.find(" s\n")) {
        (Some(from), Some(to)) if from < to => {
            format!("{} requests{}", &text[..from], &text[to + 2..])
        }
        _ => text,
    };
    format!("{}\n{text}", output.status.code().unwrap())
}

#[test]
fn samples_keep_every_rule() {
    let server = Folder::with_manifest(
        "[bot.echo]\nsource = \"echo.wasm\"\npoe = { access_key = { env = \"BOT_KEY\" } }\n\
         [bot.capitals]\nroute = \"/llm\"\nsource = \"capitals.wasm\"\n[bot.cat]\nsource = \"cat.wasm\"\n",
    )
    .env("BOT_KEY", KEY)
    .up();
    let url = format!("http://{}", server.address);
    let output = check(&[&format!("{url}/echo"), "--key-env", "THE_KEY"]);
    insta::assert_snapshot!(said(&output, &url), @r#"
    0
    SERVER/echo: 10 queries and 20 other requests

    Head of an answer
      ✓ T1  a query is answered with status 200
      ✓ T2  the content type is `text/event-stream`, in lower case
      ✓ T3  the answer may not be stored: `cache-control: no-store`

    Bytes of the stream
      ✓ F1  the stream begins without a byte order mark
      ✓ F2  the stream is UTF-8
      ✓ F3  the last event ends with an empty line
      ✓ F4  lines are `event`, `data`, `id`, `retry` or comments
      ✓ F5  one event has at most a megabyte

    Events
      ✓ E1  the data of every event is a JSON object
      ✓ E2  `meta` is the first event, and comes once
      ✓ E3  a reply has a `text` or an `error`
      ✓ E4  `done` is the last event
      ✓ E5  the data of `done` is `{}`
      ✓ E6  nothing comes after `done`
      ✓ E7  events have a name of the protocol
      ✓ E8  signs of life are comments, no `ping` events
      ✓ E9  after `error` only `done` comes
      ✓ E10 suggested replies come right before `done`

    Members of events
      ✓ J1  members of an event have the type of the protocol
      ✓ J2  `content_type` of `meta` is `text/markdown` or `text/plain`

    Limits
      ✓ L1  the first event comes within 5 s
      ✓ L2  a reply ends within an hour
      ✓ L3  a reply has at most 512,000 characters of text
      ✓ L4  a reply has at most 10,000 events

    Connections
      ✓ C1  the connection is closed in order, after the end of the body
      ✓ C2  a reader who hangs up does not disturb the next one
      ✓ C3  two queries at once are both answered, each with its own answer

    Access key
      ✓ A1  the access key is taken, for queries too
      ✓ A2  a wrong key is refused with 401 or 403
      ✓ A3  a request without a key is refused with 401 or 403
      ✓ A4  `Bearer` may be written in any case
      ✓ A5  a refusal repeats no key
      ✓ A6  a refusal with 401 says `www-authenticate`

    What queries may have
      ✓ Q1  all that a query may have is taken at once
      ✓ Q2  members that are not known are ignored
      ✓ Q3  messages of a role that is not known are ignored
      ✓ Q4  a content type that is not known is ignored
      ✓ Q5  feedback of a type that is not known is ignored
      ✓ Q6  feedback may be without a reason
      ✓ Q7  messages may have attachments
      ✓ Q8  a message may quote one that quotes another
      ✓ Q9  several people may take part, and react
      ✓ Q10 parameters may have any name and any JSON type
      ✓ Q11 hints may be there: temperature, stop sequences, a language
      ✓ Q12 tools, their calls and their results may be there
      ✓ Q13 a version that is not known is no reason to refuse
      ✓ Q14 texts may have any character, NUL too
      ✓ Q15 identifiers may have any form
      ✓ Q16 what may be absent may be absent
      ✓ Q17 `user` and `conversation` stand for `user_id` and `conversation_id`
      ✓ Q18 trailing commas are forgiven
      ✓ Q19 `null` is as good as absent
      ✓ Q20 a query without messages breaks nothing
      ✓ Q21 a thousand messages and one are taken
      ✓ Q22 a query of three megabytes is taken

    Other requests
      ✓ R1  a type of request that is not known is answered with 501
      ✓ R2  what is no JSON object is refused with 4xx
      ✓ R3  `report_feedback` is answered with 2xx or 501
      ✓ R4  `report_reaction` is answered with 2xx or 501
      ✓ R5  `report_error` is answered with 2xx or 501
      ✓ R6  feedback and reactions that are not known are ignored
      ✓ R7  half a character is taken, or refused with 4xx

    Settings
      ✓ S1  `settings` are answered with 200 and a JSON object
      ✓ S2  settings have no members that the platform does not know
      ✓ S3  settings have the types of the protocol
      ✓ S4  `response_version` is 2
      ✓ S5  parameter controls are such that the platform shows them
      ✓ S6  each bot that is asked may be asked 1 to 100 times
      ✓ S7  marks of prices are of the form `[usd_milli_cents=N]`
      ✓ S8  settings come as `application/json`

    HTTP
      ✓ H1  a slash at the end of the path changes nothing
      ✓ H2  `content-type` may have a parameter
      ✓ H3  headers that are not known are ignored

    73 passed, 0 failed (✗), 0 not applicable (–)
    "#);
    for bot in ["llm", "cat"] {
        let output = check(&[&format!("{url}/{bot}"), "--format", "json"]);
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let rules = report["rules"].as_array().unwrap();
        for rule in rules {
            // No key is given, and the settings of `capitals` allow no attachments.
            let skipped =
                rule["id"].as_str().unwrap().starts_with('A') || bot == "llm" && rule["id"] == "Q7";
            let wanted = if skipped { "not applicable" } else { "passed" };
            assert_eq!(rule["outcome"], wanted, "{bot}: {rule}");
        }
        assert_eq!(
            (output.status.code(), &report["good"]),
            (Some(0), &true.into())
        );
    }
}

/// All samples do, those that ask others too: beside the gateway, Poe is played.
#[test]
fn no_sample_breaks_a_rule() {
    let plugins = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../plugins")).unwrap();
    let packages = plugins.filter_map(|plugin| {
        std::fs::read_to_string(plugin.unwrap().path().join("Cargo.toml")).ok()
    });
    let packages: Vec<String> = packages.collect();
    let names = packages.iter().map(|package| package.split('"').nth(1));
    let names: Vec<&str> = names.map(Option::unwrap).collect();
    assert!(names.len() >= 18, "{names:?}");
    let server = Folder::with_bots(&names)
        .flag("--simulate=127.0.0.1:0")
        .up();
    for name in names {
        let url = format!("http://{}/{name}", server.address);
        let output = check(&[&url, "--format", "json"]);
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(broken::failed(&report), [""; 0], "{name}");
        assert_eq!(output.status.code(), Some(0), "{name}");
    }
}

/// What is printed for programs can be read by them, and says the same.
#[test]
fn reports_are_json_and_junit_too() {
    let bot = Stranger::start(|asked, good| {
        let odd = "<b>no</b>\u{1b}[2J]]>";
        let body = format!("event: {odd}\ndata: {{}}\n\nevent: text\ndata: []\n\n").into_bytes();
        match asked.kind() {
            "query" => good.body([body, b"event: done\ndata: {}\n\n".to_vec()].concat()),
            _ => good,
        }
    });
    let arguments = [bot.url.as_str(), "--key-env", "THE_KEY", "--format"];
    let human = check(&[&arguments[..], &["human"]].concat());
    let text = String::from_utf8(human.stdout).unwrap();
    assert!(!text.contains('\u{1b}'), "{text:?}");
    let json = check(&[&arguments[..], &["json"]].concat());
    let report: Value = serde_json::from_slice(&json.stdout).unwrap();
    let failed = broken::failed(&report);
    assert_eq!(failed, ["E1", "E3", "E7"]);
    let junit = check(&[&arguments[..], &["junit"]].concat());
    let text = String::from_utf8(junit.stdout).unwrap();
    // Test servers want all of these.
    for suite in text.lines().filter(|line| line.contains("<testsuite")) {
        for count in ["tests", "failures", "errors", "skipped"] {
            assert!(suite.contains(&format!(" {count}=\"")), "{suite}");
        }
    }
    let mut reader = Reader::from_str(&text);
    let mut failures = Vec::new();
    let mut case = String::new();
    let mut cases = 0;
    loop {
        match reader.read_event().unwrap() {
            Event::Eof => break,
            Event::Start(tag) | Event::Empty(tag) => {
                let name = tag.name().as_ref().to_vec();
                if name == b"testcase" {
                    cases += 1;
                    let attribute = tag.try_get_attribute("name").unwrap().unwrap();
                    case = String::from_utf8(attribute.value.into_owned()).unwrap();
                } else if name == b"failure" {
                    failures.push(case.split(' ').next().unwrap().to_owned());
                }
            }
            _ => {}
        }
    }
    // `E7` should be kept only: a warning, as for the exit code.
    assert_eq!(failures, ["E1", "E3"]);
    assert_eq!(cases, report["rules"].as_array().unwrap().len());
    for output in [human.status, json.status, junit.status] {
        assert_eq!(output.code(), Some(1));
    }
}

/// One sentence, and what to do: no bot, no server, no key, another key.
#[test]
fn what_is_no_bot_is_one_sentence() {
    let server = Folder::with_manifest(
        "[bot.echo]\nsource = \"echo.wasm\"\npoe = { access_key = { env = \"BOT_KEY\" } }\n",
    )
    .env("BOT_KEY", "another-key-of-thirty-two-bytes-")
    .up();
    let url = format!("http://{}", server.address);
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let all: Vec<String> = [
        vec![format!("{url}/echo")],
        vec![format!("{url}/echo"), "--key-env".into(), "THE_KEY".into()],
        vec![format!("{url}/ehco")],
        vec![format!("{url}/healthz")],
        vec![format!("{nobody}/echo")],
        vec!["ftp://example.com".into()],
        vec![format!("{url}/echo"), "--patience".into(), "1s".into()],
    ]
    .iter()
    .map(|arguments| {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        said(&check(&arguments), &url).replace(&nobody, "NOBODY")
    })
    .collect();
    insta::assert_snapshot!(all.join("\n\n"), @r#"
    2
    error: SERVER/echo wants an access key
      caused by: it answers with status 401
    hint: put it into the variable RAVENRY_KEY, or name another: `--key-env NAME`

    2
    error: SERVER/echo refuses this access key
      caused by: it answers with status 401
    hint: give the key that Poe shows for this bot: `--key-env NAME`, or RAVENRY_KEY

    2
    error: SERVER/ehco is no bot
      caused by: a query is answered with status 404
      caused by: a request for settings is answered with status 404
    hint: correct the path of the URL

    2
    error: SERVER/healthz is no bot
      caused by: a query is answered with status 405
      caused by: a request for settings is answered with status 405
    hint: correct the path of the URL: what is there takes no POST

    2
    error: NOBODY/echo does not answer
      caused by: the connection was refused
    hint: start the server there, as with `ravenry up`; or correct the port

    2
    error: `ftp://example.com` is no URL of a bot: it begins neither with `http` nor with `https`
    hint: write it as in http://127.0.0.1:8080/cat

    2
    error: invalid value '1s' for '--patience <DURATION>': a bot has 5 s for its first event: give it 6s or more

    For more information, try '--help'.
    "#);
}

/// The page of all rules says what the program says.
#[test]
fn the_page_of_rules_is_up_to_date() {
    let output = check(&["--list", "--format", "json"]);
    let rules: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let text = String::from_utf8(check(&["--list"]).stdout).unwrap();
    let mut page = String::from(
        "# What `ravenry check` holds a bot against\n\n\
         Written by `UPDATE_PAGES=1 cargo test --test it check::`; `ravenry check --list` prints the same.\n\
         A bot that breaks a rule that *must* be kept fails; one that *should* be kept is a warning.\n",
    );
    for line in text.lines() {
        let id = line.trim_start().split(' ').next().unwrap();
        if let Some(rule) = rules.iter().find(|rule| rule["id"] == id) {
            let cell = |name: &str| rule[name].as_str().unwrap();
            let (title, source, weight) = (cell("title"), cell("source"), cell("weight"));
            page.push_str(&format!("| {id} | {weight} | {title} | {source} |\n"));
        } else if !line.starts_with(' ') {
            page.push_str(&format!(
                "\n## {line}\n\n| | | a bot keeps it when | source |\n|---|---|---|---|\n"
            ));
        }
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/RULES.md");
    if std::env::var_os("UPDATE_PAGES").is_some() {
        std::fs::write(path, &page).unwrap();
    }
    assert_eq!(
        std::fs::read_to_string(path).unwrap(),
        page,
        "run it with UPDATE_PAGES=1"
    );
}

/// Whatever a bot repeats, its key is not in the report, and not a piece of it.
#[test]
fn a_key_is_never_printed() {
    let bot = Stranger::start(|asked, good| match (good.status, asked.kind()) {
        (401, _) => good.body(KEY.as_bytes().to_vec()),
        // Where a report cuts, in the middle of the key.
        (_, "settings") => Answer::json(500, &json!("x".repeat(140) + KEY)),
        _ => good,
    });
    for format in ["human", "json", "junit"] {
        let output = check(&[&bot.url, "--key-env", "THE_KEY", "--format", format]);
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(text.contains("***") && !text.contains(&KEY[..8]), "{text}");
        assert_eq!(output.status.code(), Some(1), "{text}");
    }
}
