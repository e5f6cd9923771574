//! Several processes over one store: what one of them takes in, the others find with their next search, in the same
//! order.

use serde_json::{Value, json};

use super::{LIBRARIAN, ok, one};
use crate::{
    harness::{Folder, Server},
    store::postgres::Schema,
};

/// Two processes of which one puts, and both find the same.
fn agree(one_process: &Server, other: &Server) {
    let search = json!(["search", "bot", "cats", 9]);
    let put = |server: &Server, documents: [[&str; 2]; 3]| {
        let mut step = vec![json!("put"), json!("bot")];
        step.extend(documents.map(|document| json!(document)));
        assert_eq!(one(server, "u-1", &Value::from(step)), ok("put"));
    };
    put(
        one_process,
        [["c", "a cat"], ["a", "a cat"], ["b", "a green cat"]],
    );
    for server in [one_process, other] {
        // Of equals, the one that came first.
        assert_eq!(one(server, "u-1", &search), ok(json!(["c", "a", "b"])));
    }
    put(
        other,
        [["a", "no more"], ["d", "green, green cats"], ["c", "a cat"]],
    );
    let removed = one(one_process, "u-1", &json!(["remove", "bot", ["b"]]));
    assert_eq!(removed, ok(1));
    let found = one(other, "u-1", &search);
    assert_eq!(found, ok(json!(["c", "d"])));
    assert_eq!(one(one_process, "u-1", &search), found);
}

#[test]
fn two_processes_on_one_file_find_the_same() {
    let state = tempfile::tempdir().unwrap();
    let start = || {
        Folder::with_manifest(LIBRARIAN)
            .state_dir(state.path())
            .up()
    };
    agree(&start(), &start());
}

#[test]
fn two_processes_on_one_database_find_the_same() {
    let Some(schema) = Schema::new() else { return };
    let start = || {
        let folder = Folder::with_manifest(LIBRARIAN);
        folder.env("RAVENRY_DATABASE", &schema.at(None)).up()
    };
    let (first, second) = (start(), start());
    agree(&first, &second);
    drop(second);
    // Made anew from the same texts, the index ranks as before.
    let search = json!(["search", "bot", "cats", 9]);
    assert_eq!(one(&start(), "u-1", &search), one(&first, "u-1", &search));
}
