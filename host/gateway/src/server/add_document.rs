//! Documents that come over HTTP: `POST {route}/add_document` with the bot's key, as llama-poe has it.
//!
//! `{"documents": [{"doc_id": "…", "text": "…"}]}`, or one such document by itself; `title`, `source` and `format`
//! (`markdown`, or `plain`, which it is without) may be there. All of them are kept, or none.

mod body;

use std::sync::Arc;

use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::StatusCode;
use hyper::body::Incoming;
use serde_json::json;

use super::{
    reject::Reject,
    request_body::{Intake, whole},
    seat::Seat,
};
use crate::{
    bots::{Authorized, Bot, documents},
    imports::knowledge::titled,
};
use ravenry_store::{Error, NewDocument};

/// What stands behind the route of a bot.
pub(super) const SUFFIX: &str = "/add_document";

/// What is understood, for who sent something else.
const SHAPE: &str = "send `{\"documents\": [{\"doc_id\": \"a name\", \"text\": \"what is in it\"}]}` as JSON; \
                     `title`, `source` and `format` may be there";

/// Takes the documents of a request into what the bot knows.
pub(super) async fn answer(
    (intake, body): (&Intake, Incoming),
    bot: &Arc<Bot>,
    authorized: Authorized,
    seat: &Seat,
) -> Result<Response, Reject> {
    // Whoever may ask anything could otherwise have it answer anything.
    if bot.keys() == 0 {
        return Err(Reject::Documents(
            StatusCode::FORBIDDEN,
            "a bot without access key takes no documents over HTTP".to_owned(),
            Some("give it one: `poe.access_key` in its manifest"),
        ));
    }
    let (pieces, _memory) = intake.receive(body, bot, seat).await?;
    let read = bot.compute(move || read(pieces)).await;
    let failed = |_| Reject::Incomplete("the request body could not be read");
    let documents = read.map_err(failed)??;
    let count = documents.len();
    let added = documents::add(bot, authorized, documents).await;
    added.map_err(|error| refused(bot, &error))?;
    Ok((StatusCode::OK, axum::Json(json!({ "added": count }))).into_response())
}

fn read(pieces: Vec<Bytes>) -> Result<Vec<NewDocument>, Reject> {
    let documents = body::read(&whole(pieces)).map_err(|error| {
        Reject::Documents(StatusCode::BAD_REQUEST, error.to_string(), Some(SHAPE))
    })?;
    Ok(documents.into_iter().map(titled).collect())
}

/// What the store said, as the client hears it.
fn refused(bot: &Bot, error: &documents::Unfilled) -> Reject {
    let (status, hint) = match error {
        documents::Unfilled::Store(Error::Full { .. }) => (
            StatusCode::INSUFFICIENT_STORAGE,
            Some("remove some, or have `store` in the bot's limits raised"),
        ),
        documents::Unfilled::Store(Error::Unavailable(_)) | documents::Unfilled::Closed(_) => {
            let (tenant, name) = (bot.tenant.as_str(), bot.name.as_str());
            tracing::warn!(tenant, bot = name, %error, "documents were not taken");
            let said = "the store is unavailable: documents cannot be taken now".to_owned();
            return Reject::Documents(StatusCode::SERVICE_UNAVAILABLE, said, None);
        }
        documents::Unfilled::Store(_) => (StatusCode::BAD_REQUEST, None),
    };
    Reject::Documents(status, error.to_string(), hint)
}
