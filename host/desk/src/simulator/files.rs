//! Files: what is stored, and `GET /attachments/…`.
//!
//! The bytes are on a [`Shelf`](super::file_store::Shelf); names and media types are here. A URL is good
//! for [`URL_TIME`], as on the platform; it says until when, and is not signed: it keeps nobody out
//! of anything on this machine.

use std::{collections::HashMap, sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::{Path, Request, State},
    response::{IntoResponse, Response},
};
use http::{
    HeaderValue, StatusCode,
    header::{CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS},
};
use tokio::task::spawn_blocking;
use url::{Url, form_urlencoded};

use super::{
    apply_settings::File,
    hooks::Endpoint,
    json_answer::{Refusal, refuse},
    script_body::play,
    state::{Shared, Stage},
    text,
    upload::Downloads,
};

/// Largest file: 50 MB, says the documentation.
pub const FILE_BYTES_MAX: usize = 50_000_000;

/// How many files are held.
const FILES_COUNT_MAX: usize = 10_000;

/// How many bytes of files are held. A file for which there is no room is refused.
pub const FILES_BYTES_MAX: usize = 512 * 1024 * 1024;

/// How long the URL of an attachment is good (documentation of 2025: some ten minutes). Each query
/// has new ones.
pub const URL_TIME: Duration = Duration::from_mins(10);

/// Files that can be fetched.
#[derive(Debug, Default)]
pub(super) struct Files {
    stored: HashMap<u64, Stored>,
    bytes: usize,
    pub(super) downloads: Downloads,
}

/// What a file is; its bytes are on the shelf.
#[derive(Clone, Debug)]
struct Stored {
    name: String,
    mime_type: String,
}

impl Files {
    /// Takes room for a file; false when there is none.
    fn book(&mut self, size: usize) -> bool {
        let bytes = self.bytes.saturating_add(size);
        let fits = bytes <= FILES_BYTES_MAX && self.stored.len() < FILES_COUNT_MAX;
        if fits {
            self.bytes = bytes;
        }
        fits
    }
}

/// Keeps a file and says where it lies; nothing when there is no room. Waits for the disk.
pub(super) fn store(stage: &Stage, name: &str, mime_type: &str, bytes: &[u8]) -> Option<String> {
    let number = stage.number();
    if !stage.state().files.book(bytes.len()) {
        return None;
    }
    if let Err(error) = stage.shelf.put(number, bytes) {
        tracing::error!(%error, dir = %stage.shelf.dir().display(), "a file cannot be kept");
        let mut now = stage.state();
        now.files.bytes = now.files.bytes.saturating_sub(bytes.len());
        return None;
    }
    keep(stage, number, name, mime_type)
}

fn keep(stage: &Stage, number: u64, name: &str, mime_type: &str) -> Option<String> {
    // In a URL these two are no names.
    let name = if matches!(name, "." | ".." | "") {
        "file"
    } else {
        name
    };
    let url = url(stage, number, name)?;
    let stored = Stored {
        name: name.to_owned(),
        mime_type: mime_type.to_owned(),
    };
    stage.state().files.stored.insert(number, stored);
    Some(url.into())
}

/// A URL that is good from now on.
fn url(stage: &Stage, number: u64, name: &str) -> Option<Url> {
    let until = stage.now().saturating_add(URL_TIME);
    let mut url = stage.origin.clone();
    url.path_segments_mut()
        .ok()?
        .extend(["attachments", &number.to_string(), name]);
    url.query_pairs_mut()
        .append_pair("until", &until.as_secs().to_string());
    Some(url)
}

/// The file under a URL of ours, with a new one, and the text in it where that is wanted.
pub(super) async fn fresh(stage: &Arc<Stage>, old: &str, with_text: bool) -> Option<File> {
    let old = Url::parse(old).ok()?;
    let mut parts = old.path_segments()?;
    if old.origin() != stage.origin.origin() || parts.next() != Some("attachments") {
        return None;
    }
    let number: u64 = parts.next()?.parse().ok()?;
    let stored = stage.state().files.stored.get(&number).cloned()?;
    let mime_type = stored.mime_type;
    let url = url(stage, number, &stored.name)?.into();
    let text = if with_text && text::is_document(&mime_type) {
        let shelved = Arc::clone(stage);
        let reading = spawn_blocking(move || {
            let bytes = shelved.shelf.get(number).ok()?;
            text::of(&mime_type, &bytes)
        });
        // What no reader of documents understands is as good as no document.
        reading.await.ok().flatten()
    } else {
        None
    };
    Some(File { url, text })
}

/// The route of attachments.
pub(super) async fn fetch(
    State(stage): Shared,
    Path((number, name)): Path<(u64, String)>,
    request: Request,
) -> Response {
    if let Some(answer) = stage.hooks.instead(Endpoint::Attachment(number)) {
        return play(Arc::clone(&stage.hooks), answer, None).await;
    }
    let stored = stage.state().files.stored.get(&number).cloned();
    match stored.filter(|stored| stored.name == name) {
        None => refuse(StatusCode::NOT_FOUND, "no such attachment").into_response(),
        Some(Stored { mime_type, .. }) => shelved(stage, number, mime_type, request.uri().query())
            .await
            .unwrap_or_else(IntoResponse::into_response),
    }
}

async fn shelved(
    stage: Arc<Stage>,
    number: u64,
    mime_type: String,
    query: Option<&str>,
) -> Result<Response, Refusal> {
    let until = form_urlencoded::parse(query.unwrap_or_default().as_bytes())
        .find(|(name, _)| name == "until")
        .and_then(|(_, seconds)| seconds.parse().ok());
    if until.is_none_or(|until| stage.now().as_secs() > until) {
        let detail = "this URL is no longer good: a query has new ones for all attachments";
        return Err(refuse(StatusCode::FORBIDDEN, detail));
    }
    let reading = spawn_blocking(move || stage.shelf.get(number));
    let bytes = reading.await.ok().and_then(Result::ok);
    let gone = || refuse(StatusCode::NOT_FOUND, "the file is gone from the disk");
    let mut response = Response::new(Body::from(bytes.ok_or_else(gone)?));
    let mime_type = HeaderValue::try_from(mime_type)
        .unwrap_or(HeaderValue::from_static("application/octet-stream"));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, mime_type);
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    Ok(response)
}

/// A media type by the end of a name: those that bots send most.
pub fn mime_type_of(name: &str) -> &'static str {
    let end = name.rsplit_once('.').map_or("", |(_, end)| end);
    match end.to_ascii_lowercase().as_str() {
        "txt" | "log" => "text/plain",
        "md" => "text/markdown",
        "csv" => "text/csv",
        "html" | "htm" => "text/html",
        "json" => "application/json",
        "pdf" => "application/pdf",
        "zip" => "application/zip",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "svg" => "image/svg+xml",
        "mp3" => "audio/mpeg",
        "wav" => "audio/wav",
        "mp4" => "video/mp4",
        _ => "application/octet-stream",
    }
}
