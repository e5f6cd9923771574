//! Every refusal of a request: status, headers, JSON. The only place that makes them.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;

use crate::{bots::requests::CallError, metrics};
use ravenry_protocol::{Reference, decode::DecodeError};

/// Why a request gets no answer of a bot.
#[derive(Debug)]
pub(super) enum Reject {
    /// No bot at this path; perhaps one with a similar one.
    NoBot { nearest: Option<String> },
    /// It does not say in the right way which host it is for.
    Host(&'static str),
    /// A web page of another site asks a bot that has no key.
    Foreign,
    /// No key, or one that does not open the bot.
    Unauthorized,
    /// One more wrong key than those that wait already.
    Guesses,
    /// Neither GET nor POST.
    Method,
    /// The body comes in another form than chunks.
    TransferCoding,
    /// The body is compressed.
    Compressed,
    /// The body is larger than the bot takes.
    TooLarge { bytes_max: u64 },
    /// There was no memory for the body.
    NoRoom(Reference),
    /// The body did not arrive in time, or not whole.
    Incomplete(&'static str),
    /// What should be a body is none.
    Broken(&'static str),
    /// The body makes no sense.
    Malformed(DecodeError),
    /// Documents are not taken: with what status, why, and what to do.
    Documents(StatusCode, String, Option<&'static str>),
    /// The bot could not be asked, or failed.
    Call(CallError, Reference),
    /// The tenant has as many connections as it may have beside others.
    Crowded,
    /// No more requests: the server is stopping.
    Stopping,
}

impl Reject {
    fn parts(&self) -> (StatusCode, String, Option<String>) {
        match self {
            Self::NoBot { nearest } => (
                StatusCode::NOT_FOUND,
                "there is no bot at this path".to_owned(),
                nearest.as_ref().map(|route| format!("did you mean `{route}`?")),
            ),
            Self::Host(why) | Self::Broken(why) => (StatusCode::BAD_REQUEST, (*why).to_owned(), None),
            Self::Foreign => (
                StatusCode::FORBIDDEN,
                "this bot has no access key, and answers no web page and no host name but its own".to_owned(),
                Some("ask it at `localhost` without an `Origin`, or give it an access key".to_owned()),
            ),
            Self::Guesses => (
                StatusCode::TOO_MANY_REQUESTS,
                "too many wrong access keys came from this address".to_owned(),
                Some("the right key is answered at any time".to_owned()),
            ),
            Self::Unauthorized => (
                StatusCode::UNAUTHORIZED,
                "the access key is missing or wrong".to_owned(),
                Some("send `Authorization: Bearer KEY` with the key that the platform shows for this bot".to_owned()),
            ),
            Self::Method => (
                StatusCode::METHOD_NOT_ALLOWED,
                "a bot answers POST, and GET with a page about itself".to_owned(),
                None,
            ),
            Self::TransferCoding => (
                StatusCode::NOT_IMPLEMENTED,
                "the request body has a transfer coding that is not known here".to_owned(),
                Some("send it as it is, with `Content-Length` or with `Transfer-Encoding: chunked` alone".to_owned()),
            ),
            Self::Compressed => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "the request body has a `Content-Encoding`; accepted is `identity` alone".to_owned(),
                Some("send it uncompressed".to_owned()),
            ),
            Self::TooLarge { bytes_max } => (
                StatusCode::PAYLOAD_TOO_LARGE,
                format!("the request body is larger than {bytes_max} bytes"),
                None,
            ),
            Self::NoRoom(reference) => (
                StatusCode::SERVICE_UNAVAILABLE,
                format!("there is no memory for this request body now (reference {reference})"),
                Some("try again in a few seconds; short requests have memory of their own".to_owned()),
            ),
            Self::Incomplete(why) => (StatusCode::REQUEST_TIMEOUT, (*why).to_owned(), None),
            Self::Malformed(error @ DecodeError::UnknownType(_)) => {
                (StatusCode::NOT_IMPLEMENTED, error.to_string(), error.hint())
            }
            Self::Malformed(error) => (StatusCode::BAD_REQUEST, error.to_string(), error.hint()),
            Self::Call(error, reference) => {
                let status = match error {
                    CallError::Busy(_) | CallError::Starting => StatusCode::SERVICE_UNAVAILABLE,
                    CallError::Failed(_) | CallError::Panicked(_) => {
                        StatusCode::INTERNAL_SERVER_ERROR
                    }
                    CallError::TooSlow => StatusCode::GATEWAY_TIMEOUT,
                };
                (status, format!("{error} (reference {reference})"), None)
            }
            Self::Documents(status, why, hint) => (*status, why.clone(), hint.map(str::to_owned)),
            Self::Crowded => (StatusCode::SERVICE_UNAVAILABLE, "too many connections to this bot and its siblings are open".to_owned(), None),
            Self::Stopping => (StatusCode::SERVICE_UNAVAILABLE, "the server is stopping".to_owned(), None),
        }
    }
}

impl IntoResponse for Reject {
    fn into_response(self) -> Response {
        let (status, error, hint) = self.parts();
        // What is left of the body is not read: the connection cannot go on.
        let is_unread = matches!(
            self,
            Self::Host(_)
                | Self::Guesses
                | Self::TransferCoding
                | Self::Compressed
                | Self::TooLarge { .. }
                | Self::NoRoom(_)
                | Self::Incomplete(_)
                | Self::Broken(_)
                | Self::Crowded
                | Self::Stopping
        );
        metrics::rejected(status.as_u16());
        let body = match hint {
            Some(hint) => json!({ "error": error, "hint": hint }),
            None => json!({ "error": error }),
        };
        let mut response = Response::new(Body::from(body.to_string()));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        match status {
            StatusCode::UNAUTHORIZED => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            StatusCode::METHOD_NOT_ALLOWED => {
                headers.insert(header::ALLOW, HeaderValue::from_static("GET, HEAD, POST"));
            }
            StatusCode::UNSUPPORTED_MEDIA_TYPE => {
                headers.insert(
                    header::ACCEPT_ENCODING,
                    HeaderValue::from_static("identity"),
                );
            }
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
            }
            _ => {}
        }
        if is_unread {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}
