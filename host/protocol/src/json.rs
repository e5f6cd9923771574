//! Untrusted JSON texts, read within bounds, and words for what was found in them.

use serde_json::Value;

use super::mend;
use crate::shown::Escaped;

/// Most values (scalars, arrays and objects, at any depth) that one JSON text may hold.
///
/// A value costs about a hundred bytes of memory once read, but only two bytes to send, so a bound
/// on bytes alone would be no bound on memory. Poe may cut a history at 1,000 messages
/// (specification of 2024 to 2026); this leaves room for 40,000 with a dozen fields each, and keeps
/// the worst body at about 150 MB while it is read.
pub const VALUES_MAX: usize = 500_000;

/// Most characters of an untrusted text that a message of ours repeats.
const SHOWN_CHARS_MAX: usize = 40;

/// Why a text is not JSON that we read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum JsonFault {
    /// Not JSON, or nested deeper than 127 levels. `what` never repeats the input.
    Syntax {
        line: usize,
        column: usize,
        what: String,
    },
    /// More than [`VALUES_MAX`] values.
    TooMany,
}

/// Reads one JSON text, [mended](mend) where it has to be. Of members with the same name, the last one
/// counts.
pub(super) fn parse(text: &str) -> Result<Value, JsonFault> {
    strict(text).or_else(|fault| match fault {
        JsonFault::Syntax { .. } => strict(&mend::text_of(text.to_owned())).map_err(|_| fault),
        JsonFault::TooMany => Err(fault),
    })
}

/// Reads one JSON text as it is.
pub(super) fn strict(text: &str) -> Result<Value, JsonFault> {
    if !is_within_bounds(text) {
        return Err(JsonFault::TooMany);
    }
    serde_json::from_str(text).map_err(|error| JsonFault::Syntax {
        line: error.line(),
        column: error.column(),
        what: without_place(&error),
    })
}

/// Whether a text surely holds no more than [`VALUES_MAX`] values.
pub(super) fn is_within_bounds(text: &str) -> bool {
    values_at_most(text) <= VALUES_MAX
}

/// An upper bound of the number of values in `text`, exact where it matters.
fn values_at_most(text: &str) -> usize {
    // A value and what parts it from the next take two bytes at least. So nothing is counted in
    // texts of the usual size.
    if text.len() / 2 < VALUES_MAX {
        return 0;
    }
    let mut count: usize = 1;
    let mut in_string = false;
    let mut escaped = false;
    for byte in text.bytes() {
        if escaped {
            escaped = false;
            continue;
        }
        match byte {
            b'\\' => escaped = in_string,
            b'"' => in_string = !in_string,
            b',' | b'[' | b'{' if !in_string => count = count.saturating_add(1),
            _ => {}
        }
    }
    count
}

/// The parser's words without its " at line 1 column 2", which are fields of ours.
fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let what = text
        .rsplit_once(" at line ")
        .map_or(text.as_str(), |(what, _)| what);
    if what == "recursion limit exceeded" {
        return "arrays and objects are nested more than 127 deep".to_owned();
    }
    what.to_owned()
}

/// What a value is, with its article, for "… should be a string, but is a number".
pub fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// An untrusted text as our messages repeat it: cut at 40 characters, on one line, without what is hidden.
pub(super) fn shown(text: &str) -> String {
    let (kept, dots) = match text.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((at, _)) => (text.get(..at).unwrap_or_default(), "..."),
        None => (text, ""),
    };
    format!("{}{dots}", Escaped(kept))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sixteen megabytes of `[0,0,0,…]` would take a gigabyte as values; it is refused unread.
    #[test]
    fn many_small_values_are_refused_before_they_are_read() {
        let fits = format!("[{}0]", "0,".repeat(VALUES_MAX - 2));
        let passes = format!("[{}0]", "0,".repeat(VALUES_MAX - 1));
        assert!(parse(&fits).is_ok());
        assert_eq!(parse(&passes), Err(JsonFault::TooMany));
    }

    /// A long text full of commas, quotes and brackets is one value.
    #[test]
    fn what_stands_in_strings_is_not_counted() {
        let text = format!("\"{}\"", r#",[{\"\\"#.repeat(VALUES_MAX));
        assert!(parse(&text).is_ok());
    }

    #[test]
    fn nesting_stops_at_127() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse(&nested(127)).is_ok());
        assert_eq!(
            parse(&nested(128)),
            Err(JsonFault::Syntax {
                line: 1,
                column: 128,
                what: "arrays and objects are nested more than 127 deep".to_owned()
            })
        );
    }

    #[test]
    fn repeated_text_is_short_and_harmless() {
        assert_eq!(shown("a\n\u{202e}\t\0"), r"a\n\u{202e}\t\u{0}");
        assert_eq!(shown("é 🐈\u{200d}⬛ \""), "é 🐈\u{200d}⬛ \"");
        assert_eq!(shown(&"x".repeat(41)), format!("{}...", "x".repeat(40)));
        assert_eq!(shown(&"x".repeat(40)), "x".repeat(40));
    }
}
