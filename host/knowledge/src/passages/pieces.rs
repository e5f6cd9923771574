//! Where a text may be cut: between paragraphs, lines and sentences.

use super::{
    OVERLAP_WORDS_MAX,
    outline::{Builder, Kind, Outline},
    words::Units,
};

/// Bytes before a cut that are looked at for an overlap: more than 20 usual words.
const OVERLAP_BYTES: usize = 400;

/// Between what a stretch of text is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Between {
    Lines,
    Sentences,
}

/// The paragraphs of a text without marks.
pub(super) fn paragraphs(text: &str) -> Outline {
    let mut builder = Builder::new(text);
    let (mut start, mut at, mut empty) = (0, 0, true);
    for line in text.split_inclusive(['\n', '\u{c}']) {
        at += line.len();
        let blank = line.trim().is_empty();
        // Blank lines belong to the paragraph before them.
        if blank && !empty {
            builder.leaf(Kind::Prose, start, at);
            (start, empty) = (at, true);
        } else if !blank {
            empty = false;
            if line.ends_with('\u{c}') {
                builder.leaf(Kind::Prose, start, at);
                (start, empty) = (at, true);
            }
        }
    }
    builder.finish(None)
}

/// The byte behind the first line or sentence of a text, with the white space behind it.
pub(super) fn first_end(text: &str, between: Between) -> usize {
    match between {
        Between::Lines => text
            .find('\n')
            .map_or(text.len(), |at| at.saturating_add(1)),
        Between::Sentences => sentence_end(text),
    }
}

fn sentence_end(text: &str) -> usize {
    let mut state = State::Within;
    for (at, char) in text.char_indices() {
        state = match (state, char) {
            (State::Blank, char) if !char.is_whitespace() => return at,
            (State::Blank, _) => State::Blank,
            // Behind these there is no space.
            (State::Full, char)
                if !is_closing(char) && !is_full_end(char) && !char.is_whitespace() =>
            {
                return at;
            }
            (State::Ended | State::Full, char) if char.is_whitespace() => State::Blank,
            (state, char) if is_closing(char) && state != State::Within => state,
            (_, char) if is_full_end(char) => State::Full,
            (_, '.' | '!' | '?' | '…') => State::Ended,
            _ => State::Within,
        };
    }
    text.len()
}

/// Where in a sentence a reader is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Within,
    /// Behind a full stop, which may be that of an abbreviation.
    Ended,
    /// Behind a full stop that is one.
    Full,
    /// In the white space behind it.
    Blank,
}

fn is_full_end(char: char) -> bool {
    matches!(char, '。' | '！' | '？' | '｡' | '।' | '॥')
}

fn is_closing(char: char) -> bool {
    matches!(
        char,
        '"' | '\'' | ')' | ']' | '”' | '’' | '»' | '」' | '』' | '）' | '*' | '_'
    )
}

/// What of the end of a text the next passage repeats: the byte where it begins, and how many words it has.
///
/// The last sentences or lines, as far as they are short enough; else the last words. `None`: nothing.
pub(super) fn overlap(text: &str) -> Option<(usize, usize)> {
    let text = text.trim_end();
    let mut window = text.len().saturating_sub(OVERLAP_BYTES);
    while !text.is_char_boundary(window) {
        window = window.saturating_add(1);
    }
    // The first word of the window may be the end of one.
    let units = Units::of(text, window).skip(usize::from(window > 0));
    let units: Vec<_> = units.collect();
    let mut words: usize = 0;
    let mut found: Option<(u8, usize, usize)> = None;
    for unit in units.into_iter().rev() {
        words = words.saturating_add(unit.words);
        // The whole text would not be an overlap, but the passage once more.
        if words > OVERLAP_WORDS_MAX || unit.start == 0 {
            break;
        }
        let weight = begins(text, unit.start);
        if found.is_none_or(|(best, ..)| weight >= best) {
            found = Some((weight, unit.start, words));
        }
    }
    found.map(|(_, start, words)| (start, words))
}

/// How good a place is to begin at: 2 at a sentence, 1 at a line, 0 within.
fn begins(text: &str, at: usize) -> u8 {
    let before = text.get(..at).unwrap_or_default();
    let last = before.trim_end();
    if last.ends_with(['.', '!', '?', '…']) && last.len() < before.len()
        || last.ends_with(is_full_end)
    {
        2
    } else {
        u8::from(
            before
                .get(last.len()..)
                .is_some_and(|gap| gap.contains('\n')),
        )
    }
}
