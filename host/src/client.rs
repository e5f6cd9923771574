//! A client of any server bot, ours or a stranger's: sends it what the platform sends, and reads
//! what it answers as it comes, with times and with what is wrong about it.
//!
//! It knows a URL, a key and `protocol`, and nothing of the gateway: what it meets is what the
//! platform would meet. Nothing is repeated by itself, and every wait and every size has a bound.

mod answer;
mod conversation;
mod message;
mod shown;
mod target;

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{
    HeaderMap,
    header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE},
};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::egress::{self, Egress};

pub use self::{
    answer::{Answer, Part},
    conversation::{Conversation, Say},
    message::{Attachment, Message, Person},
    shown::Shown,
    target::{InvalidTarget, Target, Unreachable},
};

/// The protocol version that requests say (reference client 0.0.83).
pub const VERSION: &str = "1.2";

/// Longest wait for the head of an answer, and longest silence in it, where nobody says otherwise.
///
/// Servers send a comment every 15 s; a bot under a debugger has its time.
pub const SILENCE_MAX: Duration = Duration::from_mins(2);

/// Most bytes of an answer that is no stream.
const TOLD_BYTES_MAX: usize = 1024 * 1024;

/// A client with connections of its own.
#[derive(Debug)]
pub struct Client {
    http: egress::Client,
    silence_max: Duration,
}

/// An answer that came whole: to a request for settings, or to a report.
#[derive(Clone, Debug)]
pub struct Told {
    /// HTTP status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, up to a mebibyte.
    pub body: Bytes,
    /// How long it took.
    pub took: Duration,
}

impl Client {
    /// A client that gives up after so long a silence.
    pub fn new(silence_max: Duration) -> Self {
        Self {
            // Whoever names a URL may reach it, on this machine too.
            http: Egress::new(Vec::new()).client(),
            silence_max,
        }
    }

    /// Sends a query, and waits for the head of its answer. Dropping the answer hangs up.
    ///
    /// # Errors
    /// The bot cannot be reached, or does not answer. Every status is an answer.
    pub async fn query(&self, target: &Target, body: &Value) -> Result<Answer, Unreachable> {
        let started = Instant::now();
        let response = self.send(target, body, "text/event-stream").await?;
        Ok(Answer::new(response, started, self.silence_max))
    }

    /// Sends a request that is answered at once: settings, or a report.
    ///
    /// # Errors
    /// As for [`Client::query`], and a body that breaks off or is too long.
    pub async fn call(&self, target: &Target, body: &Value) -> Result<Told, Unreachable> {
        let started = Instant::now();
        let mut response = self.send(target, body, "application/json").await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let mut whole = Vec::new();
        loop {
            let chunk = timeout(self.silence_max, response.chunk()).await;
            let chunk = chunk.map_err(|_| Unreachable::silent(target, self.silence_max))?;
            match chunk.map_err(|error| Unreachable::broken(target, &error))? {
                None => break,
                Some(chunk) => whole.extend_from_slice(&chunk),
            }
            if whole.len() > TOLD_BYTES_MAX {
                return Err(Unreachable::too_long(target, TOLD_BYTES_MAX));
            }
        }
        Ok(Told {
            status,
            headers,
            body: whole.into(),
            took: started.elapsed(),
        })
    }

    /// Asks for the settings.
    ///
    /// # Errors
    /// As for [`Client::call`].
    pub async fn settings(&self, target: &Target) -> Result<Told, Unreachable> {
        let body = json!({"version": VERSION, "type": "settings"});
        self.call(target, &body).await
    }

    async fn send(
        &self,
        target: &Target,
        body: &Value,
        accept: &str,
    ) -> Result<reqwest::Response, Unreachable> {
        let http = self.http.to_any_address();
        let http = http.map_err(|error| Unreachable::new(target, &error))?;
        let request = http
            .post(target.url.clone())
            .header(ACCEPT, accept)
            .header(CACHE_CONTROL, "no-store")
            .header(CONTENT_TYPE, "application/json")
            .body(body.to_string());
        let request = match &target.key {
            Some(key) => key.reveal(|key| request.bearer_auth(key)),
            None => request,
        };
        let sent = timeout(self.silence_max, request.send()).await;
        let sent = sent.map_err(|_| Unreachable::silent(target, self.silence_max))?;
        sent.map_err(|error| Unreachable::broken(target, &error))
    }
}
