//! Splitting: what stays together, and what holds for any text.

use proptest::prelude::*;
use ravenry_knowledge::{
    Format, OVERLAP_WORDS_MAX, PASSAGE_WORDS_MAX, Passage, count_words, split,
};

pub fn words(from: usize, count: usize) -> String {
    let words: Vec<String> = (from..from + count)
        .map(|number| format!("w{number}"))
        .collect();
    words.join(" ")
}

fn markdown(text: &str) -> Vec<Passage> {
    split(text, Format::Markdown).passages
}

/// What holds whatever the text is.
pub fn assert_sound(text: &str, format: Format) {
    let document = split(text, format);
    let lines: Vec<&str> = text.split('\n').collect();
    let mut last_line = 1;
    for (at, passage) in document.passages.iter().enumerate() {
        assert_eq!(passage.ordinal as usize, at);
        let count = count_words(&passage.text);
        assert!((1..=PASSAGE_WORDS_MAX).contains(&count), "{count} words");
        assert!(passage.text.split_whitespace().count() <= PASSAGE_WORDS_MAX);
        assert!(
            passage.text.len() <= PASSAGE_WORDS_MAX * 128,
            "{} bytes",
            passage.text.len()
        );
        assert!(!passage.text.contains(['\r', '\0']));
        assert!(passage.headings.len() <= 6);
        assert!(
            passage
                .headings
                .iter()
                .all(|heading| heading.chars().count() <= 200)
        );
        // The lines named hold the text, and it begins and ends on them.
        let (first, last) = (passage.first_line as usize, passage.last_line as usize);
        assert!(first <= last && last <= lines.len());
        let named = clean(&lines[first - 1..last].join("\n"));
        assert!(
            named.contains(&passage.text),
            "{first} to {last}: {:?}",
            passage.text
        );
        if last > first {
            let inner = clean(&lines[first..last].join("\n"));
            assert!(
                !inner.contains(passage.text.trim_start()),
                "begins later than line {first}"
            );
            let inner = clean(&lines[first - 1..last - 1].join("\n"));
            assert!(!inner.contains(&passage.text), "ends before line {last}");
        }
        assert!(passage.first_line >= last_line);
        last_line = passage.first_line;
    }
    // Every word is there, in its order: each is found in this passage or in one that follows.
    let mut passages = document.passages.iter().peekable();
    let text = clean(text);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let mut at = 0;
    for word in text
        .split_whitespace()
        .filter(|word| word.chars().count() <= 200)
    {
        if !word.is_ascii() {
            continue;
        }
        loop {
            let passage = passages.peek().unwrap_or_else(|| panic!("lost: {word}"));
            if let Some(found) = passage.text[at..].find(word) {
                at += found + word.len();
                break;
            }
            passages.next();
            at = 0;
        }
    }
}

fn clean(text: &str) -> String {
    text.replace("\r\n", "\n")
        .replace('\r', "\n")
        .replace('\0', "\u{fffd}")
}

/// The last lines of code or of a table say nothing by themselves, and half a fence confuses whoever shows it.
#[test]
fn nothing_is_repeated_of_code_and_tables() {
    let code = format!("```\n{}\n```", words(0, 100));
    let table = format!("|a|\n|-|\n|{}|", words(200, 100));
    let text = format!(
        "{code}\n\n{}\n\n{table}\n\n{}",
        words(100, 100),
        words(300, 100)
    );
    let passages = markdown(&text);
    let beginnings: Vec<&str> = passages
        .iter()
        .filter_map(|passage| passage.text.split_whitespace().next())
        .collect();
    assert_eq!(beginnings, ["```", "w100", "w180", "w300"]);
}

#[test]
fn sections_have_their_headings_and_lines() {
    let text = "---\ntitle: \"The guide\"\ntags: a\n---\n\nBefore all.\n\n# One *and* `two`\n\nText of one.\n\n\
        ## Deeper\n### Deepest\n\ntext here\nand here\n\nSetext\n======\n\nLast.\n";
    let document = split(text, Format::Markdown);
    assert_eq!(document.title.as_deref(), Some("The guide"));
    let found: Vec<(u32, u32, String, &str)> = document
        .passages
        .iter()
        .map(|passage| {
            let path = passage.headings.join(" > ");
            (
                passage.first_line,
                passage.last_line,
                path,
                passage.text.as_str(),
            )
        })
        .collect();
    let path = |path: &str| path.to_owned();
    assert_eq!(
        found,
        [
            (
                1,
                6,
                path(""),
                "---\ntitle: \"The guide\"\ntags: a\n---\n\nBefore all."
            ),
            (
                8,
                10,
                path("One and two"),
                "# One *and* `two`\n\nText of one."
            ),
            (
                12,
                16,
                path("One and two > Deeper > Deepest"),
                "## Deeper\n### Deepest\n\ntext here\nand here"
            ),
            (18, 21, path("Setext"), "Setext\n======\n\nLast."),
        ]
    );
}

#[test]
fn titles_are_found() {
    for (text, title) in [
        ("# Hello\n\ntext", Some("Hello")),
        ("text\n\n## Later", Some("Later")),
        ("---\ntitle: 'x'\n---\n# y", Some("x")),
        ("+++\ntitle = \"x\"\n+++\n# y", Some("x")),
        ("---\nauthor: x\n---\n# y", Some("y")),
        ("\u{feff}# Mark", Some("Mark")),
        ("#\n\ntext", None),
        ("text", None),
        ("", None),
    ] {
        assert_eq!(
            split(text, Format::Markdown).title.as_deref(),
            title,
            "{text}"
        );
    }
    assert_eq!(split("# x", Format::Plain).title, None);
}

/// Blocks that fit into a passage are not cut, though the one before them had room for their beginning.
#[test]
fn what_fits_stays_whole() {
    let list: String = (0..20)
        .map(|item| format!("- {}\n", words(item * 8, 8)))
        .collect();
    let code = format!(
        "```text\n{}```\n",
        (0..17)
            .map(|line| words(line * 10, 10) + "\n")
            .collect::<String>()
    );
    let table: String = (0..20)
        .map(|row| format!("| r{row} | {} |\n", words(row, 2)))
        .collect();
    let table = format!("| a | b |\n|---|---|\n{table}");
    let paragraph = format!("{}.", words(0, 170));
    for block in [list, code, table.clone(), paragraph] {
        let text = format!("# Heading\n\n{}.\n\n{block}\nafter", words(1_000, 60));
        let passages = markdown(&text);
        let whole = passages
            .iter()
            .filter(|passage| passage.text.contains(block.trim_end()));
        assert_eq!(whole.count(), 1, "{block}");
        assert_sound(&text, Format::Markdown);
    }
}

/// A heading does not stand alone, though what follows would fit into a passage by itself.
#[test]
fn headings_are_with_their_text() {
    let text = format!(
        "# {}\n\n{}. {}.",
        words(0, 30),
        words(100, 100),
        words(200, 70)
    );
    let passages = markdown(&text);
    assert!(passages[0].text.contains("w100"));
    assert_eq!(passages.len(), 2);
    // Those without text are with the next that has some.
    let passages = markdown("# a\n# b\n## c\ntext\n# d\n");
    let texts: Vec<&str> = passages
        .iter()
        .map(|passage| passage.text.as_str())
        .collect();
    assert_eq!(texts, ["# a\n# b\n## c\ntext", "# d"]);
}

#[test]
fn long_blocks_are_cut_where_it_hurts_least() {
    // Sentences of 10 words: none is cut, and each cut is repeated by a sentence or two.
    let sentences: Vec<String> = (0..100)
        .map(|at| format!("{}.", words(at * 10, 10)))
        .collect();
    let passages = markdown(&sentences.join(" "));
    for pair in passages.windows(2) {
        assert!(pair[0].text.ends_with('.'));
        let first = pair[1].text.split_inclusive('.').next().unwrap();
        assert!(pair[0].text.contains(first), "nothing is repeated");
    }
    let total: usize = passages
        .iter()
        .map(|passage| count_words(&passage.text))
        .sum();
    assert!(total <= 1_000 + passages.len() * OVERLAP_WORDS_MAX);
    assert!(passages.len() <= 7, "{}", passages.len());
    // Items, lines of code and rows are not cut.
    let list: String = (0..60)
        .map(|item| format!("- {} end{item}\n", words(item * 8, 8)))
        .collect();
    let code = format!(
        "```\n{}```\n",
        (0..60)
            .map(|at| format!("{} end{at}\n", words(at, 8)))
            .collect::<String>()
    );
    let rows: String = (0..60)
        .map(|row| format!("| {} | end{row} |\n", words(row, 8)))
        .collect();
    for text in [list, code, format!("| a | b |\n|---|---|\n{rows}")] {
        let passages = markdown(&text);
        assert!(passages.len() < 7);
        for passage in &passages {
            let end = passage.text.lines().last().unwrap();
            assert!(end.contains("end") || end == "```", "{end}");
        }
        assert_sound(&text, Format::Markdown);
    }
}

/// Text without spaces is counted by its letters, and cut at its full stops.
#[test]
fn scripts_without_spaces_are_split() {
    let sentence = "東京タワーは東京にあります。";
    let text = sentence.repeat(100);
    let passages = split(&text, Format::Plain).passages;
    assert!((7..=9).contains(&passages.len()), "{}", passages.len());
    for passage in &passages {
        assert!(passage.text.ends_with('。') && passage.text.starts_with('東'));
    }
    let thai = "กขคงจฉชซ".repeat(200);
    let passages = split(&thai, Format::Plain).passages;
    let letters: usize = passages
        .iter()
        .map(|passage| passage.text.chars().count())
        .sum();
    assert!(letters >= 1_600);
}

#[test]
fn paragraphs_of_plain_text_stay_whole() {
    let text = format!(
        "# no heading {}\n\n\n{}\u{c}{}\n \n{}",
        words(0, 50),
        words(50, 100),
        words(150, 100),
        words(250, 9)
    );
    let passages = split(&text, Format::Plain).passages;
    let lines: Vec<(u32, u32)> = passages
        .iter()
        .map(|passage| (passage.first_line, passage.last_line))
        .collect();
    assert_eq!(lines, [(1, 4), (4, 6)]);
    assert!(passages.iter().all(|passage| passage.headings.is_empty()));
    assert!(passages[1].text.contains(&words(150, 100)));
    assert_sound(&text, Format::Plain);
}

/// Pieces of which documents are made, the odd ones among them.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => (0..5_000_usize, 1..60_usize).prop_map(|(from, count)| words(from, count)),
        2 => prop::sample::select(vec![
            "\n", "\n\n", "\r\n", "\r\n\r\n", "# ", "## ", "\n### h\n", "- ", "\n- ", "\n  - ", "> ", "\n> ", "```\n",
            "\n```\n", "~~~", "| a | b |\n|---|---|\n", "\n| 1 | 2 |", "1. ", "\t", "    ", "---\n", "===\n", ". ", "! ",
            "<div>\n", "</div>\n\n", "[x]: /y\n", "[^1]: ", "$$", "**", "`", "\\", "\0", "\u{feff}", "\u{c}", "東京。", "é",
            "\u{301}", "\u{200d}", "&amp;", "![i](j)", "  \n", "                                                     ",
        ]).prop_map(str::to_owned),
        1 => "\\PC{0,12}",
        1 => (1..700_usize).prop_map(|count| "x".repeat(count)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_text_is_split_soundly(pieces in prop::collection::vec(piece(), 0..60), plain: bool) {
        let text = pieces.concat();
        assert_sound(&text, if plain { Format::Plain } else { Format::Markdown });
    }

    /// The same, with lines as they are in real documents.
    #[test]
    fn lines_of_any_kind_are_split_soundly(pieces in prop::collection::vec(piece(), 0..60)) {
        assert_sound(&pieces.join("\n"), Format::Markdown);
    }
}
