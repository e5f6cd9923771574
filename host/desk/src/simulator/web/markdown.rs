//! Untrusted Markdown as a tree of a few harmless elements, from which the page makes its nodes.
//!
//! There is no HTML on the way, neither written nor cleaned: what a bot writes as HTML stays the text
//! that it is, and what has no place in [`Node`] cannot reach the page. Links lead to `http`, `https`
//! and `mailto` only; any other is as one without an address.

mod builder;
mod code;
mod guarded;

use std::collections::{HashMap, HashSet};

use pulldown_cmark::{BrokenLink, CowStr, Event, Options, Parser, Tag};
use serde::Serialize;
use url::Url;

use self::{builder::Builder, guarded::Guarded};
use crate::client::nests_too_deep;

/// How many labels of links, and of notes, are remembered.
const LABELS_MAX: usize = 1000;

/// What is read besides `CommonMark`. Of notes the old form: in the other one a mark is none without its
/// note, which comes long after it.
const OPTIONS: Options = Options::ENABLE_TABLES
    .union(Options::ENABLE_STRIKETHROUGH)
    .union(Options::ENABLE_TASKLISTS)
    .union(Options::ENABLE_OLD_FOOTNOTES);

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
    /// Whether it goes on with what the block before it began.
    #[serde(rename = "m", skip_serializing_if = "std::ops::Not::not")]
    pub(super) more: bool,
    /// What is in it.
    #[serde(rename = "c", skip_serializing_if = "Vec::is_empty")]
    pub(super) children: Vec<Node>,
}

impl Element {
    /// An element around what is to come.
    fn new(tag: &'static str, about: Option<String>) -> Self {
        Self {
            tag,
            about,
            more: false,
            children: Vec::new(),
        }
    }

    /// An element around text that is shown letter by letter.
    pub(super) fn plain(text: String) -> Node {
        Node::Element(Self {
            children: vec![Node::Text(text)],
            ..Self::new("plain", None)
        })
    }
}

/// A block of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// Where it begins.
    pub(super) start: usize,
    /// What it is.
    pub(super) node: Node,
    /// The last place at which it can be cut in two of its kind.
    pub(super) seam: Option<usize>,
}

/// What is known of labels: addresses by them (`[title][label]`), and which of them have notes.
#[derive(Debug, Default)]
pub(super) struct Labels {
    addresses: HashMap<String, String>,
    notes: HashSet<String>,
}

impl Labels {
    /// Remembers an address; true where the label was not known.
    pub(super) fn learn(&mut self, label: &str, address: &str) -> bool {
        let label = normal(label);
        if self.addresses.len() >= LABELS_MAX || self.addresses.contains_key(&label) {
            return false;
        }
        self.addresses.insert(label, address.to_owned());
        true
    }

    /// Remembers that there is a note; true where that was not known.
    fn learn_note(&mut self, label: &str) -> bool {
        self.notes.len() < LABELS_MAX && self.notes.insert(normal(label))
    }
}

fn normal(label: &str) -> String {
    label.trim().to_lowercase()
}

/// The blocks of a text. Labels that it defines are learned; true where there were new ones.
pub(super) fn blocks(text: &str, labels: &mut Labels) -> (Vec<Block>, bool) {
    if nests_too_deep(text) {
        let block = Block {
            start: 0,
            node: Element::plain(text.to_owned()),
            seam: None,
        };
        return (vec![block], false);
    }
    let guarded = Guarded::new(text);
    let (mut addresses, mut notes) = (Vec::new(), Vec::new());
    let blocks = {
        let mut builder = Builder::new(&labels.notes);
        let known = &labels.addresses;
        let mut resolve = |link: BrokenLink<'_>| {
            let address = known.get(&normal(&link.reference))?;
            Some((CowStr::from(address.clone()), CowStr::from("")))
        };
        let parser =
            Parser::new_with_broken_link_callback(guarded.text(), OPTIONS, Some(&mut resolve));
        for (label, definition) in parser.reference_definitions().iter() {
            addresses.push((label.to_owned(), definition.dest.to_string()));
        }
        for (event, range) in parser.into_offset_iter() {
            if let Event::Start(Tag::FootnoteDefinition(label)) = &event {
                notes.push(label.to_string());
            }
            builder.take(event, range);
        }
        builder.blocks
    };
    let mut new = false;
    for (label, address) in addresses {
        new |= labels.learn(&label, &address);
    }
    for label in notes {
        new |= labels.learn_note(&label);
    }
    let as_it_was = |block: Block| Block {
        start: guarded.origin(block.start),
        seam: block.seam.map(|seam| guarded.origin(seam)),
        ..block
    };
    (blocks.into_iter().map(as_it_was).collect(), new)
}

/// An address that a link may lead to.
pub(super) fn address(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    matches!(url.scheme(), "http" | "https" | "mailto").then(|| url.into())
}

#[cfg(test)]
#[path = "markdown_tests.rs"]
mod tests;
