//! From a text to the terms by which it is found.

use std::borrow::Cow;

use tantivy::tokenizer::{
    LowerCaser, RemoveLongFilter, Stemmer, StopWordFilter, TextAnalyzer, Token, TokenStream,
    Tokenizer,
};
use unicode_normalization::{
    IsNormalized, UnicodeNormalization, char::is_combining_mark, is_nfkc_quick,
};

use crate::{language::Language, passages::is_unspaced};

/// Longest term, in bytes; longer ones are passed over. Nobody asks for them, and each would be kept.
const TERM_BYTES_MAX: usize = 60;

/// What becomes of the letters of a script without spaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Letters {
    /// Pairs, and each letter alone as well: what a document is found by.
    PairsAndSingles,
    /// Pairs, and a letter alone where it stands alone: what a question asks for.
    Pairs,
}

/// Takes texts of one language apart.
pub(super) struct Analyzer {
    analyzer: TextAnalyzer,
}

impl Analyzer {
    /// Terms without their endings, and without the words that are in every text of the language.
    pub(super) fn new(language: Language, letters: Letters) -> Self {
        let words = TextAnalyzer::builder(Words {
            letters,
            token: Token::default(),
        });
        let words = words
            .filter(LowerCaser)
            .filter(RemoveLongFilter::limit(TERM_BYTES_MAX))
            .dynamic();
        let stemmed = language.stemmed();
        let words = match stemmed.and_then(StopWordFilter::new) {
            Some(stop_words) => words.filter_dynamic(stop_words),
            None => words,
        };
        let words = match stemmed {
            Some(language) => words.filter_dynamic(Stemmer::new(language)),
            None => words,
        };
        Self {
            analyzer: words.build(),
        }
    }

    /// Calls for each term with where it stands in the normal text, in their order.
    pub(super) fn for_each(&mut self, text: &str, mut then: impl FnMut(&Token)) {
        let text = normal(text);
        let mut stream = self.analyzer.token_stream(&text);
        while stream.advance() {
            then(stream.token());
        }
    }
}

/// The text in one way of writing: `é` is one letter, and letters of full width or in ligatures are the usual ones.
pub(super) fn normal(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || is_nfkc_quick(text.chars()) == IsNormalized::Yes {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.nfkc().collect())
}

/// Cuts a text into words, and what has no spaces into letters.
#[derive(Clone)]
struct Words {
    letters: Letters,
    token: Token,
}

impl Tokenizer for Words {
    type TokenStream<'a> = WordStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> WordStream<'a> {
        self.token.reset();
        WordStream {
            text,
            at: 0,
            letters: self.letters,
            before: None,
            waiting: None,
            token: &mut self.token,
        }
    }
}

struct WordStream<'a> {
    text: &'a str,
    /// The next character.
    at: usize,
    letters: Letters,
    /// The letter before, if that is one of a run without spaces.
    before: Option<Letter>,
    /// A letter that is given next: where it begins and ends.
    waiting: Option<(usize, usize)>,
    token: &'a mut Token,
}

/// A letter of a script without spaces.
#[derive(Clone, Copy)]
struct Letter {
    start: usize,
    /// Whether there is one before it.
    paired: bool,
}

impl WordStream<'_> {
    fn peek(&self) -> Option<char> {
        self.text.get(self.at..)?.chars().next()
    }

    fn give(&mut self, from: usize, to: usize) -> bool {
        self.token.offset_from = from;
        self.token.offset_to = to;
        self.token.position = self.token.position.wrapping_add(1);
        self.token.text.clear();
        self.token
            .text
            .push_str(self.text.get(from..to).unwrap_or_default());
        true
    }

    /// Goes to the end of the word that begins here.
    fn word(&mut self) -> bool {
        let from = self.at;
        let rest = self.text.get(from..).unwrap_or_default();
        let is_end =
            |char| is_unspaced(char) || !(char.is_alphanumeric() || is_combining_mark(char));
        let length = rest.find(is_end).unwrap_or(rest.len());
        self.at = from.saturating_add(length);
        self.give(from, self.at)
    }

    /// Takes a letter of a script without spaces. `false`: it waits for the one behind it.
    fn letter(&mut self, char: char) -> bool {
        let start = self.at;
        self.at = start.saturating_add(char.len_utf8());
        let single = self.letters == Letters::PairsAndSingles;
        let paired = self.before.is_some();
        let before = self.before.replace(Letter { start, paired });
        match before {
            Some(before) => {
                self.waiting = single.then_some((start, self.at));
                self.give(before.start, self.at)
            }
            None => single && self.give(start, self.at),
        }
    }
}

impl TokenStream for WordStream<'_> {
    fn advance(&mut self) -> bool {
        if let Some((from, to)) = self.waiting.take() {
            return self.give(from, to);
        }
        loop {
            let char = self.peek();
            match char {
                Some(char) if is_unspaced(char) => {
                    if self.letter(char) {
                        return true;
                    }
                    continue;
                }
                _ => {}
            }
            if let Some(letter) = self.before.take()
                && !letter.paired
                && self.letters == Letters::Pairs
            {
                return self.give(letter.start, self.at);
            }
            match char {
                None => return false,
                Some(char) if char.is_alphanumeric() => return self.word(),
                Some(char) => self.at = self.at.saturating_add(char.len_utf8()),
            }
        }
    }

    fn token(&self) -> &Token {
        self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        self.token
    }
}

#[cfg(test)]
mod tests {
    use super::{Analyzer, Letters};
    use crate::language::Language;

    fn terms(language: Language, letters: Letters, text: &str) -> Vec<String> {
        let mut terms = Vec::new();
        Analyzer::new(language, letters).for_each(text, |token| terms.push(token.text.clone()));
        terms
    }

    #[test]
    fn texts_become_terms() {
        use Letters::{Pairs, PairsAndSingles};
        for (language, letters, text, expected) in [
            (
                Language::English,
                Pairs,
                "The Houses, of 3 kings!",
                &["hous", "3", "king"][..],
            ),
            (
                Language::German,
                Pairs,
                "Die Häuser der Könige",
                &["haus", "konig"],
            ),
            (Language::Other, Pairs, "The Houses", &["the", "houses"]),
            // An accent of its own, letters of full width, a ligature.
            (
                Language::Other,
                Pairs,
                "cafe\u{301} ＡＢＣ ﬁn",
                &["café", "abc", "fin"],
            ),
            (Language::Other, Pairs, "हिन्दी में", &["हिन्दी", "में"]),
            (Language::Other, Pairs, "東京都", &["東京", "京都"]),
            (Language::Other, Pairs, "猫 x 犬", &["猫", "x", "犬"]),
            (Language::Other, Pairs, "猫x犬y", &["猫", "x", "犬", "y"]),
            (
                Language::Other,
                PairsAndSingles,
                "東京都",
                &["東", "東京", "京", "京都", "都"],
            ),
            (Language::Other, PairsAndSingles, "猫x", &["猫", "x"]),
            (Language::Other, Pairs, "กขค", &["กข", "ขค"]),
            (Language::Other, Pairs, "", &[]),
            (Language::Other, Pairs, "\0 \u{301} -", &[]),
            (
                Language::Other,
                Pairs,
                &format!("a {} b", "x".repeat(61)),
                &["a", "b"],
            ),
        ] {
            assert_eq!(terms(language, letters, text), expected, "{text}");
        }
    }
}
