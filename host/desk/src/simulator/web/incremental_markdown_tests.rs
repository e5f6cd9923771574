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
    blocks.into_iter().map(|block| block.node).collect()
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
        "\n```rs\n",
        "fn a() { \"b\" }",
        "/* ",
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

/// Also where all of an answer comes at once, so that it is drawn for the last time at the first.
#[test]
fn labels_of_one_picture_are_seen() {
    let mut drawing = Drawing::new(false);
    let mut page = Page::default();
    drawing.add("[dog][d]\n\nmore\n\n[d]: https://a.b/dog\n");
    page.apply(drawing.last_changes());
    assert_eq!(page.0, whole("[dog](https://a.b/dog)\n\nmore"));
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
        assert!(
            texts.len() > 20
                && texts
                    .iter()
                    .all(|text| text.len() <= pieces::PIECE_BYTES_MAX)
        );
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

/// Text of a node as it is read.
fn read(node: &Node) -> String {
    match node {
        Node::Text(text) => text.clone(),
        Node::Element(Element { tag: "br", .. }) => "\n".to_owned(),
        Node::Element(Element { children, .. }) => children.iter().map(read).collect(),
    }
}

fn nodes(node: &Node) -> usize {
    match node {
        Node::Text(_) => 1,
        Node::Element(Element { children, .. }) => 1 + children.iter().map(nodes).sum::<usize>(),
    }
}

/// Draws a long text, which comes in so many pieces; whether it is all there is for the caller to say.
fn long(text: &str, pieces: usize) -> Vec<Node> {
    let mut drawing = Drawing::new(false);
    let mut page = Page::default();
    let mut rest = text;
    for left in (1..=pieces).rev() {
        let (piece, more) = rest.split_at(rest.floor_char_boundary(rest.len() / left));
        drawing.add(piece);
        page.apply(drawing.changes());
        rest = more;
    }
    page.apply(drawing.last_changes());
    page.0
}

/// Whatever is long comes in pieces of its own kind, at once or bit by bit, and nothing of it is lost.
#[test]
fn a_long_block_is_cut_into_pieces_of_its_kind() {
    for (tag, head, line, end, said) in [
        ("ul", "", "- item\n", "", "item"),
        ("ul", "", "- [ ] a\n", "", "a"),
        ("ol", "", "1. item\n", "", "item"),
        ("table", "|a|b|\n|-|-:|\n", "|one|two|\n", "", "onetwo"),
        ("pre", "```rust\n", "let a;\n", "```\n", "let a;\n"),
        (
            "pre",
            "```json\n",
            "[1,2,\"a\"]\n",
            "```\n",
            "[1,2,\"a\"]\n",
        ),
        ("pre", "~~~~\n", "```\n", "~~~~\n", "```\n"),
        ("pre", "", "    code\n", "", "code\n"),
        ("p", "", "a  \n", "", "a\n"),
        ("p", "", "a *b* `c`\n", "", "a b c\n"),
        ("blockquote", "", "> a\n", "", "a\n"),
        ("p", "", "a *b* ", "", "a b "),
    ] {
        for pieces in [1, 400] {
            let text = format!("{head}{}{end}\n# End\n", line.repeat(3_000));
            let drawn = long(&text, pieces);
            let what = format!("{line:?} in {pieces}");
            let (last, blocks) = drawn.split_last().unwrap();
            assert_eq!(read(last), "End", "{what}");
            let all: String = blocks.iter().map(read).collect();
            let squeezed = |text: &str| text.replace(['\n', ' '], "");
            let columns = if tag == "table" { "ab" } else { "" };
            let whole = format!("{columns}{}", said.repeat(3_000));
            assert_eq!(squeezed(&all), squeezed(&whole), "{what}");
            assert!(blocks.len() > 2, "{what}: {} pieces", blocks.len());
            for (place, block) in blocks.iter().enumerate() {
                let Node::Element(element) = block else {
                    panic!("{what}: a text")
                };
                assert_eq!((element.tag, element.more), (tag, place > 0), "{what}");
                assert!(nodes(block) < 4_000, "{what}: {} nodes", nodes(block));
            }
        }
    }
}

/// Items go on to be counted, and code keeps its language.
#[test]
fn pieces_go_on_where_the_last_one_ended() {
    let about = |node: &Node| match node {
        Node::Element(Element {
            about, children, ..
        }) => (about.clone().unwrap_or_default(), children.len()),
        Node::Text(_) => panic!("a text"),
    };
    let list = long(&"7. item\n".repeat(1_000), 50);
    let mut next = 7;
    for (number, items) in list.iter().map(about) {
        assert_eq!(number, next.to_string());
        next += items;
    }
    assert_eq!(next, 1_007);
    let code = long(
        &format!("```rust\n{}```\n", "fn a() {}\n".repeat(3_000)),
        50,
    );
    assert!(code.iter().all(|piece| about(piece).0 == "rust"));
}

/// What never ends comes to an end: each of these once took minutes, or all memory.
#[test]
fn the_longest_texts_are_drawn_in_a_moment() {
    let began = std::time::Instant::now();
    for line in [
        "a  \n",
        "- [ ] a\n",
        "|a|b|\n",
        "> - a\n",
        "x",
        "- a\n  - b\n    - c\n",
    ] {
        let times = 280_000 / line.len();
        let head = if line.starts_with('|') {
            "|a|b|\n|-|-|\n"
        } else {
            ""
        };
        let text = format!("{head}{}", line.repeat(times));
        for pieces in [1, 2_000] {
            let drawn = long(&text, pieces);
            assert!(drawn.len() > 10, "{line:?}: {} blocks", drawn.len());
        }
    }
    // An unoptimized build on a busy machine; it was minutes for each.
    assert!(began.elapsed().as_secs() < 60, "{:?}", began.elapsed());
}
