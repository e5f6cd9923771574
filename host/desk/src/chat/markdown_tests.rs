//! Markdown as a terminal shows it.

use insta::assert_snapshot;
use proptest::prelude::*;

use super::*;
use ravenry_protocol::shown::seen;

fn shown(text: &str) -> String {
    shown_in(text, 40)
}

fn shown_in(text: &str, width: usize) -> String {
    let rows = rows(text, width, &[]);
    let rows: Vec<_> = rows.iter().map(|row| row.paint(false)).collect();
    rows.join("\n")
}

#[test]
fn all_that_a_cat_says() {
    let text = "# All about me\n\n*Soft paws*, **sharp claws**.\n\nWhat I need:\n\n- a box\n\
        - a warm keyboard\n- people who [play with me](https://poe.com)\n\nA fair comparison:\n\n\
        | animal | points |\n| ------ | ------: |\n| cat    | 10     |\n| dog    | 1      |\n\nzzz";
    assert_snapshot!(shown(text), @r#"
    All about me

    Soft paws, sharp claws.

    What I need:

    • a box
    • a warm keyboard
    • people who play with me
      (https://poe.com)

    A fair comparison:

     animal   points
    ─────────────────
     cat          10
     dog           1

    zzz
    "#);
}

#[test]
fn lists_quotes_and_code_stand_in_one_another() {
    let text = "1. one\n   two\n\n   three\n2. - a\n   - b\n     > quoted\n     > more\n10. ten\n\n\
        ```rust\nfn main() {\n    println!(\"a rather long line of code, which is cut\");\n}\n```\n\
        > - [x] done\n> - [ ] open\n>\n> after\n***\n~~old~~ `new`";
    assert_snapshot!(shown(text), @r#"
    1. one
       two

       three
    2. • a
       • b

         │ quoted
         │ more
    3. ten

      fn main() {
          println!("a rather long line of co
      de, which is cut");
      }

    │ • [x] done
    │ • [ ] open
    │
    │ after

    ────────────────────────────────────────

    old new
    "#);
}

#[test]
fn links_show_where_they_lead() {
    let text = "<https://a.example> [https://b.example](https://evil.example) ![cat](https://c.example/cat.png) [d][] ![t][ref]\n\n\
        <me@example.com> [text](<>)";
    let file = File {
        url: "https://files.example/1".to_owned(),
        inline_ref: Some("ref".to_owned()),
        ..File::default()
    };
    let rows = rows(text, 200, &[file]);
    let rows: Vec<_> = rows.iter().map(|row| row.paint(false)).collect();
    assert_snapshot!(rows.join("\n"), @r#"
    https://a.example https://b.example (https://evil.example) [image: cat] (https://c.example/cat.png) [d][] [image: t] (https://files.example/1)

    me@example.com text
    "#);
}

#[test]
fn what_is_not_complete_yet_is_shown() {
    for (text, expected) in [
        ("", ""),
        ("**bo", "**bo"),
        ("```\ncode", "  code"),
        ("```", ""),
        ("- ", ""),
        ("| a |\n|", "| a |\n|"),
        ("<b>html</b>", "<b>html</b>"),
        ("line\nline", "line\nline"),
    ] {
        assert_eq!(shown(text), expected, "{text:?}");
    }
}

#[test]
fn styles_are_those_of_the_text() {
    let row = |text| {
        let rows = rows(text, 40, &[]);
        rows.first().map(|row| row.paint(true)).unwrap()
    };
    assert_eq!(row("# a"), "\u{1b}[1ma\u{1b}[0m");
    assert_eq!(row("*a*b"), "\u{1b}[3ma\u{1b}[0mb");
    assert_eq!(row("`a`"), "\u{1b}[36ma\u{1b}[0m");
}

#[test]
fn a_long_table_and_a_wide_one_have_their_bounds() {
    let wide = format!("|{}\n|{}\n", "a|".repeat(200), "-|".repeat(200));
    for row in rows(&wide, 40, &[]) {
        assert!(row.width() <= 40);
    }
    let long = format!("|a|\n|-|\n{}", "|x|\n".repeat(5_000));
    assert!(rows(&long, 40, &[]).len() <= 2_001);
}

#[test]
fn deep_nesting_leaves_room_for_text() {
    let text = format!("{}deep", "> ".repeat(crate::client::NESTING_MAX));
    assert!(shown(&text).ends_with("│ deep"));
    let deeper = format!("> {text}");
    assert_eq!(shown_in(&deeper, 200), deeper);
    let rule = format!("a\n\n{}", "-".repeat(200));
    assert!(shown(&rule).ends_with("──"));
}

/// None of these may take time that grows with the square of its length.
#[test]
fn long_texts_of_marks_are_read_at_once() {
    for text in [
        format!("{}a{}", "> ".repeat(60_000), "\na".repeat(60_000)),
        "[a](b)".repeat(40_000),
        "- ".repeat(100_000),
        "*".repeat(200_000),
        "[".repeat(200_000),
        "`a".repeat(100_000),
        format!("|{}\n|{}\n", "a|".repeat(30_000), "-|".repeat(30_000)),
        "<a ".repeat(80_000),
    ] {
        assert!(!rows(&text, 80, &[]).is_empty());
    }
}

proptest! {
    /// Whatever is said, in whatever terminal: no row is wider, and none is obeyed by it.
    #[test]
    fn rows_fit_and_are_printable(
        text in "([-*>#|`\\[\\]()!_~\n 0-9.a\u{1b}\u{9b}\u{202e}日]|\\n\\n|```|\\| a \\|\n\\|-\\|\n){0,60}",
        width in 2_usize..60,
    ) {
        for row in rows(&text, width, &[]) {
            prop_assert!(row.width() <= width, "{:?} in {width}", row.text());
            prop_assert!(!seen(&row.paint(false)).any(|(_, is_escaped)| is_escaped));
        }
    }
}
