//! `wasi:http` outbound: what a bot may send where, and what it hears of it.
//!
//! Held here, for each request: the hosts that the bot may reach, how many of its requests are
//! under way, which headers leave, and what its log says when something is refused. Addresses, TLS
//! and the bytes are for `ravenry_outbound`.

use std::{future::Future, pin::Pin, sync::Arc};

use http::{HeaderMap, HeaderName, header};
use http_body_util::BodyExt;
use tokio::{sync::Semaphore, time::timeout};
use url::Url;
use wasmtime_wasi_http::{
    DEFAULT_FORBIDDEN_HEADERS, Error, ForbiddenHeaderFilter, RequestOptions, WasiBody,
    WasiHttpHooks,
};

use super::log::BotLog;
use crate::secrets::Secrets;
use ravenry_base::hosts::HostPattern;
use ravenry_outbound::{
    Client, Gone, Incoming, OutboundRequest, SendError, Timeouts, cassette::Tape,
};

/// What a bot may send, and over which connections. All its calls share it.
#[derive(Debug)]
pub struct Access {
    /// Its connections.
    pub client: Client,
    /// Where it may send requests. Empty: nowhere.
    pub hosts: Vec<HostPattern>,
    /// What it may use without having it.
    pub secrets: Arc<Secrets>,
    /// Requests of one call at once. One more waits; 0: none is sent.
    pub requests_max: u32,
    /// Bytes that the body of a response may have.
    pub body_bytes_max: u64,
}

/// Headers that a bot cannot set, and does not get, besides those that wasmtime knows: what
/// belongs to the connection is the host's (RFC 9110, 7.6.1).
const FORBIDDEN: [HeaderName; 3] = [header::TE, header::TRAILER, header::EXPECT];

/// Bytes of a request's body that one write may bring. Two such chunks wait on their way out.
///
/// Small, because a bot can open many bodies and send none of them.
pub(crate) const CHUNK_BYTES_MAX: usize = 32 * 1024;

/// What stands in the place of a host that cannot be named.
const UNKNOWN: &str = "an unknown host";

/// Longest name of a host, in bytes (RFC 1035, 2.3.4).
const HOST_BYTES_MAX: usize = 255;

/// The outbound HTTP of one call.
///
/// Dropped before the requests of the call are: then a body that is only half written does not look
/// like a whole one.
#[derive(Debug)]
pub(crate) struct Outbound {
    access: Arc<Access>,
    log: BotLog,
    tape: Option<Tape>,
    /// Made for the first request: most calls send none.
    shared: Option<Shared>,
}

/// What all requests of one call share.
#[derive(Clone, Debug)]
struct Shared {
    /// Places for requests under way.
    places: Arc<Semaphore>,
    log: BotLog,
    gone: Gone,
}

impl Drop for Outbound {
    fn drop(&mut self) {
        if let Some(shared) = &self.shared {
            shared.gone.say();
        }
    }
}

impl Outbound {
    /// For one call; `log` and `tape` are that call's.
    pub(crate) fn new(access: Arc<Access>, log: BotLog, tape: Option<Tape>) -> Self {
        Self {
            access,
            log,
            tape,
            shared: None,
        }
    }

    /// What this request shares with the others of the call.
    fn shared(&mut self) -> Shared {
        let make = || {
            let places = usize::try_from(self.access.requests_max).unwrap_or(usize::MAX);
            Shared {
                places: Arc::new(Semaphore::new(places.min(Semaphore::MAX_PERMITS))),
                log: self.log.clone(),
                gone: Gone::default(),
            }
        };
        self.shared.get_or_insert_with(make).clone()
    }

    /// Checks everything that can be checked before anything is done.
    fn check(&self, uri: &http::Uri) -> Result<Url, Refusal> {
        let url = Url::parse(&uri.to_string())
            .map_err(|_| Refusal::Failed(SendError::Url("it cannot be read as a URL")))?;
        if !self.access.hosts.iter().any(|host| host.matches(&url)) {
            return Err(Refusal::NotListed);
        }
        if self.access.requests_max == 0 {
            return Err(Refusal::None);
        }
        Ok(url)
    }
}

/// Why a request is not sent, or has no response.
#[derive(Debug)]
enum Refusal {
    /// The bot may not reach the host.
    NotListed,
    /// It may not send any request.
    None,
    /// Others of its requests took all places for too long.
    Full(u32),
    /// What `ravenry_outbound` says.
    Failed(SendError),
}

impl Refusal {
    /// What the guest is told.
    fn code(&self) -> Error {
        match self {
            Self::NotListed | Self::None => Error::HttpRequestDenied,
            Self::Full(_) => Error::ConnectionLimitReached,
            Self::Failed(error) => code(error),
        }
    }

    /// What the bot's log is told: the sentence goes on from the request, and ends with what to write
    /// where, when there is something to do about it.
    fn words(&self, origin: &str) -> String {
        match self {
            Self::NotListed => format!(
                "was refused: the bot may not reach this host; in its manifest, add `allowed_outbound_hosts = [\"{origin}\"]`"
            ),
            Self::None => {
                "was refused: the bot may not send any; raise `limits.outbound`".to_owned()
            }
            Self::Full(most) => format!(
                "was refused: {most} others of this query are under way, and none ended in time; read or drop their responses, or raise `limits.outbound`"
            ),
            Self::Failed(error) => match error {
                SendError::Address { .. } => format!(
                    "was refused: {error}; if it is meant, whoever runs the server can allow it with `--allow-private-host {}`",
                    origin.split_once("://").map_or(origin, |(_, host)| host)
                ),
                SendError::BodyTooLarge(_) => {
                    format!("failed: {error}; raise `limits.outbound_body`")
                }
                SendError::Url(_) | SendError::Method => format!("was refused: {error}"),
                SendError::Coding(_) => format!(
                    "failed: {error}; a bot that can read it says so in an `accept-encoding` of its own"
                ),
                SendError::NoConnectionFree => format!(
                    "was refused: {error}; read or drop responses, or let whoever runs the server raise `ulimit -n`"
                ),
                error => format!("failed: {error}"),
            },
        }
    }
}

/// The error of `wasi:http` for one of ours.
fn code(error: &SendError) -> Error {
    match error {
        SendError::Url(_) => Error::HttpRequestUriInvalid,
        SendError::Method => Error::HttpRequestMethodInvalid,
        SendError::Address { .. } => Error::DestinationIpProhibited,
        SendError::Name => Error::DnsError {
            rcode: None,
            info_code: None,
        },
        SendError::NameTimeout => Error::DnsTimeout,
        SendError::NoConnectionFree => Error::ConnectionLimitReached,
        SendError::Coding(coding) => Error::HttpResponseContentCoding(Some(coding.clone())),
        SendError::ConnectTimeout => Error::ConnectionTimeout,
        SendError::Refused => Error::ConnectionRefused,
        SendError::Unreachable => Error::DestinationUnavailable,
        SendError::Certificate(_) => Error::TlsCertificateError,
        SendError::Tls(_) => Error::TlsProtocolError,
        SendError::FirstByteTimeout(_) => Error::HttpResponseTimeout,
        SendError::BetweenBytesTimeout(_) => Error::ConnectionReadTimeout,
        SendError::Terminated => Error::ConnectionTerminated,
        SendError::Incomplete => Error::HttpResponseIncomplete,
        SendError::HeadTooLarge => Error::HttpResponseHeaderSectionSize(None),
        SendError::BodyTooLarge(most) => Error::HttpResponseBodySize(Some(*most)),
        SendError::RequestBody => Error::HttpRequestBodySize(None),
        SendError::Protocol | SendError::NoAnswer => Error::HttpProtocolError,
        SendError::Unavailable(_) => Error::ConfigurationError,
    }
}

/// Says in the bot's log what has become of its request.
fn complain(log: &BotLog, origin: &str, refusal: &Refusal) {
    log.complain(&format!("a request to {origin} {}", refusal.words(origin)));
}

/// Whether an answer says that its server cannot answer.
fn is_failure(status: http::StatusCode) -> bool {
    status.is_server_error() || status == http::StatusCode::TOO_MANY_REQUESTS
}

/// The headers as they leave. Every header of every request passes here, and nowhere else.
///
/// What belongs to the connection is gone already (`FORBIDDEN`); names and values are typed, so a
/// line break cannot be in them.
fn outgoing(access: &Access, url: &Url, mut headers: HeaderMap) -> HeaderMap {
    access.secrets.swap(url, &mut headers);
    headers
}

/// The parts of a response: itself, and the work that its connection still has to do.
type Response = (
    http::Response<WasiBody>,
    Box<dyn Future<Output = Result<(), Error>> + Send>,
);

impl WasiHttpHooks for Outbound {
    fn forbidden_header_filter(&mut self) -> ForbiddenHeaderFilter {
        Arc::new(|name| {
            DEFAULT_FORBIDDEN_HEADERS.contains(name)
                || FORBIDDEN.contains(name)
                || name.as_str().starts_with("proxy-")
        })
    }

    /// It is made from the URL when the request leaves.
    fn set_host_header(&mut self) -> bool {
        false
    }

    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        CHUNK_BYTES_MAX
    }

    fn p3_outgoing_body_chunk_size(&mut self) -> usize {
        CHUNK_BYTES_MAX
    }

    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
        options: Option<RequestOptions>,
        _: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Result<Response, Error>> + Send> {
        let Shared { places, log, gone } = self.shared();
        let url = match self.check(request.uri()) {
            Ok(url) => url,
            Err(refusal) => {
                complain(&log, &origin(request.uri()), &refusal);
                return Box::new(async move { Err(refusal.code()) });
            }
        };
        let origin = shown(&url);
        let sent = send(
            Arc::clone(&self.access),
            places,
            (gone, self.tape.clone()),
            (url, request),
            options.unwrap_or_default(),
        );
        Box::new(async move {
            let response = sent.await.map_err(|refusal| {
                complain(&log, &origin, &refusal);
                refusal.code()
            })?;
            if is_failure(response.status()) {
                let status = response.status();
                log.complain(&format!("a request to {origin} was answered {status}"));
            }
            let response = response.map(|body| {
                body.map_err(move |error| {
                    let code = code(&error);
                    complain(&log, &origin, &Refusal::Failed(error));
                    code
                })
                .boxed_unsync()
            });
            let done: Pin<Box<dyn Future<Output = _> + Send>> = Box::pin(async { Ok(()) });
            Ok((response, Box::new(done) as Box<_>))
        })
    }
}

/// Waits for a place, and sends the request.
async fn send(
    access: Arc<Access>,
    places: Arc<Semaphore>,
    (gone, tape): (Gone, Option<Tape>),
    (url, request): (Url, http::Request<WasiBody>),
    options: RequestOptions,
) -> Result<http::Response<Incoming>, Refusal> {
    let timeouts = Timeouts::at_most(
        options.connect_timeout,
        options.first_byte_timeout,
        options.between_bytes_timeout,
    );
    let full = || Refusal::Full(access.requests_max);
    let place = timeout(timeouts.connect, places.acquire_owned());
    let place = place.await.map_err(|_| full())?.map_err(|_| full())?;
    let (head, body) = request.into_parts();
    let length = head
        .headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse().ok());
    let order = OutboundRequest {
        method: head.method,
        headers: outgoing(&access, &url, head.headers),
        url,
        length,
        body,
        gone,
        timeouts,
        body_bytes_max: access.body_bytes_max,
        place,
        tape,
    };
    access.client.send(order).await.map_err(Refusal::Failed)
}

/// Scheme, host and port of what the guest asked for, as far as they can be read. Without user and
/// password, whatever was written.
fn origin(uri: &http::Uri) -> String {
    let url = Url::parse(&uri.to_string());
    url.map_or_else(|_| UNKNOWN.to_owned(), |url| shown(&url))
}

/// The same of a URL. Of a name that is longer than there are any, nothing is repeated.
fn shown(url: &Url) -> String {
    let is_name = |host: &str| host.len() <= HOST_BYTES_MAX;
    if url.origin().is_tuple() && url.host_str().is_some_and(is_name) {
        url.origin().ascii_serialization()
    } else {
        UNKNOWN.to_owned()
    }
}
