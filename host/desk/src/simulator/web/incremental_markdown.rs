//! A text that grows, as what the page has to change to show it.
//!
//! What is added can change the last block, and the one before it where the last line is not complete
//! (`#` may still become `#1`, which is no heading). Nothing else is read again; and of what is, only
//! what is new is sent. An answer costs the page what it has in it, however many
//! events it comes in. A block that is long is cut in pieces (`pieces`), of which only the last is open.

mod pieces;

use serde::Serialize;

use self::pieces::{Rest, window};
use super::markdown::{self, Block, Element, Labels, Node};

/// Most bytes of a text that are drawn; what comes after is counted and not shown.
const DRAWN_BYTES_MAX: usize = 4 * 1024 * 1024;

/// One change. Its place is found from the whole drawing by going down to the last child so often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(super) enum Change {
    /// The first `keep` children stay, these follow.
    Children {
        /// How often to go down.
        down: usize,
        /// How many stay.
        keep: usize,
        /// What follows.
        add: Vec<Node>,
    },
    /// The last child is a text, which loses its end and gets another.
    Text {
        /// How often to go down.
        down: usize,
        /// How many units of UTF-16 go.
        cut: usize,
        /// What comes.
        grow: String,
    },
}

/// One text of an answer, and how much of it is on the page.
#[derive(Debug)]
pub(super) struct Drawing {
    text: String,
    is_plain: bool,
    /// Where the first block begins that may still change.
    open: usize,
    /// How many blocks there are before it.
    closed: usize,
    /// What the page shows.
    drawn: Vec<Node>,
    labels: Labels,
    /// The block that was cut at `open`.
    rest: Option<Rest>,
    changed: bool,
    /// Something before the open block is to be read again.
    late: bool,
}

impl Drawing {
    pub(super) fn new(is_plain: bool) -> Self {
        Self {
            text: String::new(),
            is_plain,
            open: 0,
            closed: 0,
            drawn: Vec::new(),
            labels: Labels::default(),
            rest: None,
            changed: false,
            late: false,
        }
    }

    /// Adds text.
    pub(super) fn add(&mut self, text: &str) {
        let room = DRAWN_BYTES_MAX.saturating_sub(self.text.len());
        let cut = text.floor_char_boundary(room);
        self.text.push_str(text.get(..cut).unwrap_or_default());
        self.changed |= cut > 0;
    }

    /// Puts another text in place of all before.
    pub(super) fn replace(&mut self, text: &str) {
        self.text.clear();
        self.begin_again();
        self.add(text);
    }

    /// An address for a label that the text may use.
    pub(super) fn label(&mut self, label: &str, address: &str) {
        self.late |= self.labels.learn(label, address) && !self.drawn.is_empty();
    }

    /// What the page has to change by now.
    pub(super) fn changes(&mut self) -> Vec<Change> {
        if !std::mem::take(&mut self.changed) {
            return Vec::new();
        }
        self.draw()
    }

    /// What the page has to change when nothing more comes: labels that came late are seen then.
    pub(super) fn last_changes(&mut self) -> Vec<Change> {
        let mut changes = self.changes();
        if std::mem::take(&mut self.late) {
            self.begin_again();
            changes.extend(self.changes());
        }
        changes
    }

    /// Has all of it read again.
    fn begin_again(&mut self) {
        (self.open, self.closed, self.rest) = (0, 0, None);
        self.changed = true;
    }

    fn draw(&mut self) -> Vec<Change> {
        let before = self.closed;
        let mut fresh = Vec::new();
        while self.close_some(&mut fresh) {}
        let blocks = self.read(self.text.len());
        if let Some((place, line)) = self.stands(&blocks, self.text.len()) {
            self.go_on(place, line);
        }
        fresh.extend(blocks.into_iter().map(|block| block.node));
        let mut changes = Vec::new();
        let old = self.drawn.get(before..).unwrap_or_default();
        compare(old, &fresh, 0, before, &mut changes);
        self.drawn.truncate(before);
        self.drawn.extend(fresh);
        changes
    }

    /// What is open, up to there.
    fn tail(&self, end: usize) -> &str {
        self.text.get(self.open..end).unwrap_or_default()
    }

    /// The blocks of what is open, up to there; places are counted from where it begins.
    fn read(&mut self, end: usize) -> Vec<Block> {
        let tail = self.text.get(self.open..end).unwrap_or_default();
        if self.is_plain {
            return vec![Block {
                start: 0,
                node: Element::plain(tail.to_owned()),
                seam: None,
            }];
        }
        let (blocks, learned) = match &self.rest {
            Some(rest) => rest.read(tail, &mut self.labels),
            None => markdown::blocks(tail, &mut self.labels),
        };
        // A definition counts for what stands before it, too.
        self.late |= learned;
        blocks
    }

    /// The last block that is there to stay, and the line where it begins: what stands before it is
    /// closed. One stays when its first line is complete; of a table the second line makes it one.
    fn stands(&self, blocks: &[Block], end: usize) -> Option<(usize, usize)> {
        let tail = self.tail(end);
        let complete = tail.rfind('\n').unwrap_or(0);
        let stands = |(place, block): (usize, &Block)| {
            let line = tail.get(..block.start).unwrap_or_default().rfind('\n');
            let line = line.map_or(0, |end| end.saturating_add(1));
            let lines = tail.get(line..complete)?;
            let is_table = matches!(&block.node, Node::Element(element) if element.tag == "table");
            let stays = !lines.is_empty() && (!is_table || lines.contains('\n'));
            stays.then_some((place, line))
        };
        blocks.iter().enumerate().rev().find_map(stands)
    }

    /// So many blocks, and the text before this place, are closed.
    fn go_on(&mut self, blocks: usize, place: usize) {
        if place > 0 {
            self.rest = None;
        }
        self.open = self.open.saturating_add(place);
        self.closed = self.closed.saturating_add(blocks);
    }

    /// Closes the beginning of what is open, where that is long. False: it is not.
    fn close_some(&mut self, fresh: &mut Vec<Node>) -> bool {
        let mut times = 1;
        while let Some(length) = window(self.tail(self.text.len()), times) {
            let end = self.open.saturating_add(length);
            let mut blocks = self.read(end);
            match self.stands(&blocks, end) {
                Some((place, line)) if line > 0 => {
                    blocks.truncate(place);
                    self.go_on(place, line);
                    fresh.extend(blocks.into_iter().map(|block| block.node));
                    return true;
                }
                _ => {}
            }
            let tail = self.tail(end);
            let cut = pieces::cut(tail, blocks.first(), self.is_plain, times);
            let Some((length, skipped)) = cut else {
                times = times.saturating_mul(2);
                continue;
            };
            let piece = self.read(self.open.saturating_add(length));
            let before = self.rest.take();
            let rest = match blocks.first() {
                Some(block) if !self.is_plain => Rest::of(self.tail(end), block, &piece, before),
                _ => None,
            };
            self.go_on(piece.len(), length.saturating_add(skipped));
            self.rest = rest;
            fresh.extend(piece.into_iter().map(|block| block.node));
            return true;
        }
        false
    }
}

/// Adds what makes `old` to `new`. Goes no deeper than the trees do.
fn compare(old: &[Node], new: &[Node], down: usize, before: usize, changes: &mut Vec<Change>) {
    let mut same = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    if old.len() == same.saturating_add(1) {
        match (old.get(same), new.get(same)) {
            (Some(Node::Text(old)), Some(Node::Text(new))) => {
                changes.push(tail(old, new, down));
                same = same.saturating_add(1);
            }
            (Some(Node::Element(old)), Some(Node::Element(new)))
                if (old.tag, &old.about, old.more) == (new.tag, &new.about, new.more) =>
            {
                let down = down.saturating_add(1);
                compare(&old.children, &new.children, down, 0, changes);
                same = same.saturating_add(1);
            }
            _ => {}
        }
    }
    if old.len() > same || new.len() > same {
        changes.push(Change::Children {
            down,
            keep: before.saturating_add(same),
            add: new.get(same..).unwrap_or_default().to_vec(),
        });
    }
}

/// What makes one text to another, at its end.
fn tail(old: &str, new: &str, down: usize) -> Change {
    let pairs = old.char_indices().zip(new.chars());
    let common = pairs
        .take_while(|((_, a), b)| a == b)
        .last()
        .map_or(0, |((at, char), _)| at.saturating_add(char.len_utf8()));
    let gone = old.get(common..).unwrap_or_default();
    Change::Text {
        down,
        cut: gone.encode_utf16().count(),
        grow: new.get(common..).unwrap_or_default().to_owned(),
    }
}

#[cfg(test)]
#[path = "incremental_markdown_tests.rs"]
mod tests;
