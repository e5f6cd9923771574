//! Takes the letters of a PDF as they come, and makes pages of them.

use std::{
    cell::RefCell,
    fmt::{self, Write},
    rc::Rc,
};

use pdf_extract::{ConvertToFmt, MediaBox, OutputDev, OutputError, PlainTextOutput, Transform};

use crate::effort::Effort;

/// Between two pages.
const PAGE_END: &str = "\n\u{c}";

/// The text of the pages until now.
#[derive(Debug)]
pub(super) struct Pages {
    text: String,
    bytes_max: usize,
    effort: Effort,
    /// Where the page that is being written begins in the text.
    begins: usize,
    /// The page that was begun last, from 1; 0 before the first.
    number: u32,
    full: bool,
    late: bool,
}

impl Pages {
    /// No page yet, for so many bytes of text.
    pub(super) fn new(effort: Effort, bytes_max: usize) -> Self {
        Self {
            text: String::new(),
            bytes_max,
            effort,
            begins: 0,
            number: 0,
            full: false,
            late: false,
        }
    }

    /// The page that was begun last, from 1; 0 before the first.
    pub(super) fn number(&self) -> u32 {
        self.number
    }

    /// Whether there is more text than is wanted.
    pub(super) fn is_full(&self) -> bool {
        self.full
    }

    /// Whether time ran out before the last page.
    pub(super) fn is_late(&self) -> bool {
        self.late
    }

    /// Looks at the clock, and says whether no more pages are wanted.
    pub(super) fn is_done(&mut self) -> bool {
        self.late = self.late || self.effort.is_over();
        self.full || self.late
    }

    /// Whether there is anything on the pages.
    pub(super) fn has_words(&self) -> bool {
        self.text.chars().any(|char| !char.is_whitespace())
    }

    /// All pages, with a form feed between two.
    pub(super) fn text(&self) -> String {
        let mut whole = self.text.trim_end().to_owned();
        if whole.len() < self.bytes_max {
            whole.push('\n');
        }
        whole
    }

    /// Begins a page. Those before it that were not begun are empty.
    fn begin(&mut self, number: u32) -> Result<(), OutputError> {
        self.end();
        if self.is_done() {
            return Err(fmt::Error.into());
        }
        while self.number < number {
            if self.number > 0 {
                self.push(PAGE_END)?;
            }
            self.number = self.number.saturating_add(1);
        }
        self.begins = self.text.len();
        Ok(())
    }

    /// Takes the white space from both ends of the page that was written.
    pub(super) fn end(&mut self) {
        let page = self.text.split_off(self.begins);
        self.text.push_str(page.trim());
        self.begins = self.text.len();
    }

    fn push(&mut self, words: &str) -> fmt::Result {
        let room = self.bytes_max.saturating_sub(self.text.len());
        let fitting = words.floor_char_boundary(room);
        self.text.push_str(words.get(..fitting).unwrap_or_default());
        self.full = self.full || fitting < words.len();
        if self.full { Err(fmt::Error) } else { Ok(()) }
    }
}

/// What the text of pages is written on.
#[derive(Clone, Debug)]
struct Sheet(Rc<RefCell<Pages>>);

impl Write for Sheet {
    fn write_str(&mut self, words: &str) -> fmt::Result {
        let mut pages = self.0.borrow_mut();
        // Fonts without a table for their letters give such; a form feed is ours.
        let is_none = |char: char| char.is_control() && char != '\n';
        words.split(is_none).try_for_each(|words| pages.push(words))
    }
}

impl ConvertToFmt for Sheet {
    type Writer = Self;

    fn convert(self) -> Self {
        self
    }
}

/// Puts letters where they belong, and tells the pages when they begin.
pub(super) struct Printer {
    pages: Rc<RefCell<Pages>>,
    output: PlainTextOutput<Sheet>,
}

impl Printer {
    /// For these pages.
    pub(super) fn new(pages: &Rc<RefCell<Pages>>) -> Self {
        Self {
            pages: Rc::clone(pages),
            output: PlainTextOutput::new(Sheet(Rc::clone(pages))),
        }
    }
}

impl OutputDev for Printer {
    fn begin_page(
        &mut self,
        number: u32,
        media_box: &MediaBox,
        art_box: Option<(f64, f64, f64, f64)>,
    ) -> Result<(), OutputError> {
        self.pages.borrow_mut().begin(number)?;
        self.output.begin_page(number, media_box, art_box)
    }

    fn end_page(&mut self) -> Result<(), OutputError> {
        self.output.end_page()
    }

    fn output_character(
        &mut self,
        place: &Transform,
        width: f64,
        spacing: f64,
        font_size: f64,
        letters: &str,
    ) -> Result<(), OutputError> {
        self.output
            .output_character(place, width, spacing, font_size, letters)
    }

    fn begin_word(&mut self) -> Result<(), OutputError> {
        self.output.begin_word()
    }

    fn end_word(&mut self) -> Result<(), OutputError> {
        self.output.end_word()
    }

    fn end_line(&mut self) -> Result<(), OutputError> {
        self.output.end_line()
    }
}
