//! One way out: its connections, and what becomes of a request on them.

use std::{
    fmt,
    sync::{Arc, OnceLock},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use http_body::Body;
use reqwest::redirect;
use rustls::ClientConfig;
use tokio::{
    sync::OwnedSemaphorePermit,
    time::{Instant, timeout_at},
};
use url::Url;

use super::{
    OutboundShare, SendError, Shared,
    body::{Beat, Gone, Incoming, Outgoing, Pulse},
    cassette::{self, RequestKind, Tape},
    connection::{Http, IDENTITY, IDLE_MAX, IDLE_PER_HOST_MAX},
    error::HEAD_BYTES_MAX,
    policy::{self, Reach},
    resolver::Resolver,
    shares::Share,
};

/// Longest wait for a connection: name, TCP and TLS.
///
/// Three lost packets at TCP's doubling wait of 1, 2 and 4 s (RFC 6298), and some time for TLS.
pub const CONNECT_MAX: Duration = Duration::from_secs(10);

/// How much later the wait for a connection ends from outside, where it has not ended by itself.
const CONNECT_GRACE: Duration = Duration::from_secs(1);

/// Longest wait for the head of a response after the last byte of the request went out.
///
/// Language models may think for a minute before they say a word; proxies in front of them give up
/// after 60 s (nginx, `proxy_read_timeout`) or 100 s (Cloudflare).
pub const FIRST_BYTE_MAX: Duration = Duration::from_mins(2);

/// Longest silence in the middle of a response. Source: as above.
pub const BETWEEN_BYTES_MAX: Duration = Duration::from_mins(2);

/// What a request holds among those of its query.
pub type RequestPermit = OwnedSemaphorePermit;

/// How long a request may wait for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For a connection: a place for it, name, TCP and TLS.
    pub connect: Duration,
    /// For the head of the response.
    pub first_byte: Duration,
    /// For more of its body.
    pub between_bytes: Duration,
}

impl Timeouts {
    /// What is asked for, but no more than there is; what is not said is the most.
    pub fn at_most(
        connect: Option<Duration>,
        first_byte: Option<Duration>,
        between_bytes: Option<Duration>,
    ) -> Self {
        let lower = |asked: Option<Duration>, most: Duration| asked.map_or(most, |a| a.min(most));
        Self {
            connect: lower(connect, CONNECT_MAX),
            first_byte: lower(first_byte, FIRST_BYTE_MAX),
            between_bytes: lower(between_bytes, BETWEEN_BYTES_MAX),
        }
    }
}

/// A request, and what it may take.
#[derive(Debug)]
pub struct OutboundRequest<B> {
    /// The method. CONNECT and TRACE are refused.
    pub method: Method,
    /// Where it goes.
    pub url: Url,
    /// Its headers. `host`, `content-length` and those of the connection are not needed: they are
    /// made from the URL and the body.
    pub headers: HeaderMap,
    /// Bytes of its body, where that is known before it is written.
    pub length: Option<u64>,
    /// Its body.
    pub body: B,
    /// Whether the writer of the body is gone.
    pub gone: Gone,
    /// Its timeouts.
    pub timeouts: Timeouts,
    /// Bytes that the body of the response may have.
    pub body_bytes_max: u64,
    /// What it holds until the body of the response is gone.
    pub place: RequestPermit,
    /// What it passes by.
    pub tape: Option<Tape>,
}

/// A way out with connections of its own. They are closed when it is dropped.
pub struct Client {
    shared: Arc<Shared>,
    part: OutboundShare,
    public: OnceLock<Result<Http, SendError>>,
    private: OnceLock<Result<Http, SendError>>,
    /// For the user who runs the program.
    own: OnceLock<Result<reqwest::Client, SendError>>,
}

impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Client")
    }
}

impl Client {
    pub(super) fn new(shared: Arc<Shared>, part: OutboundShare) -> Self {
        Self {
            shared,
            part,
            public: OnceLock::new(),
            private: OnceLock::new(),
            own: OnceLock::new(),
        }
    }

    /// The connections for this URL, after a look at it: to public addresses, or to any when the
    /// operator has named the host.
    ///
    /// # Errors
    /// [`SendError::Url`], [`SendError::Address`], and [`SendError::Unavailable`].
    pub(super) fn http(&self, url: &Url) -> Result<&Http, SendError> {
        match policy::reach(url, &self.shared.private)? {
            Reach::Public => self.built(&self.public, Resolver::public),
            Reach::Private => self.named_by_operator(),
        }
    }

    /// The connections to what the operator has named: addresses are not checked.
    ///
    /// # Errors
    /// [`SendError::Unavailable`].
    pub(super) fn named_by_operator(&self) -> Result<&Http, SendError> {
        self.built(&self.private, Resolver::private)
    }

    /// Connections are made at the first use: many bots never send anything.
    fn built<'p>(
        &self,
        pool: &'p OnceLock<Result<Http, SendError>>,
        resolver: fn(Arc<dyn super::Lookup>, Share) -> Resolver,
    ) -> Result<&'p Http, SendError> {
        let build = || {
            let requests = self.shared.requests()?;
            let resolver = resolver(Arc::clone(&self.shared.lookup), self.part.lookups.clone());
            let share = self.part.connections.clone();
            Ok(Http::new(self.shared.tls()?, resolver, share, requests))
        };
        pool.get_or_init(build).as_ref().map_err(Clone::clone)
    }

    /// The connections for URLs that the user who runs the program has written: addresses are not
    /// checked.
    ///
    /// # Errors
    /// [`SendError::Unavailable`].
    pub fn to_any_address(&self) -> Result<&reqwest::Client, SendError> {
        let build = || {
            let lookup = Arc::clone(&self.shared.lookup);
            let resolver = Resolver::private(lookup, self.part.lookups.clone());
            own(self.shared.tls()?, resolver)
        };
        self.own.get_or_init(build).as_ref().map_err(Clone::clone)
    }

    /// Sends a request, and waits for the head of its response. Dropping the future, or the body of
    /// the response, closes the connection.
    ///
    /// # Errors
    /// See [`SendError`]. Statuses such as 404 are responses.
    pub async fn send<B>(
        &self,
        order: OutboundRequest<B>,
    ) -> Result<http::Response<Incoming>, SendError>
    where
        B: Body<Data = Bytes> + Send + Unpin + 'static,
    {
        let OutboundRequest {
            method,
            url,
            headers,
            length,
            body,
            gone,
            timeouts,
            body_bytes_max,
            place,
            tape,
        } = order;
        if matches!(method, Method::CONNECT | Method::TRACE) {
            return Err(SendError::Method);
        }
        let http = self.http(&url)?;
        let pulse = Pulse::start();
        let mut body = Outgoing::new(body, length, gone, pulse.clone());
        let sent = pulse.clone();
        let exchange = async move {
            // These methods have no body as a rule, and servers dislike an empty chunked one.
            let bare = [Method::GET, Method::HEAD, Method::DELETE, Method::OPTIONS];
            let bare = bare.contains(&method);
            if bare {
                body.look().await?;
            }
            let mut request = reqwest::Request::new(method, url);
            *request.headers_mut() = headers;
            frame(request.headers_mut(), bare, body.size_hint().exact());
            *request.body_mut() = Some(reqwest::Body::wrap(body));
            let sent = cassette::send(tape.as_ref(), http, request, Some(sent), described);
            sent.await.map_err(|lost| SendError::from(&lost))
        };
        let response = tokio::select! {
            // First: with its first poll it begins to wait for a connection.
            biased;
            response = exchange => response?,
            error = silence(&pulse, timeouts) => return Err(error),
        };
        let (head, body) = http::Response::<reqwest::Body>::from(response).into_parts();
        check(&head)?;
        let body = Incoming::new(body, body_bytes_max, timeouts.between_bytes, place);
        Ok(http::Response::from_parts(head, body))
    }
}

/// What a tape is told about a request; its body passes by later.
fn described(request: &reqwest::Request) -> cassette::Request {
    cassette::Request {
        kind: RequestKind::Http,
        target: format!("{} {}", request.method(), request.url()),
        headers: request.headers().clone(),
        body: Vec::new(),
    }
}

/// Says how the body is framed, where the HTTP client would not, or would say what is not so: it
/// sends no body with GET unless it is told to, and says nothing about an empty one.
fn frame(headers: &mut HeaderMap, bare: bool, length: Option<u64>) {
    headers.remove(header::CONTENT_LENGTH);
    match length {
        Some(0) if bare => {}
        Some(length) => {
            headers.insert(header::CONTENT_LENGTH, length.into());
        }
        None => {
            let chunked = HeaderValue::from_static("chunked");
            headers.insert(header::TRANSFER_ENCODING, chunked);
        }
    }
}

/// The client of the user who runs the program.
fn own(tls: ClientConfig, resolver: Resolver) -> Result<reqwest::Client, SendError> {
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .dns_resolver(resolver)
        .redirect(redirect::Policy::none())
        .referer(false)
        .default_headers(HeaderMap::from_iter([(header::ACCEPT_ENCODING, IDENTITY)]))
        .no_proxy()
        .http1_only()
        .connect_timeout(CONNECT_MAX)
        .pool_idle_timeout(IDLE_MAX)
        .pool_max_idle_per_host(IDLE_PER_HOST_MAX)
        .tcp_nodelay(true)
        .build()
        .map_err(|error| SendError::Unavailable(error.to_string()))
}

/// Ends when nothing has happened for too long; what did not happen.
async fn silence(pulse: &Pulse, timeouts: Timeouts) -> SendError {
    let mut heard = pulse.listen();
    loop {
        let beat = *heard.borrow_and_update();
        let (due, error) = match beat {
            Beat::Connecting(since) => {
                // At its own bound a connection ends by itself, and says better what was missing.
                let mut most = timeouts.connect;
                if most == CONNECT_MAX {
                    most += CONNECT_GRACE;
                }
                (since + most, SendError::ConnectTimeout)
            }
            Beat::Sending(last) => {
                let most = timeouts.first_byte;
                (last + most, SendError::FirstByteTimeout(most))
            }
        };
        if due <= Instant::now() {
            return error;
        }
        // Whether it is due or another kind of wait has begun, is looked at anew.
        let _ = timeout_at(due, heard.changed()).await;
    }
}

/// What is wrong with the head of a response.
fn check(head: &http::response::Parts) -> Result<(), SendError> {
    // Another protocol was not asked for.
    if head.status == StatusCode::SWITCHING_PROTOCOLS {
        return Err(SendError::Protocol);
    }
    let bytes = head
        .headers
        .iter()
        .map(|(name, value)| name.as_str().len().saturating_add(value.len()))
        .fold(0_usize, usize::saturating_add);
    if bytes > HEAD_BYTES_MAX {
        return Err(SendError::HeadTooLarge);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_connection_and_the_head_have_a_time_each() {
        let second = Duration::from_secs(1);
        let timeouts = Timeouts::at_most(Some(2 * second), Some(5 * second), None);
        let pulse = Pulse::start();
        pulse.connecting();
        let began = Instant::now();
        let error = silence(&pulse, timeouts).await;
        assert!(matches!(error, SendError::ConnectTimeout), "{error}");
        assert_eq!(began.elapsed(), 2 * second);

        // The connection comes while it is waited for.
        pulse.connecting();
        let began = Instant::now();
        let connected = async {
            tokio::time::sleep(second).await;
            pulse.sending();
        };
        let (error, ()) = tokio::join!(silence(&pulse, timeouts), connected);
        assert!(matches!(error, SendError::FirstByteTimeout(_)), "{error}");
        assert_eq!(began.elapsed(), 6 * second);
    }
}
