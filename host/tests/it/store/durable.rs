//! What was kept is there after a restart and a kill, under load, and where there is too much of it.

use std::{
    io::{Seek as _, SeekFrom, Write as _},
    path::Path,
    thread,
    time::{Duration, Instant},
};

use rustix::process::Signal;
use serde_json::{Value, json};
use sqlx::Connection as _;

use super::{ANN, BEN, KEEPER, Person, keepers, ok, one, told};
use crate::harness::{SmallDisk, wait_until};

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
        one(&server, "keeper", ANN, &json!(["get", "bot", "n"])),
        ok("640")
    );
    server.signal(Signal::KILL);
    server.wait();
    let again = keepers(KEEPER).state_dir(state.path()).up();
    assert_eq!(
        one(&again, "keeper", ANN, &json!(["get", "bot", "n"])),
        ok("640")
    );
    assert_eq!(
        one(&again, "keeper", ANN, &json!(["get", "conversation", "n"])),
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
        one(&server, "keeper", BEN, &json!(["get", "bot", "large"])),
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
            &json!(["fill", "bot", "k", 2500, "v"])
        ),
        ok("all")
    );
    let mut cursor = Value::Null;
    let mut keys: Vec<String> = Vec::new();
    loop {
        let page = one(&server, "keeper", ANN, &json!(["keys", "bot", cursor]));
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

#[test]
fn what_is_kept_for_a_while_is_gone_after_it() {
    let ttl = "store = { user = { ttl = \"1s\" } }\n";
    let server = keepers(&format!("{KEEPER}{ttl}")).up();
    let set = json!([
        ["set", "user", "k", "v"],
        ["set", "bot", "k", "v"],
        ["get", "user", "k"]
    ]);
    assert_eq!(told(&server, "keeper", ANN, &set)[2], ok("v"));
    let get = json!([
        ["get", "user", "k"],
        ["exists", "user", "k"],
        ["keys", "user", null]
    ]);
    let gone = [ok(json!(null)), ok(false), ok(json!([[], null]))];
    wait_until("it has expired", || {
        told(&server, "keeper", ANN, &get) == gone
    });
    assert_eq!(
        one(&server, "keeper", ANN, &json!(["get", "bot", "k"])),
        ok("v")
    );
}

/// A flood waits; whoever else asks does not.
#[test]
fn more_operations_than_a_second_has_room_for_wait_for_their_turn() {
    let slow = "limits = { store_operations = 20 }\n";
    let other = "[bot.other]\nsource = \"keeper.wasm\"\n";
    let server = keepers(&format!("{KEEPER}{slow}{other}")).up();
    let began = Instant::now();
    let flood = json!(["times", 60, ["get", "bot", "k"]]);
    assert_eq!(one(&server, "keeper", ANN, &flood), ok(json!(null)));
    // A second's worth at once, and two more.
    assert!(
        began.elapsed() >= Duration::from_millis(1900),
        "{:?}",
        began.elapsed()
    );
    let all = json!(["times", 60, ["get", "bot", "k"]]);
    assert_eq!(one(&server, "other", BEN, &all), ok(json!(null)));
}

/// What cannot be read is left as it is, and said.
#[test]
fn a_damaged_file_is_refused_at_the_start_and_stays_as_it_is() {
    let state = tempfile::tempdir().unwrap();
    let file = state.path().join("store.sqlite");
    let damaged = b"SQLite format 3\0 and then nothing that it would have written".repeat(200);
    std::fs::write(&file, &damaged).unwrap();
    let folder = keepers(KEEPER).state_dir(state.path());
    let output = folder.command(&["up", "ravenry.toml"]).output().unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("what bots have kept cannot be used"),
        "{said}"
    );
    assert!(said.contains("is damaged"), "{said}");
    assert!(said.contains("ravenry store backup"), "{said}");
    assert_eq!(std::fs::read(&file).unwrap(), damaged);
}

#[test]
fn a_file_of_a_newer_program_is_refused_with_both_versions() {
    let state = tempfile::tempdir().unwrap();
    let server = keepers(KEEPER).state_dir(state.path()).up();
    assert_eq!(
        one(&server, "keeper", ANN, &json!(["set", "bot", "k", "v"])),
        ok("set")
    );
    drop(server);
    let file = state.path().join("store.sqlite");
    age(&file, "UPDATE ravenry_schema SET version = version + 7");
    let folder = keepers(KEEPER).state_dir(state.path());
    let output = folder.command(&["up", "ravenry.toml"]).output().unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("the data is of version 9, and this program knows versions up to 2"),
        "{said}"
    );
    age(&file, "UPDATE ravenry_schema SET version = version - 7");
    let again = keepers(KEEPER).state_dir(state.path()).up();
    assert_eq!(
        one(&again, "keeper", ANN, &json!(["get", "bot", "k"])),
        ok("v")
    );
}

/// A file that is damaged while it is used: no more is written to it, and nothing acknowledged that might be lost.
#[test]
fn a_file_that_is_damaged_while_it_is_used_is_left_as_it_is() {
    let state = tempfile::tempdir().unwrap();
    let limits = "limits = { store_operations = 100000 }\n";
    let folder = || keepers(&format!("{KEEPER}{limits}")).state_dir(state.path());
    let mut server = folder().up();
    let many = json!(["fill", "bot", "k", 1500, 100]);
    assert_eq!(one(&server, "keeper", ANN, &many), ok("all"));
    server.signal(Signal::TERM);
    assert!(server.wait().success());
    let file = state.path().join("store.sqlite");
    assert!(
        !file.with_extension("sqlite-wal").exists(),
        "all is in the file"
    );

    let server = folder().up();
    assert_eq!(
        one(&server, "keeper", ANN, &json!(["add", "bot", "n", 1])),
        ok(1)
    );
    let length = std::fs::metadata(&file).unwrap().len();
    let noise: Vec<u8> = (12 * 4096..length).map(|at| (at % 251) as u8).collect();
    let mut open = std::fs::OpenOptions::new().write(true).open(&file).unwrap();
    open.seek(SeekFrom::Start(12 * 4096)).unwrap();
    open.write_all(&noise).unwrap();
    let damaged = std::fs::read(&file).unwrap();
    let keys = json!(["keys", "bot", null]);
    let said = one(&server, "keeper", ANN, &keys)["error"].to_string();
    assert!(said.contains("damaged"), "{said}");
    for step in [json!(["add", "bot", "n", 1]), json!(["get", "bot", "n"])] {
        let refused = one(&server, "keeper", ANN, &step);
        assert_eq!(refused, json!({ "error": "the store is unavailable" }));
    }
    assert_eq!(std::fs::read(&file).unwrap(), damaged);
    wait_until("readiness says it", || {
        server.get("/readyz").json()["store"] == "unavailable"
    });
    server.wait_text("the store is damaged, and left as it is");
}

/// A disk that is full or read-only: an error, said by readiness too; what is there is read, and writing goes on.
#[test]
fn a_disk_that_takes_nothing_is_said_and_loses_nothing() {
    let Some(disk) = SmallDisk::new() else { return };
    let folder = keepers(KEEPER).small_disk(&disk, 2048);
    let server = folder.state_dir(disk.path()).up();
    let set = json!(["set", "bot", "k", "v"]);
    assert_eq!(one(&server, "keeper", ANN, &set), ok("set"));
    assert_eq!(server.get("/readyz").json()["store"], json!(null));
    disk.fill(&server);
    let large = json!(["fill", "bot", "f", 8, 100_000]);
    let refused = one(&server, "keeper", ANN, &large)["ok"]["then"].to_string();
    assert!(
        refused.contains("the disk of the database is full"),
        "{refused}"
    );
    wait_until("readiness says it", || {
        server.get("/readyz").json()["store"] == "unavailable"
    });
    assert_eq!(server.get("/readyz").status, 200);
    let get = json!(["get", "bot", "k"]);
    assert_eq!(one(&server, "keeper", ANN, &get), ok("v"));
    disk.empty(&server);
    let small = json!(["set", "bot", "k", "w"]);
    wait_until("there is room", || {
        one(&server, "keeper", ANN, &small) == ok("set")
    });
    assert_eq!(one(&server, "keeper", ANN, &get), ok("w"));
}

/// Changes a file behind the back of its program.
pub(super) fn age(file: &Path, statement: &'static str) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let url = format!("sqlite:{}", file.display());
        let mut connection = sqlx::SqliteConnection::connect(&url).await.unwrap();
        sqlx::raw_sql(statement)
            .execute(&mut connection)
            .await
            .unwrap();
        connection.close().await.unwrap();
    });
}
