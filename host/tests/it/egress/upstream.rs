//! Servers that the tests play: every byte of the conversation is in the test's hands.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use crate::harness::HANG;

/// A server on loopback. Each connection is a conversation of its own, in a thread of its own.
pub struct Upstream {
    pub address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

impl Upstream {
    pub fn start(talk: impl Fn(Conversation) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let (count, talk) = (Arc::clone(&connections), Arc::new(talk));
        thread::spawn(move || {
            for stream in listener.incoming() {
                count.fetch_add(1, Ordering::SeqCst);
                let talk = Arc::clone(&talk);
                let stream = stream.unwrap();
                thread::spawn(move || talk(Conversation::new(stream)));
            }
        });
        Self {
            address,
            connections,
        }
    }

    /// Answers every request with these bytes, and closes.
    pub fn saying(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        Self::start(move |mut talk| {
            talk.request();
            talk.say(&bytes);
        })
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How often somebody has connected.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// One connection, seen from the server.
pub struct Conversation {
    stream: BufReader<TcpStream>,
}

impl Conversation {
    fn new(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(HANG)).unwrap();
        stream.set_write_timeout(Some(HANG)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream: BufReader::new(stream),
        }
    }

    /// The head of the next request, as it came. Empty when the connection ends before it.
    pub fn request(&mut self) -> String {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if self.stream.read_line(&mut head).unwrap_or(0) == 0 {
                return String::new();
            }
        }
        head
    }

    /// One line of the body, as it came.
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).unwrap();
        line
    }

    pub fn say(&mut self, bytes: impl AsRef<[u8]>) {
        // Whoever hangs up has heard enough.
        let _ = self.stream.get_mut().write_all(bytes.as_ref());
    }

    /// Says the same again and again until the other side hangs up.
    pub fn say_for_ever(&mut self, bytes: &[u8]) -> u64 {
        let mut said = 0;
        while self.stream.get_mut().write_all(bytes).is_ok() {
            said += bytes.len() as u64;
        }
        said
    }

    /// Whether the other side hangs up, or says something, within this time.
    pub fn is_closed_within(&mut self, time: Duration) -> bool {
        self.stream.get_mut().set_read_timeout(Some(time)).unwrap();
        self.stream.fill_buf().is_ok()
    }

    /// Waits until the other side hangs up, and gives what came before that.
    pub fn until_closed(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        match self.stream.read_to_end(&mut rest) {
            Ok(_) => {}
            Err(error) => assert_eq!(
                error.kind(),
                std::io::ErrorKind::ConnectionReset,
                "the other side does not hang up"
            ),
        }
        rest
    }
}
