//! A small HTTP client that hides nothing: tests see each header and each byte of a body.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
};

use serde_json::{Value, json};

use super::HANG;

/// A query as the platform sends it, with one message.
pub fn query(text: &str) -> Value {
    json!({
        "version": "1.2",
        "type": "query",
        "query": [{ "role": "user", "content": text, "content_type": "text/markdown", "timestamp": 0 }],
        "user_id": "u-1",
        "conversation_id": "c-1",
        "message_id": "m-1",
    })
}

/// The bytes of a request.
pub fn post(path: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut head = format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    [head.as_bytes(), body].concat()
}

/// One connection; requests go out as they are given.
pub struct Connection {
    reader: BufReader<TcpStream>,
}

impl Connection {
    pub fn open(address: SocketAddr) -> Self {
        Self::over(TcpStream::connect(address).unwrap())
    }

    /// One that is open already.
    pub fn over(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(HANG)).unwrap();
        stream.set_write_timeout(Some(HANG)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            reader: BufReader::with_capacity(1024, stream),
        }
    }

    pub fn send(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        self.reader.get_mut().write_all(bytes.as_ref()).unwrap();
        self
    }

    /// Sends what the other side may refuse to take.
    pub fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> std::io::Result<()> {
        self.reader.get_mut().write_all(bytes.as_ref())
    }

    /// The status line and headers of the next answer; the body is still to come.
    pub fn stream(mut self) -> Stream {
        let (status, headers) = self.head();
        Stream {
            chunked: is_chunked(&headers),
            status,
            headers,
            connection: self,
            pending: Vec::new(),
            ended: false,
        }
    }

    /// The next answer, to its end.
    pub fn answer(&mut self) -> Answer {
        let (status, headers) = self.head();
        let mut body = Vec::new();
        if is_chunked(&headers) {
            while let Some(chunk) = self.chunk() {
                body.extend(chunk);
            }
        } else if let Some(length) = header(&headers, "content-length") {
            body.resize(length.parse().unwrap(), 0);
            self.reader.read_exact(&mut body).unwrap();
        } else {
            self.reader.read_to_end(&mut body).unwrap();
        }
        Answer {
            status,
            headers,
            body,
        }
    }

    /// The next answer, or nothing where the other side closes before it begins.
    pub fn try_answer(&mut self) -> Option<Answer> {
        let begins = self.reader.fill_buf().is_ok_and(|bytes| !bytes.is_empty());
        begins.then(|| self.answer())
    }

    /// Status and headers of the next answer, where no body follows, as after HEAD.
    pub fn head(&mut self) -> (u16, Vec<(String, String)>) {
        let line = self.line();
        let status = line
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        let status = status.unwrap_or_else(|| panic!("not a status line: {line:?}"));
        let mut headers = Vec::new();
        loop {
            let line = self.line();
            if line.is_empty() {
                return (status, headers);
            }
            let (name, value) = line
                .split_once(':')
                .unwrap_or_else(|| panic!("not a header: {line:?}"));
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
    }

    /// Reads until an answer has begun, and gives the name of the first event that says something; none where the
    /// answer is no stream.
    pub fn begun(&mut self) -> Option<String> {
        if self.head().0 != 200 {
            return None;
        }
        let mut line = String::new();
        loop {
            line.clear();
            assert_ne!(self.reader.read_line(&mut line).unwrap(), 0, "it was cut");
            if let Some(name) = line.trim_end().strip_prefix("event: ")
                && name != "meta"
            {
                return Some(name.to_owned());
            }
        }
    }

    /// Waits until the other side closes, and gives what came before that.
    pub fn until_closed(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        match self.reader.read_to_end(&mut bytes) {
            Ok(_) => {}
            Err(error) => assert_eq!(
                error.kind(),
                std::io::ErrorKind::ConnectionReset,
                "not closed in time"
            ),
        }
        bytes
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.reader.read_line(&mut line).unwrap();
        let whole = line.strip_suffix("\r\n");
        whole
            .unwrap_or_else(|| panic!("the connection was cut after {line:?}"))
            .to_owned()
    }

    fn chunk(&mut self) -> Option<Vec<u8>> {
        let line = self.line();
        let size = usize::from_str_radix(&line, 16)
            .unwrap_or_else(|_| panic!("not a chunk size: {line:?}"));
        let mut chunk = vec![0; size];
        self.reader.read_exact(&mut chunk).unwrap();
        assert_eq!(self.line(), "", "a chunk ends with a line end");
        (size > 0).then_some(chunk)
    }
}

fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers
        .iter()
        .find(|(known, _)| known == name)
        .map(|(_, value)| value.as_str())
}

fn is_chunked(headers: &[(String, String)]) -> bool {
    header(headers, "transfer-encoding") == Some("chunked")
}

/// A whole answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error} in {}", self.text()))
    }

    /// The events of a stream, each checked against the framing that is promised.
    pub fn events(&self) -> Vec<(String, Value)> {
        assert_eq!(self.status, 200, "{}", self.text());
        assert!(self.body.is_ascii(), "the stream is ASCII only");
        let blocks = self
            .text()
            .strip_suffix("\n\n")
            .expect("the stream ends with an empty line")
            .split("\n\n");
        blocks
            .filter(|block| !block.starts_with(':'))
            .map(event)
            .collect()
    }

    /// What a reader sees at the end: texts and replacements together.
    pub fn said(&self) -> String {
        let mut said = String::new();
        for (name, data) in self.events() {
            match name.as_str() {
                "replace_response" => data["text"].as_str().unwrap().clone_into(&mut said),
                "text" => said.push_str(data["text"].as_str().unwrap()),
                _ => {}
            }
        }
        said
    }

    /// The reply in short, one event per line; references become `[REF]`.
    pub fn show(&self) -> String {
        let events = self.events().into_iter();
        events
            .map(|(name, data)| without_reference(&format!("{name} {data}\n")))
            .collect()
    }

    /// The reference that the error of this reply names.
    pub fn reference(&self) -> String {
        let events = self.events();
        let (_, data) = events
            .iter()
            .find(|(name, _)| name == "error")
            .expect("an error event");
        let text = data["text"].as_str().unwrap();
        let (_, rest) = text
            .split_once("(reference ")
            .unwrap_or_else(|| panic!("no reference in {text:?}"));
        rest.split_once(')').unwrap().0.to_owned()
    }
}

fn without_reference(line: &str) -> String {
    match line.split_once("(reference ") {
        Some((before, rest)) => format!(
            "{before}(reference [REF]{}",
            &rest[rest.find(')').unwrap()..]
        ),
        None => line.to_owned(),
    }
}

fn event(block: &str) -> (String, Value) {
    let lines: Vec<&str> = block.split('\n').collect();
    let [name, data] = lines[..] else {
        panic!("not two lines: {block:?}")
    };
    let name = name
        .strip_prefix("event: ")
        .unwrap_or_else(|| panic!("no name: {block:?}"));
    let data = data
        .strip_prefix("data: ")
        .unwrap_or_else(|| panic!("no data: {block:?}"));
    let data: Value =
        serde_json::from_str(data).unwrap_or_else(|error| panic!("{error} in {data:?}"));
    assert!(data.is_object(), "data is an object: {block:?}");
    (name.to_owned(), data)
}

/// An answer that is read as it comes. Dropping it closes the connection.
pub struct Stream {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    connection: Connection,
    chunked: bool,
    pending: Vec<u8>,
    ended: bool,
}

impl Stream {
    /// The next event; comments are passed over. `None` after the end.
    pub fn next_event(&mut self) -> Option<(String, Value)> {
        loop {
            if let Some(end) = self.pending.windows(2).position(|pair| pair == b"\n\n") {
                let block: Vec<u8> = self.pending.drain(..end + 2).collect();
                if !block.starts_with(b":") {
                    return Some(event(std::str::from_utf8(&block[..end]).unwrap()));
                }
            } else if !self.more() {
                assert!(
                    self.pending.is_empty(),
                    "the stream was cut in the middle of an event"
                );
                return None;
            }
        }
    }

    /// Everything that has not been read yet, as the body of an answer.
    pub fn rest(mut self) -> Answer {
        while self.more() {}
        Answer {
            status: self.status,
            headers: self.headers,
            body: self.pending,
        }
    }

    /// Everything that has not been read yet, in the pieces that it was sent in.
    pub fn pieces(mut self) -> Vec<Vec<u8>> {
        std::iter::from_fn(|| self.connection.chunk()).collect()
    }

    fn more(&mut self) -> bool {
        if self.ended {
            return false;
        }
        assert!(self.chunked, "a stream is sent in chunks");
        match self.connection.chunk() {
            Some(chunk) => self.pending.extend(chunk),
            None => self.ended = true,
        }
        !self.ended
    }
}

/// The text of an error that has a reference, without it.
pub fn unreferred(text: &Value) -> String {
    let text = text.as_str().unwrap();
    let (before, rest) = text
        .split_once(" (reference ")
        .unwrap_or_else(|| panic!("no reference in {text:?}"));
    let (reference, after) = rest.split_once(')').unwrap();
    assert_eq!(reference.len(), 8, "{text}");
    format!("{before}{after}")
}
