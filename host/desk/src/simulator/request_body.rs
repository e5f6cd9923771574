//! The bodies of requests: read up to their bounds, within their time.

use std::{error::Error, time::Duration};

use axum::body::{Body, to_bytes};
use bytes::Bytes;
use http::StatusCode;
use http_body_util::LengthLimitError;
use tokio::time::timeout;

use super::json_answer::{Refusal, refuse};

/// How long a request may take to arrive. The reference library gives an upload as much.
const ARRIVAL_MAX: Duration = Duration::from_mins(2);

/// Reads a body up to its bound, within its time.
pub(super) async fn read(body: Body, bytes_max: usize) -> Result<Bytes, Refusal> {
    arrived(async {
        to_bytes(body, bytes_max).await.map_err(|error| {
            if error
                .source()
                .is_some_and(<dyn Error>::is::<LengthLimitError>)
            {
                let detail = format!("more than {bytes_max} bytes");
                return refuse(StatusCode::PAYLOAD_TOO_LARGE, detail);
            }
            refuse(StatusCode::BAD_REQUEST, error.to_string())
        })
    })
    .await
}

/// Gives a request its time to arrive.
pub(super) async fn arrived<T>(
    reading: impl Future<Output = Result<T, Refusal>>,
) -> Result<T, Refusal> {
    timeout(ARRIVAL_MAX, reading)
        .await
        .unwrap_or_else(|_| Err(refuse(StatusCode::REQUEST_TIMEOUT, "the body is too slow")))
}
