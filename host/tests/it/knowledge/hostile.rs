//! Documents, names and questions that nobody would write, and a disk that fills up: what was taken is found.

use serde_json::{Value, json};

use super::{LIBRARIAN, ok, one, told};
use crate::harness::{Folder, SmallDisk, wait_until};

#[test]
fn identifiers_of_every_kind_of_text_lead_to_their_documents_and_nowhere_else() {
    let server = Folder::with_manifest(LIBRARIAN).up();
    let longest = "é".repeat(512);
    let ids = [
        "a\0b",
        "../../etc/passwd",
        "a",
        "A",
        "a ",
        "猫",
        "\u{202e}txt.exe",
        "line\nbreak",
        "'; DROP TABLE x; --",
        "%",
        "\u{fffd}",
        "{}",
        longest.as_str(),
    ];
    let mut put = vec![json!("put"), json!("user")];
    put.extend(
        ids.iter()
            .enumerate()
            .map(|(number, id)| json!([id, format!("word{number}x")])),
    );
    assert_eq!(one(&server, "u-1", &Value::from(put)), ok("put"));
    let searches =
        (0..ids.len()).map(|number| json!(["search", "user", format!("word{number}x"), 9]));
    let found = told(&server, "librarian", "u-1", &searches.collect());
    let expected: Vec<Value> = ids.iter().map(|id| ok(json!([id]))).collect();
    assert_eq!(found, expected);
    let removals = ids.iter().map(|id| json!(["remove", "user", [id]]));
    let removed = told(&server, "librarian", "u-1", &removals.collect());
    assert!(removed.iter().all(|one| *one == ok(1)), "{removed:?}");
    assert_eq!(
        one(&server, "u-1", &json!(["documents", "user"])),
        ok(json!([]))
    );
}

#[test]
fn texts_that_no_person_writes_come_to_an_end() {
    let server = Folder::with_manifest(LIBRARIAN).up();
    let long = "x".repeat(300_000);
    let deep = format!("{}the end", "> ".repeat(50_000));
    let table = format!("|a|\n|-|\n{}", "|needle|\n".repeat(20_000));
    let brackets = "[".repeat(100_000);
    let put = json!([
        [
            "put",
            "bot",
            ["long", long],
            ["deep", deep],
            ["table", table],
            ["brackets", brackets],
            ["empty", ""],
            ["blank", " \n\u{a0}\t"]
        ],
        ["search", "bot", "needle", 1],
        ["search", "bot", "end", 1],
    ]);
    let found = told(&server, "librarian", "u-1", &put);
    assert_eq!(
        found,
        [ok("put"), ok(json!(["table"])), ok(json!(["deep"]))]
    );
}

#[test]
fn a_full_disk_in_the_middle_of_it_leaves_what_was_acknowledged() {
    let Some(disk) = SmallDisk::new() else { return };
    let server = Folder::with_manifest(LIBRARIAN)
        .small_disk(&disk, 4096)
        .state_dir(disk.path())
        .up();
    let put = |number: u32| {
        let text = format!("word{number}x {}", "filler ".repeat(30_000));
        json!(["put", "bot", [format!("d{number}"), text]])
    };
    assert_eq!(one(&server, "u-1", &put(0)), ok("put"));
    disk.fill(&server);
    let mut taken = vec![0];
    let refused = (1..100).find_map(|number| {
        let said = one(&server, "u-1", &put(number));
        if said == ok("put") {
            taken.push(number);
            return None;
        }
        Some(said)
    });
    let refused = refused.unwrap();
    assert!(refused["error"]["unavailable"].is_string(), "{refused}");
    let all_found = |taken: &[u32]| {
        for number in taken {
            let search = json!(["search", "bot", format!("word{number}x"), 1]);
            assert_eq!(
                one(&server, "u-1", &search),
                ok(json!([format!("d{number}")]))
            );
        }
    };
    all_found(&taken);
    disk.empty(&server);
    wait_until("there is room", || {
        one(&server, "u-1", &put(100)) == ok("put")
    });
    taken.push(100);
    all_found(&taken);
}
