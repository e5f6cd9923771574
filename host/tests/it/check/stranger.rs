//! A small bot over raw sockets that keeps every rule, and whatever is done to its answers.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use serde_json::{Value, json};

use super::KEY;
use crate::harness::HANG;

/// Where it is. Its threads end with the test run.
pub struct Stranger {
    pub url: String,
}

/// What it is asked.
pub struct Asked {
    pub path: String,
    pub headers: String,
    pub body: Vec<u8>,
    /// The body, where it is JSON; trailing commas are forgiven.
    pub json: Option<Value>,
    /// Queries before this one.
    pub queries: usize,
    /// Somebody hung up once, and it has not got over that.
    pub hurt: bool,
}

impl Asked {
    /// `type`, or nothing.
    pub fn kind(&self) -> &str {
        self.member("type").as_str().unwrap_or_default()
    }

    pub fn member(&self, name: &str) -> &Value {
        let members = self.json.as_ref().and_then(Value::as_object);
        members
            .and_then(|members| members.get(name))
            .unwrap_or(&Value::Null)
    }

    pub fn messages(&self) -> &[Value] {
        self.member("query").as_array().map_or(&[], Vec::as_slice)
    }

    pub fn last(&self) -> &Value {
        self.messages().last().unwrap_or(&Value::Null)
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.lines().find_map(|line| {
            let (own, value) = line.split_once(':')?;
            own.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }

    /// Whether this is the first query.
    pub fn is_first_query(&self) -> bool {
        self.kind() == "query" && self.queries == 0
    }
}

/// What it answers.
#[derive(Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
    /// How long it waits after the head.
    pub wait: Duration,
    /// It closes before the body is over.
    pub cut: bool,
    /// It waits for its reader to leave, and is hurt by that.
    pub sulks: bool,
}

impl Answer {
    pub fn json(status: u16, body: &Value) -> Self {
        Self {
            status,
            headers: vec![("content-type", "application/json".to_owned())],
            body: body.to_string().into_bytes(),
            wait: Duration::ZERO,
            cut: false,
            sulks: false,
        }
    }

    pub fn refusal(status: u16) -> Self {
        let mut answer = Self::json(status, &json!({"error": "no"}));
        if status == 401 {
            answer
                .headers
                .push(("www-authenticate", "Bearer".to_owned()));
        }
        answer
    }

    /// Events, as `(name, data)`.
    pub fn events(events: &[(&str, &str)]) -> Self {
        let body: String = events
            .iter()
            .map(|(name, data)| format!("event: {name}\ndata: {data}\n\n"))
            .collect();
        Self {
            headers: vec![
                (
                    "content-type",
                    "text/event-stream; charset=utf-8".to_owned(),
                ),
                ("cache-control", "no-store".to_owned()),
            ],
            body: body.into_bytes(),
            ..Self::json(200, &Value::Null)
        }
    }

    pub fn body(self, body: Vec<u8>) -> Self {
        Self { body, ..self }
    }

    /// The same under another value of a header; without it where that is empty.
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.retain(|(own, _)| *own != name);
        if !value.is_empty() {
            self.headers.push((name, value.to_owned()));
        }
        self
    }
}

impl Stranger {
    /// A bot whose good answers this changes.
    pub fn start(change: fn(&Asked, Answer) -> Answer) -> Self {
        Self::serve(move |stream, queries, hurt| {
            let Some(asked) = read(&stream, &queries, &hurt) else {
                return;
            };
            let answer = change(&asked, good(&asked));
            write(stream, &answer, &hurt);
        })
    }

    /// Bytes as they are, whatever is asked; then it keeps quiet, or closes.
    pub fn raw(bytes: &'static [u8], then_closes: bool) -> Self {
        Self::serve(move |mut stream, queries, hurt| {
            read(&stream, &queries, &hurt);
            let _ = stream.write_all(bytes);
            if !then_closes {
                let _ = stream.set_read_timeout(Some(HANG));
                let _ = stream.read(&mut [0]);
            }
        })
    }

    /// These bytes, and then those for ever.
    pub fn endless(head: &'static str, again: &'static str) -> Self {
        Self::serve(move |mut stream, queries, hurt| {
            read(&stream, &queries, &hurt);
            let again = again.repeat(1000);
            let mut written = stream.write_all(head.as_bytes());
            while written.is_ok() {
                written = stream.write_all(again.as_bytes());
            }
        })
    }

    fn serve(
        each: impl Fn(TcpStream, Arc<AtomicUsize>, Arc<AtomicBool>) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/bot", listener.local_addr().unwrap());
        let (queries, hurt) = (Arc::default(), Arc::default());
        let each = Arc::new(each);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (each, queries, hurt) =
                    (Arc::clone(&each), Arc::clone(&queries), Arc::clone(&hurt));
                thread::spawn(move || each(stream, queries, hurt));
            }
        });
        Self { url }
    }
}

/// One request; `None` where the other side closes before it has come.
fn read(mut stream: &TcpStream, queries: &AtomicUsize, hurt: &AtomicBool) -> Option<Asked> {
    stream.set_read_timeout(Some(HANG)).unwrap();
    let mut bytes = Vec::new();
    let mut piece = vec![0; 65_536];
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        let count = stream.read(&mut piece).ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&piece[..count]);
    };
    let headers = String::from_utf8_lossy(&bytes[..head]).into_owned();
    let mut asked = Asked {
        path: headers.split(' ').nth(1)?.to_owned(),
        headers,
        body: bytes.split_off(head),
        json: None,
        queries: 0,
        hurt: hurt.load(Ordering::SeqCst),
    };
    let length = asked.header("content-length").map_or(Ok(0), str::parse);
    let length: usize = length.ok()?;
    while asked.body.len() < length {
        let count = stream.read(&mut piece).ok().filter(|count| *count > 0)?;
        asked.body.extend_from_slice(&piece[..count]);
    }
    let mut body = asked.body.clone();
    let _ = json_strip_comments::strip_slice(&mut body);
    asked.json = serde_json::from_slice(&body).ok();
    if asked.kind() == "query" {
        asked.queries = queries.fetch_add(1, Ordering::SeqCst);
    }
    Some(asked)
}

fn write(mut stream: TcpStream, answer: &Answer, hurt: &AtomicBool) {
    let mut head = format!("HTTP/1.1 {} X\r\nconnection: close\r\n", answer.status);
    for (name, value) in &answer.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("transfer-encoding: chunked\r\n\r\n");
    if answer.sulks {
        hurt.store(true, Ordering::SeqCst);
    }
    let _ = stream.write_all(head.as_bytes());
    if answer.sulks {
        // The end of what the reader sends is the end of the reader.
        let _ = stream.read(&mut [0]);
        return;
    }
    if answer.wait > Duration::ZERO {
        thread::park_timeout(answer.wait);
    }
    let chunk = format!("{:x}\r\n", answer.body.len());
    let end = if answer.cut { "\r\n" } else { "\r\n0\r\n\r\n" };
    let chunk = if answer.body.is_empty() {
        b"0\r\n\r\n".to_vec()
    } else {
        [chunk.as_bytes(), &answer.body, end.as_bytes()].concat()
    };
    let _ = stream.write_all(&chunk);
}

/// The answer of a bot that keeps every rule: it says what was said to it.
fn good(asked: &Asked) -> Answer {
    let key = asked.header("authorization").and_then(|value| {
        let (scheme, key) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(key.trim())
    });
    if key != Some(KEY) {
        return Answer::refusal(401);
    }
    if !asked.json.as_ref().is_some_and(Value::is_object) {
        return Answer::refusal(400);
    }
    match asked.kind() {
        "query" => {
            let content = asked.last()["content"].as_str().unwrap_or_default();
            let text = json!({"text": content}).to_string();
            Answer::events(&[
                ("meta", r#"{"content_type":"text/markdown"}"#),
                ("text", &text),
                ("done", "{}"),
            ])
        }
        "settings" => Answer::json(200, &json!({"response_version": 2})),
        "report_feedback" | "report_reaction" | "report_error" => Answer::json(200, &json!({})),
        _ => Answer::refusal(501),
    }
}
