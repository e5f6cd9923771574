//! Splits documents into passages, and texts into words, as simply as will do for a test.

use std::collections::BTreeSet;

use crate::document::{Document, Format, Passage};

/// Most words of a passage, as in the gateway.
const PASSAGE_WORDS_MAX: usize = 180;

/// The distinct words of a text, in lower case.
pub(super) fn words(text: &str) -> BTreeSet<String> {
    let words = text.split(|char: char| !char.is_alphanumeric());
    let words = words.filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

/// What a reader knows a document by.
pub(super) fn title(document: &Document) -> String {
    if !document.title.is_empty() {
        return document.title.clone();
    }
    let own = match document.format {
        Format::Markdown => own_title(&document.text),
        Format::Plain => None,
    };
    own.unwrap_or(&document.id).to_owned()
}

/// Where a document is from.
pub(super) fn source(document: &Document) -> String {
    let source = Some(&document.source).filter(|source| !source.is_empty());
    source.unwrap_or(&document.id).clone()
}

/// What a text calls itself: by its front matter, or else by its first heading.
fn own_title(text: &str) -> Option<&str> {
    let mut lines = text.lines();
    if lines.next() == Some("---") {
        let front = lines.take_while(|line| *line != "---");
        let mut titles = front.filter_map(|line| line.strip_prefix("title:"));
        if let Some(title) = titles.next() {
            return Some(title.trim().trim_matches('"')).filter(|title| !title.is_empty());
        }
    }
    let mut in_code = false;
    text.lines().find_map(|line| {
        in_code ^= is_fence(line);
        heading(line).filter(|_| !in_code).map(|(_, words)| words)
    })
}

fn is_fence(line: &str) -> bool {
    line.trim_start().starts_with("```")
}

/// The level of a heading, and what it says.
fn heading(line: &str) -> Option<(usize, &str)> {
    let words = line.trim_start_matches('#');
    let level = line.len().saturating_sub(words.len());
    let words = words.strip_prefix(' ')?.trim();
    ((1..=6).contains(&level) && !words.is_empty()).then_some((level, words))
}

/// The passages of a document, in the order of its text.
pub(super) fn split(document: &Document) -> Vec<Passage> {
    let mut splitter = Splitter {
        passage: Passage {
            document: document.id.clone(),
            title: title(document),
            source: source(document),
            ..Passage::default()
        },
        headings: Vec::new(),
        words: 0,
        done: Vec::new(),
    };
    let mut in_code = false;
    for (number, line) in (1..).zip(document.text.lines()) {
        in_code ^= is_fence(line);
        let heading = heading(line).filter(|_| !in_code && document.format == Format::Markdown);
        if let Some((level, words)) = heading {
            splitter.begin();
            splitter.headings.retain(|(outer, _)| *outer < level);
            splitter.headings.push((level, words.to_owned()));
        }
        splitter.line(number, line);
    }
    splitter.begin();
    splitter.done
}

struct Splitter {
    /// What all passages of the document have in common, and the text of the one at hand.
    passage: Passage,
    /// The headings that are open, with their levels.
    headings: Vec<(usize, String)>,
    /// How many words the passage at hand has.
    words: usize,
    done: Vec<Passage>,
}

impl Splitter {
    /// Ends the passage at hand, if it has words; what comes belongs to the next one.
    fn begin(&mut self) {
        let text = std::mem::take(&mut self.passage.text);
        self.words = 0;
        if !text.trim().is_empty() {
            let headings = self.headings.iter().map(|(_, words)| words.clone());
            self.done.push(Passage {
                text: text.trim_end().to_owned(),
                headings: headings.collect(),
                ..self.passage.clone()
            });
        }
    }

    /// Adds a line. One with more words than a passage may have is cut between them.
    fn line(&mut self, number: u32, line: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        if words.len() > PASSAGE_WORDS_MAX {
            for piece in words.chunks(PASSAGE_WORDS_MAX) {
                self.piece(number, &piece.join(" "), piece.len());
            }
        } else {
            self.piece(number, line, words.len());
        }
    }

    fn piece(&mut self, number: u32, piece: &str, words: usize) {
        if self.words.saturating_add(words) > PASSAGE_WORDS_MAX {
            self.begin();
        }
        if words > 0 {
            if self.words == 0 {
                self.passage.text.clear();
                self.passage.first_line = number;
            }
            self.passage.last_line = number;
        }
        self.words = self.words.saturating_add(words);
        self.passage.text.push_str(piece);
        self.passage.text.push('\n');
    }
}
