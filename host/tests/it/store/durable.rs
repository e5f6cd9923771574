//! What was kept is there after a restart and a kill, under load, and where there is too much of it.

use std::thread;

use rustix::process::Signal;
use serde_json::{Value, json};

use super::{ANN, BEN, KEEPER, Person, keepers, ok, one, told};

#[test]
fn many_that_count_at_once_lose_nothing_and_a_kill_neither() {
    let state = tempfile::tempdir().unwrap();
    let mut server = keepers(KEEPER).state_dir(state.path()).up();
    let add = json!(["times", 10, ["add", "bot", "n", 1]]);
    let swap = json!(["add", "conversation", "n", 1]);
    thread::scope(|scope| {
        for client in 0..16 {
            let (server, add, swap) = (&server, add.clone(), swap.clone());
            scope.spawn(move || {
                let user = format!("u-{client}");
                for _ in 0..4 {
                    let told = told(server, "keeper", Person(&user, "c-1"), &json!([add, swap]));
                    assert!(told.iter().all(|one| one["ok"].is_number()), "{told:?}");
                }
            });
        }
    });
    assert_eq!(
        one(&server, "keeper", ANN, json!(["get", "bot", "n"])),
        ok("640")
    );
    server.signal(Signal::KILL);
    server.wait();
    let again = keepers(KEEPER).state_dir(state.path()).up();
    assert_eq!(
        one(&again, "keeper", ANN, json!(["get", "bot", "n"])),
        ok("640")
    );
    assert_eq!(
        one(&again, "keeper", ANN, json!(["get", "conversation", "n"])),
        ok("64")
    );
}

#[test]
fn bounds_are_errors_for_the_bot_and_lines_for_the_operator() {
    let limits = "limits = { store = \"64KiB\", store_keys = 20, store_value = \"16KiB\" }\n";
    let server = keepers(&format!("{KEEPER}{limits}")).up();
    let long = "k".repeat(1025);
    let first: Vec<String> = (0..19).map(|number| format!("k{number}")).collect();
    let steps = json!([
        ["set", "bot", "large", 16384],
        ["set", "bot", "larger", 16385],
        ["set", "bot", long, "v"],
        ["fill", "conversation", "k", 30, "v"],
        ["delete-many", "conversation", first],
        ["fill", "user", "f", 5, 16000],
    ]);
    let found = told(&server, "keeper", ANN, &steps);
    assert_eq!(found[0], ok("set"));
    let says = |value: &Value, text: &str| assert!(value.to_string().contains(text), "{value}");
    says(&found[1], "a value has at most 16384 bytes");
    says(&found[2], "a key has at most 1024 bytes");
    let entries = "the store is full: no more than 20 entries of the bot are kept";
    assert_eq!(found[3], ok(json!({ "set": 19, "then": entries })));
    let bytes = "the store is full: no more than 65536 bytes of the bot are kept";
    assert_eq!(found[5], ok(json!({ "set": 3, "then": bytes })));
    server.wait_text("the store is full");
    // Nothing was lost, others are refused too, and room comes back.
    assert_eq!(
        one(&server, "keeper", BEN, json!(["get", "bot", "large"])),
        ok(16384)
    );
    let room = json!([["delete", "bot", "large"], ["set", "bot", "small", "v"]]);
    assert_eq!(
        told(&server, "keeper", BEN, &room),
        [ok("deleted"), ok("set")]
    );
}

#[test]
fn keys_come_page_by_page_while_others_write() {
    let limits = "limits = { store_operations = 100000 }\n";
    let server = keepers(&format!("{KEEPER}{limits}")).up();
    assert_eq!(
        one(
            &server,
            "keeper",
            ANN,
            json!(["fill", "bot", "k", 2500, "v"])
        ),
        ok("all")
    );
    let mut cursor = Value::Null;
    let mut keys: Vec<String> = Vec::new();
    loop {
        let page = one(&server, "keeper", ANN, json!(["keys", "bot", cursor]));
        let found = page["ok"][0].as_array().unwrap();
        keys.extend(found.iter().map(|key| key.as_str().unwrap().to_owned()));
        cursor = page["ok"][1].clone();
        if cursor.is_null() {
            break;
        }
        // Before, in the middle and behind where the list is.
        let noise = json!([
            ["delete", "bot", "k0"],
            ["set", "bot", "a", "v"],
            ["set", "bot", "z", "v"]
        ]);
        told(&server, "keeper", BEN, &noise);
    }
    let mut known: Vec<String> = (0..2500).map(|number| format!("k{number}")).collect();
    known.sort();
    keys.retain(|key| key.starts_with('k'));
    assert_eq!(keys, known);
}

#[test]
fn what_does_not_use_the_store_makes_none() {
    let state = tempfile::tempdir().unwrap();
    let server = keepers("[bot.echo]\nsource = \"echo.wasm\"\n")
        .state_dir(state.path())
        .up();
    assert_eq!(server.ask("echo", "hello").said(), "hello");
    let ready = server.get("/readyz").json();
    assert_eq!(ready, json!({ "status": "ready" }));
    assert!(!state.path().join("store.sqlite").exists());
}
