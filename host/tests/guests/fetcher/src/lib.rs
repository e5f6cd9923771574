//! Sends HTTP requests, step by step, as the last message says: a JSON list of steps, each a list of
//! texts. What goes wrong is said as `error: CODE`, and the steps go on.
//!
//! - `request METHOD URL`: begins a request; the one before is forgotten, `keep` keeps it open;
//! - `header NAME VALUE`: adds a header;
//! - `timeout WHICH MILLISECONDS`: `connect`, `first-byte` or `between-bytes`;
//! - `open`: gets the body ready to be written; `send`: sends the request;
//! - `write TEXT`, `fill BYTES`: writes to the body; `finish`: ends it; `abandon`: drops it;
//! - `head`: waits for the response and says its status; `show NAME`: says one of its headers;
//! - `read`: says the next chunk of its body; `rest`: says all that is left; `count`: says how many
//!   bytes are left;
//! - `say TEXT`: says it; `print TEXT`: logs it; `trap`: stops in the middle.

use raw::{
    reply,
    wasip2::{
        http::{
            outgoing_handler,
            types::{
                Fields, FutureIncomingResponse, IncomingBody, IncomingResponse, Method,
                OutgoingBody, OutgoingRequest, RequestOptions, Scheme,
            },
        },
        io::streams::{InputStream, OutputStream, StreamError},
    },
};

/// A request on its way. A part is dropped before what it is a part of.
#[derive(Default)]
struct Exchange {
    headers: Option<Fields>,
    method: String,
    url: String,
    options: Option<RequestOptions>,
    request: Option<OutgoingRequest>,
    writer: Option<OutputStream>,
    outgoing: Option<OutgoingBody>,
    future: Option<FutureIncomingResponse>,
    reader: Option<InputStream>,
    incoming: Option<IncomingBody>,
    response: Option<IncomingResponse>,
}

/// Most bytes that one blocking write may bring.
const WRITE_BYTES_MAX: usize = 4096;

fn say(text: &str) {
    let _ = reply::text(text);
}

fn debug(error: impl std::fmt::Debug) -> String {
    format!("{error:?}")
}

fn stream_error(error: StreamError) -> String {
    match error {
        StreamError::Closed => "closed".to_owned(),
        StreamError::LastOperationFailed(error) => {
            match raw::wasip2::http::types::http_error_code(&error) {
                Some(code) => debug(code),
                None => error.to_debug_string(),
            }
        }
    }
}

fn method(name: &str) -> Method {
    match name {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "DELETE" => Method::Delete,
        "CONNECT" => Method::Connect,
        "TRACE" => Method::Trace,
        other => Method::Other(other.to_owned()),
    }
}

impl Exchange {
    /// Turns what was said so far into a request; more headers come too late.
    fn build(&mut self) -> Result<(), String> {
        let Some(headers) = self.headers.take() else {
            return Ok(());
        };
        let request = OutgoingRequest::new(headers);
        let (scheme, rest) = self.url.split_once("://").unwrap_or(("", &self.url));
        let scheme = match scheme {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            other => Scheme::Other(other.to_owned()),
        };
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let path = if path.is_empty() { "/" } else { path };
        let set = request
            .set_method(&method(&self.method))
            .and_then(|()| request.set_scheme(Some(&scheme)))
            .and_then(|()| request.set_authority(Some(authority)))
            .and_then(|()| request.set_path_with_query(Some(path)));
        self.request = Some(request);
        set.map_err(|()| "not a URL".to_owned())
    }

    fn open(&mut self) -> Result<(), String> {
        self.build()?;
        let request = self.request.as_ref().ok_or("no request")?;
        let body = request.body().map_err(|()| "no body")?;
        self.writer = Some(body.write().map_err(|()| "no stream")?);
        self.outgoing = Some(body);
        Ok(())
    }

    fn send(&mut self) -> Result<(), String> {
        self.build()?;
        let request = self.request.take().ok_or("no request")?;
        let future = outgoing_handler::handle(request, self.options.take()).map_err(debug)?;
        self.future = Some(future);
        Ok(())
    }

    fn write(&self, bytes: &[u8]) -> Result<(), String> {
        let writer = self.writer.as_ref().ok_or("no body")?;
        bytes
            .chunks(WRITE_BYTES_MAX)
            .try_for_each(|piece| writer.blocking_write_and_flush(piece))
            .map_err(stream_error)
    }

    fn finish(&mut self) -> Result<(), String> {
        self.writer = None;
        let body = self.outgoing.take().ok_or("no body")?;
        OutgoingBody::finish(body, None).map_err(debug)
    }

    fn head(&mut self) -> Result<(), String> {
        let future = self.future.take().ok_or("no request")?;
        future.subscribe().block();
        let response = future.get().ok_or("not ready")?.map_err(debug)?;
        let response = response.map_err(debug)?;
        say(&format!("{}\n", response.status()));
        let body = response.consume().map_err(|()| "no body")?;
        self.reader = Some(body.stream().map_err(|()| "no stream")?);
        self.incoming = Some(body);
        self.response = Some(response);
        Ok(())
    }

    /// The next chunk; `None` at the end.
    fn read(&self) -> Result<Option<Vec<u8>>, String> {
        let reader = self.reader.as_ref().ok_or("no response")?;
        match reader.blocking_read(1 << 16) {
            Ok(chunk) => Ok(Some(chunk)),
            Err(StreamError::Closed) => Ok(None),
            Err(error) => Err(stream_error(error)),
        }
    }

    fn show(&self, name: &str) -> Result<(), String> {
        let response = self.response.as_ref().ok_or("no response")?;
        for value in response.headers().get(name) {
            say(&format!("{name}: {}\n", String::from_utf8_lossy(&value)));
        }
        Ok(())
    }

    fn timeout(&mut self, which: &str, milliseconds: &str) -> Result<(), String> {
        let nanoseconds = milliseconds.parse::<u64>().map_err(debug)? * 1_000_000;
        let options = self.options.get_or_insert_with(RequestOptions::new);
        let set = match which {
            "connect" => options.set_connect_timeout(Some(nanoseconds)),
            "first-byte" => options.set_first_byte_timeout(Some(nanoseconds)),
            _ => options.set_between_bytes_timeout(Some(nanoseconds)),
        };
        set.map_err(|()| "not a timeout".to_owned())
    }

    fn rest(&self, each: &mut dyn FnMut(&[u8])) -> Result<(), String> {
        while let Some(chunk) = self.read()? {
            each(&chunk);
        }
        Ok(())
    }

    fn step(&mut self, words: &[&str]) -> Result<(), String> {
        match words {
            ["header", name, value] => {
                let headers = self.headers.as_ref().ok_or("no request")?;
                headers.append(name, value.as_bytes()).map_err(debug)
            }
            ["timeout", which, milliseconds] => self.timeout(which, milliseconds),
            ["open"] => self.open(),
            ["send"] => self.send(),
            ["write", text] => self.write(text.as_bytes()),
            ["fill", bytes] => self.write(&vec![b'x'; bytes.parse().map_err(debug)?]),
            ["finish"] => self.finish(),
            ["abandon"] => {
                self.writer = None;
                self.outgoing = None;
                Ok(())
            }
            ["head"] => self.head(),
            ["show", name] => self.show(name),
            ["read"] => {
                let chunk = self.read()?;
                say(&chunk.map_or_else(
                    || "the end".into(),
                    |c| String::from_utf8_lossy(&c).into_owned(),
                ));
                Ok(())
            }
            ["rest"] => self.rest(&mut |chunk| say(&String::from_utf8_lossy(chunk))),
            ["count"] => {
                let mut bytes = 0;
                let ended = self.rest(&mut |chunk| bytes += chunk.len());
                say(&format!("{bytes} bytes\n"));
                ended
            }
            ["say", text] => {
                say(text);
                Ok(())
            }
            ["print", text] => {
                println!("{text}");
                Ok(())
            }
            ["trap"] => panic!("as asked"),
            other => Err(format!("no such step: {other:?}")),
        }
    }
}

struct Bot;

impl raw::Odd for Bot {
    fn respond(query: raw::Query) -> Result<(), raw::Failure> {
        let steps: Vec<Vec<String>> =
            raw::serde_json::from_str(raw::last_text(&query)).unwrap_or_default();
        let mut kept = Vec::new();
        let mut exchange = Exchange::default();
        for step in &steps {
            let words: Vec<&str> = step.iter().map(String::as_str).collect();
            let done = match words.as_slice() {
                ["keep"] => {
                    kept.push(std::mem::take(&mut exchange));
                    Ok(())
                }
                ["request", method, url] => {
                    exchange = Exchange {
                        headers: Some(Fields::new()),
                        method: (*method).to_owned(),
                        url: (*url).to_owned(),
                        ..Exchange::default()
                    };
                    Ok(())
                }
                words => exchange.step(words),
            };
            if let Err(error) = done {
                say(&format!("error: {error}\n"));
            }
        }
        Ok(())
    }
}

raw::export!(Bot);
