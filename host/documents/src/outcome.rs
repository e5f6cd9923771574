//! What the process that reads says to the one that has started it: a word, a title, and the text.

use crate::text::{Format, ReadError, Text};

/// Most bytes that stand before the text: a word, and a title of 300 characters.
pub(crate) const HEAD_BYTES_MAX: u64 = 2048;

/// Makes an error: those that hold one of the system cannot be constants.
type MakeError = fn() -> ReadError;

/// Words for the errors that a file can be told apart by. The others end the process.
const ERRORS: [(&str, MakeError); 6] = [
    ("too-large", || ReadError::TooLarge),
    ("binary", || ReadError::Binary),
    ("encrypted", || ReadError::Encrypted),
    ("broken", || ReadError::Broken),
    ("no-text", || ReadError::NoText),
    ("too-long", || ReadError::TooLong),
];

/// The outcome as the process writes it. What has no word is handed back in words of its own.
///
/// # Errors
/// What the process ends with.
pub(crate) fn written(outcome: Result<Text, ReadError>) -> Result<String, String> {
    let text = match outcome {
        Ok(text) => text,
        Err(error) => {
            let same =
                |other: &ReadError| std::mem::discriminant(other) == std::mem::discriminant(&error);
            let word = ERRORS.iter().find(|(_, of)| same(&of()));
            return word.map_or_else(
                || Err(error.to_string()),
                |(word, _)| Ok((*word).to_owned()),
            );
        }
    };
    let format = match text.format {
        Format::Markdown => "markdown",
        Format::Plain => "plain",
    };
    let cut = if text.is_cut { " cut" } else { "" };
    let title = text.title.unwrap_or_default();
    Ok(format!("{format}{cut}\n{title}\n{}", text.text))
}

/// What a process has written; `None` where that is no outcome.
pub(crate) fn read(output: Vec<u8>) -> Option<Result<Text, ReadError>> {
    let mut output = String::from_utf8(output).ok()?;
    if let Some((_, error)) = ERRORS.iter().find(|(word, _)| *word == output) {
        return Some(Err(error()));
    }
    let (word, rest) = output.split_once('\n')?;
    let (title, rest) = rest.split_once('\n')?;
    let (format, is_cut) = match word {
        "markdown" => (Format::Markdown, false),
        "markdown cut" => (Format::Markdown, true),
        "plain" => (Format::Plain, false),
        "plain cut" => (Format::Plain, true),
        _ => return None,
    };
    let title = (!title.is_empty()).then(|| title.to_owned());
    // Without a copy of what may be megabytes.
    let text = output.split_off(output.len().saturating_sub(rest.len()));
    Some(Ok(Text {
        title,
        text,
        format,
        is_cut,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for title in [None, Some("A title".to_owned())] {
            let text = Text {
                title,
                text: "one\n\ntwo\n".to_owned(),
                format: Format::Plain,
                is_cut: true,
            };
            let output = written(Ok(text.clone())).unwrap().into_bytes();
            assert_eq!(read(output).unwrap().unwrap(), text);
        }
        for (word, error) in ERRORS {
            assert_eq!(written(Err(error())).unwrap(), word);
            let back = read(word.into()).unwrap().unwrap_err();
            assert_eq!(back.to_string(), error().to_string());
        }
        assert!(read(b"thread 'main' panicked\n\n".to_vec()).is_none());
        assert!(read(b"".to_vec()).is_none());
    }
}
