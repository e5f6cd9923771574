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
    /// Nothing: they say thanks.
    Thanks,
    /// Maybe to see or to remove files, in words that are not ours: which to write instead, and what they said.
    NearMiss(&'static str, &'a str),
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

/// What a person says who has read an answer and wants nothing more.
const THANKS: [&str; 13] = [
    "thanks",
    "thank you",
    "many thanks",
    "thx",
    "ok",
    "okay",
    "great",
    "perfect",
    "got it",
    "very much",
    "so much",
    "a lot",
    "for your help",
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

/// How a wish to have files removed begins.
const FORGET_VERBS: [&str; 6] = ["forget", "delete", "remove", "erase", "clear", "wipe"];

/// What may stand between such a verb and the name of a file.
const BEFORE_NAME: [&str; 4] = ["the", "my", "file", "document"];

/// What may stand around the name of a file.
const MARKS: &str = ":\"'`*“”‘’«»";

const FORGET_NOUNS: [&str; 6] = [
    "file",
    "files",
    "document",
    "documents",
    "data",
    "everything",
];

const LIST_VERBS: [&str; 4] = ["list", "show", "which", "what"];

const LIST_NOUNS: [&str; 4] = ["files", "documents", "uploaded", "attached"];

/// Beside verbs and nouns, all that a person says who wants to see their files; any other word may be what a question
/// to the documents is about.
const LIST_WORDS: &str = "a all any are been by can could did do does file give given handed has have here i in is \
                          keep kept know me mine my now of our please saved see sent so far stored tell that the \
                          there to upload us was we were you your";

/// Words of a question, not of a wish: "don't" is "don" and "t" here.
const NO_WISH: [&str; 9] = [
    "not", "dont", "t", "never", "how", "about", "why", "when", "where",
];

/// The same, where a wish begins with no such word.
const NO_WISH_TO_FORGET: [&str; 4] = ["what", "which", "who", "does"];

/// Most words of a wish that is put in words which are not ours.
const NEAR_MISS_WORDS_MAX: usize = 8;

/// What removes files, for those who seem to want it: too much would be lost by a guess.
const FORGET_HINT: &str = "To have all of your files removed, write: forget my files; for a single one: forget the \
                           file NAME";

const LIST_HINT: &str = "To see which of your files I have, write: which files do you have";

/// All words of a question about a file at large: a search finds nothing by them, or what has nothing to do with it.
const GENERAL: &str = "a about all an and attached attachment briefly can content contents could describe do document \
                       documents does everything explain file files for give here i in inside into is it key main me \
                       mean my of overview page pdf please points read s say says short so sum summarise summarize \
                       summary tell text that the there these they this those to up us want what whole would you";

impl<'a> Command<'a> {
    /// Reads a message. Upper case, marks and fillers make no difference; with any other word more it is a question.
    pub(crate) fn parse(text: &'a str) -> Self {
        let text = text.trim();
        let all = words(text);
        if !all.is_empty() && without(&THANKS, &all).is_empty() {
            return Self::Thanks;
        }
        let words = without(&FILLERS, &all);
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
        if let Some((question, _)) = of_files {
            let is_between = |char: char| char.is_whitespace() || matches!(char, ':' | ',');
            return Self::AskFiles(question.trim_start_matches(is_between));
        }
        match near_miss(&all) {
            Some(hint) => Self::NearMiss(hint, text),
            None => Self::Ask(text),
        }
    }
}

/// What to write instead of a sentence that is close to one of ours.
fn near_miss(words: &[Word<'_>]) -> Option<&'static str> {
    if words.len() > NEAR_MISS_WORDS_MAX || has(words, &NO_WISH) {
        return None;
    }
    if has(words, &FORGET_VERBS) && has(words, &FORGET_NOUNS) && !has(words, &NO_WISH_TO_FORGET) {
        return Some(FORGET_HINT);
    }
    let is_known = |(word, _): &Word<'_>| {
        let known = LIST_WORDS.split_whitespace();
        is_in(word, known.chain(LIST_VERBS).chain(LIST_NOUNS))
    };
    (may_be_list(words) && words.iter().all(is_known)).then_some(LIST_HINT)
}

fn may_be_list(words: &[Word<'_>]) -> bool {
    has(words, &LIST_VERBS) && has(words, &LIST_NOUNS)
}

/// What to say where nothing was found by words that may be a wish to see files.
pub(crate) fn list_hint(text: &str) -> Option<&'static str> {
    let words = words(text);
    let may_be_wish = words.len() <= NEAR_MISS_WORDS_MAX && !has(&words, &NO_WISH);
    (may_be_wish && may_be_list(&words)).then_some(LIST_HINT)
}

/// Whether a question names nothing that it is about, as "What is in here?".
pub(crate) fn is_general(text: &str) -> bool {
    let words = words(text);
    let is_known = |(word, _): &Word<'_>| is_in(word, GENERAL.split_whitespace());
    !words.is_empty() && words.iter().all(is_known)
}

/// What may begin with the name of a file that a person wants removed.
pub(crate) fn behind_forget(text: &str) -> Vec<&str> {
    let words = without(&FILLERS, &words(text));
    let Some(((verb, rest), others)) = words.split_first() else {
        return Vec::new();
    };
    if !is_in(verb, FORGET_VERBS) {
        return Vec::new();
    }
    let between = others
        .iter()
        .take_while(|(word, _)| is_in(word, BEFORE_NAME));
    std::iter::once(*rest)
        .chain(between.map(|(_, rest)| *rest))
        .collect()
}

/// Whether a text is this name, with marks and fillers around it at most.
pub(crate) fn is_name(text: &str, name: &str) -> bool {
    let without_marks = |char: char| char.is_whitespace() || MARKS.contains(char);
    let starts = [text.trim_start(), text.trim_start_matches(without_marks)];
    starts.iter().any(|start| {
        start.strip_prefix(name).is_some_and(|rest| {
            let is_whole = !rest.starts_with(char::is_alphanumeric);
            is_whole && without(&FILLERS, &words(rest)).is_empty()
        })
    })
}

fn has(words: &[Word<'_>], wanted: &[&str]) -> bool {
    words
        .iter()
        .any(|(word, _)| is_in(word, wanted.iter().copied()))
}

fn is_in<'a>(word: &str, words: impl IntoIterator<Item = &'a str>) -> bool {
    let mut words = words.into_iter();
    words.any(|other| other.eq_ignore_ascii_case(word))
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

/// The words that belong to none of these phrases.
fn without<'a>(phrases: &[&str], mut words: &[Word<'a>]) -> Vec<Word<'a>> {
    let mut left = Vec::new();
    while let [first, others @ ..] = words {
        let phrase = phrases.iter().find_map(|phrase| behind(phrase, words));
        words = phrase.map_or(others, |(_, rest)| rest);
        if phrase.is_none() {
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
