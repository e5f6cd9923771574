//! What is known of how the store does, from how operations end: said once an episode, not once a query.

use std::{
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::Duration,
};

use parking_lot::Mutex;
use ravenry_store::{Reason, Unavailable};
use tokio::time::Instant;

/// A failure after so long without one is told again; and for so long a store that cannot be written to counts as
/// not well.
const QUIET: Duration = Duration::from_secs(10);

/// How the store does.
#[derive(Debug, Default)]
pub(super) struct Health {
    /// Whether something is known to be wrong: what each operation that succeeds looks at.
    is_ill: AtomicBool,
    last: Mutex<Option<(Instant, Reason)>>,
    /// What is wrong with the data: for good, until somebody has mended it.
    damage: Mutex<Option<String>>,
}

impl Health {
    /// An operation was not done. Whether this is the first of an episode.
    pub(super) fn failed(&self, cause: &Unavailable) -> bool {
        let mut last = self.last.lock();
        let is_first =
            last.is_none_or(|(since, reason)| since.elapsed() >= QUIET || reason != cause.reason);
        *last = Some((Instant::now(), cause.reason));
        self.is_ill.store(true, Relaxed);
        if is_first {
            let (reason, detail) = (cause.reason, &cause.detail);
            tracing::warn!(%reason, %detail, "bots cannot use the store");
        }
        is_first
    }

    /// One was. An episode is over when nothing has failed for a while: of many that wait, some fail and others do
    /// not, and what cannot be written to may be read.
    pub(super) fn succeeded(&self) {
        if !self.is_ill.load(Relaxed) {
            return;
        }
        let mut last = self.last.lock();
        if last.is_some_and(|(since, _)| since.elapsed() < QUIET) || self.damage.lock().is_some() {
            return;
        }
        if last.take().is_some() {
            self.is_ill.store(false, Relaxed);
            tracing::info!("bots can use the store again");
        }
    }

    /// The data is damaged: nothing more is to be done with it.
    pub(super) fn give_up(&self, detail: &str) {
        self.is_ill.store(true, Relaxed);
        let mut damage = self.damage.lock();
        damage.get_or_insert_with(|| detail.to_owned());
    }

    /// What is wrong with the data.
    pub(super) fn damage(&self) -> Option<String> {
        self.damage.lock().clone()
    }

    /// Whether it is damaged, or was wrong a moment ago in a way that lasts and that reading does not show.
    pub(super) fn is_ill(&self) -> bool {
        if self.damage.lock().is_some() {
            return true;
        }
        let last = *self.last.lock();
        last.is_some_and(|(since, reason)| {
            let lasts = matches!(reason, Reason::DiskFull | Reason::ReadOnly);
            lasts && since.elapsed() < QUIET
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cause(reason: Reason) -> Unavailable {
        Unavailable {
            reason,
            detail: "why".to_owned(),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_episode_is_told_once_and_ends_with_a_success() {
        let health = Health::default();
        assert!(health.failed(&cause(Reason::Away)));
        assert!(!health.failed(&cause(Reason::Away)));
        assert!(health.failed(&cause(Reason::Busy)), "another kind");
        // Some fail and others do not.
        health.succeeded();
        assert!(!health.failed(&cause(Reason::Busy)));
        tokio::time::advance(QUIET).await;
        assert!(health.failed(&cause(Reason::Busy)));
        tokio::time::advance(QUIET).await;
        health.succeeded();
        assert!(health.failed(&cause(Reason::Busy)));
    }

    #[tokio::test(start_paused = true)]
    async fn what_reads_and_cannot_write_is_ill_for_a_while_and_damage_stays() {
        let health = Health::default();
        health.failed(&cause(Reason::DiskFull));
        health.succeeded();
        assert!(health.is_ill());
        tokio::time::advance(QUIET).await;
        assert!(!health.is_ill());
        health.give_up("why");
        tokio::time::advance(QUIET).await;
        health.succeeded();
        assert!(health.is_ill());
        assert_eq!(health.damage().as_deref(), Some("why"));
    }
}
