//! A server that makes vectors of texts: one call there, its answer back, within bounds.
//!
//! The operator has named it, so that its address is not looked at. No redirect is followed: the key goes to the
//! server that was named, and is in no error.

use std::{fmt, time::Duration};

use http::{StatusCode, header};
use tokio::time::timeout;
use url::Url;

use super::{Client, Egress, SendError};
use ravenry_base::secret::Secret;
use ravenry_protocol::shown::Escaped;

/// Longest time from the beginning of a call to the end of its answer. A question waits for it.
const CALL_MAX: Duration = Duration::from_secs(10);

/// Longest answer, in bytes: 16 MiB. Sixteen vectors of 4096 numbers have 1.5 MB, written out.
const ANSWER_BYTES_MAX: usize = 16 << 20;

/// How much is read of what a server says about a mistake, in bytes.
const MISTAKE_BYTES_MAX: usize = 4 * 1024;

/// How much of that is repeated, in characters.
const MISTAKE_CHARACTERS_MAX: usize = 200;

/// Why there is no answer. None has the key in it.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AskError {
    /// It could not be asked, or its answer ended too early.
    #[error("the server for vectors at `{host}` cannot be asked: {cause}")]
    Send {
        /// Its host.
        host: String,
        /// Why not.
        cause: SendError,
    },
    /// It did not answer in time.
    #[error("the server for vectors at `{0}` has not answered within {time} s", time = CALL_MAX.as_secs())]
    Time(String),
    /// It has answered with another status than success.
    #[error("the server for vectors at `{host}` has answered {status}{said}")]
    Status {
        /// Its host.
        host: String,
        /// What it has answered with.
        status: StatusCode,
        /// What it has said about it, in parentheses; empty: nothing.
        said: String,
    },
}

/// The way to the server. No connection is opened before it is needed.
pub struct Embeddings {
    http: Client,
    url: Url,
    key: Option<Secret>,
}

impl fmt::Debug for Embeddings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Embeddings")
    }
}

impl Embeddings {
    /// The server at this URL, which is shown this key.
    pub fn new(egress: &Egress, url: Url, key: Option<Secret>) -> Self {
        Self {
            http: egress.client(&egress.part()),
            url,
            key,
        }
    }

    /// Posts JSON, and reads the answer: 16 MiB at most, within 10 s.
    ///
    /// # Errors
    /// See [`AskError`].
    pub async fn ask(&self, call: Vec<u8>) -> Result<Vec<u8>, AskError> {
        match timeout(CALL_MAX, self.exchange(call)).await {
            Ok(answer) => answer,
            Err(_) => Err(AskError::Time(self.host())),
        }
    }

    /// The URL's host: what is behind it may be a secret.
    fn host(&self) -> String {
        self.url.host_str().unwrap_or_default().to_owned()
    }

    async fn exchange(&self, call: Vec<u8>) -> Result<Vec<u8>, AskError> {
        let lost = |cause| AskError::Send {
            host: self.host(),
            cause,
        };
        let http = self.http.named_by_operator().map_err(lost)?;
        let request = http.post(self.url.clone()).body(call);
        let request = request.header(header::CONTENT_TYPE, "application/json");
        let request = match &self.key {
            Some(key) => key.reveal(|key| request.bearer_auth(key)),
            None => request,
        };
        let request = request.build();
        let request = request.map_err(|error| lost(SendError::of(&error)))?;
        let response = http.execute(request, None).await;
        let response = response.map_err(|error| lost(SendError::from(&error)))?;
        let status = response.status();
        if !status.is_success() {
            let said = self.said(response).await;
            let host = self.host();
            return Err(AskError::Status { host, status, said });
        }
        let (body, is_whole) = read(response, ANSWER_BYTES_MAX).await.map_err(lost)?;
        if is_whole {
            return Ok(body);
        }
        let most = u64::try_from(ANSWER_BYTES_MAX).unwrap_or(u64::MAX);
        Err(lost(SendError::BodyTooLarge(most)))
    }

    /// The beginning of what the server says about a mistake.
    async fn said(&self, response: reqwest::Response) -> String {
        if response.status().is_redirection() {
            return " (redirects are not followed)".to_owned();
        }
        // The status says most of it.
        let Ok((body, _)) = read(response, MISTAKE_BYTES_MAX).await else {
            return String::new();
        };
        let body = String::from_utf8_lossy(&body);
        let masked = match &self.key {
            Some(key) => key.reveal(|key| body.replace(key, "***")),
            None => body.into_owned(),
        };
        let words: Vec<&str> = masked.split_whitespace().collect();
        let words: String = words
            .join(" ")
            .chars()
            .take(MISTAKE_CHARACTERS_MAX)
            .collect();
        if words.is_empty() {
            return String::new();
        }
        format!(" ({})", Escaped(&words))
    }
}

/// The body, up to so many bytes, and whether that is all of it.
async fn read(mut response: reqwest::Response, most: usize) -> Result<(Vec<u8>, bool), SendError> {
    let mut body = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| SendError::of(&error))?
    {
        let room = most.saturating_sub(body.len());
        let taken = chunk.get(..room).unwrap_or(&chunk);
        body.extend_from_slice(taken);
        if taken.len() < chunk.len() {
            return Ok((body, false));
        }
    }
    Ok((body, true))
}
