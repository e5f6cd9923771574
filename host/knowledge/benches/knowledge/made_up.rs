//! Passages and questions that nobody wrote, the same in each run.
//!
//! Words are as frequent as in prose: the one at rank `n` about `1 / n` as often as the first. Of a word's letters
//! nothing is known to a stemmer, so that ranks stay apart.

/// How many different words there are.
const WORDS: f64 = 50_000.0;

/// Words of a passage: half of the most that one may have, as in documents with headings and lists.
pub(crate) const PASSAGE_WORDS: usize = 90;

/// Words of a question, without its stop words.
const QUESTION_WORDS: usize = 6;

/// Numbers that look like chance.
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// From 0 to 1.
    pub(crate) fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

fn word(rank: usize) -> String {
    let mut word = String::new();
    let mut rest = rank + 20;
    while rest > 0 {
        word.push(char::from(b"bdfgklmnprtvz"[rest % 13]));
        word.push(char::from(b"aou"[rest / 13 % 3]));
        rest /= 39;
    }
    word + "k"
}

fn sample(chance: &mut Chance) -> String {
    word(WORDS.powf(chance.next()) as usize)
}

pub(crate) fn passage(chance: &mut Chance) -> String {
    let words: Vec<String> = (0..PASSAGE_WORDS).map(|_| sample(chance)).collect();
    words.join(" ")
}

/// A question about what is in passages, so that frequent words are frequent in questions.
pub(crate) fn question(chance: &mut Chance) -> String {
    let words: Vec<String> = (0..QUESTION_WORDS).map(|_| sample(chance)).collect();
    words.join(" ")
}
