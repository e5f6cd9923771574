//! What readers are shown of a passage.

use super::*;

fn passage(title: &str, source: &str, headings: &[&str]) -> Passage {
    Passage {
        title: title.to_owned(),
        source: source.to_owned(),
        headings: headings
            .iter()
            .map(|heading| (*heading).to_owned())
            .collect(),
        ..Passage::default()
    }
}

#[test]
fn a_citation_names_what_a_reader_can_look_up() {
    let cases: [(&str, &str, &[&str], &str); 6] = [
        ("Manual", "m.md", &[], "[1] Manual (m.md)"),
        ("Manual", "m.md", &["Hours"], "[1] Manual › Hours (m.md)"),
        ("Manual", "m.md", &["Manual"], "[1] Manual (m.md)"),
        (
            "Manual",
            "m.md",
            &["Manual", "Hours", "", "Sunday"],
            "[1] Manual › Hours › Sunday (m.md)",
        ),
        ("m.md", "m.md", &[], "[1] m.md"),
        ("m.md", "m.md", &["Hours"], "[1] m.md › Hours"),
    ];
    for (title, source, headings, expected) in cases {
        assert_eq!(passage(title, source, headings).citation(1), expected);
    }
    assert_eq!(passage("M", "M", &[]).citation("a"), "[a] M");
}

#[test]
fn one_line_is_no_lines() {
    let lines = |first_line, last_line| {
        let passage = Passage {
            first_line,
            last_line,
            ..Passage::default()
        };
        passage.lines()
    };
    assert_eq!(lines(3, 9), "lines 3–9");
    assert_eq!(lines(3, 3), "line 3");
}

#[test]
fn a_document_is_what_was_said_of_it() {
    let document = Document::plain("id", "text").titled("t").from_source("s");
    let expected = Document {
        id: "id".to_owned(),
        title: "t".to_owned(),
        source: "s".to_owned(),
        text: "text".to_owned(),
        format: Format::Plain,
    };
    assert_eq!(document, expected);
    let formats = [Document::markdown("", "").format, document.format];
    assert_eq!(formats.map(Format::as_str), ["markdown", "plain"]);
}
