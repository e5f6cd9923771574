//! A backup while a gateway writes, and what is restored of it.

use std::{
    os::unix::fs::PermissionsExt as _,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use serde_json::json;

use super::command::{complaint, run};
use super::{ANN, BEN, KEEPER, keepers, ok, one, told};

/// Each query writes two keys, one after the other: at any moment they are the same, or the first is one
/// ahead. A copy of several moments would show something else.
#[test]
fn what_is_backed_up_while_a_gateway_writes_is_there_in_a_fresh_directory() {
    let (state, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = keepers(KEEPER).state_dir(state.path()).up();
    told(
        &server,
        "keeper",
        ANN,
        &json!([["set", "user", "name", "Ann"]]),
    );
    let backup = elsewhere.path().join("store.sqlite");
    let (begun, done) = (AtomicBool::new(false), AtomicBool::new(false));
    thread::scope(|scope| {
        scope.spawn(|| {
            let steps = json!([
                ["add", "bot", "first", 1],
                ["add", "bot", "second", 1],
                ["fill", "bot", "f", 4, 1000]
            ]);
            // Bounded: what fails elsewhere must not make this go on for ever.
            for _ in 0..10_000 {
                if done.load(Ordering::Relaxed) {
                    break;
                }
                let told = told(&server, "keeper", BEN, &steps);
                assert!(told.iter().all(|one| one["error"].is_null()), "{told:?}");
                begun.store(true, Ordering::Relaxed);
            }
        });
        crate::harness::wait_until("something is written", || begun.load(Ordering::Relaxed));
        let copied = run(state.path(), &["backup", backup.to_str().unwrap()]);
        done.store(true, Ordering::Relaxed);
        let said = String::from_utf8([copied.stdout, copied.stderr].concat()).unwrap();
        assert!(
            said.starts_with(&format!("Wrote `{}`: ", backup.display())),
            "{said}"
        );
    });
    let mode = std::fs::metadata(&backup).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let said = complaint(state.path(), &["backup", backup.to_str().unwrap()], 2);
    assert!(said.contains("is there already"), "{said}");
    let said = complaint(state.path(), &["backup", "/nowhere/at/all"], 1);
    assert!(
        said.contains("cannot be written") && said.contains("No such file"),
        "{said}"
    );
    let files = std::fs::read_dir(elsewhere.path()).unwrap();
    assert_eq!(files.count(), 1, "nothing lies beside it");

    // In its place in a fresh state directory: the next gateway goes on from there.
    let restored = keepers(KEEPER).state_dir(elsewhere.path()).up();
    assert_eq!(
        one(&restored, "keeper", ANN, &json!(["get", "user", "name"])),
        ok("Ann")
    );
    let count = |key: &str| {
        let found = one(&restored, "keeper", ANN, &json!(["get", "bot", key]));
        found["ok"].as_str().unwrap().parse::<u64>().unwrap()
    };
    let (first, second) = (count("first"), count("second"));
    assert!(first == second || first == second + 1, "{first} {second}");
    assert_eq!(
        one(&restored, "keeper", ANN, &json!(["add", "bot", "first", 1])),
        ok(first + 1)
    );
    // The one that served all the while has lost nothing.
    let found = one(&server, "keeper", ANN, &json!(["get", "bot", "f3"]));
    assert_eq!(found, ok("0".repeat(1000)));
}
