//! What comes of a file: its text, or why there is none.

use std::io;

/// The text of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// What the file calls itself beside its text: the `<title>` of HTML, the title of a PDF. One line of at most
    /// 300 characters, never empty. A title that Markdown has is in its text.
    pub title: Option<String>,
    /// What is written in it, in at most the bytes that were asked for. Pages of a PDF are separated by form feeds.
    pub text: String,
    /// How the text is written.
    pub format: Format,
    /// Whether text is missing: it is longer, reading took too long, or pages of a PDF could not be read.
    pub is_cut: bool,
}

/// How a text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Markdown, with tables.
    Markdown,
    /// Text without marks; blank lines and form feeds are between its paragraphs.
    Plain,
}

/// Why a file has no text. Each is the rest of a sentence that begins with the name of the file.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It has more than [`BYTES_MAX`](crate::BYTES_MAX) bytes.
    #[error("has more than 50 MB, which is the most that is read")]
    TooLarge,
    /// There are NULs in what should be text.
    #[error("is binary: there is no text in it")]
    Binary,
    /// A PDF that opens with a password only, or with a key that is not known.
    #[error("is encrypted: it opens with a password only")]
    Encrypted,
    /// It is not what its kind says, or breaks the rules of that kind everywhere.
    #[error("is broken, or no file of this kind: it cannot be read")]
    Broken,
    /// A PDF or a page without words.
    #[error("has no text: if it was scanned, its pages are pictures of text")]
    NoText,
    /// Reading it takes more memory than one file may take: 1 GiB.
    #[error("unfolds to more than 1 GiB: that much is not read")]
    TooMuchMemory,
    /// Reading it takes more computing time than one file may take: 20 seconds.
    #[error("takes more than 20 seconds to read: that long is not waited for")]
    TooLong,
    /// The process that reads could not be started, or did not do its work.
    #[error("cannot be read: {0}")]
    Process(io::Error),
}

/// Longest title, in characters.
const TITLE_CHARS_MAX: usize = 300;

/// A title as one line; `None` where nothing is left.
pub(crate) fn title(said: &str) -> Option<String> {
    let mut title = String::new();
    let mut room = TITLE_CHARS_MAX;
    for word in said.split(|char: char| char.is_whitespace() || char.is_control()) {
        if word.is_empty() || room == 0 {
            continue;
        }
        if !title.is_empty() {
            title.push(' ');
            room = room.saturating_sub(1);
        }
        let before = title.len();
        title.extend(word.chars().take(room));
        let taken = title.get(before..).map_or(0, |taken| taken.chars().count());
        room = room.saturating_sub(taken);
    }
    let length = title.trim_end().len();
    title.truncate(length);
    (!title.is_empty()).then_some(title)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_a_short_line() {
        assert_eq!(
            title(" The\n  frog\0s \u{a0}").as_deref(),
            Some("The frog s")
        );
        assert_eq!(title(" \n"), None);
        let long = title(&"words ".repeat(1000)).unwrap();
        assert_eq!(long.chars().count(), 299, "{long}");
        assert_eq!(title(&"é".repeat(1000)).unwrap().chars().count(), 300);
    }
}
