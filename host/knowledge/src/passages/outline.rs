//! The structure of a document: blocks within blocks, which share out the whole text among them.

use std::sync::Arc;

use super::words::Units;

/// Longest stretch between blocks, in bytes, that is looked at; a longer one is a block of its own.
const GAP_BYTES: usize = 64;

/// Bytes of marks before a block that belong to it: `- `, `> `, `10. [x] `.
const MARK_BYTES: usize = 8;

/// What a block is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Has others in it.
    Group,
    /// A heading of the document itself, with its level and what it says.
    Heading(u8, Arc<str>),
    /// Sentences.
    Prose,
    /// Code, rows, markup: cut between lines.
    Lines,
}

/// A block.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) kind: Kind,
    /// The byte behind it, and behind all blocks in it. It begins where the block before it ends.
    pub(super) end: usize,
    /// How many words it has.
    pub(super) words: usize,
    /// Where the list goes on with the first block that is not in this one.
    pub(super) next: usize,
}

/// All blocks, each before those that are in it, and the title.
#[derive(Debug, Default)]
pub(super) struct Outline {
    pub(super) title: Option<String>,
    pub(super) blocks: Vec<Block>,
}

/// Makes an outline from blocks as they begin and end.
pub(super) struct Builder<'t> {
    text: &'t str,
    outline: Outline,
    /// Groups that are not at their end, with how many words there were before them.
    open: Vec<(usize, usize)>,
    words: usize,
    /// How far the text is given to blocks.
    at: usize,
}

impl<'t> Builder<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            text,
            outline: Outline::default(),
            open: Vec::new(),
            words: 0,
            at: 0,
        }
    }

    /// A group begins at this byte.
    pub(super) fn open(&mut self, start: usize) {
        self.fill_gap(start);
        self.open.push((self.outline.blocks.len(), self.words));
        self.outline.blocks.push(Block {
            kind: Kind::Group,
            end: self.at,
            words: 0,
            next: 0,
        });
    }

    /// The innermost group ends before this byte.
    pub(super) fn close(&mut self, end: usize) {
        self.fill_gap(end);
        let Some((index, before)) = self.open.pop() else {
            return;
        };
        let next = self.outline.blocks.len();
        if let Some(block) = self.outline.blocks.get_mut(index) {
            block.end = self.at;
            block.words = self.words.saturating_sub(before);
            block.next = next;
        }
    }

    /// A block without others in it, from this byte to before that.
    pub(super) fn leaf(&mut self, kind: Kind, start: usize, end: usize) {
        self.fill_gap(start);
        self.push(kind, end);
    }

    /// Whether a block would be one of the document itself.
    pub(super) fn at_top(&self) -> bool {
        self.open.is_empty()
    }

    pub(super) fn finish(mut self, title: Option<String>) -> Outline {
        while !self.open.is_empty() {
            self.close(self.at);
        }
        self.push(Kind::Prose, self.text.len());
        self.outline.title = title;
        self.outline
    }

    /// What is in no block: the text of an item, a definition of a link, blank lines. Short marks are left to the
    /// block that follows.
    fn fill_gap(&mut self, end: usize) {
        let gap = self.text.get(self.at..end).unwrap_or_default();
        if gap.len() > GAP_BYTES || gap.trim().len() > MARK_BYTES {
            self.push(Kind::Prose, end);
        }
    }

    fn push(&mut self, kind: Kind, end: usize) {
        let Some(text) = self.text.get(self.at..end).filter(|text| !text.is_empty()) else {
            return;
        };
        let words = Units::of(text, 0).map(|unit| unit.words).sum();
        self.words = self.words.saturating_add(words);
        self.at = end;
        let next = self.outline.blocks.len().saturating_add(1);
        self.outline.blocks.push(Block {
            kind,
            end,
            words,
            next,
        });
    }
}
