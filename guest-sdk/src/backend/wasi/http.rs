//! Requests through `wasi:http`, which the gateway answers.

use std::time::Duration;

use wasip2::{
    http::{
        outgoing_handler,
        types::{
            ErrorCode, Fields, FutureIncomingResponse, IncomingBody, IncomingResponse, Method,
            OutgoingBody, OutgoingRequest, RequestOptions, Scheme,
        },
    },
    io::streams::{InputStream, OutputStream, StreamError},
};

use crate::{
    failure::HttpError,
    wait::Mode,
    web::{Head, Request, Target, Timeouts},
};

/// Most bytes of a body that are read at once.
const CHUNK_BYTES_MAX: u64 = 64 * 1024;

/// Sends a request and waits for the head of its answer.
pub(crate) async fn exchange<M: Mode>(request: Request) -> Result<(Head, Incoming), HttpError> {
    let target = Target::parse(&request.url)?;
    let scheme = if target.is_https {
        Scheme::Https
    } else {
        Scheme::Http
    };
    let outgoing = OutgoingRequest::new(fields(&request)?);
    outgoing
        .set_method(&method(&request.method))
        .and_then(|()| outgoing.set_scheme(Some(&scheme)))
        .and_then(|()| outgoing.set_authority(Some(target.authority)))
        .and_then(|()| outgoing.set_path_with_query(Some(&target.path)))
        .map_err(|()| HttpError::Invalid("the method or the URL is malformed".to_owned()))?;
    let body = outgoing.body().map_err(|()| refused("a body"))?;
    let origin = target.origin();
    let fault = |code| fault(code, &origin);
    let options = options(&request)?;
    let response = outgoing_handler::handle(outgoing, options).map_err(fault)?;
    write::<M>(body, &request.body).await;
    let incoming = head::<M>(response).await?.map_err(fault)?;
    let head = Head {
        status: incoming.status(),
        headers: text(incoming.headers().entries()),
    };
    let body = Incoming::new(&incoming, origin.clone())?;
    Ok((head, body))
}

fn refused(what: &str) -> HttpError {
    HttpError::Broken(format!("the gateway refused {what}"))
}

fn method(method: &str) -> Method {
    match method {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "DELETE" => Method::Delete,
        "CONNECT" => Method::Connect,
        "OPTIONS" => Method::Options,
        "TRACE" => Method::Trace,
        "PATCH" => Method::Patch,
        other => Method::Other(other.to_owned()),
    }
}

fn fields(request: &Request) -> Result<Fields, HttpError> {
    let fields = Fields::new();
    for (name, value) in &request.headers {
        fields
            .append(name, value.as_bytes())
            .map_err(|fault| HttpError::Invalid(format!("the header {name:?}: {fault:?}")))?;
    }
    let length = request.body.len();
    if length > 0 && !fields.has("content-length") {
        // Without it the body goes in chunks, which not every host takes.
        let _ = fields.append("content-length", length.to_string().as_bytes());
    }
    Ok(fields)
}

fn options(request: &Request) -> Result<Option<RequestOptions>, HttpError> {
    let timeouts = request.timeouts;
    if timeouts == Timeouts::default() {
        return Ok(None);
    }
    let nanoseconds = |timeout: Duration| u64::try_from(timeout.as_nanos()).unwrap_or(u64::MAX);
    let options = RequestOptions::new();
    options
        .set_connect_timeout(timeouts.connect.map(nanoseconds))
        .and_then(|()| options.set_first_byte_timeout(timeouts.first_byte.map(nanoseconds)))
        .and_then(|()| options.set_between_bytes_timeout(timeouts.between_bytes.map(nanoseconds)))
        .map_err(|()| refused("a timeout"))?;
    Ok(Some(options))
}

/// A host may answer before it has read everything; then its answer counts, not what goes wrong here.
async fn write<M: Mode>(body: OutgoingBody, bytes: &[u8]) {
    if !bytes.is_empty()
        && let Ok(stream) = body.write()
    {
        let _ = pour::<M>(&stream, bytes).await;
    }
    let _ = OutgoingBody::finish(body, None);
}

async fn pour<M: Mode>(stream: &OutputStream, mut bytes: &[u8]) -> Result<(), StreamError> {
    while !bytes.is_empty() {
        let room = usize::try_from(stream.check_write()?).unwrap_or(usize::MAX);
        if room == 0 {
            M::until(stream.subscribe()).await;
            continue;
        }
        let (now, later) = bytes.split_at(room.min(bytes.len()));
        stream.write(now)?;
        bytes = later;
    }
    stream.flush()?;
    // Ready again when everything is flushed.
    while stream.check_write()? == 0 {
        M::until(stream.subscribe()).await;
    }
    Ok(())
}

async fn head<M: Mode>(
    response: FutureIncomingResponse,
) -> Result<Result<IncomingResponse, ErrorCode>, HttpError> {
    loop {
        match response.get() {
            Some(Ok(head)) => return Ok(head),
            Some(Err(())) => return Err(refused("to give the answer twice")),
            None => M::until(response.subscribe()).await,
        }
    }
}

fn text(headers: Vec<(String, Vec<u8>)>) -> Vec<(String, String)> {
    let text = |value: Vec<u8>| String::from_utf8_lossy(&value).into_owned();
    headers
        .into_iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), text(value)))
        .collect()
}

/// What an error of `wasi:http` means for a bot's author.
fn fault(code: ErrorCode, origin: &str) -> HttpError {
    match code {
        ErrorCode::HttpRequestDenied => HttpError::denied(origin),
        ErrorCode::DnsTimeout
        | ErrorCode::ConnectionTimeout
        | ErrorCode::ConnectionReadTimeout
        | ErrorCode::ConnectionWriteTimeout
        | ErrorCode::HttpResponseTimeout => {
            HttpError::Timeout(format!("{origin} took too long: {code:?}"))
        }
        ErrorCode::HttpRequestUriInvalid | ErrorCode::HttpRequestMethodInvalid => {
            HttpError::Invalid(format!("the request to {origin}: {code:?}"))
        }
        code => HttpError::Broken(format!("{origin}: {code:?}")),
    }
}

/// The body of an answer. The fields are in the order in which they have to be dropped.
#[derive(Debug)]
pub(crate) struct Incoming {
    /// `None` after the end.
    stream: Option<InputStream>,
    body: Option<IncomingBody>,
    /// Scheme, host and port, for errors.
    origin: String,
}

impl Incoming {
    fn new(response: &IncomingResponse, origin: String) -> Result<Self, HttpError> {
        let body = response.consume().map_err(|()| refused("the body"))?;
        let stream = body.stream().map_err(|()| refused("the body"))?;
        Ok(Self {
            stream: Some(stream),
            body: Some(body),
            origin,
        })
    }

    /// What has arrived; `None` after the end.
    pub(crate) async fn chunk<M: Mode>(&mut self) -> Result<Option<Vec<u8>>, HttpError> {
        while let Some(stream) = &self.stream {
            match stream.read(CHUNK_BYTES_MAX) {
                Ok(bytes) if bytes.is_empty() => M::until(stream.subscribe()).await,
                Ok(bytes) => return Ok(Some(bytes)),
                Err(StreamError::Closed) => {
                    self.stream = None;
                    return self.end::<M>().await;
                }
                Err(StreamError::LastOperationFailed(error)) => {
                    let fault = match wasip2::http::types::http_error_code(&error) {
                        Some(code) => fault(code, &self.origin),
                        None => HttpError::Broken(format!(
                            "{}: {}",
                            self.origin,
                            error.to_debug_string()
                        )),
                    };
                    self.stream = None;
                    return Err(fault);
                }
            }
        }
        Ok(None)
    }

    /// A body that broke off ends like a whole one; only its trailers tell.
    async fn end<M: Mode>(&mut self) -> Result<Option<Vec<u8>>, HttpError> {
        let Some(body) = self.body.take() else {
            return Ok(None);
        };
        let trailers = IncomingBody::finish(body);
        loop {
            match trailers.get() {
                Some(Ok(Err(code))) => return Err(fault(code, &self.origin)),
                Some(Ok(Ok(_)) | Err(())) => return Ok(None),
                None => M::until(trailers.subscribe()).await,
            }
        }
    }
}
