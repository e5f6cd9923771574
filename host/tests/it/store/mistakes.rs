//! `ravenry store` with what is wrong: no store, one that cannot be used, arguments, and what bots wrote to harm.

use serde_json::json;

use super::command::{complaint, filled, lines, printed, with_input};
use super::{ANN, KEEPER, Person, durable::age, keepers, ok, told};

#[test]
fn nothing_that_bots_wrote_is_obeyed_by_a_terminal() {
    let state = tempfile::tempdir().unwrap();
    let server = keepers(KEEPER).state_dir(state.path()).up();
    let evil = "k\n\u{1b}]0;X\u{7}\u{9b}\u{202e}";
    let person = Person(evil, "c-1");
    let steps = json!([["set", "user", evil, evil], ["set", "bot", evil, "v"]]);
    assert_eq!(
        told(&server, "keeper", person, &steps),
        [ok("set"), ok("set")]
    );
    let shown = "k\\n\\u{1b}]0;X\\u{7}\\u{9b}\\u{202e}";
    let is_evil = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
    let state = state.path();
    let table = printed(state, &["ls", "--bot", "keeper"]);
    assert_eq!(table.matches(shown).count(), 3, "{table}");
    let json = printed(state, &["ls", "--bot", "keeper", "--json"]);
    assert_eq!(lines(&json)[1]["id"], evil);
    let exported = printed(state, &["export"]);
    assert_eq!(lines(&exported)[1]["value"], evil);
    let forgotten = printed(state, &["forget", "--user", evil]);
    assert!(forgotten.contains(shown), "{forgotten}");
    // By its name it is reached all the same, and what is repeated of it is escaped.
    assert_eq!(
        printed(state, &["rm", "--bot", "keeper", evil]),
        "Removed 1 key\n"
    );
    let absent = complaint(state, &["get", "--bot", "keeper", evil], 1);
    assert!(absent.contains(shown), "{absent}");
    for text in [table, json, exported, forgotten, absent] {
        assert!(!text.contains(is_evil), "{text:?}");
    }
}

#[test]
fn what_is_not_there_is_not_made() {
    let state = tempfile::tempdir().unwrap();
    let file = state.path().join("store.sqlite");
    for arguments in [
        &["ls"] as &[_],
        &["get", "--bot", "cat", "k"],
        &["set", "--bot", "cat", "k", "v"],
        &["rm", "--bot", "cat", "k"],
        &["export"],
        &["forget", "--user", "u-1"],
        &["backup", "nowhere.backup"],
    ] {
        let said = complaint(state.path(), arguments, 1);
        assert!(
            said.contains(&format!("there is no `{}`", file.display())),
            "{said}"
        );
        assert!(said.contains("--state-dir"), "{said}");
    }
    assert_eq!(std::fs::read_dir(state.path()).unwrap().count(), 0);
    let own = state.path().join("tenants/acme");
    std::fs::create_dir_all(&own).unwrap();
    std::fs::write(own.join("store.sqlite"), newer()).unwrap();
    for arguments in [&["ls", "--tenant", "acme"] as &[_], &["backup", "b"]] {
        let said = complaint(state.path(), arguments, 1);
        let own = format!("--state-dir {}", own.display());
        assert!(said.contains(&own), "{said}");
    }
}

#[test]
fn mistakes_say_what_to_do() {
    let state = tempfile::tempdir().unwrap();
    let _server = filled(state.path());
    let state = state.path();
    for (arguments, code, words) in [
        (
            &["ls", "--bot", "My Bot"] as &[_],
            2,
            "a name is 1 to 64 of",
        ),
        (&["ls", "vis"], 2, "name one with --bot"),
        (&["get", "k"], 2, "--bot"),
        (
            &["get", "--bot", "keeper", "--user", "", "k"],
            2,
            "it is empty",
        ),
        (
            &["ls", "--user", "a", "--conversation", "b"],
            2,
            "cannot be used with",
        ),
        (
            &["set", "--bot", "keeper", &"k".repeat(1025), "v"],
            2,
            "a key has at most 1024 bytes",
        ),
        (&["forget"], 2, "name --user ID, or --conversation ID"),
        (
            &["ls", "--database", "mysql://u:planted@h/x"],
            2,
            "postgres",
        ),
        (
            &["backup", "--database", "postgres://u:planted@h/x", "b"],
            1,
            "pg_dump",
        ),
        (&["ls", "--config", "nowhere.toml"], 2, "nowhere.toml"),
    ] {
        let said = complaint(state, arguments, code);
        assert!(said.contains(words), "{arguments:?}: {said}");
        assert!(!said.contains("planted"), "{said}");
    }
    let set = ["set", "--bot", "keeper", "large", "-"];
    let large = with_input(state, &set, &vec![b'x'; 1024 * 1024 + 1]);
    assert_eq!(large.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&large.stderr).contains("at most 1048576 bytes"));
}

/// What is damaged, of a newer version or of another program is left as it is.
#[test]
fn what_cannot_be_used_is_not_changed() {
    let newer = newer();
    for (bytes, words) in [
        (
            &b"SQLite format 3\0 and then noise that is none"[..],
            "is damaged",
        ),
        (b"", "is damaged: the file is empty"),
        (
            &newer,
            "the data is of version 3, and this program knows versions up to 2",
        ),
    ] {
        let state = tempfile::tempdir().unwrap();
        let file = state.path().join("store.sqlite");
        std::fs::write(&file, bytes).unwrap();
        for arguments in [
            &["ls"] as &[_],
            &["forget", "--user", "u"],
            &["backup", "b"],
        ] {
            let said = complaint(state.path(), arguments, 1);
            assert!(said.contains(words), "{said}");
            assert!(said.contains("--> ") && said.contains("hint: "), "{said}");
        }
        assert_eq!(std::fs::read(&file).unwrap(), bytes);
    }
}

/// A file of version 3, which this program does not know.
fn newer() -> Vec<u8> {
    let state = tempfile::tempdir().unwrap();
    let server = keepers(KEEPER).state_dir(state.path()).up();
    let set = json!([["set", "bot", "k", "v"]]);
    assert_eq!(told(&server, "keeper", ANN, &set), [ok("set")]);
    drop(server);
    let file = state.path().join("store.sqlite");
    age(&file, "UPDATE ravenry_schema SET version = 3");
    std::fs::read(&file).unwrap()
}
