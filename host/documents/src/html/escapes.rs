//! Words that Markdown would take for marks, where they stand at the beginning of a line.

/// Longest number of an item, in digits: one that is longer is none.
const NUMBER_DIGITS_MAX: usize = 9;

/// A line of a paragraph, with a backslash before what is no mark.
///
/// Marks within a line (`*`, `` ` ``) stay as they are: they do not change how the text is divided.
pub(super) fn line(line: &str) -> String {
    match mark(line) {
        Some(at) => {
            let (before, after) = line.split_at(at);
            format!("{before}\\{after}")
        }
        None => line.to_owned(),
    }
}

/// Where a backslash is needed.
fn mark(line: &str) -> Option<usize> {
    let mut chars = line.chars();
    let first = chars.next()?;
    let second = chars.next();
    let ends = |char: Option<char>| char.is_none_or(char::is_whitespace);
    let is_mark = match first {
        '#' => {
            let rest = line.trim_start_matches('#');
            line.len() - rest.len() <= 6 && ends(rest.chars().next())
        }
        // A row of cells, which begins a table where the next is made of dashes.
        '>' | '|' => true,
        // Items, rules, lines under headings, front matter.
        '-' | '+' | '*' | '=' | '_' => ends(second) || second == Some(first),
        '`' | '~' => line.starts_with("```") || line.starts_with("~~~"),
        // Dashes under the heads of a table.
        ':' => second == Some('-'),
        // A definition of a link is not shown.
        '[' => line.contains("]:"),
        // HTML: some of it goes on until its end is found.
        '<' => second.is_some_and(|char| char.is_ascii_alphabetic() || "/!?".contains(char)),
        _ => return number(line),
    };
    is_mark.then_some(0)
}

/// Where the number of an item ends, if there is one.
fn number(line: &str) -> Option<usize> {
    let rest = line.trim_start_matches(|char: char| char.is_ascii_digit());
    let digits = line.len().saturating_sub(rest.len());
    let after = rest.strip_prefix(['.', ')'])?;
    let is_item = (1..=NUMBER_DIGITS_MAX).contains(&digits)
        && after.chars().next().is_none_or(char::is_whitespace);
    is_item.then_some(digits)
}

/// The words of a heading: `#` at their end would be taken for the end of the mark.
pub(super) fn heading(words: &str) -> String {
    let bare = words.trim_end_matches('#');
    if bare.len() < words.len() && (bare.is_empty() || bare.ends_with(' ')) {
        let hashes = words.get(bare.len()..).unwrap_or_default();
        return format!("{bare}\\{hashes}");
    }
    words.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_marks_are_escaped() {
        for marked in [
            "# a",
            "######",
            "> a",
            ">a",
            "- a",
            "-",
            "--- a",
            "+ a",
            "* a",
            "***",
            "===",
            "__",
            "```x",
            "~~~",
            "<b>",
            "<!-- a",
            "[a]: b",
            "| a | b |",
            ":-- | -",
        ] {
            assert_eq!(line(marked), format!("\\{marked}"));
        }
        assert_eq!(line("12. May"), "12\\. May");
        assert_eq!(line("1)"), "1\\)");
        for plain in [
            "#tag",
            "####### a",
            "-a",
            "+1",
            "*a*",
            "=a",
            "_a_",
            "`a`",
            "< b",
            "<3",
            "[1] a",
            ": a",
            "1.5 a",
            ". a",
            "1234567890. a",
            "2026",
            "é",
            "",
        ] {
            assert_eq!(line(plain), plain);
        }
        assert_eq!(heading("C #"), "C \\#");
        assert_eq!(heading("##"), "\\##");
        assert_eq!(heading("C#"), "C#");
    }
}
