//! Finds the states that a question in plain words is about.
//!
//! Question and table are brought into one normal form, small letters without accents, and compared
//! word by word. Of names within names (Guinea, Papua New Guinea) the longest wins.

use crate::countries::{self, Country, Row};
use std::cmp::Reverse;

/// Most characters of a message that are looked at. A question is shorter; whoever pastes a book
/// does not ask about every country in it.
const QUESTION_CHARACTERS_MAX: usize = 2_000;

/// The states that are named in a question, each once, in the order of their first mention.
///
/// Where none is, but capitals are asked about, the states of the capitals that are named.
pub(crate) fn countries(question: &str) -> Vec<Country> {
    let words = normal(beginning(question));
    let mut found: Vec<Country> = Vec::new();
    for country in names(&words)
        .into_iter()
        .filter_map(|name| name.row.country())
    {
        if !found.contains(&country) {
            found.push(country);
        }
    }
    if found.is_empty()
        && [" capital ", " country "]
            .iter()
            .any(|word| words.contains(word))
    {
        let states = countries::rows().filter_map(Row::country);
        found.extend(states.filter(|country| words.contains(&normal(country.capital))));
    }
    found
}

fn beginning(question: &str) -> &str {
    let end = question.char_indices().nth(QUESTION_CHARACTERS_MAX);
    end.and_then(|(end, _)| question.get(..end))
        .unwrap_or(question)
}

/// A name in a question: bytes from `start` to `end`.
struct Name {
    start: usize,
    end: usize,
    row: Row,
}

/// The names in a question, from left to right. Where names overlap, the first and then the longest
/// stays; where several states share one, all of them do.
fn names(words: &str) -> Vec<Name> {
    let starts = words
        .match_indices(' ')
        .map(|(space, _)| space.saturating_add(1));
    let rests: Vec<_> = starts
        .filter_map(|start| Some((start, words.get(start..)?)))
        .collect();
    let mut names = Vec::new();
    for row in countries::rows() {
        for key in row.keys() {
            // Most keys and words part at their first letter, which is cheaper to see than to search.
            let first = key.bytes().next();
            for (start, rest) in rests
                .iter()
                .filter(|(_, rest)| rest.bytes().next() == first)
            {
                if rest
                    .strip_prefix(key)
                    .is_some_and(|after| after.starts_with(' '))
                {
                    let end = start.saturating_add(key.len());
                    names.push(Name {
                        start: *start,
                        end,
                        row,
                    });
                }
            }
        }
    }
    names.sort_by_key(|name| (name.start, Reverse(name.end)));
    let mut taken = (0, 0);
    names.retain(|name| {
        let stays = name.start >= taken.1 || (name.start, name.end) == taken;
        if stays {
            taken = (name.start, name.end);
        }
        stays
    });
    names
}

/// The normal form of a text: its words in small letters without accents, each between spaces.
///
/// A possessive (`Nepal's`) is dropped, `St.` is written out, and so is `US`, which in small letters
/// would be somebody else.
pub(crate) fn normal(text: &str) -> String {
    // Where all is written large, "TELL US" cannot be told from "THE US".
    let shouted = !text.chars().any(char::is_lowercase);
    let text = text
        .replace(['’', 'ʼ', 'ʻ', '`'], "'")
        .replace('&', " and ");
    let text = text.replace("'s", " ").replace("'S", " ");
    let mut words = String::from(" ");
    for word in text.split(|c: char| !c.is_alphanumeric() && !is_accent(c)) {
        match word {
            "" => continue,
            "US" if !shouted => words.push_str("usa"),
            word if word.eq_ignore_ascii_case("st") => words.push_str("saint"),
            word => word
                .chars()
                .flat_map(char::to_lowercase)
                .for_each(|c| plain(c, &mut words)),
        }
        words.push(' ');
    }
    words
}

/// An accent that stands beside its letter.
fn is_accent(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c)
}

/// Appends a small letter without its accent, as far as names of countries and capitals need it.
fn plain(c: char, out: &mut String) {
    out.push(match c {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ā' | 'ă' | 'ą' => 'a',
        'ç' | 'ć' | 'č' => 'c',
        'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ė' | 'ę' | 'ě' => 'e',
        'ğ' => 'g',
        'ì' | 'í' | 'î' | 'ï' | 'ī' | 'ı' => 'i',
        'ł' => 'l',
        'ñ' | 'ń' | 'ň' => 'n',
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' | 'ō' | 'ő' => 'o',
        'ř' => 'r',
        'ś' | 'š' | 'ş' | 'ș' => 's',
        'ţ' | 'ț' => 't',
        'ù' | 'ú' | 'û' | 'ü' | 'ū' | 'ů' | 'ű' => 'u',
        'ý' | 'ÿ' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        c if is_accent(c) => return,
        c => c,
    });
}
