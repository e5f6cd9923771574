//! What a person may say: a few sentences about their files, and anything else is a question.

/// What a person wants.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command<'a> {
    /// An answer from all documents. Can be empty.
    Ask(&'a str),
    /// An answer from their own files. Not empty.
    AskFiles(&'a str),
    /// To see which files they have handed over.
    List,
    /// To have all of them removed.
    Forget,
}

/// What says nothing of what a person wants.
///
/// No `will you`: who asks whether files will be deleted does not ask for it.
const FILLERS: [&str; 10] = [
    "all",
    "just",
    "now",
    "please",
    "thanks",
    "can you",
    "could you",
    "would you",
    "tell me",
    "thank you",
];

const LIST: [&str; 10] = [
    "what files do you have",
    "which files do you have",
    "what files you have",
    "which files you have",
    "which of my files do you have",
    "what are my files",
    "list my files",
    "show my files",
    "show me my files",
    "my files",
];

const FORGET: [&str; 5] = [
    "forget my files",
    "delete my files",
    "remove my files",
    "erase my files",
    "clear my files",
];

/// Beginnings of a question to a person's own files; where nothing follows, they ask what there is.
const OF_FILES: [&str; 8] = [
    "what do my files say about",
    "what do my files say",
    "what my files say about",
    "what does my file say about",
    "according to my files",
    "ask my files about",
    "look in my files for",
    "search my files for",
];

impl<'a> Command<'a> {
    /// Reads a message. Upper case, marks and fillers make no difference; with any other word more it is a question.
    pub(crate) fn parse(text: &'a str) -> Self {
        let text = text.trim();
        let words = without_fillers(&words(text));
        let is_one_of = |phrases: &[&str]| {
            let mut rests = phrases.iter().filter_map(|phrase| behind(phrase, &words));
            rests.any(|(_, rest)| rest.is_empty())
        };
        if is_one_of(&LIST) || is_one_of(&OF_FILES) {
            return Self::List;
        }
        if is_one_of(&FORGET) {
            return Self::Forget;
        }
        let of_files = OF_FILES.iter().find_map(|phrase| behind(phrase, &words));
        of_files.map_or(Self::Ask(text), |(question, _)| {
            let is_between = |char: char| char.is_whitespace() || matches!(char, ':' | ',');
            Self::AskFiles(question.trim_start_matches(is_between))
        })
    }
}

/// A word of a message, and the text behind it.
type Word<'a> = (&'a str, &'a str);

fn words(mut text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    loop {
        let start = text.trim_start_matches(|char: char| !char.is_alphanumeric());
        let end = start.find(|char: char| !char.is_alphanumeric());
        let word = start.split_at(end.unwrap_or(start.len()));
        if word.0.is_empty() {
            return words;
        }
        words.push(word);
        text = word.1;
    }
}

fn without_fillers<'a>(mut words: &[Word<'a>]) -> Vec<Word<'a>> {
    let mut left = Vec::new();
    while let [first, others @ ..] = words {
        let filler = FILLERS.iter().find_map(|filler| behind(filler, words));
        words = filler.map_or(others, |(_, rest)| rest);
        if filler.is_none() {
            left.push(*first);
        }
    }
    left
}

/// What stands behind a phrase, as text and as words; `None` where it is not what they begin with.
fn behind<'w, 'a>(phrase: &str, words: &'w [Word<'a>]) -> Option<(&'a str, &'w [Word<'a>])> {
    let (start, rest) = words.split_at_checked(phrase.split(' ').count())?;
    let mut pairs = start.iter().zip(phrase.split(' '));
    let is_it = pairs.all(|((word, _), wanted)| word.eq_ignore_ascii_case(wanted));
    let (_, text) = start.last().filter(|_| is_it)?;
    Some((text, rest))
}
