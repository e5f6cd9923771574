//! Another bot's answer, read by the guest or handed to its reader.

use std::{collections::VecDeque, sync::Arc};

use super::PoeError;
use crate::{
    guard::Refusal,
    imports::{log::BotLog, reply::Outbox},
};
use ravenry_base::memory::Booking;
use ravenry_outbound::poe::Asking;
use ravenry_protocol::event::{Event, Owned};

/// The answer of another bot. Dropping it hangs up.
#[derive(Debug)]
pub struct BotAnswer {
    asking: Asking,
    outbox: Outbox,
    /// Where it is said what was asked, where that fails.
    log: (BotLog, String),
    /// Its place among the answers that are open, and the memory of its question.
    _place: (Arc<()>, Booking),
}

impl BotAnswer {
    pub(super) fn new(
        asking: Asking,
        outbox: Outbox,
        log: (BotLog, String),
        place: (Arc<()>, Booking),
    ) -> Self {
        Self {
            asking,
            outbox,
            log,
            _place: place,
        }
    }

    /// Waits until there is something to read. May be dropped and called again.
    pub async fn ready(&mut self) {
        self.asking.ready().await;
    }

    /// The events that have arrived, at least one; none after the last.
    pub async fn read(&mut self) -> Result<VecDeque<Owned>, PoeError> {
        self.ready().await;
        self.asking.take().map_err(|fault| {
            let error = PoeError::from(fault);
            error.complain(&self.log.0, &self.log.1);
            error
        })
    }

    /// Hands what is still to come to the reader, or of it only the text.
    pub async fn relay(&mut self, passes: fn(&Owned) -> bool) -> Result<(), PoeError> {
        loop {
            let events = self.read().await?;
            if events.is_empty() {
                return Ok(());
            }
            for event in events.iter().filter(|event| passes(event)) {
                hand_on(&self.outbox, event).await?;
            }
        }
    }
}

/// Says to the reader what the other bot said.
async fn hand_on(outbox: &Outbox, event: &Owned) -> Result<(), PoeError> {
    let said = match event {
        Owned::Meta(meta) => match outbox.say(Event::Meta(meta)).await {
            // It counts only as the first event, and this one came later: as if never sent.
            Err(Refusal::Invalid(_)) => Ok(()),
            said => said,
        },
        Owned::Text { index, text } => {
            let index = *index;
            outbox.say(Event::Text { index, text }).await
        }
        Owned::Replace { index, text } => {
            let index = *index;
            outbox.say(Event::Replace { index, text }).await
        }
        Owned::Suggest(text) => outbox.say(Event::Suggest(text)).await,
        Owned::File(file) => outbox.say(Event::File(file)).await,
        Owned::Json(data) => outbox.say(Event::Json(data)).await,
        Owned::Other(name, data) => outbox.say(Event::Other { name, data }).await,
        // The first belongs to the other bot, the second never gets here.
        Owned::Data(_) | Owned::Error(_) => Ok(()),
    };
    Ok(said?)
}
