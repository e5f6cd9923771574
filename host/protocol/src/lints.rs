//! Sentences about mistakes in what a bot says of itself, as many as a log can bear.

/// Most sentences of one [`lint`]; a last one says that there are more.
const SENTENCES_MAX: usize = 50;

/// Sentences up to a bound, so that no bot can fill a log with its settings.
#[derive(Default)]
pub(super) struct Lints {
    sentences: Vec<String>,
    more: bool,
}

impl Lints {
    /// Adds a sentence, which is made only if there is room for it.
    pub(super) fn say(&mut self, sentence: impl FnOnce() -> String) {
        if self.sentences.len() < SENTENCES_MAX {
            self.sentences.push(sentence());
        } else {
            self.more = true;
        }
    }

    /// All of them, and one more where there was no room.
    pub(super) fn into_sentences(mut self) -> Vec<String> {
        if self.more {
            self.sentences.push("There are more mistakes.".to_owned());
        }
        self.sentences
    }
}
