//! Files that are to be fetched from URLs, as far as that is allowed.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use http_body_util::{BodyExt as _, Empty};
use parking_lot::Mutex;
use tokio::{sync::Semaphore, time::timeout};
use url::Url;

use super::{
    files::{FILE_BYTES_MAX, LARGE},
    json_answer::{Refusal, refuse},
};
use ravenry_base::hosts::PrivateHost;
use ravenry_outbound::{Egress, Gone, OutboundRequest, SendError, Timeouts};

/// How long a download may take.
const DOWNLOAD_TIME_MAX: Duration = Duration::from_mins(1);

/// What to do with a `download_url`.
#[derive(Clone, Debug, Default)]
pub enum Downloads {
    /// Nothing is fetched. A line of text that names the URL stands for the file.
    #[default]
    Placeholder,
    /// It is fetched as a bot would have to: from public addresses, and from these hosts besides. What
    /// is put up here can be fetched in any case. Redirects are not followed.
    Fetched(Vec<PrivateHost>),
}

/// Fetches what may be fetched.
#[derive(Debug)]
pub(super) struct Downloader {
    /// Attachments that are here already can be fetched in any case. Nothing else: the page is for a person, and
    /// the token in it speaks for that person.
    here: Option<PrivateHost>,
    downloads: Mutex<Downloads>,
}

impl Downloader {
    /// One for the platform with this origin.
    pub(super) fn new(origin: &Url, downloads: Downloads) -> Self {
        Self {
            here: PrivateHost::parse(origin.authority()).ok(),
            downloads: Mutex::new(downloads),
        }
    }

    /// From now on fetches so.
    pub(super) fn set(&self, downloads: Downloads) {
        *self.downloads.lock() = downloads;
    }

    /// The bytes of a file.
    pub(super) async fn fetch(&self, url: &str) -> Result<Bytes, Refusal> {
        let downloads = self.downloads.lock().clone();
        match downloads {
            Downloads::Placeholder => Ok(format!("a file from {url}\n").into()),
            Downloads::Fetched(mut private) => {
                let url = Url::parse(url).map_err(|_| wrong("`download_url` is no URL"))?;
                if url.path().starts_with("/attachments/") {
                    private.extend(self.here.clone());
                }
                download(url, private).await
            }
        }
    }
}

fn wrong(detail: impl Into<String>) -> Refusal {
    refuse(StatusCode::BAD_REQUEST, detail)
}

/// The bot has chosen the URL: it is fetched over the way out that is the bot's own, with what is refused
/// there.
async fn download(url: Url, private: Vec<PrivateHost>) -> Result<Bytes, Refusal> {
    let egress = Egress::new(private);
    let fetching = async {
        let place = Arc::new(Semaphore::new(1)).acquire_owned().await;
        let order = OutboundRequest {
            method: Method::GET,
            url,
            headers: HeaderMap::new(),
            length: Some(0),
            body: Empty::<Bytes>::new(),
            gone: Gone::default(),
            timeouts: Timeouts::at_most(None, None, None),
            body_bytes_max: FILE_BYTES_MAX as u64,
            place: place.map_err(|_| SendError::NoConnectionFree)?,
            tape: None,
        };
        let answer = egress.client(&egress.part()).send(order).await?;
        let (head, body) = answer.into_parts();
        Ok((head.status, body.collect().await?.to_bytes()))
    };
    match timeout(DOWNLOAD_TIME_MAX, fetching).await {
        Ok(Ok((status, bytes))) if status.is_success() => Ok(bytes),
        Ok(Ok((status, _))) => Err(wrong(format!("`download_url` was answered {status}"))),
        Ok(Err(SendError::BodyTooLarge(_))) => Err(refuse(StatusCode::PAYLOAD_TOO_LARGE, LARGE)),
        Ok(Err(error)) => Err(wrong(format!("`download_url` cannot be fetched: {error}"))),
        Err(_) => Err(wrong("`download_url` took too long")),
    }
}
