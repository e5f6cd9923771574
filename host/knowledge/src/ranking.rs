//! Passages that were found, in their order: the better first, and of equals the lower document and earlier passage.

use std::{
    cmp::Ordering,
    collections::{BTreeSet, HashMap},
};

/// Most hits of one search: who wants more wants no search.
pub const HITS_MAX: usize = 1_000;

/// Which passage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PassageId {
    /// The document, by the number that the caller has for it.
    pub document: u64,
    /// The place among its passages, from 0.
    pub ordinal: u32,
}

/// A passage that was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    /// Which one.
    pub passage: PassageId,
    /// How well it fits: more is better. Only scores of the same search can be compared.
    pub score: f32,
}

/// The better one is less.
pub(crate) fn order(one: &Hit, other: &Hit) -> Ordering {
    let by_score = other.score.total_cmp(&one.score);
    by_score.then(one.passage.cmp(&other.passage))
}

/// The best of the hits that it is shown, each passage once, with the best score that it has.
pub(crate) struct Top {
    limit: usize,
    best: BTreeSet<Ranked>,
    scores: HashMap<PassageId, f32>,
}

impl Top {
    /// Keeps as many as this, at most [`HITS_MAX`].
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit: limit.min(HITS_MAX),
            best: BTreeSet::new(),
            scores: HashMap::new(),
        }
    }

    /// Whether a score may be good enough, so that it pays to look up whose it is.
    pub(crate) fn may_take(&self, score: f32) -> bool {
        self.best.len() < self.limit || self.best.last().is_some_and(|worst| score >= worst.0.score)
    }

    pub(crate) fn take(&mut self, hit: Hit) {
        if let Some(score) = self.scores.get(&hit.passage).copied() {
            if hit.score <= score {
                return;
            }
            let passage = hit.passage;
            self.best.remove(&Ranked(Hit { passage, score }));
        }
        self.scores.insert(hit.passage, hit.score);
        self.best.insert(Ranked(hit));
        if self.best.len() > self.limit
            && let Some(worst) = self.best.pop_last()
        {
            self.scores.remove(&worst.0.passage);
        }
    }

    /// Best first.
    pub(crate) fn into_hits(self) -> Vec<Hit> {
        self.best.into_iter().map(|ranked| ranked.0).collect()
    }
}

/// A hit that is less if it is better.
struct Ranked(Hit);

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        order(&self.0, &other.0)
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ranked {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Ranked {}
