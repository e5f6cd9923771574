//! From a text to the numbers of tokens: words in pieces, as BERT was trained with them.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use icu_properties::{
    CodePointMapData, CodePointMapDataBorrowed,
    props::{GeneralCategory, GeneralCategoryGroup},
};
use serde::Deserialize;
use serde_json::{Map, Value};
use unicode_normalization::UnicodeNormalization as _;

use super::{
    error::EncoderError,
    files::{parse, read_bounded},
};

/// Longest `tokenizer.json`, in bytes. That of a hundred languages has 3 MB.
const TOKENIZER_BYTES_MAX: u64 = 32 << 20;

/// Longest word that is looked up, in letters, whatever the file says: each letter costs as many looks as a piece may
/// have letters.
const WORD_LETTERS_MAX: usize = 1_000;

/// Takes texts apart.
pub(super) struct Tokenizer {
    path: PathBuf,
    vocabulary: HashMap<String, u32>,
    /// Letters of the longest piece.
    piece_letters: usize,
    /// What stands before a piece that does not begin a word.
    prefix: String,
    word_letters: usize,
    unknown: u32,
    first: u32,
    last: u32,
    rules: Rules,
    categories: CodePointMapDataBorrowed<'static, GeneralCategory>,
}

/// What is done to letters before words are looked up.
#[derive(Clone, Copy)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "switches as the file has them"
)]
struct Rules {
    clean: bool,
    space_ideographs: bool,
    strip_accents: bool,
    lowercase: bool,
}

#[derive(Deserialize)]
struct File {
    normalizer: Normalizer,
    pre_tokenizer: Typed,
    post_processor: Map<String, Value>,
    model: Model,
}

#[derive(Deserialize)]
struct Typed {
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct Normalizer {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default = "yes")]
    clean_text: bool,
    #[serde(default = "yes")]
    handle_chinese_chars: bool,
    strip_accents: Option<bool>,
    #[serde(default = "yes")]
    lowercase: bool,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
struct Model {
    #[serde(rename = "type")]
    kind: Option<String>,
    unk_token: String,
    continuing_subword_prefix: String,
    max_input_chars_per_word: usize,
    vocab: HashMap<String, u32>,
}

impl Tokenizer {
    /// Reads `tokenizer.json`. What it says of cutting and filling up is passed over: the caller cuts.
    pub(super) fn read(directory: &Path, lowercase: bool) -> Result<Self, EncoderError> {
        let path = directory.join("tokenizer.json");
        let bytes = read_bounded(&path, TOKENIZER_BYTES_MAX)?;
        // First what kind it is: the members of others are others.
        let kinds: Map<String, Value> = parse(&path, &bytes)?;
        for (member, kind) in [
            ("normalizer", "BertNormalizer"),
            ("pre_tokenizer", "BertPreTokenizer"),
            ("model", "WordPiece"),
        ] {
            let found = kinds
                .get(member)
                .and_then(|part| part.get("type"))
                .and_then(Value::as_str);
            // Old files do not say what their model is.
            if found != Some(kind) && !(member == "model" && found.is_none()) {
                let what = format!("the {member} `{}`", found.unwrap_or("none").escape_debug());
                return Err(EncoderError::unsupported(&path, what));
            }
        }
        drop(kinds);
        let file: File = parse(&path, &bytes)?;
        debug_assert!(
            file.pre_tokenizer.kind == "BertPreTokenizer"
                && file.normalizer.kind == "BertNormalizer"
        );
        debug_assert!(file.model.kind.is_none_or(|kind| kind == "WordPiece"));
        let (first, last) = marks(&path, &file.post_processor)?;
        let unknown = file.model.vocab.get(&file.model.unk_token).copied();
        let unknown =
            unknown.ok_or_else(|| EncoderError::damaged(&path, "`unk_token` is not in `vocab`"))?;
        let lowercase = file.normalizer.lowercase || lowercase;
        let letters = file.model.vocab.keys().map(|piece| piece.chars().count());
        Ok(Self {
            piece_letters: letters.max().unwrap_or_default(),
            vocabulary: file.model.vocab,
            prefix: file.model.continuing_subword_prefix,
            word_letters: file.model.max_input_chars_per_word.min(WORD_LETTERS_MAX),
            unknown,
            first,
            last,
            rules: Rules {
                clean: file.normalizer.clean_text,
                space_ideographs: file.normalizer.handle_chinese_chars,
                strip_accents: file
                    .normalizer
                    .strip_accents
                    .unwrap_or(file.normalizer.lowercase),
                lowercase,
            },
            categories: CodePointMapData::<GeneralCategory>::new(),
            path,
        })
    }

    /// Refuses a vocabulary with tokens that a model does not know.
    pub(super) fn check_ids(&self, known: usize) -> Result<(), EncoderError> {
        let ids = self.vocabulary.values().chain([&self.first, &self.last]);
        let most = ids.max().copied().unwrap_or_default();
        if usize::try_from(most).is_ok_and(|most| most < known) {
            return Ok(());
        }
        let detail = format!("it has a token {most}, and the model knows {known}");
        Err(EncoderError::damaged(&self.path, detail))
    }

    /// The mark before a text.
    pub(super) fn first(&self) -> u32 {
        self.first
    }

    /// The mark behind it.
    pub(super) fn last(&self) -> u32 {
        self.last
    }

    /// The tokens of a text, without marks, at most so many. Names of marks in the text are words like others.
    pub(super) fn tokens(&self, text: &str, most: usize) -> Vec<u32> {
        let mut tokens = Vec::new();
        let mut word = String::new();
        for letter in self.letters(text) {
            if tokens.len() >= most {
                break;
            }
            if letter.is_whitespace() {
                self.push_word(&mut word, &mut tokens);
            } else if self.is_punctuation(letter) {
                self.push_word(&mut word, &mut tokens);
                word.push(letter);
                self.push_word(&mut word, &mut tokens);
            } else if word.len() <= WORD_LETTERS_MAX.saturating_mul(4) {
                // Longer ones are unknown whatever follows.
                word.push(letter);
            }
        }
        self.push_word(&mut word, &mut tokens);
        tokens.truncate(most);
        tokens
    }

    /// The letters of a text as the model was trained with them.
    fn letters<'t>(&'t self, text: &'t str) -> Box<dyn Iterator<Item = char> + 't> {
        let rules = self.rules;
        let kept = text
            .chars()
            .filter(move |char| !rules.clean || !self.is_control(*char));
        let spaced = kept.flat_map(move |char| {
            let space = (rules.space_ideographs && is_ideograph(char)).then_some(' ');
            space.into_iter().chain([char]).chain(space)
        });
        let stripped: Box<dyn Iterator<Item = char> + 't> = if rules.strip_accents {
            let accent =
                |char: &char| self.categories.get(*char) == GeneralCategory::NonspacingMark;
            Box::new(spaced.nfd().filter(move |char| !accent(char)))
        } else {
            Box::new(spaced)
        };
        if rules.lowercase {
            return Box::new(stripped.flat_map(char::to_lowercase));
        }
        stripped
    }

    /// What is not assigned is none: it is a letter that the vocabulary does not know.
    fn is_control(&self, char: char) -> bool {
        let control = match self.categories.get(char) {
            GeneralCategory::Control => !matches!(char, '\t' | '\n' | '\r'),
            GeneralCategory::Format | GeneralCategory::PrivateUse => true,
            _ => false,
        };
        control || char == '\u{fffd}'
    }

    fn is_punctuation(&self, char: char) -> bool {
        char.is_ascii_punctuation()
            || GeneralCategoryGroup::Punctuation.contains(self.categories.get(char))
    }

    /// Takes a word apart from its beginning, each time by the longest piece that is known.
    fn push_word(&self, word: &mut String, tokens: &mut Vec<u32>) {
        let before = tokens.len();
        if word.chars().count() > self.word_letters {
            tokens.push(self.unknown);
            word.clear();
        }
        let mut rest = word.as_str();
        let mut piece = String::new();
        while !rest.is_empty() {
            let ends = rest
                .char_indices()
                .map(|(at, char)| at.saturating_add(char.len_utf8()));
            let ends: Vec<usize> = ends.take(self.piece_letters).collect();
            let found = ends.into_iter().rev().find_map(|end| {
                piece.clear();
                if rest.len() < word.len() {
                    piece.push_str(&self.prefix);
                }
                piece.push_str(rest.get(..end).unwrap_or_default());
                self.vocabulary.get(&piece).map(|token| (end, *token))
            });
            let Some((end, token)) = found else {
                tokens.truncate(before);
                tokens.push(self.unknown);
                break;
            };
            tokens.push(token);
            rest = rest.get(end..).unwrap_or_default();
        }
        word.clear();
    }
}

/// The marks around a text, from either way of writing them down.
fn marks(path: &Path, processor: &Map<String, Value>) -> Result<(u32, u32), EncoderError> {
    let number = |value: Option<&Value>| {
        value
            .and_then(Value::as_u64)
            .and_then(|id| u32::try_from(id).ok())
    };
    let found = match processor.get("type").and_then(Value::as_str) {
        Some("BertProcessing") => {
            ["cls", "sep"].map(|name| number(processor.get(name).and_then(|mark| mark.get(1))))
        }
        Some("TemplateProcessing") => ["0", "2"].map(|place| {
            let name = processor
                .get("single")?
                .pointer(&format!("/{place}/SpecialToken/id"))?
                .as_str()?;
            let mark = processor.get("special_tokens")?.get(name)?;
            number(mark.get("ids")?.get(0))
        }),
        other => {
            let what = format!(
                "the post_processor `{}`",
                other.unwrap_or("none").escape_debug()
            );
            return Err(EncoderError::unsupported(path, what));
        }
    };
    match found {
        [Some(first), Some(last)] => Ok((first, last)),
        _ => Err(EncoderError::damaged(
            path,
            "its `post_processor` does not put a mark before and behind a text",
        )),
    }
}

/// As BERT has it: ideographs are words each; kana are not.
fn is_ideograph(char: char) -> bool {
    matches!(char,
        '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' | '\u{20000}'..='\u{2a6df}' | '\u{2a700}'..='\u{2b73f}'
        | '\u{2b740}'..='\u{2b81f}' | '\u{2b920}'..='\u{2ceaf}' | '\u{f900}'..='\u{faff}'
        | '\u{2f800}'..='\u{2fa1f}')
}
