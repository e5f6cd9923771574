//! Documents and questions that somebody has made to hurt: they take their time, and no more.

use std::time::{Duration, Instant};

use ravenry_knowledge::{Format, KeywordIndex, Language, split};

use crate::passages::assert_sound;

/// What is linear takes some seconds in the slowest build; what is not would take hours.
const PATIENCE: Duration = Duration::from_mins(1);

#[test]
fn large_documents_are_split_in_time() {
    let nested = |mark: &str, count: usize| mark.repeat(count) + "deep";
    let stairs: String = (0..1_500)
        .map(|depth| format!("{}- x\n", "  ".repeat(depth)))
        .collect();
    let lazy = format!("{}\n{}", nested("> ", 50_000), "a\n".repeat(500_000));
    for (name, text) in [
        ("headings", "# x\n".repeat(1_000_000)),
        ("sections", "# x\ny\n".repeat(500_000)),
        (
            "deeper and deeper",
            "# a\n## b\n### c\n#### d\n##### e\n###### f\ntext\n".repeat(100_000),
        ),
        (
            "a long heading",
            format!(
                "# {}\n{}",
                "word ".repeat(500_000),
                "## x\ny\n".repeat(100_000)
            ),
        ),
        ("one word", "x".repeat(5_000_000)),
        ("one line", "word ".repeat(1_000_000)),
        ("one sentence each", "A b. ".repeat(1_000_000)),
        ("ideographs", "漢".repeat(1_600_000)),
        ("spaces", " ".repeat(5_000_000)),
        ("spaces within", format!("a{}b", " ".repeat(5_000_000))),
        ("blank lines", "\n".repeat(5_000_000)),
        ("words and blank lines", "a\n\n".repeat(1_000_000)),
        ("carriage returns", "a\r\n\r\n".repeat(1_000_000)),
        ("only carriage returns", "a\r".repeat(2_000_000)),
        ("NUL", "\0".repeat(5_000_000)),
        (
            "an open fence",
            format!("```\n{}", "code line\n".repeat(500_000)),
        ),
        ("fences", "```\n".repeat(1_000_000)),
        ("quotes", nested("> ", 1_000_000)),
        ("lists", nested("- ", 1_000_000)),
        ("stairs", stairs),
        ("lazy", lazy),
        (
            "lazy within bounds",
            format!("{}\n{}", nested("> ", 50), "a\n".repeat(2_000_000)),
        ),
        (
            "blank lines within bounds",
            format!("{}\n{}", nested("- ", 50), "\n".repeat(4_000_000)),
        ),
        (
            "tabs",
            (0..2_000)
                .map(|depth| format!("{}- x\n", "\t".repeat(depth)))
                .collect(),
        ),
        (
            "footnotes in footnotes",
            format!("{}\n{}", nested("[^a]: ", 100_000), "a\n".repeat(300_000)),
        ),
        ("items", "- a\n".repeat(1_000_000)),
        ("numbered", "1. a\n\n".repeat(700_000)),
        (
            "a table",
            format!("|a|b|\n|-|-|\n{}", "|1|2|\n".repeat(700_000)),
        ),
        (
            "a wide table",
            format!(
                "|{}\n|{}\n|{}",
                "a|".repeat(300_000),
                "-|".repeat(300_000),
                "1|".repeat(300_000)
            ),
        ),
        ("links", "[".repeat(3_000_000)),
        ("definitions", "[a]: /b\n".repeat(500_000)),
        ("emphasis", "*a_".repeat(1_500_000)),
        ("entities", "&#x1;".repeat(900_000)),
        ("tags", "<a ".repeat(1_500_000)),
        ("code spans", "`a``".repeat(1_200_000)),
        ("footnotes", "[^a]: b\n\n".repeat(400_000)),
        (
            "front matter",
            format!("---\n{}", "title: x\n".repeat(500_000)),
        ),
    ] {
        let start = Instant::now();
        let passages = split(&text, Format::Markdown).passages.len();
        let markdown = start.elapsed();
        let plain = split(&text, Format::Plain).passages.len();
        let took = start.elapsed();
        println!(
            "{name}: {passages} passages in {markdown:.1?}, with {plain} of plain text in {took:.1?}"
        );
        assert!(took < PATIENCE, "{name}: {took:?}");
    }
}

/// Smaller ones of the same kinds, with everything that holds of passages.
#[test]
fn odd_documents_are_split_soundly() {
    let text = [
        "# x\n".repeat(500),
        "# x\ny\n".repeat(300),
        format!("# {}\ntext", "word ".repeat(1_000)),
        format!("a{}b", " ".repeat(20_000)),
        "> ".repeat(700) + "deep",
        "- ".repeat(700) + "deep",
        "- a\n".repeat(700),
        "a\r\n\r\n".repeat(500),
        "a\r".repeat(500),
        "\0 ".repeat(500),
        format!("```\n{}", "code line\n".repeat(300)),
        format!("|a|b|\n|-|-|\n{}", "|1|2|\n".repeat(300)),
        "[a]: /b\n".repeat(300),
        format!("{}\n{}", "> ".repeat(50), "a\n".repeat(500)),
        "x".repeat(50_000),
        "\u{feff}\u{feff}# x".to_owned(),
    ];
    for text in text {
        assert_sound(&text, Format::Markdown);
        assert_sound(&text, Format::Plain);
    }
}

/// Questions of any length and kind end, and find what they name.
#[test]
fn long_questions_are_bounded() {
    let mut index = KeywordIndex::new().unwrap();
    for (document, language, word) in [
        (1, Language::English, "needle"),
        (2, Language::German, "thimble"),
        (3, Language::Other, "scissors"),
    ] {
        let text: String = (0..2_000).map(|number| format!("word{number} ")).collect();
        index
            .put(document, language, [text.as_str(), word, "漢字"])
            .unwrap();
    }
    index.commit().unwrap();
    let many: String = (0..60_000).map(|number| format!("word{number} ")).collect();
    for question in [
        many.clone() + " needle",
        format!("needle {many}"),
        format!("needle {}", "x".repeat(500_000)),
        format!("needle {}", "漢".repeat(200_000)),
        format!("needle {}", "\0\u{301}".repeat(200_000)),
        "needle ".repeat(70_000),
    ] {
        let start = Instant::now();
        let hits = index.search(&question, 1_000).unwrap();
        assert!(
            hits.iter().any(|hit| hit.passage.ordinal == 1),
            "{question:.20}"
        );
        assert!(start.elapsed() < PATIENCE);
    }
    for question in ["", " ", "\0", "the", "\"", "text:needle AND (", "*", "?"] {
        index.search(question, usize::MAX).unwrap();
    }
    assert_eq!(index.search("needle", 0).unwrap(), []);
}
