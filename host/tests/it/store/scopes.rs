//! Whose a value is: of the bot, of the person, of the conversation, and of nobody else.

use serde_json::json;

use super::{ANN, BEN, KEEPER, Person, keepers, ok, one, told};
use crate::harness::{Folder, query};

#[test]
fn what_is_kept_is_there_in_the_next_call_and_only_for_whom_it_is() {
    let server = keepers(KEEPER).up();
    for bucket in ["bot", "user", "conversation"] {
        let set = one(
            &server,
            "keeper",
            ANN,
            &json!(["set", bucket, "k", "of ann"]),
        );
        assert_eq!(set, ok("set"), "{bucket}");
        let found = one(&server, "keeper", ANN, &json!(["get", bucket, "k"]));
        assert_eq!(found, ok("of ann"), "{bucket}");
    }
    // The bot's is the same for all, under each of its names.
    for name in ["bot", "default", ""] {
        assert_eq!(
            one(&server, "keeper", BEN, &json!(["get", name, "k"])),
            ok("of ann")
        );
    }
    // Another person in the same conversation, and the same person in another one.
    let both = json!([["get", "user", "k"], ["get", "conversation", "k"]]);
    let ben_there = told(&server, "keeper", Person("u-ben", "c-1"), &both);
    assert_eq!(ben_there, [ok(json!(null)), ok("of ann")]);
    let ann_elsewhere = told(&server, "keeper", Person("u-ann", "c-9"), &both);
    assert_eq!(ann_elsewhere, [ok("of ann"), ok(json!(null))]);
}

#[test]
fn operations_do_what_the_interface_says() {
    let server = keepers(KEEPER).up();
    let steps = json!([
        ["exists", "user", "k"],
        ["set", "user", "k", "v"],
        ["exists", "user", "k"],
        ["delete", "user", "k"],
        ["delete", "user", "k"],
        ["get", "user", "k"],
        ["add", "user", "n", 5],
        ["add", "user", "n", -7],
        ["get", "user", "n"],
        ["set", "user", "t", "text"],
        ["add", "user", "t", 1],
        ["swap", "user", "s", "first"],
        ["swap", "user", "s", "second"],
        ["stale", "user", "s", "third"],
        ["set-many", "user", [["b", "2"], ["a", "1"], ["a", "3"]]],
        ["get-many", "user", ["a", "none", "b"]],
        ["delete-many", "user", ["a", "none"]],
        ["keys", "user", null],
        ["keys", "user", "made up"],
        ["open", "elsewhere"],
        ["open", "../bot"],
    ]);
    let expected = [
        ok(false),
        ok("set"),
        ok(true),
        ok("deleted"),
        ok("deleted"),
        ok(json!(null)),
        ok(5),
        ok(-2),
        ok("-2"),
        ok("set"),
        json!({ "error": "the value is no whole number of 64 bits" }),
        ok("swapped"),
        ok("swapped"),
        ok(json!({ "now": "meanwhile" })),
        ok("set"),
        ok(json!([["a", "3"], ["none", null], ["b", "2"]])),
        ok("deleted"),
        ok(json!([["b", "n", "s", "t"], null])),
        json!({ "error": "there is no such cursor" }),
        json!({ "error": "no-such-store" }),
        json!({ "error": "no-such-store" }),
    ];
    assert_eq!(told(&server, "keeper", ANN, &steps), expected);
    server.wait_text("the bot opens the store `elsewhere`, which is not there: there are `bot`");
}

#[test]
fn settings_have_only_the_bots_and_reports_their_own_person() {
    let server = keepers(KEEPER).up();
    let settings = server.post("keeper", br#"{"version":"1.2","type":"settings"}"#, &[]);
    assert_eq!(
        settings.json()["introduction_message"],
        "opened no-such-store no-such-store"
    );
    let report = json!({
        "version": "1.2", "type": "report_reaction", "message_id": "m-1", "user_id": "u-ben",
        "conversation_id": "c-2", "reaction": "like",
    });
    assert_eq!(server.send("keeper", &report, &[]).status, 200);
    let get = json!(["get", "user", "reaction"]);
    assert_eq!(one(&server, "keeper", BEN, &get.clone()), ok("like"));
    assert_eq!(one(&server, "keeper", ANN, &get), ok(json!(null)));
}

/// Tries names, keys and cursors that might lead elsewhere; whoever wrote a secret alone sees it.
#[test]
fn no_name_leads_to_what_others_keep() {
    let manifest = format!("{KEEPER}[bot.other]\nsource = \"keeper.wasm\"\n");
    let server = keepers(&manifest).up();
    let secret = json!([
        ["set", "bot", "secret", "hidden"],
        ["set", "user", "secret", "hidden"],
        ["set", "conversation", "secret", "hidden"],
    ]);
    told(&server, "other", ANN, &secret);
    told(
        &server,
        "keeper",
        BEN,
        &json!([["set", "user", "secret", "hidden"]]),
    );

    let names = [
        "bot",
        "",
        "default",
        "user",
        "conversation",
        "other",
        "bot/other",
        "user/u-ben",
        "user:u-ben",
        "uu-ben",
        "u-ben",
        "local/other",
        "../other",
        "*",
        "%",
        "user\u{0}u-ben",
        "USER",
        " user",
        "bot ",
        "c-1",
        "c-2",
    ];
    let keys = [
        "secret",
        "../secret",
        "other/secret",
        "%",
        "*",
        "_______",
        "secret\u{0}",
        "\u{0}secret",
        "user/u-ben/secret",
    ];
    let mut steps = Vec::new();
    for name in names {
        steps.push(json!(["keys", name, null]));
        steps.push(json!(["get-many", name, keys]));
        steps.extend(keys.map(|key| json!(["get", name, key])));
    }
    // What a person calls herself cannot be chosen by the bot, but by whoever asks: odd names are names.
    let odd = ["u-ann", "", "u-ben\u{0}", "*", "%", "u-ben/..", "buser"];
    for user in odd {
        let person = Person(user, "c-7");
        let found = told(&server, "keeper", person, &json!(steps));
        assert_eq!(found.len(), steps.len());
        let all = json!(found).to_string();
        assert!(!all.contains("hidden"), "{user:?} found {all}");
    }
    // They are where they were put.
    let there = told(
        &server,
        "other",
        ANN,
        &json!([["get", "bot", "secret"], ["get", "user", "secret"]]),
    );
    assert_eq!(there, [ok("hidden"), ok("hidden")]);
}

#[test]
fn tenants_with_a_bot_of_the_same_name_share_nothing() {
    let operator = "[tenant.one]\nmanifests = [\"one.toml\"]\npath_prefix = \"/one\"\n\
[tenant.two]\nmanifests = [\"two.toml\"]\npath_prefix = \"/two\"\n";
    let server = Folder::empty()
        .manifest("one.toml", KEEPER)
        .manifest("two.toml", KEEPER)
        .file("operator.toml", operator)
        .serve();
    let mine = json!([
        ["set", "bot", "k", "of one"],
        ["set", "user", "k", "of one"]
    ]);
    told(&server, "one/keeper", ANN, &mine);
    let theirs = json!([
        ["get", "bot", "k"],
        ["get", "user", "k"],
        ["keys", "bot", null]
    ]);
    let found = told(&server, "two/keeper", ANN, &theirs);
    assert_eq!(
        found,
        [ok(json!(null)), ok(json!(null)), ok(json!([[], null]))]
    );
}

/// A query without a person has no person's bucket, instead of one that all such share.
#[test]
fn who_is_not_named_has_no_bucket() {
    let server = keepers(KEEPER).up();
    let mut body =
        query(&json!([["open", "user"], ["open", "conversation"], ["open", "bot"]]).to_string());
    body["user_id"] = json!("");
    body["conversation_id"] = json!("");
    let said = server.send("keeper", &body, &[]).said();
    let refused = json!({ "error": "no-such-store" });
    assert_eq!(said, format!("{refused}\n{refused}\n{}\n", ok("opened")));
    server.wait_text("which this call does not have: the request names no user");
}

/// Components that were built against the first draft of the interface find the same store.
#[test]
fn the_first_draft_of_the_interface_leads_to_the_same_store() {
    let manifest =
        "[bot.older]\nsource = \"keeper-draft.wasm\"\nlimits = { store_operations = 100000 }\n";
    let server = keepers(manifest).up();
    let said = server.ask("older", "go").said();
    let expected = [
        "2",
        "the number has more than 63 bits",
        "()",
        "true",
        "[Some((\"text\", [116, 101, 120, 116])), None]",
        "()",
        "None",
        "()\n()\n()\n()\n()",
        "(1251, 2)",
        "this cursor is not that of the last list of keys",
    ];
    assert_eq!(said, expected.join("\n"));
    assert!(server.ask("older", "again").said().starts_with("4\n"));
}

/// All tasks of one call share its buckets.
#[test]
fn a_bot_with_tasks_finds_its_store() {
    let server = keepers("[bot.puppet]\nsource = \"async-puppet.wasm\"\n").up();
    let said = server
        .ask("puppet", "sleep 5;count n\nsleep 5;count n\ncount n")
        .said();
    let mut counted: Vec<&str> = said.split_terminator(';').collect();
    counted.sort_unstable();
    assert_eq!(counted, ["Ok(1)", "Ok(2)", "Ok(3)"]);
}
