//! Searches by meaning, beside a server that has a model: as its bots find it.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use serde_json::{Value, json};

use super::{complaint, lines, run, with_input};
use crate::{
    harness::{Folder, Server, wait_until},
    knowledge::{
        LIBRARIAN, model, ok, one, told,
        vector_server::{Vectors, of_cats},
    },
};

const QUESTION: &str = "wug wug wug wug wug";

fn search<'a>(rest: &[&'a str]) -> Vec<&'a str> {
    [&["search", "--bot", "librarian", "--json"], rest].concat()
}

fn ids(printed: &str) -> Vec<Value> {
    let lines = lines(printed);
    lines.iter().map(|line| line["document"].clone()).collect()
}

fn put(server: &Server, bot: &str) {
    let documents = [
        ["cats", "Kittens sleep all day."],
        ["dogs", "Hounds bark at night."],
    ];
    let step = json!([["put", "bot", documents[0], documents[1]]]);
    let told = told(server, bot, "u-1", &step);
    assert_eq!(told, [ok("put")]);
}

/// The model of a flag makes the vector of the question; those of the documents are the server's.
#[test]
fn a_model_that_is_named_finds_as_the_bot_does() {
    let state = tempfile::tempdir().unwrap();
    let model = model::directory();
    let name = model.path().to_str().unwrap();
    let server = Folder::with_manifest(LIBRARIAN)
        .flag("--knowledge-model")
        .flag(name)
        .state_dir(state.path())
        .up();
    put(&server, "librarian");
    let named = |directory: &str| {
        let flag = format!("--knowledge-model={directory}");
        run(state.path(), &search(&[flag.as_str(), QUESTION]))
    };
    let (printed, said) = complaint(named(name), 0);
    assert_eq!(printed, "");
    assert!(
        said.contains("Found by words alone: the documents have no vectors yet"),
        "{said}"
    );
    let step = json!(["search", "bot", QUESTION, 5]);
    wait_until("all by their meaning", || {
        one(&server, "u-1", &step) == ok(json!(["cats", "dogs"]))
    });
    let (printed, said) = complaint(named(name), 0);
    assert_eq!(ids(&printed), ["cats", "dogs"]);
    assert_eq!(said, "");
    // Without it, and with another one, it is said why nothing is found.
    let (printed, said) = complaint(run(state.path(), &search(&[QUESTION])), 0);
    assert_eq!(printed, "");
    assert!(
        said.starts_with("Found by words alone: ") && said.contains("--knowledge-model"),
        "{said}"
    );
    let other = model::directory();
    let path = other.path();
    fs::write(
        path.join("sentence_bert_config.json"),
        r#"{"max_seq_length": 5}"#,
    )
    .unwrap();
    let (_, said) = complaint(named(path.to_str().unwrap()), 0);
    assert!(said.contains("those of another model"), "{said}");
    fs::remove_file(path.join("config.json")).unwrap();
    let (_, said) = complaint(named(path.to_str().unwrap()), 2);
    assert!(
        said.contains("there is no `config.json` in it\nhint: "),
        "{said}"
    );
}

/// What the operator's file says holds here, too; and where it does not answer, words are all.
#[test]
fn the_server_of_the_operators_file_is_asked() {
    let is_broken = Arc::<AtomicBool>::default();
    let breaks = Arc::clone(&is_broken);
    let vectors = Vectors::start(move |texts| {
        if breaks.load(Ordering::SeqCst) {
            return json!({});
        }
        of_cats(texts, 3)
    });
    let operator = format!(
        "[server]\nstate_dir = \"state\"\ncache_dir = \"cache\"\n[tenant.acme]\nmanifests = [\"acme.toml\"]\n\
         path_prefix = \"/acme\"\n\
         [knowledge]\nembeddings = {{ url = \"http://{}/v1/embeddings\", model = \"cats\" }}\n",
        vectors.address
    );
    let folder = Folder::empty()
        .manifest("acme.toml", LIBRARIAN)
        .file("operator.toml", &operator);
    let server = folder.directories_of_files().serve();
    put(&server, "acme/librarian");
    let step = json!([["search", "bot", "feline", 5]]);
    wait_until("a cat by its meaning", || {
        told(&server, "acme/librarian", "u-1", &step) == [ok(json!(["cats"]))]
    });
    let called = |file: &str| {
        let place = ("RAVENRY_CONFIG", file);
        with_input(server.folder.path(), place, &search(&["feline"]), b"")
    };
    let (printed, said) = complaint(called("operator.toml"), 0);
    assert_eq!((ids(&printed), said.as_str()), (vec![json!("cats")], ""));
    let other = operator.replace("\"cats\"", "\"other\"");
    fs::write(server.folder.path().join("other.toml"), other).unwrap();
    let (printed, said) = complaint(called("other.toml"), 0);
    assert_eq!(printed, "");
    assert!(said.contains("those of another model"), "{said}");
    let without = operator.split("embeddings").next().unwrap();
    let missing = format!("{without}model = \"nowhere\"\n");
    fs::write(server.folder.path().join("missing.toml"), missing).unwrap();
    let (_, said) = complaint(called("missing.toml"), 0);
    assert_eq!(
        said.lines().next(),
        Some("Found by words alone: `nowhere` is no directory")
    );
    is_broken.store(true, Ordering::SeqCst);
    let (printed, said) = complaint(called("operator.toml"), 0);
    assert_eq!(printed, "");
    assert!(
        said.starts_with("Found by words alone: what the server for vectors has answered"),
        "{said}"
    );
}
