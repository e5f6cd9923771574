//! The load: clients that ask, read the whole reply, and ask again.

use std::{
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

/// So many clients, each asking for so many texts.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    pub(crate) address: SocketAddr,
    pub(crate) path: &'static str,
    pub(crate) clients: usize,
    pub(crate) texts: usize,
}

/// The request, whole.
pub(crate) fn request(path: &str, content: &str) -> Vec<u8> {
    let body = format!(
        r#"{{"version":"1.2","type":"query","query":[{{"role":"user","content":"{content}","content_type":"text/markdown","timestamp":0,"message_id":"m","feedback":[],"attachments":[]}}],"user_id":"u","conversation_id":"c","message_id":"m"}}"#
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
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let request = request(self.path, content);
            let mut first = Client::connect(self.address).await;
            first.ask(&request).await;
            assert_eq!(first.texts(), self.texts, "a reply has another length");
            let start = Instant::now();
            let mut clients = JoinSet::new();
            for _ in 0..self.clients {
                let request = request.clone();
                clients.spawn(async move {
                    let mut client = Client::connect(self.address).await;
                    let mut replies = 0_u32;
                    while start.elapsed() < time {
                        client.ask(&request).await;
                        replies += 1;
                    }
                    replies
                });
            }
            let replies: u32 = clients.join_all().await.into_iter().sum();
            f64::from(replies) / start.elapsed().as_secs_f64()
        })
    }
}

struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Client {
    async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream,
            buffer: Vec::with_capacity(256 * 1024),
        }
    }

    /// Texts of the last reply, whose body came in chunks that may end anywhere.
    fn texts(&self) -> usize {
        let (name, line) = (b"event: text", b"\r\n");
        let find = |bytes: &[u8], what: &[u8]| bytes.windows(what.len()).position(|w| w == what);
        let mut rest = &self.buffer[find(&self.buffer, b"\r\n\r\n").unwrap() + 4..];
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
        body.windows(name.len()).filter(|w| w == name).count()
    }

    /// Sends one request and reads to the end of its answer, which must be a whole reply.
    async fn ask(&mut self, request: &[u8]) {
        self.stream.write_all(request).await.unwrap();
        self.buffer.clear();
        while !self.buffer.ends_with(LAST_CHUNK) {
            let read = timeout(SILENCE_MAX, self.stream.read_buf(&mut self.buffer));
            let read = read.await.unwrap().unwrap();
            assert!(
                read > 0,
                "the server closed in the middle: {}",
                String::from_utf8_lossy(&self.buffer)
            );
        }
        let ok = self.buffer.starts_with(b"HTTP/1.1 200");
        let tail = &self.buffer[self.buffer.len().saturating_sub(200)..];
        let done = tail
            .windows(LAST_EVENT.len())
            .any(|window| window == LAST_EVENT);
        assert!(
            ok && done,
            "not a whole reply: {}",
            String::from_utf8_lossy(tail)
        );
    }
}
