//! `ravenry knowledge`, as whoever runs bots types it while a gateway serves from the same store.

mod adding;
mod removing;
mod searching;

use std::{
    fs,
    io::Write as _,
    path::Path,
    process::{Command, Output, Stdio},
};

use serde_json::{Value, json};

use super::{LIBRARIAN, ok, one, told};
use crate::harness::{Folder, Server, wait_until};

/// What the command does in this directory, with the store that this variable leads to, and these bytes as its
/// standard input.
fn with_input(directory: &Path, place: (&str, &str), arguments: &[&str], input: &[u8]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ravenry"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("RAVENRY_") {
            command.env_remove(name);
        }
    }
    command.arg("knowledge").args(arguments);
    command.current_dir(directory).env(place.0, place.1);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    // It may end without reading.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

/// The same with the store in that directory.
fn run(state: &Path, arguments: &[&str]) -> Output {
    with_input(state, ("RAVENRY_STATE_DIR", "."), arguments, b"")
}

/// What it prints where all goes well.
#[track_caller]
fn printed(state: &Path, arguments: &[&str]) -> String {
    let output = run(state, arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

/// What it prints and what it complains of, with this exit code.
#[track_caller]
fn complaint(output: Output, code: i32) -> (String, String) {
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{said}");
    (String::from_utf8(output.stdout).unwrap(), said)
}

/// Lines of JSON.
#[track_caller]
fn lines(text: &str) -> Vec<Value> {
    let lines = text.lines().map(serde_json::from_str);
    lines.collect::<Result<_, _>>().unwrap()
}

/// A document of one page with these words.
fn pdf(words: &str) -> String {
    let drawn = format!("BT /F1 24 Tf 72 700 Td ({words}) Tj ET");
    let objects = [
        "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
        "<</Type/Pages/Kids[3 0 R]/Count 1>>".to_owned(),
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R\
         /Resources<</Font<</F1 5 0 R>>>>>>"
            .to_owned(),
        format!("<</Length {}>>\nstream\n{drawn}\nendstream", drawn.len()),
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>".to_owned(),
    ];
    let mut document = "%PDF-1.4\n".to_owned();
    let mut table = "0000000000 65535 f \n".to_owned();
    for (index, object) in objects.iter().enumerate() {
        table += &format!("{:010} 00000 n \n", document.len());
        document += &format!("{} 0 obj\n{object}\nendobj\n", index + 1);
    }
    let (at, size) = (document.len(), objects.len() + 1);
    let trailer = format!("trailer\n<</Size {size}/Root 1 0 R>>\nstartxref\n{at}\n%%EOF\n");
    format!("{document}xref\n0 {size}\n{table}{trailer}")
}

/// A gateway with a bot that knows one document, which its manifest names.
fn knowing(state: &Path) -> Server {
    let knows = "[bot.librarian.knowledge]\ndocuments = [\"fish.md\"]\n";
    let folder = Folder::with_manifest(&format!("{LIBRARIAN}{knows}"));
    let server = folder
        .file("fish.md", "# Fish\n\nFish swim.")
        .state_dir(state)
        .up();
    wait_until("the document of the manifest", || {
        found(&server, "swimming") == ["fish.md"]
    });
    server
}

/// A file of each kind.
fn write_files(directory: &Path) {
    let html = "<html><head><title>Of dogs</title></head><body><h1>Dogs</h1><p>Dogs <b>bark</b>.</p></body></html>";
    fs::create_dir(directory.join("docs")).unwrap();
    for (name, text) in [
        (
            "docs/cats.md",
            "# Cats\n\nCats sleep.\n\n## Food\n\nThey eat fish.\n",
        ),
        ("docs/dogs.html", html),
        ("birds.pdf", &pdf("Birds sing.")),
        ("notes.txt", "Mice hide."),
    ] {
        fs::write(directory.join(name), text).unwrap();
    }
}

const FILES: [&str; 4] = ["docs/cats.md", "./docs/dogs.html", "birds.pdf", "notes.txt"];

fn add(rest: &[&'static str]) -> Vec<&'static str> {
    [&["add", "--bot", "librarian"], rest].concat()
}

/// The documents that the bot finds for everybody.
fn found(server: &Server, question: &str) -> Vec<String> {
    let found = one(server, "u-1", &json!(["search", "bot", question, 9]));
    serde_json::from_value(found["ok"].clone()).unwrap_or_else(|_| panic!("{found}"))
}

#[test]
fn a_search_finds_what_the_bot_finds() {
    let state = tempfile::tempdir().unwrap();
    let server = knowing(state.path());
    write_files(state.path());
    printed(state.path(), &add(&FILES));
    let search = |rest: &[&str]| {
        let arguments = [&["search", "--bot", "librarian"], rest].concat();
        printed(state.path(), &arguments)
    };
    let question = ["What", "do", "fish", "do?"];
    let found = lines(&search(
        &[&["--json", "--limit", "3"], &question[..]].concat(),
    ));
    let as_the_bot = |line: &Value| {
        json!({
            "document": line["document"], "title": line["title"], "source": line["source"],
            "headings": line["headings"], "lines": [line["first_line"], line["last_line"]], "text": line["text"],
        })
    };
    let step = json!(["passages", "bot", question.join(" "), 3]);
    assert_eq!(
        ok(found.iter().map(as_the_bot).collect::<Value>()),
        one(&server, "u-1", &step)
    );
    let scores: Vec<f64> = found
        .iter()
        .filter_map(|line| line["score"].as_f64())
        .collect();
    assert!(
        scores.len() > 1 && scores.is_sorted_by(|high, low| high >= low),
        "{scores:?}"
    );

    let text = search(&["fish", "eating"]);
    assert!(text.contains("  Cats › Food\n"), "{text}");
    assert!(text.contains("`docs/cats.md`, lines 5 to 7\n"), "{text}");
    assert!(text.contains("They eat fish."), "{text}");
    assert_eq!(
        search(&["--limit", "1", "fish"]).matches("`, line").count(),
        1
    );
    let nothing = run(state.path(), &["search", "--bot", "librarian", "zebra"]);
    assert!(nothing.status.success() && nothing.stdout.is_empty());
    assert_eq!(nothing.stderr, b"Nothing was found\n");
    // What it knows for one person is another collection.
    assert_eq!(search(&["--user", "u-1", "--json", "fish"]), "");
}

#[test]
fn bots_and_documents_are_listed() {
    let state = tempfile::tempdir().unwrap();
    let server = knowing(state.path());
    write_files(state.path());
    printed(state.path(), &add(&FILES));
    let odd = json!([[
        "put-as",
        "user",
        "k\u{1b}[2J",
        "T\u{202e}",
        "",
        "Text.",
        "plain"
    ]]);
    for user in ["u-1", "u-2"] {
        told(&server, "librarian", user, &odd);
    }
    let table = printed(state.path(), &["ls"]);
    let row: Vec<&str> = table.lines().last().unwrap().split_whitespace().collect();
    assert_eq!(row[..2], ["librarian", "7"], "{table}");
    assert!(table.contains("the bot, 2 people"), "{table}");
    let bots = lines(&printed(state.path(), &["ls", "--json"]));
    assert_eq!(bots.len(), 1);
    let bytes = bots[0]["bytes"].as_u64();
    assert!(bytes > Some(7 * 256), "{bots:?}");
    let expected = json!({
        "tenant": "local", "bot": "librarian", "documents": 7, "bytes": bytes, "of_bot": 5, "users": 2,
    });
    assert_eq!(bots[0], expected);

    let documents = lines(&printed(
        state.path(),
        &["ls", "--bot", "librarian", "--json"],
    ));
    let listed: Vec<_> = documents
        .iter()
        .map(|line| {
            (
                line["document"].as_str().unwrap(),
                line["origin"].as_str().unwrap(),
            )
        })
        .collect();
    let expected = [
        ("birds.pdf", "added"),
        ("docs/cats.md", "added"),
        ("docs/dogs.html", "added"),
        ("fish.md", "manifest"),
        ("notes.txt", "added"),
    ];
    assert_eq!(listed, expected);
    let dogs = &documents[2];
    assert_eq!(
        (&dogs["title"], &dogs["expires"]),
        (&json!("Of dogs"), &Value::Null)
    );
    assert_eq!(documents[4]["bytes"], 10);
    let table = printed(state.path(), &["ls", "--bot", "librarian"]);
    assert!(
        table.contains("Of dogs") && table.contains("manifest"),
        "{table}"
    );
    // What others have written is escaped, for people as for programs.
    let of_person = ["ls", "--bot", "librarian", "--user", "u-1"];
    let table = printed(state.path(), &of_person);
    assert!(
        table.contains(r"k\u{1b}[2J") && table.contains(r"T\u{202e}"),
        "{table}"
    );
    let json = printed(state.path(), &[&of_person[..], &["--json"]].concat());
    assert!(!json.contains(['\u{1b}', '\u{202e}']), "{json}");
    assert_eq!(lines(&json)[0]["document"], "k\u{1b}[2J");
    assert_eq!(lines(&json)[0]["user"], "u-1");
}
