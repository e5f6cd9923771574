//! Which characters of a stranger's text are shown as escapes, and text shown so.

use std::fmt::{self, Write as _};

/// Whether a character of a stranger's text is shown as an escape: a terminal obeys it, it turns the
/// direction of writing or ends a line, or it is there and cannot be seen.
///
/// The one list of them. What joins or varies its neighbours (U+200C, U+200D, variation selectors, the
/// tags of flags) belongs to scripts and to emoji, and is none of them.
pub fn is_shown_escaped(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{61c}'
                | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}'
                | '\u{180e}'
                | '\u{200b}' | '\u{200e}' | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e001f}'
        )
}

/// Text with those characters as escapes.
pub struct Escaped<'a>(pub &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            if is_shown_escaped(character) {
                write!(formatter, "{}", character.escape_default())?;
            } else {
                formatter.write_char(character)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_seen_is_shown_and_emoji_are_left_alone() {
        let hidden = "\u{0}\u{9b}\u{7f}\u{ad}\u{61c}\u{200b}\u{200e}\u{2028}\u{2029}\u{2060}\u{2067}\u{3164}\u{feff}";
        for character in hidden.chars() {
            assert!(
                is_shown_escaped(character),
                "{}",
                character.escape_unicode()
            );
        }
        // A family, a heart, England, Persian, Hindi, combining marks.
        let seen = "👩\u{200d}👧 ❤\u{fe0f} 🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f} \
                    می\u{200c}خواهم क्\u{200d}ष e\u{301} \u{a0}世界";
        assert_eq!(Escaped(seen).to_string(), seen);
    }
}
