//! Splits documents into passages: pieces of a text that an encoder takes in whole and a reader understands.
//!
//! A passage is a stretch of the document, word for word, so that its lines can be named. It follows the structure:
//! a heading begins a passage; a paragraph, an item, a list, a table, a block of code is cut only if it is longer than
//! a passage may be, and then between its items, rows, lines or sentences before it is cut between words.

mod markdown;
mod outline;
mod packer;
mod pieces;
mod words;

use std::sync::Arc;

use self::packer::Packer;
pub use self::words::count_words;
pub(crate) use self::words::is_unspaced;

/// Most words of a passage, as [`count_words`] counts them.
///
/// The small encoders that are in use (all-MiniLM-L6-v2) take 256 pieces of words, about 190 English words of prose,
/// and pass over the rest.
pub const PASSAGE_WORDS_MAX: usize = 180;

/// Words that a passage at most repeats of the one before it, where a section was cut: about a sentence, so that what
/// is said across the cut is found.
pub const OVERLAP_WORDS_MAX: usize = 20;

/// Longest heading in the path of a passage, in characters; the rest is left out there.
///
/// The path is repeated in each passage of its section. Nobody reads a longer heading as one.
pub const HEADING_CHARS_MAX: usize = 200;

/// How a document is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Markdown as `CommonMark` has it, with tables and front matter. A document that nests quotes or lists in
    /// more than 100 of them is taken for plain text.
    Markdown,
    /// Text without marks; blank lines and form feeds are between its paragraphs.
    Plain,
}

/// A document, split.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    /// What it calls itself: the title of its front matter, else its first heading. At most [`HEADING_CHARS_MAX`]
    /// characters.
    pub title: Option<String>,
    /// In the order of the text. Every word of the document is in one of them.
    pub passages: Vec<Passage>,
}

/// A stretch of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passage {
    /// Its place among the passages of the document, from 0.
    pub ordinal: u32,
    /// The titles under which it stands, from the top: at most six, each of at most [`HEADING_CHARS_MAX`] characters.
    pub headings: Vec<Arc<str>>,
    /// The text as it is written, of at most [`PASSAGE_WORDS_MAX`] words. Line ends are `\n`, and NUL is U+FFFD.
    /// Never empty.
    pub text: String,
    /// The line of the document on which it begins, from 1. Lines end with `\n`.
    pub first_line: u32,
    /// The line on which it ends, itself among them.
    pub last_line: u32,
}

/// What a document calls itself: see [`Document::title`]. Takes as long as splitting it.
pub fn title_of(text: &str, format: Format) -> Option<String> {
    split(text, format).title
}

/// Splits a document, whatever it holds, in time and memory in proportion to its length.
pub fn split(text: &str, format: Format) -> Document {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let outline = match format {
        Format::Markdown => markdown::outline(text),
        Format::Plain => pieces::paragraphs(text),
    };
    let mut packer = Packer::new(text);
    packer.pack(&outline);
    Document {
        title: outline.title,
        passages: packer.finish(),
    }
}
