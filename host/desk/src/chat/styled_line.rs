//! Lines of a terminal: characters with a style, wrapped to a width.
//!
//! What a bot says is untrusted text, and this is its only way to the terminal: a [`Row`] holds no
//! character that a terminal obeys, and none that is invisible: those stand there as `\u{…}`.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthChar as _;

use ravenry_protocol::shown::seen;

/// As the terminal writes by itself.
pub(super) const PLAIN: Style = Style::new();
/// What is about the talk, not part of it.
pub(super) const DIM: Style = Style::new().dimmed();
/// Headings, and what a person may type.
pub(super) const BOLD: Style = Style::new().bold();
/// Code.
pub(super) const CODE: Style = AnsiColor::Cyan.on_default();
/// What went wrong.
pub(super) const WRONG: Style = AnsiColor::Red.on_default();

/// What a tab becomes.
const TAB: &str = "    ";

/// One character, safe to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cell {
    character: char,
    style: Style,
}

/// Characters with their styles: a line of a terminal, or text that is still to be wrapped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Row(Vec<Cell>);

impl Row {
    /// This text in one style.
    pub(super) fn of(text: &str, style: Style) -> Self {
        let mut row = Self::default();
        row.say(text, style);
        row
    }

    /// Adds text. Line breaks stay until it is wrapped, or printed on one line.
    pub(super) fn say(&mut self, text: &str, style: Style) {
        let mut add = |character| self.0.push(Cell { character, style });
        for (character, is_escaped) in seen(text) {
            match character {
                '\n' => add('\n'),
                '\t' => TAB.chars().for_each(&mut add),
                // Half of a line break.
                '\r' => {}
                _ if is_escaped => character.escape_unicode().for_each(&mut add),
                _ => add(character),
            }
        }
    }

    /// Adds what another row holds.
    pub(super) fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Takes away the spaces at its end.
    pub(super) fn trim_end(&mut self) {
        while self.0.pop_if(|cell| cell.character == ' ').is_some() {}
    }

    /// Whether there is nothing in it.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Columns that it takes.
    #[cfg(test)]
    pub(super) fn width(&self) -> usize {
        self.0.iter().map(Cell::width).sum()
    }

    /// How many characters it has.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Its characters.
    pub(super) fn text(&self) -> String {
        self.text_from(0)
    }

    /// Its characters from this one on.
    pub(super) fn text_from(&self, from: usize) -> String {
        let cells = self.0.iter().skip(from);
        cells.map(|cell| cell.character).collect()
    }

    /// Rows of at most so many columns, broken at spaces where there are some.
    pub(super) fn wrap(&self, width: usize) -> Vec<Self> {
        self.broken(width, at_space)
    }

    /// Rows of at most so many columns, broken where they are full: code.
    pub(super) fn cut(&self, width: usize) -> Vec<Self> {
        self.broken(width, |_, fitting| (fitting, fitting))
    }

    /// One row of at most so many columns; what is too long ends with `…`.
    pub(super) fn shorten(&self, width: usize) -> Self {
        let line: Vec<Cell> = self.0.iter().map(Cell::without_break).collect();
        if fitting(&line, width) == line.len() {
            return Self(line);
        }
        let fits = fitting(&line, width.saturating_sub(1));
        let mut short = Self(line.into_iter().take(fits).collect());
        short.say("…", PLAIN);
        short
    }

    /// `place` says how many cells of a line go into this row, and how many are gone then.
    fn broken(&self, width: usize, place: impl Fn(&[Cell], usize) -> (usize, usize)) -> Vec<Self> {
        let mut rows = Vec::new();
        for line in self.0.split(|cell| cell.character == '\n') {
            let mut rest = line;
            loop {
                // One character at least, however narrow it is.
                let fits = fitting(rest, width).max(1);
                if fits >= rest.len() {
                    rows.push(Self(rest.to_vec()));
                    break;
                }
                let (end, next) = place(rest, fits);
                rows.push(Self(rest.get(..end).unwrap_or(rest).to_vec()));
                rest = rest.get(next..).unwrap_or_default();
            }
        }
        rows
    }

    /// Text for a terminal, on one line; without colours nothing but the characters.
    pub(super) fn paint(&self, colours: bool) -> String {
        let mut painted = String::with_capacity(self.0.len());
        for run in self.0.chunk_by(|one, other| one.style == other.style) {
            let style = run.first().map_or(PLAIN, |cell| cell.style);
            let style = if colours { style } else { PLAIN };
            // Writing to a text does not fail.
            let _ = write!(painted, "{style}");
            painted.extend(run.iter().map(|cell| cell.without_break().character));
            let _ = write!(painted, "{style:#}");
        }
        painted
    }
}

impl Cell {
    fn width(&self) -> usize {
        self.character.width().unwrap_or(0)
    }

    fn without_break(&self) -> Self {
        let character = match self.character {
            '\n' => ' ',
            other => other,
        };
        Self { character, ..*self }
    }
}

/// How many of these cells fit.
fn fitting(cells: &[Cell], width: usize) -> usize {
    let mut columns = 0_usize;
    let over = cells.iter().position(|cell| {
        columns = columns.saturating_add(cell.width());
        columns > width
    });
    over.unwrap_or(cells.len())
}

/// Where to break when so many fit: at the last space after a word, else where it is full.
fn at_space(cells: &[Cell], fitting: usize) -> (usize, usize) {
    let space = |cell: &Cell| cell.character == ' ';
    let indent = cells.iter().take_while(|cell| space(cell)).count();
    let candidates = cells.get(..=fitting).unwrap_or(cells);
    match candidates.iter().rposition(space) {
        Some(last) if last > indent => {
            let after = cells.iter().skip(last).take_while(|cell| space(cell));
            (last, last.saturating_add(after.count()))
        }
        _ => (fitting, fitting),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wrapped(text: &str, width: usize) -> Vec<String> {
        let rows = Row::of(text, PLAIN).wrap(width);
        rows.iter().map(Row::text).collect()
    }

    #[test]
    fn lines_break_at_spaces_and_long_words_where_they_are_full() {
        for (text, width, expected) in [
            ("", 5, &[""][..]),
            ("a bc def", 5, &["a bc", "def"]),
            ("abcde fg", 5, &["abcde", "fg"]),
            ("abcdefg", 3, &["abc", "def", "g"]),
            ("  ab cd", 5, &["  ab", "cd"]),
            ("a\n\nb", 5, &["a", "", "b"]),
            // Two columns each.
            ("日本語", 4, &["日本", "語"]),
            ("日", 1, &["日"]),
        ] {
            assert_eq!(wrapped(text, width), expected, "{text:?} in {width}");
        }
    }

    #[test]
    fn code_keeps_its_spaces() {
        let rows = Row::of("if a:\n    b = 1", CODE).cut(6);
        let rows: Vec<_> = rows.iter().map(Row::text).collect();
        assert_eq!(rows, ["if a:", "    b ", "= 1"]);
    }

    #[test]
    fn what_is_too_long_for_one_line_is_cut() {
        assert_eq!(Row::of("a\nbcdef", PLAIN).shorten(4).text(), "a b…");
        assert_eq!(Row::of("abcd", PLAIN).shorten(4).text(), "abcd");
    }

    #[test]
    fn styles_end_where_they_end() {
        let mut row = Row::of("a", BOLD);
        row.say("b", PLAIN);
        assert_eq!(row.paint(true), "\u{1b}[1ma\u{1b}[0mb");
        assert_eq!(row.paint(false), "ab");
    }

    #[test]
    fn a_terminal_obeys_no_untrusted_text() {
        let row = Row::of(
            "\u{1b}]0;me\u{7}\u{9b}2J\u{202e}a\u{8}b\u{7f}\u{2028}",
            PLAIN,
        );
        assert_eq!(
            row.paint(false),
            r"\u{1b}]0;me\u{7}\u{9b}2J\u{202e}a\u{8}b\u{7f}\u{2028}"
        );
    }

    proptest! {
        /// Whatever is said, a row is one line of printable characters, and no wider than asked for.
        #[test]
        fn rows_are_printable_and_fit(text in any::<String>(), width in 2_usize..40) {
            for row in Row::of(&text, PLAIN).wrap(width) {
                prop_assert!(!seen(&row.paint(false)).any(|(_, is_escaped)| is_escaped));
                prop_assert!(row.width() <= width);
            }
            for row in Row::of(&text, PLAIN).cut(width) {
                prop_assert!(row.width() <= width);
            }
            prop_assert!(Row::of(&text, PLAIN).shorten(width).width() <= width);
        }
    }
}
