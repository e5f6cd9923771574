//! Files that a person puts to a message.

use axum::{
    Json,
    body::Body,
    extract::{RawQuery, State},
};
use http::{HeaderMap, HeaderValue, StatusCode, header::CONTENT_TYPE};
use tokio::task::spawn_blocking;
use url::form_urlencoded;

use crate::{
    client::Attachment,
    simulator::{
        files::{FILE_BYTES_MAX, mime_type_of},
        json_answer::{Refusal, refuse},
        platform::Shared,
        request_body::read,
    },
};

/// Longest name of a file, in characters.
const NAME_CHARACTERS_MAX: usize = 200;

/// Keeps a file where bots can fetch it. Its name stands in the URL.
pub(super) async fn upload(
    State(platform): Shared,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Attachment>, Refusal> {
    let bytes = {
        let _place = platform.files.arrive().await;
        read(body, FILE_BYTES_MAX).await?
    };
    let query = query.unwrap_or_default();
    let name = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "name");
    let name = name.map(|(_, name)| name).unwrap_or_default();
    let name: String = name.chars().take(NAME_CHARACTERS_MAX).collect();
    let told = headers.get(CONTENT_TYPE).map(HeaderValue::to_str);
    let told = told.and_then(Result::ok).filter(|kind| !kind.is_empty());
    let content_type = told.unwrap_or_else(|| mime_type_of(&name)).to_owned();
    let (kept, kind) = (name.clone(), content_type.clone());
    let keeping = spawn_blocking(move || platform.files.put(&kept, &kind, &bytes));
    let url = keeping.await.ok().flatten();
    let full = || refuse(StatusCode::INSUFFICIENT_STORAGE, "no room for more files");
    Ok(Json(Attachment {
        url: url.ok_or_else(full)?,
        content_type,
        name,
        inline_ref: None,
        parsed_content: None,
    }))
}
