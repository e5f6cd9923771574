//! Where a long block is cut, and how what follows is still read as what it is.
//!
//! A list is cut before an item, a table before a row, code behind a line, a paragraph behind a word.
//! Whatever has no such place (an item that is longer than all bounds) is cut behind a line, and read
//! from there as if it began. A browser lays all of a block out again for every word that is added to
//! it, so that half a megabyte of it at a stretch would be felt, or never end.

use super::super::markdown::{self, Block, Element, Labels, Node};

/// Longest piece, in bytes. On a slow machine with 2 cores, a paragraph of 16 KiB took 108 to 146 ms at
/// a stretch, 6 KiB take 73 to 90.
pub(super) const PIECE_BYTES_MAX: usize = 6 * 1024;

/// Most lines of a piece: each may be an item or a row, which costs more than a word.
pub(super) const PIECE_LINES_MAX: usize = 200;

/// How many times as long a piece may be that has no good place to be cut at.
const TIMES_MAX: usize = 4;

/// How much of a text is looked at, if it is longer than some pieces.
pub(super) fn window(tail: &str, times: usize) -> Option<usize> {
    let bytes = tail.floor_char_boundary(PIECE_BYTES_MAX.saturating_mul(times));
    let lines = PIECE_LINES_MAX.saturating_mul(times);
    let ends = tail.get(..bytes).unwrap_or(tail).match_indices('\n');
    let last = ends
        .map(|(at, _)| at.saturating_add(1))
        .nth(lines.saturating_sub(1));
    let length = last.unwrap_or(bytes);
    (length < tail.len()).then_some(length)
}

/// Where a text is cut that is one block: how much of it is a piece, and how much behind it is left
/// out. Nothing where a longer look may find a better place.
pub(super) fn cut(
    tail: &str,
    block: Option<&Block>,
    is_plain: bool,
    times: usize,
) -> Option<(usize, usize)> {
    let behind = |sign: char| tail.rfind(sign).filter(|at| *at > 0);
    if is_plain {
        // Pieces are lines of their own.
        let cut = behind('\n').or_else(|| behind(' '));
        return Some(cut.map_or((tail.len(), 0), |at| (at, 1)));
    }
    if let Some(seam) = block.and_then(|block| block.seam) {
        let line = tail
            .get(..seam)?
            .rfind('\n')
            .map_or(0, |end| end.saturating_add(1));
        let is_first = tail.get(line..seam).is_some_and(is_margin);
        let seam = if is_first && line > 0 { line } else { seam };
        return Some((seam, 0));
    }
    if times < TIMES_MAX {
        return None;
    }
    let cut = behind('\n').or_else(|| behind(' '));
    Some((cut.map_or(tail.len(), |at| at.saturating_add(1)), 0))
}

/// Whether nothing but blanks stands before a block in its line.
fn is_margin(text: &str) -> bool {
    text.chars().all(|char| matches!(char, ' ' | '\t'))
}

/// A block that goes on behind a cut.
#[derive(Debug)]
pub(super) struct Rest {
    tag: &'static str,
    about: Option<String>,
    /// The number of the next item.
    number: Option<u64>,
    /// What has to stand before the rest, so that it is read as what it is: the fence of a block of code,
    /// the head of a table.
    lead: String,
}

impl Rest {
    /// What is left of a block at the beginning of `tail`, after this piece of it was taken.
    pub(super) fn of(
        tail: &str,
        block: &Block,
        piece: &[Block],
        before: Option<Self>,
    ) -> Option<Self> {
        let Node::Element(element) = &block.node else {
            return None;
        };
        let items = piece.iter().map(|block| match &block.node {
            Node::Element(element) => element.children.len(),
            Node::Text(_) => 0,
        });
        let items = u64::try_from(items.sum::<usize>()).unwrap_or(u64::MAX);
        if let Some(before) = before.filter(|_| element.more) {
            let number = before.number.map(|number| number.saturating_add(items));
            return Some(Self { number, ..before });
        }
        // Headings, and what else was cut for want of a better place, end here.
        if !matches!(
            element.tag,
            "p" | "ul" | "ol" | "pre" | "table" | "blockquote" | "plain"
        ) {
            return None;
        }
        let from = tail.get(block.start..).unwrap_or_default();
        let lines = match element.tag {
            "pre" if from.trim_start().starts_with(['`', '~']) => 1,
            "table" => 2,
            _ => 0,
        };
        let first = element.about.as_deref().filter(|_| element.tag == "ol");
        let number = first.and_then(|first| first.parse::<u64>().ok());
        Some(Self {
            tag: element.tag,
            about: element.about.clone(),
            number: number.map(|number| number.saturating_add(items)),
            lead: from.split_inclusive('\n').take(lines).collect(),
        })
    }

    /// The blocks of a text that begins with the rest of this one; places are those of the text.
    pub(super) fn read(&self, tail: &str, labels: &mut Labels) -> (Vec<Block>, bool) {
        let (mut blocks, learned) = markdown::blocks(&[&self.lead, tail].concat(), labels);
        for block in &mut blocks {
            let lead = self.lead.len();
            block.start = block.start.saturating_sub(lead);
            block.seam = block.seam.and_then(|seam| seam.checked_sub(lead));
            block.seam = block.seam.filter(|seam| *seam > 0);
        }
        if let Some(Block {
            node: Node::Element(first),
            start,
            ..
        }) = blocks.first_mut()
            && first.tag == self.tag
            && tail.get(..*start).is_some_and(is_margin)
        {
            self.mark(first);
            let is_empty = first.children.is_empty() && !self.lead.is_empty();
            if is_empty {
                blocks.remove(0);
            }
        }
        (blocks, learned)
    }

    /// Has an element say that it goes on.
    fn mark(&self, element: &mut Element) {
        element.more = true;
        if let Some(number) = self.number {
            element.about = Some(number.to_string());
        } else {
            element.about.clone_from(&self.about);
        }
        let is_head =
            |node: &Node| matches!(node, Node::Element(element) if element.tag == "thead");
        element.children.retain(|node| !is_head(node));
    }
}
