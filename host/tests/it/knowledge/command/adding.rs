//! What becomes of the files that are to be added: found by the bot, or refused in a sentence.

use std::fs;

use serde_json::json;

use super::{FILES, add, complaint, found, knowing, lines, printed, run, with_input, write_files};
use crate::{
    harness::Folder,
    knowledge::{LIBRARIAN, ok, one, told},
};

#[test]
fn files_of_each_kind_are_added_and_found_by_the_bot() {
    let state = tempfile::tempdir().unwrap();
    let server = knowing(state.path());
    write_files(state.path());
    let added = printed(state.path(), &add(&FILES));
    let said: Vec<&str> = added.lines().collect();
    assert_eq!(said.len(), 5, "{added}");
    for (line, id) in said
        .iter()
        .zip(["docs/cats.md", "docs/dogs.html", "birds.pdf", "notes.txt"])
    {
        assert!(line.starts_with(&format!("`{id}`: ")), "{added}");
    }
    assert_eq!(said[3], "`notes.txt`: 10 B of text");
    assert_eq!(said[4], "Added 4 documents");
    for (question, id) in [
        ("sleeping", "docs/cats.md"),
        ("barking", "docs/dogs.html"),
        ("singing birds", "birds.pdf"),
        ("hiding", "notes.txt"),
    ] {
        assert_eq!(found(&server, question), [id], "{question}");
    }
    // The person who asks finds in the same way, and what is said of a document is kept with it.
    let flags = [
        "--id",
        "mice",
        "--title",
        "Of mice",
        "--source",
        "https://mice.test/",
        "notes.txt",
    ];
    printed(
        state.path(),
        &add(&[&["--user", "u-2"], &flags[..]].concat()),
    );
    let look = json!([
        ["passages", "user", "hiding", 9],
        ["passages", "bot", "hiding", 9]
    ]);
    let expected = json!([{
        "document": "mice", "title": "Of mice", "source": "https://mice.test/", "headings": [], "lines": [1, 1],
        "text": "Mice hide.",
    }]);
    let of_person = told(&server, "librarian", "u-2", &look);
    assert_eq!(of_person[0], ok(expected));
    assert_eq!(of_person[1]["ok"][0]["document"], "notes.txt");
    assert_eq!(
        one(&server, "u-1", &json!(["search", "user", "hiding", 9])),
        ok(json!([]))
    );
    // In the place of what it was.
    fs::write(state.path().join("notes.txt"), "Moles dig.").unwrap();
    printed(state.path(), &add(&["notes.txt"]));
    assert_eq!(found(&server, "hiding"), [""; 0]);
    assert_eq!(found(&server, "digging moles"), ["notes.txt"]);
}

#[test]
fn what_cannot_be_read_is_said_and_the_rest_is_added() {
    let state = tempfile::tempdir().unwrap();
    let server = knowing(state.path());
    write_files(state.path());
    for (name, text) in [
        ("broken.pdf", "%PDF-1.4 and nothing else"),
        ("binary.txt", "\0"),
        ("picture.png", "PNG"),
        ("LICENSE", "You may sing."),
    ] {
        fs::write(state.path().join(name), text).unwrap();
    }
    let mixed = add(&[
        "none.md",
        "broken.pdf",
        "binary.txt",
        "docs",
        "picture.png",
        "notes.txt",
        "docs/cats.md",
    ]);
    let (printed, said) = complaint(run(state.path(), &mixed), 1);
    assert!(
        printed.ends_with("of text\nAdded 2 documents\n"),
        "{printed}"
    );
    for expected in [
        "error: cannot read `none.md`\n  caused by: No such file",
        "error: `broken.pdf` is broken",
        "error: `binary.txt` is binary",
        "error: `docs` is a directory\n",
        "error: `picture.png` is no document",
        "\n5 errors\n",
    ] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    assert_eq!(found(&server, "hiding"), ["notes.txt"]);
    // What a file is can be said.
    complaint(run(state.path(), &add(&["LICENSE"])), 1);
    complaint(
        run(state.path(), &add(&["--format", "plain", "LICENSE"])),
        0,
    );
    assert_eq!(found(&server, "singing"), ["LICENSE"]);
    complaint(run(state.path(), &add(&["--format", "word", "LICENSE"])), 2);
    let (_, said) = complaint(
        run(state.path(), &add(&["--id", "x", "notes.txt", "LICENSE"])),
        2,
    );
    assert!(
        said.contains("--id is for a single document, and these are 2"),
        "{said}"
    );
    let long: &'static str = "t".repeat(2_000).leak();
    let (printed, said) = complaint(run(state.path(), &add(&["--title", long, "notes.txt"])), 1);
    assert_eq!(printed, "Added 0 documents\n");
    assert!(
        said.contains("`notes.txt` was not added\n  caused by: the title of a document has"),
        "{said}"
    );
}

#[test]
fn standard_input_is_a_document_with_a_name() {
    let state = tempfile::tempdir().unwrap();
    let server = knowing(state.path());
    let pipe = |rest: &[&'static str], input: &str| {
        let place = ("RAVENRY_STATE_DIR", ".");
        with_input(state.path(), place, &add(rest), input.as_bytes())
    };
    let (_, said) = complaint(pipe(&["-"], "Owls hunt."), 2);
    assert!(said.contains("name it with --id"), "{said}");
    let (printed, _) = complaint(
        pipe(&["--id", "owls", "-"], "# Owls\n\n## Night\n\nOwls hunt."),
        0,
    );
    assert_eq!(printed, "`owls`: 28 B of text\nAdded 1 document\n");
    let passages = |question: &str| one(&server, "u-1", &json!(["passages", "bot", question, 9]));
    let found = passages("hunting owls");
    assert_eq!(
        found["ok"][0]["headings"],
        json!(["Owls", "Night"]),
        "{found}"
    );
    assert_eq!(found["ok"][0]["source"], "owls");
    complaint(
        pipe(
            &["--id", "owls", "--format", "plain", "-"],
            "# Owls\n\n## Day\n\nOwls doze.",
        ),
        0,
    );
    let found = passages("dozing owls");
    assert_eq!(found["ok"][0]["headings"], json!([]), "{found}");
    let (_, said) = complaint(pipe(&["--id", "owls", "--format", "pdf", "-"], "no PDF"), 1);
    assert!(
        said.starts_with("error: standard input is broken"),
        "{said}"
    );
}

#[test]
fn a_full_store_takes_what_fits_and_says_what_does_not() {
    let operator = "[server]\nstate_dir = \"state\"\ncache_dir = \"cache\"\n\
        [tenant.acme]\nmanifests = [\"acme.toml\"]\npath_prefix = \"/acme\"\n";
    let limits = "limits = { store = \"64KiB\", store_keys = 3 }\n[bot.librarian.store]\nuser = { ttl = \"1h\" }\n";
    let folder = Folder::empty()
        .manifest("acme.toml", &format!("{LIBRARIAN}{limits}"))
        .file("operator.toml", operator)
        .file("small.md", "Small.")
        .file("large.txt", "large ".repeat(20_000))
        .file("tiny.txt", "Tiny.")
        .file("one.txt", "One.")
        .file("many.txt", "Many.");
    let server = folder.directories_of_files().serve();
    let step = json!([["put", "bot", ["first", "First."]]]);
    assert_eq!(told(&server, "acme/librarian", "u-1", &step), [ok("put")]);
    let called = |arguments: &[&str]| {
        with_input(
            server.folder.path(),
            ("RAVENRY_CONFIG", "operator.toml"),
            arguments,
            b"",
        )
    };
    let (printed, said) = complaint(called(&add(&["small.md", "large.txt", "tiny.txt"])), 1);
    assert_eq!(
        printed,
        "`small.md`: 6 B of text\n`tiny.txt`: 5 B of text\nAdded 2 documents\n"
    );
    let expected = "error: `large.txt` was not added\n  caused by: no more than 65536 bytes of the bot are kept\nhint: ";
    assert!(said.starts_with(expected), "{said}");
    let (printed, said) = complaint(called(&add(&["one.txt"])), 1);
    assert_eq!(printed, "Added 0 documents\n");
    assert!(
        said.contains("no more than 3 entries of the bot are kept"),
        "{said}"
    );
    // What takes the place of another one needs none, and a person's expires as the manifest has it.
    complaint(called(&add(&["--id", "tiny.txt", "many.txt"])), 0);
    complaint(called(&["rm", "--bot", "librarian", "small.md"]), 0);
    complaint(called(&add(&["--user", "u-1", "one.txt"])), 0);
    let (printed, _) = complaint(
        called(&["ls", "--bot", "librarian", "--user", "u-1", "--json"]),
        0,
    );
    assert!(lines(&printed)[0]["expires"].is_string(), "{printed}");
    let step = json!([["search", "bot", "many", 9], ["search", "user", "one", 9]]);
    let both = [ok(json!(["tiny.txt"])), ok(json!(["one.txt"]))];
    assert_eq!(told(&server, "acme/librarian", "u-1", &step), both);
    // With the operator's file, a bot that is not in it is a mistake.
    let (_, said) = complaint(called(&["add", "--bot", "librarain", "one.txt"]), 2);
    assert!(
        said.contains("has no bot `librarain` of tenant `acme`"),
        "{said}"
    );
    assert!(said.contains("hint: did you mean `librarian`?"), "{said}");
}
