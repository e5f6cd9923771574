//! What a call meets outside of itself: the world as it is, or one in which everything is repeatable.

use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};
use tokio::{runtime::Handle, time::Instant};

use super::keyvalue::StoreNotes;
use crate::store::SharedStore;
use ravenry_outbound::cassette::Tape;
use ravenry_store::{Clock, Settings};

/// Random bytes of a rehearsal, after which they come again.
const CHANCE_BYTES: usize = 4096;

/// What a call meets outside.
#[derive(Clone, Debug, Default)]
pub struct RunContext {
    /// What its requests pass by.
    pub tape: Option<Tape>,
    /// The clock and the chance of a rehearsal; without one, those of the machine.
    pub rehearsal: Option<DeterministicRun>,
    /// Takes the place of the store in which the bot keeps things.
    pub store: Option<SharedStore>,
    /// Hears what the bot finds in the store, and leaves there.
    pub store_notes: Option<StoreNotes>,
    /// Whether the reader of the reply is told what those hear.
    pub shows_store: bool,
}

impl RunContext {
    /// The same, and the reader of the reply is told what the bot finds in the store, and leaves there.
    #[must_use]
    pub fn showing_store(mut self) -> Self {
        self.store_notes.get_or_insert_default();
        self.shows_store = true;
        self
    }

    /// What the reader of the reply is to be told.
    pub(crate) fn shown_notes(&self) -> Option<StoreNotes> {
        self.store_notes.clone().filter(|_| self.shows_store)
    }
}

/// A run that can be repeated: its clock begins when it is told to and goes with the runtime's, which
/// may be simulated; its chance is always the same.
#[derive(Clone, Copy, Debug)]
pub struct DeterministicRun {
    /// What its clock says at the beginning, since 1970.
    pub began: Duration,
    /// When it began, by the clock of the runtime.
    pub since: Instant,
}

impl DeterministicRun {
    /// What its clock says now, since 1970.
    pub fn now(&self) -> Duration {
        self.began.saturating_add(self.since.elapsed())
    }

    /// A store for it alone, in which things expire by its clock.
    pub fn store(self, runtime: Handle) -> SharedStore {
        let settings = Settings {
            clock: Clock::new(move || SystemTime::UNIX_EPOCH + self.now()),
            ..Settings::default()
        };
        SharedStore::temporary(settings, runtime)
    }

    /// Its random bytes, in their order.
    pub fn chance() -> Vec<u8> {
        (0_u64..)
            .flat_map(|block| Sha256::digest(block.to_le_bytes()))
            .take(CHANCE_BYTES)
            .collect()
    }
}
