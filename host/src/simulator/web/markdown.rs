//! Markdown of a stranger as a tree of a few harmless elements, from which the page makes its nodes.
//!
//! There is no HTML on the way, neither written nor cleaned: what a bot writes as HTML stays the text
//! that it is, and what has no place in [`Node`] cannot reach the page. Links lead to `http`, `https`
//! and `mailto` only; any other is as one without an address.

use std::collections::HashMap;

use pulldown_cmark::{Alignment, BrokenLink, CodeBlockKind, CowStr, Event, Options, Parser, Tag};
use serde::Serialize;
use url::Url;

use crate::client::nests_too_deep;

/// How deep elements lie within one another; what is deeper is shown without its own element.
const DEPTH_MAX: usize = 24;

/// How many labels of links are remembered.
const LABELS_MAX: usize = 1000;

/// Longest language of a block of code, in characters.
const LANGUAGE_CHARACTERS_MAX: usize = 40;

/// What the page shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(super) enum Node {
    /// Text, as it stands there.
    Text(String),
    /// Something around other nodes.
    Element(Element),
}

/// An element: one of those that the page knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Element {
    /// Its name.
    #[serde(rename = "t")]
    pub(super) tag: &'static str,
    /// The one thing about it: an address, a language, a first number, an alignment, a tick.
    #[serde(rename = "a", skip_serializing_if = "Option::is_none")]
    pub(super) about: Option<String>,
    /// What is in it.
    #[serde(rename = "c", skip_serializing_if = "Vec::is_empty")]
    pub(super) children: Vec<Node>,
}

impl Element {
    /// An element around text that is shown letter by letter.
    pub(super) fn plain(text: String) -> Node {
        Node::Element(Self {
            tag: "plain",
            about: None,
            children: vec![Node::Text(text)],
        })
    }
}

/// Addresses of links by their labels: `[title][label]`.
#[derive(Debug, Default)]
pub(super) struct Labels(HashMap<String, String>);

impl Labels {
    /// Remembers an address; true where the label was not known.
    pub(super) fn learn(&mut self, label: &str, address: &str) -> bool {
        let label = normal(label);
        if self.0.len() >= LABELS_MAX || self.0.contains_key(&label) {
            return false;
        }
        self.0.insert(label, address.to_owned());
        true
    }
}

fn normal(label: &str) -> String {
    label.trim().to_lowercase()
}

/// The blocks of a text, each with the place where it begins. Labels that it defines are learned;
/// true where there were new ones.
pub(super) fn blocks(text: &str, labels: &mut Labels) -> (Vec<(usize, Node)>, bool) {
    if nests_too_deep(text) {
        return (vec![(0, Element::plain(text.to_owned()))], false);
    }
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut builder = Builder::default();
    let known = &labels.0;
    let mut learned = Vec::new();
    {
        let mut resolve = |link: BrokenLink<'_>| {
            let address = known.get(&normal(&link.reference))?;
            Some((CowStr::from(address.clone()), CowStr::from("")))
        };
        let parser = Parser::new_with_broken_link_callback(text, options, Some(&mut resolve));
        for (label, definition) in parser.reference_definitions().iter() {
            learned.push((label.to_owned(), definition.dest.to_string()));
        }
        for (event, range) in parser.into_offset_iter() {
            builder.take(event, range.start);
        }
    }
    let mut new = false;
    for (label, address) in learned {
        new |= labels.learn(&label, &address);
    }
    (builder.blocks, new)
}

/// Puts events together to a tree.
#[derive(Default)]
struct Builder {
    blocks: Vec<(usize, Node)>,
    /// Elements that are not closed yet, each within the one before.
    open: Vec<Element>,
    /// How many are open beyond the depth.
    beyond: usize,
    /// Where the block that is open begins.
    start: usize,
    /// How the columns of the table stand.
    columns: Vec<Alignment>,
    column: usize,
    in_head: bool,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, at: usize) {
        match event {
            Event::Start(tag) => {
                if self.open.is_empty() {
                    self.start = at;
                }
                self.open(&tag);
            }
            Event::End(_) => self.close(),
            Event::Text(text) => self.text(&text),
            // HTML is text like any other.
            Event::Html(text) | Event::InlineHtml(text) => self.push_text(&text),
            Event::Code(text) => self.push(leaf("code", None, Some(text.into_string()))),
            Event::SoftBreak => self.push_text("\n"),
            Event::HardBreak => self.push(leaf("br", None, None)),
            Event::Rule => {
                if self.open.is_empty() {
                    self.start = at;
                }
                self.push(leaf("hr", None, None));
            }
            Event::TaskListMarker(ticked) => {
                let tick = if ticked { "x" } else { "" };
                self.push(leaf("tick", Some(tick.to_owned()), None));
            }
            // Not asked for in the options.
            Event::InlineMath(text) | Event::DisplayMath(text) | Event::FootnoteReference(text) => {
                self.push_text(&text);
            }
        }
    }

    fn open(&mut self, tag: &Tag<'_>) {
        if self.open.len() >= DEPTH_MAX {
            self.beyond = self.beyond.saturating_add(1);
            return;
        }
        let (tag, about) = self.element(tag);
        self.open.push(Element {
            tag,
            about,
            children: Vec::new(),
        });
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
            _ => ("p", None),
        }
    }

    fn close(&mut self) {
        if self.beyond > 0 {
            self.beyond = self.beyond.saturating_sub(1);
        } else if let Some(element) = self.open.pop() {
            self.push(Node::Element(element));
        }
    }

    fn push(&mut self, node: Node) {
        match self.open.last_mut() {
            Some(element) => element.children.push(node),
            None => self.blocks.push((self.start, node)),
        }
    }

    /// Text of the bot, in which addresses become links.
    fn text(&mut self, text: &str) {
        let literal = |element: &Element| matches!(element.tag, "a" | "img" | "pre");
        if self.open.iter().any(literal) {
            self.push_text(text);
            return;
        }
        let mut rest = text;
        while let Some((before, link, after)) = bare_link(rest) {
            self.push_text(before);
            let text = Some(link.to_owned());
            self.push(leaf("a", address(link), text));
            rest = after;
        }
        self.push_text(rest);
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
    let children = text.map(Node::Text).into_iter().collect();
    Node::Element(Element {
        tag,
        about,
        children,
    })
}

/// The first word after a fence.
fn language(info: &str) -> Option<String> {
    let word = info.split_whitespace().next()?;
    Some(word.chars().take(LANGUAGE_CHARACTERS_MAX).collect())
}

/// An address that a link may lead to.
pub(super) fn address(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    matches!(url.scheme(), "http" | "https" | "mailto").then(|| url.into())
}

/// What stands before the first address in a text, the address, and what stands after it.
fn bare_link(text: &str) -> Option<(&str, &str, &str)> {
    let starts = ["https://", "http://"];
    let at = starts.iter().filter_map(|start| text.find(start)).min()?;
    let (before, from) = text.split_at_checked(at)?;
    let end = from.find(|char: char| char.is_whitespace() || matches!(char, '<' | '>' | '"'));
    let (link, _) = from.split_at_checked(end.unwrap_or(from.len()))?;
    // A sentence ends here, not the address.
    let link = link.trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '*', '_', '~']);
    let link = if link.contains('(') {
        link
    } else {
        link.trim_end_matches(')')
    };
    let after = from.get(link.len()..)?;
    Some((before, link, after))
}

#[cfg(test)]
#[path = "markdown_tests.rs"]
mod tests;
