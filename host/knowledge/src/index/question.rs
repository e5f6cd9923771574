//! From a question to the terms that are looked up.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::LazyLock,
};

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

/// Verbs and courtesies that the list of English words lacks.
const ALSO_ENGLISH: [&str; 12] = [
    "could", "may", "might", "must", "need", "please", "shall", "tell", "thank", "thanks", "want",
    "would",
];

/// Words that say nothing of what a question is about, with the language that has them: `how can I`.
static FUNCTION_WORDS: LazyLock<HashSet<(Language, &'static str)>> = LazyLock::new(|| {
    let lists = Language::known().filter_map(|language| {
        let words = stop_words::lookup(language.code()?)?;
        Some(words.iter().map(move |word| (language, *word)))
    });
    let also = ALSO_ENGLISH.map(|word| (Language::English, word));
    lists.flatten().chain(also).collect()
});

/// What a question asks for.
#[derive(Debug, Default)]
pub(super) struct Question {
    /// Its terms, each with how often it is there.
    pub(super) terms: BTreeMap<String, u32>,
    /// For each language of the collection, as that reads it: the terms that say what it is about.
    pub(super) telling: Vec<BTreeSet<String>>,
}

impl Question {
    /// Reads a question for a collection of documents in these languages.
    pub(super) fn read(text: &str, languages: impl Iterator<Item = Language>) -> Self {
        let text = bounded(text);
        let languages: Vec<Language> = languages.collect();
        let (own, function_words) = function_words(&text, &languages);
        let mut question = Self::default();
        for language in languages {
            let mut counts: BTreeMap<String, u32> = BTreeMap::new();
            let mut telling = BTreeSet::new();
            let mut analyzer = Analyzer::new(language, Letters::Pairs);
            analyzer.for_each(&text, |token| {
                let tells = !function_words.contains(&token.offset_from);
                // In texts of another language, these would be rare words, and would decide.
                if !tells && language != own {
                    return;
                }
                let terms = &question.terms;
                let known = counts.contains_key(&token.text) || terms.contains_key(&token.text);
                if known || terms.len().saturating_add(counts.len()) < CANDIDATES_MAX {
                    let count = counts.entry(token.text.clone()).or_default();
                    *count = count.saturating_add(1);
                    if tells {
                        telling.insert(token.text.clone());
                    }
                }
            });
            // A word that two languages have in common counts once.
            for (term, count) in counts {
                let before = question.terms.entry(term).or_default();
                *before = count.max(*before);
            }
            question.telling.push(telling);
        }
        question
    }
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

/// The language of a question, and where its function words are.
///
/// It is that of the collection's with most of them in the question: one can tell it of three words. Of several with as
/// many, the first in the order of languages.
fn function_words(question: &str, languages: &[Language]) -> (Language, HashSet<usize>) {
    let mut found: BTreeMap<Language, HashSet<usize>> = BTreeMap::new();
    // Whatever has no stemmer leaves words as they are.
    Analyzer::new(Language::Other, Letters::Pairs).for_each(question, |token| {
        for language in languages {
            if FUNCTION_WORDS.contains(&(*language, token.text.as_str())) {
                let places = found.entry(*language).or_default();
                places.insert(token.offset_from);
            }
        }
    });
    let found = found.into_iter();
    let most = found.reduce(|best, next| {
        if next.1.len() > best.1.len() {
            next
        } else {
            best
        }
    });
    most.unwrap_or((Language::Other, HashSet::new()))
}
