//! The client of Poe's API: what the gateway asks of the platform in the name of a bot.
//!
//! The bot's access key is added here and nowhere else. Endpoints and shapes are those that the
//! reference library (`fastapi_poe` 0.0.83) uses; the places stand with each. No redirect is followed:
//! a key goes to the host that the operator named.

mod answer;
mod costs;
mod files;
mod settings;
mod stream;

use std::{error::Error, future::Future, sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use tokio::time::timeout;
use url::Url;

pub use self::{
    answer::Asking,
    costs::{CostFault, CostItem},
    files::{Body, Uploaded},
    settings::SyncFault,
};
use super::{
    Egress, OutboundShare,
    cassette::{self, RequestKind, Tape},
    connection::Http,
    error::Lost,
};
use ravenry_base::secret::Secret;
use ravenry_protocol::{event::Failure, shown::Escaped};

/// Longest silence of the platform, before the first byte and between two of them.
///
/// The reference client waits 600 s for a bot; Poe itself cuts bots that are silent for far less, and
/// servers send a comment every 15 s. Uploads have 120 s there, which is taken for all.
const SILENCE_MAX: Duration = Duration::from_mins(2);

/// Most bytes of an answer that is read whole: a status, an error, an upload's result.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Where the platform's API is.
#[derive(Clone, Debug)]
pub struct Addresses {
    /// For queries, costs and settings; Poe's is `https://api.poe.com`.
    pub api: Url,
    /// For uploads; a whole URL.
    pub upload: Url,
    /// Where attachments lie besides.
    pub files: Option<Url>,
}

/// Why something asked of the platform did not work. No variant holds a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The other bot said an error.
    #[error("the other bot ended with an error")]
    Said(Failure),
    /// The platform could not be reached, refused, or did not keep to the protocol.
    #[error("{0}")]
    Broken(String),
    /// More came than is taken.
    #[error("{0}")]
    TooLarge(String),
}

/// The connections to the platform, shared by all bots of a tenant.
#[derive(Clone, Debug)]
pub struct Connections {
    http: Arc<super::Client>,
    addresses: Arc<Addresses>,
}

/// The platform's API in the name of one bot.
#[derive(Clone, Debug)]
pub struct PoeClient {
    connections: Connections,
    key: Option<Secret>,
    tape: Option<Tape>,
}

impl Connections {
    /// Connections within this part. None is opened before it is needed.
    pub fn new(egress: &Egress, part: &OutboundShare, addresses: Addresses) -> Self {
        Self {
            http: Arc::new(egress.client(part)),
            addresses: Arc::new(addresses),
        }
    }

    /// The client of one bot.
    pub fn client(&self, key: Option<Secret>) -> PoeClient {
        PoeClient {
            connections: self.clone(),
            key,
            tape: None,
        }
    }
}

impl PoeClient {
    /// The same client, for one call that passes by this tape.
    #[must_use]
    pub fn with_tape(&self, tape: Option<Tape>) -> Self {
        Self {
            tape,
            ..self.clone()
        }
    }

    /// Sends what was built, past the tape, to which `target` and `body` say what it is.
    fn send(
        &self,
        http: &Http,
        request: reqwest::RequestBuilder,
        (kind, target, body): (RequestKind, &str, &dyn Fn() -> Vec<u8>),
    ) -> BoxFuture<'static, Result<reqwest::Response, Lost>> {
        let described = |_: &reqwest::Request| cassette::Request {
            kind,
            target: target.to_owned(),
            headers: http::HeaderMap::new(),
            body: body(),
        };
        let sending = request.build();
        match sending {
            Ok(sending) => cassette::send(self.tape.as_ref(), http, sending, None, described),
            Err(error) => Box::pin(async { Err(error.into()) }),
        }
    }

    /// Whether there is a key to show.
    pub fn has_key(&self) -> bool {
        self.key.is_some()
    }

    /// The connections to what the operator has named himself.
    fn http(&self) -> Result<&Http, Fault> {
        let http = self.connections.http.named_by_operator();
        http.map_err(|error| Fault::Broken(error.to_string()))
    }

    /// A URL below the API's, from parts that are escaped.
    fn api(&self, parts: &[&str]) -> Url {
        let mut url = self.connections.addresses.api.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(parts);
        }
        url
    }

    /// `Bearer KEY`, where there is a key.
    fn bearer(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        match &self.key {
            Some(key) => key.reveal(|key| request.bearer_auth(key)),
            None => request,
        }
    }
}

/// Waits for the platform, but not for ever.
async fn heard<T, E: Into<Lost>>(what: impl Future<Output = Result<T, E>>) -> Result<T, String> {
    match timeout(SILENCE_MAX, what).await {
        Ok(heard) => heard.map_err(|lost| words(lost.into())),
        Err(_) => Err(silence()),
    }
}

fn silence() -> String {
    format!("nothing came for {} s", SILENCE_MAX.as_secs())
}

/// What the HTTP client says, with its causes and without the URL, which can hold a key.
fn words(lost: Lost) -> String {
    let (mut words, error): (_, Box<dyn Error>) = match lost {
        Lost::Http(error) => {
            let error = error.without_url();
            (error.to_string(), error.into())
        }
        Lost::Unanswered(error) => (format!("error sending request: {error}"), error.into()),
        Lost::Known(error) => return error.to_string(),
    };
    let mut source = error.source();
    while let Some(cause) = source {
        words.push_str(": ");
        words.push_str(&cause.to_string());
        source = cause.source();
    }
    words
}

/// Reads a short answer whole; what passes the bound is left out.
async fn short(mut response: reqwest::Response) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    while let Some(chunk) = heard(response.chunk()).await? {
        let room = ANSWER_BYTES_MAX.saturating_sub(body.len());
        body.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
        if body.len() >= ANSWER_BYTES_MAX {
            break;
        }
    }
    Ok(body)
}

/// The beginning of an untrusted text as a log shows it.
fn excerpt(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let beginning: String = text.chars().take(200).collect();
    Escaped(&beginning).to_string()
}
