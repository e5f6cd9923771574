//! A client of any server bot, ours or another's: sends it what the platform sends, and reads
//! what it answers as it comes, with times and with what is wrong about it.
//!
//! It knows a URL, a key and `protocol`, and nothing of the gateway: what it meets is what the
//! platform would meet. Nothing is repeated by itself, and every wait and every size has a bound.

mod answer;
mod conversation;
mod message;
mod nesting;
mod store_comment;
mod target;
mod transcript;

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue,
    header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE},
};
use serde_json::{Value, json};
use tokio::time::timeout;

pub use self::answer::AnswerStream;
pub use self::answer::Part;
pub use self::conversation::Conversation;
pub use self::conversation::MESSAGES_MAX;
pub use self::conversation::Say;
pub use self::message::Attachment;
pub use self::message::Message;
pub use self::message::Person;
pub use self::nesting::NESTING_MAX;
pub use self::nesting::nests_too_deep;
pub use self::store_comment::key_name;
pub use self::store_comment::key_words;
pub use self::target::InvalidTarget;
pub use self::target::Target;
pub use self::target::Unreachable;
pub use self::transcript::Transcript;
use ravenry_outbound::{self as egress, Egress};
use ravenry_protocol::store_activity::{SHOW_HEADER, SHOW_STORE};

/// The protocol version that requests say (reference client 0.0.83).
pub const VERSION: &str = "1.2";

/// Longest wait for the head of an answer, and longest silence in it, by default.
///
/// Servers send a comment every 15 s; a bot under a debugger has its time.
pub const SILENCE_MAX: Duration = Duration::from_mins(2);

/// Most bytes of an answer that is no stream.
const TOLD_BYTES_MAX: usize = 1024 * 1024;

/// A request as it goes out, byte by byte: what the platform would send, or what it never would.
#[derive(Clone, Debug, Default)]
pub struct Post {
    /// The body.
    pub body: Bytes,
    /// Headers that stand in the place of the usual ones, also of `authorization`.
    pub headers: HeaderMap,
}

impl From<&Value> for Post {
    fn from(body: &Value) -> Self {
        Self {
            body: body.to_string().into(),
            headers: HeaderMap::new(),
        }
    }
}

impl Post {
    /// The same for a bot here, where it asks besides what the bot finds in its store and leaves there: a server that
    /// knows this says it. Those elsewhere are sent what the platform would send them.
    #[must_use]
    pub fn showing_store(mut self, target: &Target) -> Self {
        if target.is_here() {
            let store = HeaderValue::from_static(SHOW_STORE);
            self.headers.insert(SHOW_HEADER, store);
        }
        self
    }

    /// Whether it asks for that.
    pub fn shows_store(&self) -> bool {
        self.headers.contains_key(SHOW_HEADER)
    }
}

/// A client with connections of its own.
#[derive(Debug)]
pub struct Client {
    http: egress::Client,
    silence_max: Duration,
}

/// An answer that came whole: to a request for settings, or to a report.
#[derive(Clone, Debug)]
pub struct WholeAnswer {
    /// HTTP status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, within its bound.
    pub body: Bytes,
    /// How long it took.
    pub took: Duration,
}

impl Client {
    /// A client that gives up after so long a silence.
    pub fn new(silence_max: Duration) -> Self {
        let egress = Egress::new(Vec::new());
        Self {
            // The user who names a URL may reach it, on this machine too.
            http: egress.client(&egress.part()),
            silence_max,
        }
    }

    /// Sends a query, and waits for the head of its answer. Dropping the answer hangs up.
    ///
    /// # Errors
    /// The bot cannot be reached, or does not answer. Every status is an answer.
    pub async fn query(&self, target: &Target, body: &Value) -> Result<AnswerStream, Unreachable> {
        self.post_query(target, body.into()).await
    }

    /// The same with other bytes or headers.
    ///
    /// # Errors
    /// As for [`Client::query`].
    pub async fn post_query(
        &self,
        target: &Target,
        post: Post,
    ) -> Result<AnswerStream, Unreachable> {
        let started = Instant::now();
        let shows_store = post.shows_store();
        let response = self.send(target, post, "text/event-stream").await?;
        let answer = AnswerStream::new(response, started, self.silence_max, shows_store);
        Ok(answer)
    }

    /// Sends a request that is answered at once: settings, or a report.
    ///
    /// # Errors
    /// As for [`Client::query`], and a body that breaks off or is too long.
    pub async fn call(&self, target: &Target, body: &Value) -> Result<WholeAnswer, Unreachable> {
        self.post_call(target, body.into()).await
    }

    /// The same with other bytes or headers.
    ///
    /// # Errors
    /// As for [`Client::call`].
    pub async fn post_call(&self, target: &Target, post: Post) -> Result<WholeAnswer, Unreachable> {
        let started = Instant::now();
        let response = self.send(target, post, "application/json").await?;
        self.whole(target, response, started, TOLD_BYTES_MAX).await
    }

    /// Fetches what lies at a URL, such as a file that a bot attached.
    ///
    /// # Errors
    /// As for [`Client::call`].
    pub async fn download(
        &self,
        target: &Target,
        bytes_max: usize,
    ) -> Result<WholeAnswer, Unreachable> {
        let started = Instant::now();
        let http = self.http.to_any_address();
        let http = http.map_err(|error| Unreachable::new(target, &error))?;
        let sent = timeout(self.silence_max, http.get(target.url.clone()).send()).await;
        let sent = sent.map_err(|_| Unreachable::silent(target, self.silence_max))?;
        let response = legible(target, sent)?;
        self.whole(target, response, started, bytes_max).await
    }

    async fn whole(
        &self,
        target: &Target,
        mut response: reqwest::Response,
        started: Instant,
        bytes_max: usize,
    ) -> Result<WholeAnswer, Unreachable> {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let mut whole = Vec::new();
        loop {
            let chunk = timeout(self.silence_max, response.chunk()).await;
            let chunk = chunk.map_err(|_| Unreachable::silent(target, self.silence_max))?;
            match chunk.map_err(|error| Unreachable::broken(target, &error))? {
                None => break,
                Some(chunk) => whole.extend_from_slice(&chunk),
            }
            if whole.len() > bytes_max {
                return Err(Unreachable::too_long(target, bytes_max));
            }
        }
        Ok(WholeAnswer {
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
    pub async fn settings(&self, target: &Target) -> Result<WholeAnswer, Unreachable> {
        let body = json!({"version": VERSION, "type": "settings"});
        self.call(target, &body).await
    }

    async fn send(
        &self,
        target: &Target,
        post: Post,
        accept: &str,
    ) -> Result<reqwest::Response, Unreachable> {
        let http = self.http.to_any_address();
        let http = http.map_err(|error| Unreachable::new(target, &error))?;
        let mut request = http
            .post(target.url.clone())
            .header(ACCEPT, accept)
            .header(CACHE_CONTROL, "no-store")
            .header(CONTENT_TYPE, "application/json")
            .body(post.body);
        if let Some(key) = &target.key {
            request = key.reveal(|key| request.bearer_auth(key));
        }
        let request = request.headers(post.headers);
        let sent = timeout(self.silence_max, request.send()).await;
        let sent = sent.map_err(|_| Unreachable::silent(target, self.silence_max))?;
        legible(target, sent)
    }
}

/// A response whose body can be read as it comes.
fn legible(
    target: &Target,
    sent: reqwest::Result<reqwest::Response>,
) -> Result<reqwest::Response, Unreachable> {
    let response = sent.map_err(|error| Unreachable::broken(target, &error))?;
    match egress::coded(response.status(), response.headers()) {
        Some(coding) => Err(Unreachable::new(target, &coding)),
        None => Ok(response),
    }
}
