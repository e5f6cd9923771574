//! What a reply has cost, and how it ended: its log line and its metrics. Settled exactly once.

use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use super::Bot;
use crate::{
    guard::End,
    imports::{log::BotLog, reply::Outbox},
    metrics::ReplyFacts,
    sandbox::Meter,
    telemetry::{self, Whose},
};
use ravenry_protocol::{Reference, event::Failure};

/// The account of one reply.
pub(super) struct Account {
    /// When its query arrived.
    pub(super) arrived: Instant,
    /// What the run costs; `None`: there was none.
    pub(super) meter: Option<Meter>,
    /// What is said about the run; `None`: there was none.
    pub(super) log: Option<BotLog>,
    reference: Reference,
    first_event: Option<Duration>,
    sent_bytes: u64,
    settled: bool,
}

impl Account {
    pub(super) fn new(arrived: Instant, reference: Reference) -> Self {
        Self {
            arrived,
            meter: None,
            log: None,
            reference,
            first_event: None,
            sent_bytes: 0,
            settled: false,
        }
    }

    /// An error of the bot as its reader gets it.
    pub(super) fn refer(&self, failure: Failure) -> Failure {
        match &self.log {
            Some(log) => log.refer(failure),
            None => failure,
        }
    }

    /// Notes bytes that were handed over.
    pub(super) fn sent(&mut self, bytes: &Bytes) {
        self.sent_bytes = self.sent_bytes.saturating_add(bytes.len() as u64);
        if self.first_event.is_none() {
            self.first_event = Some(self.arrived.elapsed());
        }
    }

    /// Whether it is settled.
    pub(super) fn is_settled(&self) -> bool {
        self.settled
    }

    /// Counts the reply and writes its line, once. `detail` is for the log alone.
    pub(super) fn settle(&mut self, bot: &Bot, outbox: &Outbox, end: &End, detail: Option<&str>) {
        if std::mem::replace(&mut self.settled, true) {
            return;
        }
        bot.ended(end);
        let said = outbox.said();
        let duration = self.arrived.elapsed();
        let cost = self.meter.as_ref().map(Meter::cost).unwrap_or_default();
        // The end is settled before its bytes are taken; a reader that left takes none.
        let last_bytes = match end {
            End::ReaderGone => 0,
            _ => outbox.unread(),
        };
        let facts = ReplyFacts {
            outcome: end.label(),
            events: said.events,
            sent_bytes: self.sent_bytes.saturating_add(last_bytes),
            first_event: self
                .first_event
                .or_else(|| (said.events > 0).then_some(duration)),
            duration,
            cpu: cost.cpu,
            peak_memory_bytes: cost.peak_memory_bytes,
        };
        bot.metrics.reply(&facts);
        let whose = Whose {
            tenant: bot.tenant.as_str(),
            bot: bot.name.as_str(),
            reference: self.reference.as_str(),
        };
        let detail = detail.map(|detail| bot.mask().mask(detail));
        telemetry::reply_ended(whose, &facts, said.characters, detail.as_deref());
    }
}
