//! A request to the web.

use std::time::Duration;

use serde_json::Value;

/// A request with the method `GET`.
pub fn get(url: impl Into<String>) -> Request {
    request("GET", url)
}

/// A request with the method `POST`.
pub fn post(url: impl Into<String>) -> Request {
    request("POST", url)
}

/// A request with any method.
pub fn request(method: impl Into<String>, url: impl Into<String>) -> Request {
    Request {
        method: method.into(),
        url: url.into(),
        headers: Vec::new(),
        body: Vec::new(),
        timeouts: Timeouts::default(),
    }
}

/// A request to the web; sent with [`send`](Self::send).
#[derive(Clone, PartialEq, Eq)]
#[must_use = "a request is sent with `send`"]
pub struct Request {
    /// The method, in capitals.
    pub method: String,
    /// The URL: `http` or `https`, a host, perhaps a port, and a path.
    pub url: String,
    /// Names and values of headers, in the order in which they are sent.
    pub headers: Vec<(String, String)>,
    /// What is sent along; mostly empty for `GET`.
    pub body: Vec<u8>,
    /// How long to wait.
    pub timeouts: Timeouts,
}

/// How long to wait for parts of an answer. `None` leaves it to the gateway.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timeouts {
    /// For a connection.
    pub connect: Option<Duration>,
    /// For the first byte of the answer.
    pub first_byte: Option<Duration>,
    /// From one byte of the answer to the next.
    pub between_bytes: Option<Duration>,
}

impl Request {
    /// Adds a header.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Adds the header `Authorization` with this bearer token.
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }

    /// Sends these bytes along.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Sends this JSON value along, with its content type.
    pub fn json(self, value: &Value) -> Self {
        self.header("content-type", "application/json")
            .body(value.to_string())
    }

    /// Waits this long for a connection.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.timeouts.connect = Some(timeout);
        self
    }

    /// Waits this long for the first byte of the answer.
    pub fn first_byte_timeout(mut self, timeout: Duration) -> Self {
        self.timeouts.first_byte = Some(timeout);
        self
    }

    /// Waits this long from one byte of the answer to the next.
    pub fn between_bytes_timeout(mut self, timeout: Duration) -> Self {
        self.timeouts.between_bytes = Some(timeout);
        self
    }
}

/// Values of headers can be secrets, and do not belong in a log.
impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("url", &self.url)
            .field("headers", &names)
            .field("body_bytes", &self.body.len())
            .field("timeouts", &self.timeouts)
            .finish()
    }
}
