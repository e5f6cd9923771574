//! The load: clients that ask, read the whole reply, and ask again.

use std::{
    io::{Read as _, Write as _},
    iter::repeat_n,
    net::SocketAddr,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
    time::timeout,
};

/// What ends a reply: the last event, and the last chunk of the body.
const LAST_EVENT: &[u8] = b"event: done";
const LAST_CHUNK: &[u8] = b"\r\n0\r\n\r\n";

/// Longest silence in the middle of a reply before the measurement is given up.
pub(crate) const SILENCE_MAX: Duration = Duration::from_secs(30);

/// The key that clients show; long enough to be one.
pub(crate) const KEY: &str = "the-key-of-a-bot-that-is-measured";

/// Letters of an earlier message; with all that stands around them it has 640 bytes.
const EARLIER: usize = 518;

/// So many clients, each asking for so many texts.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    pub(crate) address: SocketAddr,
    pub(crate) path: &'static str,
    pub(crate) clients: usize,
    pub(crate) texts: usize,
}

/// What a load was given.
#[derive(Clone, Copy)]
pub(crate) struct Served {
    pub(crate) replies: f64,
    pub(crate) seconds: f64,
}

/// The request, whole.
pub(crate) fn request(path: &str, content: &str) -> Vec<u8> {
    request_after(path, 0, content)
}

/// The request at the end of a conversation: so many messages of 640 bytes go before it.
pub(crate) fn request_after(path: &str, earlier: usize, content: &str) -> Vec<u8> {
    let message = |content: &str| {
        format!(
            r#"{{"role":"user","content":"{content}","content_type":"text/markdown","timestamp":0,"message_id":"m","feedback":[],"attachments":[]}}"#
        )
    };
    let mut messages: Vec<String> = repeat_n(message(&"x".repeat(EARLIER)), earlier).collect();
    messages.push(message(content));
    let messages = messages.join(",");
    let body = format!(
        r#"{{"version":"1.2","type":"query","query":[{messages}],"user_id":"u","conversation_id":"c","message_id":"m"}}"#
    );
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {KEY}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

impl Load {
    /// Replies per second, each as many texts as asked for.
    pub(crate) fn run(self, time: Duration) -> f64 {
        self.run_with(&format!("say {} 20", self.texts), time)
    }

    /// The same with a message that makes the bot say so many texts in another way.
    pub(crate) fn run_with(self, content: &str, time: Duration) -> f64 {
        let served = self.serve(&request(self.path, content), time);
        served.replies / served.seconds
    }

    /// Has all clients send this request, again and again.
    pub(crate) fn serve(self, request: &[u8], time: Duration) -> Served {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let mut first = Client::connect(self.address).await.unwrap();
            first.ask(request).await;
            let texts = first.answer.texts();
            assert_eq!(texts, self.texts, "a reply has another length");
            let start = Instant::now();
            let mut clients = JoinSet::new();
            for _ in 0..self.clients {
                let request = request.to_vec();
                clients.spawn(async move {
                    let mut client = Client::connect(self.address).await.unwrap();
                    let mut replies = 0_u32;
                    while start.elapsed() < time {
                        client.ask(&request).await;
                        replies += 1;
                    }
                    replies
                });
            }
            let replies: u32 = clients.join_all().await.into_iter().sum();
            Served {
                replies: f64::from(replies),
                seconds: start.elapsed().as_secs_f64(),
            }
        })
    }

    /// Microseconds from the request to the first event, of one client that asks for so long.
    pub(crate) fn first_events(self, request: &[u8], time: Duration) -> Vec<f64> {
        let mut stream = std::net::TcpStream::connect(self.address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(SILENCE_MAX)).unwrap();
        let mut answer = Answer::default();
        let mut piece = [0; 4096];
        let mut took = Vec::new();
        let start = Instant::now();
        while start.elapsed() < time {
            answer.0.clear();
            let asked = Instant::now();
            stream.write_all(request).unwrap();
            let mut first = None;
            while !answer.is_whole() {
                let read = stream.read(&mut piece).unwrap();
                assert!(read > 0, "the server closed in the middle");
                answer.0.extend_from_slice(&piece[..read]);
                if first.is_none() && answer.has_begun() {
                    first = Some(asked.elapsed());
                }
            }
            took.push(first.unwrap().as_secs_f64() * 1e6);
        }
        took
    }
}

/// What has come of one answer.
#[derive(Default)]
struct Answer(Vec<u8>);

impl Answer {
    /// Where the body begins.
    fn body(&self) -> Option<usize> {
        find(&self.0, b"\r\n\r\n").map(|at| at + 4)
    }

    /// Whether the name of an event has come.
    fn has_begun(&self) -> bool {
        self.body()
            .is_some_and(|body| find(&self.0[body..], b"event: ").is_some())
    }

    /// Its whole length, where the head says so; else it comes in chunks.
    fn length(&self) -> Option<usize> {
        let body = self.body()?;
        let head = std::str::from_utf8(&self.0[..body]).ok()?;
        let (_, rest) = head.split_once("content-length: ")?;
        let (length, _) = rest.split_once("\r\n")?;
        Some(body + length.parse::<usize>().ok()?)
    }

    fn is_whole(&self) -> bool {
        self.0.ends_with(LAST_CHUNK) || self.length().is_some_and(|length| self.0.len() >= length)
    }

    /// Fails with its end, where it is no reply.
    fn check(&self) -> Result<(), String> {
        let ok = self.0.starts_with(b"HTTP/1.1 200");
        let tail = &self.0[self.0.len().saturating_sub(200)..];
        if ok && find(tail, LAST_EVENT).is_some() {
            return Ok(());
        }
        let tail = String::from_utf8_lossy(tail);
        Err(format!("not a whole reply: {tail}"))
    }

    /// Its texts; the body came in one piece, or in chunks that may end anywhere.
    fn texts(&self) -> usize {
        let (name, line) = (b"event: text", b"\r\n");
        let mut rest = &self.0[self.body().unwrap()..];
        if self.length().is_some() {
            return count(rest, name);
        }
        let mut body = Vec::new();
        loop {
            let size = find(rest, line).unwrap();
            let length = std::str::from_utf8(&rest[..size]).unwrap();
            let length = usize::from_str_radix(length, 16).unwrap();
            if length == 0 {
                break;
            }
            let chunk = &rest[size + line.len()..];
            body.extend_from_slice(&chunk[..length]);
            rest = &chunk[length + line.len()..];
        }
        count(&body, name)
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

pub(crate) fn count(bytes: &[u8], what: &[u8]) -> usize {
    let windows = bytes.windows(what.len());
    windows.filter(|window| *window == what).count()
}

/// A client with a connection of its own.
pub(crate) struct Client {
    stream: TcpStream,
    answer: Answer,
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> std::io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            answer: Answer(Vec::with_capacity(16 * 1024)),
        })
    }

    async fn ask(&mut self, request: &[u8]) {
        let asked = self.try_ask(request).await;
        assert_eq!(asked, Ok(()));
    }

    /// Sends one request and reads to the end of its answer, which must be a whole reply.
    pub(crate) async fn try_ask(&mut self, request: &[u8]) -> Result<(), String> {
        let failed = |error: std::io::Error| error.to_string();
        self.stream.write_all(request).await.map_err(failed)?;
        self.answer.0.clear();
        while !self.answer.is_whole() {
            let read = timeout(SILENCE_MAX, self.stream.read_buf(&mut self.answer.0)).await;
            let read = read.map_err(|_| format!("silent for {SILENCE_MAX:?}"))?;
            if read.map_err(failed)? == 0 {
                let said = String::from_utf8_lossy(&self.answer.0);
                return Err(format!("the server closed in the middle: {said}"));
            }
        }
        self.answer.check()
    }
}
