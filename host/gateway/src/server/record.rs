//! Replies that are to be kept: what leaves is copied as it leaves, within a bound, and handed
//! over when nothing more comes.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use tokio::time::Instant;

use crate::{
    bots::Bot,
    imports::{
        keyvalue::{Noted, StoreNotes},
        rehearsal::RunContext,
    },
};
use ravenry_base::secret::Mask;
use ravenry_outbound::cassette::{Exchange, Tape};

/// Bytes of one reply that are kept.
const BYTES_MAX: usize = 4 * 1024 * 1024;

/// Bytes of a query that is kept.
const QUERY_BYTES_MAX: usize = 1024 * 1024;

/// Hears of each query how it went. Called where replies are served: it must not wait.
pub type Recorder = Arc<dyn Fn(Recorded) + Send + Sync>;

/// How one query went.
#[derive(Debug)]
pub struct Recorded {
    /// The bot's name.
    pub bot: String,
    /// When the query came.
    pub arrived: SystemTime,
    /// Its JSON.
    pub query: String,
    /// What left, and when, from then on.
    pub chunks: Vec<(Duration, Bytes)>,
    /// What the bot asked of others.
    pub exchanges: Vec<Exchange>,
    /// What it found in the store, and left there.
    pub kept: Noted,
    /// Whether the reply came to its end.
    pub ended: bool,
    /// Whether something did not fit.
    pub cut: bool,
    /// What others must not read.
    pub mask: Mask,
}

/// Watches one reply. Dropping it hands over what it saw.
pub struct Watch {
    recorder: Recorder,
    began: Instant,
    bytes: usize,
    tape: Tape,
    notes: StoreNotes,
    /// Taken when it is handed over.
    seen: Option<Recorded>,
}

impl fmt::Debug for Watch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Watch")
    }
}

impl Watch {
    /// Begins with the query.
    pub(super) fn new(recorder: &Recorder, bot: &Bot, query: &str) -> Self {
        let fits = query.len() <= QUERY_BYTES_MAX;
        Self {
            recorder: Arc::clone(recorder),
            began: Instant::now(),
            bytes: 0,
            tape: Tape::noting(),
            notes: StoreNotes::default(),
            seen: Some(Recorded {
                bot: bot.name.to_string(),
                arrived: SystemTime::now(),
                query: if fits { query } else { "{}" }.to_owned(),
                chunks: Vec::new(),
                exchanges: Vec::new(),
                kept: Noted::default(),
                ended: false,
                cut: !fits,
                mask: bot.mask().clone(),
            }),
        }
    }

    /// What the bot is to meet, so that this hears of it.
    pub(super) fn circumstances(&self) -> RunContext {
        RunContext {
            tape: Some(self.tape.clone()),
            store_notes: Some(self.notes.clone()),
            ..RunContext::default()
        }
    }

    /// Sees what leaves; `None` is the end.
    pub(super) fn see(&mut self, bytes: Option<&Bytes>) {
        let Some(seen) = &mut self.seen else { return };
        let Some(bytes) = bytes else {
            seen.ended = true;
            return self.hand_over();
        };
        self.bytes = self.bytes.saturating_add(bytes.len());
        if self.bytes <= BYTES_MAX {
            seen.chunks.push((self.began.elapsed(), bytes.clone()));
        } else {
            seen.cut = true;
        }
    }

    fn hand_over(&mut self) {
        if let Some(mut seen) = self.seen.take() {
            seen.exchanges = self.tape.exchanges();
            seen.kept = self.notes.noted();
            seen.cut |= self.tape.is_cut() || seen.kept.is_cut;
            (self.recorder)(seen);
        }
    }
}

/// The reader left before the end.
impl Drop for Watch {
    fn drop(&mut self) {
        self.hand_over();
    }
}
