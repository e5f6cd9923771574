//! The promise to the platform, as a pure state machine: whatever a bot does, its reply is a
//! well-formed stream that starts in time and ends with `done`.
//!
//! In go the events of the bot, the time since the query arrived, and why the run ended; out come
//! bytes and the time of the next look. There is no clock, no socket and no wasm in here: what it
//! decides is tested in microseconds. The numbers are Poe's own where Poe names one; the sources
//! stand with each.

mod end;
mod mouth;

use std::time::Duration;

use bytes::BytesMut;

use self::end::{EndState, LastWords};
pub(crate) use self::{end::End, mouth::speak};
use ravenry_base::secret::Mask;
use ravenry_protocol::{
    Reference, encode,
    event::{Event, Meta},
    visible::Visible,
};

/// Longest silence before the guard speaks for the bot.
///
/// Poe wants a first event within 5 s (specification of 2023 to 2025; 2026 at second hand); 2 s are
/// left for the network and for a busy machine.
pub(crate) const FIRST_EVENT_AFTER: Duration = Duration::from_secs(3);

/// Longest silence before a comment line keeps the connection alive.
///
/// The rhythm of the reference library's pings; proxies commonly drop a connection that was silent
/// for 30 s or more.
pub(crate) const COMMENT_AFTER: Duration = Duration::from_secs(15);

/// What a reply may hold; both numbers come from the limits of its bot.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Characters over text, replacements and data; bytes of objects and files.
    pub characters: u64,
    /// Events of any kind, empty ones included.
    pub events: u64,
    /// Time on the clock from the arrival of the query.
    pub wall_time: Duration,
}

/// Why an event of the bot was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It would pass the characters or events of the reply.
    TooLong,
    /// The reply is over.
    Ended,
    /// It makes no sense here; the sentence says why.
    Invalid(String),
}

/// The state of one reply. See the module's documentation.
#[derive(Debug)]
pub(crate) struct Guard {
    bounds: Bounds,
    /// What must not be said; `None` where there is nothing to hide.
    mask: Option<Mask>,
    characters: u64,
    events: u64,
    /// What of the answer can be seen.
    visible: Visible,
    meta: MetaState,
    phase: GuardPhase,
    last_write: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MetaState {
    /// Nothing was written yet: a `meta` would still count.
    Open,
    /// The guard wrote one, because the bot was silent.
    Ours,
    /// The bot wrote something first, a `meta` or another event.
    Past,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum GuardPhase {
    Open,
    /// A bound was passed; nothing more of the bot's is taken.
    Overrun,
    /// An `error` was written.
    Errored,
    /// `done` was written.
    Done,
}

impl Guard {
    /// The guard of a reply that has not said anything.
    pub(crate) fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            mask: None,
            characters: 0,
            events: 0,
            visible: Visible::default(),
            meta: MetaState::Open,
            phase: GuardPhase::Open,
            last_write: Duration::ZERO,
        }
    }

    /// The same, and of what `mask` hides nothing is said.
    #[must_use]
    pub(crate) fn masking(self, mask: Option<Mask>) -> Self {
        Self { mask, ..self }
    }

    /// Characters that the bot has said.
    pub(crate) fn characters(&self) -> u64 {
        self.characters
    }

    /// Events that the bot has said.
    pub(crate) fn events(&self) -> u64 {
        self.events
    }

    /// Whether the bot has passed a bound, so that the reply is to be ended.
    pub(crate) fn overrun(&self) -> bool {
        self.phase == GuardPhase::Overrun
    }

    /// Takes one event of the bot and appends its bytes to `out`.
    ///
    /// # Errors
    /// A refusal leaves `out` as it was.
    pub(crate) fn say(&mut self, event: &Event<'_>, out: &mut BytesMut) -> Result<(), Refusal> {
        let mask = self.mask.take();
        let speak = |out: &mut BytesMut| speak(event, mask.as_ref(), out);
        let said = self.write(event, event.characters(), out, speak);
        self.mask = mask;
        said
    }

    /// Takes one event that was counted and encoded before, without this guard; gives its bytes back
    /// where they are to be sent.
    ///
    /// # Errors
    /// As those of [`Guard::say`].
    pub(crate) fn say_encoded(
        &mut self,
        event: &Event<'_>,
        characters: u64,
        encoded: BytesMut,
    ) -> Result<BytesMut, Refusal> {
        let mut out = BytesMut::new();
        self.write(event, characters, &mut out, |out| *out = encoded)?;
        Ok(out)
    }

    /// Whether an event of so many characters is worth encoding.
    pub(crate) fn fits(&self, event: &Event<'_>, characters: u64) -> bool {
        self.phase == GuardPhase::Open && self.has_room(event, characters)
    }

    fn has_room(&self, event: &Event<'_>, characters: u64) -> bool {
        // A file that cannot fit is not even written: escaped, it would take six times its size.
        let least = match event {
            Event::File(file) => file.bytes_min(),
            _ => 0,
        };
        let sum = self.characters.saturating_add(characters);
        sum.saturating_add(least) <= self.bounds.characters
    }

    fn write(
        &mut self,
        event: &Event<'_>,
        characters: u64,
        out: &mut BytesMut,
        encode: impl FnOnce(&mut BytesMut),
    ) -> Result<(), Refusal> {
        match self.phase {
            GuardPhase::Open => {}
            GuardPhase::Overrun => return Err(Refusal::TooLong),
            GuardPhase::Errored | GuardPhase::Done => return Err(Refusal::Ended),
        }
        self.count(event, characters)?;
        match event {
            // Nothing to append; counted, so that a loop of them still meets the bound.
            Event::Text { text: "", .. } => return Ok(()),
            Event::Meta(_) => match self.meta {
                MetaState::Open => {}
                // The bot could not know that it was too slow.
                MetaState::Ours => return Ok(()),
                MetaState::Past => {
                    return Err(Refusal::Invalid(
                        "`meta` counts only as the first event of a reply".to_owned(),
                    ));
                }
            },
            Event::Done => {
                return Err(Refusal::Invalid("`done` belongs to the gateway".to_owned()));
            }
            _ => {}
        }
        let before = out.len();
        encode(out);
        let counted = match event {
            Event::File(_) | Event::Json(_) | Event::Other { .. } => {
                out.len().saturating_sub(before)
            }
            _ => 0,
        };
        self.characters = self.characters.saturating_add(counted as u64);
        if self.characters > self.bounds.characters {
            out.truncate(before);
            self.phase = GuardPhase::Overrun;
            return Err(Refusal::TooLong);
        }
        self.said(event);
        Ok(())
    }

    /// Notes what an event that was written means for those that come.
    fn said(&mut self, event: &Event<'_>) {
        if self.meta == MetaState::Open {
            self.meta = MetaState::Past;
        }
        self.visible.see(event);
        if matches!(event, Event::Error { .. }) {
            self.phase = GuardPhase::Errored;
        }
    }

    /// Counts an event of so many characters. What has no text counts by its bytes, once these are known.
    fn count(&mut self, event: &Event<'_>, characters: u64) -> Result<(), Refusal> {
        let fits = self.has_room(event, characters);
        let characters = self.characters.saturating_add(characters);
        let events = self.events.saturating_add(1);
        if !fits || events > self.bounds.events {
            self.phase = GuardPhase::Overrun;
            return Err(Refusal::TooLong);
        }
        self.characters = characters;
        self.events = events;
        Ok(())
    }

    /// Notes that bytes left for the reader at `now`, so that comments fill silences only.
    pub(crate) fn wrote(&mut self, now: Duration) {
        self.last_write = now;
    }

    /// When to call [`Guard::tick`] next, as time since the query arrived.
    pub(crate) fn next_tick(&self) -> Duration {
        let silence = match self.meta {
            MetaState::Open => FIRST_EVENT_AFTER,
            MetaState::Ours | MetaState::Past => self.last_write.saturating_add(COMMENT_AFTER),
        };
        silence.min(self.bounds.wall_time)
    }

    /// Says what is due at `now`: a first event, a comment, or the verdict that time is over.
    pub(crate) fn tick(&mut self, now: Duration, out: &mut BytesMut) -> Option<End> {
        if now >= self.bounds.wall_time {
            return Some(End::OutOfTime);
        }
        if self.meta == MetaState::Open && now >= FIRST_EVENT_AFTER {
            self.meta = MetaState::Ours;
            let meta = Meta {
                content_type: Some("text/markdown".to_owned()),
                linkify: None,
                suggested_replies: Some(false),
                refetch_settings: None,
            };
            encode::event(&Event::Meta(&meta), out);
        } else if self.meta != MetaState::Open
            && now >= self.last_write.saturating_add(COMMENT_AFTER)
        {
            encode::comment("still here", out);
        }
        None
    }

    /// Writes the last events of the reply. Only the first call does anything.
    pub(crate) fn end(&mut self, end: &End, reference: Reference, out: &mut BytesMut) {
        if self.phase == GuardPhase::Done || *end == End::ReaderGone {
            return;
        }
        let said = EndState {
            anything: self.events > 0,
            answer: self.visible.anything(),
        };
        if self.phase != GuardPhase::Errored
            && let Some(last) = end.last_words(said, reference)
        {
            let LastWords {
                text,
                allow_retry,
                error_type,
            } = last;
            let error = Event::Error {
                text: &text,
                allow_retry,
                error_type,
            };
            speak(&error, self.mask.as_ref(), out);
        }
        encode::event(&Event::Done, out);
        self.phase = GuardPhase::Done;
    }
}

#[cfg(test)]
mod tests;
