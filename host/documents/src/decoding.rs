//! Bytes as text: in UTF-8, in UTF-16 with its mark, in the encoding that a page names, or in windows-1252.
//!
//! Which it is follows the order of the WHATWG Encoding Standard: a byte order mark, what the text says of itself, what
//! its bytes look like.

use std::borrow::Cow;

use encoding_rs::{Encoding, REPLACEMENT, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use crate::text::ReadError;

/// The text that the bytes mean, of which at most so many bytes are wanted, and whether there is more of it. What has no
/// meaning becomes U+FFFD.
///
/// # Errors
/// [`ReadError::Binary`]: there are NULs in it.
pub(crate) fn decode(bytes: &[u8], bytes_max: usize) -> Result<(String, bool), ReadError> {
    decode_as(None, bytes, bytes_max)
}

/// The same of a text that says how it is encoded, which counts unless a byte order mark says something else.
///
/// # Errors
/// As those of [`decode`].
pub(crate) fn decode_as(
    declared: Option<&'static Encoding>,
    bytes: &[u8],
    bytes_max: usize,
) -> Result<(String, bool), ReadError> {
    let (encoding, bytes) = match Encoding::for_bom(bytes) {
        Some((encoding, mark)) => (Some(encoding), bytes.get(mark..).unwrap_or_default()),
        // What cannot be decoded at all is better guessed.
        None => (declared.filter(|known| *known != REPLACEMENT), bytes),
    };
    // In no other encoding is a NUL a part of a character.
    if !encoding.is_some_and(is_utf16) && bytes.contains(&0) {
        return Err(ReadError::Binary);
    }
    let bytes = wanted(encoding, bytes, bytes_max);
    let encoding = encoding.unwrap_or_else(|| guessed(bytes));
    let (text, _) = encoding.decode_without_bom_handling(bytes);
    if text.contains('\0') {
        return Err(ReadError::Binary);
    }
    let is_cut = text.len() > bytes_max;
    let mut text = match text {
        Cow::Borrowed(text) => {
            // Copied as far as it is wanted.
            let end = text.floor_char_boundary(bytes_max);
            text.get(..end).unwrap_or_default().to_owned()
        }
        Cow::Owned(text) => text,
    };
    text.truncate(text.floor_char_boundary(bytes_max));
    Ok((text, is_cut))
}

/// Whether its units have two bytes.
pub(crate) fn is_utf16(encoding: &'static Encoding) -> bool {
    encoding == UTF_16LE || encoding == UTF_16BE
}

/// As much of the bytes as more text than is wanted comes of, and no less.
fn wanted<'b>(encoding: Option<&'static Encoding>, bytes: &'b [u8], bytes_max: usize) -> &'b [u8] {
    // With the rest of a character that is cut: it would be taken for a wrong one.
    let most = match encoding {
        None => bytes_max.saturating_add(4),
        Some(encoding) if encoding == UTF_8 => bytes_max.saturating_add(4),
        // Two bytes of UTF-16 are one of a text, or more.
        Some(encoding) if is_utf16(encoding) => bytes_max.saturating_mul(2).saturating_add(4),
        // Escapes in it may stand for nothing.
        Some(_) => return bytes,
    };
    bytes.get(..most).unwrap_or(bytes)
}

/// What bytes look like of which nothing else is known: UTF-8, or else windows-1252, as browsers have it.
///
/// Letters beyond ASCII hardly ever look like UTF-8 where they are not. So a text with broken bytes is still UTF-8 if it
/// has at least as many characters of two bytes and more as it has breaks.
fn guessed(bytes: &[u8]) -> &'static Encoding {
    let (mut wide, mut broken) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        let is_wide = |byte: &u8| *byte >= 0xc0;
        let found = chunk.valid().as_bytes().iter().filter(|byte| is_wide(byte));
        wide = wide.saturating_add(found.count());
        if !chunk.invalid().is_empty() {
            broken = broken.saturating_add(1);
        }
    }
    if broken == 0 || (wide > 0 && wide >= broken) {
        UTF_8
    } else {
        WINDOWS_1252
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::{ISO_2022_JP, WINDOWS_1251};

    fn whole(bytes: &[u8]) -> String {
        let (text, is_cut) = decode(bytes, 1000).unwrap();
        assert!(!is_cut);
        text
    }

    #[test]
    fn text_is_told_from_what_is_none() {
        assert_eq!(whole("\u{feff}é".as_bytes()), "é");
        assert_eq!(whole(b"\xff\xfea\0\x3d\xd8\x38\xde"), "a\u{1f638}");
        assert_eq!(whole(b"\xfe\xff\0a\xd8\x3d\0b!"), "a\u{fffd}b\u{fffd}");
        for binary in [&b"a\0b"[..], b"\xff\xfe\0\0a\0", b"PK\x03\x04\0\0"] {
            let error = decode(binary, 1000).unwrap_err();
            assert!(error.to_string().starts_with("is binary"), "{error}");
        }
    }

    #[test]
    fn what_is_not_utf_8_is_windows_1252() {
        assert_eq!(
            whole(b"Caf\xe9, \x93Gr\xfc\xdfe\x94, 5 \x80"),
            "Café, “Grüße”, 5 €"
        );
        assert_eq!(whole("Grüße".as_bytes()), "Grüße");
        // Few bytes that are wrong do not make it another encoding.
        assert_eq!(whole(b"\xc3\xbc, \xc3\xa9 \xff!"), "ü, é \u{fffd}!");
        assert_eq!(whole(b"\xc3\xbc and \xc3"), "ü and \u{fffd}");
        // The mark counts for more than what follows.
        assert_eq!(whole(b"\xef\xbb\xbfCaf\xe9"), "Caf\u{fffd}");
    }

    #[test]
    fn what_a_text_says_of_itself_counts_behind_its_mark() {
        let said = |encoding, bytes: &[u8]| decode_as(Some(encoding), bytes, 1000).unwrap().0;
        assert_eq!(said(WINDOWS_1251, b"\xea\xee\xf2"), "кот");
        assert_eq!(said(WINDOWS_1251, "\u{feff}é".as_bytes()), "é");
        assert_eq!(said(ISO_2022_JP, b"\x1b$BG-\x1b(B!"), "猫!");
        // A label of what browsers refuse to decode says nothing.
        assert_eq!(said(REPLACEMENT, "é".as_bytes()), "é");
    }

    #[test]
    fn a_cut_is_between_characters() {
        let text = "aéé";
        assert_eq!(decode(text.as_bytes(), 4).unwrap(), ("aé".to_owned(), true));
        assert_eq!(
            decode(text.as_bytes(), 5).unwrap(),
            (text.to_owned(), false)
        );
        assert_eq!(decode(b"a\xe9\xe9", 4).unwrap(), ("aé".to_owned(), true));
        let utf16: Vec<u8> = "\u{feff}aéé"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(decode(&utf16, 4).unwrap(), ("aé".to_owned(), true));
        let escapes = b"\x1b$B\x1b(B".repeat(10);
        let words = [&escapes[..], b"abcdefgh"].concat();
        let (text, is_cut) = decode_as(Some(ISO_2022_JP), &words, 4).unwrap();
        assert!(is_cut && text.len() <= 4, "{text}");
    }
}
