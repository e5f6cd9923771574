//! JSON values as TOML, and back: one line where that can be read, several where not.

use std::fmt::Write as _;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value};
use toml_span::value::ValueInner;

use ravenry_protocol::shown::seen;

/// Longest list that stands on one line, in characters.
const LINE_MAX: usize = 90;

/// Longest text of several lines that stands on one, in bytes.
const SHORT_MAX: usize = 40;

/// A value in TOML; `None` where TOML has nothing for it, as for `null`.
///
/// `indent` is how far the line is indented on which it begins.
pub(super) fn toml(value: &Value, indent: usize) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => Some(whole.to_string()),
            // A whole number that is too large would lose digits as a decimal one.
            None if number.is_u64() => None,
            None => {
                let text = number.to_string();
                let is_decimal = text.contains(['.', 'e', 'E']);
                Some(if is_decimal { text } else { text + ".0" })
            }
        },
        Value::String(text) => Some(quoted(text)),
        Value::Array(items) => {
            let parts: Option<Vec<_>> = items
                .iter()
                .map(|item| toml(item, indent.saturating_add(2)))
                .collect();
            Some(list(&parts?, indent, false))
        }
        Value::Object(members) => {
            let parts: Option<Vec<_>> = members
                .iter()
                .map(|(name, value)| Some(format!("{} = {}", key(name), toml(value, indent)?)))
                .collect();
            let parts = parts?;
            Some(if parts.is_empty() {
                "{}".to_owned()
            } else {
                format!("{{ {} }}", parts.join(", "))
            })
        }
    }
}

/// A list of what is TOML already; on several lines if `long`, or where one would be too long.
pub(super) fn list(parts: &[String], indent: usize, long: bool) -> String {
    let length: usize = parts.iter().map(|part| part.len().saturating_add(2)).sum();
    let broken = parts.iter().any(|part| part.contains('\n'));
    if parts.is_empty() || !(long || broken || length > LINE_MAX) {
        return format!("[{}]", parts.join(", "));
    }
    let margin = " ".repeat(indent);
    let lines: Vec<_> = parts
        .iter()
        .map(|part| format!("{margin}  {part},\n"))
        .collect();
    format!("[\n{}{margin}]", lines.concat())
}

/// A key, in quotes where it needs them.
pub(super) fn key(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if !name.is_empty() && name.bytes().all(plain) {
        name.to_owned()
    } else {
        escaped(name)
    }
}

/// A text in the quotes that show it best: on several lines where it has some, as it is where that is
/// possible, else with escapes.
pub(super) fn quoted(text: &str) -> String {
    let literal = seen(text).all(|(c, is_escaped)| !is_escaped || matches!(c, '\n' | '\t'));
    // Editors cut blanks at the end of a line, and a quote there would become one of the closing ones.
    let safe = !text.contains("'''")
        && !text.ends_with('\'')
        && !text.lines().any(|line| line.ends_with([' ', '\t']));
    let lines = text.trim_matches('\n').lines().count();
    if literal && safe && lines > 1 && text.len() > SHORT_MAX {
        return format!("'''\n{text}'''");
    }
    if literal && text.contains(['"', '\\']) && !text.contains(['\'', '\n', '\t']) {
        return format!("'{text}'");
    }
    escaped(text)
}

fn escaped(text: &str) -> String {
    let mut out = String::from("\"");
    for (character, is_escaped) in seen(text) {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            odd if is_escaped => {
                // A `String` takes all that is written.
                let _ = match u32::from(odd) {
                    code @ ..=0xffff => write!(out, "\\u{code:04X}"),
                    code => write!(out, "\\U{code:08X}"),
                };
            }
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

/// A value that was read, as JSON.
pub(super) fn json(mut value: toml_span::Value<'_>) -> Value {
    match value.take() {
        ValueInner::String(text) => Value::String(text.into_owned()),
        ValueInner::Integer(number) => number.into(),
        ValueInner::Float(number) => number.into(),
        ValueInner::Boolean(truth) => truth.into(),
        ValueInner::Array(items) => items.into_iter().map(json).collect(),
        ValueInner::Table(table) => {
            let mut entries: Vec<_> = table.into_iter().collect();
            entries.sort_by_key(|(key, _)| key.span.start);
            let members = entries
                .into_iter()
                .map(|(key, value)| (key.name.into_owned(), json(value)));
            Value::Object(members.collect())
        }
    }
}

/// The value without what means nothing: members that are `null`.
pub(super) fn without_nulls(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(without_nulls).collect(),
        Value::Object(members) => {
            let kept = members
                .into_iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(name, value)| (name, without_nulls(value)));
            Value::Object(kept.collect())
        }
        other => other,
    }
}

/// The members of an object that say something: neither nothing nor nothing but emptiness.
pub(super) fn saying(members: Map<String, Value>) -> Map<String, Value> {
    let says = |value: &Value| match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
        Value::Bool(truth) => *truth,
        Value::Number(_) => true,
    };
    let kept = members.into_iter().filter(|(_, value)| says(value));
    kept.map(|(name, value)| (name, without_nulls(value)))
        .collect()
}

/// Bytes as a file holds them: text under `body`, what is none under `base64`.
pub(super) fn bytes(bytes: &[u8]) -> (&'static str, String) {
    match std::str::from_utf8(bytes) {
        Ok(text) => ("body", text.to_owned()),
        Err(_) => ("base64", STANDARD.encode(bytes)),
    }
}

/// What `base64` holds.
pub(super) fn decoded(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What is written is read as the same, whatever is in it.
    #[test]
    fn every_value_that_toml_has_comes_back() {
        for value in [
            json!("plain"),
            json!("with 'single' quotes"),
            json!("with \"double\" and \\ back"),
            json!("lines\nof \"text\" that are too long to be read when they stand on one\n"),
            json!("\n\nblank lines around others, and an end\nof several of them\n\n\n"),
            json!("blanks at the end of a line that nobody sees  \nand more of it"),
            json!("\nfirst line empty\nx"),
            json!("ends with a quote\nx'"),
            json!("three ''' quotes\nx"),
            json!("\u{1}\u{7f}\u{202e}\u{200b}\u{2800}\u{e0041}\r\n\t ä🐈"),
            json!(""),
            json!([1, -2, 2.5, 1e300, true, "x", [], {}]),
            json!({"a b": 1, "": 2, "ä": {"deep": ["x".repeat(100), "y\nz\nw"]}}),
        ] {
            let text = format!("value = {}", toml(&value, 0).unwrap());
            let parsed = toml_span::parse(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(json(parsed)["value"], value, "{text}");
        }
    }

    #[test]
    fn what_toml_does_not_have_is_none() {
        for value in [json!(null), json!([null]), json!(u64::MAX)] {
            assert_eq!(toml(&value, 0), None);
        }
    }

    #[test]
    fn bytes_are_text_where_they_are() {
        assert_eq!(bytes(b"abc"), ("body", "abc".to_owned()));
        let (name, text) = bytes(&[0xff, 0]);
        assert_eq!((name, decoded(&text)), ("base64", Some(vec![0xff, 0])));
    }
}
