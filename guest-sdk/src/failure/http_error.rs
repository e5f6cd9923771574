//! Why a request did not work.

use std::fmt;

use super::{Error, Failure, log};

/// Why a request did not work.
///
/// Passed on with `?` it ends `respond`: the reason goes to the bot's log in full, and the person
/// reads one sentence. Nothing here holds a header of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HttpError {
    /// The gateway does not let this bot reach that host; the sentence says what to add.
    Denied(String),
    /// The request makes no sense; the sentence says why. Nothing was sent.
    Invalid(String),
    /// The host could not be reached, broke off, or does not speak HTTP.
    Broken(String),
    /// The host took too long.
    Timeout(String),
    /// The answer, or one of its events, is larger than it may be.
    TooLarge(String),
    /// The answer is not what was expected: no JSON, no UTF-8, no server-sent events.
    Malformed(String),
    /// The answer has a status other than 200 to 299; see [`Response::ok`](crate::http::Response::ok).
    Status {
        /// The status.
        status: u16,
        /// What the host wrote, up to 4 KiB.
        body: String,
        /// What its header `Retry-After` says, where that is a number of seconds.
        retry_after_seconds: Option<u64>,
    },
}

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Denied(what)
            | Self::Invalid(what)
            | Self::Broken(what)
            | Self::Timeout(what)
            | Self::TooLarge(what)
            | Self::Malformed(what) => f.write_str(what),
            Self::Status { status, body, .. } => write!(f, "the host answered {status}: {body:?}"),
        }
    }
}

impl std::error::Error for HttpError {}

impl From<HttpError> for Error {
    fn from(error: HttpError) -> Self {
        log(&format!("the reply was given up: {error}"));
        let busy = || Failure::new("Something this bot relies on did not answer.");
        match error {
            HttpError::Broken(_) | HttpError::Timeout(_) => busy(),
            HttpError::Status { status, .. } if status == 429 || status >= 500 => busy(),
            HttpError::TooLarge(_) | HttpError::Malformed(_) => {
                Failure::new("Something this bot relies on gave an answer it cannot use.")
            }
            HttpError::Denied(_) | HttpError::Invalid(_) | HttpError::Status { .. } => {
                Failure::new("This bot could not do what it needs to answer.").no_retry()
            }
        }
        .into()
    }
}

impl HttpError {
    /// What to add to the manifest, so that this origin (`https://example.com:8443`) can be reached.
    pub(crate) fn denied(origin: &str) -> Self {
        Self::Denied(format!(
            "the gateway does not let this bot reach `{origin}`; name it in the manifest: \
             allowed_outbound_hosts = [\"{origin}\"]"
        ))
    }
}
