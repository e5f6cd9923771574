//! Markdown that is nested too deep to be read as Markdown.

/// Most marks of quotes and lists at the beginning of a line. More are not shown as what they are, and
/// the time that a parser takes grows with their square: 240 KB of `>` took pulldown-cmark two minutes.
pub const NESTING_MAX: usize = 64;

/// Whether some line begins with so many quotes and lists that the text should be shown as plain.
pub fn nests_too_deep(text: &str) -> bool {
    text.lines().any(is_too_deep)
}

fn is_too_deep(line: &str) -> bool {
    let is_text = |character: char| {
        !matches!(
            character,
            ' ' | '\t' | '>' | '-' | '+' | '*' | '0'..='9' | '.' | ')'
        )
    };
    let marks = line.split(is_text).next().unwrap_or_default();
    let quotes = marks.matches('>').count();
    let items = marks.matches(['-', '+', '*', '.', ')']).count();
    // A line of dashes parts two sections.
    let items = if marks.contains([' ', '\t']) {
        items
    } else {
        0
    };
    quotes.saturating_add(items) > NESTING_MAX
}
