//! How often the bots that answer one query may call others, and how long a chain of them may be.

use std::collections::HashMap;

use super::recent::Recent;

/// Longest chain of bots that ask one another. The platform's own bound is not known; a loop must
/// end here too.
pub(super) const DEPTH_MAX: u32 = 16;

/// Queries that were answered lately, by their identifiers.
#[derive(Debug, Default)]
pub(super) struct Chains(Recent<Link>);

#[derive(Debug, Default)]
struct Link {
    /// Bots before this one in the chain.
    depth: u32,
    /// The bot that was asked with this identifier; none where somebody made it up.
    asked: Option<String>,
    /// Calls so far, by the bot that is called.
    calls: HashMap<String, u32>,
}

impl Chains {
    /// Notes a query that a bot at this depth is asked with.
    pub(super) fn begin(&mut self, query: &str, depth: u32) {
        self.link(query).depth = depth;
    }

    /// Notes that this bot is asked with this query: it may be paid for it.
    pub(super) fn give(&mut self, query: &str, bot: &str) {
        self.link(query).asked = Some(bot.to_owned());
    }

    /// The bot that was asked with this query.
    pub(super) fn asked(&self, query: &str) -> Option<&str> {
        self.0.get(query)?.asked.as_deref()
    }

    /// Counts one more call of `bot` in answer to this query, of at most so many; says at which depth
    /// it is asked then. A call that is too much is not counted.
    pub(super) fn call(&mut self, query: &str, bot: &str, most: u32) -> Option<u32> {
        if query.is_empty() {
            // Nothing to count by: each call is the first.
            return (most > 0).then_some(1);
        }
        let link = self.link(query);
        let calls = link.calls.get(bot).copied().unwrap_or(0);
        if calls >= most {
            return None;
        }
        link.calls.insert(bot.to_owned(), calls.saturating_add(1));
        Some(link.depth.saturating_add(1))
    }

    fn link(&mut self, query: &str) -> &mut Link {
        self.0.entry(query, Link::default)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_counted_by_query_and_bot() {
        let mut chains = Chains::default();
        chains.begin("q", 3);
        assert_eq!(chains.call("q", "A", 0), None);
        assert_eq!(chains.call("q", "A", 2), Some(4));
        assert_eq!(chains.call("q", "A", 2), Some(4));
        assert_eq!(chains.call("q", "A", 2), None);
        assert_eq!(chains.call("q", "B", 1), Some(4));
        assert_eq!(chains.call("other", "A", 1), Some(1));
        assert_eq!(chains.call("", "A", 1), Some(1));
        assert_eq!(chains.call("", "A", 1), Some(1));
    }

    #[test]
    fn only_a_query_that_was_sent_has_a_bot() {
        let mut chains = Chains::default();
        assert_eq!(chains.call("made up", "A", 1), Some(1));
        assert_eq!(chains.asked("made up"), None);
        assert_eq!(chains.asked("never seen"), None);
        chains.give("q", "A");
        assert_eq!(chains.asked("q"), Some("A"));
    }
}
