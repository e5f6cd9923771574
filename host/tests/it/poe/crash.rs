//! Money across a crash: what was sent and not settled is told once, by the next start.

use std::fs;
use std::path::Path;

use ravenry_desk::simulator::{Answer, Endpoint};
use rustix::process::Signal;
use serde_json::{Value, json};

use super::{KEY, folder, send, wait};
use crate::harness::{self, FakePoe, Script, Scripting as _, Server, Stream, post};

const UNCAPTURED: &str = "ravenry_uncaptured_milli_cents_total";
const UNKNOWN: &str = "ravenry_unknown_charges_milli_cents_total";

/// A gateway that keeps its state there.
fn up(poe: &FakePoe, state: &Path) -> Server {
    folder(poe, "").state_dir(state).up()
}

pub(super) fn paid(lines: &str) -> Value {
    let mut query = harness::query(lines);
    query["bot_query_id"] = json!("q-1");
    query
}

/// Asks the bot, and leaves the reply to itself.
fn open(server: &Server, lines: &str) -> Stream {
    let key = format!("Bearer {KEY}");
    let body = paid(lines).to_string();
    let mut connection = server.connect();
    connection.send(post("/asker", &[("authorization", &key)], body.as_bytes()));
    connection.stream()
}

pub(super) fn kill(mut server: Server) {
    server.signal(Signal::KILL);
    server.wait();
}

/// What a start says of money, by the time that it serves: level, amount, query, outcome.
pub(super) fn told(server: &Server) -> Vec<String> {
    let log = server.log();
    let records = log
        .iter()
        .filter_map(|line| serde_json::from_str(line).ok());
    records
        .filter(|record: &Value| record.get("bot_query_id").is_some())
        .map(|record| {
            let word = |name: &str| record[name].as_str().unwrap_or_default().to_owned();
            assert!(
                !word("hint").is_empty() && !word("reference").is_empty(),
                "{record}"
            );
            assert_eq!([word("tenant"), word("bot")], ["local", "asker"]);
            format!(
                "{} {} {} {}: {}",
                word("level"),
                record["milli_cents"],
                word("bot_query_id"),
                word("outcome"),
                word("message")
            )
        })
        .collect()
}

/// Bills that are under way at the platform are counted when they arrive.
fn bills(poe: &FakePoe, wanted: usize) {
    let arrived = poe.until("a bill", |poe| (poe.bills().len() == wanted).then_some(()));
    wait(arrived).unwrap();
}

#[test]
fn a_charge_under_way_at_a_crash_is_told_once() {
    let (poe, state) = (FakePoe::start().unwrap(), tempfile::tempdir().unwrap());
    let server = up(&poe, state.path());
    let granted = Answer::events([("result", json!({"status": "success"}))]);
    poe.instead(Endpoint::Costs, granted.clone());
    poe.instead(Endpoint::Costs, granted.headed_by("billing"));
    let _reader = open(&server, "authorize 300\ncapture 200");
    bills(&poe, 2);
    kill(server);

    let server = up(&poe, state.path());
    insta::assert_snapshot!(told(&server).join("\n"), @r"
    WARN 100 q-1 crashed: the reply authorized an amount that it did not capture
    ERROR 200 q-1 crashed: the reply sent a charge, and it is unknown whether it was made
    ");
    let bot = ("bot", "asker");
    assert_eq!(server.metric(UNCAPTURED, &[bot]), Some(100.0));
    assert_eq!(
        server.metric(UNKNOWN, &[bot, ("step", "capture")]),
        Some(200.0)
    );
    // Nothing is sent twice.
    assert_eq!(poe.bills().len(), 2);
    // Told is told, also when the second process ends as badly.
    kill(server);
    let server = up(&poe, state.path());
    assert_eq!(told(&server), Vec::<String>::new());
    assert_eq!(server.metric(UNKNOWN, &[bot]), None);
    assert!(left(state.path()).is_empty());
}

/// A reply that was granted an amount, and was killed before it charged.
#[test]
fn an_amount_that_was_only_reserved_at_a_crash_is_told() {
    let (poe, state) = (FakePoe::start().unwrap(), tempfile::tempdir().unwrap());
    let server = up(&poe, state.path());
    poe.bot("helper", Script::from(Answer::silence()));
    let _reader = open(&server, "authorize 300\nread helper\ncapture 300");
    wait(poe.next_query("helper")).unwrap();
    kill(server);
    insta::assert_snapshot!(
        told(&up(&poe, state.path())).join("\n"),
        @"WARN 300 q-1 crashed: the reply authorized an amount that it did not capture"
    );
}

/// Processes may share a state directory: none tells of what another one still has under way.
#[test]
fn what_another_process_has_under_way_is_its_own_matter() {
    let (poe, state) = (FakePoe::start().unwrap(), tempfile::tempdir().unwrap());
    let first = up(&poe, state.path());
    poe.bot("helper", Script::from(Answer::silence()));
    let reader = open(&first, "authorize 300\nread helper");
    wait(poe.next_query("helper")).unwrap();
    let second = up(&poe, state.path());
    assert_eq!(told(&second), Vec::<String>::new());
    // Its reply ends well: told by the process that had it, and its file is gone with it.
    drop(reader);
    first.wait_metric(UNCAPTURED, &[("bot", "asker")], 300.0);
    let mut first = first;
    first.signal(Signal::TERM);
    assert!(first.wait().success());
    assert!(left(state.path()).is_empty());
}

/// The person is not charged for what cannot be noted; the reply goes on.
#[test]
fn what_cannot_be_noted_is_not_charged() {
    let (poe, state) = (FakePoe::start().unwrap(), tempfile::tempdir().unwrap());
    let server = up(&poe, state.path());
    let said = |lines: &str| send(&server, &paid(lines)).said();
    assert_eq!(said("free of charge"), "free of charge");
    assert!(
        !state.path().join("charges").exists(),
        "who charges nothing needs no file"
    );
    // Where the directory should be is something else: the same for every user, also for root.
    fs::write(state.path().join("charges"), "").unwrap();
    assert!(said("try authorize 300\nstill here").ends_with("still here"));
    assert!(said("try capture 300\nstill here").ends_with("still here"));
    assert!(poe.bills().is_empty());
    server.wait_text("the charge was not sent: it cannot be noted in the state directory");
    server.wait_text("charges are refused, because they cannot be noted");
    // As soon as it can be noted again, it can be charged again.
    fs::remove_file(state.path().join("charges")).unwrap();
    assert_eq!(said("authorize 300\ncapture 300\nthanks"), "thanks");
    assert_eq!(poe.bills().len(), 2);
    server.wait_times("charges are refused, because they cannot be noted", 1);
}

/// The records that are there.
pub(super) fn left(state: &Path) -> Vec<String> {
    let entries = fs::read_dir(state.join("charges")).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

/// No key is written, and a record is nobody else's to read.
#[test]
fn a_record_holds_no_secret() {
    use std::os::unix::fs::PermissionsExt as _;
    let (poe, state) = (FakePoe::start().unwrap(), tempfile::tempdir().unwrap());
    let server = up(&poe, state.path());
    poe.bot("helper", Script::from(Answer::silence()));
    let _reader = open(&server, "authorize 300\nread helper");
    wait(poe.next_query("helper")).unwrap();
    let [name] = &left(state.path())[..] else {
        panic!("one record")
    };
    let file = state.path().join("charges").join(name);
    assert_eq!(
        fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let text = fs::read_to_string(file).unwrap();
    assert!(text.contains("q-1") && !text.contains(KEY), "{text}");
}

/// What makes no sense is shown to the operator, and kept for him.
#[test]
fn a_record_that_cannot_be_read_is_shown_and_kept() {
    let (poe, state) = (FakePoe::start().unwrap(), tempfile::tempdir().unwrap());
    fs::create_dir(state.path().join("charges")).unwrap();
    fs::write(state.path().join("charges/broken.jsonl"), "{}\n").unwrap();
    let server = up(&poe, state.path());
    server.wait_text("a record of charges cannot be read or removed");
    assert_eq!(left(state.path()), ["broken.jsonl"]);
}

/// The same where an operator serves: notes are made and read behind the walls around the process.
#[test]
fn money_is_told_of_from_behind_the_walls() {
    let (poe, state) = (FakePoe::start().unwrap(), tempfile::tempdir().unwrap());
    let serve = || {
        folder(&poe, "")
            .manifest("ravenry.toml", "[bot.asker]\nsource = \"asker.wasm\"\npoe = { access_key = { secret = \"key\" } }\n")
            .file("vault/acme/key", KEY)
            .file(
                "operator.toml",
                "[secrets]\ndir = \"vault\"\n[tenant.acme]\nmanifests = [\"ravenry.toml\"]\n",
            )
            .state_dir(state.path())
            .serve()
    };
    let server = serve();
    // The reply is still under way when the process is killed: it waits for an answer that never comes.
    poe.bot("helper", Script::from(Answer::silence()));
    let _reader = open(&server, "authorize 300\nread helper");
    wait(poe.next_query("helper")).unwrap();
    kill(server);

    let server = serve();
    server.wait_text("the reply authorized an amount that it did not capture");
    assert!(left(state.path()).is_empty());
}
