//! Names that others gave, as a list in Markdown bears them: on one line, and with no marks that mean anything.

/// A text on one line, without characters that are not seen but change how others are: whoever names a file does not
/// write lines of the answer, nor turn it round.
pub(crate) fn one_line(text: &str) -> String {
    let text: String = text.chars().filter(|char| !is_unseen(*char)).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A text on one line, that Markdown shows as it is.
pub(crate) fn escaped(text: &str) -> String {
    let line = one_line(text);
    // A link goes where it says: a backslash would belong to it, and its underscores mark nothing.
    let is_link = line.starts_with("https://") || line.starts_with("http://");
    let mut shown = String::with_capacity(line.len());
    for char in line.chars() {
        if matches!(char, '\\' | '[' | ']' | '`' | '*' | '<') || (char == '_' && !is_link) {
            shown.push('\\');
        }
        shown.push(char);
    }
    shown
}

/// Whether a character is of control, and no space, or says in which direction others are written.
fn is_unseen(char: char) -> bool {
    let is_direction = matches!(
        char,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    );
    is_direction || (char.is_control() && !char.is_whitespace())
}
