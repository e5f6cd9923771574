//! Logs and metrics as they leave the process.
//!
//! Logs go to standard error: text when that is a terminal, else one JSON object per line. They are
//! written by a thread of their own, so that no thread that serves waits for their reader. Metrics
//! are kept by a recorder, whose own thread looks after them and renders them when a scraper asks. The
//! log line of a reply is written here, once, when the reply has ended.

mod log_queue;
mod overheard;
mod recorder;
mod shown;

use std::{
    io::{self, IsTerminal},
    time::Duration,
};

use tracing::Subscriber;
use tracing_subscriber::{
    EnvFilter, Layer, fmt, layer::SubscriberExt, registry::LookupSpan, util::SubscriberInitExt,
};

use self::{
    log_queue::LogQueue,
    shown::{EscapedWriter, Form},
};
pub use self::{log_queue::Logging, overheard::Overheard, recorder::Metrics};
use crate::metrics::ReplyFacts;

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object per line.
    Json,
    /// Text on a terminal, JSON otherwise.
    Auto,
}

/// Why logging or metrics cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter cannot be read.
    #[error("the log filter `{0}` cannot be read; try `info` or `info,bot=off`")]
    Filter(String),
    /// Something else in the process has set it up before.
    #[error("{0}")]
    Taken(String),
    /// The system gives no thread for it.
    #[error("no thread could be started for it")]
    Thread(#[source] io::Error),
}

/// Sends logs to standard error, as long as what it returns is kept. `filter` is a level such as
/// `info`, or `target=level` pairs.
pub fn start_logging(filter: &str, format: LogFormat) -> Result<Logging, TelemetryError> {
    let filter = read(filter)?;
    let (lines, logging) = lines(format)?;
    let registry = tracing_subscriber::registry().with(filter);
    let started = registry.with(lines).try_init();
    started.map_err(|error| TelemetryError::Taken(error.to_string()))?;
    Ok(logging)
}

/// The same for bots under test: what they print is not sent anywhere, but kept.
pub fn start_overhearing(filter: &str) -> Result<(Logging, Overheard), TelemetryError> {
    let filter = read(&format!("bot=off,query=off,{filter}"))?;
    let (lines, logging) = lines(LogFormat::Auto)?;
    let overheard = Overheard::default();
    let kept = overheard.clone().with_filter(Overheard::filter());
    let registry = tracing_subscriber::registry().with(kept);
    let started = registry.with(lines.with_filter(filter)).try_init();
    started.map_err(|error| TelemetryError::Taken(error.to_string()))?;
    Ok((logging, overheard))
}

fn read(filter: &str) -> Result<EnvFilter, TelemetryError> {
    // What these warn of is what a bot did wrong, or what another host sent in the place of a name server,
    // as often as they like; the bot hears of it. A filter that names them still wins.
    let quiet =
        format!("wasmtime_wasi_http=error,hickory_net=error,hickory_resolver=error,{filter}");
    EnvFilter::try_new(quiet).map_err(|_| TelemetryError::Filter(filter.to_owned()))
}

/// Records as lines on standard error.
fn lines<S>(format: LogFormat) -> Result<(Box<dyn Layer<S> + Send + Sync>, Logging), TelemetryError>
where
    S: Subscriber + for<'s> LookupSpan<'s>,
{
    let terminal = io::stderr().is_terminal();
    let json = match format {
        LogFormat::Json => true,
        LogFormat::Text => false,
        LogFormat::Auto => !terminal,
    };
    let (queue, logging) =
        LogQueue::start(io::stderr(), log_queue::tell_dropped).map_err(TelemetryError::Thread)?;
    let form = match (json, terminal) {
        (true, _) => Form::Json,
        (false, true) => Form::Colours,
        (false, false) => Form::Text,
    };
    let layer = fmt::layer().with_writer(EscapedWriter::new(queue, form));
    let lines = if json {
        let layer = layer.json().flatten_event(true);
        layer.with_current_span(false).with_span_list(false).boxed()
    } else {
        layer.with_ansi(terminal).boxed()
    };
    Ok((lines, logging))
}

/// Whose reply, for its log line.
#[derive(Clone, Copy, Debug)]
pub struct Whose<'a> {
    /// The tenant.
    pub tenant: &'a str,
    /// The bot.
    pub bot: &'a str,
    /// The reference that a reader may have been told.
    pub reference: &'a str,
}

/// The one line of a reply. `detail` is what the log knows and the reader does not.
pub fn reply_ended(whose: Whose<'_>, facts: &ReplyFacts, characters: u64, detail: Option<&str>) {
    let Whose {
        tenant,
        bot,
        reference,
    } = whose;
    let ReplyFacts {
        outcome,
        events,
        peak_memory_bytes,
        ..
    } = *facts;
    let cpu_ms = milliseconds(facts.cpu);
    let duration_ms = milliseconds(facts.duration);
    let first_event_ms = facts.first_event.map(milliseconds);
    macro_rules! line {
        ($level:ident) => {
            tracing::$level!(
                target: "query", tenant, bot, reference, outcome, events, characters, cpu_ms,
                peak_memory = peak_memory_bytes, first_event_ms, duration_ms, detail, "reply ended"
            )
        };
    }
    match outcome {
        "finished" | "failed" | "reader_gone" | "stopping" => line!(info),
        "gateway" => line!(error),
        _ => line!(warn),
    }
}

/// Milliseconds with three digits behind the point.
fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}
