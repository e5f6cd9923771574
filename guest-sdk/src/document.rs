//! Documents that a bot knows, and passages of them.

use std::fmt;

#[cfg(test)]
mod tests;

/// A document, as it is put into a collection.
///
/// ```
/// use ravenry_sdk::knowledge::Document;
///
/// let opening = Document::markdown("opening.md", "# Opening hours\n\nEvery day from 9 to 17.")
///     .from_source("https://example.org/opening");
/// let menu = Document::plain("menu.txt", "Soup\nBread").titled("The menu");
/// assert_eq!((opening.title.as_str(), menu.source.as_str()), ("", ""));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    /// What it is known by in its collection, as a path or a URL: 1 to 1,024 bytes. A document that is put in
    /// takes the place of the one that has its identifier.
    pub id: String,
    /// What a reader knows it by. Empty: what the text calls itself, by its front matter or its first heading;
    /// or else the identifier. At most 1,024 bytes.
    pub title: String,
    /// Where it is from, as a reader may look it up: a URL, the name of a file. Empty: the identifier. At most
    /// 1,024 bytes.
    pub source: String,
    /// What is in it: at most 4 MiB.
    pub text: String,
    /// How the text is written.
    pub format: Format,
}

/// How the text of a document is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Format {
    /// As Markdown: its headings are what a passage stands under.
    #[default]
    Markdown,
    /// As text without marks.
    Plain,
}

impl Format {
    /// The interface's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Markdown => "markdown",
            Self::Plain => "plain",
        }
    }
}

impl Document {
    /// A document in Markdown, with the title that it gives itself.
    pub fn markdown(id: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            text: text.into(),
            ..Self::default()
        }
    }

    /// A document in plain text. Its title is the identifier, until [`titled`](Self::titled) says otherwise.
    pub fn plain(id: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            format: Format::Plain,
            ..Self::markdown(id, text)
        }
    }

    /// Gives it this title.
    #[must_use]
    pub fn titled(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// Says where it is from.
    #[must_use]
    pub fn from_source(mut self, source: impl Into<String>) -> Self {
        self.source = source.into();
        self
    }
}

/// What is known of a document without its text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DocumentInfo {
    /// What it is known by in its collection.
    pub id: String,
    /// Its title; never empty.
    pub title: String,
    /// Where it is from; never empty.
    pub source: String,
    /// How long its text is, in bytes.
    pub bytes: u64,
}

/// A stretch of a document that was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Passage {
    /// The identifier of its document.
    pub document: String,
    /// The title of its document; never empty.
    pub title: String,
    /// Where its document is from; never empty.
    pub source: String,
    /// The titles in the document under which it stands, from the top.
    pub headings: Vec<String>,
    /// The line of the document on which it begins, from 1.
    pub first_line: u32,
    /// The line on which it ends, itself among them.
    pub last_line: u32,
    /// The passage, as it is written in the document: at most 180 words.
    pub text: String,
    /// How well it fits: more is better. Only scores of the same search can be compared.
    pub score: f64,
}

impl Passage {
    /// The title and the headings under which it stands: `Manual › Opening hours`.
    ///
    /// A document that takes its title from its first heading has it in both; here it stands once.
    pub fn path(&self) -> String {
        let headings = self.headings.iter().map(String::as_str);
        let mut path = vec![self.title.as_str()];
        path.extend(headings.filter(|heading| !heading.is_empty()));
        path.dedup();
        path.join(" › ")
    }

    /// Where it is in its document: `line 3`, or `lines 3–9`.
    pub fn lines(&self) -> String {
        if self.first_line >= self.last_line {
            return format!("line {}", self.first_line);
        }
        format!("lines {}–{}", self.first_line, self.last_line)
    }

    /// The line by which a reader finds it: `[1] Manual › Opening hours (https://example.org/manual)`.
    ///
    /// ```
    /// # use ravenry_sdk::knowledge::Passage;
    /// # let passage = Passage {
    /// #     title: "Manual".to_owned(),
    /// #     source: "manual.md".to_owned(),
    /// #     headings: vec!["Opening hours".to_owned()],
    /// #     ..Passage::default()
    /// # };
    /// assert_eq!(passage.citation(1), "[1] Manual › Opening hours (manual.md)");
    /// ```
    ///
    /// A source that is the title is left out.
    pub fn citation(&self, number: impl fmt::Display) -> String {
        let path = self.path();
        if self.source == self.title {
            return format!("[{number}] {path}");
        }
        format!("[{number}] {path} ({})", self.source)
    }
}
