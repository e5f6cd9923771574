//! The answer to a request.

use serde::de::DeserializeOwned;

use super::HttpError;
use crate::{
    backend,
    tolerant_json::read_json,
    wait::{Awaiting, Blocking, Mode, now},
    web::Head,
};

/// Most of what a host writes beside a status that is not a success.
const STATUS_BODY_BYTES_MAX: usize = 4 * 1024;

/// The answer to a request: its head has arrived, its body is read bit by bit. Dropping it hangs up.
#[derive(Debug)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// Names (in lower case) and values of headers, in the order received. Bytes that are not UTF-8
    /// are replaced by U+FFFD.
    pub headers: Vec<(String, String)>,
    body: backend::http::Incoming,
}

impl Response {
    pub(super) fn new(head: Head, body: backend::http::Incoming) -> Self {
        Self {
            status: head.status,
            headers: head.headers,
            body,
        }
    }

    /// The first header of this name, compared without regard to case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(header, _)| header.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// This response, where its status is 200 to 299.
    ///
    /// # Errors
    ///
    /// [`HttpError::Status`] otherwise.
    pub fn ok(self) -> Result<Self, HttpError> {
        now(self.ok_by::<Blocking>())
    }

    /// The same, while other futures go on.
    ///
    /// # Errors
    ///
    /// As [`ok`](Self::ok).
    pub async fn ok_async(self) -> Result<Self, HttpError> {
        self.ok_by::<Awaiting>().await
    }

    async fn ok_by<M: Mode>(mut self) -> Result<Self, HttpError> {
        if (200..300).contains(&self.status) {
            return Ok(self);
        }
        let mut body = Vec::new();
        while body.len() < STATUS_BODY_BYTES_MAX
            && let Ok(Some(chunk)) = self.body.chunk::<M>().await
        {
            body.extend(chunk);
        }
        body.truncate(STATUS_BODY_BYTES_MAX);
        let retry_after = self.header("retry-after");
        Err(HttpError::Status {
            status: self.status,
            retry_after_seconds: retry_after.and_then(|seconds| seconds.trim().parse().ok()),
            body: String::from_utf8_lossy(&body).into_owned(),
        })
    }

    /// What has arrived of the body, at most 64 KiB and never empty; `None` after its end.
    ///
    /// # Errors
    ///
    /// [`HttpError::Broken`] and [`HttpError::Timeout`].
    pub fn chunk(&mut self) -> Result<Option<Vec<u8>>, HttpError> {
        now(self.body.chunk::<Blocking>())
    }

    /// The same, while other futures go on.
    ///
    /// # Errors
    ///
    /// As [`chunk`](Self::chunk).
    pub async fn chunk_async(&mut self) -> Result<Option<Vec<u8>>, HttpError> {
        self.body.chunk::<Awaiting>().await
    }

    pub(super) async fn chunk_by<M: Mode>(&mut self) -> Result<Option<Vec<u8>>, HttpError> {
        self.body.chunk::<M>().await
    }

    /// The whole body.
    ///
    /// # Errors
    ///
    /// [`HttpError::TooLarge`] where it has more than `bytes_max` bytes; no more is then read.
    /// Otherwise as [`chunk`](Self::chunk).
    pub fn bytes(self, bytes_max: usize) -> Result<Vec<u8>, HttpError> {
        now(self.bytes_by::<Blocking>(bytes_max))
    }

    /// The same, while other futures go on.
    ///
    /// # Errors
    ///
    /// As [`bytes`](Self::bytes).
    pub async fn bytes_async(self, bytes_max: usize) -> Result<Vec<u8>, HttpError> {
        self.bytes_by::<Awaiting>(bytes_max).await
    }

    async fn bytes_by<M: Mode>(mut self, bytes_max: usize) -> Result<Vec<u8>, HttpError> {
        let mut bytes = Vec::new();
        while let Some(chunk) = self.body.chunk::<M>().await? {
            if chunk.len() > bytes_max.saturating_sub(bytes.len()) {
                return Err(HttpError::TooLarge(format!(
                    "the answer has more than {bytes_max} bytes"
                )));
            }
            bytes.extend(chunk);
        }
        Ok(bytes)
    }

    /// The whole body as text.
    ///
    /// # Errors
    ///
    /// [`HttpError::Malformed`] where it is not UTF-8; otherwise as [`bytes`](Self::bytes).
    pub fn text(self, bytes_max: usize) -> Result<String, HttpError> {
        utf8(self.bytes(bytes_max)?)
    }

    /// The same, while other futures go on.
    ///
    /// # Errors
    ///
    /// As [`text`](Self::text).
    pub async fn text_async(self, bytes_max: usize) -> Result<String, HttpError> {
        utf8(self.bytes_async(bytes_max).await?)
    }

    /// The whole body, read as JSON.
    ///
    /// # Errors
    ///
    /// [`HttpError::Malformed`] where it is not JSON of that shape; otherwise as
    /// [`bytes`](Self::bytes).
    pub fn json<T: DeserializeOwned>(self, bytes_max: usize) -> Result<T, HttpError> {
        from_json(&self.bytes(bytes_max)?)
    }

    /// The same, while other futures go on.
    ///
    /// # Errors
    ///
    /// As [`json`](Self::json).
    pub async fn json_async<T: DeserializeOwned>(self, bytes_max: usize) -> Result<T, HttpError> {
        from_json(&self.bytes_async(bytes_max).await?)
    }
}

fn utf8(bytes: Vec<u8>) -> Result<String, HttpError> {
    String::from_utf8(bytes)
        .map_err(|fault| HttpError::Malformed(format!("the answer is not UTF-8: {fault}")))
}

pub(super) fn from_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, HttpError> {
    read_json(bytes).map_err(|fault| {
        HttpError::Malformed(format!("the answer is not the JSON wanted: {fault}"))
    })
}
