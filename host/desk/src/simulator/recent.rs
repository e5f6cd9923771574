//! What is known of the queries that were asked lately, by their identifiers. The oldest goes.

use std::collections::{HashMap, VecDeque};

/// How many queries are remembered: by what they have cost, and by whom they have called.
pub const QUERIES_MAX: usize = 10_000;

/// Something of each query, the oldest first.
#[derive(Debug)]
pub(super) struct Recent<T> {
    known: HashMap<String, T>,
    order: VecDeque<String>,
}

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self {
            known: HashMap::new(),
            order: VecDeque::new(),
        }
    }
}

impl<T> Recent<T> {
    /// What is known of a query.
    pub(super) fn get(&self, query: &str) -> Option<&T> {
        self.known.get(query)
    }

    /// The same, to be changed; what `new` says where nothing is known yet.
    pub(super) fn entry(&mut self, query: &str, new: impl FnOnce() -> T) -> &mut T {
        if !self.known.contains_key(query) {
            self.order.push_back(query.to_owned());
            if self.order.len() > QUERIES_MAX
                && let Some(gone) = self.order.pop_front()
            {
                self.known.remove(&gone);
            }
        }
        self.known.entry(query.to_owned()).or_insert_with(new)
    }

    /// All of it, in the order in which the queries were first heard of.
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        let known = self.order.iter();
        known.filter_map(|query| self.known.get(query))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_query_goes_when_there_are_too_many() {
        let mut recent = Recent::default();
        for number in 0..=QUERIES_MAX {
            recent.entry(&number.to_string(), || number);
        }
        assert_eq!(recent.get("0"), None);
        assert_eq!(recent.iter().count(), QUERIES_MAX);
        assert_eq!(recent.iter().next(), Some(&1));
        *recent.entry("1", || 0) = 7;
        assert_eq!(recent.iter().next(), Some(&7), "it keeps its place");
    }
}
