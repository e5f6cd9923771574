//! Sends a request, and waits for the head of its answer.

use super::{HttpError, Request, Response};
use crate::{
    backend,
    wait::{Awaiting, Blocking, Mode, now},
};

impl Request {
    /// Sends the request and waits for the head of its answer. Redirects are not followed.
    ///
    /// # Errors
    ///
    /// [`HttpError::Denied`] where the manifest does not name the host; otherwise what went wrong on
    /// the way. A status is no error here; see [`Response::ok`].
    pub fn send(self) -> Result<Response, HttpError> {
        now(self.send_by::<Blocking>())
    }

    /// The same, while other futures go on.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub async fn send_async(self) -> Result<Response, HttpError> {
        self.send_by::<Awaiting>().await
    }

    async fn send_by<M: Mode>(self) -> Result<Response, HttpError> {
        let (head, body) = backend::http::exchange::<M>(self).await?;
        Ok(Response::new(head, body))
    }
}
