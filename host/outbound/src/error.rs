//! Why a request has no response, or a response no end: what the libraries say, put in our words.

use std::{error::Error, io, net::IpAddr, time::Duration};

use http::{HeaderMap, StatusCode, header};
use hyper_util::client::legacy;

use super::address::Block;
use ravenry_protocol::shown::Escaped;

/// Why a request failed. The words are the end of a sentence that begins with the request.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SendError {
    /// The URL is not one that can be sent to; with the reason.
    #[error("{0}")]
    Url(&'static str),
    /// The method would turn the connection into something else, or have the headers
    /// sent back.
    #[error("its method is not sent")]
    Method,
    /// The address is not public.
    #[error("its address {address} is {}", block.what)]
    Address {
        /// The address.
        address: IpAddr,
        /// Why it is refused.
        block: &'static Block,
    },
    /// There is no such name, or no name server said so.
    #[error("its name cannot be resolved")]
    Name,
    /// No name server answered in time.
    #[error("its name was not resolved in time")]
    NameTimeout,
    /// Others have all connections that its tenant may have at the moment.
    #[error(
        "no connection was free in time: those that its tenant may have at the moment are in use"
    )]
    NoConnectionFree,
    /// No connection came about in time.
    #[error("no connection was made in time")]
    ConnectTimeout,
    /// No process listens there.
    #[error("the connection was refused")]
    Refused,
    /// The network has no way there.
    #[error("the network has no way there")]
    Unreachable,
    /// The certificate is not that of the host, or no trusted authority vouches for it.
    #[error("its certificate is not trusted: {0}")]
    Certificate(String),
    /// The two sides do not agree about TLS.
    #[error("TLS failed: {0}")]
    Tls(String),
    /// The response did not begin in time.
    #[error("no response began within {} s", .0.as_secs_f64())]
    FirstByteTimeout(Duration),
    /// The response stopped in the middle for too long.
    #[error("nothing more of the response came for {} s", .0.as_secs_f64())]
    BetweenBytesTimeout(Duration),
    /// The connection ended before a response came.
    #[error("the connection ended without a response")]
    Terminated,
    /// The connection ended in the middle of the response.
    #[error("the connection ended in the middle of the response")]
    Incomplete,
    /// Much came, and nothing of it was an answer.
    #[error("interim answers (status 1xx) came without end, and no answer")]
    NoAnswer,
    /// The headers of the response are too many or too long.
    #[error("the headers of the response are larger than {HEAD_BYTES_MAX} bytes")]
    HeadTooLarge,
    /// The body of the response is longer than it may be, in bytes.
    #[error("the body of the response is longer than {0} bytes")]
    BodyTooLarge(u64),
    /// The body of the request has another length than its header says.
    #[error("its body has another length than its `content-length`")]
    RequestBody,
    /// The body of the response is compressed, which was not asked for; with the coding.
    #[error("the response is compressed (`{0}`), although `accept-encoding: identity` was sent")]
    Coding(String),
    /// What came is not HTTP.
    #[error("what came back is not HTTP")]
    Protocol,
    /// No client can be set up on this machine; with the cause.
    #[error("no requests can be sent from here: {0}")]
    Unavailable(String),
}

/// Characters of a coding's name that are shown.
const CODING_CHARACTERS_MAX: usize = 64;

/// What is wrong with a response to a request that takes nothing compressed: a server may compress all
/// the same, and its reader would take that for the text.
pub fn coded(status: StatusCode, headers: &HeaderMap) -> Option<SendError> {
    let bare = [StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED];
    let codings: Vec<_> = headers
        .get_all(header::CONTENT_ENCODING)
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_bytes()))
        .flat_map(|value| {
            value
                .split(',')
                .map(|it| it.trim().to_owned())
                .collect::<Vec<_>>()
        })
        .filter(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case("identity"))
        .collect();
    let named: String = codings
        .join(", ")
        .chars()
        .take(CODING_CHARACTERS_MAX)
        .collect();
    let is_coded = !codings.is_empty() && !bare.contains(&status);
    is_coded.then(|| SendError::Coding(Escaped(&named).to_string()))
}

/// Bytes of all headers of a response together, names and values.
///
/// Twice the largest that nginx reads of a client (`large_client_header_buffers`, 4 times 8 KiB).
pub(super) const HEAD_BYTES_MAX: usize = 64 * 1024;

/// The errors of a chain, outermost first, also those that an I/O error holds inside: as a source it
/// names only what is behind them.
fn chain<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'e (dyn Error + 'static)| {
        let inner = error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref);
        match inner {
            Some(inner) => Some(inner as &(dyn Error + 'static)),
            None => (*error).source(),
        }
    })
}

fn of_tls(error: &rustls::Error) -> SendError {
    match error {
        rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented => {
            SendError::Certificate(error.to_string())
        }
        other => SendError::Tls(other.to_string()),
    }
}

fn of_io(error: &io::Error) -> Option<SendError> {
    use io::ErrorKind as Kind;
    Some(match error.kind() {
        Kind::ConnectionRefused => SendError::Refused,
        Kind::TimedOut => SendError::ConnectTimeout,
        Kind::NetworkUnreachable | Kind::HostUnreachable | Kind::AddrNotAvailable => {
            SendError::Unreachable
        }
        Kind::ConnectionReset
        | Kind::ConnectionAborted
        | Kind::BrokenPipe
        | Kind::NotConnected
        | Kind::UnexpectedEof => SendError::Terminated,
        Kind::InvalidData | Kind::InvalidInput => SendError::Protocol,
        _ => return None,
    })
}

fn of_hyper(error: &hyper::Error) -> Option<SendError> {
    if error.is_parse_too_large() {
        Some(SendError::HeadTooLarge)
    } else if error.is_parse() {
        Some(SendError::Protocol)
    } else if error.is_incomplete_message() || error.is_canceled() || error.is_closed() {
        Some(SendError::Terminated)
    } else {
        None
    }
}

impl SendError {
    /// What an error of the HTTP client means, before the response or within it.
    pub fn of(error: &reqwest::Error) -> Self {
        if error.is_body() || error.is_decode() {
            within_the_response(error)
        } else {
            before_the_response(error)
        }
    }
}

/// Why there is no response.
pub(super) fn before_the_response(error: &reqwest::Error) -> SendError {
    found(error)
        .or_else(|| error.is_timeout().then_some(SendError::ConnectTimeout))
        .or_else(|| said(error))
        .unwrap_or_else(|| unknown(error.is_connect()))
}

/// Why a request of a bot has no response.
pub(super) fn unanswered(error: &legacy::Error) -> SendError {
    found(error)
        .or_else(|| said(error))
        .unwrap_or_else(|| unknown(error.is_connect()))
}

/// What we have raised ourselves says most, and then what TLS says.
fn found(error: &(dyn Error + 'static)) -> Option<SendError> {
    chain(error).find_map(|error| {
        error
            .downcast_ref::<SendError>()
            .cloned()
            .or_else(|| error.downcast_ref().map(of_tls))
    })
}

/// The first cause that says something.
fn said(error: &(dyn Error + 'static)) -> Option<SendError> {
    chain(error).find_map(|error| {
        error
            .downcast_ref()
            .and_then(of_hyper)
            .or_else(|| error.downcast_ref().and_then(of_io))
    })
}

fn unknown(connecting: bool) -> SendError {
    if connecting {
        SendError::Unreachable
    } else {
        SendError::Protocol
    }
}

/// Why the body of a response ends too early.
pub(super) fn within_the_response(error: &reqwest::Error) -> SendError {
    match before_the_response(error) {
        SendError::Terminated => SendError::Incomplete,
        other => other,
    }
}
/// Why there is no response.
#[derive(Debug)]
pub(super) enum Lost {
    /// What is wrong with the request, or with the body of its response.
    Http(reqwest::Error),
    /// Why no response came.
    Unanswered(legacy::Error),
    /// What a tape says, or the head of the response.
    Known(SendError),
}

impl Lost {
    /// Whether nothing was sent.
    pub(super) fn is_connect(&self) -> bool {
        match self {
            Self::Http(error) => error.is_connect(),
            Self::Unanswered(error) => error.is_connect(),
            Self::Known(error) => matches!(
                error,
                SendError::Name
                    | SendError::NameTimeout
                    | SendError::NoConnectionFree
                    | SendError::ConnectTimeout
                    | SendError::Refused
                    | SendError::Unreachable
                    | SendError::Unavailable(_)
            ),
        }
    }
}

impl From<reqwest::Error> for Lost {
    fn from(error: reqwest::Error) -> Self {
        Self::Http(error)
    }
}

impl From<&Lost> for SendError {
    fn from(lost: &Lost) -> Self {
        match lost {
            Lost::Http(error) => before_the_response(error),
            Lost::Unanswered(error) => unanswered(error),
            Lost::Known(error) => error.clone(),
        }
    }
}
