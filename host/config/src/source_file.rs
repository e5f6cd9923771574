//! Text files: read with a bound, and offsets turned into lines and columns.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use toml_span::{ErrorKind, Span, Value};

use ravenry_base::report::{Place, Problem};

/// Largest file that is read as configuration: thousands of bots fit.
pub const FILE_BYTES_MAX: u64 = 1 << 20;

/// A configuration file in memory, and what is wrong with it so far.
pub struct TextFile<'t> {
    /// The path as the user gave it.
    name: String,
    text: &'t str,
    /// Where each line starts.
    lines: Vec<usize>,
    /// Whether a tenant of an operator's server wrote it.
    pub(super) is_of_tenant: bool,
    /// What was found wrong, in the order of finding.
    pub problems: Vec<Problem>,
}

impl<'t> TextFile<'t> {
    /// A file with its path as the user gave it.
    pub fn new(path: &Path, text: &'t str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let lines = std::iter::once(0)
            .chain(breaks.map(|(index, _)| index.saturating_add(1)))
            .collect();
        Self {
            name: path.display().to_string(),
            text,
            lines,
            is_of_tenant: false,
            problems: Vec::new(),
        }
    }

    /// The same, and whether a tenant of an operator's server wrote it.
    pub(super) fn of_tenant(self, is_of_tenant: bool) -> Self {
        Self {
            is_of_tenant,
            ..self
        }
    }

    /// The place where something starts. An offset behind the end is the end.
    pub fn place(&self, span: Span) -> Place {
        let offset = span.start.min(self.text.len());
        let number = self.lines.partition_point(|start| *start <= offset);
        let start = number
            .checked_sub(1)
            .and_then(|index| self.lines.get(index))
            .copied()
            .unwrap_or(0);
        let before = self
            .text
            .get(start..offset)
            .map_or(0, |text| text.chars().count());
        let narrow = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Place {
            file: self.name.clone(),
            line: narrow(number.max(1)),
            column: narrow(before.saturating_add(1)),
        }
    }

    /// Notes a problem at a place of this file.
    pub fn wrong(&mut self, span: Span, message: impl Into<String>) {
        let place = Some(self.place(span));
        self.problems.push(Problem {
            message: message.into(),
            place,
            ..Problem::default()
        });
    }

    /// Notes a problem together with what to do about it.
    pub fn wrong_but(&mut self, span: Span, message: impl Into<String>, hint: impl Into<String>) {
        let place = Some(self.place(span));
        self.problems.push(Problem {
            message: message.into(),
            place,
            hint: Some(hint.into()),
            ..Problem::default()
        });
    }

    /// Reads the file as TOML; on a mistake of syntax, notes it.
    pub fn parse(&mut self) -> Option<Value<'t>> {
        toml_span::parse(self.text)
            .map_err(|error| self.syntax(&error))
            .ok()
    }

    /// Whether it is a date or a time that the parser stopped at. TOML has them; the parser does not.
    fn is_date(&self, error: &toml_span::Error) -> bool {
        let is_part = |c: char| c.is_ascii_digit() || matches!(c, '-' | ':');
        let (before, after) = self
            .text
            .split_at_checked(error.span.start)
            .unwrap_or_default();
        let begun = before.trim_end_matches(is_part).len();
        let value = before.get(begun..).unwrap_or_default().chars();
        let value: String = value
            .chain(after.chars().take_while(|c| is_part(*c)))
            .map(|c| if c.is_ascii_digit() { '0' } else { c })
            .collect();
        matches!(
            error.kind,
            ErrorKind::InvalidNumber | ErrorKind::Wanted { .. }
        ) && (value.starts_with("0000-00-00") || value.starts_with("00:00"))
    }

    /// A mistake of syntax. The parser stops at the first, so there is one at a time.
    fn syntax(&mut self, error: &toml_span::Error) {
        if self.is_date(error) {
            let message = "a date or a time stands here, and no setting takes one";
            return self.wrong_but(error.span, message, "put it between quotes");
        }
        let cause = match &error.kind {
            // A name may be a key that was pasted into the wrong place.
            ErrorKind::DuplicateKey { key: name, .. } | ErrorKind::DuplicateTable { name, .. }
                if nameable(name).is_none() =>
            {
                "a name stands there twice".to_owned()
            }
            ErrorKind::DuplicateKey { key: name, first }
            | ErrorKind::DuplicateTable { name, first } => {
                let Place { line, column, .. } = self.place(*first);
                format!(
                    "`{}` stands there twice, first at {line}:{column}",
                    excerpt(name)
                )
            }
            ErrorKind::UnquotedString => "the text has no quotes around it".to_owned(),
            ErrorKind::UnexpectedEof => "the file ends in the middle".to_owned(),
            _ => error.to_string(),
        };
        let place = Some(self.place(error.span));
        let message = format!("`{}` is not valid TOML", self.name);
        self.problems.push(Problem {
            message,
            causes: vec![cause],
            place,
            ..Problem::default()
        });
    }
}

/// A file that cannot be read; `named_at` is where another one names it.
pub(super) fn unreadable(path: &Path, error: &io::Error, named_at: Option<&Place>) -> Problem {
    Problem {
        message: format!("`{}` cannot be read", path.display()),
        causes: vec![error.to_string()],
        place: named_at.cloned(),
        hint: None,
    }
}

/// Reads a text file of at most `bytes_max` bytes.
///
/// Only regular files: a pipe would hold the start up for as long as its writer likes.
pub fn read(path: &Path, bytes_max: u64) -> io::Result<String> {
    if !path.metadata()?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    let mut bytes = Vec::new();
    File::open(path)?
        .take(bytes_max.saturating_add(1))
        .read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length <= bytes_max) {
        text(bytes)
    } else {
        Err(io::Error::other(format!(
            "it has more than {bytes_max} bytes"
        )))
    }
}

/// Bytes as text; or where they are none.
fn text(bytes: Vec<u8>) -> io::Result<String> {
    String::from_utf8(bytes).map_err(|error| {
        let end = error.utf8_error().valid_up_to();
        let good = String::from_utf8_lossy(error.as_bytes().get(..end).unwrap_or_default());
        let Place { line, column, .. } =
            TextFile::new(Path::new(""), &good).place(Span::new(end, end));
        io::Error::other(format!("it is not UTF-8 at line {line}, column {column}"))
    })
}

/// Most characters of others' text inside a sentence of ours.
const EXCERPT_CHARS_MAX: usize = 64;

/// The beginning of a text that is not ours, short enough for a sentence.
pub fn excerpt(text: &str) -> String {
    let mut short: String = text.chars().take(EXCERPT_CHARS_MAX).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// The text, if it is plainly the name of a variable, a file or a setting; `None` if it may be a
/// key that was pasted where its name belongs.
///
/// Keys are of one piece, and long or with digits; names are short, or have separators.
pub fn nameable(text: &str) -> Option<&str> {
    let one_piece = !text.contains(['/', '.', '_', '\\', ' ']);
    let digits = text.bytes().any(|byte| byte.is_ascii_digit());
    let long = text.len() > 24 || text.len() >= 8 && digits;
    if one_piece && long || text.len() > 256 {
        None
    } else {
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_lines_and_characters_from_one() {
        let file = TextFile::new(Path::new("a.toml"), "ab\nä€x\n\nlast");
        for (offset, line, column) in [
            (0, 1, 1),
            (2, 1, 3),
            (3, 2, 1),
            (8, 2, 3),
            (10, 3, 1),
            (11, 4, 1),
            (99, 4, 5),
        ] {
            let place = file.place(Span::new(offset, offset));
            assert_eq!(
                (place.line, place.column),
                (line, column),
                "offset {offset}"
            );
        }
    }

    /// What may be a key that stands in the wrong place is not repeated by an error.
    #[test]
    fn keys_are_told_from_names() {
        for name in [
            "CAT_ACCESS_KEY",
            "cat_key_2",
            "KEY",
            "HOME",
            "keys/cat",
            "cat.key",
            "/run/secrets/Xy12Zw34Ab",
            "memmory",
        ] {
            assert_eq!(nameable(name), Some(name));
        }
        for key in [
            "Xy12Zw34Ab56Cd78Ef90Gh12Ij34Kl56",
            "sk-live-abc123",
            "abcdefghijklmnopqrstuvwxyz",
            "deadbeef01234567",
        ] {
            assert_eq!(nameable(key), None, "{key} was taken for a name");
        }
    }

    #[test]
    fn a_date_is_no_mistake_of_syntax() {
        for value in [
            "1979-05-27",
            "1979-05-27T07:32:00Z",
            "1979-05-27 07:32:00.5",
            "1979-05-27T00:32:00-07:00",
            "07:32:00",
            "17:32:00.999",
            "[ 2025-01-01 ]",
        ] {
            let text = format!("\na = {value}\n");
            let mut file = TextFile::new(Path::new("a.toml"), &text);
            assert!(file.parse().is_none());
            let problem = file.problems.pop().unwrap();
            assert!(problem.message.contains("date"), "{value}: {problem}");
            assert_eq!(problem.place.unwrap().line, 2);
        }
        for value in ["1979-05", "0-0", "1:2", "-", "1979_05-27"] {
            let text = format!("a = {value}");
            let mut file = TextFile::new(Path::new("a.toml"), &text);
            assert!(file.parse().is_none());
            let problem = file.problems.pop().unwrap();
            assert!(problem.message.contains("not valid TOML"), "{problem}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_have_a_place() {
        let wrong = text(b"a = 1\n\xc3\xa9 = \xff".to_vec()).unwrap_err();
        assert_eq!(wrong.to_string(), "it is not UTF-8 at line 2, column 5");
        assert_eq!(text("é".into()).unwrap(), "é");
    }

    #[test]
    fn excerpts_are_short() {
        assert_eq!(excerpt("short"), "short");
        assert_eq!(excerpt(&"ä".repeat(65)), format!("{}…", "ä".repeat(64)));
    }
}
