//! Files: uploaded for a reply, and read from where the platform keeps them.

use std::time::Duration;

use bytes::Bytes;
use reqwest::{
    header::{ACCEPT, AUTHORIZATION, HeaderValue},
    multipart::{Form, Part},
};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use tokio::time::{sleep, timeout};
use url::Url;

use super::{Addresses, Fault, PoeClient, excerpt, heard, short};
use crate::cassette::RequestKind;
use ravenry_base::memory::Booking;
use ravenry_protocol::mend;

/// Longest time of one attempt (as the reference client).
const UPLOAD_TIME_MAX: Duration = Duration::from_mins(2);

/// Attempts, and the pause between them (as the reference client).
const ATTEMPTS: u8 = 2;
const PAUSE: Duration = Duration::from_millis(500);

/// Where an uploaded file is.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Uploaded {
    /// Where its bytes are.
    pub attachment_url: String,
    /// What the platform takes it for.
    pub mime_type: String,
}

/// What is uploaded.
#[derive(Clone, Debug)]
pub enum Body {
    /// These bytes.
    Bytes {
        /// Not empty.
        name: String,
        /// Its media type, where the bot knows it.
        content_type: Option<String>,
        /// The file.
        bytes: Bytes,
    },
    /// What the platform finds there.
    Url {
        /// Its address.
        url: String,
        /// Its name, where it is not the last part of the path.
        name: Option<String>,
    },
}

impl Body {
    /// By what a tape knows it.
    fn name(&self) -> &str {
        match self {
            Self::Bytes { name, .. } => name,
            Self::Url { url, .. } => url,
        }
    }

    /// What a tape notes of it: enough to tell it from another.
    fn words(&self) -> Vec<u8> {
        let words = match self {
            Self::Bytes {
                content_type,
                bytes,
                ..
            } => {
                let digest = Sha256::digest(bytes);
                let digest = digest
                    .iter()
                    .take(8)
                    .fold(0_u64, |all, byte| all << 8 | u64::from(*byte));
                let kind = content_type.as_deref().unwrap_or("no content type");
                format!("{kind}, {} bytes, SHA-256 {digest:016x}…", bytes.len())
            }
            Self::Url { name, .. } => name.clone().unwrap_or_default(),
        };
        words.into_bytes()
    }
}

/// An upload that failed.
struct Failed {
    fault: Fault,
    /// Whether another attempt may help.
    again: bool,
}

impl Failed {
    fn new(words: impl Into<String>, again: bool) -> Self {
        Self {
            fault: Fault::Broken(words.into()),
            again,
        }
    }
}

impl PoeClient {
    /// Uploads a file, at most twice: a second copy of a file does no harm.
    pub async fn upload(&self, body: &Body) -> Result<Uploaded, Fault> {
        let mut attempt = 1;
        loop {
            let sent = timeout(UPLOAD_TIME_MAX, self.send_file(body)).await;
            let failed = match sent {
                Ok(Ok(uploaded)) => return Ok(uploaded),
                Ok(Err(failed)) => failed,
                Err(_) => Failed::new("the upload took longer than 120 s", true),
            };
            if !failed.again || attempt >= ATTEMPTS {
                return Err(failed.fault);
            }
            attempt = attempt.saturating_add(1);
            sleep(PAUSE).await;
        }
    }

    async fn send_file(&self, body: &Body) -> Result<Uploaded, Failed> {
        let http = self.http().map_err(|fault| Failed {
            fault,
            again: false,
        })?;
        let mut request = http
            .post(self.connections.addresses.upload.clone())
            .header(ACCEPT, "application/json");
        if let Some(key) = &self.key {
            // The bare key, without a scheme: so this endpoint wants it.
            let mut value = key
                .reveal(HeaderValue::from_str)
                .map_err(|_| Failed::new("the access key cannot stand in a header", false))?;
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        let request = match body {
            Body::Bytes {
                name,
                content_type,
                bytes,
            } => {
                let part = part(name, content_type.as_deref(), bytes)?;
                request.multipart(Form::new().part("file", part))
            }
            Body::Url { url, name } => {
                let mut form = vec![("download_url", url)];
                form.extend(name.iter().map(|name| ("download_filename", name)));
                request.form(&form)
            }
        };
        let lost = |words: String| Failed::new(words, true);
        let sent = self.send(
            http,
            request,
            (RequestKind::Upload, body.name(), &|| body.words()),
        );
        let response = heard(sent).await.map_err(lost)?;
        let status = response.status();
        let body = short(response).await.map_err(lost)?;
        if !status.is_success() {
            let words = format!("the upload was answered {status} ({})", excerpt(&body));
            return Err(Failed::new(words, status.is_server_error()));
        }
        mend::read_bytes(&body).map_err(|_| {
            let words = format!("the upload's answer makes no sense ({})", excerpt(&body));
            Failed::new(words, false)
        })
    }

    /// The bytes at a URL, at most `bytes_max`. Shows no key.
    ///
    /// The URL is untrusted: where it is not at the platform, its address must be a public one.
    /// What was read is booked on `held` until it is handed over.
    pub async fn read(
        &self,
        url: Url,
        bytes_max: u64,
        mut held: Booking,
    ) -> Result<Vec<u8>, Fault> {
        let http = if self.is_platform(&url) {
            self.http()?
        } else {
            let http = self.connections.http.http(&url);
            http.map_err(|error| Fault::Broken(error.to_string()))?
        };
        let target = url.to_string();
        let sent = self.send(http, http.get(url), (RequestKind::Read, &target, &Vec::new));
        let mut response = heard(sent).await.map_err(Fault::Broken)?;
        let status = response.status();
        if !status.is_success() {
            return Err(Fault::Broken(format!("the file was answered {status}")));
        }
        let too_large = || Fault::TooLarge(format!("the file has more than {bytes_max} bytes"));
        if response
            .content_length()
            .is_some_and(|length| length > bytes_max)
        {
            return Err(too_large());
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = heard(response.chunk()).await.map_err(Fault::Broken)? {
            if (bytes.len().saturating_add(chunk.len())) as u64 > bytes_max {
                return Err(too_large());
            }
            if !held.set((bytes.len().saturating_add(chunk.len())) as u64) {
                return Err(Fault::TooLarge("no memory is left for the file".to_owned()));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }

    /// Whether a URL is at one of the hosts that the operator named.
    fn is_platform(&self, url: &Url) -> bool {
        let Addresses { api, upload, files } = &*self.connections.addresses;
        [api, upload]
            .into_iter()
            .chain(files)
            .any(|known| known.origin() == url.origin())
    }
}

fn part(name: &str, content_type: Option<&str>, bytes: &Bytes) -> Result<Part, Failed> {
    let part =
        Part::stream_with_length(bytes.clone(), bytes.len() as u64).file_name(name.to_owned());
    match content_type {
        Some(content_type) => part
            .mime_str(content_type)
            .map_err(|_| Failed::new("the content type makes no sense", false)),
        None => Ok(part),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A media type becomes a header of its part: what could begin another one is refused.
    #[test]
    fn a_media_type_begins_no_header() {
        let taken = |kind: &str| part("a.txt", Some(kind), &Bytes::new()).is_ok();
        for kind in ["text/plain", "text/plain; charset=utf-8", "a/b; c=\"d e\""] {
            assert!(taken(kind), "{kind:?}");
        }
        for kind in [
            "",
            "text",
            "text/plain\r\nevil: 1",
            "text/plain\nevil: 1",
            "text/plain; a=b\r\nevil: 1",
            "text/plain; a=\"b\r\nevil: 1\"",
            "text/plain; a=\"b\nc\"",
            "text/pl\0ain",
            "text/plain; a=\"\0\"",
            "text/pl\u{e4}in",
        ] {
            assert!(!taken(kind), "{kind:?}");
        }
    }
}
