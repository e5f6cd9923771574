//! A server for vectors, as `/v1/embeddings` is one, that knows cats.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::Arc,
    thread,
};

use parking_lot::Mutex;
use serde_json::{Value, json};

/// A server for vectors that tells cats, whatever they are called, from the rest.
pub(super) struct Vectors {
    pub(super) address: SocketAddr,
    /// All calls, with their texts.
    calls: Arc<Mutex<Vec<Vec<String>>>>,
}

impl Vectors {
    /// Answers with this, made of the texts.
    pub(super) fn start(answer: impl Fn(&[String]) -> Value + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let calls = Arc::<Mutex<Vec<Vec<String>>>>::default();
        let noted = Arc::clone(&calls);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if let Some(asked) = asked(&stream) {
                    noted.lock().push(asked.clone());
                    let _ = respond(stream, &answer(&asked).to_string());
                }
            }
        });
        Self { address, calls }
    }

    pub(super) fn of_cats() -> Self {
        Self::start(|texts| of_cats(texts, 3))
    }

    /// How many passages were in each call with documents. The others are with a question, which ends without a point
    /// and is the first.
    pub(super) fn documents(&self) -> Vec<usize> {
        let calls = self.calls.lock();
        let of_documents = calls
            .iter()
            .filter(|texts| texts.first().is_some_and(|text| text.ends_with('.')));
        of_documents.map(Vec::len).collect()
    }
}

/// What a server for vectors says that have so many numbers, three or more: cats are near each other, and of the rest
/// each is somewhere else.
pub(super) fn of_cats(texts: &[String], numbers: usize) -> Value {
    let is_cat = |text: &String| {
        ["cat", "feline", "kitten"]
            .iter()
            .any(|word| text.to_lowercase().contains(word))
    };
    let vector = |text: &String| {
        let turn = f64::from(u32::try_from(text.len()).unwrap());
        let mut vector = if is_cat(text) {
            vec![1.0, 0.1, 0.1]
        } else {
            vec![0.1, turn.cos(), turn.sin()]
        };
        vector.resize(numbers, 0.0);
        vector
    };
    let each = texts.iter().enumerate();
    let data: Vec<Value> = each
        .map(|(index, text)| json!({ "index": index, "embedding": vector(text) }))
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
