//! Documents that are removed, and bots that there are not.

use std::{fs, path::Path};

use serde_json::json;

use super::{FILES, add, complaint, found, knowing, printed, run, write_files};
use crate::{
    harness::Terminal,
    knowledge::{ok, one},
};

#[test]
fn documents_are_removed_by_their_names_or_all_at_once() {
    let state = tempfile::tempdir().unwrap();
    let server = knowing(state.path());
    write_files(state.path());
    printed(state.path(), &add(&FILES));
    printed(state.path(), &add(&["--user", "u-1", "notes.txt"]));
    let remove = |rest: &[&str]| {
        let arguments = [&["rm", "--bot", "librarian"], rest].concat();
        run(state.path(), &arguments)
    };
    let (printed, said) = complaint(remove(&["birds.pdf", "notes.txt"]), 0);
    assert_eq!(
        (printed.as_str(), said.as_str()),
        ("Removed 2 documents\n", "")
    );
    assert_eq!(found(&server, "birds"), [""; 0]);
    let (printed, said) = complaint(remove(&["birds.pdf", "docs/cats.md"]), 1);
    assert_eq!(printed, "Removed 1 document\n");
    assert_eq!(
        said,
        "error: bot `librarian` of tenant `local` has no document `birds.pdf`\n"
    );
    complaint(remove(&[]), 2);
    complaint(remove(&["--all", "docs/cats.md"]), 2);

    // Nobody is there who could be asked.
    let (printed, _) = complaint(remove(&["--all"]), 0);
    assert_eq!(printed, "Removed 2 documents\n");
    assert_eq!(found(&server, "barking"), [""; 0]);
    assert_eq!(
        one(&server, "u-1", &json!(["search", "user", "hiding", 9])),
        ok(json!(["notes.txt"]))
    );
    let all = [
        "knowledge",
        "rm",
        "--bot",
        "librarian",
        "--user",
        "u-1",
        "--all",
    ];
    let question = "Remove 1 document of bot `librarian` of tenant `local` for user `u-1`? [y/N]";
    for (keys, expected, says) in [
        ("\r", 1, "Nothing was removed"),
        ("y\r", 0, "Removed 1 document"),
    ] {
        let mut terminal = Terminal::start(state.path(), &all);
        terminal.shows(question);
        terminal.press(keys);
        let (code, screen) = terminal.end();
        assert_eq!(code, expected, "{screen}");
        assert!(screen.contains(says), "{screen}");
    }
    let terminal = Terminal::start(state.path(), &[&all[..], &["--yes"]].concat());
    let (_, screen) = terminal.end();
    assert!(
        screen.contains("Removed 0 documents") && !screen.contains("[y/N]"),
        "{screen}"
    );
}

#[test]
fn a_bot_that_there_is_not_is_said_to_be_unknown() {
    let state = tempfile::tempdir().unwrap();
    // Nothing is there, and nothing is made.
    let (_, said) = complaint(run(state.path(), &["ls"]), 1);
    assert!(said.contains("no bot has kept anything here"), "{said}");
    assert_eq!(fs::read_dir(state.path()).unwrap().count(), 0);
    let _server = knowing(state.path());
    for arguments in [
        &["ls"] as &[_],
        &["rm", "fish.md"],
        &["rm", "--all"],
        &["search", "fish"],
    ] {
        let arguments = [arguments, &["--bot", "librarain"]].concat();
        let (printed, said) = complaint(run(state.path(), &arguments), 2);
        assert_eq!(printed, "");
        let expected = format!(
            "error: tenant `local` has no bot `librarain`\n  caused by: nothing was ever kept of it\n  \
             --> {}\nhint: did you mean `librarian`?\n",
            Path::new(".").join("store.sqlite").display()
        );
        assert_eq!(said, expected);
    }
    let elsewhere = ["ls", "--bot", "librarian", "--tenant", "locla"];
    let (_, said) = complaint(run(state.path(), &elsewhere), 2);
    assert!(said.contains("hint: did you mean `local`?"), "{said}");
    complaint(run(state.path(), &["ls", "--user", "u-1"]), 2);
    // As with `store set`, one may be yet to come.
    fs::write(state.path().join("a.md"), "A.").unwrap();
    let first = || run(state.path(), &["add", "--bot", "librarain", "a.md"]);
    let (printed, said) = complaint(first(), 0);
    assert_eq!(printed, "`a.md`: 2 B of text\nAdded 1 document\n");
    assert_eq!(
        said,
        "This is the first that is kept of bot `librarain` of tenant `local`\n"
    );
    assert_eq!(complaint(first(), 0).1, "");
}
