//! Uploads: `POST /poe_api/file_upload_3RD_PARTY_POST`.
//!
//! An upload has the bare access key in `Authorization`, and either a form with `download_url` and
//! perhaps `download_filename`, or a multipart part `file` with a file name.

use std::{net::IpAddr, sync::Arc, time::Duration};

use axum::{
    extract::{FromRequest, Multipart, Request, State, multipart::MultipartError},
    response::{IntoResponse, Response},
};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use serde_json::json;
use tokio::{task::spawn_blocking, time::timeout};
use url::{Host, Url, form_urlencoded};

use super::{
    api::Door,
    ask::key_refusal,
    files::{FILE_BYTES_MAX, mime_type_of, store},
    play::play,
    record::{Course, Ending},
    stage::{Refusal, Shared, Stage, arrived, read, refuse},
};
use crate::secret::Secret;

/// What a form around a file may add: names and boundaries.
pub(super) const FORM_BYTES_MAX: usize = 64 * 1024;

/// How long a download may take.
const DOWNLOAD_TIME_MAX: Duration = Duration::from_mins(1);

/// What to do with a `download_url`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Downloads {
    /// Nothing is fetched. A line of text that names the URL stands for the file.
    #[default]
    Placeholder,
    /// URLs with `http` and an address of this machine (127.0.0.0/8, `[::1]`) are fetched; others are
    /// refused. Names are not resolved, redirects not followed.
    Loopback,
}

/// Where the bytes of an upload come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// They were sent along.
    Part,
    /// They are to be fetched from this URL.
    Url(String),
}

/// An upload that has arrived, successful or not.
#[derive(Clone, Debug)]
pub struct Upload {
    /// What the file is called; empty where that could not be read.
    pub name: String,
    /// Its media type.
    pub mime_type: String,
    /// What was received; empty where that could not be read.
    pub bytes: Bytes,
    /// Where the bytes come from.
    pub origin: Origin,
    /// The access key, from the header.
    pub key: Secret,
    /// HTTP status of the answer.
    pub status: u16,
    /// How the answer goes.
    pub course: Course,
    /// Where it lies now; empty unless the status is 200.
    pub attachment_url: String,
}

/// The route of uploads. What is wrong with one is said after all of it has arrived: a client that
/// still writes would not read it.
pub(super) async fn upload(State(stage): Shared, request: Request) -> Response {
    let key = key(request.headers());
    let reading = arrived(async {
        // As long as it is read, a file is not counted among those held in memory.
        let _place = stage.uploading.acquire().await;
        received(request).await
    });
    let (received, problem) = match reading.await {
        Ok(received) => (received, None),
        Err(problem) => (Received::default(), Some(problem)),
    };
    let (course, account) = Course::new(&stage);
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
    let (instead, admitted) = {
        let mut now = stage.state();
        (now.instead(Door::Uploads), now.admits(&key))
    };
    if let Some(answer) = instead {
        upload.status = answer.status;
        record(&stage, upload);
        return play(stage, answer, Some(account)).await;
    }
    let answer = match problem {
        _ if !admitted => Err(refuse(StatusCode::UNAUTHORIZED, key_refusal(&stage))),
        Some(problem) => Err(problem),
        None => keep(&stage, &mut upload).await,
    };
    let answer = answer.unwrap_or_else(IntoResponse::into_response);
    upload.status = answer.status().as_u16();
    account.settle(Ending::Complete);
    record(&stage, upload);
    answer
}

fn record(stage: &Stage, upload: Upload) {
    stage.record(|state| state.uploads.push(upload.bytes.len(), upload));
}

/// The bare key; one with a scheme before it is wrong here.
fn key(headers: &HeaderMap) -> String {
    let value = headers.get(AUTHORIZATION).map(HeaderValue::to_str);
    let key = value.and_then(Result::ok).unwrap_or_default();
    if key.contains(' ') { "" } else { key }.to_owned()
}

/// Fetches what is to be fetched, and keeps it.
async fn keep(stage: &Arc<Stage>, upload: &mut Upload) -> Result<Response, Refusal> {
    if let Origin::Url(url) = &upload.origin {
        let downloads = stage.state().files.downloads;
        upload.bytes = match downloads {
            Downloads::Placeholder => format!("a file from {url}\n").into(),
            Downloads::Loopback => download(stage, url).await?,
        };
    }
    let (shelved, name) = (Arc::clone(stage), upload.name.clone());
    let (mime_type, bytes) = (upload.mime_type.clone(), upload.bytes.clone());
    let storing = spawn_blocking(move || store(&shelved, &name, &mime_type, &bytes));
    let full = || refuse(StatusCode::INSUFFICIENT_STORAGE, "no room for more files");
    upload.attachment_url = storing.await.ok().flatten().ok_or_else(full)?;
    let told = json!({"attachment_url": upload.attachment_url, "mime_type": upload.mime_type});
    let json = [(CONTENT_TYPE, "application/json")];
    Ok((json, told.to_string()).into_response())
}

async fn download(stage: &Stage, url: &str) -> Result<Bytes, Refusal> {
    let wrong = |detail| refuse(StatusCode::BAD_REQUEST, detail);
    let url = Url::parse(url).map_err(|_| wrong("`download_url` is no URL"))?;
    let here = match url.host() {
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        Some(Host::Domain(_)) | None => false,
    };
    if url.scheme() != "http" || !here {
        let here = "files are fetched from this machine alone: `http://127.0.0.1:…`";
        return Err(wrong(here));
    }
    let fetching = async {
        let answer = stage.client.get(url).send().await.map_err(|_| ())?;
        let answer = answer.error_for_status().map_err(|_| ())?;
        let (mut bytes, mut body) = (BytesMut::new(), answer.bytes_stream());
        while let Some(piece) = body.next().await {
            bytes.extend_from_slice(&piece.map_err(|_| ())?);
            if bytes.len() > FILE_BYTES_MAX {
                return Ok(None);
            }
        }
        Ok(Some(bytes.freeze()))
    };
    match timeout(DOWNLOAD_TIME_MAX, fetching).await {
        Ok(Ok(Some(bytes))) => Ok(bytes),
        Ok(Ok(None)) => Err(refuse(StatusCode::PAYLOAD_TOO_LARGE, LARGE)),
        Ok(Err(())) | Err(_) => Err(wrong("`download_url` cannot be fetched")),
    }
}

const LARGE: &str = "more than 50 MB";

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

/// An upload by URL. The name is the one given, or the last part of the path as it stands there.
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
        let last = parsed.path_segments()?.next_back()?.to_owned();
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
