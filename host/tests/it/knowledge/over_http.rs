//! `POST {route}/add_document`: who may, what is taken, what is refused with which words.

use serde_json::{Value, json};

use super::{ok, one};
use crate::harness::{Folder, Server, query};

const KEY: &str = "0123456789abcdef0123456789abcdef";

fn server(limits: &str) -> Server {
    let manifest = format!(
        "[bot.librarian]\nsource = \"librarian.wasm\"\n{limits}\
         [bot.closed]\nsource = \"librarian.wasm\"\npoe = {{ access_key = {{ env = \"KEY\" }} }}\n{limits}"
    );
    Folder::with_manifest(&manifest).env("KEY", KEY).up()
}

fn add(server: &Server, body: &Value) -> (u16, Value) {
    let key = format!("Bearer {KEY}");
    let answer = server.send("closed/add_document", body, &[("authorization", &key)]);
    (answer.status, answer.json())
}

/// What the bot with the key finds.
fn found(server: &Server, question: &str) -> String {
    let key = format!("Bearer {KEY}");
    let steps = json!([["search", "bot", question, 9]]);
    let asked = query(&steps.to_string());
    server
        .send("closed", &asked, &[("authorization", &key)])
        .said()
}

#[test]
fn documents_with_the_key_are_taken_and_found() {
    let server = server("");
    let many = json!({ "documents": [
        { "doc_id": "cats", "text": "Cats sleep.", "more": 1 },
        { "doc_id": "dogs", "text": "# Dogs\n\nDogs bark.", "format": "markdown", "title": "Of dogs" },
    ] });
    assert_eq!(add(&server, &many), (200, json!({ "added": 2 })));
    let one_more = json!({ "doc_id": "fish", "text": "Fish swim." });
    assert_eq!(add(&server, &one_more), (200, json!({ "added": 1 })));
    assert_eq!(found(&server, "barking"), "{\"ok\":[\"dogs\"]}\n");
    assert_eq!(found(&server, "swimming fish"), "{\"ok\":[\"fish\"]}\n");
    // The bot beside it knows nothing of that.
    assert_eq!(
        one(&server, "u-1", &json!(["search", "bot", "fish", 9])),
        ok(json!([]))
    );
}

#[test]
fn without_the_key_or_without_any_nothing_is_taken() {
    let server = server("");
    let document = json!({ "documents": [{ "doc_id": "a", "text": "b" }] });
    let wrong = server.send(
        "closed/add_document",
        &document,
        &[("authorization", "Bearer wrong")],
    );
    assert_eq!(wrong.status, 401);
    let open = server.send("librarian/add_document", &document, &[]);
    assert_eq!(open.status, 403);
    assert!(open.text().contains("access_key"), "{}", open.text());
    assert_eq!(server.get("/closed/add_document").status, 405);
    assert_eq!(server.send("none/add_document", &document, &[]).status, 404);
    assert_eq!(found(&server, "b"), "{\"ok\":[]}\n");
}

#[test]
fn what_is_no_document_or_too_much_is_refused_in_a_sentence() {
    let server = server("limits = { store = \"64KiB\" }\n");
    let good = json!({ "doc_id": "a", "text": "long" });
    for (wrong, why) in [
        (json!({}), "`documents` is missing"),
        (json!([]), "the body should be an object, but is an array"),
        (
            json!({ "documents": [good, { "doc_id": 1, "text": "a" }] }),
            "`documents[1].doc_id` should be a string, but is a number",
        ),
        (
            json!({ "documents": [good, good, { "doc_id": "b" }] }),
            "`documents[2].text` is missing",
        ),
        (
            json!({ "doc_id": "a", "text": "long", "format": "html" }),
            "`format` may be `markdown` or `plain`, but is html",
        ),
        (json!({ "doc_id": "", "text": "a" }), "`doc_id` is empty"),
    ] {
        let (status, said) = add(&server, &wrong);
        assert_eq!((status, &said["error"]), (400, &json!(why)), "{said}");
        assert!(said["hint"].as_str().unwrap().contains("doc_id"), "{said}");
    }
    let key = format!("Bearer {KEY}");
    let broken = b"{\"documents\": [\n{\"doc_id\" \"a secret\"}]}";
    let answer = server.post("closed/add_document", broken, &[("authorization", &key)]);
    let why = "the body is not JSON: expected `:` at line 2 column 11";
    assert_eq!((answer.status, &answer.json()["error"]), (400, &json!(why)));
    let (status, said) = add(
        &server,
        &json!({ "doc_id": "a", "text": "long ".repeat(20_000) }),
    );
    assert_eq!(status, 507, "{said}");
    assert!(said["hint"].as_str().unwrap().contains("`store`"), "{said}");
    assert_eq!(found(&server, "long"), "{\"ok\":[]}\n");
}
