//! Addresses and formulas, put so that Markdown leaves them as they are.
//!
//! Both are full of characters that mean something else in Markdown: `_` and `*` of an address would
//! become emphasis, and a formula would lose its backslashes. So addresses are put in angle brackets,
//! which makes links of them, and in formulas every punctuation character is escaped, which makes
//! them text, as they were written. Both are looked for only where a parser sees text.

use std::{borrow::Cow, ops::Range};

use linkify::{LinkFinder, LinkKind};
use pulldown_cmark::{Event, Parser, Tag};

use super::OPTIONS;

/// Longest formula, in bytes.
const FORMULA_BYTES_MAX: usize = 4096;

/// How formulas begin and end.
const FORMULAS: [(&str, &str); 3] = [("\\(", "\\)"), ("\\[", "\\]"), ("$$", "$$")];

/// A text in which addresses and formulas are safe.
pub(super) struct Guarded<'t> {
    text: Cow<'t, str>,
    /// Where a character was put in, by places of the new text, in order.
    added: Vec<usize>,
}

impl<'t> Guarded<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let has_any =
            text.contains("://") || FORMULAS.iter().any(|(start, _)| text.contains(start));
        if !has_any {
            return Self::with(text, &[]);
        }
        let mut taken = literal(text);
        let formulas = formulas(text, &taken);
        let mut marks: Vec<(usize, char)> = Vec::new();
        for range in &formulas {
            let inside = text.get(range.clone()).unwrap_or_default();
            let punctuation = |(_, char): &(usize, char)| char.is_ascii_punctuation();
            let escaped = inside.char_indices().filter(punctuation);
            marks.extend(escaped.map(|(at, _)| (range.start.saturating_add(at), '\\')));
        }
        taken.extend(formulas);
        for range in addresses(text, &taken) {
            marks.extend([(range.start, '<'), (range.end, '>')]);
        }
        marks.sort_unstable();
        Self::with(text, &marks)
    }

    /// The text with these characters put in.
    fn with(text: &'t str, marks: &[(usize, char)]) -> Self {
        if marks.is_empty() {
            return Self {
                text: text.into(),
                added: Vec::new(),
            };
        }
        let mut new = String::with_capacity(text.len().saturating_add(marks.len()));
        let (mut from, mut added) = (0, Vec::with_capacity(marks.len()));
        for (at, mark) in marks {
            new.push_str(text.get(from..*at).unwrap_or_default());
            added.push(new.len());
            new.push(*mark);
            from = *at;
        }
        new.push_str(text.get(from..).unwrap_or_default());
        Self {
            text: new.into(),
            added,
        }
    }

    /// What a parser reads.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The place in the old text of one in the new text.
    pub(super) fn origin(&self, at: usize) -> usize {
        at.saturating_sub(self.added.partition_point(|added| *added < at))
    }
}

/// What is no text of the bot's, but code, links or HTML.
fn literal(text: &str) -> Vec<Range<usize>> {
    let parser = Parser::new_ext(text, OPTIONS);
    let mut found: Vec<Range<usize>> = parser
        .reference_definitions()
        .iter()
        .map(|(_, definition)| definition.span.clone())
        .collect();
    let is_literal = |event: &Event<'_>| {
        matches!(
            event,
            Event::Code(_)
                | Event::Html(_)
                | Event::InlineHtml(_)
                | Event::Start(
                    Tag::CodeBlock(_) | Tag::HtmlBlock | Tag::Link { .. } | Tag::Image { .. }
                )
        )
    };
    let ranges = parser
        .into_offset_iter()
        .filter(|(event, _)| is_literal(event));
    found.extend(ranges.map(|(_, range)| range));
    found
}

fn is_free(range: &Range<usize>, taken: &[Range<usize>]) -> bool {
    let meets = |taken: &Range<usize>| taken.start < range.end && range.start < taken.end;
    !taken.iter().any(meets)
}

/// Formulas, in order. They end before an empty line.
fn formulas(text: &str, taken: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(rest) = text.get(from..) {
        let first =
            |(start, end): &(&'static str, &'static str)| Some((rest.find(*start)?, *start, *end));
        let Some((at, opens, closes)) = FORMULAS.iter().filter_map(first).min() else {
            break;
        };
        let start = from.saturating_add(at);
        let inner = start.saturating_add(opens.len());
        from = inner;
        // `\\(` is a backslash, and a parenthesis.
        let before = text.get(..start).unwrap_or_default();
        let backslashes = before
            .bytes()
            .rev()
            .take_while(|byte| *byte == b'\\')
            .count();
        let most = text.floor_char_boundary(inner.saturating_add(FORMULA_BYTES_MAX));
        let inside = text.get(inner..most).unwrap_or_default();
        let Some(length) = inside.find(closes).filter(|_| backslashes % 2 == 0) else {
            continue;
        };
        let is_whole = inside
            .get(..length)
            .is_some_and(|formula| !formula.contains("\n\n") && !formula.trim().is_empty());
        let end = inner.saturating_add(length).saturating_add(closes.len());
        let range = start..end;
        let begins_or_ends_in =
            |taken: &Range<usize>| taken.contains(&start) || taken.contains(&end.saturating_sub(1));
        if is_whole && !taken.iter().any(begins_or_ends_in) {
            found.push(range);
            from = end;
        }
    }
    found
}

/// Addresses that stand in a text, without the signs of the sentence behind them.
fn addresses(text: &str, taken: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Url]);
    let links = finder.links(text).filter_map(|link| {
        // Of these, the first two are in no address, and end a cell or begin code.
        let url = link.as_str().split(['|', '`']).next().unwrap_or_default();
        let url = url.trim_end_matches(['*', '_', '~']);
        let is_web = url.starts_with("https://") || url.starts_with("http://");
        let range = link.start()..link.start().saturating_add(url.len());
        let fits = is_web && !url.contains(['<', '>']) && is_free(&range, taken);
        fits.then_some(range)
    });
    links.collect()
}
