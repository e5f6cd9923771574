//! Words as a passage counts them: about as many as an encoder makes of the text, with a bound on each.

/// Letters that count as one word. Longer words are several: names of files, digests, addresses.
const WORD_LETTERS: usize = 20;

/// Letters after which a word is cut, since no passage could be sure to hold it. Nobody writes such a word.
pub(super) const UNIT_LETTERS_MAX: usize = 200;

/// Bytes of white space that count as a word, so that a passage of few words is no long text.
const BLANK_BYTES: usize = 32;

/// The smallest thing that is not cut.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unit {
    /// Its first byte.
    pub(super) start: usize,
    /// The byte behind it.
    pub(super) end: usize,
    /// How many words it counts as.
    pub(super) words: usize,
}

/// The units of a text, from a place to another.
pub(super) struct Units<'t> {
    text: &'t str,
    at: usize,
}

/// How many words a text counts as.
///
/// A run of letters without a space is a word, or several where it is longer than 20. So is each letter of a script
/// that has no spaces between words (Chinese, Japanese, Thai, and others), and much white space.
pub fn count_words(text: &str) -> usize {
    Units::of(text, 0).map(|unit| unit.words).sum()
}

impl<'t> Units<'t> {
    /// From here (the beginning of a character) to the end of the text.
    pub(super) fn of(text: &'t str, at: usize) -> Self {
        Self { text, at }
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }
}

impl Iterator for Units<'_> {
    type Item = Unit;

    fn next(&mut self) -> Option<Unit> {
        if let Some(blank) = self.skip_blank() {
            return Some(blank);
        }
        let start = self.at;
        let mut letters: usize = 0;
        for char in self.rest().chars() {
            let alone = is_unspaced(char);
            let ends = char.is_whitespace() || letters >= UNIT_LETTERS_MAX;
            if ends || (alone && letters > 0) {
                break;
            }
            self.at = self.at.saturating_add(char.len_utf8());
            letters = letters.saturating_add(1);
            if alone {
                break;
            }
        }
        (letters > 0).then(|| Unit {
            start,
            end: self.at,
            words: letters.div_ceil(WORD_LETTERS),
        })
    }
}

impl Units<'_> {
    /// Passes over white space. Where it is long, a piece of it is a unit.
    fn skip_blank(&mut self) -> Option<Unit> {
        let start = self.at;
        for char in self.rest().chars() {
            if !char.is_whitespace() {
                break;
            }
            self.at = self.at.saturating_add(char.len_utf8());
            let end = self.at;
            if end.saturating_sub(start) >= BLANK_BYTES {
                let words = 1;
                return Some(Unit { start, end, words });
            }
        }
        None
    }
}

/// Whether a letter is of a script that writes words without spaces between them.
///
/// By blocks of Unicode 16: ideographs, kana, bopomofo, Thai, Lao, Myanmar and Khmer, without their digits.
pub(crate) fn is_unspaced(char: char) -> bool {
    if char < '\u{e01}' {
        return false;
    }
    matches!(char,
        '\u{e01}'..='\u{e3a}' | '\u{e40}'..='\u{e4e}'
        | '\u{e81}'..='\u{ecf}' | '\u{edc}'..='\u{edf}'
        | '\u{1000}'..='\u{103f}' | '\u{1050}'..='\u{108f}'
        | '\u{1780}'..='\u{17d3}' | '\u{17dc}'..='\u{17dd}'
        | '\u{3005}'..='\u{3007}' | '\u{3041}'..='\u{3096}' | '\u{309d}'..='\u{309f}'
        | '\u{30a1}'..='\u{30fa}' | '\u{30fc}'..='\u{30ff}' | '\u{3105}'..='\u{312f}'
        | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' | '\u{ff66}'..='\u{ff9f}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::count_words;

    #[test]
    fn words_are_counted() {
        for (text, words) in [
            ("", 0),
            (" \n\t ", 0),
            ("one two\r\nthree", 3),
            ("a-b/c", 1),
            ("Donaudampfschifffahrtsgesellschaft", 2),
            ("東京タワー", 5),
            ("東京 Tower 2", 4),
            ("สวัสดี", 6),
            (&"x".repeat(1_000), 50),
            (&format!("a{}b", " ".repeat(320)), 12),
        ] {
            assert_eq!(count_words(text), words, "{text:.20}");
        }
    }
}
