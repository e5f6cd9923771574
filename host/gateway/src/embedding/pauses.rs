//! When to try again what has failed: pauses that grow, and one line in the log for each time that it goes wrong.

use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

/// Pause after the first failure. A process that was killed is there again in less.
const PAUSE_MIN: Duration = Duration::from_secs(1);

/// Longest pause: whoever repairs something waits no longer for it to be tried.
const PAUSE_MAX: Duration = Duration::from_mins(1);

/// What becomes of tries, one after the other.
#[derive(Debug, Default)]
pub(super) struct Pauses(Mutex<Option<Episode>>);

/// From a failure to the next success.
#[derive(Debug)]
struct Episode {
    pause: Duration,
    until: Instant,
    why: String,
}

impl Pauses {
    /// Why nothing should be tried now, if so: what has failed last.
    pub(super) fn holds(&self) -> Option<String> {
        let episode = self.0.lock();
        let episode = episode.as_ref()?;
        (Instant::now() < episode.until).then(|| episode.why.clone())
    }

    /// Notes a failure, and says so in the log where it is the first.
    pub(super) fn failed(&self, why: &str) {
        let mut episode = self.0.lock();
        let now = Instant::now();
        let pause = match &*episode {
            // What was begun before another has failed is no try of its own.
            Some(episode) if now < episode.until => return,
            Some(episode) => episode.pause.saturating_mul(2).min(PAUSE_MAX),
            None => PAUSE_MIN,
        };
        if episode.is_none() {
            tracing::warn!(
                error = why,
                "there are no vectors of texts: what bots know is found by words alone until there are"
            );
        }
        *episode = Some(Episode {
            pause,
            until: now + pause,
            why: why.to_owned(),
        });
    }

    /// Notes a success, and says so in the log after failures.
    pub(super) fn succeeded(&self) {
        if self.0.lock().take().is_some() {
            tracing::info!(
                "there are vectors of texts again: what bots know is found by its meaning, too"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn pauses_grow_until_there_is_a_success() {
        let pauses = Pauses::default();
        assert_eq!(pauses.holds(), None);
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
            pauses.failed("away");
            // At the same time as the first: the pause is the same.
            pauses.failed("away too");
            tokio::time::advance(Duration::from_millis(seconds * 1000 - 1)).await;
            assert_eq!(pauses.holds().as_deref(), Some("away"), "{seconds}");
            tokio::time::advance(Duration::from_millis(1)).await;
            assert_eq!(pauses.holds(), None, "{seconds}");
        }
        pauses.succeeded();
        pauses.failed("away");
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(pauses.holds(), None);
    }
}
