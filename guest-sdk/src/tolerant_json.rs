//! JSON as others write it, read as near as it can be.

use serde::de::DeserializeOwned;

/// Reads JSON. Where it cannot be read, halves of surrogate pairs (`"\ud83d"`) are taken for U+FFFD:
/// programs that cut a text in the middle of a character write them. The complaint is that about the
/// text as it came.
pub(crate) fn read_json<T: DeserializeOwned>(bytes: &[u8]) -> serde_json::Result<T> {
    serde_json::from_slice(bytes)
        .or_else(|error| serde_json::from_slice(&whole(bytes.to_vec())).map_err(|_| error))
}

/// The text, with halves of surrogate pairs overwritten.
fn whole(mut bytes: Vec<u8>) -> Vec<u8> {
    let mut at = 0_usize;
    while let Some(rest) = bytes.get_mut(at..) {
        // A backslash stands in strings only. It takes one character at least.
        let Some(found) = rest.iter().position(|byte| *byte == b'\\') else {
            break;
        };
        let rest = rest.get_mut(found..).unwrap_or_default();
        let taken = match unit(rest) {
            Some(0xd800..0xdc00)
                if matches!(rest.get(6..).and_then(unit), Some(0xdc00..0xe000)) =>
            {
                12
            }
            Some(0xd800..0xe000) => {
                if let Some(digits) = rest.get_mut(2..6) {
                    digits.copy_from_slice(b"fffd");
                }
                6
            }
            _ => 2,
        };
        at = at.saturating_add(found).saturating_add(taken);
    }
    bytes
}

/// The UTF-16 code unit that is escaped at the beginning.
fn unit(bytes: &[u8]) -> Option<u16> {
    let digits = std::str::from_utf8(bytes.strip_prefix(b"\\u")?.get(..4)?).ok()?;
    let hexadecimal = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    hexadecimal.then(|| u16::from_str_radix(digits, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn half_a_character_is_one_that_was_lost() {
        for (json, expected) in [
            (r#""\ud83d""#, Some("\u{fffd}")),
            (
                r#""a\ud83d\ud83d\ude00\uDE00\\ud83d""#,
                Some("a\u{fffd}😀\u{fffd}\\ud83d"),
            ),
            (r#""\ud83""#, None),
            (r#""\ud83d"#, None),
            ("", None),
        ] {
            let read = read_json::<Value>(json.as_bytes()).ok();
            assert_eq!(read, expected.map(Value::from), "{json}");
        }
    }
}
