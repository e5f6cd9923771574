//! Shows passages, and where they are from.

use std::collections::BTreeSet;

use ravenry_sdk::knowledge::Passage;

use crate::escape::escaped;

/// Most words of a passage that is shown.
const WORDS_MAX: usize = 80;

/// All passages, each with its number, as quotes in Markdown.
pub(crate) fn quotes(passages: &[Passage]) -> String {
    let quotes = (1..).zip(passages).map(|(number, passage)| {
        let text = shortened(&passage.text).replace('\n', "\n> ");
        format!("**[{number}]**\n\n> {text}\n\n")
    });
    quotes.collect()
}

/// The lines of a text with its first words.
fn shortened(text: &str) -> String {
    let mut left = WORDS_MAX;
    let mut kept = Vec::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        if let Some(words) = words.get(..left).filter(|_| words.len() > left) {
            kept.push(format!("{} …", words.join(" ")));
            break;
        }
        left = left.saturating_sub(words.len());
        kept.push(line.to_owned());
    }
    kept.join("\n")
}

/// The list of sources, of these numbers alone; empty where there are none.
pub(crate) fn list(passages: &[Passage], numbers: &BTreeSet<usize>) -> String {
    let listed = (1..).zip(passages);
    let listed = listed.filter(|(number, _)| numbers.contains(number));
    let lines = listed.map(|(number, passage)| {
        // What has no title is called as where it is from.
        let source = match passage.source.as_str() {
            source if source == passage.title => String::new(),
            source => escaped(source) + " ",
        };
        let (path, lines) = (escaped(&passage.path()), passage.lines());
        format!("- [{number}] {path}, {source}{lines}\n")
    });
    let list: String = lines.collect();
    if list.is_empty() {
        return list;
    }
    format!("\n\n**Sources**\n\n{list}")
}

/// The numbers that a text cites: `[1]`, or `[1, 2]`.
pub(crate) fn cited(text: &str) -> BTreeSet<usize> {
    let brackets = text
        .split('[')
        .skip(1)
        .filter_map(|rest| rest.split_once(']'));
    let numbers = brackets.flat_map(|(inside, _)| inside.split(','));
    numbers
        .filter_map(|number| number.trim().parse().ok())
        .collect()
}
