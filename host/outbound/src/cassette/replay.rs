//! Responses that come from a tape: each chunk at its time.

use std::{
    collections::VecDeque,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Limited};
use parking_lot::Mutex;
use tokio::time::{Instant, Sleep, sleep_until};

use super::{BYTES_MAX, RequestOutcome};
use crate::{SendError, error::Lost};

/// A request's body, whole: a tape answers those who have said what they want.
pub(super) async fn collected(body: reqwest::Body) -> Result<Vec<u8>, Lost> {
    let collected = Limited::new(body, BYTES_MAX).collect().await;
    collected
        .map(|collected| collected.to_bytes().into())
        .map_err(|_| Lost::Known(SendError::RequestBody))
}

/// What came then, as it comes now. `began` is the time of the request.
pub(super) fn response(
    outcome: RequestOutcome,
    began: Instant,
) -> Result<reqwest::Response, SendError> {
    let Some((status, headers)) = outcome.head else {
        return Err(outcome.fault.unwrap_or(SendError::Terminated));
    };
    let due = |(at, chunk)| (began.checked_add(at).unwrap_or(began), chunk);
    let body = Played(Mutex::new(Left {
        chunks: outcome.chunks.into_iter().map(due).collect(),
        fault: outcome.fault,
        timer: None,
    }));
    let mut response = http::Response::new(reqwest::Body::wrap(body));
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
    *response.headers_mut() = headers;
    Ok(response.into())
}

/// The body of such a response. A lock that is never waited for: the HTTP client wants bodies that
/// threads can share.
struct Played(Mutex<Left>);

/// What is still to come.
struct Left {
    chunks: VecDeque<(Instant, Bytes)>,
    fault: Option<SendError>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Body for Played {
    type Data = Bytes;
    type Error = SendError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, SendError>>> {
        let left = self.0.get_mut();
        let Some((due, _)) = left.chunks.front() else {
            return Poll::Ready(left.fault.take().map(Err));
        };
        let timer = left
            .timer
            .get_or_insert_with(|| Box::pin(sleep_until(*due)));
        ready!(timer.as_mut().poll(context));
        left.timer = None;
        let chunk = left.chunks.pop_front().map(|(_, chunk)| chunk);
        Poll::Ready(chunk.map(|chunk| Ok(Frame::data(chunk))))
    }
}
