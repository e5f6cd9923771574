//! Elements whose words are left out: nobody sees them, or each page of a site has the same.
//!
//! Elements are told by their tags alone, without a tree. So one that is not closed ends where its kind of element
//! cannot go on.

use html5ever::{LocalName, tokenizer::Tag};

use super::elements::{is_block, raw_kind};

/// Those that are left out wherever they are. `nav` leads to other pages, and is the same on all of them.
const ALWAYS: [&str; 4] = ["nav", "noscript", "svg", "template"];

/// Those that have nothing in them, and are never closed.
const EMPTY: [&str; 12] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr",
];

/// Those of which the end need not be written, but for paragraphs.
const OPEN_ENDED: [&str; 8] = ["dd", "dt", "li", "tbody", "td", "tfoot", "th", "tr"];

/// An element that is left out, as far as it was read.
#[derive(Debug)]
pub(super) struct Hidden {
    name: LocalName,
    /// How many of its kind are in each other.
    depth: usize,
    /// How many lists and tables are open in it.
    groups: usize,
}

/// What a tag does to an element that is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// Nothing: it is somewhere within.
    Within,
    /// It is one of its kind within, or the end of such a one, or says nothing else there.
    Counted,
    /// It is its end.
    Ended,
    /// It has ended before, and the tag is of what is seen.
    Over,
}

/// Whether elements of this name are left out wherever they are.
pub(super) fn is_always(name: &str) -> bool {
    ALWAYS.contains(&name)
}

impl Hidden {
    /// The element that a tag begins or ends, if it is left out.
    pub(super) fn of(tag: &Tag) -> Option<Self> {
        let name = tag.name.as_ref();
        (is_always(name) || is_marked(tag)).then(|| Self {
            name: tag.name.clone(),
            depth: 1,
            groups: 0,
        })
    }

    /// Follows a tag that comes after its own.
    pub(super) fn take(&mut self, name: &str, opens: bool) -> Effect {
        if self.is_over(name, opens) {
            return Effect::Over;
        }
        if is_group(name) {
            self.groups = count(self.groups, opens);
        }
        if name != &*self.name {
            let is_picture = &*self.name == "svg";
            // What is of the page elsewhere is a part of it there, its title for one.
            return if is_picture {
                Effect::Counted
            } else {
                Effect::Within
            };
        }
        // Those in a list that is in it have their own ends, or none.
        if OPEN_ENDED.contains(&name) && self.groups > 0 {
            return Effect::Counted;
        }
        self.depth = count(self.depth, opens);
        if self.depth == 0 {
            Effect::Ended
        } else {
            Effect::Counted
        }
    }

    /// Whether a tag shows that the element has ended without one.
    fn is_over(&self, name: &str, opens: bool) -> bool {
        let goes_on = matches!(name, "table" | "tr" | "td" | "th" | "body") || is_block(name);
        match &*self.name {
            // A picture ends where a page goes on, closed or not.
            "svg" => opens && goes_on,
            "nav" => opens && matches!(name, "article" | "body" | "main"),
            // There is no block in it, and no end of one that it is in.
            "p" => goes_on && name != "br" && (name != "p" || opens),
            own if OPEN_ENDED.contains(&own) && self.groups == 0 => {
                (opens && is_next(own, name)) || (!opens && is_group(name))
            }
            _ => false,
        }
    }
}

/// Whether the author has hidden it. `until-found` is there for whoever looks for its words, and what is around all of
/// a page is shown by a script once that has come.
fn is_marked(tag: &Tag) -> bool {
    let name = tag.name.as_ref();
    if EMPTY.contains(&name) || matches!(name, "body" | "html") || raw_kind(name).is_some() {
        return false;
    }
    let mut attributes = tag.attrs.iter();
    let hidden = attributes.find(|attribute| &*attribute.name.local == "hidden");
    hidden.is_some_and(|hidden| !hidden.value.eq_ignore_ascii_case("until-found"))
}

/// Whether an element has items, rows or cells.
fn is_group(name: &str) -> bool {
    matches!(name, "dir" | "dl" | "menu" | "ol" | "table" | "ul")
}

/// Whether an element begins where one of the open-ended ends, in the same list or table.
fn is_next(own: &str, name: &str) -> bool {
    match own {
        "li" => name == "li",
        "dd" | "dt" => matches!(name, "dd" | "dt"),
        "td" | "th" => matches!(name, "td" | "th" | "tr" | "tbody" | "tfoot"),
        "tr" => matches!(name, "tr" | "tbody" | "tfoot"),
        _ => matches!(name, "tbody" | "tfoot"),
    }
}

fn count(open: usize, opens: bool) -> usize {
    if opens {
        open.saturating_add(1)
    } else {
        open.saturating_sub(1)
    }
}
