//! From a question to the terms that are looked up.

use std::collections::{BTreeMap, HashSet};

use super::terms::{Analyzer, Letters, normal};
use crate::language::Language;

/// How much of a question counts, in bytes: the first half of this, and the last. What people paste stands before or
/// behind what they ask.
pub const QUESTION_BYTES_MAX: usize = 16_384;

/// How many different terms of a question are looked for: the rarest in the collection. The time of a search is in
/// proportion to it; what is frequent says little.
pub const QUESTION_TERMS_MAX: usize = 64;

/// How many different terms are taken from a question before the rarest of them are chosen: each is looked up.
/// More than what counts of a question has in one language.
const CANDIDATES_MAX: usize = 4_096;

/// The terms of a question, each with how often it is there.
pub(super) fn terms(
    question: &str,
    languages: impl Iterator<Item = Language> + Clone,
) -> BTreeMap<String, u32> {
    let question = bounded(question);
    let passed_over = stop_words(&question, languages.clone());
    let mut terms: BTreeMap<String, u32> = BTreeMap::new();
    for language in languages {
        let mut own: BTreeMap<String, u32> = BTreeMap::new();
        let mut analyzer = Analyzer::new(language, Letters::Pairs);
        analyzer.for_each(&question, |token| {
            if passed_over.contains(&token.offset_from) {
                return;
            }
            let known = own.contains_key(&token.text) || terms.contains_key(&token.text);
            if known || terms.len().saturating_add(own.len()) < CANDIDATES_MAX {
                let count = own.entry(token.text.clone()).or_default();
                *count = count.saturating_add(1);
            }
        });
        // A word that two languages have in common counts once.
        for (term, count) in own {
            let before = terms.entry(term).or_default();
            *before = count.max(*before);
        }
    }
    terms
}

/// The beginning and the end of a question, and a space between them.
fn bounded(question: &str) -> String {
    if question.len() <= QUESTION_BYTES_MAX {
        return normal(question).into_owned();
    }
    let half = QUESTION_BYTES_MAX / 2;
    let mut head = half;
    while !question.is_char_boundary(head) {
        head = head.saturating_sub(1);
    }
    let mut tail = question.len().saturating_sub(half);
    while !question.is_char_boundary(tail) {
        tail = tail.saturating_add(1);
    }
    let head = question.get(..head).unwrap_or_default();
    let tail = question.get(tail..).unwrap_or_default();
    normal(&format!("{head} {tail}")).into_owned()
}

/// Where in a question the stop words of its own language are.
///
/// In a collection of several languages, the stop words of a question in one are rare words in the texts of another,
/// and would decide. Its language is the one with most of them in the question: one can tell that of three words.
fn stop_words(question: &str, languages: impl Iterator<Item = Language> + Clone) -> HashSet<usize> {
    if languages.clone().nth(1).is_none() {
        return HashSet::new();
    }
    let all = offsets(
        Some(Analyzer::new(Language::Other, Letters::Pairs)),
        question,
    );
    let found = languages.map(|language| {
        let kept = Analyzer::without_stop_words(language);
        let kept = kept.map_or_else(|| all.clone(), |analyzer| offsets(Some(analyzer), question));
        all.difference(&kept).copied().collect::<HashSet<usize>>()
    });
    // Of two with as many, the first in the order of languages.
    found
        .reduce(|best, next| if next.len() > best.len() { next } else { best })
        .unwrap_or_default()
}

fn offsets(analyzer: Option<Analyzer>, question: &str) -> HashSet<usize> {
    let mut offsets = HashSet::new();
    if let Some(mut analyzer) = analyzer {
        analyzer.for_each(question, |token| {
            offsets.insert(token.offset_from);
        });
    }
    offsets
}
