//! Whatever a list looks like, each of its comments is there once afterwards, and it is a list.

use similar::{Algorithm, capture_diff_slices};

use super::*;

/// The list with other events.
fn changed(old: &str, events: &[&str], new: &[&str]) -> String {
    let ops = capture_diff_slices(Algorithm::Myers, events, new);
    let new: Vec<String> = new
        .iter()
        .map(|event| format!("{{ text = {event} }}"))
        .collect();
    list(old, &ops, &new).unwrap()
}

#[test]
fn comments_behind_what_changes_stay_there() {
    let old = "[ { text = 1 }, # one\n  # two\n  \"2\", \"3\" # three\n]";
    insta::assert_snapshot!(changed(old, &["1", "2", "3"], &["0", "2", "4"]), @r#"
    [
      { text = 0 }, # one
      # two
      "2",
      { text = 4 }, # three
    ]
    "#);
    insta::assert_snapshot!(changed(old, &["1", "2", "3"], &["2"]), @r#"
    [
      # one
      # two
      "2",
      # three
    ]
    "#);
}

#[test]
fn no_comment_is_lost() {
    let lists = [
        "[1,2,3]",
        "[ 1, 2, # a\n 3]",
        "[# a\n1 # b\n, 2 # c\n # d\n, 3 # e\n # f\n ]",
        "[\n\n  1,\n  [ # a\n  2 ], # b\n\n  # c\n  3,]",
        "[\r\n  1, # a\r\n  2, # b\r\n  3, # c\r\n]",
        "[{ a = [ # a\n ] }, '''# no\n''', \"# no\",\n\t# b\n]",
    ];
    let events = ["1", "2", "3"];
    for old in lists {
        for new in [
            &["1", "2", "3", "4"][..],
            &["0", "1", "2", "3"],
            &["1", "3"],
            &["1", "5", "3"],
            &["6", "7", "8", "9"],
            &["3"],
            &[],
        ] {
            let text = changed(old, &events, new);
            assert_eq!(comments(&text), comments(old), "{old}\n{new:?}\n{text}");
            let whole = format!("a = {text}");
            let value = toml_span::parse(&whole);
            let value = value.unwrap_or_else(|error| panic!("{error}\n{old}\n{text}"));
            let list = value.pointer("/a").unwrap().as_array().unwrap();
            assert_eq!(list.len(), new.len(), "{old}\n{new:?}\n{text}");
        }
    }
}

#[test]
fn comments_of_a_field_stay() {
    for (old, new, expected) in [
        ("at = \"1s\"", "at = \"2s\"", "at = \"2s\""),
        ("at = \"1s\"  # c", "at = \"2s\"", "at = \"2s\"  # c"),
        (
            "a = [ # c\n 1, # d\n] # e",
            "a = [2]",
            "# c\n# d\na = [2] # e",
        ),
        ("a = [\n 1, # d\n]", "a = [2]", "# d\na = [2]"),
        ("at = \"1s\" # c", "", "# c"),
        ("at = \"#1s\"", "", ""),
    ] {
        assert_eq!(field(old, new), expected, "{old}");
    }
}

#[test]
fn comments_of_what_goes_stay() {
    let text = "a\n\n[[b]] # c\nd = 1\n# e\nf = \"#\"\n\ng";
    let end = text.find("\n\ng").unwrap();
    let (range, new) = gone(text, 3..end);
    assert_eq!(applied(text, vec![(range, new)]), "a\n\n# c\n# e\n\ng");
}
