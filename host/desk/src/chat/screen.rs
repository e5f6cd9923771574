//! What of an answer stands on the screen, and how it becomes what it is now: the bytes that do it.
//!
//! Pure. Only rows that differ are written again, from the first of them on, and each is overwritten
//! before the rest of its line is cleared: nothing flickers. What has scrolled out of the screen can
//! be changed no more. As long as the answer grows it is left as it was; where it has to be right,
//! the answer is written once more below a word about it.

use super::styled_line::{DIM, Row};

/// Stands between an answer that has scrolled out of the screen and what takes its place.
const REPLACED: &str = "(replaced)";

/// A terminal, in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size {
    /// Characters of a line.
    pub(super) columns: usize,
    /// Lines.
    pub(super) rows: usize,
}

/// One answer on a terminal. The cursor stands behind its last character.
#[derive(Debug)]
pub(super) struct Screen {
    drawn: Vec<Row>,
    size: Size,
    colours: bool,
}

impl Screen {
    /// Nothing is drawn yet; the cursor is at the beginning of a line.
    pub(super) fn new(size: Size, colours: bool) -> Self {
        Self {
            drawn: Vec::new(),
            size,
            colours,
        }
    }

    /// What to write so that these rows are shown, each no wider than the terminal, while more may
    /// come.
    pub(super) fn show(&mut self, rows: Vec<Row>, size: Size) -> String {
        self.draw(rows, size, false)
    }

    /// What to write so that these rows are shown, all of them, and the cursor goes below.
    pub(super) fn settle(&mut self, rows: Vec<Row>, size: Size) -> String {
        let mut bytes = self.draw(rows, size, true);
        if !self.drawn.is_empty() {
            bytes.push_str("\r\n");
        }
        bytes
    }

    fn draw(&mut self, mut rows: Vec<Row>, size: Size, whole: bool) -> String {
        if rows.is_empty() && self.drawn.is_empty() {
            self.size = size;
            return String::new();
        }
        // Nothing to say is an empty line, where something was said.
        if rows.is_empty() {
            rows.push(Row::default());
        }
        let resized = size.columns != self.size.columns && !self.drawn.is_empty();
        self.size = size;
        if resized {
            // How the terminal has wrapped anew is not known.
            return framed(&format!("\r\n{}", self.anew(rows)));
        }
        let same = self.drawn.iter().zip(&rows).take_while(|(a, b)| a == b);
        let same = same.count();
        if same == rows.len() && same == self.drawn.len() {
            return String::new();
        }
        let gone = self.drawn.len().saturating_sub(size.rows);
        let bytes = if same >= gone {
            self.from(same, rows)
        } else if whole || rows.len() <= gone {
            let up = self.drawn.len().saturating_sub(gone).saturating_sub(1);
            let note = Row::of(REPLACED, DIM).paint(self.colours);
            format!("{}\x1b[J{note}\r\n{}", climb(up), self.anew(rows))
        } else {
            // The beginning cannot be changed now; if it has to be, at the end.
            let (kept, _) = self.drawn.split_at_checked(gone).unwrap_or_default();
            let mut visible = kept.to_vec();
            visible.extend(rows.into_iter().skip(gone));
            self.from(gone, visible)
        };
        framed(&bytes)
    }

    /// Writes these rows where nothing stands.
    fn anew(&mut self, rows: Vec<Row>) -> String {
        let painted: Vec<String> = rows.iter().map(|row| row.paint(self.colours)).collect();
        self.drawn = rows;
        painted.join("\r\n")
    }

    /// Writes the rows from this one on over those that stand there.
    fn from(&mut self, first: usize, rows: Vec<Row>) -> String {
        // The cursor ends on the last row, also where that is as it was.
        let first = first.min(rows.len().saturating_sub(1));
        let mut bytes = match self.drawn.len() {
            0 => String::new(),
            drawn if first >= drawn => "\r\n".to_owned(),
            drawn => climb(drawn.saturating_sub(1).saturating_sub(first)),
        };
        let fresh: Vec<String> = rows
            .iter()
            .skip(first)
            .map(|row| format!("{}\x1b[K", row.paint(self.colours)))
            .collect();
        bytes.push_str(&fresh.join("\r\n"));
        if self.drawn.len() > rows.len() {
            bytes.push_str("\x1b[J");
        }
        self.drawn = rows;
        bytes
    }
}

/// To the beginning of the line, and so many up.
fn climb(rows: usize) -> String {
    match rows {
        0 => "\r".to_owned(),
        rows => format!("\r\x1b[{rows}A"),
    }
}

/// Shown at once by terminals that know how to; others ignore it.
fn framed(bytes: &str) -> String {
    format!("\x1b[?2026h{bytes}\x1b[?2026l")
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU16;

    use super::*;
    use crate::chat::styled_line::PLAIN;

    const SIZE: Size = Size {
        columns: 20,
        rows: 5,
    };

    /// A terminal, and what it shows after each step.
    struct Watched {
        screen: Screen,
        terminal: vt100::Parser,
        written: usize,
    }

    impl Watched {
        fn new() -> Self {
            let [five, twenty] = [5, 20].map(|size| NonZeroU16::new(size).unwrap());
            Self {
                screen: Screen::new(SIZE, false),
                terminal: vt100::Parser::new(five, twenty, 100),
                written: 0,
            }
        }

        fn write(&mut self, bytes: &str) -> String {
            self.written = bytes.len();
            self.terminal.process(bytes.as_bytes());
            self.terminal.screen().contents()
        }

        fn show(&mut self, text: &str) -> String {
            let bytes = self.screen.show(rows(text), SIZE);
            self.write(&bytes)
        }

        fn settle(&mut self, text: &str) -> String {
            let bytes = self.screen.settle(rows(text), SIZE);
            self.write(&bytes)
        }

        /// All that was ever shown, the oldest first.
        fn everything(&mut self) -> String {
            self.terminal.screen_mut().set_scrollback(100);
            let above = self.terminal.screen().scrollback();
            let mut all = Vec::new();
            for offset in (0..=above).rev() {
                self.terminal.screen_mut().set_scrollback(offset);
                let rows = self.terminal.screen().rows(0, 20);
                let take = if offset == 0 { 5 } else { 1 };
                all.extend(rows.take(take));
            }
            all.join("\n").trim_end().to_owned()
        }
    }

    fn rows(text: &str) -> Vec<Row> {
        text.lines().map(|line| Row::of(line, PLAIN)).collect()
    }

    #[test]
    fn text_grows_in_place() {
        let mut watched = Watched::new();
        assert_eq!(watched.show("one"), "one");
        assert_eq!(watched.show("one two"), "one two");
        assert_eq!(watched.show("one two\nthree"), "one two\nthree");
        assert_eq!(watched.show("one two\nthree"), "one two\nthree");
        assert_eq!(
            watched.written, 0,
            "nothing is written when nothing changes"
        );
        assert_eq!(watched.settle("one two\nthree"), "one two\nthree");
        let (row, column) = watched.terminal.screen().cursor_position();
        assert_eq!((row, column), (2, 0), "the next line is free");
    }

    #[test]
    fn replaced_text_is_gone() {
        let mut watched = Watched::new();
        watched.write("> hi\r\n");
        watched.show("one\ntwo\nthree");
        assert_eq!(watched.show("1"), "> hi\n1");
        assert_eq!(watched.show("1\ntwo"), "> hi\n1\ntwo");
        assert_eq!(watched.show(""), "> hi");
        assert_eq!(watched.settle("end"), "> hi\nend");
    }

    #[test]
    fn only_what_differs_is_written_again() {
        let mut watched = Watched::new();
        watched.show("a long first line\nb\nc");
        watched.show("a long first line\nb\nd");
        assert!(watched.written < 30, "{} bytes", watched.written);
    }

    #[test]
    fn what_has_scrolled_away_is_kept_until_the_end() {
        let mut watched = Watched::new();
        watched.show("1\n2\n3\n4\n5\n6\n7");
        // The first row is out of reach; those on the screen are up to date.
        assert_eq!(
            watched.show("one\n2\n3\n4\n5\n6\nseven"),
            "3\n4\n5\n6\nseven"
        );
        watched.settle("one\n2\n3\n4\n5\n6\nseven");
        assert_eq!(
            watched.everything(),
            "1\n2\n(replaced)\none\n2\n3\n4\n5\n6\nseven"
        );
    }

    #[test]
    fn a_long_answer_replaced_by_a_short_one() {
        let mut watched = Watched::new();
        watched.show("1\n2\n3\n4\n5\n6\n7\n8");
        assert_eq!(watched.show("new"), "(replaced)\nnew");
        assert_eq!(watched.show("newer"), "(replaced)\nnewer");
    }

    #[test]
    fn a_new_width_begins_anew() {
        let mut watched = Watched::new();
        watched.show("one\ntwo");
        let wide = Size {
            columns: 30,
            rows: 5,
        };
        let bytes = watched.screen.show(rows("one two"), wide);
        assert_eq!(watched.write(&bytes), "one\ntwo\none two");
    }
}
