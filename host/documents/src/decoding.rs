//! Bytes as text: UTF-8, or UTF-16 with its mark.

use crate::text::ReadError;

/// What begins a text in UTF-16, the lower byte first.
const LITTLE: [u8; 2] = [0xff, 0xfe];

/// The same, the higher byte first.
const BIG: [u8; 2] = [0xfe, 0xff];

/// The text that the bytes mean, of which at most so many bytes are wanted, and whether there is more of it. What is
/// not UTF-8 becomes U+FFFD.
///
/// # Errors
/// [`ReadError::Binary`]: there are NULs in it.
pub(crate) fn decode(bytes: &[u8], bytes_max: usize) -> Result<(String, bool), ReadError> {
    let mut text = if let Some(rest) = bytes.strip_prefix(&LITTLE) {
        utf16(rest, u16::from_le_bytes, bytes_max)
    } else if let Some(rest) = bytes.strip_prefix(&BIG) {
        utf16(rest, u16::from_be_bytes, bytes_max)
    } else {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        if bytes.contains(&0) {
            return Err(ReadError::Binary);
        }
        // With the rest of a character that is cut: it would be taken for a wrong one.
        let wanted = bytes.get(..bytes_max.saturating_add(4)).unwrap_or(bytes);
        String::from_utf8_lossy(wanted).into_owned()
    };
    if text.contains('\0') {
        return Err(ReadError::Binary);
    }
    let is_cut = text.len() > bytes_max;
    text.truncate(text.floor_char_boundary(bytes_max));
    Ok((text, is_cut))
}

/// A little more than so many bytes of a text in UTF-16.
fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16, bytes_max: usize) -> String {
    let (units, rest) = bytes.as_chunks::<2>();
    let mut text = String::new();
    for char in char::decode_utf16(units.iter().copied().map(unit)) {
        text.push(char.unwrap_or(char::REPLACEMENT_CHARACTER));
        if text.len() > bytes_max {
            return text;
        }
    }
    if !rest.is_empty() {
        text.push(char::REPLACEMENT_CHARACTER);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(bytes: &[u8]) -> String {
        let (text, is_cut) = decode(bytes, 1000).unwrap();
        assert!(!is_cut);
        text
    }

    #[test]
    fn text_is_told_from_what_is_none() {
        assert_eq!(whole("\u{feff}é".as_bytes()), "é");
        assert_eq!(whole(b"a\xff,b"), "a\u{fffd},b");
        assert_eq!(whole(b"\xff\xfea\0\x3d\xd8\x38\xde"), "a\u{1f638}");
        assert_eq!(whole(b"\xfe\xff\0a\xd8\x3d\0b!"), "a\u{fffd}b\u{fffd}");
        for binary in [&b"a\0b"[..], b"\xff\xfe\0\0a\0", b"PK\x03\x04\0\0"] {
            let error = decode(binary, 1000).unwrap_err();
            assert!(error.to_string().starts_with("is binary"), "{error}");
        }
    }

    #[test]
    fn a_cut_is_between_characters() {
        let text = "aéé";
        assert_eq!(decode(text.as_bytes(), 4).unwrap(), ("aé".to_owned(), true));
        assert_eq!(
            decode(text.as_bytes(), 5).unwrap(),
            (text.to_owned(), false)
        );
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let utf16 = [&LITTLE[..], &utf16].concat();
        assert_eq!(decode(&utf16, 4).unwrap(), ("aé".to_owned(), true));
    }
}
