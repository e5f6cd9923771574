//! Log lines that are safe to look at: nothing that a bot or a client wrote is obeyed by a terminal, turns the
//! direction of a line, or is there without being seen.
//!
//! Here, because every line passes: the code that logs does not have to know whose words it repeats.

use std::{
    borrow::Cow,
    io::{self, Write},
    str,
};

use tracing::Metadata;
use tracing_subscriber::fmt::MakeWriter;

use ravenry_protocol::shown;

/// What lines are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// For people, in colours that the formatter adds itself; it escapes those of others.
    Colours,
    /// For people.
    Text,
    /// JSON: the escape is that of JSON, so that a reader of the value has what was written.
    Json,
}

/// Where lines go once they may be shown.
#[derive(Debug)]
pub(super) struct EscapedWriter<M> {
    to: M,
    form: Form,
}

impl<M> EscapedWriter<M> {
    pub(super) fn new(to: M, form: Form) -> Self {
        Self { to, form }
    }

    fn line<W>(&self, to: W) -> Line<W> {
        let form = self.form;
        Line { to, form }
    }
}

impl<'a, M: MakeWriter<'a>> MakeWriter<'a> for EscapedWriter<M> {
    type Writer = Line<M::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        self.line(self.to.make_writer())
    }

    fn make_writer_for(&'a self, about: &Metadata<'_>) -> Self::Writer {
        self.line(self.to.make_writer_for(about))
    }
}

/// Where one line goes.
#[derive(Debug)]
pub(super) struct Line<W> {
    to: W,
    form: Form,
}

impl<W: Write> Write for Line<W> {
    /// Takes a whole line: so they come from `tracing_subscriber`.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.to.write_all(&self.form.shown(line))?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

impl Form {
    /// A line, with its break at the end, as it may be shown.
    fn shown(self, line: &[u8]) -> Cow<'_, [u8]> {
        let body = line.strip_suffix(b"\n").unwrap_or(line);
        // Nearly all of them: a look at 400 bytes costs less than a tenth of a microsecond.
        if body.iter().all(|byte| matches!(byte, b' '..=b'~')) {
            return Cow::Borrowed(line);
        }
        let Ok(text) = str::from_utf8(body) else {
            return Cow::Borrowed(line);
        };
        let shown = match self {
            Self::Json => shown::json(text),
            Self::Colours | Self::Text => self.record(text),
        };
        let end = line.get(body.len()..).unwrap_or_default();
        Cow::Owned([shown.as_bytes(), end].concat())
    }

    /// A record for people. What goes on in another line is indented, so that it cannot be taken for a record.
    fn record(self, text: &str) -> String {
        let mut record = String::with_capacity(text.len().saturating_add(64));
        for (number, line) in text.split('\n').enumerate() {
            if number > 0 {
                record.push_str(if line.starts_with("  ") { "\n" } else { "\n  " });
            }
            for (character, is_escaped) in shown::seen(line) {
                match character {
                    '\t' => record.push(character),
                    '\u{1b}' if self == Self::Colours => record.push(character),
                    _ if is_escaped => record.extend(character.escape_unicode()),
                    _ => record.push(character),
                }
            }
        }
        record
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(form: Form, line: &str) -> String {
        String::from_utf8(form.shown(line.as_bytes()).into_owned()).unwrap()
    }

    #[test]
    fn what_is_harmless_is_left_as_it_is() {
        for form in [Form::Colours, Form::Text, Form::Json] {
            for line in ["", "\n", "a line\n", "世界 👩\u{200d}👧 é\n", "no end"] {
                assert_eq!(shown(form, line), line);
            }
        }
        let colours = "\u{1b}[33m WARN\u{1b}[0m\ta\n";
        assert_eq!(shown(Form::Colours, colours), colours);
    }

    /// One record stays one, and one line of a text.
    #[test]
    fn what_is_hidden_is_shown() {
        let line = "a\u{202e}b\u{200b}\u{2028}\u{e0001}c\u{9b}\r\n";
        let people = "a\\u{202e}b\\u{200b}\\u{2028}\\u{e0001}c\\u{9b}\\u{d}\n";
        assert_eq!(shown(Form::Text, line), people);
        assert_eq!(shown(Form::Colours, line), people);
        assert_eq!(shown(Form::Text, "\u{1b}[2J\n"), "\\u{1b}[2J\n");
        let forged = "first\nWARN forged\n  indented\n";
        assert_eq!(
            shown(Form::Text, forged),
            "first\n  WARN forged\n  indented\n"
        );
    }

    /// A reader of the JSON has the value as it was.
    #[test]
    fn a_value_of_json_stays_what_it_is() {
        let value = "a\u{202e}\u{7f}\u{2028}\u{feff}\u{e0001}\n\u{1b}\"\\é";
        let line = format!("{}\n", serde_json::json!({ "message": value }));
        let shown = shown(Form::Json, &line);
        assert!(
            !shown::seen(shown.trim_end()).any(|(_, is_escaped)| is_escaped),
            "{shown}"
        );
        assert!(shown.ends_with("}\n"), "{shown}");
        let read: serde_json::Value = serde_json::from_str(&shown).unwrap();
        assert_eq!(read["message"], value);
    }
}
