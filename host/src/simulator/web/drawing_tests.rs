//! Whatever comes in whatever pieces: what the page has in the end is what the whole text says.

use proptest::prelude::*;

use super::*;

/// The page: does what it is told.
#[derive(Debug, Default)]
struct Page(Vec<Node>);

impl Page {
    fn apply(&mut self, changes: Vec<Change>) {
        for change in changes {
            match change {
                Change::Children { down, keep, add } => {
                    let children = self.place(down);
                    children.truncate(keep);
                    children.extend(add);
                }
                Change::Text { down, cut, grow } => {
                    let Some(Node::Text(text)) = self.place(down).last_mut() else {
                        panic!("no text there");
                    };
                    let mut units: Vec<u16> = text.encode_utf16().collect();
                    units.truncate(units.len() - cut);
                    *text = String::from_utf16(&units).unwrap() + &grow;
                }
            }
        }
    }

    fn place(&mut self, down: usize) -> &mut Vec<Node> {
        let mut children = &mut self.0;
        for _ in 0..down {
            let Some(Node::Element(element)) = children.last_mut() else {
                panic!("no element there");
            };
            children = &mut element.children;
        }
        children
    }
}

fn whole(text: &str) -> Vec<Node> {
    let mut labels = Labels::default();
    let (blocks, _) = markdown::blocks(text, &mut labels);
    // Once more, with the labels that stand behind their use.
    let (blocks, _) = if labels_used(text) {
        markdown::blocks(text, &mut labels)
    } else {
        (blocks, false)
    };
    blocks.into_iter().map(|(_, node)| node).collect()
}

fn labels_used(text: &str) -> bool {
    text.contains("]:")
}

fn drawn_in(pieces: &[String]) -> Vec<Node> {
    let mut drawing = Drawing::new(false);
    let mut page = Page::default();
    for piece in pieces {
        drawing.add(piece);
        page.apply(drawing.changes());
    }
    page.apply(drawing.last_changes());
    page.0
}

/// Pieces of Markdown, and pieces of those.
fn piece() -> impl Strategy<Value = String> {
    let words = [
        "a",
        "word ",
        " ",
        "\n",
        "\n\n",
        "# ",
        "- ",
        "1. ",
        "> ",
        "```",
        "~~~\n",
        "`",
        "*",
        "**",
        "_",
        "[",
        "](",
        ")",
        "https://a.b",
        "![",
        "|",
        "|-|\n",
        "---\n",
        "===\n",
        "    ",
        "\t",
        "<b>",
        "<!--",
        "é",
        "🐈",
        "\\",
        "&amp;",
        "[x] ",
    ];
    proptest::sample::select(words.to_vec()).prop_map(str::to_owned)
}

proptest! {
    #[test]
    fn pieces_come_to_the_whole(pieces in proptest::collection::vec(piece(), 0..60)) {
        prop_assert_eq!(drawn_in(&pieces), whole(&pieces.concat()));
    }
}

/// Of a long text only what is new is sent.
#[test]
fn what_is_added_costs_what_it_is() {
    let mut drawing = Drawing::new(false);
    drawing.add("# Title\n\nfirst paragraph\n\n- one\n- two *th");
    drawing.changes();
    drawing.add("ree");
    assert_eq!(
        drawing.changes(),
        [Change::Text {
            down: 2,
            cut: 0,
            grow: "ree".to_owned()
        }]
    );
    drawing.add("*");
    let [
        Change::Text {
            down: 2, cut: 6, ..
        },
        Change::Children {
            down: 2, keep: 1, ..
        },
    ] = drawing.changes()[..]
    else {
        panic!("other changes");
    };
    drawing.add("\n\nlast\n");
    drawing.changes();
    assert_eq!(&drawing.text[drawing.open..], "last\n");
}

/// What looks like the beginning of a table may still be a paragraph that a list follows.
#[test]
fn a_table_is_one_when_its_second_line_is_complete() {
    let pieces = ["a |-|\n", "|-|\n", "- ", "|", "# "].map(str::to_owned);
    assert_eq!(drawn_in(&pieces), whole(&pieces.concat()));
}

#[test]
fn labels_that_come_late_are_seen_in_the_end() {
    let mut drawing = Drawing::new(false);
    let mut page = Page::default();
    drawing.add("![cat][ref] and [dog][d]\n\nmore\n\n");
    page.apply(drawing.changes());
    drawing.label("ref", "https://a.b/cat.png");
    drawing.add("[d]: https://a.b/dog\n");
    page.apply(drawing.changes());
    page.apply(drawing.last_changes());
    let whole = whole("![cat](https://a.b/cat.png) and [dog](https://a.b/dog)\n\nmore");
    assert_eq!(page.0, whole);
}

#[test]
fn a_replaced_text_is_drawn_from_its_beginning() {
    let mut drawing = Drawing::new(false);
    let mut page = Page::default();
    drawing.add("one\n\ntwo\n\nthree");
    page.apply(drawing.changes());
    drawing.replace("one\n\n2");
    page.apply(drawing.changes());
    assert_eq!(page.0, whole("one\n\n2"));
}

#[test]
fn plain_text_is_one_text() {
    let mut drawing = Drawing::new(true);
    let mut page = Page::default();
    drawing.add("*a*\n");
    page.apply(drawing.changes());
    drawing.add("<b>");
    page.apply(drawing.changes());
    assert_eq!(page.0, [Element::plain("*a*\n<b>".to_owned())]);
}

/// A paragraph without an end, and a plain text, come in pieces that a browser lays out in a moment.
#[test]
fn a_text_without_a_break_is_broken() {
    for is_plain in [false, true] {
        let mut drawing = Drawing::new(is_plain);
        let mut page = Page::default();
        for _ in 0..1000 {
            drawing.add(&"word ".repeat(100));
            page.apply(drawing.changes());
        }
        page.apply(drawing.last_changes());
        let texts: Vec<&str> = page.0.iter().map(text).collect();
        assert!(texts.len() > 20 && texts.iter().all(|text| text.len() <= UNBROKEN_BYTES_MAX));
        assert_eq!(
            texts.join(" ").trim_end(),
            "word ".repeat(100_000).trim_end()
        );
    }
}

fn text(node: &Node) -> &str {
    let Node::Element(Element { children, .. }) = node else {
        panic!("no element");
    };
    let [Node::Text(text)] = children.as_slice() else {
        panic!("not one text");
    };
    text
}

/// A text beyond all bounds is not kept.
#[test]
fn a_text_has_an_end() {
    let mut drawing = Drawing::new(true);
    for _ in 0..5 {
        drawing.add(&"é".repeat(500_000));
    }
    assert!(drawing.text.len() <= DRAWN_BYTES_MAX);
}
