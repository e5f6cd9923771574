//! Documents that a manifest names: read when the bot is mounted, again when they change, gone when they are.

use std::fs;

use serde_json::json;

use super::{LIBRARIAN, ok, one};
use crate::harness::{Folder, Server, wait_until};

const KNOWS: &str = "[bot.librarian.knowledge]\ndocuments = [\"docs/**/*\", \"notes.txt\"]\n";

fn folder() -> Folder {
    Folder::with_manifest(&format!("{LIBRARIAN}{KNOWS}"))
        .file("docs/cats.md", "# Cats\n\nCats sleep.")
        .file(
            "docs/deep/page.html",
            "<html><head><title>Of dogs</title></head><body><h1>Dogs</h1><p>Dogs <b>bark</b>.</p></body></html>",
        )
        .file("docs/picture.png", [0x89, b'P', b'N', b'G'])
        .file("notes.txt", "Mice are hiding.")
}

fn wait_found(server: &Server, question: &str, expected: &serde_json::Value) {
    let step = json!(["search", "bot", question, 9]);
    wait_until(question, || {
        one(server, "u-1", &step) == ok(expected.clone())
    });
}

#[test]
fn files_of_the_manifest_are_found_and_followed() {
    let server = folder().up();
    wait_found(&server, "barking", &json!(["docs/deep/page.html"]));
    wait_found(&server, "hides", &json!(["notes.txt"]));
    let documents = one(&server, "u-1", &json!(["documents", "bot"]));
    let ids: Vec<_> = documents["ok"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it[0])
        .collect();
    assert_eq!(ids, ["docs/cats.md", "docs/deep/page.html", "notes.txt"]);
    assert_eq!(documents["ok"][1][1], "Of dogs");

    // Changed, new and removed, while it is served.
    let path = server.folder.path();
    fs::write(path.join("docs/cats.md"), "# Cats\n\nCats hunt.").unwrap();
    wait_found(&server, "hunting", &json!(["docs/cats.md"]));
    fs::write(path.join("docs/fish.txt"), "Fish swim.").unwrap();
    wait_found(&server, "swim", &json!(["docs/fish.txt"]));
    fs::remove_file(path.join("docs/deep/page.html")).unwrap();
    wait_found(&server, "bark", &json!([]));
    // What came by another way stays.
    let put = json!(["put", "bot", ["by hand", "Birds sing."]]);
    assert_eq!(one(&server, "u-1", &put), ok("put"));
    fs::remove_file(path.join("notes.txt")).unwrap();
    wait_found(&server, "hides", &json!([]));
    wait_found(&server, "singing bird", &json!(["by hand"]));
}

#[test]
fn what_cannot_be_read_is_said_and_the_rest_is_known() {
    let manifest = "[bot.librarian.knowledge]\n\
                    documents = [\"cats.md\", \"none.md\", \"broken.pdf\", \"picture.png\", \"x/**/*.md\"]\n";
    let server = Folder::with_manifest(&format!("{LIBRARIAN}{manifest}"))
        .file("cats.md", "Cats sleep.")
        .file("broken.pdf", "%PDF-1.4 and nothing else")
        .file("picture.png", "")
        .up();
    wait_found(&server, "cats", &json!(["cats.md"]));
    for said in [
        "`none.md`: ",
        "`broken.pdf` ",
        "`picture.png` is no document",
        "`x/**/*.md` fits no file",
    ] {
        server.wait_text(said);
    }
}

/// What is wrong is said once, not with each change of another file; and of a file that breaks, what goes on.
#[test]
fn a_complaint_is_said_once_and_says_what_goes_on() {
    let manifest = "[bot.librarian.knowledge]\ndocuments = [\"docs/*\", \"none.md\"]\n";
    let server = Folder::with_manifest(&format!("{LIBRARIAN}{manifest}"))
        .file("docs/cats.md", "Cats sleep.")
        .file("docs/dogs.txt", "Dogs bark.")
        .up();
    wait_found(&server, "barking", &json!(["docs/dogs.txt"]));
    server.wait_text("`none.md`: ");
    let path = server.folder.path();
    fs::write(path.join("docs/dogs.txt"), "\0").unwrap();
    server.wait_text(
        "`docs/dogs.txt` is binary: there is no text in it; the text that it had before is found",
    );
    wait_found(&server, "barking", &json!(["docs/dogs.txt"]));
    for word in ["hunt", "purr"] {
        fs::write(path.join("docs/cats.md"), format!("Cats {word}.")).unwrap();
        wait_found(&server, word, &json!(["docs/cats.md"]));
    }
    let said = |words: &str| {
        let log = server.log();
        log.iter().filter(|line| line.contains(words)).count()
    };
    assert_eq!((said("`none.md`: "), said("`docs/dogs.txt` is")), (1, 1));
    // Mended, and broken once more.
    fs::write(path.join("docs/dogs.txt"), "Dogs howl.").unwrap();
    wait_found(&server, "howling", &json!(["docs/dogs.txt"]));
    fs::write(path.join("docs/dogs.txt"), "\0\0").unwrap();
    wait_until("the complaint again", || said("`docs/dogs.txt` is") == 2);
}

/// Files from before UTF-8, and pages with what each page has.
#[test]
fn old_encodings_are_read_and_navigation_is_not() {
    let page = b"<html><head><meta charset=\"iso-8859-1\"></head><body><nav>Impressum</nav><p>M\xfcller backt.</p>";
    let manifest = "[bot.librarian.knowledge]\ndocuments = [\"*.html\", \"*.txt\"]\n";
    let server = Folder::with_manifest(&format!("{LIBRARIAN}{manifest}"))
        .file("page.html", page)
        .file("old.txt", b"Der K\xf6nig schl\xe4ft.")
        .up();
    wait_found(&server, "Müller", &json!(["page.html"]));
    wait_found(&server, "König", &json!(["old.txt"]));
    wait_found(&server, "Impressum", &json!([]));
}

#[test]
fn a_pattern_that_is_none_and_a_table_that_is_none_are_mistakes_with_a_place() {
    let manifest = "[bot.librarian.knowledge]\ndocuments = [\"docs/[*.md\"]\n";
    let output =
        Folder::with_manifest(&format!("{LIBRARIAN}{manifest}")).output(&["up", "ravenry.toml"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("`docs/[*.md` in `documents` in [bot.librarian.knowledge] names no files"),
        "{said}"
    );
    assert!(said.contains("ravenry.toml:5:"), "{said}");
}

/// Behind the walls around the process, too, HTML is read by a process of its own.
#[test]
fn a_server_of_many_tenants_reads_the_documents_of_each() {
    let operator = "[tenant.acme]\nmanifests = [\"ravenry.toml\"]\n";
    let server = folder().file("operator.toml", operator).serve();
    wait_found(&server, "barking", &json!(["docs/deep/page.html"]));
}

/// What the manifest does not name any more makes room first, and what can never be kept keeps nothing else away.
#[test]
fn documents_that_are_new_find_the_room_of_those_that_are_gone() {
    let limits = "limits = { store = \"64KiB\" }\n";
    let large = |word: &str| format!("{word} {}", "filler ".repeat(6_000));
    let deep = format!("docs/{}.md", ["d".repeat(200).as_str(); 6].join("/"));
    let server = Folder::with_manifest(&format!("{LIBRARIAN}{limits}{KNOWS}"))
        .file("docs/a.md", large("first"))
        .up();
    wait_found(&server, "first", &json!(["docs/a.md"]));
    let path = server.folder.path();
    fs::create_dir_all(path.join(&deep).parent().unwrap()).unwrap();
    fs::write(path.join(&deep), "too long a name").unwrap();
    fs::write(path.join("docs/b.md"), large("second")).unwrap();
    fs::remove_file(path.join("docs/a.md")).unwrap();
    wait_found(&server, "second", &json!(["docs/b.md"]));
    server.wait_text("identifier");
}
