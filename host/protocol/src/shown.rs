//! Untrusted text as it may be shown: nothing in it is obeyed by a terminal, turns the direction of
//! writing, or is there without being seen.
//!
//! Which characters those are is said here, for everything that shows text: what is printed and what is
//! wrong, logs, talks, files for people. A character alone does not say it: what joins or varies its
//! neighbours belongs to scripts and to emoji, and is hidden elsewhere.

use std::fmt::{self, Write as _};

/// What Unicode says is not drawn: its property `Default_Ignorable_Code_Point`, which changes by what is added
/// within these ranges only (Unicode 17, `DerivedCoreProperties.txt`). A test holds it against a library.
fn is_ignorable(character: char) -> bool {
    matches!(
        character,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fff8}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Most tags of a flag: those of a part of a country, which has up to three characters.
const TAGS_MAX: usize = 5;

/// The characters of a text, each with whether it is shown as an escape.
pub fn seen(text: &str) -> impl Iterator<Item = (char, bool)> {
    let mut before = None;
    let mut flag_end = 0;
    text.char_indices().map(move |(at, character)| {
        let rest = text.get(at..).unwrap_or_default();
        if let Some(length) = flag_length(rest) {
            flag_end = at.saturating_add(length);
        }
        let belongs = at < flag_end || belongs(character, before, rest);
        before = Some(character);
        (character, is_hidden(character) && !belongs)
    })
}

/// Whether a character does something, or is not seen, wherever nothing before it takes it in.
fn is_hidden(character: char) -> bool {
    // Line ends, notes between lines, and a letter of Braille without a dot.
    character.is_control()
        || matches!(
            character,
            '\u{2028}' | '\u{2029}' | '\u{fff9}'..='\u{fffb}' | '\u{2800}'
        )
        || is_ignorable(character)
}

/// Whether a character joins or varies the one before it, as in `👩‍👧`, `❤️`, `1️⃣` and many a script.
fn belongs(character: char, before: Option<char>, rest: &str) -> bool {
    let Some(before) = before else {
        return false;
    };
    let is_letter = !before.is_ascii() && !before.is_whitespace() && !is_hidden(before);
    match character {
        '\u{200d}' => is_letter || before == '\u{fe0f}',
        '\u{fe0f}' if matches!(before, '0'..='9' | '#' | '*') => {
            rest.chars().nth(1) == Some('\u{20e3}')
        }
        '\u{200c}'
        | '\u{180b}'..='\u{180d}'
        | '\u{180f}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{e0100}'..='\u{e01ef}' => is_letter,
        _ => false,
    }
}

/// How many bytes the flag of a part of a country has with which a text begins: `🏴`, tags, and their end.
fn flag_length(text: &str) -> Option<usize> {
    let tags = text.strip_prefix('🏴')?;
    let is_tag = |tag: char| matches!(tag, '\u{e0030}'..='\u{e0039}' | '\u{e0061}'..='\u{e007a}');
    let rest = tags.trim_start_matches(is_tag);
    let tagged = tags.strip_suffix(rest)?;
    let is_flag = (1..=TAGS_MAX).contains(&tagged.chars().count());
    let rest = rest.strip_prefix('\u{e007f}').filter(|_| is_flag)?;
    text.len().checked_sub(rest.len())
}

/// Text on one line, with escapes in it.
#[derive(Clone, Copy, Debug)]
pub struct Escaped<'a>(pub &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(formatter, self.0, &[])
    }
}

/// A name that somebody has made up, in a line of ours: with escapes in it, cut after so many characters, and in quotes
/// where it could be taken for something else, being empty or having blanks, quotes or arrows in it.
pub fn name(text: &str, characters_max: usize) -> String {
    let end = text.char_indices().nth(characters_max);
    let beginning = end.and_then(|(end, _)| text.get(..end)).unwrap_or(text);
    let more = if end.is_some() { "…" } else { "" };
    let escaped = Escaped(beginning);
    let is_odd = |letter: char| letter.is_whitespace() || matches!(letter, '"' | '→');
    if text.is_empty() || text.contains(is_odd) {
        let quoted = escaped.to_string().replace('"', "\\\"");
        return format!("\"{quoted}\"{more}");
    }
    format!("{escaped}{more}")
}

/// Text on one line, with escapes in it; tabs stay.
pub fn line(text: &str) -> String {
    kept(text, &['\t'])
}

/// Text on as many lines as it has, with escapes in it; tabs stay, too.
pub fn lines(text: &str) -> String {
    kept(text, &['\t', '\n'])
}

/// JSON on as many lines as it has. The escapes are its own: a value is read as it was written.
pub fn json(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for (character, is_escaped) in seen(text) {
        if character == '\n' || !is_escaped {
            shown.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            // Writing to a `String` cannot fail.
            let _ = write!(shown, "\\u{unit:04x}");
        }
    }
    shown
}

fn kept(text: &str, kept: &[char]) -> String {
    let mut shown = String::with_capacity(text.len());
    // Writing to a `String` cannot fail.
    let _ = write(&mut shown, text, kept);
    shown
}

fn write(to: &mut impl fmt::Write, text: &str, kept: &[char]) -> fmt::Result {
    for (character, is_escaped) in seen(text) {
        if is_escaped && !kept.contains(&character) {
            write!(to, "{}", character.escape_default())?;
        } else {
            to.write_char(character)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Controls, what turns the direction of writing, what is not drawn.
    #[test]
    fn what_is_obeyed_or_not_seen_is_escaped() {
        let hidden = "\u{0}\u{1b}\u{9b}\u{7f}\u{ad}\u{34f}\u{61c}\u{115f}\u{17b4}\u{180e}\u{200b}\u{200c}\u{200d}\
                      \u{200e}\u{2028}\u{2029}\u{202e}\u{2060}\u{2067}\u{2800}\u{3164}\u{fe0f}\u{feff}\u{fffa}\
                      \u{1d173}\u{e0001}\u{e0041}\u{e007f}\u{e0100}\u{e0fff}";
        for character in hidden.chars() {
            for text in [
                format!("{character}"),
                format!("a{character}b"),
                format!(" {character}"),
            ] {
                let shown = Escaped(&text).to_string();
                let escape = character.escape_default().to_string();
                assert!(shown.contains(&escape), "{escape}: {shown}");
            }
        }
    }

    /// A family, hearts, keys, England, Persian, Hindi, Mongolian, an old ideograph, combining marks, spaces.
    #[test]
    fn emoji_and_scripts_are_left_alone() {
        let seen = "é 👩\u{200d}👧 ❤\u{fe0f}\u{200d}🔥 1\u{fe0f}\u{20e3} 🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f} \
                    👍🏽 می\u{200c}خواهم क्\u{200d}ष ᠠ\u{180b} 葛\u{e0100} e\u{301} \u{a0}\u{3000}世界";
        assert_eq!(Escaped(seen).to_string(), seen);
    }

    /// Words that are hidden behind an emoji are shown.
    #[test]
    fn an_emoji_takes_in_no_more_than_is_its_own() {
        for (text, shown) in [
            ("🏴\u{e0068}\u{e0069}", r"🏴\u{e0068}\u{e0069}"),
            ("🐈\u{e0068}\u{e007f}", r"🐈\u{e0068}\u{e007f}"),
            (
                "🐈\u{fe0f}\u{fe01}\u{e0101}",
                "🐈\u{fe0f}\\u{fe01}\\u{e0101}",
            ),
            ("1\u{fe0f}", r"1\u{fe0f}"),
            ("👩\u{200d}\u{200d}", "👩\u{200d}\\u{200d}"),
        ] {
            assert_eq!(Escaped(text).to_string(), shown);
        }
        let long = format!("🏴{}\u{e007f}", "\u{e0061}".repeat(6));
        assert_eq!(Escaped(&long).to_string().matches(r"\u{e0061}").count(), 6);
    }

    #[test]
    fn what_is_not_drawn_is_what_unicode_says() {
        use icu_properties::{CodePointSetData, props::DefaultIgnorableCodePoint};
        let unicode = CodePointSetData::new::<DefaultIgnorableCodePoint>();
        for character in '\0'..=char::MAX {
            assert_eq!(
                is_ignorable(character),
                unicode.contains(character),
                "{}",
                character.escape_unicode()
            );
        }
    }

    #[test]
    fn lines_and_tabs_stay_where_they_are_meant() {
        let text = "a\tb\r\n\u{1b}";
        assert_eq!(Escaped(text).to_string(), r"a\tb\r\n\u{1b}");
        assert_eq!(line(text), "a\tb\\r\\n\\u{1b}");
        assert_eq!(lines(text), "a\tb\\r\n\\u{1b}");
    }

    /// A reader of the JSON has the value as it was.
    #[test]
    fn names_are_cut_and_cannot_be_taken_for_anything_else() {
        for (name, expected) in [
            ("a.b", "a.b"),
            ("", "\"\""),
            (" ", "\" \""),
            ("two words\n", "\"two words\\n\""),
            ("\" → gone", "\"\\\" → gone\""),
            ("12345678901", "1234567890…"),
            ("1 345678901", "\"1 34567890\"…"),
            ("\u{1b}", "\\u{1b}"),
        ] {
            assert_eq!(super::name(name, 10), expected);
        }
    }

    #[test]
    fn a_value_of_json_stays_what_it_is() {
        let value = "a\u{202e}\u{7f}\u{2028}\u{feff}\u{e0041}\u{2800}\n\u{1b}\"\\é👩\u{200d}👧";
        let text = json(&serde_json::json!({ "message": value }).to_string());
        assert!(!seen(&text).any(|(_, is_escaped)| is_escaped), "{text}");
        let read: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(read["message"], value);
    }
}
