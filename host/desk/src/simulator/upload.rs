//! Uploads: `POST /poe_api/file_upload_3RD_PARTY_POST`.
//!
//! An upload has the bare access key in `Authorization`, and either a form with `download_url` and
//! perhaps `download_filename`, or a multipart part `file` with a file name.

use std::sync::Arc;

use axum::{
    extract::{FromRequest, Multipart, Request, State, multipart::MultipartError},
    response::{IntoResponse, Response},
};
use bytes::{Bytes, BytesMut};
use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use percent_encoding::percent_decode_str;
use serde_json::json;
use tokio::task::spawn_blocking;
use url::{Url, form_urlencoded};

use super::{
    exchange::{Course, Ending},
    files::{FILE_BYTES_MAX, LARGE, mime_type_of},
    hooks::Endpoint,
    json_answer::{Refusal, refuse},
    platform::{Platform, Shared},
    records::{Origin, Record, Upload},
    request_body::{arrived, read},
    script_body::play,
};
use ravenry_base::secret::Secret;

/// What a form around a file may add: names and boundaries.
pub(super) const FORM_BYTES_MAX: usize = 64 * 1024;

/// The route of uploads. What is wrong with one is said after all of it has arrived: a client that
/// still writes would not read it.
pub(super) async fn upload(State(platform): Shared, request: Request) -> Response {
    let key = key(request.headers());
    let reading = arrived(async {
        // As long as it is read, a file is not counted among those held in memory.
        let _place = platform.files.arrive().await;
        received(request).await
    });
    let (received, problem) = match reading.await {
        Ok(received) => (received, None),
        Err(problem) => (Received::default(), Some(problem)),
    };
    let (course, account) = Course::new(&platform.stopping);
    let mut upload = Upload {
        name: received.name,
        mime_type: received.mime_type,
        bytes: received.bytes,
        origin: received.url.map_or(Origin::Part, Origin::Url),
        key: Secret::new(key.clone()),
        status: 200,
        course,
        attachment_url: String::new(),
    };
    if let Some(answer) = platform.hooks.instead(Endpoint::Uploads) {
        upload.status = answer.status;
        platform.hooks.seen(Record::Upload(&upload));
        return play(Arc::clone(&platform.hooks), answer, Some(account)).await;
    }
    let admitted = platform.registry.caller(&key).is_some();
    let answer = match problem {
        _ if !admitted => Err(refuse(
            StatusCode::UNAUTHORIZED,
            platform.registry.key_refusal(),
        )),
        Some(problem) => Err(problem),
        None => keep(&platform, &mut upload).await,
    };
    let answer = answer.unwrap_or_else(IntoResponse::into_response);
    upload.status = answer.status().as_u16();
    account.settle(Ending::Complete);
    platform.hooks.seen(Record::Upload(&upload));
    answer
}

/// The bare key; one with a scheme before it is wrong here.
fn key(headers: &HeaderMap) -> String {
    let value = headers.get(AUTHORIZATION).map(HeaderValue::to_str);
    let key = value.and_then(Result::ok).unwrap_or_default();
    if key.contains(' ') { "" } else { key }.to_owned()
}

/// Fetches what is to be fetched, and keeps it.
async fn keep(platform: &Platform, upload: &mut Upload) -> Result<Response, Refusal> {
    if let Origin::Url(url) = &upload.origin {
        upload.bytes = platform.downloader.fetch(url).await?;
    }
    let (files, name) = (Arc::clone(&platform.files), upload.name.clone());
    let (mime_type, bytes) = (upload.mime_type.clone(), upload.bytes.clone());
    let storing = spawn_blocking(move || files.put(&name, &mime_type, &bytes));
    let full = || refuse(StatusCode::INSUFFICIENT_STORAGE, "no room for more files");
    upload.attachment_url = storing.await.ok().flatten().ok_or_else(full)?;
    let told = json!({"attachment_url": upload.attachment_url, "mime_type": upload.mime_type});
    let json = [(CONTENT_TYPE, "application/json")];
    Ok((json, told.to_string()).into_response())
}

/// What either form of an upload says.
#[derive(Default)]
struct Received {
    name: String,
    mime_type: String,
    bytes: Bytes,
    url: Option<String>,
}

/// Reads either form of an upload.
async fn received(request: Request) -> Result<Received, Refusal> {
    let form = request.headers().get(CONTENT_TYPE).map(HeaderValue::to_str);
    let form = form
        .and_then(Result::ok)
        .unwrap_or_default()
        .to_ascii_lowercase();
    if !form.starts_with("multipart/form-data") {
        return fields(&read(request.into_body(), FORM_BYTES_MAX).await?);
    }
    let wrong = |error: MultipartError| refuse(error.status(), error.body_text());
    let mut parts = Multipart::from_request(request, &())
        .await
        .map_err(|error| refuse(error.status(), error.body_text()))?;
    let mut found = None;
    while let Some(mut part) = parts.next_field().await.map_err(wrong)? {
        let name = part.file_name().unwrap_or_default().to_owned();
        let here = part.name() == Some("file") && !name.is_empty();
        let mime_type = part.content_type().map(str::to_owned);
        let mut bytes = BytesMut::new();
        while let Some(piece) = part.chunk().await.map_err(wrong)? {
            if here {
                bytes.extend_from_slice(&piece);
            }
        }
        if here {
            found = Some((name, mime_type, bytes.freeze()));
        }
    }
    let (name, mime_type, bytes) =
        found.ok_or_else(|| refuse(StatusCode::BAD_REQUEST, "no part `file` with a file name"))?;
    if bytes.len() > FILE_BYTES_MAX {
        return Err(refuse(StatusCode::PAYLOAD_TOO_LARGE, LARGE));
    }
    Ok(Received {
        mime_type: mime_type.unwrap_or_else(|| mime_type_of(&name).to_owned()),
        name,
        bytes,
        url: None,
    })
}

/// An upload by URL. The name is the one given, or the last part of the path, unescaped as the
/// reference library has it.
fn fields(body: &[u8]) -> Result<Received, Refusal> {
    let field = |wanted: &str| {
        form_urlencoded::parse(body)
            .find(|(name, value)| name == wanted && !value.is_empty())
            .map(|(_, value)| value.into_owned())
    };
    let url = field("download_url").ok_or_else(|| {
        let detail = "neither `download_url` nor a multipart body with `file`";
        refuse(StatusCode::BAD_REQUEST, detail)
    })?;
    let last = || {
        let parsed = Url::parse(&url).ok()?;
        let last = parsed.path_segments()?.next_back()?;
        let last = percent_decode_str(last).decode_utf8_lossy().into_owned();
        (!last.is_empty()).then_some(last)
    };
    let name = field("download_filename")
        .or_else(last)
        .unwrap_or_else(|| "downloaded_file".to_owned());
    Ok(Received {
        mime_type: mime_type_of(&name).to_owned(),
        name,
        bytes: Bytes::new(),
        url: Some(url),
    })
}
