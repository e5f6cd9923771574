//! A text that grows, as what the page has to change to show it.
//!
//! What is added can change the last block, and the one before it where the last line is not complete
//! (`#` may still become `#1`, which is no heading). Nothing else is read again; and of what is, only
//! what is new is sent. An answer costs the page what it has in it, however many
//! events it comes in.

use serde::Serialize;

use super::markdown::{self, Element, Labels, Node};

/// Most bytes of a text that are drawn; what comes after is counted and not shown.
const DRAWN_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Longest text without a break, in bytes: a browser lays all of it out again for every word that is
/// added, and half a megabyte of it at a stretch would be felt. On a slow machine with 2 cores, 16 KiB
/// took 108 to 146 ms at a stretch, 6 KiB take 73 to 90.
const UNBROKEN_BYTES_MAX: usize = 6 * 1024;

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
        (self.open, self.closed) = (0, 0);
        self.changed = true;
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
        if std::mem::take(&mut self.late) {
            (self.open, self.closed) = (0, 0);
            self.changed = true;
        }
        self.changes()
    }

    fn draw(&mut self) -> Vec<Change> {
        let before = self.closed;
        let mut fresh = self.broken();
        let from = self.open;
        let tail = self.text.get(from..).unwrap_or_default();
        let blocks = if self.is_plain {
            vec![(0, Element::plain(tail.to_owned()))]
        } else {
            let (blocks, learned) = markdown::blocks(tail, &mut self.labels);
            // A definition counts for what stands before it, too.
            self.late |= learned;
            blocks
        };
        // A block whose first line is complete is there to stay, and what stands before it is closed. Of
        // a table the second line makes it one.
        let complete = tail.rfind('\n').unwrap_or(0);
        let stands = |(place, (start, node)): (usize, &(usize, Node))| {
            let line = tail.get(..*start).unwrap_or_default().rfind('\n');
            let line = line.map_or(0, |end| end.saturating_add(1));
            let lines = tail.get(line..complete)?;
            let is_table = matches!(node, Node::Element(element) if element.tag == "table");
            let stays = !lines.is_empty() && (!is_table || lines.contains('\n'));
            stays.then_some((place, line))
        };
        if let Some((place, line)) = blocks.iter().enumerate().rev().find_map(stands) {
            self.open = from.saturating_add(line);
            self.closed = self.closed.saturating_add(place);
        }
        fresh.extend(blocks.into_iter().map(|(_, node)| node));
        let mut changes = Vec::new();
        let old = self.drawn.get(before..).unwrap_or_default();
        compare(old, &fresh, 0, before, &mut changes);
        self.drawn.truncate(before);
        self.drawn.extend(fresh);
        changes
    }

    /// The pieces of a text without a break, closed; what is left of it is open.
    fn broken(&mut self) -> Vec<Node> {
        let mut pieces = Vec::new();
        loop {
            let tail = self.text.get(self.open..).unwrap_or_default();
            let most = tail.floor_char_boundary(UNBROKEN_BYTES_MAX);
            let (most, rest) = tail.split_at_checked(most).unwrap_or((tail, ""));
            let lines = most.rfind('\n').filter(|_| self.is_plain);
            let Some(cut) = lines.or_else(|| most.rfind([' ', '\n'])) else {
                return pieces;
            };
            let piece = most.get(..cut).unwrap_or_default();
            if rest.is_empty() || piece.is_empty() {
                return pieces;
            }
            let piece = if self.is_plain {
                Some(Element::plain(piece.to_owned()))
            } else {
                paragraph(piece, &mut self.labels)
            };
            let Some(piece) = piece else { return pieces };
            pieces.push(piece);
            self.open = self.open.saturating_add(cut).saturating_add(1);
            self.closed = self.closed.saturating_add(1);
        }
    }
}

/// A text that is one paragraph and nothing else.
fn paragraph(text: &str, labels: &mut Labels) -> Option<Node> {
    let (mut blocks, _) = markdown::blocks(text, labels);
    let (_, block) = blocks.pop()?;
    let is_text =
        |block: &Element| block.tag == "p" && matches!(block.children.as_slice(), [Node::Text(_)]);
    let fits = matches!(&block, Node::Element(element) if is_text(element));
    (fits && blocks.is_empty()).then_some(block)
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
                if old.tag == new.tag && old.about == new.about =>
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
#[path = "drawing_tests.rs"]
mod tests;
