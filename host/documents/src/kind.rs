//! The kinds of files, and how they are told from each other.

use std::str::FromStr;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Markdown, taken as it stands.
    Markdown,
    /// HTML, which becomes Markdown.
    Html,
    /// PDF, of which plain text is taken.
    Pdf,
    /// Any other text, taken as it stands.
    Plain,
}

/// There is no kind of this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a kind is `markdown`, `html`, `pdf` or `plain`")]
pub struct UnknownKind;

impl Kind {
    /// The kind of a file with this name, by its end; `None` where no text is known to be in such files.
    pub fn of_name(file_name: &str) -> Option<Self> {
        let (_, end) = file_name.rsplit_once('.')?;
        match end.to_ascii_lowercase().as_str() {
            "md" | "markdown" => Some(Self::Markdown),
            "html" | "htm" | "xhtml" => Some(Self::Html),
            "pdf" => Some(Self::Pdf),
            "txt" | "rst" | "adoc" | "csv" | "org" | "log" => Some(Self::Plain),
            _ => None,
        }
    }

    /// The kind of a file with this media type, whatever its parameters; `None` where no text is known to be in such
    /// files.
    pub fn of_media_type(media_type: &str) -> Option<Self> {
        let name = media_type.split(';').next()?.trim().to_ascii_lowercase();
        match name.as_str() {
            "text/markdown" | "text/x-markdown" => Some(Self::Markdown),
            "text/html" | "application/xhtml+xml" => Some(Self::Html),
            "application/pdf" => Some(Self::Pdf),
            other => other.starts_with("text/").then_some(Self::Plain),
        }
    }

    /// Its name, as [`FromStr`] reads it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Markdown => "markdown",
            Self::Html => "html",
            Self::Pdf => "pdf",
            Self::Plain => "plain",
        }
    }
}

impl FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(name: &str) -> Result<Self, UnknownKind> {
        let all = [Self::Markdown, Self::Html, Self::Pdf, Self::Plain];
        let found = all.into_iter().find(|kind| kind.name() == name);
        found.ok_or(UnknownKind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_known_by_names_and_media_types() {
        for (name, kind) in [
            ("README.md", Some(Kind::Markdown)),
            ("a.b.MarkDown", Some(Kind::Markdown)),
            ("INDEX.HTM", Some(Kind::Html)),
            ("a.xhtml", Some(Kind::Html)),
            ("a.Pdf", Some(Kind::Pdf)),
            ("notes.org", Some(Kind::Plain)),
            ("table.csv", Some(Kind::Plain)),
            ("cat.png", None),
            ("pdf", None),
            ("", None),
        ] {
            assert_eq!(Kind::of_name(name), kind, "{name}");
        }
        for (media_type, kind) in [
            ("Text/HTML; charset=utf-8", Some(Kind::Html)),
            ("application/pdf", Some(Kind::Pdf)),
            ("text/markdown", Some(Kind::Markdown)),
            ("text/csv", Some(Kind::Plain)),
            ("image/png", None),
            ("application/octet-stream", None),
        ] {
            assert_eq!(Kind::of_media_type(media_type), kind, "{media_type}");
        }
        assert_eq!("pdf".parse(), Ok(Kind::Pdf));
        assert_eq!("PDF".parse::<Kind>(), Err(UnknownKind));
    }
}
