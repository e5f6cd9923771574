//! Files that were put up, as bots fetch them: `GET /attachments/…`.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Path, Request, State},
    response::{IntoResponse, Response},
};
use http::{
    HeaderValue, StatusCode,
    header::{CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS},
};
use url::form_urlencoded;

use super::{
    files::Files,
    hooks::Endpoint,
    json_answer::{Refusal, refuse},
    platform::Shared,
    script_body::play,
};

/// The route.
pub(super) async fn fetch(
    State(platform): Shared,
    Path((number, name)): Path<(u64, String)>,
    request: Request,
) -> Response {
    if let Some(answer) = platform.hooks.instead(Endpoint::Attachment(number)) {
        return play(Arc::clone(&platform.hooks), answer, None).await;
    }
    let Some(mime_type) = platform.files.mime_type(number, &name) else {
        return refuse(StatusCode::NOT_FOUND, "no such attachment").into_response();
    };
    file(&platform.files, number, mime_type, request.uri().query())
        .await
        .unwrap_or_else(IntoResponse::into_response)
}

async fn file(
    files: &Arc<Files>,
    number: u64,
    mime_type: String,
    query: Option<&str>,
) -> Result<Response, Refusal> {
    let until = form_urlencoded::parse(query.unwrap_or_default().as_bytes())
        .find(|(name, _)| name == "until")
        .and_then(|(_, seconds)| seconds.parse().ok());
    if until.is_none_or(|until| !files.is_good(until)) {
        let detail = "this URL is no longer good: a query has new ones for all attachments";
        return Err(refuse(StatusCode::FORBIDDEN, detail));
    }
    let gone = || refuse(StatusCode::NOT_FOUND, "the file is gone from the disk");
    let bytes = files.bytes(number).await.ok_or_else(gone)?;
    let mut response = Response::new(Body::from(bytes));
    let mime_type = HeaderValue::try_from(mime_type)
        .unwrap_or(HeaderValue::from_static("application/octet-stream"));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, mime_type);
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    Ok(response)
}
