//! What the platform is asked, each kind with what came of it: queries, uploads, bills, settings.
//!
//! Nothing of it is kept here: it is shown to the hooks (`hooks`), and gone.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header::AUTHORIZATION};
use serde_json::Value;

use super::exchange::{Account, Course, Stopping};
use ravenry_base::secret::Secret;
use ravenry_protocol::mend;

/// Something that was asked. Uploads, bills and settings are known with what is answered.
#[derive(Clone, Copy, Debug)]
pub enum Record<'a> {
    /// A query to a bot, refused ones too.
    Query(&'a BotRequest),
    /// A `report_error` or one of its kin.
    Report(&'a BotRequest),
    /// A file.
    Upload(&'a Upload),
    /// A bill.
    Bill(&'a Bill),
    /// A call about settings.
    Settings(&'a SettingsCall),
}

/// A query or a report, as it came.
#[derive(Clone, Debug)]
pub struct BotRequest {
    /// Which bot was asked.
    pub bot: String,
    /// The headers. `Authorization` does not show when they are printed.
    pub headers: HeaderMap,
    /// The body, byte for byte.
    pub bytes: Bytes,
    /// The body as JSON; null when it is none.
    pub body: Value,
    /// How its answer goes.
    pub course: Course,
}

impl BotRequest {
    /// A request, and the account in which its end is to be written.
    pub(super) fn new(
        stopping: &Stopping,
        bot: String,
        mut headers: HeaderMap,
        bytes: Bytes,
    ) -> (Self, Account) {
        if let Some(key) = headers.get_mut(AUTHORIZATION) {
            key.set_sensitive(true);
        }
        let (course, account) = Course::new(stopping);
        let body = mend::read_bytes(&bytes).unwrap_or_default();
        let request = Self {
            bot,
            headers,
            bytes,
            body,
            course,
        };
        (request, account)
    }

    /// What stands after `Bearer `, exactly so written.
    pub fn key(&self) -> Option<&str> {
        let value = self.headers.get(AUTHORIZATION).map(HeaderValue::to_str)?;
        value.ok()?.strip_prefix("Bearer ")
    }
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

/// What is asked of an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charge {
    /// May it be spent? It is not.
    Authorize,
    /// It is spent.
    Capture,
}

/// One position of a bill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amount {
    /// Thousandths of a US cent.
    pub milli_cents: u64,
    /// What for.
    pub description: Option<String>,
}

/// A bill as it came, well formed or not.
#[derive(Clone, Debug)]
pub struct Bill {
    /// Which query it belongs to.
    pub bot_query_id: String,
    /// What was asked.
    pub charge: Charge,
    /// Its positions; empty where it was refused.
    pub amounts: Vec<Amount>,
    /// The access key, from the body.
    pub key: Secret,
    /// The body as JSON; null when it is none. It holds the key.
    pub body: Value,
    /// HTTP status of the answer.
    pub status: u16,
    /// How the answer goes.
    pub course: Course,
    /// The `status` of the `result` event; empty when there was none.
    pub result: String,
}

/// What was asked about settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingsVerb {
    /// The platform is to ask the bot for them.
    Fetch,
    /// They are in the body.
    Update,
}

/// A call about settings.
#[derive(Clone, Debug)]
pub struct SettingsCall {
    /// What was asked.
    pub verb: SettingsVerb,
    /// Whose settings.
    pub bot: String,
    /// The access key, from the path.
    pub key: Secret,
    /// The version of the protocol, where the path has one.
    pub version: Option<String>,
    /// The settings: sent along, or, after a fetch, what the bot gave. Null otherwise.
    pub settings: Value,
    /// HTTP status of the answer.
    pub status: u16,
    /// How the answer goes.
    pub course: Course,
}
