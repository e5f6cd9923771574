//! How often the bots that answer one query may call others, and how long a chain of them may be.

use std::collections::HashMap;

use parking_lot::Mutex;

use super::recent::Recent;

/// Longest chain of bots that ask one another. The platform's own bound is not known; a loop must
/// end here too.
pub(super) const DEPTH_MAX: u32 = 16;

/// Queries that were answered lately, by their identifiers, and whom they have called.
#[derive(Debug, Default)]
pub(super) struct CallLimits(Mutex<Recent<Link>>);

#[derive(Debug, Default)]
struct Link {
    /// Bots before this one in the chain.
    depth: u32,
    /// The bot that was asked with this identifier; none where the caller made it up.
    asked: Option<String>,
    /// Calls so far, by the bot that is called.
    calls: HashMap<String, u32>,
}

impl CallLimits {
    /// Notes a query that a bot at this depth is asked with.
    pub(super) fn begin(&self, query: &str, depth: u32) {
        self.0.lock().entry(query, Link::default).depth = depth;
    }

    /// Notes that this bot is asked with this query: it may be paid for it.
    pub(super) fn give(&self, query: &str, bot: &str) {
        self.0.lock().entry(query, Link::default).asked = Some(bot.to_owned());
    }

    /// The bot that was asked with this query.
    pub(super) fn asked(&self, query: &str) -> Option<String> {
        self.0.lock().get(query)?.asked.clone()
    }

    /// Counts one more call of `bot` in answer to this query, of at most so many; says at which depth
    /// it is asked then. A call that is too much is not counted.
    pub(super) fn call(&self, query: &str, bot: &str, most: u32) -> Option<u32> {
        if query.is_empty() {
            // Nothing to count by: each call is the first.
            return (most > 0).then_some(1);
        }
        let mut queries = self.0.lock();
        let link = queries.entry(query, Link::default);
        let calls = link.calls.get(bot).copied().unwrap_or(0);
        if calls >= most {
            return None;
        }
        link.calls.insert(bot.to_owned(), calls.saturating_add(1));
        Some(link.depth.saturating_add(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_counted_by_query_and_bot() {
        let limits = CallLimits::default();
        limits.begin("q", 3);
        assert_eq!(limits.call("q", "A", 0), None);
        assert_eq!(limits.call("q", "A", 2), Some(4));
        assert_eq!(limits.call("q", "A", 2), Some(4));
        assert_eq!(limits.call("q", "A", 2), None);
        assert_eq!(limits.call("q", "B", 1), Some(4));
        assert_eq!(limits.call("other", "A", 1), Some(1));
        assert_eq!(limits.call("", "A", 1), Some(1));
        assert_eq!(limits.call("", "A", 1), Some(1));
    }

    #[test]
    fn only_a_query_that_was_sent_has_a_bot() {
        let limits = CallLimits::default();
        assert_eq!(limits.call("made up", "A", 1), Some(1));
        assert_eq!(limits.asked("made up"), None);
        assert_eq!(limits.asked("never seen"), None);
        limits.give("q", "A");
        assert_eq!(limits.asked("q").as_deref(), Some("A"));
    }
}
