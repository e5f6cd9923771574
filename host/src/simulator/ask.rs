//! Bot queries and reports: `POST /bot/<NAME>`.

use std::{io, sync::Arc};

use axum::{
    body::Body,
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE},
};
use serde_json::Value;
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::{
    play::{deadline, play, refused},
    record::{Account, Ending, Recorded},
    script::Answer,
    stage::{Cast, Shared, Stage, read},
};

/// Largest body of a query. The gateway lets a bot ask 16 MiB; the rest is for what it adds.
pub const QUERY_BYTES_MAX: usize = 20 * 1024 * 1024;

/// What is to happen with a query, decided under one lock.
enum Next {
    Play(Box<Answer>),
    Forward { url: Url, key: HeaderValue },
    Refuse(StatusCode, &'static str),
}

/// The route.
pub(super) async fn ask(
    State(stage): Shared,
    Path(bot): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let bytes = match read(body, QUERY_BYTES_MAX).await {
        Ok(bytes) => bytes,
        Err(refusal) => return refusal.into_response(),
    };
    let (query, account) = Recorded::new(&stage, bot, headers, bytes.clone());
    let kind = query.body.get("type").and_then(Value::as_str);
    if kind.is_some_and(|kind| kind.starts_with("report_")) {
        return report(&stage, query, &account);
    }
    stage.record(|state| state.queries.push(query.weight(), query.clone()));
    match next(&stage, &query) {
        Next::Play(answer) => play(stage, *answer, Some(account)).await,
        Next::Forward { url, key } => forward(&stage, url, key, bytes, account).await,
        Next::Refuse(status, detail) => refused(Some(&account), status, detail),
    }
}

fn report(stage: &Arc<Stage>, report: Recorded, account: &Account) -> Response {
    let admitted = admitted(stage, &report);
    stage.record(|state| state.reports.push(report.weight(), report));
    if !admitted {
        return refused(Some(account), StatusCode::UNAUTHORIZED, KEY);
    }
    account.settle(Ending::Complete);
    nothing()
}

/// `{}`: what the platform and its bots answer where nothing is to be said.
pub(super) fn nothing() -> Response {
    let mut response = Response::new(Body::from("{}"));
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}

const KEY: &str = "Invalid access key";

fn admitted(stage: &Stage, query: &Recorded) -> bool {
    query.key().is_some_and(|key| stage.state().admits(key))
}

/// Who answers. How the platform itself refuses is not known: readers go by the status at most.
fn next(stage: &Stage, query: &Recorded) -> Next {
    let admitted = admitted(stage, query);
    let kind = query.body.get("type").and_then(Value::as_str);
    let (script, call) = match stage.state().bots.get_mut(&query.bot) {
        Some(Cast::Forwarded { url, key }) => {
            let (url, key) = (url.clone(), key.clone());
            return Next::Forward { url, key };
        }
        _ if !admitted => return Next::Refuse(StatusCode::UNAUTHORIZED, KEY),
        _ if !query.body.is_object() => {
            return Next::Refuse(StatusCode::BAD_REQUEST, "the body is no JSON object");
        }
        _ if kind != Some("query") => {
            return Next::Refuse(StatusCode::NOT_IMPLEMENTED, "Unsupported request type");
        }
        None => return Next::Refuse(StatusCode::NOT_FOUND, "no bot has this name"),
        Some(Cast::Scripted { script, calls }) => {
            let call = *calls;
            *calls = calls.saturating_add(1);
            (script.clone(), call)
        }
    };
    // Not under the lock: a computed script may ask the handle what has happened so far.
    Next::Play(Box::new(script.answer(call, query)))
}

/// Passes a query on, byte for byte, and streams back what comes.
async fn forward(
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
