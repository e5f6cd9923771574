//! JSON texts whose grammar is right, but which say what is no value: half of a surrogate pair
//! (`"\ud83d"`), which programs send that cut a text in the middle of a character, and numbers beyond
//! the range of a double (`1e400`), which other parsers take for infinite.
//!
//! Half a pair becomes U+FFFD, and such a number `1e308` with its sign. Both are overwritten, so that
//! every place in the text stays true. This is done only to a text that could not be read without it.

use serde::de::{DeserializeOwned, IgnoredAny};

/// Reads one JSON text, mended where it has to be. The complaint is that about the text as it came.
///
/// # Errors
/// Where it is no JSON text of that type.
pub fn read<T: DeserializeOwned>(text: &str) -> serde_json::Result<T> {
    serde_json::from_str(text)
        .or_else(|error| serde_json::from_str(&text_of(text.to_owned())).map_err(|_| error))
}

/// The same for bytes.
///
/// # Errors
/// Where they are no JSON text of that type.
pub fn read_bytes<T: DeserializeOwned>(bytes: &[u8]) -> serde_json::Result<T> {
    match std::str::from_utf8(bytes) {
        Ok(text) => read(text),
        Err(_) => serde_json::from_slice(bytes),
    }
}

/// The text, mended.
pub(super) fn text_of(text: String) -> String {
    let mut bytes = text.into_bytes();
    let (mut at, mut in_string) = (0_usize, false);
    while let Some(&byte) = bytes.get(at) {
        let taken = match byte {
            b'"' => {
                in_string = !in_string;
                1
            }
            b'\\' if in_string => escape(bytes.get_mut(at..).unwrap_or_default()),
            b'-' | b'0'..=b'9' if !in_string => number(bytes.get_mut(at..).unwrap_or_default()),
            _ => 1,
        };
        at = at.saturating_add(taken);
    }
    // Only ASCII was put in the place of ASCII.
    String::from_utf8(bytes).unwrap_or_default()
}

/// Mends the escape at the beginning; how many bytes it has.
fn escape(bytes: &mut [u8]) -> usize {
    match unit(bytes) {
        Some(0xd800..0xdc00) if matches!(bytes.get(6..).and_then(unit), Some(0xdc00..0xe000)) => 12,
        Some(0xd800..0xe000) => {
            if let Some(digits) = bytes.get_mut(2..6) {
                digits.copy_from_slice(b"fffd");
            }
            6
        }
        _ => 2,
    }
}

/// The UTF-16 code unit that is escaped at the beginning.
fn unit(bytes: &[u8]) -> Option<u16> {
    let digits = bytes.strip_prefix(b"\\u")?.get(..4)?;
    digits.iter().try_fold(0_u16, |unit, digit| {
        let digit = char::from(*digit).to_digit(16)?;
        unit.checked_mul(16)?
            .checked_add(u16::try_from(digit).ok()?)
    })
}

/// Mends the number at the beginning; how many bytes it has.
fn number(bytes: &mut [u8]) -> usize {
    let is_part = |byte: &u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
    let length = bytes.iter().take_while(|byte| is_part(byte)).count();
    let Some(number) = bytes.get_mut(..length) else {
        return 1;
    };
    if is_beyond(number) {
        let digits = usize::from(number.first() == Some(&b'-'));
        for (place, byte) in number.iter_mut().skip(digits).enumerate() {
            *byte = b"1e308".get(place).copied().unwrap_or(b' ');
        }
    }
    length.max(1)
}

/// Whether this is a number as JSON writes it, and too large for a double. None has less than the five
/// digits of `1e309`.
fn is_beyond(number: &[u8]) -> bool {
    let value = std::str::from_utf8(number)
        .ok()
        .and_then(|number| number.parse::<f64>().ok());
    value.is_some_and(f64::is_infinite) && serde_json::from_slice::<IgnoredAny>(number).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    #[test]
    fn half_a_pair_becomes_the_replacement_character() {
        let rows = [
            (r#""\ud83d""#, "\u{fffd}"),
            (r#""\uDE00!""#, "\u{fffd}!"),
            (r#""a\ud83d\ud83d\ude00b""#, "a\u{fffd}😀b"),
            (r#""\ude00\ud83d""#, "\u{fffd}\u{fffd}"),
            (r#""\ud83d\n\ud83dx""#, "\u{fffd}\n\u{fffd}x"),
            (r#""\\\ud83d""#, "\\\u{fffd}"),
            (r#""\ud83d\\ude00""#, "\u{fffd}\\ude00"),
        ];
        for (text, expected) in rows {
            assert_eq!(read::<Value>(text).unwrap(), json!(expected), "{text}");
        }
        let members = read::<Value>(r#"{"\ud83d": ["\ude00"]}"#).unwrap();
        assert_eq!(members, json!({ "\u{fffd}": ["\u{fffd}"] }));
    }

    #[test]
    fn a_number_out_of_range_is_a_large_one() {
        let digits = "9".repeat(400);
        for (text, expected) in [
            ("1e400", 1e308),
            ("-9e308", -1e308),
            ("1.5E+999", 1e308),
            (&digits, 1e308),
        ] {
            assert_eq!(read::<Value>(text).unwrap(), json!(expected), "{text}");
        }
        let both = r#"{"1e400": "1e400", "x": [1e400, 1e-400]}"#;
        let expected = json!({ "1e400": "1e400", "x": [1e308, 0.0] });
        assert_eq!(read::<Value>(both).unwrap(), expected);
    }

    #[test]
    fn what_is_no_json_stays_so() {
        for text in [
            "",
            "01e400",
            "1e400x",
            r#""\ud83"#,
            r#""\ud83g""#,
            r#""\x""#,
            "\"a\n\"",
            "[1e400,]",
        ] {
            assert!(read::<Value>(text).is_err(), "{text}");
        }
    }

    proptest! {
        /// What can be read without mending is not changed by it; nothing changes its length.
        #[test]
        fn good_texts_are_left_alone(text in r#"("[^"\\]*(\\u[0-9a-fA-F]{4}|\\\\|\\")*"|-?[0-9]{1,3}e-?[0-9]{1,3}|[ ,\[\]])*"#) {
            let mended = text_of(text.clone());
            prop_assert_eq!(mended.len(), text.len());
            if serde_json::from_str::<Value>(&text).is_ok() {
                prop_assert_eq!(mended, text);
            }
        }
    }
}
