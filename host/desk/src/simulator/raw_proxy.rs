//! A query passed on byte for byte, and its answer passed back so: for tests of what is on the wire.

use std::io;

use axum::{body::Body, response::Response};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::{
    HeaderValue, StatusCode,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE},
};
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::{
    history::{Account, Ending},
    script_body::{deadline, refused},
    state::Stage,
};

/// Passes a query on, byte for byte, and streams back what comes.
pub(super) async fn forward(
    stage: &Stage,
    url: Url,
    key: HeaderValue,
    body: Bytes,
    account: Account,
) -> Response {
    let deadline = deadline();
    let sending = stage
        .client
        .post(url)
        .header(AUTHORIZATION, key)
        .header(CONTENT_TYPE, "application/json")
        .header(ACCEPT, "text/event-stream")
        .body(body)
        .send();
    let answer = match timeout_at(deadline, sending).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => {
            let detail = format!("the bot cannot be reached: {error}");
            return refused(Some(&account), StatusCode::BAD_GATEWAY, &detail);
        }
        Err(_) => {
            let detail = "the bot does not answer";
            return refused(Some(&account), StatusCode::GATEWAY_TIMEOUT, detail);
        }
    };
    let mut response = Response::new(());
    *response.status_mut() = answer.status();
    if let Some(kind) = answer.headers().get(CONTENT_TYPE) {
        response.headers_mut().insert(CONTENT_TYPE, kind.clone());
    }
    let passing = Passing {
        answer: answer.bytes_stream().boxed(),
        account,
        deadline,
        over: false,
    };
    response.map(|()| Body::from_stream(stream::unfold(passing, Passing::next)))
}

/// An answer that is being passed on.
struct Passing {
    answer: stream::BoxStream<'static, reqwest::Result<Bytes>>,
    account: Account,
    deadline: Instant,
    over: bool,
}

impl Passing {
    async fn next(mut self) -> Option<(io::Result<Bytes>, Self)> {
        if self.over {
            return None;
        }
        match timeout_at(self.deadline, self.answer.next()).await {
            Ok(Some(Ok(bytes))) => Some((Ok(bytes), self)),
            Ok(None) => {
                self.account.settle(Ending::Complete);
                None
            }
            Ok(Some(Err(_))) | Err(_) => {
                self.account.settle(Ending::Cut);
                self.over = true;
                Some((Err(io::Error::other("the bot broke off")), self))
            }
        }
    }
}
