//! Fills passages with blocks, one after the other.

use std::sync::Arc;

use super::{
    PASSAGE_WORDS_MAX, Passage,
    outline::{Block, Kind, Outline},
    pieces::{Between, first_end, overlap},
    words::Units,
};

pub(super) struct Packer<'t> {
    text: &'t str,
    passages: Vec<Passage>,
    /// The headings above, each with its level.
    path: Vec<(u8, Arc<str>)>,
    /// The passage that is being filled: from here up to `end`.
    start: usize,
    /// How far the text is in passages.
    end: usize,
    words: usize,
    content: Content,
    /// Whether it ends in code or a table, of which the last lines by themselves say nothing.
    ends_in_lines: bool,
    /// What the passage repeats of the one before it, if there is room: where that begins, and its words.
    repeat: Option<(usize, usize)>,
    first_line: Line,
    last_line: Line,
}

/// What is in a passage so far.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Content {
    Nothing,
    /// Headings, which should not stand alone.
    Headings,
    Text,
}

impl<'t> Packer<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            text,
            passages: Vec::new(),
            path: Vec::new(),
            start: 0,
            end: 0,
            words: 0,
            content: Content::Nothing,
            ends_in_lines: false,
            repeat: None,
            first_line: Line::default(),
            last_line: Line::default(),
        }
    }

    /// Goes through all blocks: what fits is taken whole, what does not is opened.
    pub(super) fn pack(&mut self, outline: &Outline) {
        let mut index = 0;
        while let Some(block) = outline.blocks.get(index) {
            let last = outline.blocks.get(block.next.saturating_sub(1));
            index = if self.take(block, last.unwrap_or(block)) {
                block.next
            } else {
                index.saturating_add(1)
            };
        }
    }

    pub(super) fn finish(mut self) -> Vec<Passage> {
        self.flush();
        self.passages
    }

    /// Takes a block that ends with this one, or says that those in it are to be taken one by one.
    fn take(&mut self, block: &Block, last: &Block) -> bool {
        if let Kind::Heading(level, title) = &block.kind {
            self.enter_section(*level, title);
        }
        if self.fits(block.words) {
            self.append_block(block, last);
            return true;
        }
        let fits_alone = block.words <= PASSAGE_WORDS_MAX;
        if fits_alone && self.content != Content::Headings {
            self.cut();
            self.append_block(block, last);
            return true;
        }
        let between = match block.kind {
            Kind::Group => return false,
            Kind::Lines => [Between::Lines, Between::Sentences],
            Kind::Heading(..) | Kind::Prose => [Between::Sentences, Between::Lines],
        };
        self.take_pieces(block.end, &between);
        self.ends_in_lines = matches!(block.kind, Kind::Lines);
        true
    }

    fn append_block(&mut self, block: &Block, last: &Block) {
        self.append(block.end, block.words, block_content(block));
        self.ends_in_lines = matches!(last.kind, Kind::Lines);
    }

    /// Takes the text up to a byte in pieces: lines or sentences, where they fit, else what is in them.
    fn take_pieces(&mut self, end: usize, between: &[Between]) {
        let Some((first, finer)) = between.split_first() else {
            self.take_units(end);
            return;
        };
        while self.end < end {
            let rest = self.text.get(self.end..end).unwrap_or_default();
            let length = first_end(rest, *first);
            let piece = rest.get(..length).unwrap_or_default();
            let words = Units::of(piece, 0).map(|unit| unit.words).sum();
            let piece_end = self.end.saturating_add(length.max(1));
            if words <= PASSAGE_WORDS_MAX {
                if !self.fits(words) {
                    self.cut();
                }
                self.append(piece_end, words, Content::Text);
            } else {
                self.take_pieces(piece_end, finer);
            }
        }
    }

    fn take_units(&mut self, end: usize) {
        let text = self.text.get(..end).unwrap_or_default();
        for unit in Units::of(text, self.end) {
            if !self.fits(unit.words) {
                self.cut();
            }
            self.append(unit.end, unit.words, Content::Text);
        }
        self.end = self.end.max(end);
    }

    fn fits(&self, words: usize) -> bool {
        self.words.saturating_add(words) <= PASSAGE_WORDS_MAX
    }

    fn append(&mut self, end: usize, words: usize, content: Content) {
        self.words = self.words.saturating_add(words);
        if let Some((start, repeated)) = self.repeat.take()
            && self.fits(repeated)
        {
            // A word that goes on where they meet is one of another length than its parts.
            let both = self.text.get(start..end).unwrap_or_default();
            let both = Units::of(both, 0).map(|unit| unit.words).sum();
            if both <= PASSAGE_WORDS_MAX {
                self.start = start;
                self.words = both;
            }
        }
        self.end = end;
        self.ends_in_lines = false;
        if content == Content::Text || self.content == Content::Nothing {
            self.content = content;
        }
    }

    /// Ends the passage within a section.
    fn cut(&mut self) {
        let text = self.text.get(self.start..self.end).unwrap_or_default();
        let repeat = overlap(text).filter(|_| !self.ends_in_lines);
        let start = self.start;
        self.flush();
        self.repeat = repeat.map(|(at, words)| (start.saturating_add(at), words));
    }

    /// Headings with nothing between them stay together: the path is that of the last.
    fn enter_section(&mut self, level: u8, title: &Arc<str>) {
        if self.content == Content::Text {
            self.flush();
            self.repeat = None;
        }
        self.path.retain(|(above, _)| *above < level);
        if !title.is_empty() {
            self.path.push((level, Arc::clone(title)));
        }
    }

    /// Ends the passage. One without a word is none.
    fn flush(&mut self) {
        let (start, end) = (self.start, self.end);
        self.start = end;
        self.words = 0;
        self.content = Content::Nothing;
        let text = self.text.get(start..end).unwrap_or_default();
        let whole = text.trim_end();
        let shown = without_blank_lines(whole);
        if shown.is_empty() {
            return;
        }
        let first_byte = start.saturating_add(whole.len().saturating_sub(shown.len()));
        let last_byte = start.saturating_add(whole.len());
        let ordinal = u32::try_from(self.passages.len()).unwrap_or(u32::MAX);
        self.passages.push(Passage {
            ordinal,
            headings: self
                .path
                .iter()
                .map(|(_, title)| Arc::clone(title))
                .collect(),
            text: clean(shown),
            first_line: self.first_line.advance(self.text, first_byte),
            last_line: self.last_line.advance(self.text, last_byte),
        });
    }
}

fn block_content(block: &Block) -> Content {
    if matches!(block.kind, Kind::Heading(..)) {
        Content::Headings
    } else {
        Content::Text
    }
}

/// The text from its first word on, with the indentation of its first line where that is short.
fn without_blank_lines(text: &str) -> &str {
    let shown = text.trim_start();
    let blank = text.get(..text.len().saturating_sub(shown.len()));
    let indentation = blank
        .and_then(|blank| blank.rsplit_once('\n'))
        .map_or("", |(_, line)| line);
    if shown.is_empty() || indentation.len() > 16 {
        return shown;
    }
    let length = shown.len().saturating_add(indentation.len());
    text.get(text.len().saturating_sub(length)..)
        .unwrap_or(shown)
}

/// Line ends of one kind, and no NUL: databases and terminals take neither.
fn clean(text: &str) -> String {
    if text.contains(['\r', '\0']) {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        return text.replace('\0', "\u{fffd}");
    }
    text.to_owned()
}

/// A line, and a byte in it.
#[derive(Default)]
struct Line {
    /// Lines before it.
    before: u32,
    at: usize,
}

impl Line {
    /// The number, from 1, of the line with this byte, which is not before the last that was asked for.
    fn advance(&mut self, text: &str, to: usize) -> u32 {
        let between = text.get(self.at..to).unwrap_or_default();
        let breaks = between.matches('\n').count();
        let breaks = u32::try_from(breaks).unwrap_or(u32::MAX);
        self.before = self.before.saturating_add(breaks);
        self.at = self.at.max(to);
        self.before.saturating_add(1)
    }
}
