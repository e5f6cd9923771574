//! Whose documents are found, and by what.

use rustix::process::Signal;
use serde_json::json;

use super::{LIBRARIAN, ok, one, ravenry, told};
use crate::harness::Folder;

const CATS: &str =
    "---\ntitle: On cats\n---\n\nCats purr.\n\n## Food\n\nThey eat fish, and mice.\n";

#[test]
fn what_is_put_is_found_by_its_words_and_says_where_it_stands() {
    let server = Folder::with_manifest(LIBRARIAN).up();
    let put = json!([
        "put",
        "bot",
        ["cats.md", CATS],
        ["dogs.md", "# Dogs\n\nDogs bark."]
    ]);
    assert_eq!(one(&server, "u-1", &put), ok("put"));
    let found = one(
        &server,
        "u-2",
        &json!(["passages", "bot", "Do cats eat fish?", 1]),
    );
    let expected = json!([{
        "document": "cats.md", "title": "On cats", "source": "cats.md", "headings": ["Food"], "lines": [7, 9],
        "text": "## Food\n\nThey eat fish, and mice.",
    }]);
    assert_eq!(found, ok(expected));
    // In the place of what it was: what it said before is not found any more.
    let again = json!([
        [
            "put-as",
            "bot",
            "cats.md",
            "Of cats",
            "https://cats.test/",
            "Cats sleep.",
            "plain"
        ],
        ["search", "bot", "fish", 10],
        ["passages", "bot", "sleeping", 10],
        ["documents", "bot"],
        ["remove", "bot", ["dogs.md", "none.md"]],
        ["search", "bot", "bark", 10],
        ["clear", "bot"],
        ["search", "bot", "sleeping", 10],
    ]);
    let told = told(&server, "librarian", "u-1", &again);
    let passage = json!([{
        "document": "cats.md", "title": "Of cats", "source": "https://cats.test/", "headings": [], "lines": [1, 1],
        "text": "Cats sleep.",
    }]);
    let listed = json!([
        ["cats.md", "Of cats", "https://cats.test/", 11],
        ["dogs.md", "Dogs", "dogs.md", 18]
    ]);
    let nothing = || ok(json!([]));
    let expected = [
        ok("put"),
        nothing(),
        ok(passage),
        ok(listed),
        ok(1),
        nothing(),
        ok(1),
        nothing(),
    ];
    assert_eq!(told, expected);
}

/// Tries names that might lead elsewhere; whoever put a secret alone finds it.
#[test]
fn no_name_leads_to_what_others_know() {
    let manifest = format!("{LIBRARIAN}[bot.other]\nsource = \"librarian.wasm\"\n");
    let server = Folder::with_manifest(&manifest).up();
    let secret = json!([
        ["put", "bot", ["s", "a hidden secret"]],
        ["put", "user", ["s", "a hidden secret"]],
    ]);
    told(&server, "other", "u-1", &secret);
    let steps = json!([
        ["search", "bot", "hidden secret", 10],
        ["search", "user", "hidden secret", 10],
        ["documents", "bot"],
        ["documents", "user"],
        ["remove", "bot", ["s", "../other/s"]],
        ["clear", "user"],
    ]);
    let nothing = || ok(json!([]));
    let none = [nothing(), nothing(), nothing(), nothing(), ok(0), ok(0)];
    assert_eq!(told(&server, "librarian", "u-1", &steps), none);
    for name in [
        "",
        "default",
        "conversation",
        "../other/bot",
        "other",
        "BOT",
        "user\0",
        "u-1",
    ] {
        let steps = json!([
            ["search", name, "hidden", 10],
            ["documents", name],
            ["clear", name],
            ["put", name, ["a", "b"]],
        ]);
        for found in told(&server, "librarian", "u-1", &steps) {
            assert_eq!(found, json!({ "error": "no-such-collection" }), "{name}");
        }
    }
    // Another person with the same bot.
    let theirs = json!([
        ["search", "bot", "hidden", 1],
        ["search", "user", "hidden", 1]
    ]);
    assert_eq!(
        told(&server, "other", "u-2", &theirs),
        [ok(json!(["s"])), nothing()]
    );
    assert_eq!(
        told(&server, "other", "u-1", &theirs),
        [ok(json!(["s"])), ok(json!(["s"]))]
    );
    let settings = server.post("librarian", br#"{"version":"1.2","type":"settings"}"#, &[]);
    assert_eq!(
        settings.json()["introduction_message"],
        "bot 0, user no-such-collection"
    );
}

#[test]
fn what_makes_no_sense_or_is_too_much_is_refused_and_changes_nothing() {
    let manifest = format!("{LIBRARIAN}limits = {{ store = \"64KiB\", store_keys = 3 }}\n");
    let server = Folder::with_manifest(&manifest).up();
    let long = "i".repeat(1_025);
    let steps = json!([
        ["put", "bot", ["", "no identifier"]],
        ["put", "bot", [long, "a long identifier"]],
        ["put-as", "bot", "a", "", "", "text", "html"],
        [
            "put",
            "bot",
            ["a", "one"],
            ["b", "two"],
            ["c", "three"],
            ["d", "four"]
        ],
        ["put", "bot", ["a", 20_000]],
        ["documents", "bot"],
        ["put", "bot", ["a", "one"], ["b", "two"], ["c", "three"]],
        ["long", "bot", 500_000],
        ["search", "bot", "", 10],
        ["search", "bot", "one two", 0],
    ]);
    let told = told(&server, "librarian", "u-1", &steps);
    for (place, kind) in [
        (0, "invalid"),
        (1, "invalid"),
        (2, "invalid"),
        (3, "full"),
        (4, "full"),
    ] {
        let why = told[place]["error"][kind].as_str();
        assert!(
            why.is_some_and(|why| why.len() > 10),
            "{place}: {}",
            told[place]
        );
    }
    let rest = [
        ok(json!([])),
        ok("put"),
        ok(0),
        ok(json!([])),
        ok(json!([])),
    ];
    assert_eq!(told[5..], rest);
    server.wait_text("the store is full");
}

#[test]
fn documents_are_there_after_a_kill_and_of_a_person_who_is_forgotten_none() {
    let state = tempfile::tempdir().unwrap();
    let start = || {
        Folder::with_manifest(LIBRARIAN)
            .state_dir(state.path())
            .up()
    };
    let mut server = start();
    let put = json!([
        ["put", "bot", ["b", "of the bot"]],
        ["put", "user", ["u", "of the person"]]
    ]);
    told(&server, "librarian", "u-1", &put);
    told(&server, "librarian", "u-2", &put);
    server.signal(Signal::KILL);
    server.wait();
    let server = start();
    let look = json!([["search", "bot", "bot", 9], ["search", "user", "person", 9]]);
    let (all, not_the_persons) = (
        [ok(json!(["b"])), ok(json!(["u"]))],
        [ok(json!(["b"])), ok(json!([]))],
    );
    assert_eq!(told(&server, "librarian", "u-1", &look), all);
    let forgotten = ravenry(state.path(), &["store", "forget", "--user", "u-1"]);
    assert!(forgotten.status.success(), "{forgotten:?}");
    assert_eq!(told(&server, "librarian", "u-1", &look), not_the_persons);
    assert_eq!(told(&server, "librarian", "u-2", &look), all);
}
