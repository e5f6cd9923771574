//! Which language a text is in, and for which languages stems and stop words are known.

use tantivy::tokenizer::Language as Stemmed;
use whatlang::Lang;

/// Bytes at the beginning of a text by which its language is told: some hundred words, where more change nothing.
const SAMPLE_BYTES: usize = 4_096;

/// What is known of a language when its words are looked up.
///
/// Those that are named have a stemmer: `houses` finds `house`. Most have stop words, which are passed over. Texts in
/// any other language are found by their words as they are written, and those in scripts without spaces between words
/// by pairs of letters, whichever language is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names are all there is to say")]
pub enum Language {
    Arabic,
    Danish,
    Dutch,
    English,
    Finnish,
    French,
    German,
    Greek,
    Hungarian,
    Italian,
    Norwegian,
    Portuguese,
    Romanian,
    Russian,
    Spanish,
    Swedish,
    Tamil,
    Turkish,
    /// Any other.
    Other,
}

/// Everything that must be known of each: the code of ISO 639-1, how it is told, and whose stemmer it is.
const KNOWN: [(Language, &str, Lang, Stemmed); 18] = [
    (Language::Arabic, "ar", Lang::Ara, Stemmed::Arabic),
    (Language::Danish, "da", Lang::Dan, Stemmed::Danish),
    (Language::Dutch, "nl", Lang::Nld, Stemmed::Dutch),
    (Language::English, "en", Lang::Eng, Stemmed::English),
    (Language::Finnish, "fi", Lang::Fin, Stemmed::Finnish),
    (Language::French, "fr", Lang::Fra, Stemmed::French),
    (Language::German, "de", Lang::Deu, Stemmed::German),
    (Language::Greek, "el", Lang::Ell, Stemmed::Greek),
    (Language::Hungarian, "hu", Lang::Hun, Stemmed::Hungarian),
    (Language::Italian, "it", Lang::Ita, Stemmed::Italian),
    (Language::Norwegian, "no", Lang::Nob, Stemmed::Norwegian),
    (Language::Portuguese, "pt", Lang::Por, Stemmed::Portuguese),
    (Language::Romanian, "ro", Lang::Ron, Stemmed::Romanian),
    (Language::Russian, "ru", Lang::Rus, Stemmed::Russian),
    (Language::Spanish, "es", Lang::Spa, Stemmed::Spanish),
    (Language::Swedish, "sv", Lang::Swe, Stemmed::Swedish),
    (Language::Tamil, "ta", Lang::Tam, Stemmed::Tamil),
    (Language::Turkish, "tr", Lang::Tur, Stemmed::Turkish),
];

impl Language {
    /// Those that are named.
    pub(crate) fn known() -> impl Iterator<Item = Self> {
        KNOWN.iter().map(|(language, ..)| *language)
    }

    /// The language of a text, by its first few thousand bytes.
    ///
    /// Where these leave a doubt, as those of a short text do, it is what the caller takes it for.
    pub fn of(text: &str, otherwise: Self) -> Self {
        let mut end = text.len().min(SAMPLE_BYTES);
        while !text.is_char_boundary(end) {
            end = end.saturating_sub(1);
        }
        let sample = text.get(..end).unwrap_or_default();
        match whatlang::detect(sample) {
            Some(found) if found.is_reliable() => {
                let known = KNOWN.iter().find(|(_, _, lang, _)| *lang == found.lang());
                known.map_or(Self::Other, |(language, ..)| *language)
            }
            _ => otherwise,
        }
    }

    /// Its code of ISO 639-1 in small letters; `None` for any other.
    pub fn code(self) -> Option<&'static str> {
        let known = KNOWN.iter().find(|(language, ..)| *language == self);
        known.map(|(_, code, ..)| *code)
    }

    /// The language with this code of ISO 639-1, in small letters. Any other, if none of those with a stemmer has it.
    pub fn from_code(code: &str) -> Self {
        let known = KNOWN.iter().find(|(_, known, ..)| *known == code);
        known.map_or(Self::Other, |(language, ..)| *language)
    }

    /// The same as the library of stemmers names it.
    pub(crate) fn stemmed(self) -> Option<Stemmed> {
        let known = KNOWN.iter().find(|(language, ..)| *language == self);
        known.map(|(.., stemmed)| *stemmed)
    }
}

#[cfg(test)]
mod tests {
    use super::{KNOWN, Language};

    #[test]
    fn languages_are_told_apart() {
        for (text, language) in [
            (
                "The quick brown fox jumps over the lazy dog, and then it thinks about what it has done all day.",
                Language::English,
            ),
            (
                "Der schnelle braune Fuchs springt über den faulen Hund, und danach denkt er noch lange darüber nach, \
                 was er den ganzen Tag getan hat und was er morgen früh tun sollte.",
                Language::German,
            ),
            (
                "Быстрая коричневая лиса прыгает через ленивую собаку, а потом думает об этом.",
                Language::Russian,
            ),
            (
                "東京タワーは東京にあります。とても高いです。",
                Language::Other,
            ),
            (
                "Zażółć gęślą jaźń, a potem pomyśl o tym, co się stało z tymi wszystkimi żółwiami.",
                Language::Other,
            ),
        ] {
            assert_eq!(Language::of(text, Language::Turkish), language, "{text}");
        }
    }

    #[test]
    fn where_there_is_a_doubt_the_caller_is_right() {
        for text in ["", "\0", "x", "12 34", "ok", "{}();"] {
            assert_eq!(
                Language::of(text, Language::Turkish),
                Language::Turkish,
                "{text}"
            );
        }
    }

    #[test]
    fn a_long_text_is_cut_between_letters() {
        for before in 0..4 {
            let text = format!("{}{}", "x".repeat(before), "🦉".repeat(2_000));
            let _ = Language::of(&text, Language::Other);
        }
    }

    #[test]
    fn codes_come_back() {
        for (language, code, ..) in KNOWN {
            assert_eq!(language.code(), Some(code));
            assert_eq!(Language::from_code(code), language);
        }
        assert_eq!(Language::Other.code(), None);
        assert_eq!(Language::from_code("tlh"), Language::Other);
    }
}
