//! Events of a parser, put together to a tree.

use std::{collections::HashSet, ops::Range};

use pulldown_cmark::{Alignment, CodeBlockKind, Event, Tag};

use super::{Block, Element, Node, address, code::coloured, normal};

/// How deep elements lie within one another; what is deeper is shown without its own element.
pub(super) const DEPTH_MAX: usize = 24;

/// Longest language of a block of code, in characters.
const LANGUAGE_CHARACTERS_MAX: usize = 40;

/// Puts events together to a tree.
pub(super) struct Builder<'l> {
    pub(super) blocks: Vec<Block>,
    /// Labels that have notes.
    notes: &'l HashSet<String>,
    /// Elements that are not closed yet, each within the one before.
    open: Vec<Element>,
    /// How many are open beyond the depth.
    beyond: usize,
    /// Where the block that is open begins, and where it can be cut.
    start: usize,
    seam: Option<usize>,
    /// How the columns of the table stand.
    columns: Vec<Alignment>,
    column: usize,
    in_head: bool,
}

impl<'l> Builder<'l> {
    pub(super) fn new(notes: &'l HashSet<String>) -> Self {
        Self {
            blocks: Vec::new(),
            notes,
            open: Vec::new(),
            beyond: 0,
            start: 0,
            seam: None,
            columns: Vec::new(),
            column: 0,
            in_head: false,
        }
    }

    pub(super) fn take(&mut self, event: Event<'_>, range: Range<usize>) {
        self.look_for_seam(&event, &range);
        match event {
            Event::Start(tag) => {
                self.begin(range.start);
                self.open(&tag);
            }
            Event::End(_) => self.close(),
            // HTML is text like any other.
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => {
                self.push_text(&text);
            }
            Event::Code(text) => self.push(leaf("code", None, Some(text.into_string()))),
            Event::SoftBreak => self.push_text("\n"),
            Event::HardBreak => self.push(leaf("br", None, None)),
            Event::Rule => {
                self.begin(range.start);
                self.push(leaf("hr", None, None));
            }
            Event::TaskListMarker(ticked) => {
                let tick = if ticked { "x" } else { "" };
                self.push(leaf("tick", Some(tick.to_owned()), None));
            }
            Event::FootnoteReference(label) => {
                if self.notes.contains(&normal(&label)) {
                    self.push(leaf("note", None, Some(label.into_string())));
                } else {
                    self.push_text(&format!("[^{label}]"));
                }
            }
            // Not asked for in the options.
            Event::InlineMath(text) | Event::DisplayMath(text) => self.push_text(&text),
        }
    }

    fn begin(&mut self, at: usize) {
        if self.open.is_empty() {
            (self.start, self.seam) = (at, None);
        }
    }

    /// A block can be cut before an item, a row or a line of code of its own, and between two words
    /// of a paragraph that nothing else is around.
    fn look_for_seam(&mut self, event: &Event<'_>, range: &Range<usize>) {
        let [block] = self.open.as_slice() else {
            return;
        };
        let seam = match (block.tag, event) {
            ("ul" | "ol", Event::Start(Tag::Item)) | ("table", Event::Start(Tag::TableRow)) => {
                Some(range.start)
            }
            ("pre", Event::Text(text)) if text.ends_with('\n') => Some(range.end),
            ("p", Event::SoftBreak | Event::HardBreak) => Some(range.end),
            ("p", Event::Text(text)) if text.len() == range.len() => text
                .rfind(' ')
                .map(|at| range.start.saturating_add(at).saturating_add(1)),
            _ => None,
        };
        self.seam = seam.filter(|seam| *seam > self.start).or(self.seam);
    }

    fn open(&mut self, tag: &Tag<'_>) {
        if self.open.len() >= DEPTH_MAX {
            self.beyond = self.beyond.saturating_add(1);
            return;
        }
        let (tag, about) = self.element(tag);
        self.open.push(Element::new(tag, about));
    }

    fn element(&mut self, tag: &Tag<'_>) -> (&'static str, Option<String>) {
        match tag {
            Tag::Heading { level, .. } => {
                let names = ["h1", "h2", "h3", "h4", "h5", "h6"];
                let place = usize::from(*level as u8).saturating_sub(1);
                (names.get(place).copied().unwrap_or("h6"), None)
            }
            Tag::BlockQuote(_) => ("blockquote", None),
            Tag::CodeBlock(CodeBlockKind::Fenced(info)) => ("pre", language(info)),
            Tag::CodeBlock(CodeBlockKind::Indented) => ("pre", None),
            Tag::List(Some(first)) => ("ol", Some(first.to_string())),
            Tag::List(None) => ("ul", None),
            Tag::Item => ("li", None),
            Tag::Table(columns) => {
                self.columns.clone_from(columns);
                ("table", None)
            }
            Tag::TableHead => {
                (self.column, self.in_head) = (0, true);
                ("thead", None)
            }
            Tag::TableRow => {
                (self.column, self.in_head) = (0, false);
                ("tr", None)
            }
            Tag::TableCell => {
                let side = match self.columns.get(self.column) {
                    Some(Alignment::Center) => Some("center"),
                    Some(Alignment::Right) => Some("right"),
                    Some(Alignment::Left | Alignment::None) | None => None,
                };
                self.column = self.column.saturating_add(1);
                let name = if self.in_head { "th" } else { "td" };
                (name, side.map(str::to_owned))
            }
            Tag::Emphasis => ("em", None),
            Tag::Strong => ("strong", None),
            Tag::Strikethrough => ("del", None),
            Tag::Link { dest_url, .. } => ("a", address(dest_url)),
            Tag::Image { dest_url, .. } => ("img", address(dest_url)),
            Tag::FootnoteDefinition(label) => ("footnote", Some(label.to_string())),
            _ => ("p", None),
        }
    }

    fn close(&mut self) {
        if self.beyond > 0 {
            self.beyond = self.beyond.saturating_sub(1);
        } else if let Some(mut element) = self.open.pop() {
            if let ("pre", Some(language), [Node::Text(code)]) =
                (element.tag, &element.about, element.children.as_slice())
                && let Some(coloured) = coloured(language, code)
            {
                element.children = coloured;
            }
            self.push(Node::Element(element));
        }
    }

    fn push(&mut self, node: Node) {
        match self.open.last_mut() {
            Some(element) => element.children.push(node),
            None => self.blocks.push(Block {
                start: self.start,
                node,
                seam: self.seam,
            }),
        }
    }

    /// Text that goes on belongs to the node before.
    fn push_text(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        let last = self.open.last_mut();
        if let Some(Node::Text(last)) = last.and_then(|element| element.children.last_mut()) {
            last.push_str(text);
        } else {
            self.push(Node::Text(text.to_owned()));
        }
    }
}

fn leaf(tag: &'static str, about: Option<String>, text: Option<String>) -> Node {
    Node::Element(Element {
        children: text.map(Node::Text).into_iter().collect(),
        ..Element::new(tag, about)
    })
}

/// The first word after a fence.
fn language(info: &str) -> Option<String> {
    let word = info.split_whitespace().next()?;
    Some(word.chars().take(LANGUAGE_CHARACTERS_MAX).collect())
}
