//! What goes on for mounted bots besides replies: their settings are learnt and handed on, their documents read.

use std::sync::Arc;

use super::{Bot, documents::Filling, mount::BotSummary, sync::Syncing};

/// The tasks of all bots. Dropping it gives them up.
#[derive(Debug)]
pub struct Background {
    syncing: Syncing,
    /// `None`: nobody asks what the bots know.
    filling: Option<Filling>,
}

impl Background {
    /// No task yet; all of them on the runtime that calls. With `fills`, documents are read.
    pub fn here(fills: bool) -> Self {
        Self {
            syncing: Syncing::here(),
            filling: fills.then(Filling::here),
        }
    }

    /// Ends what is over with these bots, begins what is called for by those that are new or other ones, and looks at
    /// what all that are mounted know.
    pub(super) fn change<'b>(
        &self,
        removed: &[Arc<Bot>],
        others: impl Iterator<Item = &'b Arc<Bot>>,
        mounted: &[BotSummary],
    ) {
        for bot in removed {
            self.syncing.end(bot);
        }
        for bot in others {
            self.begin(bot);
        }
        let Some(filling) = &self.filling else {
            return;
        };
        for bot in removed {
            filling.end(bot);
        }
        for BotSummary { bot, spec, .. } in mounted {
            filling.begin(bot, &spec.documents);
        }
    }

    /// Learns the settings of a bot that takes its place later than the change that brought it.
    pub(super) fn begin(&self, bot: &Arc<Bot>) {
        self.syncing.begin(Arc::clone(bot));
    }

    /// Gives up on all of it.
    pub(super) fn end_all(&self) {
        self.syncing.end_all();
        if let Some(filling) = &self.filling {
            filling.end_all();
        }
    }
}
