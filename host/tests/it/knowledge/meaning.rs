//! Search by meaning: by a model in a directory, by a server, and without either where they fail.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
};

use parking_lot::Mutex;
use serde_json::{Value, json};

use super::{LIBRARIAN, ok, one};
use crate::harness::{Folder, Server, wait_until};

#[path = "../../../knowledge/tests/knowledge/model.rs"]
#[allow(
    dead_code,
    clippy::cast_precision_loss,
    reason = "the sums are for the tests of the encoder"
)]
mod model;

/// A server for vectors that knows two things in the world: cats, whatever they are called, and the rest.
struct Vectors {
    address: SocketAddr,
    /// All that it was asked for.
    texts: Arc<Mutex<Vec<String>>>,
}

impl Vectors {
    /// Answers with this, made of the texts.
    fn start(answer: impl Fn(&[String]) -> Value + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let texts = Arc::<Mutex<Vec<String>>>::default();
        let noted = Arc::clone(&texts);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if let Some(asked) = asked(&stream) {
                    noted.lock().extend(asked.iter().cloned());
                    let _ = respond(stream, &answer(&asked).to_string());
                }
            }
        });
        Self { address, texts }
    }

    /// How often it was asked for documents; the rest were questions.
    fn documents(&self) -> usize {
        let texts = self.texts.lock();
        texts.iter().filter(|text| text.ends_with('.')).count()
    }

    fn of_cats() -> Self {
        Self::start(|texts| {
            vectors(texts, |is_cat| {
                if is_cat {
                    vec![1.0, 0.1]
                } else {
                    vec![0.1, 1.0]
                }
            })
        })
    }
}

/// What a server for vectors says, with these for cats and the rest.
fn vectors(texts: &[String], vector: impl Fn(bool) -> Vec<f64>) -> Value {
    let is_cat = |text: &String| {
        ["cat", "feline", "kitten"]
            .iter()
            .any(|word| text.to_lowercase().contains(word))
    };
    let each = texts.iter().enumerate();
    let data: Vec<Value> = each
        .map(|(index, text)| json!({ "index": index, "embedding": vector(is_cat(text)) }))
        .collect();
    json!({ "object": "list", "data": data })
}

/// The texts of one request.
fn asked(stream: &TcpStream) -> Option<Vec<String>> {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let body: Value = serde_json::from_slice(&body).ok()?;
    serde_json::from_value(body["input"].clone()).ok()
}

fn respond(mut stream: TcpStream, body: &str) -> std::io::Result<()> {
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}

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
    assert_eq!(vectors.documents(), 3);
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
        let mut answer = vectors(texts, |_| vec![1.0, 0.1]);
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
    let two = Vectors::of_cats();
    let three = Vectors::start(|texts| {
        vectors(texts, |is_cat| {
            if is_cat {
                vec![1.0, 0.1, 0.0]
            } else {
                vec![0.1, 1.0, 0.0]
            }
        })
    });
    let by_meaning = |server: &Server| found(server, "feline") == ok(json!(["cats"]));
    let server = folder(two.address, "two").state_dir(state.path()).serve();
    put(&server);
    wait_until("a cat by its meaning", || by_meaning(&server));
    drop(server);
    let server = folder(three.address, "three")
        .state_dir(state.path())
        .serve();
    // By words meanwhile.
    assert_eq!(found(&server, "bark"), ok(json!(["dogs"])));
    wait_until("a cat by its meaning again", || by_meaning(&server));
    drop(server);
    // And kept: after a start nothing but questions is asked for.
    let server = folder(three.address, "three")
        .state_dir(state.path())
        .serve();
    assert!(by_meaning(&server));
    assert_eq!((two.documents(), three.documents()), (3, 3));
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
        vectors(texts, |is_cat| {
            if is_cat {
                vec![1.0, 0.1]
            } else {
                vec![0.1, 1.0]
            }
        })
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

#[test]
fn a_model_in_a_directory_computes_in_a_process_of_its_own() {
    let model = model::directory();
    let server = Folder::with_manifest(LIBRARIAN)
        .flag("--knowledge-model")
        .flag(model.path().to_str().unwrap())
        .up();
    put(&server);
    assert_eq!(found(&server, "bark"), ok(json!(["dogs"])));
    // Its numbers mean nothing; but something is nearest to whatever is asked.
    wait_until("anything by its meaning", || {
        found(&server, "cat") != ok(json!([]))
    });
}

#[test]
fn a_model_that_is_half_there_is_said_by_the_name_of_what_is_missing() {
    let model = model::directory();
    std::fs::remove_file(model.path().join("tokenizer.json")).unwrap();
    let server = Folder::with_manifest(LIBRARIAN)
        .flag("--knowledge-model")
        .flag(model.path().to_str().unwrap())
        .up();
    put(&server);
    assert_eq!(found(&server, "bark"), ok(json!(["dogs"])));
    server.wait_text("tokenizer.json");
    assert_eq!(found(&server, "feline"), ok(json!([])));
}
