//! Bodies that pass by a tape unchanged, and leave a copy on it.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use parking_lot::Mutex;
use tokio::time::Instant;

use super::Tape;
use crate::error;

/// The body of a request on its way out.
pub(super) struct Sent {
    /// A lock that is never waited for: the HTTP client wants bodies that threads can share.
    inner: Mutex<reqwest::Body>,
    tape: Tape,
    number: usize,
}

impl Sent {
    pub(super) fn new(inner: reqwest::Body, tape: Tape, number: usize) -> Self {
        Self {
            inner: Mutex::new(inner),
            tape,
            number,
        }
    }

    /// What is kept about the body itself, without waiting for it.
    fn ask<T>(&self, ask: impl FnOnce(&reqwest::Body) -> T) -> T {
        ask(&self.inner.lock())
    }
}

impl Body for Sent {
    type Data = Bytes;
    type Error = reqwest::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, reqwest::Error>>> {
        let inner = self.inner.get_mut();
        let polled = Pin::new(inner).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let Some(data) = frame.data_ref()
        {
            self.tape.note(self.number, data.len(), |exchange| {
                exchange.request.body.extend_from_slice(data);
            });
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.ask(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.ask(Body::size_hint)
    }
}

/// The body of a response on its way in.
struct Heard {
    inner: reqwest::Body,
    tape: Tape,
    number: usize,
    began: Instant,
}

/// The response, with its head noted and its body as it is read.
pub(super) fn noted(
    response: reqwest::Response,
    tape: Tape,
    number: usize,
    began: Instant,
) -> reqwest::Response {
    let (head, inner) = http::Response::<reqwest::Body>::from(response).into_parts();
    tape.note(number, 0, |exchange| {
        exchange.outcome.after = began.elapsed();
        exchange.outcome.head = Some((head.status.as_u16(), head.headers.clone()));
    });
    let body = reqwest::Body::wrap(Heard {
        inner,
        tape,
        number,
        began,
    });
    http::Response::from_parts(head, body).into()
}

impl Body for Heard {
    type Data = Bytes;
    type Error = reqwest::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, reqwest::Error>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(context);
        let at = self.began.elapsed();
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(data) = frame.data_ref() {
                    self.tape.note(self.number, data.len(), |exchange| {
                        exchange.outcome.chunks.push((at, data.clone()));
                    });
                }
            }
            Poll::Ready(Some(Err(error))) => {
                let fault = error::within_the_response(error);
                self.tape.note(self.number, 0, |exchange| {
                    exchange.outcome.fault = Some(fault);
                });
            }
            _ => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
