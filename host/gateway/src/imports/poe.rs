//! What a bot asks of the platform: other bots, files, money. Counted, bounded, and made with the
//! key of the bot, which it never sees.

mod answer;
mod costs;
mod declared;
mod names;
mod question;
mod written;

use std::{
    collections::HashMap,
    sync::{Arc, Weak},
};

use bytes::Bytes;
use serde::Deserialize;

use self::names::{content_type, fetched, file_name, last_part, web};
pub use self::{
    answer::BotAnswer,
    declared::{Declaration, Declared},
    written::Written,
};
use super::{log::BotLog, rehearsal::RunContext, reply::Outbox, request::Received};
use crate::{
    charges::{Journal, Ledger},
    guard::Refusal,
    metrics::BotMetrics,
};
use ravenry_base::memory::{Booking, MemoryPool};
use ravenry_config::ids::{BotName, TenantName};
use ravenry_outbound::poe::{Body, Fault, PoeClient};
use ravenry_protocol::{
    Reference,
    event::{Event, Failure, File},
};

/// Longest name of a bot, in bytes. Far above what the platform allows.
const BOT_NAME_BYTES_MAX: usize = 128;

/// Positions of one bill.
const COST_ITEMS_MAX: usize = 100;

/// What one bot has of the platform; shared by its calls.
#[derive(Clone, Debug)]
pub struct Platform {
    /// Whose it is.
    pub owner: (TenantName, BotName),
    /// Where charges are noted before they are sent.
    pub journal: Journal,
    /// Its API, in the name of the bot.
    pub client: PoeClient,
    /// What the bot's settings declare.
    pub declared: Declared,
    /// How much of it one reply may use.
    pub bounds: PlatformBounds,
    /// What memory that is held for a call is booked on: bot, tenant, process.
    pub pools: [Arc<MemoryPool>; 3],
    /// Where it is counted.
    pub metrics: BotMetrics,
}

/// How much one reply may ask of the platform.
#[derive(Clone, Copy, Debug)]
pub struct PlatformBounds {
    /// Bots that may stand in a chain of questions.
    pub depth: u32,
    /// Answers that may be open at once.
    pub open: u32,
    /// Files that may be attached.
    pub uploads: u32,
    /// Bytes of one such file.
    pub upload_bytes: u64,
    /// Bytes that may be read of one attachment.
    pub attachment_bytes: u64,
}

/// Why something asked of the platform did not work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PoeError {
    /// Not allowed; the sentence says what to add.
    Denied(String),
    /// It makes no sense; the sentence says why.
    Invalid(String),
    /// The other bot ended with this.
    Said(Failure),
    /// The platform or the other bot failed; the sentence is for the log.
    Broken(String),
    /// The person cannot pay.
    InsufficientFund,
    /// Larger than may be.
    TooLarge(String),
    /// The reply refused what was handed to it.
    Stopped(Refusal),
}

impl PoeError {
    fn no_memory(bytes: usize) -> Self {
        Self::TooLarge(format!("no memory is left for {bytes} bytes more"))
    }

    fn label(&self) -> &'static str {
        match self {
            Self::Denied(_) => "denied",
            Self::Invalid(_) => "invalid",
            Self::Said(_) => "said_error",
            Self::Broken(_) => "broken",
            Self::InsufficientFund => "insufficient_fund",
            Self::TooLarge(_) => "too_large",
            Self::Stopped(_) => "stopped",
        }
    }

    /// Says in the bot's log where others failed; what the bot did wrong, it hears itself.
    fn complain(&self, log: &BotLog, what: &str) {
        match self {
            Self::Broken(words) => log.complain(&format!("{what} failed: {words}")),
            Self::Said(_) => log.complain(&format!("{what} was answered with an error")),
            _ => {}
        }
    }
}

impl From<Fault> for PoeError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Said(failure) => Self::Said(failure),
            Fault::Broken(words) => Self::Broken(words),
            Fault::TooLarge(words) => Self::TooLarge(words),
        }
    }
}

impl From<Refusal> for PoeError {
    fn from(refusal: Refusal) -> Self {
        Self::Stopped(refusal)
    }
}

/// What one call of a bot asks of the platform.
#[derive(Debug)]
pub struct Poe {
    platform: Arc<Platform>,
    outbox: Outbox,
    log: BotLog,
    ledger: Arc<Ledger>,
    circumstances: RunContext,
    calls: HashMap<String, u32>,
    /// Open answers, each of which holds it.
    open: Weak<()>,
    uploads: u32,
}

impl Poe {
    /// The platform for one reply.
    pub fn new(
        platform: Arc<Platform>,
        (outbox, log): (Outbox, BotLog),
        ledger: Arc<Ledger>,
        circumstances: RunContext,
    ) -> Self {
        Self {
            circumstances,
            platform,
            outbox,
            log,
            ledger,
            calls: HashMap::new(),
            open: Weak::new(),
            uploads: 0,
        }
    }

    /// The platform's API, for this call. Made when it is needed: most calls do not.
    fn client(&self) -> PoeClient {
        let tape = self.circumstances.tape.clone();
        self.platform.client.with_tape(tape)
    }

    /// A place among the open answers.
    fn place(&mut self) -> Arc<()> {
        self.open.upgrade().unwrap_or_else(|| {
            let place = Arc::new(());
            self.open = Arc::downgrade(&place);
            place
        })
    }

    /// Bytes that a file of the bot may have.
    fn upload_bytes_max(&self) -> u64 {
        self.platform.bounds.upload_bytes
    }

    fn check_length(&self, bytes: usize) -> Result<(), PoeError> {
        let upload_bytes = self.upload_bytes_max();
        if bytes as u64 <= upload_bytes {
            return Ok(());
        }
        Err(PoeError::TooLarge(format!(
            "the file has {bytes} bytes, and {upload_bytes} are the most"
        )))
    }

    /// Books bytes that the host keeps for the bot while it waits for the platform.
    fn hold(&self, bytes: usize) -> Result<Booking, PoeError> {
        let mut held = Booking::new(self.platform.pools.clone());
        if held.set(bytes as u64) {
            return Ok(held);
        }
        Err(PoeError::no_memory(bytes))
    }

    fn count<T>(&self, kind: &'static str, done: Result<T, PoeError>) -> Result<T, PoeError> {
        let outcome = done.as_ref().err().map_or("ok", PoeError::label);
        self.platform.metrics.poe(kind, outcome);
        if let Err(error) = &done {
            error.complain(&self.log, &format!("`{kind}`"));
        }
        done
    }

    /// Asks another bot; see `poe.ask` of the interface.
    pub async fn ask(
        &mut self,
        received: &Received,
        bot: &str,
        body: String,
    ) -> Result<BotAnswer, PoeError> {
        let asked = self.begin(received, bot, body).await;
        self.count("ask", asked)
    }

    async fn begin(
        &mut self,
        received: &Received,
        bot: &str,
        body: String,
    ) -> Result<BotAnswer, PoeError> {
        let bounds = self.platform.bounds;
        if bot.is_empty() || bot.len() > BOT_NAME_BYTES_MAX || bot.chars().any(char::is_control) {
            let words = "the name of a bot is 1 to 128 bytes without control characters";
            return Err(PoeError::Invalid(words.to_owned()));
        }
        let open = u32::try_from(self.open.strong_count()).unwrap_or(u32::MAX);
        if open >= bounds.open {
            return Err(PoeError::Denied(format!(
                "{} answers are open already: drop one first",
                bounds.open
            )));
        }
        let question = question::overlay(received.raw(), &body, bounds.depth)?;
        // It may be large, and what follows may wait.
        drop(body);
        let held = self.hold(question.len())?;
        let calls = self.calls.get(bot).copied().unwrap_or(0).saturating_add(1);
        self.platform.declared.check(bot, calls).await?;
        self.calls.insert(bot.to_owned(), calls);
        let asking = self
            .client()
            .ask(bot, question, self.platform.pools.clone());
        let place = (self.place(), held);
        let log = (self.log.clone(), format!("asking `{bot}`"));
        Ok(BotAnswer::new(asking, self.outbox.clone(), log, place))
    }

    /// Uploads a file and attaches it to the reply.
    ///
    /// An empty name of a URL is none: so the reference library has it.
    pub async fn attach(&mut self, mut body: Body, inline: bool) -> Result<File, PoeError> {
        if let Body::Url { name, .. } = &mut body {
            name.take_if(|name| name.is_empty());
        }
        let held = match &body {
            Body::Bytes { bytes, .. } => self
                .check_length(bytes.len())
                .and_then(|()| self.hold(bytes.len())),
            Body::Url { .. } => self.hold(0),
        };
        let attached = match held {
            Ok(_held) => self.upload(body, inline).await,
            Err(error) => Err(error),
        };
        self.count("upload", attached)
    }

    /// The same with a file that was written piece by piece.
    pub async fn attach_written(
        &mut self,
        written: Written,
        inline: bool,
    ) -> Result<File, PoeError> {
        let (body, _held) = written.into_body();
        let attached = self.upload(body, inline).await;
        self.count("upload", attached)
    }

    async fn upload(&mut self, body: Body, inline: bool) -> Result<File, PoeError> {
        let PlatformBounds { uploads, .. } = self.platform.bounds;
        let name = match &body {
            Body::Bytes {
                name,
                content_type: kind,
                ..
            } => {
                content_type(kind.as_deref())?;
                file_name(name)?.to_owned()
            }
            Body::Url { url, name } => {
                let url = fetched(url)?;
                match name {
                    Some(name) => file_name(name)?.to_owned(),
                    None => last_part(&url),
                }
            }
        };
        if self.uploads >= uploads {
            return Err(PoeError::Denied(format!(
                "a reply has at most {uploads} files"
            )));
        }
        self.uploads = self.uploads.saturating_add(1);
        let uploaded = self.client().upload(&body).await?;
        let file = File {
            url: uploaded.attachment_url,
            content_type: uploaded.mime_type,
            name,
            inline_ref: inline.then(|| self.label().to_string()),
        };
        self.outbox.say(Event::File(&file)).await?;
        Ok(file)
    }

    /// A label for a file: by chance, or by its number where all is to be as it was.
    fn label(&self) -> Reference {
        match self.circumstances.rehearsal {
            None => Reference::random(),
            Some(_) => Reference::numbered(self.uploads.into()),
        }
    }

    /// Reads a file that is attached to a message of the query.
    pub async fn read_attachment(
        &self,
        received: &Received,
        url: &str,
        bytes_max: u32,
    ) -> Result<Vec<u8>, PoeError> {
        let read = self.download(received, url, bytes_max).await;
        self.count("attachment", read)
    }

    async fn download(
        &self,
        received: &Received,
        url: &str,
        bytes_max: u32,
    ) -> Result<Vec<u8>, PoeError> {
        if !question::has_attachment(received.raw(), url) {
            return Err(PoeError::Denied(
                "this URL is not that of an attachment of the query".to_owned(),
            ));
        }
        let url = web(url)?;
        let bytes_max = u64::from(bytes_max).min(self.platform.bounds.attachment_bytes);
        let held = self.hold(0)?;
        Ok(self.client().read(url, bytes_max, held).await?)
    }
}

/// A part of a query, of which only a member is wanted.
fn member<'a, T: Deserialize<'a>>(raw: &'a str) -> Option<T> {
    serde_json::from_str(raw).ok()
}

/// What uploads take, from what a guest hands over.
pub(crate) fn bytes(name: String, content_type: Option<String>, bytes: Vec<u8>) -> Body {
    Body::Bytes {
        name,
        content_type,
        bytes: Bytes::from(bytes),
    }
}
