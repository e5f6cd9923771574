//! `ravenry check`: samples of ours keep every rule; bots that break one are named by it; what is no
//! bot is one sentence; and nothing makes it hang.

mod broken;
mod reference;
mod stranger;

use std::process::Output;

use quick_xml::{Reader, events::Event};
use serde_json::Value;

use self::stranger::Stranger;
use crate::harness::{Folder, Server};

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
    insta::assert_snapshot!(said(&output, &url), @"");
    for bot in ["llm", "cat"] {
        let output = check(&[&format!("{url}/{bot}"), "--format", "json"]);
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let rules = report["rules"].as_array().unwrap();
        for rule in rules {
            let without_key = rule["id"].as_str().unwrap().starts_with('A');
            let wanted = if without_key {
                "not applicable"
            } else {
                "passed"
            };
            assert_eq!(rule["outcome"], wanted, "{bot}: {rule}");
        }
        assert_eq!(
            (output.status.code(), &report["good"]),
            (Some(0), &true.into())
        );
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
    .env("BOT_KEY", "another key")
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
    insta::assert_snapshot!(all.join("\n\n"), @"");
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

/// A bot of ours keeps every rule while others ask it, too.
#[test]
fn a_key_is_never_printed() {
    let server = Server::with_bots(&["log"]);
    let url = format!("http://{}/log", server.address);
    for format in ["human", "json", "junit"] {
        let output = check(&[&url, "--key-env", "THE_KEY", "--format", format]);
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(text.contains("A2") && !text.contains(KEY), "{text}");
        assert_eq!(
            output.status.code(),
            Some(1),
            "it lets everybody in: {text}"
        );
    }
}
