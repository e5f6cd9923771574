//! Code in colours, as far as a look at its words tells what they are.

use hl_lite::{Kind, Lang};

use super::{Element, Node};

/// Words of a block that are coloured; the rest is text. A page of code has some hundred, and each is a node
/// that a browser lays out.
const WORDS_MAX: usize = 1000;

/// Code as nodes. `None` where nothing is known of its language.
pub(super) fn coloured(language: &str, code: &str) -> Option<Vec<Node>> {
    let language = Lang::from_slug(language)?;
    let (mut nodes, mut words): (Vec<Node>, _) = (Vec::new(), 0_usize);
    for span in hl_lite::highlight(language, code) {
        let colour = colour(span.kind).filter(|_| words < WORDS_MAX);
        match (colour, nodes.last_mut()) {
            (Some(colour), _) => {
                words = words.saturating_add(1);
                nodes.push(Node::Element(Element {
                    children: vec![Node::Text(span.text.to_owned())],
                    ..Element::new("word", Some(colour.to_owned()))
                }));
            }
            (None, Some(Node::Text(text))) => text.push_str(span.text),
            (None, _) => nodes.push(Node::Text(span.text.to_owned())),
        }
    }
    Some(nodes)
}

/// The colour of a word, by the name that the page has for it. Few: more would tell a reader no more.
fn colour(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Keyword | Kind::Tag => Some("keyword"),
        Kind::String => Some("string"),
        Kind::Comment => Some("comment"),
        Kind::Number | Kind::Constant => Some("number"),
        Kind::Type | Kind::Function => Some("name"),
        Kind::Attribute | Kind::Property | Kind::Variable => Some("member"),
        _ => None,
    }
}
