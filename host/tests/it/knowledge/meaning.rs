//! Search by meaning: by a model in a directory, by a server, and without either where they fail.

use std::{
    net::{SocketAddr, TcpListener},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
};

use serde_json::{Value, json};

use super::{
    LIBRARIAN, model, ok, one,
    vector_server::{Vectors, of_cats},
};
use crate::harness::{Folder, Server, wait_until};

const DOCUMENTS: [[&str; 2]; 3] = [
    ["cats", "Kittens sleep all day."],
    ["dogs", "Hounds bark at night."],
    ["fish", "Trouts swim in rivers."],
];

fn served_with(address: SocketAddr) -> Server {
    folder(address, "cats").serve()
}

/// With a server for vectors there, and a model of this name.
fn folder(address: SocketAddr, model: &str) -> Folder {
    let operator = format!(
        "[tenant.acme]\nmanifests = [\"ravenry.toml\"]\n\
         [knowledge]\nembeddings = {{ url = \"http://{address}/v1/embeddings\", model = \"{model}\" }}\n"
    );
    Folder::empty()
        .file("operator.toml", operator)
        .manifest("ravenry.toml", LIBRARIAN)
}

fn put(server: &Server) {
    let [cats, dogs, fish] = DOCUMENTS;
    let step = json!(["put", "bot", cats, dogs, fish]);
    assert_eq!(one(server, "u-1", &step), ok("put"));
}

fn found(server: &Server, question: &str) -> Value {
    one(server, "u-1", &json!(["search", "bot", question, 1]))
}

#[test]
fn what_has_no_word_of_a_question_is_found_by_its_meaning_and_not_embedded_twice() {
    let vectors = Vectors::of_cats();
    let server = served_with(vectors.address);
    put(&server);
    // By words at once.
    assert_eq!(found(&server, "bark"), ok(json!(["dogs"])));
    wait_until("a cat by its meaning", || {
        found(&server, "feline") == ok(json!(["cats"]))
    });
    assert_eq!(found(&server, "feline"), ok(json!(["cats"])));
    assert_eq!(vectors.documents(), [3]);
    // A document that changes is given another vector.
    let changed = json!([
        "put",
        "bot",
        ["dogs", "A feline that barks."],
        ["cats", "Nothing of them."]
    ]);
    assert_eq!(one(&server, "u-1", &changed), ok("put"));
    wait_until("the other one", || {
        found(&server, "kitten") == ok(json!(["dogs"]))
    });
}

#[test]
fn a_server_that_lies_or_is_gone_costs_the_meaning_alone_and_is_told_of_once() {
    let ragged = Vectors::start(|texts| {
        let mut answer = of_cats(texts, 3);
        answer["data"][0]["embedding"] = json!([1.0, "two"]);
        answer
    });
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let gone = free.local_addr().unwrap();
    drop(free);
    for address in [ragged.address, gone] {
        let server = served_with(address);
        put(&server);
        for _ in 0..5 {
            assert_eq!(found(&server, "bark"), ok(json!(["dogs"])));
            assert_eq!(found(&server, "feline"), ok(json!([])));
        }
        let told = |line: &Value| line["level"] == "WARN" && line.to_string().contains("by words");
        server.wait_log(told);
        let lines = server.log();
        let lines = lines
            .iter()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok());
        assert_eq!(lines.filter(told).count(), 1);
    }
}

/// Vectors of one model say nothing to another, whatever their length: they are made anew.
#[test]
fn after_a_change_of_the_model_the_vectors_are_made_anew() {
    let state = tempfile::tempdir().unwrap();
    let one = Vectors::of_cats();
    let other = Vectors::start(|texts| of_cats(texts, 4));
    let by_meaning = |server: &Server| found(server, "feline") == ok(json!(["cats"]));
    let server = folder(one.address, "one").state_dir(state.path()).serve();
    put(&server);
    wait_until("a cat by its meaning", || by_meaning(&server));
    drop(server);
    let server = folder(other.address, "other")
        .state_dir(state.path())
        .serve();
    // By words meanwhile.
    assert_eq!(found(&server, "bark"), ok(json!(["dogs"])));
    wait_until("a cat by its meaning again", || by_meaning(&server));
    drop(server);
    // And kept: after a start nothing but questions is asked for.
    let server = folder(other.address, "other")
        .state_dir(state.path())
        .serve();
    assert!(by_meaning(&server));
    assert_eq!((one.documents(), other.documents()), (vec![3], vec![3]));
}

/// A question whose vector does not come is answered by words, and not much later.
#[test]
fn a_server_that_hangs_holds_no_search_for_long() {
    let hangs = Arc::<AtomicBool>::default();
    let is_over = Arc::clone(&hangs);
    // Nothing comes of this, until its sender is dropped.
    let (hold, let_go) = mpsc::sync_channel::<()>(0);
    let server_for_vectors = Vectors::start(move |texts| {
        if is_over.load(Ordering::SeqCst) {
            let _ = let_go.recv();
        }
        of_cats(texts, 3)
    });
    let server = served_with(server_for_vectors.address);
    put(&server);
    wait_until("a cat by its meaning", || {
        found(&server, "feline") == ok(json!(["cats"]))
    });
    hangs.store(true, Ordering::SeqCst);
    assert_eq!(found(&server, "barking"), ok(json!(["dogs"])));
    server.wait_text("did not come in time");
    drop(hold);
}

/// Short documents go to the model together: a call each would cost more than the computing.
#[test]
fn short_documents_are_embedded_several_at_once() {
    let vectors = Vectors::of_cats();
    let server = served_with(vectors.address);
    let mut step = vec![json!("put"), json!("bot")];
    step.extend((0..10).map(|number| json!([format!("d{number}"), format!("Hounds, {number}.")])));
    step.push(json!(["cats", "Kittens sleep all day."]));
    assert_eq!(one(&server, "u-1", &Value::from(step)), ok("put"));
    wait_until("a cat by its meaning", || {
        found(&server, "feline") == ok(json!(["cats"]))
    });
    assert_eq!(vectors.documents(), [4, 4, 3]);
}

fn with_model(directory: &Path) -> Folder {
    Folder::with_manifest(LIBRARIAN)
        .flag("--knowledge-model")
        .flag(directory.to_str().unwrap())
}

#[test]
fn a_model_in_a_directory_computes_in_a_process_of_its_own() {
    let model = model::directory();
    let server = with_model(model.path()).up();
    put(&server);
    assert_eq!(found(&server, "bark"), ok(json!(["dogs"])));
    // Its numbers mean nothing; but five words that it does not know are the same as five others.
    wait_until("anything by its meaning", || {
        found(&server, "wug wug wug wug wug") != ok(json!([]))
    });
}

/// What the small files do not tell, the process of the model says when it is asked first.
#[test]
fn a_model_that_is_damaged_costs_the_meaning_alone() {
    let model = model::directory();
    std::fs::write(model.path().join("tokenizer.json"), "{}").unwrap();
    let server = with_model(model.path()).up();
    put(&server);
    assert_eq!(found(&server, "bark"), ok(json!(["dogs"])));
    server.wait_text("tokenizer.json");
    assert_eq!(found(&server, "feline"), ok(json!([])));
}

/// Nobody has to ask a bot to learn of it.
#[test]
fn a_directory_that_is_no_model_is_said_at_the_start() {
    let model = model::directory();
    let path = model.path();
    std::fs::remove_file(path.join("tokenizer.json")).unwrap();
    let refused = |folder: Folder, verb: &[&str]| {
        let output = folder.output(verb);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        said
    };
    let expected = format!(
        "error: the model for what bots know cannot be used\n  \
         caused by: `{}` is no model: there is no `tokenizer.json` in it\n\
         hint: name the directory that `SentenceTransformer.save` has written",
        path.display()
    );
    let flag = format!("--knowledge-model={}", path.display());
    let up = [
        "up",
        "--page=off",
        "--listen=127.0.0.1:0",
        flag.as_str(),
        "ravenry.toml",
    ];
    let bots = || Folder::with_manifest(LIBRARIAN);
    let said = refused(bots(), &up);
    assert!(said.contains(&expected), "{said}");
    let operator = format!(
        "[tenant.acme]\nmanifests = [\"ravenry.toml\"]\n[knowledge]\nmodel = \"{}\"\n",
        path.display()
    );
    for more in [&[][..], &["--check"]] {
        let folder = bots().file("operator.toml", &operator);
        let verb = [&["serve", "--config", "operator.toml"], more].concat();
        let said = refused(folder, &verb);
        assert!(said.contains(&expected), "{said}");
    }
    let config = r#"{"model_type": "t5"}"#;
    std::fs::write(path.join("tokenizer.json"), "{}").unwrap();
    std::fs::write(path.join("config.json"), config).unwrap();
    let said = refused(bots(), &up);
    assert!(said.contains("of the kind `t5`"), "{said}");
}
