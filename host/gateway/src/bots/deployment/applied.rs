//! What a change did, as far as it is known.

use std::{collections::BTreeMap, sync::Arc};

use parking_lot::{Mutex, MutexGuard};

use crate::bots::{
    Bot,
    mount::{BotKey, BotSummary},
};
use ravenry_base::report::Problem;
use ravenry_config::ids::BotName;

/// Told what is being done.
pub type Progress = Arc<dyn Fn(&str) + Send + Sync>;

/// What a change did.
#[derive(Debug, Default)]
pub struct Applied {
    /// Bots that were not there before.
    pub added: Vec<BotSummary>,
    /// Bots with other code than before.
    pub changed: Vec<Arc<Bot>>,
    /// Bots with the same code and other settings.
    pub reconfigured: Vec<Arc<Bot>>,
    /// Bots that are not there any more. Their replies go on to the end.
    pub removed: Vec<Arc<Bot>>,
    /// Bots that cannot be mounted as they are now, and why. Those that were there before go on as
    /// they were.
    pub refused: BTreeMap<BotKey, Problem>,
    /// Bots whose components are still being compiled. What comes of them is told as news.
    pub compiling: Vec<BotName>,
}

/// What a change has done so far, until it is said.
pub(super) struct Log {
    /// `None` once it was said: what comes later is news.
    applied: Mutex<Option<Applied>>,
    pub(super) progress: Progress,
}

impl Log {
    pub(super) fn new(applied: Applied, progress: Progress) -> Arc<Self> {
        Arc::new(Self {
            applied: Mutex::new(Some(applied)),
            progress,
        })
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Option<Applied>> {
        self.applied.lock()
    }

    /// Takes note of what came of an order. `false` once the change was said: then it is news.
    pub(super) fn note(
        &self,
        key: BotKey,
        before: Option<&BotSummary>,
        made: &Result<BotSummary, Problem>,
    ) -> bool {
        match (self.lock().as_mut(), made) {
            (Some(applied), Ok(new)) => applied.note(before, new),
            (Some(applied), Err(problem)) => drop(applied.refused.insert(key, problem.clone())),
            (None, _) => return false,
        }
        true
    }
}

impl Applied {
    /// Notes what is other than before in a bot.
    pub(super) fn note(&mut self, before: Option<&BotSummary>, new: &BotSummary) {
        let list = match before {
            None => return self.added.push(new.clone()),
            Some(old) if Arc::ptr_eq(&old.bot, &new.bot) => return,
            Some(old) if old.bot.component.is_none() => return self.added.push(new.clone()),
            Some(old) if old.digest() != new.digest() => &mut self.changed,
            Some(_) => &mut self.reconfigured,
        };
        list.push(Arc::clone(&new.bot));
    }
}
