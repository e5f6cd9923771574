//! A server of somebody else, in the hands of the test.

use std::{
    io::{BufRead, BufReader, ErrorKind, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::mpsc::{Receiver, sync_channel},
    thread,
};

use serde_json::Value;

use super::SECRET;
use crate::harness::HANG;

/// A server on loopback, which hands each connection to the test.
pub struct Api {
    address: SocketAddr,
    connections: Receiver<TcpStream>,
}

impl Api {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (hand, connections) = sync_channel(64);
        thread::spawn(move || {
            for connection in listener.incoming() {
                // A test that has ended wants no more of them.
                if hand.send(connection.unwrap()).is_err() {
                    return;
                }
            }
        });
        Self {
            address,
            connections,
        }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The next request, whole.
    pub fn next(&self) -> Asked {
        let connection = self.connections.recv_timeout(HANG).unwrap();
        connection.set_read_timeout(Some(HANG)).unwrap();
        connection.set_write_timeout(Some(HANG)).unwrap();
        connection.set_nodelay(true).unwrap();
        let mut connection = BufReader::new(connection);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(connection.read_line(&mut head).unwrap(), 0, "{head:?}");
        }
        let mut lengths = head
            .lines()
            .filter_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; lengths.next().unwrap().parse().unwrap()];
        connection.read_exact(&mut body).unwrap();
        Asked {
            head,
            body: serde_json::from_slice(&body).unwrap(),
            connection,
        }
    }

    /// Whether nobody has connected so far, but for what [`next`](Self::next) gave.
    pub fn is_untouched(&self) -> bool {
        self.connections.try_recv().is_err()
    }
}

/// A request. What it is answered is for the test to say; dropping it hangs up.
pub struct Asked {
    pub head: String,
    pub body: Value,
    connection: BufReader<TcpStream>,
}

impl Asked {
    pub fn say(&mut self, bytes: impl AsRef<[u8]>) {
        // Whoever hangs up has heard enough.
        let _ = self.connection.get_mut().write_all(bytes.as_ref());
    }

    /// Says this and hangs up.
    pub fn answer(mut self, bytes: impl AsRef<[u8]>) {
        self.say(bytes);
    }

    /// Waits until the other side hangs up.
    pub fn until_closed(mut self) {
        let mut rest = Vec::new();
        match self.connection.read_to_end(&mut rest) {
            Ok(_) => assert_eq!(rest, b"", "nothing follows a request"),
            Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset, "nobody hangs up"),
        }
    }

    /// Asserts that the secret is in the one header that it is for, and nowhere else.
    pub fn assert_secret(&self) {
        let header = format!("authorization: Bearer {SECRET}\r\n");
        assert!(self.head.contains(&header), "{}", self.head);
        let whole = format!("{}{}", self.head, self.body);
        assert_eq!(whole.matches(SECRET).count(), 1, "{whole}");
        assert!(!whole.contains("ravenry-secret-"), "{whole}");
    }
}
