//! Every metric: name, unit, labels, meaning.
//!
//! Labels are the tenant, the bot and how a reply ended, all of them names that an operator or an
//! author chose; nothing that a client or another host sends becomes a label. Handles are made when a bot is
//! mounted, those of outcomes when the first reply ends so: counting a reply takes atomic operations
//! and no look-up.

mod describe;
mod tenant;

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use ::metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};

pub(crate) use self::{describe::describe, tenant::TenantTime};

/// Replies that run at this moment, by bot. Goes down when the instance is gone.
pub(crate) const RUNNING_REPLIES: &str = "ravenry_running_replies";
/// Queries that wait for a place, by bot.
pub(crate) const WAITING_QUERIES: &str = "ravenry_waiting_queries";
/// Replies that have ended, by bot and outcome.
pub(crate) const REPLIES: &str = "ravenry_replies_total";
/// Requests that are not queries, by bot and type.
pub(crate) const CALLS: &str = "ravenry_calls_total";
/// What bots have asked of the platform, by bot, kind and outcome.
pub(crate) const POE_CALLS: &str = "ravenry_poe_calls_total";
/// Operations of bots on their store, by bot, kind and outcome.
pub(crate) const STORE_OPERATIONS: &str = "ravenry_store_operations_total";
/// Amounts that were authorized and not captured when their reply ended, in thousandths of a US cent.
pub(crate) const UNCAPTURED: &str = "ravenry_uncaptured_milli_cents_total";
/// Amounts that were asked for and never answered, by step, in thousandths of a US cent: whether they
/// were charged, only the platform knows.
pub(crate) const UNKNOWN_CHARGES: &str = "ravenry_unknown_charges_milli_cents_total";
/// Whether the platform has the settings of a bot (1) or not (0), by bot.
pub(crate) const SYNCED: &str = "ravenry_settings_synced";
/// Whether what a bot's files say is refused (1) or not any more (0), by bot, be it that its former version goes on;
/// without a bot's name, a file of its tenant is.
pub(crate) const REFUSED_BOTS: &str = "ravenry_refused_bots";
/// Events that bots have said.
pub(crate) const EVENTS: &str = "ravenry_events_total";
/// Bytes of event stream that were handed to the network.
pub(crate) const SENT_BYTES: &str = "ravenry_sent_bytes_total";
/// Time from the arrival of a query to its first event, in seconds.
pub(crate) const FIRST_EVENT: &str = "ravenry_first_event_seconds";
/// Time from the arrival of a query to the end of its reply, in seconds.
pub(crate) const DURATION: &str = "ravenry_reply_duration_seconds";
/// Computing time of a reply, in seconds.
pub(crate) const CPU: &str = "ravenry_reply_cpu_seconds";
/// Most memory of a reply's instance, in bytes.
pub(crate) const PEAK_MEMORY: &str = "ravenry_reply_peak_memory_bytes";
/// Computing time by tenant and place (`serving`, `compute`), in nanoseconds.
pub(crate) const COMPUTING: &str = "ravenry_computing_nanoseconds_total";
/// Polls of guests that held a serving thread for more than a millisecond, by tenant.
pub(crate) const OVERRUNS: &str = "ravenry_overruns_total";
/// Turns at compute threads, by tenant.
pub(crate) const TURNS: &str = "ravenry_turns_total";
/// Time that turns were waited for, by tenant, in nanoseconds.
pub(crate) const TURN_WAITS: &str = "ravenry_turn_waits_nanoseconds_total";
/// Memory in use, of which `ravenry_memory_max_bytes` may be: of the process or of its control group, whichever
/// is nearer to its bound.
pub(crate) const MEMORY: &str = "ravenry_memory_bytes";
/// Memory that may be used.
pub(crate) const MEMORY_MAX: &str = "ravenry_memory_max_bytes";
/// Queries and other requests that were refused because memory was short.
pub(crate) const REFUSED_FOR_MEMORY: &str = "ravenry_refused_for_memory_total";
/// HTTP requests that were turned away before they reached a bot, by status.
pub(crate) const REJECTED: &str = "ravenry_rejected_requests_total";
/// Requests without a key, or with a wrong one, by bot.
pub(crate) const UNAUTHORIZED: &str = "ravenry_unauthorized_requests_total";
/// Connections that are open.
pub(crate) const CONNECTIONS: &str = "ravenry_connections";
/// Connections that were closed because there are too few: to make room (`idle`), or for want of it (`crowded`).
pub(crate) const CLOSED_CONNECTIONS: &str = "ravenry_connections_closed_total";

/// Lines of the log that were dropped because its reader is too slow.
pub(crate) const DROPPED_LOG_LINES: &str = "ravenry_dropped_log_lines_total";

/// Bounds of the histograms of times, in seconds: from a warm echo to a long essay.
pub(crate) const SECONDS_BUCKETS: [f64; 14] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.25, 1.0, 3.0, 10.0, 60.0, 600.0, 3600.0,
];

/// Bounds of the histogram of memory, in bytes: 1 to 1,024 MiB in steps of four, with one between.
pub(crate) const BYTES_BUCKETS: [f64; 8] = [
    65_536.0,
    1_048_576.0,
    2_097_152.0,
    4_194_304.0,
    16_777_216.0,
    67_108_864.0,
    268_435_456.0,
    1_073_741_824.0,
];

/// Says how many lines of the log were dropped since the start.
pub(crate) fn dropped_log_lines(lines: u64) {
    counter!(DROPPED_LOG_LINES).absolute(lines);
}

/// Counts a request that was turned away.
pub(crate) fn rejected(status: u16) {
    counter!(REJECTED, "status" => status.to_string()).increment(1);
}

/// Says whether a bot is refused; without a name, whether a file of its tenant is.
pub(crate) fn refused_bot(tenant: &str, bot: &str, is_refused: bool) {
    gauge!(REFUSED_BOTS, "tenant" => tenant.to_owned(), "bot" => bot.to_owned())
        .set(f64::from(u8::from(is_refused)));
}

/// Counts a query or another request that was refused because memory was short.
pub(crate) fn refused_for_memory() {
    counter!(REFUSED_FOR_MEMORY).increment(1);
}

/// Says how much memory is in use, and may be.
#[expect(
    clippy::cast_precision_loss,
    reason = "a gauge does not need the last bit of a byte count"
)]
pub(crate) fn memory(used: u64, bytes_max: u64) {
    gauge!(MEMORY).set(used as f64);
    gauge!(MEMORY_MAX).set(bytes_max as f64);
}

/// The gauge of open connections.
pub(crate) fn connections() -> Gauge {
    gauge!(CONNECTIONS)
}

/// Counts a connection that was closed because there are too few.
pub(crate) fn closed_connection(reason: &'static str) {
    counter!(CLOSED_CONNECTIONS, "reason" => reason).increment(1);
}

/// Counts an amount that was authorized and not captured. The bot may not be mounted any more.
pub(crate) fn uncaptured(tenant: &str, bot: &str, milli_cents: u64) {
    counter!(UNCAPTURED, "tenant" => tenant.to_owned(), "bot" => bot.to_owned())
        .increment(milli_cents);
}

/// Counts an amount of which it is not known what came. The bot may not be mounted any more.
pub(crate) fn unknown_charge(tenant: &str, bot: &str, step: &'static str, milli_cents: u64) {
    counter!(UNKNOWN_CHARGES, "tenant" => tenant.to_owned(), "bot" => bot.to_owned(), "step" => step)
        .increment(milli_cents);
}

/// Every way in which a reply ends, as its label says it; the most frequent ones first.
pub(crate) const OUTCOMES: [&str; 14] = [
    "finished",
    "failed",
    "reader_gone",
    "refused",
    "trapped",
    "out_of_cpu",
    "out_of_memory",
    "memory_short",
    "out_of_time",
    "too_long",
    "put_aside",
    "starting",
    "stopping",
    "gateway",
];

/// The metrics of one bot.
#[derive(Clone)]
pub struct BotMetrics {
    tenant: String,
    bot: String,
    /// One for each of [`OUTCOMES`], made when it is first needed: what never happens is no series.
    replies: Arc<[OnceLock<Counter>; OUTCOMES.len()]>,
    /// See [`RUNNING_REPLIES`].
    pub running: Gauge,
    /// See [`WAITING_QUERIES`].
    pub waiting: Gauge,
    unauthorized: Counter,
    events: Counter,
    sent_bytes: Counter,
    first_event: Histogram,
    duration: Histogram,
    cpu: Histogram,
    peak_memory: Histogram,
}

impl std::fmt::Debug for BotMetrics {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("BotMetrics")
            .field("tenant", &self.tenant)
            .field("bot", &self.bot)
            .finish_non_exhaustive()
    }
}

/// What one reply adds to the metrics of its bot.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReplyFacts {
    /// How it ended; see [`REPLIES`].
    pub outcome: &'static str,
    /// Events of the bot.
    pub events: u64,
    /// Bytes handed to the network.
    pub sent_bytes: u64,
    /// From arrival to first event, if there was one.
    pub first_event: Option<Duration>,
    /// From arrival to end.
    pub duration: Duration,
    /// Computing time.
    pub cpu: Duration,
    /// Most memory, in bytes.
    pub peak_memory_bytes: u64,
}

impl BotMetrics {
    /// The handles of one bot; every series of it appears at once, with zero.
    pub fn new(tenant: &str, bot: &str) -> Self {
        let labels = [("tenant", tenant.to_owned()), ("bot", bot.to_owned())];
        let metrics = Self {
            tenant: tenant.to_owned(),
            bot: bot.to_owned(),
            replies: Arc::default(),
            running: gauge!(RUNNING_REPLIES, &labels),
            waiting: gauge!(WAITING_QUERIES, &labels),
            unauthorized: counter!(UNAUTHORIZED, &labels),
            events: counter!(EVENTS, &labels),
            sent_bytes: counter!(SENT_BYTES, &labels),
            first_event: histogram!(FIRST_EVENT, &labels),
            duration: histogram!(DURATION, &labels),
            cpu: histogram!(CPU, &labels),
            peak_memory: histogram!(PEAK_MEMORY, &labels),
        };
        metrics.running.set(0.0);
        metrics.waiting.set(0.0);
        metrics.count_replies("finished", 0);
        metrics
    }

    fn count_replies(&self, outcome: &'static str, replies: u64) {
        let make = || counter!(REPLIES, "tenant" => self.tenant.clone(), "bot" => self.bot.clone(), "outcome" => outcome);
        let known = OUTCOMES.iter().position(|known| *known == outcome);
        debug_assert!(known.is_some(), "`{outcome}` is not among the outcomes");
        match known.and_then(|at| self.replies.get(at)) {
            Some(handle) => handle.get_or_init(make).increment(replies),
            // Cannot be, and is counted all the same.
            None => make().increment(replies),
        }
    }

    /// Counts a call that is not a query.
    pub fn call(&self, kind: &'static str, outcome: &'static str) {
        counter!(CALLS, "tenant" => self.tenant.clone(), "bot" => self.bot.clone(), "type" => kind, "outcome" => outcome)
            .increment(1);
    }

    /// Counts a request without a key, or with a wrong one.
    pub fn unauthorized(&self) {
        self.unauthorized.increment(1);
    }

    /// Counts something that the bot asked of the platform.
    pub fn poe(&self, kind: &'static str, outcome: &'static str) {
        counter!(POE_CALLS, "tenant" => self.tenant.clone(), "bot" => self.bot.clone(), "type" => kind, "outcome" => outcome)
            .increment(1);
    }

    /// Counts an operation of the bot on its store.
    pub fn store(&self, kind: &'static str, outcome: &'static str) {
        counter!(STORE_OPERATIONS, "tenant" => self.tenant.clone(), "bot" => self.bot.clone(), "type" => kind, "outcome" => outcome)
            .increment(1);
    }

    /// Says whether the platform has the settings of the bot.
    pub fn synced(&self, synced: bool) {
        gauge!(SYNCED, "tenant" => self.tenant.clone(), "bot" => self.bot.clone())
            .set(f64::from(u8::from(synced)));
    }

    /// Counts a reply that has ended.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a histogram does not need the last bit of a byte count"
    )]
    pub fn reply(&self, facts: &ReplyFacts) {
        self.count_replies(facts.outcome, 1);
        self.events.increment(facts.events);
        self.sent_bytes.increment(facts.sent_bytes);
        if let Some(first) = facts.first_event {
            self.first_event.record(first.as_secs_f64());
        }
        self.duration.record(facts.duration.as_secs_f64());
        self.cpu.record(facts.cpu.as_secs_f64());
        self.peak_memory.record(facts.peak_memory_bytes as f64);
    }
}
