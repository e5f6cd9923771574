//! Bots in this process, asked as the server asks them, on a simulated clock.

use std::{collections::HashMap, future::poll_fn, sync::Arc, time::Duration};

use http::{HeaderName, HeaderValue, header};
use serde_json::Value;
use tokio::time::Instant;

use crate::cli::failure::Failure;
use ravenry_desk::replay::{Observed, event::events};
use ravenry_gateway::{
    bots::{Bot, Stop, deployment::Deployment, mount::BotSummary, reply},
    imports::{
        rehearsal::{DeterministicRun, RunContext},
        request::Received,
    },
    store::SharedStore,
};
use ravenry_outbound::cassette::{Exchange, Tape};
use ravenry_protocol::{Reference, decode, request::Request};

/// Headers that a query comes with.
const HEADERS: [(HeaderName, HeaderValue); 2] = [
    (
        header::ACCEPT,
        HeaderValue::from_static("text/event-stream"),
    ),
    (
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    ),
];

/// The bots.
pub(super) struct Runner {
    deployment: Arc<Deployment>,
    bots: HashMap<String, BotSummary>,
}

impl Runner {
    pub(super) fn new(deployment: Arc<Deployment>) -> Self {
        let bots = deployment.bots().into_iter();
        let bots = bots.map(|mounted| (mounted.bot.name.to_string(), mounted));
        Self {
            bots: bots.collect(),
            deployment,
        }
    }

    /// Begins a conversation, at this time since 1970 by the clock of the bot.
    pub(super) fn begin(began: Duration) -> DeterministicRun {
        DeterministicRun {
            began,
            since: Instant::now(),
        }
    }

    /// The bot of this name.
    pub(super) fn bot(&self, name: &str) -> Result<&BotSummary, Failure> {
        let bot = self.bots.get(name);
        bot.ok_or_else(|| Failure::usage(&"the bot is not mounted"))
    }

    /// Asks a bot, which finds its requests answered from the script, and keeps things in this store; what it did.
    pub(super) async fn ask(
        bot: &Arc<Bot>,
        query: &Value,
        script: Vec<Exchange>,
        (rehearsal, store): (DeterministicRun, SharedStore),
    ) -> Result<Observed, Failure> {
        let decoded = decode::decode(query.to_string().into_bytes());
        let decoded = decoded.map_err(|error| Failure::usage(&error))?;
        let Request::Query(query) = decoded.request else {
            return Err(Failure::usage(&"a turn asks something that is no query"));
        };
        let headers = HEADERS.into_iter();
        let received = Received::new(decoded.raw, headers, Reference::numbered(0));
        let tape = Tape::playing(script);
        let circumstances = RunContext {
            tape: Some(tape.clone()),
            rehearsal: Some(rehearsal),
            store: Some(store),
            ..RunContext::default()
        };
        let began = Instant::now();
        let authorized = bot.trusted();
        let bot = Arc::clone(bot);
        let mut reply = reply::start(
            bot,
            authorized,
            *query,
            received,
            circumstances,
            Stop::default(),
            began,
        );
        let mut chunks = Vec::new();
        while let Some(bytes) = poll_fn(|context| reply.poll_bytes(context)).await {
            chunks.push((began.elapsed(), bytes));
        }
        let events = events(&chunks).unwrap_or_default();
        Ok(Observed::new(events, tape.exchanges()))
    }

    /// Ends what still runs in the background.
    pub(super) fn end(&self) {
        self.deployment.end();
    }
}
