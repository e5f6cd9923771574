//! What a run found in its store and left there, on its way to a reader who asked for it.

use std::task::Context;

use crate::imports::{keyvalue::StoreNotes, reply::Outbox};
use ravenry_base::secret::Mask;

/// A comment that stands before the last events of a reply. `None`: there is none, or it was written.
#[derive(Debug)]
pub(super) struct StoreComment(Option<StoreNotes>);

impl StoreComment {
    /// Says what will have been noted.
    pub(super) fn of(notes: Option<StoreNotes>) -> Self {
        Self(notes)
    }

    /// Writes it, without what `mask` hides; nothing where nobody reads any more. `false`: the bot's thread is in the
    /// way, and wakes this task when it is not any more.
    pub(super) fn write(
        &mut self,
        outbox: &Outbox,
        mask: &Mask,
        context: Option<&Context<'_>>,
    ) -> bool {
        let (Some(notes), Some(context)) = (&self.0, context) else {
            return true;
        };
        let activity = notes.activity(mask);
        let is_written = activity.is_none_or(|all| outbox.comment(context, all.comment()));
        if is_written {
            self.0 = None;
        }
        is_written
    }
}
